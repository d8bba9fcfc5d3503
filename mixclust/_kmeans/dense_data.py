"""Dense rows as k-means works on them: their frame, and the compiled seeding and passes."""

import math

import numpy as np

from .._passes.frame import describe_columns, frame_of, power_of_two
from .._passes.shards import MAX_SHARDS, mapper_for, shard_bounds
from ..kernels.kmeans import block_plusplus, dense_plusplus, distances
from ..kernels.kmeans.bounded_nearest import BoundedNearest
from ..kernels.kmeans.center_sums import DenseSums
from ..kernels.kmeans.center_update import CenterUpdate
from ..kernels.kmeans.dense_nearest import DenseNearest
from ..kernels.kmeans.lloyd import Lloyd
from ..kernels.kmeans.minibatch import Batches
from ..kernels.rows import dense_rows
from ..kernels.rows.rows import Blocks, Frame
from .center_groups import group_centers
from .data import KMeansData, as_columns

MAX_SUMS_BYTES = 32 * 2**20
"""Size of all tables of sums, one a shard; beyond it a few clusters at a time are summed."""

MAX_PART_SHARDS = 32
"""Largest number of tables of sums in a single pass, over a part of the rows: they are cleared and
merged for every part."""

MAX_PANELS_BYTES = 36 * 2**20
"""Size of packed rows and norms kept between passes; larger data are packed in every pass."""

MIN_PACKING_COST = 100_000
"""Multiply-adds of a pass, below which packing the centres costs more than measuring every row."""

MIN_BOUNDS_COST = 2000
"""Multiply-adds a row, below which measuring every centre costs no more than bounds do."""


MAX_BLOCK_FEATURES = 8
"""Largest number of features for which rows are seeded in blocks."""

MIN_SORTED_SAMPLES = 5000
"""Smallest number of rows that are sorted before they are cut into blocks."""

BLOCK_SAMPLE_ROWS = 1024
"""Number of evenly spaced rows that tell where most rows lie."""


