"""The choice of a mixture by a criterion, among all numbers of components and structures."""

import functools
import warnings
from typing import Literal, TypeAlias, get_args

import numpy as np

from .._inputs.errors import CollapseWarning, ConvergenceWarning
from .gaussian import GaussianMixture
from .structures import structure_of
from .sweep import fit_sweep

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

    A mixture with a collapsed component is never the best. Of one structure, no other mixture is
    less likely than one of fewer components: see `fit_sweep`.

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
        ``progress(step)`` is called before each step of the work with a few words about it.

    Attributes
    ----------
    values : dict of (int, str) to float
        The criterion of each mixture; NaN where a component collapsed.
    unconverged : list of (int, str)
        Mixtures that did not converge within the iterations allowed.
    best : (int, str) or None
        Size and structure of the best one; None if all collapsed.
    mixture : GaussianMixture or None
        The best one.
    """

    def __init__(self, X, sizes, kinds, criterion, options, progress=None):
        self._n_features = X.shape[1]
        self.sizes = sizes
        self.kinds = kinds
        self.criterion = criterion
        self.values = {}
        self.unconverged = []
        self.best = self.mixture = None
        for kind in kinds:
            template = GaussianMixture(covariance_type=kind, **options)
            show = None if progress is None else functools.partial(self._show, progress, kind)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                warnings.simplefilter("ignore", CollapseWarning)
                mixtures = fit_sweep(template, sizes, X, progress=show)
            for size, mixture in mixtures.items():
                self._take(X, size, kind, mixture)

    def _show(self, progress, kind, size, other):
        """Describe a step of the work on the mixtures of a structure."""
        described = f"{size} component{'s' * (size > 1)}, {kind}"
        if other is None:
            n_before = self.kinds.index(kind) * len(self.sizes) + self.sizes.index(size)
            n_mixtures = len(self.kinds) * len(self.sizes)
            progress(f"fitting {described} ({n_before + 1} of {n_mixtures} mixtures)")
        else:
            progress(f"improving {described}, from {other}")

    def _take(self, X, size, kind, mixture):
        """Compare a mixture with the best one so far."""
        [value] = criteria_of(mixture, [self.criterion], X)
        self.values[size, kind] = value
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
