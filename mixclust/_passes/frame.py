"""The frame of rows: the shift and scale by which kernels read them, and checks of magnitude."""

import math
from typing import NamedTuple

import numpy as np

from ..kernels.rows import column_moments
from ..kernels.rows.rows import Frame
from .shards import shard_bounds, worthwhile_threads
from .threads import map_tasks

SMALLEST_SPREAD = 1e-150
"""Smallest spread with a square that float64 holds with all its digits."""

SAMPLE_ROWS = 64
"""Number of evenly spaced rows for the median that is the shift."""


class Columns(NamedTuple):
    """Location, size and variance of the columns.

    Attributes
    ----------
    shift : ndarray of shape (n_features,), float64
        A point in the midst of the rows.
    size : float
        Largest distance of a value from the shift of its column.
    mean_variance : float
        Mean over the columns of the weighted variance.
    sums : ndarray of shape (n_shards, 6, n_features), float64
        Sums of each shard, as `kernels.rows.column_moments.column_sums` writes them.
    """

    shift: np.ndarray
    size: float
    mean_variance: float
    sums: np.ndarray

    def extremes(self):
        """Return the smallest and largest value of each column in rows of positive weight."""
        extremes = np.empty((2, len(self.shift)))
        column_moments.merge_extremes(self.sums, extremes)
        extremes += self.shift
        return extremes


def describe_columns(data):
    """Compute shift, size and variance of the columns in one pass.

    The shift is the median of a few rows. A few rows far away hardly change it, unlike the mean,
    so its subtraction costs the other rows no digits. Rows of weight zero are left out of the
    median, but count for the size, since they are labelled like the others.

    Parameters
    ----------
    data : RowData
        Dense; its `rows` are the kernels' face of its `X`.

    Returns
    -------
    Columns or None
        None if a value, or a difference of two values, is NaN or infinite.

    Raises
    ------
    ValueError
        If squared distances would not fit float64.
    """
    n_features = data.X.shape[1]
    shift = median_of_few(data)
    sums = sum_columns(data.rows, shift, data.n_threads)
    size, mean_variance = column_moments.merge_sums(sums, data.total_weight)
    if math.isnan(size):
        return None
    check_magnitude(size, n_features, data.total_weight)
    return Columns(shift, size, mean_variance, sums)


def sum_columns(rows, shift, n_threads):
    """Compute the sums of the columns about a shift, shard by shard.

    Parameters
    ----------
    rows : Rows
    shift : ndarray of shape (n_features,), float64
    n_threads : int

    Returns
    -------
    sums : ndarray of shape (n_shards, 6, n_features), float64
        As `kernels.rows.column_moments.column_sums` writes them.
    """
    cost = 4 * rows.n_samples * rows.n_features
    bounds = shard_bounds(rows.n_samples, cost)
    sums = np.empty((len(bounds) - 1, 6, rows.n_features))

    def shard(s):
        column_moments.column_sums(rows, bounds[s], bounds[s + 1], shift, sums[s])

    map_tasks(shard, len(sums), worthwhile_threads(cost, n_threads))
    return sums


def largest_distance(rows, shift, n_threads):
    """Return the largest distance of a value from the shift of its column, in one pass.

    Rows of weight zero count.

    Parameters
    ----------
    rows : Rows
    shift : ndarray of shape (n_features,), float64
    n_threads : int

    Returns
    -------
    distance : float
        NaN if a value, or its distance, is NaN or infinite.
    """
    return column_moments.merge_sums(sum_columns(rows, shift, n_threads), 1.0)[0]


def median_of_few(data):
    """Return the median of each column over a few evenly spaced rows of positive weight."""
    n_present = data.n_present
    step = -(-n_present // SAMPLE_ROWS)
    few = slice(None, None, step)
    if n_present < len(data.X):
        few = data.present()[::step]
    return middle_of(np.array(data.X[few], dtype=np.float64, order="C"))


def middle_of(points):
    """Return the median of each column of float64, the upper one of an even number."""
    middle = len(points) // 2
    return np.ascontiguousarray(np.partition(points, middle, axis=0)[middle])


def power_of_two(size):
    """Return the power of two that scales `size` to between 0.5 and 1; 1 for zero and infinity."""
    if not 0 < size < math.inf:
        return 1.0
    return 2.0 ** -max(-1000, min(1000, math.frexp(size)[1]))


def frame_of(points):
    """Return shift and scale for rows near the given points, for example centres.

    The shift is the median of a few points, as in `describe_columns`: a few points far away
    hardly change it.
    """
    shift = middle_of(points[:: -(-len(points) // SAMPLE_ROWS)])
    return Frame(shift, power_of_two(float(np.abs(points - shift).max())))


def frame_for(data, centers):
    """Return a frame in which to label rows: its shift lies among the rows, not the centres.

    Most centres may lie far away, on single rows. Rows of NaN or infinity, which may make the shift
    one too, are found when they are labelled.
    """
    shift = median_of_few(data)
    return Frame(shift, power_of_two(float(np.abs(centers - shift).max())))


def check_magnitude(size, n_features, total_weight, name="X"):
    """Raise ValueError if squared distances would overflow or underflow float64.

    Raises
    ------
    ValueError
        If ``total_weight * n_features * (2 * size)**2`` is too large or ``size**2`` too small.
    """
    check_overflow(size, n_features, total_weight, name)
    if 0 < size < SMALLEST_SPREAD:
        raise ValueError(
            f"{name} spreads over {size:.3g}, and squared distances underflow float64 (the limit "
            f"is {SMALLEST_SPREAD:.3g}); multiply {name} by a constant first."
        )


def check_overflow(size, n_features, total_weight, name="X"):
    """Raise ValueError if squared distances would overflow float64, as `check_magnitude` does."""
    limit = math.sqrt(np.finfo(np.float64).max / (8 * n_features * max(total_weight, 1.0)))
    if not size < limit:
        raise ValueError(
            f"{name} spreads over {size:.3g}, and squared distances overflow float64 (the limit "
            f"here is {limit:.3g}); divide {name} by a constant first."
        )
