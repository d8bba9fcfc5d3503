"""Rows as k-means works on them: the part that dense and sparse rows share."""

import numpy as np

from .._passes.frame import check_overflow
from .._passes.row_data import RowData
from .._passes.shards import shard_bounds, worthwhile_threads
from .._passes.threads import map_tasks
from ..kernels.kmeans import distances
from ..kernels.kmeans.center_update import CenterUpdate
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

    Attributes
    ----------
    frozen : ndarray of shape (n_frozen, n_features), float64, or None
        Centres that come first and never move. Set it before `describe`.
    """

    frozen = None

    def __init__(self, X, sample_weight, n_clusters, n_threads):
        super().__init__(X, sample_weight, n_threads)
        self.n_clusters = n_clusters

    @property
    def n_frozen(self):
        """Number of frozen centres."""
        return 0 if self.frozen is None else len(self.frozen)

    @property
    def n_free(self):
        """Number of centres that are seeded and moved."""
        return self.n_clusters - self.n_frozen

    @property
    def beside_frozen(self):
        """Words for a message after the number of clusters."""
        return f" less {self.n_frozen} frozen centers" if self.n_frozen else ""

    def update(self):
        """The compiled update of the centres."""
        return CenterUpdate(not self.rows.is_double, self.n_frozen)

    def threads_for_pass(self):
        """Threads that a pass over all rows is worth."""
        return worthwhile_threads(self.cost, self.n_threads)

    def part(self, X, sample_weight=None):
        """Some of the rows, copied, under the frame of all rows."""
        data = type(self)(X, sample_weight, self.n_clusters, self.n_threads)
        data.frame = self.frame
        return data

    def expect(self, centers, measure=True, labels=None):
        """Statistics of the rows under given centres: each row belongs to its nearest.

        The rows must have a frame.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features), float64
        measure : bool, default=True
            Whether to measure the inertia; it is zero otherwise.
        labels : ndarray of shape (n_samples,), int32, default=None
            Memory for the labels.

        Returns
        -------
        statistics : CenterStatistics
        """
        if labels is None:
            labels = np.empty(self.X.shape[0], dtype=np.int32)
        centers = np.ascontiguousarray(centers, dtype=np.float64)
        passes = self.single_pass()
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


def size_with(centers, shift, size, total_weight):
    """The largest distance of rows and centres from a shift, for a frame that holds both.

    Parameters
    ----------
    centers : ndarray of shape (n_centers, n_features), float64, or None
        Frozen centres.
    shift : ndarray of shape (n_features,), float64
    size : float
        The largest distance of a value of a row.
    total_weight : float

    Raises
    ------
    ValueError
        If squared distances to the centres would overflow float64.
    """
    if centers is None:
        return size
    farthest = float(np.abs(centers - shift).max())
    check_overflow(farthest, centers.shape[1], total_weight, "frozen_centers")
    return max(size, farthest)


def as_columns(centers):
    """Centres as columns, padded with zeros to a whole number of vectors."""
    n_clusters, n_features = centers.shape
    lanes = distances.lanes()
    columns = np.zeros((n_features, -(-n_clusters // lanes) * lanes))
    columns[:, :n_clusters] = centers.T
    return columns
