"""Rows at the edge: the ones that a mixture explains worst, and the extent of rows along axes.

Both can be found part by part, since the findings of parts add up.
"""

import numpy as np

__all__ = ["Extent", "WorstRows", "extent_along", "worst_rows"]

NUMBERS_PER_BLOCK = 1 << 18
"""Numbers of rows that are projected at a time, a few milliseconds: Ctrl-C is heard in between."""

ROWS_PER_COMPONENT = 50
"""Rows that are kept for each component, so that enough of them are distinct."""


class WorstRows:
    """Rows of smallest log-density, the smallest first; rows that come earlier win ties.

    Parameters
    ----------
    log_prob : ndarray of shape (n_rows,), float64
        In ascending order.
    rows : ndarray of shape (n_rows, n_features)
    n_kept : int
        Rows that are kept of a sum.
    """

    def __init__(self, log_prob, rows, n_kept):
        self.log_prob, self.rows, self.n_kept = log_prob, rows, n_kept

    def __iadd__(self, other):
        """Add the findings of rows that follow."""
        log_prob = np.concatenate([self.log_prob, other.log_prob])
        order = np.argsort(log_prob, kind="stable")[: self.n_kept]
        self.log_prob = log_prob[order]
        self.rows = np.concatenate([self.rows, other.rows])[order]
        return self

    def distinct(self):
        """The distinct rows, the worst first, (n_distinct, n_features)."""
        _, first = np.unique(self.rows, axis=0, return_index=True)
        return self.rows[np.sort(first)]


def worst_rows(data, parameters):
    """The rows that a mixture explains worst.

    Parameters
    ----------
    data : MixtureData
    parameters : Parameters

    Returns
    -------
    worst : WorstRows
        Rows of weight zero come last.
    """
    log_prob = np.empty(len(data.X))
    data.scorer(parameters).score(log_prob)
    if data.sample_weight is not None:
        log_prob[data.sample_weight == 0] = np.inf
    n_kept = ROWS_PER_COMPONENT * len(parameters.means)
    order = np.argsort(log_prob, kind="stable")[:n_kept]
    return WorstRows(log_prob[order], data.X[order], n_kept)


class Extent:
    """Smallest and largest coordinates of rows along axes.

    Parameters
    ----------
    low, high : ndarray of shape (n_axes,), float64
    """

    def __init__(self, low, high):
        self.low, self.high = low, high

    def __iadd__(self, other):
        self.low = np.minimum(self.low, other.low)
        self.high = np.maximum(self.high, other.high)
        return self


def extent_along(X, sample_weight, shift, axes):
    """Extent of ``(X - shift) @ axes`` over rows of positive weight.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    sample_weight : ndarray of shape (n_samples,) or None
    shift : ndarray of shape (n_features,)
    axes : ndarray of shape (n_features, n_axes)

    Returns
    -------
    extent : Extent
    """
    extent = Extent(np.full(axes.shape[1], np.inf), np.full(axes.shape[1], -np.inf))
    step = max(1, NUMBERS_PER_BLOCK // len(axes))
    for start in range(0, len(X), step):
        rows = X[start : start + step]
        if sample_weight is not None:
            rows = rows[sample_weight[start : start + step] > 0]
        if len(rows):
            along = (rows - shift) @ axes
            extent += Extent(along.min(axis=0), along.max(axis=0))
    return extent
