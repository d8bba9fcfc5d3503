"""The choice between mixtures: every number of components and structure, by a criterion."""

import warnings
from typing import get_args

import numpy as np

from ._covariance import structure_of
from ._exceptions import ConvergenceWarning
from ._gaussian_mixture import GaussianMixture
from ._typing import Criterion

__all__ = ["CRITERIA", "Choice", "Chosen", "criteria_of"]

CRITERIA = get_args(Criterion)

# The criteria of two mixtures are to differ by what the mixtures are, not by where EM stopped.
TOL = 1e-6
MAX_ITER = 1000


def criteria_of(mixture, criteria, X, sample_weight=None):
    """What to compare a mixture by with others, or NaN if a component is collapsed.

    The likelihood of such a mixture says no more than how small `reg_covar` is.

    Parameters
    ----------
    mixture : GaussianMixture
        Fitted to the rows.
    criteria : sequence of {"bic", "aic", "icl"}
        What to compute.
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
        What to compare by; less is better.
    options : dict
        Further parameters of `GaussianMixture`.

    Attributes
    ----------
    values : dict of (int, str) to float
        The criterion of each mixture; NaN where a component collapsed.
    unconverged : list of (int, str)
        Mixtures that went on changing through all iterations.
    best : (int, str) or None
        Size and structure of the best one; None if all collapsed.
    mixture : GaussianMixture or None
        The best one.
    """

    def __init__(self, X, sizes, kinds, criterion, options):
        self.sizes = sizes
        self.kinds = kinds
        self.criterion = criterion
        self.values = {}
        self.unconverged = []
        self.best = self.mixture = None
        for size in sizes:
            for kind in kinds:
                self._try(X, size, kind, options)

    def _try(self, X, size, kind, options):
        mixture = GaussianMixture(size, covariance_type=kind, tol=TOL, max_iter=MAX_ITER, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(X)
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


class Chosen:
    """What a mixture says of the rows that it was fitted to, its largest component first.

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
    covariances : ndarray of shape (n_components, n_features, n_features)
        Matrices, whatever the structure.
    resp : ndarray of shape (n_samples, n_components)
        Responsibilities.
    labels : ndarray of shape (n_samples,)
        Likeliest component of each row.
    uncertainty : ndarray of shape (n_samples,)
        One minus the largest responsibility.
    """

    def __init__(self, mixture, X):
        order = np.argsort(-mixture.weights_, kind="stable")
        matrices = structure_of(mixture.covariance_type).matrices(
            mixture.covariances_, *mixture.means_.shape
        )
        self.weights = mixture.weights_[order]
        self.means = mixture.means_[order]
        self.covariances = matrices[order]
        self.resp = mixture.predict_proba(X)[:, order]
        self.labels = self.resp.argmax(axis=1)
        self.uncertainty = 1 - self.resp.max(axis=1)

    def summarize(self):
        """Number of rows and mean uncertainty of each component; NaN for one without rows."""
        counts = np.bincount(self.labels, minlength=len(self.weights))
        sums = np.bincount(self.labels, weights=self.uncertainty, minlength=len(self.weights))
        with np.errstate(invalid="ignore"):
            return counts, sums / counts
