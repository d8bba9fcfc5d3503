"""The choice of a mixture for the command line, among all numbers of components and structures."""

import warnings

import numpy as np

from .._inputs.errors import CollapseWarning, ConvergenceWarning
from .gaussian_ic import GaussianMixtureIC
from .selection import distinct_kinds

__all__ = ["Choice"]

MAX_INDEPENDENT_KINDS = 4
"""Structures of which every mixture has a search for starts of its own, which takes longer and ends
higher; mixtures of more structures share their starts."""


class Choice:
    """Mixtures of every size and structure, fitted to the same rows, and the best of them.

    A mixture with a collapsed component is never the best: see `GaussianMixtureIC`.

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
        Further parameters of `GaussianMixtureIC`.
    progress : callable, default=None
        ``progress(step)`` is called after each step of the work with a few words about it.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each row.

    Attributes
    ----------
    values : dict of (int, str) to float
        The criterion of each mixture; NaN where a component collapsed.
    rows : dict of (int, str) to Row
        All numbers about each mixture.
    unconverged : list of (int, str)
        Mixtures that did not converge within the iterations allowed.
    best : (int, str) or None
        Size and structure of the best one; None if all collapsed.
    mixture : GaussianMixture or None
        The best one.
    """

    def __init__(self, X, sizes, kinds, criterion, options, progress=None, sample_weight=None):
        self._n_features = X.shape[1]
        self.sizes = sizes
        self.kinds = kinds
        self.criterion = criterion
        starts = "independent" if len(kinds) <= MAX_INDEPENDENT_KINDS else "shared"
        search = GaussianMixtureIC(
            sizes,
            covariance_type=kinds,
            criterion=criterion,
            callback=_shown_by(progress),
            **{"starts": starts} | options,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", CollapseWarning)
            search.fit(X, sample_weight=sample_weight)
        self.rows = {(row.n_components, row.covariance_type): row for row in search.report_.rows}
        self.values = {key: getattr(row, criterion) for key, row in self.rows.items()}
        self.unconverged = [
            key for key, row in self.rows.items() if not (row.converged or np.isnan(row.bic))
        ]
        self.best = self.mixture = None
        if search.report_.ranked:
            self.mixture = search.best_estimator_
            self.best = self.mixture.n_components, self.mixture.covariance_type

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


def _shown_by(progress):
    """The callback of a search that shows each step; None without a progress."""
    if progress is None:
        return None

    def show(state):
        progress(f"{state.step}: {state.n_fitted} of {state.n_mixtures} mixtures")

    return show
