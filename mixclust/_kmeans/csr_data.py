"""Sparse rows as k-means works on them: their frame, and the compiled seeding and passes."""

import numpy as np

from .._passes.frame import check_magnitude, power_of_two
from .._passes.shards import mapper_for, shard_bounds, worthwhile_threads
from .._passes.threads import map_tasks
from ..kernels.kmeans import csr_plusplus
from ..kernels.kmeans.center_sums import CSRSums
from ..kernels.kmeans.csr_nearest import CSRNearest
from ..kernels.kmeans.lloyd import Lloyd
from ..kernels.kmeans.minibatch import Batches
from ..kernels.rows import csr_rows
from ..kernels.rows.rows import Frame
from .data import KMeansData, as_columns, size_with

MAX_TABLES = 8
"""Tables of column sums, one a shard: columns may be many."""


class CSRData(KMeansData):
    """Sparse rows, weights and a number of clusters, ready to be seeded and run from any start.

    Memory beyond X: 12 bytes a row, and a few copies of the centres in float64.

    Parameters
    ----------
    X : scipy.sparse CSR matrix or array of shape (n_samples, n_features), float32 or float64
        Canonical; read in place.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    n_clusters : int
    n_threads : int
    """

    def __init__(self, X, sample_weight, n_clusters, n_threads):
        super().__init__(X, sample_weight, n_clusters, n_threads)
        self.rows = csr_rows.CSRRows(X, sample_weight)

    def describe(self):
        """Read every stored number once: refuse NaN and infinity, set frame and variance."""
        n_samples, n_features = self.X.shape
        total_weight = self.total_weight
        cost = 8 * self.rows.n_stored
        bounds = shard_bounds(n_samples, cost, most=MAX_TABLES)
        # Of a row that counts: one of weight zero may lie so far away that the others lose digits.
        first = 0 if self.sample_weight is None else int(np.argmax(self.sample_weight > 0))
        origin = self.take([first])[0]
        sums = np.empty((len(bounds) - 1, n_features, 4))
        sizes = np.empty(len(sums))

        def shard(s):
            sizes[s] = csr_rows.column_sums(self.rows, bounds[s], bounds[s + 1], origin, sums[s])

        map_tasks(shard, len(sums), worthwhile_threads(cost, self.n_threads))
        size = float(sizes.max())
        self.require(np.isfinite(size))
        check_magnitude(size, n_features, total_weight)
        size = size_with(self.frozen, np.zeros(n_features), size, total_weight)
        self.frame = self._frame(size)
        total, square, stored, _ = sums.sum(axis=0).T
        # A number that a row does not store is zero; less the origin it is minus the origin.
        of_zeros = total_weight - stored
        delta = (total - of_zeros * origin) / total_weight
        variances = (square + of_zeros * origin**2) / total_weight - delta**2
        self.mean_variance = float(np.maximum(variances, 0.0).mean())

    @property
    def cost(self):
        """Cost of a pass in multiply-adds of the dense tile: every stored number is a jump."""
        return 4 * self.rows.n_stored * (self.n_clusters + 8) + 100 * self.X.shape[0]

    def seeding(self, n_trials, n_threads):
        """The compiled seeding."""
        cost = 4 * self.rows.n_stored * (n_trials + 4)
        return csr_plusplus.CSRPlusPlus(
            self.rows,
            shard_bounds(self.X.shape[0], cost),
            self.n_clusters,
            n_trials,
            mapper_for(cost, n_threads),
        )

    def take(self, indices):
        """Rows of X as centres: a dense float64 copy."""
        return self.X[indices].toarray().astype(np.float64)

    def _frame(self, size):
        """The frame for numbers of at most `size`; not shifted, which would fill the rows up."""
        return Frame(np.zeros(self.X.shape[1]), power_of_two(size))

    def passes(self, n_threads, algorithm, n_runs=1, max_iter=300):
        """The compiled passes, for one run at a time.

        Bounds on distances to sparse rows hardly ever decide, so every algorithm looks at all
        centres.
        """
        return self._passes(self.frame, n_threads)

    def single_pass(self):
        """The compiled passes for rows that are passed over once."""
        return self._passes(self.frame, self.n_threads)

    def batches(self, size, draw, cumulative=None, guide=None):
        """Batches of rows that are drawn at random, for the compiled loop of mini-batch k-means."""

        def load(indices):
            return self.part(self.X[indices]).single_pass()

        return Batches(self.X.shape[0], size, draw, cumulative, guide, load)

    def _passes(self, frame, n_threads):
        return Lloyd(
            CSRNearest(self.rows, frame, self.n_clusters),
            CSRSums(self.rows, frame, self.n_clusters),
            self.update(),
            shard_bounds(self.X.shape[0], self.cost),
            mapper_for(self.cost, n_threads),
        )

    def label(self, centers, measure=True):
        """Nearest centre of every row, and the inertia, for rows that were not described.

        It is measured in any case: whether it is finite tells whether the rows are.
        """
        frame = self._frame(float(np.abs(centers).max()))
        labels = np.empty(self.X.shape[0], dtype=np.int32)
        inertia = self._passes(frame, self.n_threads).label(centers, labels)
        self.require(np.isfinite(inertia))
        return labels, inertia

    def distances(self, centers):
        """Euclidean distances of all rows to all centres, in X's dtype."""
        out = np.empty((self.X.shape[0], len(centers)), dtype=self.X.dtype)
        columns = as_columns(centers)

        def measure(lo, hi):
            csr_rows.to_all(self.rows, lo, hi, columns, centers, out[lo:hi])
            return np.isfinite(out[lo:hi]).all()

        self.map_ranges(measure, self.cost)
        return out

    def nearest_two(self, centers):
        """The nearest and the second nearest centre of all rows, and the distances to them."""
        labels = np.empty((self.X.shape[0], 2), dtype=np.int32)
        out = np.empty((self.X.shape[0], 2))
        labels[:, 0], _ = self.label(centers)
        columns = as_columns(centers)

        def measure(lo, hi):
            to_all = np.empty((hi - lo, len(centers)))
            csr_rows.to_all(self.rows, lo, hi, columns, centers, to_all)
            rows, nearest = np.arange(hi - lo), labels[lo:hi, 0]
            first = to_all[rows, nearest]
            to_all[rows, nearest] = np.inf
            labels[lo:hi, 1] = to_all.argmin(axis=1)
            out[lo:hi, 1] = to_all.min(axis=1)
            # Rounding may put two equal distances the other way round.
            out[lo:hi, 0] = np.minimum(first, out[lo:hi, 1])
            return np.isfinite(out[lo:hi]).all()

        self.map_ranges(measure, self.cost)
        return labels, out