class DenseData(KMeansData):
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
        super().__init__(X, sample_weight, n_clusters, n_threads)
        self.rows = dense_rows.DenseRows(X, sample_weight)

    def describe(self):
        """Read every column once: refuse NaN and infinity, set the frame and the variance."""
        columns = describe_columns(self)
        self.require(columns is not None)
        self.frame = Frame(columns.shift, power_of_two(columns.size))
        self.mean_variance = columns.mean_variance

    @property
    def cost(self):
        """Multiply-adds of a pass, the tile's epilogue and the sums included."""
        n_samples, n_features = self.X.shape
        return n_samples * (self.n_clusters * (n_features + 8) + 3 * n_features + 20)

    def seeding(self, n_trials, n_threads):
        """The compiled seeding."""
        n_samples, n_features = self.X.shape
        cost = 2 * n_samples * n_trials * n_features
        if self._fits_blocks():
            return self._block_seeding(n_trials, n_threads)
        return dense_plusplus.PlusPlus(
            self.rows,
            self.frame,
            shard_bounds(n_samples, cost),
            self.n_clusters,
            n_trials,
            mapper_for(cost, n_threads),
            self._fits_panels(2, 12),
        )

    def _fits_blocks(self):
        """Whether rows are seeded in blocks: of few features, with room for a copy."""
        n_samples, n_features = self.X.shape
        # A row, its distance, its place, its weight, and its share of the box of a block.
        bytes_a_row = self.X.itemsize * (n_features + 1) + 4 + (n_features + 1) // 2
        bytes_a_row += 0 if self.sample_weight is None else 8
        return n_features <= MAX_BLOCK_FEATURES and n_samples * bytes_a_row <= MAX_PANELS_BYTES

    def _block_seeding(self, n_trials, n_threads):
        n_samples, n_features = self.X.shape
        if n_samples < MIN_SORTED_SAMPLES:
            order = np.arange(n_samples, dtype=np.int32)
        else:
            order = self._curve_order()
        cost = 8 * n_samples * n_trials * n_features
        return block_plusplus.BlockPlusPlus(
            self.rows,
            order,
            shard_bounds(n_samples, cost),
            self.n_clusters,
            n_trials,
            mapper_for(cost, n_threads),
        )

    def _curve_order(self):
        """The rows along a curve, by cells of one size over the range of most rows."""
        n_samples, n_features = self.X.shape
        sample = self.X[:: -(-n_samples // BLOCK_SAMPLE_ROWS)].astype(np.float64)
        low, high = np.quantile(sample, (0.01, 0.99), axis=0)
        margin = (high - low) / 16
        extent = float((high - low + 2 * margin).max())
        cell = extent / 2 ** min(24, 32 // n_features)
        return block_plusplus.curve_order(self.rows, low - margin, cell)

    def _fits_panels(self, bytes_a_number, bytes_a_row=4):
        """Whether packed rows are few enough to be kept."""
        n_samples, n_features = self.X.shape
        return n_samples * (bytes_a_number * n_features + bytes_a_row) <= MAX_PANELS_BYTES

    def take(self, indices):
        """Rows of X as centres: a float64 copy."""
        return self.X[indices].astype(np.float64)

    def passes(self, n_threads, algorithm):
        """The compiled passes, for one run at a time."""
        blocks = Blocks(self.rows, self.frame, self._fits_panels(4))
        bounds, n_slices = self._cut()
        arguments = (blocks, self.n_clusters, self._fits_panels(4))
        if algorithm == "lloyd" or (
            algorithm == "auto" and self.cost < MIN_BOUNDS_COST * len(self.X)
        ):
            nearest = DenseNearest(*arguments)
        else:
            nearest = BoundedNearest(*arguments, group_centers, algorithm == "elkan")
        return self._lloyd(blocks, nearest, bounds, n_slices, n_threads)

    def single_pass(self):
        """The compiled passes for rows that are passed over once, or change between passes."""
        blocks = Blocks(self.rows, self.frame)
        nearest = DenseNearest(blocks, self.n_clusters)
        bounds, n_slices = self._cut(MAX_PART_SHARDS)
        return self._lloyd(blocks, nearest, bounds, n_slices, self.n_threads)

    def batches(self, size, draw, cumulative=None, guide=None):
        """Batches of rows that are drawn at random, for the compiled loop of mini-batch k-means."""
        n_samples, n_features = self.X.shape
        copies = np.zeros((size, n_features), dtype=self.X.dtype)
        passes = self.part(copies).single_pass()
        return Batches(n_samples, size, draw, cumulative, guide, source=self.rows, passes=passes)

    def _lloyd(self, blocks, nearest, bounds, n_slices, n_threads):
        sums = DenseSums(blocks, self.n_clusters, len(bounds) - 1, n_slices)
        update = CenterUpdate(not self.rows.is_double)
        return Lloyd(nearest, sums, update, bounds, mapper_for(self.cost, n_threads))

    def _cut(self, most=MAX_SHARDS):
        """Shards, and slices of the clusters where sums are too large to have once a shard."""
        n_samples, n_features = self.X.shape
        n_tables = MAX_SUMS_BYTES // (8 * self.n_clusters * (n_features + 8))
        if n_tables < 16:
            return shard_bounds(n_samples, self.cost), min(32, self.n_clusters)
        return shard_bounds(n_samples, self.cost, min(n_tables, most)), 0

    def label(self, centers, measure=True):
        """Nearest centre of every row, and the inertia if it is to be measured."""
        n_samples = self.X.shape[0]
        labels = np.empty(n_samples, dtype=np.int32)
        if self.cost < MIN_PACKING_COST:
            inertia = distances.to_nearest(self.rows, centers, labels)
            self.require(math.isfinite(inertia))
            return labels, inertia
        blocks, bounds = Blocks(self.rows, frame_of(centers)), shard_bounds(n_samples, self.cost)
        nearest = DenseNearest(blocks, self.n_clusters)
        passes = self._lloyd(blocks, nearest, bounds, 1, self.n_threads)
        inertia = passes.label(centers, labels, measure)
        self.require(passes.n_lost == 0)
        return labels, inertia

    def distances_to_labels(self, centers):
        """Nearest centre of every row of a frame, and the squared distance to it, unweighted."""
        labels = np.empty(self.X.shape[0], dtype=np.int32)
        distances = np.empty(self.X.shape[0])
        passes = self.single_pass()
        passes.label(centers, labels, measure=False)
        passes.measure(centers, labels, distances)
        self.require(passes.n_lost == 0)
        return labels, distances

    def distances(self, centers):
        """Euclidean distances of all rows to all centres, in X's dtype."""
        columns = as_columns(centers)
        out = np.empty((self.X.shape[0], len(centers)), dtype=self.X.dtype)
        self.map_ranges(lambda lo, hi: distances.to_all(self.rows, lo, hi, columns, out), self.cost)
        return out

    def nearest_two(self, centers):
        """The nearest and the second nearest centre of all rows, and the distances to them."""
        columns = as_columns(centers)
        labels = np.empty((self.X.shape[0], 2), dtype=np.int32)
        out = np.empty((self.X.shape[0], 2))
        self.map_ranges(
            lambda lo, hi: distances.to_nearest_two(
                self.rows, lo, hi, columns, centers, labels, out
            ),
            2 * self.cost,
        )
        return labels, out
