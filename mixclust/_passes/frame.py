"""The frame of the data: finite or not, how large, and the shift and scale kernels read it by."""

import math
from typing import NamedTuple

import numpy as np

from ..kernels.rows import column_moments
from ..kernels.rows.frame import Frame
from .shards import shard_bounds, worthwhile_threads
from .threads import map_tasks

SMALLEST_SPREAD = 1e-150
"""A spread whose square float64 still holds with all its digits."""

SAMPLE_ROWS = 64
"""Rows, evenly spread, whose median is the shift."""


class Columns(NamedTuple):
    """Where the columns lie, how far any value is from there, and their mean weighted variance.

    `sums` are those of each shard, as `kernels.columns.column_sums` writes them.
    """

    shift: np.ndarray
    size: float
    mean_variance: float
    sums: np.ndarray

    def extremes(self):
        """Smallest and largest value of each column, in rows of positive weight."""
        extremes = np.empty((2, len(self.shift)))
        column_moments.merge_extremes(self.sums, extremes)
        extremes += self.shift
        return extremes


def describe_columns(rows, X, sample_weight, total_weight, n_threads):
    """Shift, size and variance of the columns, in one pass that also looks for NaN and infinity.

    The shift is the median of a few rows: in the midst of the data, whatever a few rows far away
    do to the mean, so that subtracting it costs the others no digits. Rows of weight zero are not
    among them, but count for the size: they are measured and labelled like the others.

    Parameters
    ----------
    rows : kernels.rows.Rows
        Over `X`.
    X : ndarray of shape (n_samples, n_features)
    sample_weight : ndarray of shape (n_samples,), float64, or None
    total_weight : float
    n_threads : int

    Returns
    -------
    Columns or None
        None if any value, or any difference of two, is NaN or infinite.

    Raises
    ------
    ValueError
        If squared distances would not fit float64.
    """
    n_samples, n_features = X.shape
    cost = 4 * n_samples * n_features
    bounds = shard_bounds(n_samples, cost)
    shift = _median_of_few(X, sample_weight)
    sums = np.empty((len(bounds) - 1, 6, n_features))

    def shard(s):
        column_moments.column_sums(rows, bounds[s], bounds[s + 1], shift, sums[s])

    map_tasks(shard, len(sums), worthwhile_threads(cost, n_threads))
    size, mean_variance = column_moments.merge_sums(sums, total_weight)
    if math.isnan(size):
        return None
    check_magnitude(size, n_features, total_weight)
    return Columns(shift, size, mean_variance, sums)


def _median_of_few(X, sample_weight):
    """Median of each column over a few evenly spread rows of positive weight, in float64."""
    n_samples = len(X)
    if sample_weight is not None:
        n_samples = np.count_nonzero(sample_weight)
    step = -(-n_samples // SAMPLE_ROWS)
    few = slice(None, None, step)
    if n_samples < len(X):
        few = np.flatnonzero(sample_weight)[::step]
    sample = np.array(X[few], dtype=np.float64, order="C")
    middle = len(sample) // 2
    return np.ascontiguousarray(np.partition(sample, middle, axis=0)[middle])


def power_of_two(size):
    """The power of two that brings numbers of at most `size` to between a half and one."""
    if not 0 < size < math.inf:
        return 1.0
    return 2.0 ** -max(-1000, min(1000, math.frexp(size)[1]))


def frame_of(points):
    """The frame for rows near the given points, such as centres."""
    shift = points[0] + (points - points[0]).mean(axis=0)
    return Frame(shift, power_of_two(float(np.abs(points - shift).max())))


def check_magnitude(size, n_features, total_weight, name="X"):
    """Refuse numbers whose squared distances would not fit float64.

    Raises
    ------
    ValueError
        If ``total_weight * n_features * (2 * size)**2`` is beyond float64, or ``size**2`` below.
    """
    limit = math.sqrt(np.finfo(np.float64).max / (8 * n_features * max(total_weight, 1.0)))
    if not size < limit:
        raise ValueError(
            f"{name} spreads over {size:.3g}, whose squared distances overflow float64 (the limit "
            f"here is {limit:.3g}); divide {name} by a constant first."
        )
    if 0 < size < SMALLEST_SPREAD:
        raise ValueError(
            f"{name} spreads over {size:.3g}, whose squared distances underflow float64 (the limit "
            f"is {SMALLEST_SPREAD:.3g}); multiply {name} by a constant first."
        )
