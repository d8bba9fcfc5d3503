"""Dense rows as k-means works on them: their frame, and the compiled seeding and passes."""

import math

import numpy as np

from .._passes.frame import describe_columns, frame_for, power_of_two, sum_columns
from .._passes.shards import MAX_SHARDS, mapper_for, shard_bounds
from ..kernels.kmeans import block_plusplus, dense_plusplus, distances
from ..kernels.kmeans.block_nearest import BlockNearest
from ..kernels.kmeans.block_sums import BlockSums
from ..kernels.kmeans.center_sums import DenseSums
from ..kernels.kmeans.lloyd import Lloyd
from ..kernels.kmeans.minibatch import Batches
from ..kernels.kmeans.row_blocks import ROWS_OF_A_NODE
from ..kernels.rows import dense_rows
from ..kernels.rows.column_moments import merge_extremes
from ..kernels.rows.rows import Blocks, Frame
from .data import KMeansData, as_columns, size_with
from .searches import PASSES_OF_FIT, Searches
from .spatial_rows import MAX_FEATURES, curve_pairs, rows_of, sort_rows, worth_sorting

MAX_SUMS_BYTES = 32 * 2**20
"""Size of all tables of sums, one a shard; beyond it a few clusters at a time are summed."""

MAX_PART_SHARDS = 32
"""Largest number of tables of sums in a single pass, over a part of the rows: they are cleared and
merged for every part."""

MAX_PANELS_BYTES = 36 * 2**20
"""Size of packed rows and norms kept between passes; larger data are packed in every pass."""

MIN_PACKING_COST = 100_000
"""Multiply-adds of a pass, below which packing the centres costs more than measuring every row."""

MIN_BLOCK_SHARDS = 4
MAX_BLOCK_SHARDS = 32
"""Bounds of the number of tables of sums of rows in blocks: they are merged in every pass."""

BLOCK_SAVING = 8
"""Share of the multiply-adds of a pass that blocks save, roughly: for the number of threads."""

MAX_SORTED_BYTES = 2**29
"""Size of rows of which a fit makes a sorted copy, and another while it sorts."""

LIKELY_SHARE_OF_SINGLE_PASS = 0.5
"""Of the work that blocks save in a pass, the share that is counted on where there is only one."""

MAX_LABELLED_ROWS = 2**19
"""Rows that are sorted at a time to be labelled once."""

