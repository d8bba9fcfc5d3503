"""The compiled passes of k-means, called as the estimator calls them."""

import numpy as np

from mixclust.kernels.kmeans import distances, plain_lloyd
from mixclust.kernels.rows import dense_rows

BOUNDS = np.array([0, 48, 144, 192, 480, 500], dtype=np.intp)  # of shards of 500 rows


def backwards(function, n_tasks):
    """Map tasks in an order that no thread pool has."""
    for task in reversed(range(n_tasks)):
        function(task)


def one_shard(n):
    """Bounds of a single shard of all rows."""
    return np.array([0, n], dtype=np.intp)


def label(X, centers, *, sample_weight=None, shift=None, scale=1.0, bounds=None, **options):
    """Labels, inertia and the number of rows decided in float64 by `DenseLloyd.label`."""
    data = dense_rows.DenseRows(X, sample_weight)
    data.set_frame(np.zeros(X.shape[1]) if shift is None else shift, scale)
    bounds = one_shard(len(X)) if bounds is None else bounds
    problem = plain_lloyd.DenseLloyd(data, len(centers), bounds, **options)
    labels = np.full(len(X), 77, dtype=np.int32)
    inertia = problem.label(np.array(centers, dtype=np.float64), labels)
    return labels, inertia, problem.n_decided


def run(
    X,
    centers,
    *,
    sample_weight=None,
    max_iter=100,
    tol=0.0,
    report=None,
    shift=None,
    bounds=None,
    passes=plain_lloyd.DenseLloyd,
    **options,
):
    """Result of `passes.run`, by default in a frame centred on the mean."""
    data = dense_rows.DenseRows(X, sample_weight)
    data.set_frame(X.mean(axis=0, dtype=np.float64) if shift is None else shift, 2.0**-4)
    bounds = one_shard(len(X)) if bounds is None else bounds
    problem = passes(data, len(centers), bounds, **options)
    centers, labels = np.array(centers, dtype=np.float64), np.empty(len(X), dtype=np.int32)
    inertia, n_iter = problem.run(centers, labels, max_iter, tol, report)
    return {
        "centers": centers,
        "labels": labels,
        "inertia": inertia,
        "n_iter": n_iter,
        "n_refilled": problem.n_refilled,
    }


def padded_columns(centers):
    """Centres as columns, as `to_all` and `to_nearest_two` want them."""
    lanes = distances.lanes()
    padded = np.zeros((centers.shape[1], -(-len(centers) // lanes) * lanes))
    padded[:, : len(centers)] = centers.T
    return padded
