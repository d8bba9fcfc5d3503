"""A k-means problem on dense rows: its frame, its seeds and its runs, over the compiled passes."""

from functools import partial
from typing import NamedTuple

import numpy as np

from ._frame import describe_columns, power_of_two
from ._shards import MAX_SHARDS, shard_bounds, worthwhile_threads
from ._threads import map_tasks
from .kernels import bounded, dense, distances, rows, seeding

SUMS_BUDGET = 32 * 2**20
"""Bytes of centre sums, one table a shard; beyond it the features are summed slice by slice."""

PANELS_BUDGET = 16 * 2**20
"""Bytes of packed rows that are kept between passes; larger data are packed in every pass."""


FEW_ROWS_COST = 100_000
"""Multiply-adds of a pass, below which packing the centres costs more than measuring every row."""

PLAIN_COST = 2000
"""Multiply-adds a row, below which looking at every centre costs no more than bounds do."""

MAX_RANGES = 4096
"""Ranges of rows where nothing is merged: short ones, so that Ctrl-C is heard between them."""


class Solution(NamedTuple):
    """What one run of k-means found."""

    centers: np.ndarray
    labels: np.ndarray
    inertia: float
    n_iter: int
    n_refilled: int


class DenseProblem:
    """Rows, weights and a number of clusters, ready to be seeded and run from any start.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
        Read in place.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    n_clusters : int
    n_threads : int

    Raises
    ------
    ValueError
        If X holds NaN, infinity, or numbers too large to square.
    """

    def __init__(self, X, sample_weight, n_clusters, n_threads):
        self.X = X
        self.sample_weight = sample_weight
        self.n_clusters = n_clusters
        self.n_threads = n_threads
        self.rows = rows.Rows(X, sample_weight)
        self.total_weight = float(len(X) if sample_weight is None else sample_weight.sum())

    def describe(self):
        """Look at every column once: refuse what is not finite, set the frame, keep the variance."""
        columns = describe_columns(self.rows, self.X, self.total_weight, self.n_threads)
        if columns is None:
            return False
        self.rows.set_frame(columns.means, power_of_two(columns.size))
        self.mean_variance = float(columns.variances.mean())
        return True

    def _frame_by(self, centers):
        """Take the frame from centres: for rows that were not described."""
        middle = centers.mean(axis=0)
        self.rows.set_frame(middle, power_of_two(float(np.abs(centers - middle).max())))

    @property
    def cost(self):
        """Multiply-adds of a pass, the tile's epilogue and the sums included."""
        n_samples, n_features = self.X.shape
        return n_samples * (self.n_clusters * (n_features + 8) + 3 * n_features + 20)

    def _map(self, cost, n_threads):
        n_threads = worthwhile_threads(cost, n_threads)
        return None if n_threads == 1 else partial(map_tasks, n_threads=n_threads)

    def seed(self, n_trials, uniforms, n_threads):
        """Rows chosen by greedy k-means++ from the given draws."""
        n_samples, n_features = self.X.shape
        cost = 2 * n_samples * n_trials * n_features
        indices = np.empty(self.n_clusters, dtype=np.intp)
        plusplus = seeding.PlusPlus(
            self.rows,
            shard_bounds(n_samples, cost),
            self.n_clusters,
            n_trials,
            self._map(cost, n_threads),
        )
        plusplus.run(uniforms, indices)
        return indices

    def take(self, indices):
        """Rows of X as centres: a float64 copy."""
        return self.X[indices].astype(np.float64)

    def threads_for_pass(self):
        """Threads that a pass over all rows is worth."""
        return worthwhile_threads(self.cost, self.n_threads)

    def passes(self, n_threads, algorithm):
        """The compiled passes of this problem, for one run at a time."""
        bounds, n_feature_slices = self._cut()
        arguments = (
            self.rows,
            self.n_clusters,
            bounds,
            self._map(self.cost, n_threads),
            n_feature_slices,
            4 * self.X.size <= PANELS_BUDGET,
        )
        if algorithm == "lloyd" or (algorithm == "auto" and self.cost < PLAIN_COST * len(self.X)):
            return dense.DenseLloyd(*arguments)
        return bounded.BoundedLloyd(*arguments, algorithm == "elkan")

    def _cut(self):
        """Shards, and slices of the features where sums are too large to have once a shard."""
        n_samples, n_features = self.X.shape
        n_tables = SUMS_BUDGET // (8 * self.n_clusters * (n_features + 8))
        if n_tables < 16:
            return shard_bounds(n_samples, self.cost), min(32, -(-n_features // 16))
        return shard_bounds(n_samples, self.cost, min(n_tables, MAX_SHARDS)), 0

    def run(self, passes, centers, max_iter, tol, report=None):
        """Iterate from `centers` (float64, overwritten) to convergence."""
        labels = np.empty(self.X.shape[0], dtype=np.int32)
        inertia, n_iter = passes.run(centers, labels, max_iter, tol, report)
        return Solution(centers, labels, inertia, n_iter, passes.n_refilled)

    def label(self, centers):
        """Nearest centre of every row, and the inertia."""
        n_samples = self.X.shape[0]
        labels = np.empty(n_samples, dtype=np.int32)
        if self.cost < FEW_ROWS_COST:
            return labels, distances.to_nearest(self.rows, centers, labels)
        self._frame_by(centers)
        passes = dense.DenseLloyd(
            self.rows,
            self.n_clusters,
            shard_bounds(n_samples, self.cost),
            self._map(self.cost, self.n_threads),
            1,
        )
        return labels, passes.label(centers, labels)

    def distances(self, centers):
        """Euclidean distances of all rows to all centres, in X's dtype."""
        columns = _as_columns(centers)
        out = np.empty((self.X.shape[0], len(centers)), dtype=self.X.dtype)
        self._map_ranges(lambda lo, hi: distances.to_all(self.rows, lo, hi, columns, out))
        return out

    def nearest_two(self, centers):
        """The nearest and the second nearest centre of all rows, and the distances to them."""
        columns = _as_columns(centers)
        labels = np.empty((self.X.shape[0], 2), dtype=np.int32)
        out = np.empty((self.X.shape[0], 2))
        self._map_ranges(
            lambda lo, hi: distances.to_nearest_two(
                self.rows, lo, hi, columns, centers, labels, out
            )
        )
        return labels, out

    def _map_ranges(self, measure):
        """Call ``measure(lo, hi)`` on ranges of rows that together are all rows."""
        cost = 2 * self.X.shape[0] * self.X.shape[1] * self.n_clusters
        bounds = shard_bounds(self.X.shape[0], cost, most=MAX_RANGES)
        map_tasks(
            lambda s: measure(bounds[s], bounds[s + 1]),
            len(bounds) - 1,
            worthwhile_threads(cost, self.n_threads),
        )


def _as_columns(centers):
    """Centres as columns, padded with zeros to a whole number of vectors."""
    n_clusters, n_features = centers.shape
    lanes = distances.lanes()
    columns = np.zeros((n_features, -(-n_clusters // lanes) * lanes))
    columns[:, :n_clusters] = centers.T
    return columns
