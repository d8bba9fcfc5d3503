"""Rows as k-means works on them: the part that dense and sparse rows share."""

import numpy as np

from .._passes.row_data import RowData
from .._passes.shards import shard_bounds, worthwhile_threads
from .._passes.threads import map_tasks
from ..kernels.kmeans import distances
from .statistics import CenterStatistics

MAX_RANGES = 4096
"""Ranges of rows where nothing is merged: short ones, so that Ctrl-C is heard between them."""


class KMeansData(RowData):
    """Rows, weights and a number of clusters, ready to be seeded and run from any start.

    A subclass has `rows`, as the kernels read them, the `cost` of a pass over them in
    multiply-adds, and makes the passes of the kernels (`passes`, `seeding`).

    Parameters
    ----------
    X : ndarray or scipy.sparse CSR matrix or array of shape (n_samples, n_features)
        float32 or float64; read in place.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    n_clusters : int
    n_threads : int
    """

    def __init__(self, X, sample_weight, n_clusters, n_threads):
        super().__init__(X, sample_weight, n_threads)
        self.n_clusters = n_clusters

    def threads_for_pass(self):
        """Threads that a pass over all rows is worth."""
        return worthwhile_threads(self.cost, self.n_threads)

    def expect(self, centers, measure=True):
        """Statistics of the rows under given centres: each row belongs to its nearest.

        The rows must have a frame.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features), float64
        measure : bool, default=True
            Whether to measure the inertia; it is zero otherwise.

        Returns
        -------
        statistics : CenterStatistics
        """
        labels = np.empty(self.X.shape[0], dtype=np.int32)
        centers = np.ascontiguousarray(centers, dtype=np.float64)
        passes = self.one_pass()
        sums, counts, inertia = passes.expect(centers, labels, measure)
        self.require(passes.n_lost == 0 and np.isfinite(inertia))
        return CenterStatistics(self.frame.origin, sums[:, :-1], sums[:, -1], counts, inertia)

    def map_ranges(self, measure, cost):
        """Call ``measure(lo, hi)`` on ranges of rows that together are all rows.

        It returns whether the distances that it wrote are finite; they are required to be.
        """
        bounds = shard_bounds(self.X.shape[0], cost, most=MAX_RANGES)
        finite = [False] * (len(bounds) - 1)

        def measure_range(s):
            finite[s] = measure(bounds[s], bounds[s + 1])

        map_tasks(measure_range, len(finite), worthwhile_threads(cost, self.n_threads))
        self.require(all(finite))

    def require(self, finite):
        """Explain which numbers of X are wrong if distances from it are not finite.

        Raises
        ------
        ValueError
            Unless `finite`: X holds NaN, infinity, or numbers too large to square, or the distances
            do not fit its dtype.
        """
        if finite:
            return
        self.refuse()
        size, dtype = float(abs(self.X).max()), self.X.dtype
        raise ValueError(
            f"X holds {size:.3g}, and {dtype} does not hold the distances from there to the "
            "centers; pass X as float64, or, if the centers were replaced, finite ones."
        )


def as_columns(centers):
    """Centres as columns, padded with zeros to a whole number of vectors."""
    n_clusters, n_features = centers.shape
    lanes = distances.lanes()
    columns = np.zeros((n_features, -(-n_clusters // lanes) * lanes))
    columns[:, :n_clusters] = centers.T
    return columns
