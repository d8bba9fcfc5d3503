"""What k-means problems share, whatever their rows are kept in."""

from functools import partial
from typing import NamedTuple

import numpy as np

from ._shards import shard_bounds, worthwhile_threads
from ._threads import map_tasks
from .kernels import distances

MAX_RANGES = 4096
"""Ranges of rows where nothing is merged: short ones, so that Ctrl-C is heard between them."""


class Solution(NamedTuple):
    """What one run of k-means found."""

    centers: np.ndarray
    labels: np.ndarray
    inertia: float
    n_iter: int
    n_refilled: int


class Problem:
    """Rows, weights and a number of clusters, ready to be seeded and run from any start.

    A subclass says what its rows are (`rows`, as the kernels read them), what a pass over them
    costs (`cost`, in multiply-adds), and makes the kernels' passes (`passes`, `seeding`).

    Parameters
    ----------
    X : ndarray or scipy.sparse CSR matrix or array of shape (n_samples, n_features)
        float32 or float64; read in place.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    n_clusters : int
    n_threads : int
    """

    def __init__(self, X, sample_weight, n_clusters, n_threads):
        self.X = X
        self.sample_weight = sample_weight
        self.n_clusters = n_clusters
        self.n_threads = n_threads
        self.total_weight = float(X.shape[0] if sample_weight is None else sample_weight.sum())

    def threads_for_pass(self):
        """Threads that a pass over all rows is worth."""
        return worthwhile_threads(self.cost, self.n_threads)

    def seed(self, n_trials, uniforms, n_threads):
        """Rows chosen by greedy k-means++ from the given draws."""
        indices = np.empty(self.n_clusters, dtype=np.intp)
        self.seeding(n_trials, n_threads).run(uniforms, indices)
        return indices

    def run(self, passes, centers, max_iter, tol, report=None):
        """Iterate from `centers` (float64, overwritten) to convergence."""
        labels = np.empty(self.X.shape[0], dtype=np.int32)
        inertia, n_iter = passes.run(centers, labels, max_iter, tol, report)
        return Solution(centers, labels, inertia, n_iter, passes.n_refilled)

    def mapper(self, cost, n_threads):
        """Who maps a pass of so many multiply-adds: None for the calling thread."""
        n_threads = worthwhile_threads(cost, n_threads)
        return None if n_threads == 1 else partial(map_tasks, n_threads=n_threads)

    def map_ranges(self, measure, cost):
        """Call ``measure(lo, hi)`` on ranges of rows that together are all rows."""
        bounds = shard_bounds(self.X.shape[0], cost, most=MAX_RANGES)
        map_tasks(
            lambda s: measure(bounds[s], bounds[s + 1]),
            len(bounds) - 1,
            worthwhile_threads(cost, self.n_threads),
        )


def as_columns(centers):
    """Centres as columns, padded with zeros to a whole number of vectors."""
    n_clusters, n_features = centers.shape
    lanes = distances.lanes()
    columns = np.zeros((n_features, -(-n_clusters // lanes) * lanes))
    columns[:, :n_clusters] = centers.T
    return columns
