"""The survey: what a fit must know of all rows before it begins, in one pass over parts.

Every part is described about a shift of its own, and the sums of parts are moved when they are
added, so that neither a large offset nor parts far apart cost digits. The sample of rows is drawn
by the numbers of the rows among all rows: it does not depend on how the rows are cut into parts.
"""

import math
import operator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from .._inputs.rows import check_total_weight
from ..kernels.rows import column_moments
from ..kernels.rows.dense_rows import DenseRows
from ..kernels.rows.rows import Frame
from .checks import check_part_finite, part_name
from .frame import check_magnitude, check_overflow, median_of_few, power_of_two, sum_columns
from .row_data import RowData
from .row_keys import hash_rows
from .samples import Sample, Samples, places_of_least

__all__ = ["Survey", "refuse_far_part", "refuse_part", "refusing_part", "survey"]

BLOCK_ROWS = 8192
"""Rows for which keys are computed at a time: their arrays stay in cache."""

LARGEST_KEY = np.uint64(2**64 - 1)

SPARE_IN_SD = 8
"""Rows with keys small enough for the sample are more than its size by so many standard deviations,
so that they are hardly ever too few."""


class Survey(NamedTuple):
    """Numbers of rows, location and spread of the columns, and a sample of rows."""

    n_rows: int
    n_present: int
    """Number of rows of positive weight."""
    total_weight: float
    shift: np.ndarray
    """Shape (n_features,), float64: a point in the midst of the rows, the median of a few."""
    size: float
    """Largest distance of a value from the shift of its column; rows of weight zero count."""
    mean: np.ndarray
    """Shape (n_features,), float64: weighted mean of each column."""
    variance: np.ndarray
    """Shape (n_features,), float64: weighted variance of each column."""
    extremes: np.ndarray
    """Shape (2, n_features), float64: smallest and largest value in rows of positive weight."""
    sample: np.ndarray
    """Shape (n_sampled, n_features), of the dtype of the parts: rows of positive weight."""
    sample_weight: np.ndarray | None
    """Shape (n_sampled,), float64; None if no part has weights."""
    sample_indices: np.ndarray
    """Shape (n_sampled,), int64: numbers of the rows of the sample among all rows, ascending."""

    @property
    def mean_variance(self):
        """Mean over the columns of the weighted variance."""
        return float(self.variance.mean())

    @property
    def frame(self):
        """The frame in which kernels read every part."""
        return Frame(self.shift, power_of_two(self.size))


class SurveyRequest(NamedTuple):
    """Size and seed of the sample."""

    n_sample: int
    seed: int
    largest_key: np.uint64
    """Rows of larger keys are not in the sample."""


def survey(parts, n_sample, seed, n_threads):
    """Describe all rows in one pass.

    Parameters
    ----------
    parts : Parts
    n_sample : int
        Rows of the sample, at most; at least 1.
    seed : int
        From 0 to 2**64 - 1. The sample is the `n_sample` rows of positive weight for which a hash
        of `seed` and the number of the row among all rows is smallest.
    n_threads : int

    Returns
    -------
    Survey

    Raises
    ------
    ValueError
        If a value is NaN or infinite, which names chunk and row; if squared distances would not
        fit float64; or if all rows have weight zero.
    """
    n_rows, largest_key = parts.n_rows, LARGEST_KEY
    if n_rows is not None:
        share = (n_sample + SPARE_IN_SD * math.sqrt(n_sample)) / n_rows
        largest_key = np.uint64(min(1.0, share) * float(LARGEST_KEY - np.uint64(2**11)))
    found = parts.total(survey_part, SurveyRequest(n_sample, seed, largest_key), n_threads).result()
    n_sampled = len(found.sample)
    if n_sampled < min(n_sample, found.n_present):  # many rows have weight zero
        request = SurveyRequest(n_sample, seed, LARGEST_KEY)
        found = parts.total(survey_part, request, n_threads).result()
    return found


def survey_part(part, request, n_threads):
    """Describe the rows of one part: a task for `Parts.total`.

    Parameters
    ----------
    part : Part
    request : SurveyRequest
    n_threads : int

    Returns
    -------
    PartSurvey

    Raises
    ------
    ValueError
        If the part holds NaN, infinity, or numbers that are too large to square.
    """
    data = RowData(part.X, part.weights, n_threads)
    n_present = data.n_present
    if n_present == 0:  # the shift comes from rows without weight then
        data = RowData(part.X, None, n_threads)
    shift = median_of_few(data)
    sums = sum_columns(DenseRows(part.X, part.weights), shift, n_threads)
    size, _ = column_moments.merge_sums(sums, 1.0)
    if not math.isfinite(size):
        refuse_part(part)
    extremes = np.array([[math.inf], [-math.inf]]) * np.ones(part.X.shape[1])
    if n_present:
        extremes = _extremes(sums, shift)
    span = extremes
    if n_present < len(part.X):
        span = _extremes(sum_columns(DenseRows(part.X), shift, n_threads), shift)
    weight = float(len(part.X) if part.weights is None else part.weights.sum())
    return PartSurvey(
        (len(part.X), n_present, weight),
        _column_moments(sums, shift, weight),
        (extremes, span),
        Samples(request.n_sample, _sample(part, request)),
    )


def refuse_part(part):
    """Explain which numbers of a part make sums or distances infinite.

    Parameters
    ----------
    part : Part

    Raises
    ------
    ValueError
        The message names the part and the row; returns if no number is NaN, infinite, or too
        large to square.
    """
    check_part_finite(part)
    check_magnitude(float(abs(part.X).max()), *_magnitude_of(part))


