"""The replicates of a bootstrap, and the errors and intervals that follow from them."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from .._inputs.annotations import Float64Array, Int32Array, Real
from .._inputs.parameters import check_real
from .._inputs.wording import count
from .bootstrap_table import format_table
from .structures import structure_of

__all__ = ["BootstrapMethod", "BootstrapResult", "Intervals", "ParameterArrays"]

BootstrapMethod: TypeAlias = Literal["nonparametric", "weighted"]


class ParameterArrays(NamedTuple):
    """Numbers that belong to the parameters of a mixture, in the shapes of its attributes.

    Attributes
    ----------
    weights : ndarray of shape (n_components,), float64
        Of the mixing weights.
    means : ndarray of shape (n_components, n_features), float64
        Of the means, in units of X.
    covariances : ndarray, float64
        Of the covariances, in squared units of X and the shape of `covariances_`.
    """

    weights: Float64Array
    means: Float64Array
    covariances: Float64Array


class Intervals(NamedTuple):
    """Ends of the confidence intervals of all parameters.

    Attributes
    ----------
    low, high : ParameterArrays
        Lower and upper ends.
    """

    low: ParameterArrays
    high: ParameterArrays


class BootstrapResult:
    """The replicates of a bootstrap; prints as a table of estimates, errors and intervals.

    Parameters
    ----------
    method : {"nonparametric", "weighted"}
        How the weights of the rows were drawn.
    n_resamples : int
        Number of replicates that were fitted.
    estimates : ParameterArrays
        Parameters of the mixture.
    weights, means, covariances : ndarray
        Parameters of the replicates that were kept.
    n_iter : ndarray of shape (n_kept,), int32
        Passes over the rows in each of them.
    n_collapsed, n_not_converged : int
        Counts of replicates.
    covariance_type : str
        Structure of the covariances.
    feature_names : list of str
        Names of the features, for the table.

    Attributes
    ----------
    method : {"nonparametric", "weighted"}
        How the weights of the rows were drawn.
    n_resamples : int
        Number of replicates that were fitted: fewer than asked for if the callback ended them.
    estimates : ParameterArrays
        Parameters of the mixture.
    weights_ : ndarray of shape (n_kept, n_components), float64
        Mixing weights of the replicates that were kept.
    means_ : ndarray of shape (n_kept, n_components, n_features), float64
        Means of the replicates.
    covariances_ : ndarray, float64
        Covariances of the replicates, of the shape of `covariances_` of the mixture behind a first
        axis of length n_kept.
    n_iter_ : ndarray of shape (n_kept,), int32
        Passes over the rows in each replicate.
    n_collapsed : int
        Replicates that were left out, since a component collapsed.
    n_not_converged : int
        Replicates among the kept ones that did not converge within `max_iter` iterations.
    """

    def __init__(
        self,
        method: BootstrapMethod,
        n_resamples: int,
        estimates: ParameterArrays,
        weights: Float64Array,
        means: Float64Array,
        covariances: Float64Array,
        *,
        n_iter: Int32Array,
        n_collapsed: int,
        n_not_converged: int,
        covariance_type: str,
        feature_names: list[str],
    ) -> None:
        self.method = method
        self.n_resamples = n_resamples
        self.estimates = estimates
        self.weights_ = weights
        self.means_ = means
        self.covariances_ = covariances
        self.n_iter_ = n_iter
        self.n_collapsed = n_collapsed
        self.n_not_converged = n_not_converged
        self._covariance_type = covariance_type
        self._feature_names = feature_names

    @property
    def standard_errors(self) -> ParameterArrays:
        """Standard deviations of the parameters over the replicates.

        Returns
        -------
        standard_errors : ParameterArrays
            With ``n_kept - 1`` in the denominator.
        """
        return ParameterArrays(*(part.std(axis=0, ddof=1) for part in self._parts()))

    @property
    def biases(self) -> ParameterArrays:
        """Means of the parameters over the replicates, less the estimates.

        Returns
        -------
        biases : ParameterArrays
            Estimates of the bias of each parameter.
        """
        pairs = zip(self._parts(), self.estimates, strict=True)
        return ParameterArrays(*(part.mean(axis=0) - estimate for part, estimate in pairs))

    def intervals(self, level: Real = 0.95) -> Intervals:
        """Percentile intervals: quantiles of the parameters over the replicates.

        Parameters
        ----------
        level : float, default=0.95
            Confidence level, between 0 and 1.

        Returns
        -------
        intervals : Intervals
            Their ends `low` and `high`; a corner of a covariance matrix is treated by itself.

        Raises
        ------
        TypeError, ValueError
            If the level is not a number between 0 and 1.
        """
        level = check_real("level", level, 0, inclusive=False)
        if level >= 1:
            raise ValueError(f"level={level} must be less than 1; 0.95 is usual.")
        ends = [(1 - level) / 2, (1 + level) / 2]
        low, high = zip(*(np.quantile(part, ends, axis=0) for part in self._parts()), strict=True)
        return Intervals(ParameterArrays(*low), ParameterArrays(*high))

    def _parts(self):
        return self.weights_, self.means_, self.covariances_

    def __repr__(self) -> str:
        kind = {"nonparametric": "Nonparametric", "weighted": "Weighted likelihood"}[self.method]
        lines = [f"{kind} bootstrap, {count(self.n_resamples, 'replicate')}"]
        if self.n_collapsed:
            lines.append(f"{self.n_collapsed} of them left out: a component collapsed")
        if self.n_not_converged:
            lines.append(f"{self.n_not_converged} of them did not converge")
        structure = structure_of(self._covariance_type)
        low, high = self.intervals()
        columns = {
            "estimate": self.estimates,
            "std. error": self.standard_errors,
            "2.5 %": low,
            "97.5 %": high,
        }
        return "\n".join([*lines, *format_table(columns, structure, self._feature_names)])
