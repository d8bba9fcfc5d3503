"""Criteria of mixtures, structures that are alike, and answers about rows that were fitted."""

import functools
from typing import Literal, TypeAlias, get_args

import numpy as np

from .structures import structure_of

__all__ = [
    "CRITERIA",
    "Chosen",
    "Criterion",
    "criteria_of",
    "distinct_kinds",
    "has_matrices",
]

Criterion: TypeAlias = Literal["bic", "aic", "icl"]
CRITERIA = get_args(Criterion)

OF_A_FIT = ("converged_", "n_iter_", "lower_bound_", "lower_bounds_", "weight_seen_")
"""Attributes that describe a fit and do not depend on the order of components."""

UNSAVED = dict.fromkeys(("weights_init", "means_init", "precisions_init", "callback", "n_threads"))
"""Parameters of a mixture that are left out of its copy with ordered components."""


def criteria_of(mixture, criteria, X, sample_weight=None):
    """Information criteria of a mixture, or NaN if a component is collapsed.

    The likelihood of a collapsed component depends on `reg_covar` alone.

    Parameters
    ----------
    mixture : GaussianMixture
        Fitted to the rows.
    criteria : sequence of {"bic", "aic", "icl"}
        The criteria to compute.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        Rows.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.

    Returns
    -------
    values : list of float
        Less is better.
    """
    report = mixture.report_
    if report.runs[report.best].collapsed.any():
        return [np.nan] * len(criteria)
    return [getattr(mixture, criterion)(X, sample_weight) for criterion in criteria]


def has_matrices(kind):
    """Whether covariances of a structure are matrices, which few rows make singular."""
    return structure_of(kind).n_matrices(1) > 0


def distinct_kinds(kinds, n_components, n_features):
    """Structures without the ones that describe the same mixtures as an earlier one.

    For one component or one feature, structures of equally many free parameters do.

    Parameters
    ----------
    kinds : sequence of str
        Covariance structures.
    n_components, n_features : int
        At least one of them is 1.

    Returns
    -------
    kinds : list of str
    """
    first = {}
    for kind in kinds:
        first.setdefault(structure_of(kind).n_parameters(n_components, n_features), kind)
    return list(first.values())


class Chosen:
    """A mixture and its answers about rows, largest component first.

    Parameters
    ----------
    mixture : GaussianMixture
        Fitted.
    X : ndarray of shape (n_samples, n_features)
        The rows that it was fitted to, or a sample of them.

    Attributes
    ----------
    weights : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
    deviations : ndarray of shape (n_features,)
        Smallest standard deviation of each feature in any component.
    covariances : ndarray of shape (n_components, n_features, n_features)
        Matrices for every structure; made on first use, since they are large.
    labels : ndarray of shape (n_samples,)
        Likeliest component of each row.
    uncertainty : ndarray of shape (n_samples,)
        One minus the largest responsibility.
    """

    def __init__(self, mixture, X):
        order = np.argsort(-mixture.weights_, kind="stable")
        variances = structure_of(mixture.covariance_type).variances(mixture.covariances_)
        self._mixture, self._order = mixture, order
        self.weights = mixture.weights_[order]
        self.means = mixture.means_[order]
        self.deviations = np.broadcast_to(
            np.sqrt(variances.min(axis=0) if variances.ndim > 1 else variances),
            self.means.shape[1],
        )
        self.labels, _, self.uncertainty = self.answer(X)

    def answer(self, X):
        """Labels, responsibilities and uncertainty of any rows; none of no rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            A row with missing values, NaN, is answered by the values that it has.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
        resp : ndarray of shape (n_samples, n_components)
        uncertainty : ndarray of shape (n_samples,)
        """
        from .conditional import resp_of_known  # here, since most processes never need it

        if len(X):
            resp = resp_of_known(self._mixture, X)[:, self._order]
        else:
            resp = np.empty((0, len(self.weights)))
        return resp.argmax(axis=1), resp, 1 - resp.max(axis=1)

    def ordered(self, feature_names):
        """The mixture as an estimator of its own, its components in the order of the answers.

        Parameters
        ----------
        feature_names : list of str

        Returns
        -------
        mixture : GaussianMixture
            With the attributes that describe its fit, except `report_`, and without starting
            parameters.
        """
        mixture, order = self._mixture, self._order
        matrices = structure_of(mixture.covariance_type).select(
            mixture.covariances_, mixture.precisions_cholesky_, order
        )
        parameters = mixture._parameters()._replace(
            weights=self.weights,
            means=self.means,
            covariances=matrices[0],
            precisions_cholesky=matrices[1],
        )
        params = mixture.get_params(deep=False) | UNSAVED
        names = np.array(feature_names, dtype=object)
        ordered = type(mixture)._of(parameters, names, **params)
        for name in OF_A_FIT:
            if name in vars(mixture):
                setattr(ordered, name, getattr(mixture, name))
        return ordered

    @functools.cached_property
    def covariances(self):
        mixture = self._mixture
        matrices = structure_of(mixture.covariance_type).matrices(
            mixture.covariances_, *mixture.means_.shape
        )
        return matrices[self._order]
