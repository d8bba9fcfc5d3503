"""The compiled passes of k-means, called as the estimator calls them."""

import numpy as np

from mixclust._kmeans.center_groups import group_centers
from mixclust.kernels.kmeans import (
    bounded_nearest,
    center_sums,
    coarse_nearest,
    csr_nearest,
    dense_nearest,
    distances,
    island_nearest,
    sorted_nearest,
)
from mixclust.kernels.kmeans.byte_scores import ByteScores
from mixclust.kernels.kmeans.center_update import CenterUpdate
from mixclust.kernels.kmeans.lloyd import Lloyd
from mixclust.kernels.kmeans.prefix_scores import PrefixScores
from mixclust.kernels.rows import csr_rows, dense_rows
from mixclust.kernels.rows.rows import Blocks, Frame

BOUNDS = np.array([0, 48, 144, 192, 480, 500], dtype=np.intp)  # of shards of 500 rows


def backwards(function, n_tasks):
    """Map tasks in an order that no thread pool has."""
    for task in reversed(range(n_tasks)):
        function(task)


def one_shard(n):
    """Bounds of a single shard of all rows."""
    return np.array([0, n], dtype=np.intp)


def frame_of(X, shift=None, scale=1.0):
    """A frame of that shift, by default none, and that scale."""
    return Frame(np.zeros(X.shape[1]) if shift is None else shift, scale)


def plain_passes(X, n_clusters, **options):
    """Passes over X without bounds, by default in one shard and in a frame without a shift."""
    return dense_passes(dense_nearest.DenseNearest, X, n_clusters, **options)


def island_passes(X, n_clusters, **options):
    """Passes over X with a frame for each island of centres."""
    return dense_passes(island_nearest.IslandNearest, X, n_clusters, **options)


def sorted_passes(X, n_clusters, **options):
    """Passes over X of one feature with sorted centres."""

    def make_nearest(blocks, n_clusters, keep_panels):
        return sorted_nearest.SortedNearest(blocks, n_clusters)

    return dense_passes(make_nearest, X, n_clusters, **options)


def bounded_passes(X, n_clusters, *, always, **options):
    """Passes over X with bounds, from the second pass on or where they pay."""

    def make_nearest(blocks, n_clusters, keep_panels):
        options = (keep_panels, group_centers, always)
        return bounded_nearest.BoundedNearest(blocks, n_clusters, *options)

    return dense_passes(make_nearest, X, n_clusters, **options)


def prefix_passes(X, n_clusters, *, n_axes=4, **options):
    """Passes over X by a prefix of `n_axes` axes of largest variance, if X has as many features."""
    scores = prefix_scores_of(X, n_axes) if X.shape[1] >= n_axes else None
    return coarse_passes(X, n_clusters, scores, **options)


def byte_passes(X, n_clusters, **options):
    """Passes over X by rows that are rounded to bytes."""
    return coarse_passes(X, n_clusters, ByteScores(X.shape[1]), **options)


def coarse_passes(X, n_clusters, scores, *, max_bytes=2**20, always=True, **options):
    """Passes over X by lower bounds."""

    def make_nearest(blocks, n_clusters, keep_panels):
        full = dense_nearest.DenseNearest(blocks, n_clusters, keep_panels)
        options = (full, lambda centers: scores, max_bytes, always)
        return coarse_nearest.CoarseNearest(blocks, n_clusters, *options)

    return dense_passes(make_nearest, X, n_clusters, **options)


def prefix_scores_of(X, n_axes):
    """Scores by the axes of largest variance of X."""
    X = X[:1000] / max(1e-300, abs(X).max(initial=0))
    vectors = np.linalg.eigh(X.T @ X)[1][:, ::-1]
    return PrefixScores(np.ascontiguousarray(vectors[:, :n_axes].T, dtype=np.float32))


def dense_passes(
    make_nearest,
    X,
    n_clusters,
    *,
    frame=None,
    sample_weight=None,
    bounds=None,
    map_tasks=None,
    n_slices=0,
    keep_panels=False,
):
    bounds = one_shard(len(X)) if bounds is None else bounds
    rows = dense_rows.DenseRows(X, sample_weight)
    blocks = Blocks(rows, frame_of(X) if frame is None else frame, keep_panels)
    nearest = make_nearest(blocks, n_clusters, keep_panels)
    sums = center_sums.DenseSums(blocks, n_clusters, len(bounds) - 1, n_slices)
    return Lloyd(nearest, sums, CenterUpdate(not rows.is_double), bounds, map_tasks)


def sparse_passes(X, n_clusters, *, bounds=None, map_tasks=None):
    """Passes over sparse rows, by default in one shard."""
    bounds = one_shard(X.shape[0]) if bounds is None else bounds
    rows, frame = csr_rows.CSRRows(X), frame_of(X)
    nearest = csr_nearest.CSRNearest(rows, frame, n_clusters)
    sums = center_sums.CSRSums(rows, frame, n_clusters)
    return Lloyd(nearest, sums, CenterUpdate(not rows.is_double), bounds, map_tasks)


def label(X, centers, *, shift=None, scale=1.0, passes=plain_passes, **options):
    """Labels, inertia and the number of rows that float64 decided, of a pass without bounds."""
    lloyd = passes(X, len(centers), frame=frame_of(X, shift, scale), **options)
    labels = np.full(len(X), 77, dtype=np.int32)
    inertia = lloyd.label(np.array(centers, dtype=np.float64), labels)
    return labels, inertia, lloyd.n_decided


def run(
    X, centers, *, max_iter=100, tol=0.0, report=None, shift=None, passes=plain_passes, **options
):
    """Result of a run, by default in a frame centred on the mean."""
    shift = X.mean(axis=0, dtype=np.float64) if shift is None else shift
    lloyd = passes(X, len(centers), frame=frame_of(X, shift, 2.0**-4), **options)
    centers, labels = np.array(centers, dtype=np.float64), np.empty(len(X), dtype=np.int32)
    inertia, n_iter = lloyd.run(centers, labels, max_iter, tol, report)
    return {
        "centers": centers,
        "labels": labels,
        "inertia": inertia,
        "n_iter": n_iter,
        "n_refilled": lloyd.n_refilled,
    }


def padded_columns(centers):
    """Centres as columns, as `to_all` and `to_nearest_two` want them."""
    lanes = distances.lanes()
    padded = np.zeros((centers.shape[1], -(-len(centers) // lanes) * lanes))
    padded[:, : len(centers)] = centers.T
    return padded