def refuse_far_part(part, size):
    """Raise ValueError if numbers of a part are not finite, or too far away to square distances.

    Parameters
    ----------
    part : Part
    size : float
        Largest distance of a number from a shift of its column; NaN if a number is not finite.

    Raises
    ------
    ValueError
        The message names the part, and the row of a number that is not finite.
    """
    if math.isnan(size):
        refuse_part(part)
    check_overflow(size, *_magnitude_of(part))


def _magnitude_of(part):
    """Number of features and weight of a part, and its name, as `check_magnitude` takes them."""
    weight = len(part.X) if part.weights is None else float(part.weights.sum())
    name = part_name(part.index, part.first, len(part.X), part.noun)
    return part.X.shape[1], weight, f"X in {name}"


@contextmanager
def refusing_part(part):
    """Name the part and the row in the ValueError of a ``with`` block, if numbers are the reason.

    Parameters
    ----------
    part : Part
    """
    try:
        yield
    except ValueError as error:
        try:
            refuse_part(part)
        except ValueError as named:
            raise named from error
        raise


class PartSurvey:
    """The survey of some parts, to which the surveys of later parts can be added.

    Parameters
    ----------
    counts : tuple of (int, int, float)
        Numbers of rows and of rows of positive weight, and the total weight.
    moments : ndarray of shape (3, n_features), float64
        Shift of each column, the mean less the shift, and the sum of weighted squared distances
        to the mean.
    ranges : tuple of two ndarrays of shape (2, n_features), float64
        Smallest and largest values: of rows of positive weight, and of all rows.
    samples : Samples
    """

    def __init__(self, counts, moments, ranges, samples):
        self.counts = counts
        self.moments = moments
        self.ranges = ranges
        self.samples = samples

    def __iadd__(self, other):
        """Add the survey of parts that follow."""
        self.moments = _add_moments(self.moments, other.moments, self.counts[2], other.counts[2])
        self.counts = tuple(map(operator.add, self.counts, other.counts))
        self.ranges = tuple(map(_wider, self.ranges, other.ranges))
        self.samples += other.samples
        return self

    def result(self):
        """Return the survey of all rows.

        Returns
        -------
        Survey

        Raises
        ------
        ValueError
            If squared distances would not fit float64, or if all rows have weight zero.
        """
        n_rows, n_present, total_weight = self.counts
        check_total_weight(total_weight)
        sample = self.samples.merged().in_order()
        shift = median_of_few(RowData(sample.rows, None, 1))
        extremes, (low, high) = self.ranges
        with np.errstate(over="ignore"):
            size = float(max((high - shift).max(), (shift - low).max()))
        check_magnitude(size, len(shift), total_weight)
        own_shift, offset, scatter = self.moments
        return Survey(
            n_rows, n_present, total_weight, shift, size, own_shift + offset,
            scatter / total_weight, extremes, sample.rows, sample.weights, sample.indices,
        )  # fmt: skip


def _sample(part, request):
    """Return the sample of one part, found block by block.

    The arrays of a block are made once: where freed memory goes back to the system at once, as in
    workers of Dask, new ones for each block take five times as long as the keys.
    """
    rows, keys = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    limit, n_rows = request.largest_key, len(part.X)
    numbers = np.arange(part.first, part.first + min(n_rows, BLOCK_ROWS), dtype=np.uint64)
    own_keys, scratch = np.empty_like(numbers), np.empty_like(numbers)
    for lo in range(0, n_rows, BLOCK_ROWS):
        n = min(n_rows - lo, BLOCK_ROWS)
        block = hash_rows(request.seed, numbers[:n], own_keys[:n], scratch[:n])
        numbers += np.uint64(BLOCK_ROWS)
        found = np.flatnonzero(block <= limit)
        if part.weights is not None:
            found = found[part.weights[lo + found] > 0]
        if len(found) == 0:
            continue
        rows, keys = np.concatenate([rows, lo + found]), np.concatenate([keys, block[found]])
        if len(keys) > request.n_sample:
            kept = places_of_least(keys, request.n_sample)
            rows, keys = rows[kept], keys[kept]
            limit = keys.max()
    weights = None if part.weights is None else part.weights[rows]
    return Sample(keys, part.first + rows, np.array(part.X[rows], order="C"), weights)


def _extremes(sums, shift):
    """Return the smallest and largest value of each column by the sums of one part."""
    extremes = np.empty((2, len(shift)))
    column_moments.merge_extremes(sums, extremes)
    return extremes + shift


def _wider(mine, theirs):
    return np.array([np.minimum(mine[0], theirs[0]), np.maximum(mine[1], theirs[1])])


def _column_moments(sums, shift, weight):
    """Return shift, mean less shift and scatter of each column of one part."""
    if weight == 0:
        return np.array([shift, np.zeros_like(shift), np.zeros_like(shift)])
    with np.errstate(over="ignore", invalid="ignore"):  # too large numbers are refused at the end
        total, square = sums[:, :2].sum(axis=0)
        offset = total / weight
        return np.array([shift, offset, np.maximum(square - total * offset, 0.0)])


def _add_moments(mine, theirs, weight, their_weight):
    """Return the moments of two parts together, about the shift of the first.

    Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances", 1979.
    """
    if their_weight == 0:
        return mine
    if weight == 0:
        return theirs
    shift, offset, scatter = mine
    other_shift, other_offset, other_scatter = theirs
    share = their_weight / (weight + their_weight)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = (other_shift - shift) + (other_offset - offset)
        scatter = scatter + other_scatter + distance * distance * (weight * share)
        return np.array([shift, offset + share * distance, scatter])
