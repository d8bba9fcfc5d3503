"""The choice of a mixture by a criterion, among all numbers of components and structures."""

import functools
import warnings
from typing import Literal, TypeAlias, get_args

import numpy as np

from .._inputs.errors import CollapseWarning, ConvergenceWarning
from .gaussian import GaussianMixture
from .structures import structure_of

__all__ = [
    "CRITERIA",
    "Choice",
    "Chosen",
    "Criterion",
    "criteria_of",
    "distinct_kinds",
    "has_matrices",
]

Criterion: TypeAlias = Literal["bic", "aic", "icl"]
CRITERIA = get_args(Criterion)

MAX_SHORTFALL_IN_NATS = 0.5
"""Nats by which the log-likelihood of all rows may fall short of its optimum after a fit."""

MAX_SHORTFALL_PER_ROW_IN_NATS = 1e-5
"""The same for the mean log-likelihood of a row; the two are added."""


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


class Choice:
    """Mixtures of every size and structure, fitted to the same rows, and the best of them.

    A mixture with a collapsed component is never the best.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows.
    sizes : sequence of int
        Numbers of components.
    kinds : sequence of str
        Covariance structures.
    criterion : {"bic", "aic", "icl"}
        The criterion to compare by; less is better.
    options : dict
        Further parameters of `GaussianMixture`.
    progress : callable, default=None
        ``progress(step)`` is called before each fit with a few words about it.

    Attributes
    ----------
    values : dict of (int, str) to float
        The criterion of each mixture; NaN where a component collapsed.
    log_likelihoods : dict of (int, str) to float
        The log-likelihood of all rows, in nats; NaN where a component collapsed.
    unconverged : list of (int, str)
        Mixtures that did not converge within the iterations allowed.
    best : (int, str) or None
        Size and structure of the best one; None if all collapsed.
    mixture : GaussianMixture or None
        The best one.
    """

    def __init__(self, X, sizes, kinds, criterion, options, progress=None):
        self._n_rows, self._n_features = X.shape
        self.sizes = sizes
        self.kinds = kinds
        self.criterion = criterion
        self.values = {}
        self.log_likelihoods = {}
        self.unconverged = []
        self.best = self.mixture = None
        for size in sizes:
            for kind in kinds:
                if progress:
                    number, total = len(self.values) + 1, len(sizes) * len(kinds)
                    noun = "component" if size == 1 else "components"
                    progress(f"fitting {size} {noun}, {kind} ({number} of {total} mixtures)")
                self._try(X, size, kind, options)

    def _try(self, X, size, kind, options):
        mixture = GaussianMixture(size, covariance_type=kind, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", CollapseWarning)
            mixture.fit(X)
        [value] = criteria_of(mixture, [self.criterion], X)
        self.values[size, kind] = value
        self.log_likelihoods[size, kind] = (
            np.nan if np.isnan(value) else len(X) * mixture.lower_bound_
        )
        if np.isnan(value):
            return
        if not mixture.converged_:
            self.unconverged.append((size, kind))
        if self.best is None or value < self.values[self.best]:
            self.best, self.mixture = (size, kind), mixture

    @property
    def collapsed(self):
        """Sizes and structures of mixtures with a collapsed component."""
        return [key for key, value in self.values.items() if np.isnan(value)]

    @property
    def runner_up(self):
        """Size and structure of the second best mixture that differs from the best, or None."""
        others = {
            key: value
            for key, value in self.values.items()
            if not (np.isnan(value) or self._equals_best(*key))
        }
        return min(others, key=others.get, default=None)

    def _equals_best(self, size, kind):
        """Whether a mixture is the best one, or the same mixture under another structure."""
        best_size, best_kind = self.best
        if size != best_size:
            return False
        if 1 not in (size, self._n_features):
            return kind == best_kind
        return len(distinct_kinds([best_kind, kind], size, self._n_features)) == 1

    @property
    def outdone(self):
        """Mixtures that are less likely than one of fewer components: their optimum is a poor one.

        Returns
        -------
        outdone : list of (int, str, int)
            Size, structure and the smaller size.
        """
        margin = MAX_SHORTFALL_IN_NATS + MAX_SHORTFALL_PER_ROW_IN_NATS * self._n_rows
        found = []
        for kind in self.kinds:
            likeliest = None
            for size in sorted(self.sizes):
                value = self.log_likelihoods[size, kind]
                if likeliest and value < self.log_likelihoods[likeliest, kind] - margin:
                    found.append((size, kind, likeliest))
                elif not np.isnan(value):
                    likeliest = size
        return found


class Chosen:
    """A mixture and its answers about the rows that it was fitted to, largest component first.

    Parameters
    ----------
    mixture : GaussianMixture
        Fitted.
    X : ndarray of shape (n_samples, n_features)
        The rows.

    Attributes
    ----------
    weights : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
    deviations : ndarray of shape (n_features,)
        Smallest standard deviation of each feature in any component.
    covariances : ndarray of shape (n_components, n_features, n_features)
        Matrices for every structure; made on first use, since they are large.
    resp : ndarray of shape (n_samples, n_components)
        Responsibilities.
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
        self.resp = mixture.predict_proba(X)[:, order]
        self.labels = self.resp.argmax(axis=1)
        self.uncertainty = 1 - self.resp.max(axis=1)

    @functools.cached_property
    def covariances(self):
        mixture = self._mixture
        matrices = structure_of(mixture.covariance_type).matrices(
            mixture.covariances_, *mixture.means_.shape
        )
        return matrices[self._order]

    def summarize(self):
        """Number of rows and mean uncertainty of each component; NaN for one without rows."""
        counts = np.bincount(self.labels, minlength=len(self.weights))
        sums = np.bincount(self.labels, weights=self.uncertainty, minlength=len(self.weights))
        with np.errstate(invalid="ignore"):
            return counts, sums / counts
