"""Rows of few features along a space-filling curve: close rows are neighbours, equal rows one."""

from functools import partial
from typing import NamedTuple

import numpy as np

from .._passes.shards import THREAD_COST
from .._passes.threads import map_tasks
from ..kernels.kmeans.row_blocks import ROWS_OF_A_LEAF, ROWS_OF_A_NODE, RowBlocks
from ..kernels.rows import curve_order, dense_rows, row_order

__all__ = [
    "MAX_FEATURES", "SpatialRows", "curve_pairs", "rows_of", "sort_rows", "worth_sorting",
]  # fmt: skip

MAX_FEATURES = curve_order.MAX_FEATURES

MIN_ROWS, MAX_ROWS = 10_000, 2**31 - 1
"""Number of rows that are sorted; the places in the order are int32."""

MAX_RANGES = 16
MIN_RANGE_ROWS = 1000
"""Number and size of ranges of rows that threads share while rows are sorted; the order does not
depend on them."""

MAX_DISTINCT_SHARE = 0.75
"""Share of distinct rows up to which equal rows become one row with their weight."""

SORT_COST, SORT_COST_PER_FEATURE = 2500, 750
"""Multiply-adds that take as long as sorting one row, measured."""

FIXED_COST = 150_000_000
"""Multiply-adds that take as long as the steps of sorting that do not depend on the rows."""

LEAF_COST, OPEN_COST = 80, 27
"""Multiply-adds a row of a pass over blocks, and a row and centre that its box leaves open."""

SPREAD_OF_OPEN = 1.76
"""Width of the region of the open centres of a leaf beyond the width of one cluster, over the width
of the leaf: measured on normal and uniform rows."""

MAX_LIKELY_PASSES = 15
"""Passes of a run that are counted on, if it may make more."""


class SpatialRows(NamedTuple):
    """Rows in their order along the curve, the way back, and their blocks.

    Attributes
    ----------
    rows : DenseRows
        A copy, with weights where rows have weights or stand for several equal ones.
    order : RowOrder
        Labels of the copy -> labels of the rows as they were given.
    leaves : RowBlocks
        The copy in blocks.
    """

    rows: dense_rows.DenseRows
    order: row_order.RowOrder
    leaves: RowBlocks


def worth_sorting(n_samples, n_features, n_clusters, n_runs, max_iter):
    """Whether the passes over blocks save more work than sorting the rows takes.

    The rule assumes rows without structure, the hardest case: where rows lie in clusters, or near
    fewer dimensions, fewer centres are open.

    Parameters
    ----------
    n_samples, n_features, n_clusters : int
    n_runs, max_iter : int
        Number of runs over the same rows, and the iterations of each at most.

    Returns
    -------
    worth : bool
    """
    if n_features > MAX_FEATURES or not MIN_ROWS <= n_samples <= MAX_ROWS:
        return False
    width = (ROWS_OF_A_LEAF * n_clusters / n_samples) ** (1 / n_features)
    n_open = min(n_clusters, (1 + SPREAD_OF_OPEN * width) ** n_features)
    saved = n_clusters * (n_features + 8) - LEAF_COST - OPEN_COST * n_open
    n_passes = n_runs * min(max_iter, MAX_LIKELY_PASSES)
    cost = SORT_COST + SORT_COST_PER_FEATURE * n_features + FIXED_COST / n_samples
    return n_passes * saved > cost


def curve_pairs(rows, box, n_threads):
    """Sort the numbers of rows along a space-filling curve (Morton).

    Memory: 8 bytes a row, and 8 more while they are sorted.

    Parameters
    ----------
    rows : DenseRows
        At most `MAX_FEATURES` features and `MAX_ROWS` rows.
    box : ndarray of shape (2, n_features), float64
        Smallest and largest value of each column, or nearly so.
    n_threads : int

    Returns
    -------
    pairs : ndarray of shape (n_samples,), uint64
        A key in the upper half and the number of the row in the lower.
    """
    return _Sorting(rows.n_samples, n_threads).order(rows, box)


def rows_of(pairs):
    """Return the numbers of rows in pairs, int32."""
    return pairs.astype(np.uint32).astype(np.int32)


