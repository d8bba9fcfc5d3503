"""Groups of nearby centres, for the bounds: mixclust clusters its own centres."""

import numpy as np

from .._passes.frame import frame_of
from ..kernels.kmeans import dense_plusplus
from ..kernels.kmeans.center_sums import DenseSums
from ..kernels.kmeans.center_update import CenterUpdate
from ..kernels.kmeans.dense_nearest import DenseNearest
from ..kernels.kmeans.lloyd import Lloyd
from ..kernels.rows import dense_rows
from ..kernels.rows.rows import Blocks

GOLDEN_RATIO = 0.6180339887498949


def group_centers(centers, n_groups):
    """Number groups of nearby centres, by a few iterations of k-means on the centres.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features), float64
    n_groups : int
        Groups at most.

    Returns
    -------
    groups : ndarray of shape (n_clusters,), intp
        Numbered from 0 on, none empty. The same centres are always grouped the same way: draws
        are evenly spread numbers instead of random ones.
    """
    centers = np.array(centers)
    rows, frame = dense_rows.DenseRows(centers), frame_of(centers)
    bounds = np.array([0, len(centers)], dtype=np.intp)
    seeds = np.empty(n_groups, dtype=np.intp)
    uniforms = np.arange(1, 2 * n_groups) * GOLDEN_RATIO % 1.0
    dense_plusplus.PlusPlus(rows, frame, bounds, n_groups, 2).run(uniforms, seeds)
    labels = np.empty(len(centers), dtype=np.int32)
    blocks = Blocks(rows, frame)
    sums = DenseSums(blocks, n_groups, 1)
    passes = Lloyd(DenseNearest(blocks, n_groups), sums, CenterUpdate(), bounds)
    passes.run(centers[seeds], labels, 5, 0.0)
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)
