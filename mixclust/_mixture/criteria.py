"""The methods of a mixture that compute information criteria."""

from __future__ import annotations

import math

import numpy as np

from .._inputs.annotations import ArrayLike, Rows
from .._inputs.rows import check_total_weight
from .._passes.parts import Parts
from .answers import (
    answers_about,
    largest,
    read_log_prob,
    read_resp_and_log_prob,
    weighted_sum,
)
from .noise import N_NOISE_PARAMETERS
from .structures import structure_of

__all__ = ["Criteria", "count_parameters", "criteria_of"]


def count_parameters(structure, n_components, n_features, noise=False):
    """Free parameters of a mixture: weights, means, covariances, and the ones of noise.

    Parameters
    ----------
    structure : type of `Structure`
        Structure of the covariances.
    n_components, n_features : int
        Size of the mixture.
    noise : bool, default=False
        Whether the mixture has noise.

    Returns
    -------
    n_parameters : int
        Noise counts as two: its weight and its volume.
    """
    return (
        structure.n_parameters(n_components, n_features)
        + n_components * n_features
        + n_components
        - 1
        + (N_NOISE_PARAMETERS if noise else 0)
    )


def criteria_of(log_likelihood, n_parameters, total, log_largest=0.0):
    """Information criteria of a mixture; smaller is better.

    Parameters
    ----------
    log_likelihood : float
        Weighted log-likelihood of all rows, in nats.
    n_parameters : int
        Free parameters of the mixture.
    total : float
        Weight of all rows.
    log_largest : float, default=0.0
        Weighted sum of the logarithm of the largest responsibility of each row; only ICL needs it.

    Returns
    -------
    criteria : dict of str to float
        By "bic", "aic" and "icl".
    """
    bic = -2 * log_likelihood + n_parameters * math.log(total)
    aic = -2 * log_likelihood + 2 * n_parameters
    return {"bic": bic, "aic": aic, "icl": bic - 2 * log_largest}


class Criteria:
    """Information criteria of a `FittedMixture`, which inherits this."""

    def bic(self, X: Rows | Parts, sample_weight: ArrayLike | None = None) -> float:
        """Bayesian information criterion: ``-2 log-likelihood + parameters log(n)``.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; chunks have weights of their own.

        Returns
        -------
        bic : float
            Smaller is better, as in scikit-learn; the criterion of mclust has the other sign.
        """
        log_likelihood, total = self._log_likelihood(X, sample_weight)
        return criteria_of(log_likelihood, self._n_parameters(), total)["bic"]

    def aic(self, X: Rows | Parts, sample_weight: ArrayLike | None = None) -> float:
        """Akaike's information criterion: ``-2 log-likelihood + 2 parameters``.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; chunks have weights of their own.

        Returns
        -------
        aic : float
            Smaller is better.
        """
        log_likelihood, total = self._log_likelihood(X, sample_weight)
        return criteria_of(log_likelihood, self._n_parameters(), total)["aic"]

    def icl(self, X: Rows | Parts, sample_weight: ArrayLike | None = None) -> float:
        """Integrated completed likelihood: BIC plus a penalty for uncertain labels [1]_.

        It is ``bic - 2 sum_i w_i log max_k r_ik``; that of mclust has the other sign.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features), or Chunks
            Rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; chunks have weights of their own.

        Returns
        -------
        icl : float
            Smaller is better.

        References
        ----------
        .. [1] C. Biernacki, G. Celeux and G. Govaert, "Assessing a mixture model for clustering
           with the integrated completed likelihood", IEEE Transactions on Pattern Analysis and
           Machine Intelligence 22, 2000.
        """
        self._check_is_fitted()
        log_likelihood = log_largest = total = 0.0
        for (resp, log_prob), weights in answers_about(
            self, X, self._parameters(), read_resp_and_log_prob, sample_weight
        ):
            more, weight = weighted_sum(log_prob, weights)
            log_likelihood, total = log_likelihood + more, total + weight
            log_largest += weighted_sum(np.log(largest(resp)), weights)[0]
        check_total_weight(total)
        return criteria_of(log_likelihood, self._n_parameters(), total, log_largest)["icl"]

    def _n_parameters(self):
        """Free parameters of the model."""
        structure = structure_of(self.covariance_type)
        return count_parameters(structure, *self.means_.shape, self._has_noise())

    def _log_likelihood(self, X, sample_weight):
        """Weighted log-likelihood in nats, and the total weight."""
        self._check_is_fitted()
        log_likelihood = total = 0.0
        pieces = answers_about(self, X, self._parameters(), read_log_prob, sample_weight)
        for log_prob, weights in pieces:
            more, weight = weighted_sum(log_prob, weights)
            log_likelihood, total = log_likelihood + more, total + weight
        check_total_weight(total)
        return log_likelihood, total