MIN_SORTED_ROWS = 5000
"""Smallest number of rows that are sorted before they are seeded in blocks."""


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
        self._box = self._sorted_pairs = self._spatial = None

    def describe(self):
        """Read every column once: refuse NaN and infinity, set the frame and the variance."""
        columns = describe_columns(self)
        self.require(columns is not None)
        size = size_with(self.frozen, columns.shift, columns.size, self.total_weight)
        self.frame = Frame(columns.shift, power_of_two(size))
        self.mean_variance = columns.mean_variance
        self._box = columns.extremes()

    def describe_about_origin(self):
        """Set the frame of rows that are known to be finite, and to lie around the origin."""
        self.frame = Frame(np.zeros(self.X.shape[1]), power_of_two(float(np.abs(self.X).max())))

    @property
    def cost(self):
        """Multiply-adds of a pass, the tile's epilogue and the sums included."""
        n_samples, n_features = self.X.shape
        return n_samples * (self.n_clusters * (n_features + 8) + 3 * n_features + 20)

    @property
    def _searches(self):
        return Searches(self.X, self.n_clusters, self.cost)

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
            self._fits_panels(2, 19),
        )

    def _fits_blocks(self):
        """Whether rows are seeded in blocks: of few features, with room for a copy."""
        n_samples, n_features = self.X.shape
        # A row, its distance, its place, its key, its weight, and its share of a box.
        bytes_a_row = self.X.itemsize * (n_features + 1) + 12 + (n_features + 1) // 2
        bytes_a_row += 0 if self.sample_weight is None else 8
        return (
            self._box is not None
            and n_features <= MAX_FEATURES
            and n_samples * bytes_a_row <= MAX_PANELS_BYTES
        )

    def _block_seeding(self, n_trials, n_threads):
        n_samples, n_features = self.X.shape
        if n_samples < MIN_SORTED_ROWS:
            order = np.arange(n_samples, dtype=np.int32)
        else:
            order = rows_of(self._pairs())
        cost = 8 * n_samples * n_trials * n_features
        return block_plusplus.BlockPlusPlus(
            self.rows,
            order,
            shard_bounds(n_samples, cost),
            self.n_clusters,
            n_trials,
            mapper_for(cost, n_threads),
        )

    def _pairs(self):
        """The rows in their order along a curve, as `sort_rows` takes them."""
        if self._sorted_pairs is None:
            self._sorted_pairs = curve_pairs(self.rows, self._box, self.n_threads)
        return self._sorted_pairs

    def _fits_panels(self, bytes_a_number, bytes_a_row=4):
        """Whether packed rows are few enough to be kept."""
        n_samples, n_features = self.X.shape
        return n_samples * (bytes_a_number * n_features + bytes_a_row) <= MAX_PANELS_BYTES

    def take(self, indices):
        """Rows of X as centres: a float64 copy."""
        return self.X[indices].astype(np.float64)

    def passes(self, n_threads, algorithm, n_runs=1, max_iter=300):
        """The compiled passes, for one run at a time, of which each makes so many at most."""
        if algorithm == "auto" and self._suits_blocks(n_runs, max_iter):
            return self._block_passes(n_threads)
        bounds, n_slices = self._cut()
        blocks = Blocks(self.rows, self.frame, self._fits_panels(4))
        nearest = self._searches.of_fit(blocks, self._fits_panels(4), algorithm)
        if algorithm == "auto":
            nearest = self._searches.with_first_look(
                nearest, blocks, self.frame, PASSES_OF_FIT, MAX_PANELS_BYTES
            )
        return self._lloyd(blocks, nearest, bounds, n_slices, n_threads)

    def _suits_blocks(self, n_runs, max_iter):
        """Whether blocks of close rows are worth that rows are sorted."""
        return (
            self._box is not None
            and not self._searches.sorts_centers
            and self.X.nbytes <= MAX_SORTED_BYTES
            and self._n_tables() >= MIN_BLOCK_SHARDS
            and worth_sorting(*self.X.shape, self.n_clusters, n_runs, max_iter)
        )

    def _block_passes(self, n_threads):
        """The compiled passes over rows in their order along a curve."""
        if self._spatial is None:
            pairs = self._pairs()
            if not self._fits_blocks():  # else seeding reads them too
                self._sorted_pairs = None
            self._spatial = sort_rows(
                self.rows, self.X, self.sample_weight, pairs, self.frame, self.n_threads
            )
        blocks = Blocks(self._spatial.rows, self.frame, self._fits_panels(4))
        other = self._searches.of_fit(blocks, self._fits_panels(4), "auto")
        return self._lloyd_of_blocks(self._spatial, blocks, other, n_threads)

    def _lloyd_of_blocks(self, spatial, blocks, other, n_threads, n_slices=0):
        rows, order, leaves = spatial
        nearest = BlockNearest(blocks, self.n_clusters, leaves, other)
        n_nodes = -(-rows.n_samples // ROWS_OF_A_NODE)
        n_shards = min(n_nodes, MAX_BLOCK_SHARDS)
        if not n_slices:
            n_shards = min(n_shards, self._n_tables())
        bounds = np.arange(n_shards + 1) * n_nodes // n_shards * ROWS_OF_A_NODE
        bounds[-1] = rows.n_samples
        sums = BlockSums(blocks, self.n_clusters, n_shards, leaves, n_slices)
        mapper = mapper_for(self.cost // BLOCK_SAVING, n_threads)
        return Lloyd(nearest, sums, self.update(), bounds, mapper, order)

    def single_pass(self):
        """The compiled passes for rows that are passed over once, or change between passes."""
        blocks = Blocks(self.rows, self.frame)
        nearest = self._searches.plain(blocks)
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
        return Lloyd(nearest, sums, self.update(), bounds, mapper_for(self.cost, n_threads))

    def _n_tables(self):
        """Number of tables of sums that fit their memory."""
        return MAX_SUMS_BYTES // (8 * self.n_clusters * (self.X.shape[1] + 8))

    def _cut(self, most=MAX_SHARDS):
        """Shards, and slices of the clusters where sums are too large to have once a shard."""
        n_samples, n_tables = self.X.shape[0], self._n_tables()
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
        n_sorted = min(n_samples, MAX_LABELLED_ROWS)
        if not self._searches.sorts_centers and worth_sorting(
            n_sorted, self.X.shape[1], self.n_clusters, LIKELY_SHARE_OF_SINGLE_PASS, 1
        ):
            inertia = self._label_blocks(centers, labels, measure)
            if inertia is not None:
                return labels, inertia
        frame, bounds = frame_for(self, centers), shard_bounds(n_samples, self.cost)
        blocks = Blocks(self.rows, frame)
        nearest = self._searches.with_first_look(
            self._searches.plain(blocks), blocks, frame, n_passes=1, max_bytes=0
        )
        passes = self._lloyd(blocks, nearest, bounds, 1, self.n_threads)
        inertia = passes.label(centers, labels, measure)
        self.require(passes.n_lost == 0)
        return labels, inertia

    def _label_blocks(self, centers, labels, measure):
        """Label rows in their order along a curve; None if there are numbers that are not finite.

        Many rows are sorted part by part, which bounds the memory.
        """
        frame, inertia = frame_for(self, centers), 0.0
        shift = np.array(frame.origin)
        n_samples, n_features = self.X.shape
        n_parts = -(-n_samples // MAX_LABELLED_ROWS)
        for part in range(n_parts):
            chosen = slice(part * n_samples // n_parts, (part + 1) * n_samples // n_parts)
            X = self.X[chosen]
            weights = None if self.sample_weight is None else self.sample_weight[chosen]
            data = type(self)(X, weights, self.n_clusters, self.n_threads)
            sums = sum_columns(data.rows, shift, self.n_threads)
            if not np.isfinite(sums).all():
                return None
            box = np.empty((2, n_features))
            merge_extremes(sums, box)
            pairs = curve_pairs(data.rows, box + shift, self.n_threads)
            spatial = sort_rows(data.rows, X, weights, pairs, frame, self.n_threads)
            blocks = Blocks(spatial.rows, frame)
            other = self._searches.plain(blocks)
            passes = data._lloyd_of_blocks(spatial, blocks, other, self.n_threads, n_slices=1)
            inertia += passes.label(centers, labels[chosen], measure)
            self.require(passes.n_lost == 0)
        return inertia

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