def sort_rows(rows, X, sample_weight, pairs, frame, n_threads):
    """Copy rows in their order along a space-filling curve.

    Memory: the copy, 4 bytes a row for the order, and 8 for the weights where there are any; 16
    more and a second copy while rows are sorted. Blocks: less than 6 bytes a number.

    Parameters
    ----------
    rows : DenseRows
        The rows of X.
    X : ndarray of shape (n_samples, n_features), float32 or float64
        At most `MAX_FEATURES` features and `MAX_ROWS` rows.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    pairs : ndarray of shape (n_samples,), uint64
        The rows along the curve, from `curve_pairs`.
    frame : Frame
    n_threads : int

    Returns
    -------
    sorted : SpatialRows
    """
    sorting = _Sorting(len(X), n_threads)
    values = np.empty(X.shape, dtype=X.dtype)
    sorting.map(partial(curve_order.gather, rows, pairs, out=values))
    places = np.empty(len(X), dtype=np.int32)
    values, weights = sorting.merge(values, pairs, sample_weight, places)
    ordered = dense_rows.DenseRows(values, weights)
    leaves = RowBlocks(ordered, frame)
    sorting.map(leaves.fill, _node_bounds(len(values)))
    leaves.measure()
    return SpatialRows(ordered, row_order.RowOrder(rows, places), leaves)


def _node_bounds(n_samples):
    """Bounds of ranges of whole nodes."""
    n_nodes = -(-n_samples // ROWS_OF_A_NODE)
    n_ranges = min(MAX_RANGES, n_nodes)
    bounds = [s * n_nodes // n_ranges * ROWS_OF_A_NODE for s in range(n_ranges)]
    return [*bounds, n_samples]


class _Sorting:
    """The steps of sorting, each over ranges of rows that threads share."""

    def __init__(self, n_samples, n_threads):
        self._n_samples = n_samples
        self._n_ranges = max(1, min(MAX_RANGES, n_samples // MIN_RANGE_ROWS))
        self._bounds = np.linspace(0, n_samples, self._n_ranges + 1).astype(int).tolist()
        self._n_threads = max(1, min(n_threads, n_samples * SORT_COST // THREAD_COST))

    def map(self, step, bounds=None):
        """Call ``step(lo, hi)`` on each range; returns the results in order."""
        bounds = bounds or self._bounds
        results = [None] * (len(bounds) - 1)

        def run(s):
            results[s] = step(bounds[s], bounds[s + 1])

        map_tasks(run, len(results), self._n_threads)
        return results

    def order(self, rows, box):
        """Pairs of a key and the number of a row, in their order."""
        pairs = np.empty(self._n_samples, dtype=np.uint64)
        spare = np.empty_like(pairs)
        low, high = np.ascontiguousarray(box)
        self.map(lambda lo, hi: curve_order.write_keys(rows, lo, hi, low, high, pairs))
        for digit in range(curve_order.N_PASSES):
            self._sort_digit(pairs, spare, digit)
            pairs, spare = spare, pairs
        bounds = [curve_order.next_key(pairs, bound) for bound in self._bounds]
        self.map(lambda lo, hi: curve_order.sort_cells(rows, pairs, lo, hi, spare), bounds)
        return pairs

    def _sort_digit(self, pairs, out, digit):
        """Sort by one digit, and keep the order of pairs with the same digit."""
        counts = np.empty((self._n_ranges, curve_order.N_DIGITS), dtype=np.intp)
        rows = {lo: s for s, lo in enumerate(self._bounds[:-1])}

        def count(lo, hi):
            curve_order.count_digits(pairs, lo, hi, digit, counts[rows[lo]])

        def move(lo, hi):
            curve_order.move_pairs(pairs, lo, hi, digit, counts[rows[lo]], out)

        self.map(count)
        ends = counts.T.cumsum().reshape(counts.T.shape).T
        np.subtract(ends, counts, out=counts)
        self.map(move)

    def merge(self, values, pairs, sample_weight, places):
        """Make equal rows one where there are many; returns the rows and their weights."""
        distinct = np.empty(self._n_samples, dtype=np.uint8)
        mark = partial(curve_order.mark_distinct, values)
        n_distinct = self.map(lambda lo, hi: mark(lo, hi, distinct))
        if sum(n_distinct) > MAX_DISTINCT_SHARE * self._n_samples:
            weights = None if sample_weight is None else np.empty(self._n_samples)
            self.map(
                lambda lo, hi: curve_order.list_places(
                    pairs, lo, hi, sample_weight, places, weights
                )
            )
            return values, weights
        bounds = [curve_order.next_distinct(distinct, bound) for bound in self._bounds]
        firsts = dict(zip(bounds, np.cumsum([0, *n_distinct]).tolist(), strict=True))
        merged = np.empty((sum(n_distinct), values.shape[1]), dtype=values.dtype)
        weights = np.empty(len(merged))
        self.map(
            lambda lo, hi: curve_order.merge_equal(
                values, pairs, distinct, lo, hi, firsts[lo], sample_weight, places, merged, weights
            ),
            bounds,
        )
        return merged, weights
