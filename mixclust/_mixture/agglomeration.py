"""Partitions of the rows into every number of groups, by merging small groups two by two.

K-means makes a few dozen small groups. The two groups that lose least by it become one, until one
is left: so one tree holds a partition for every size, as in hierarchical clustering by models [1]_,
at the cost of one short clustering. Two trees are made, since they err in different ways: in
the first, groups are ellipsoids of any shape, in whitened coordinates; in the second, groups are
balls, in standard deviations of the features.

References
----------
.. [1] C. Fraley, "Algorithms for model-based Gaussian hierarchical clustering", SIAM Journal on
   Scientific Computing 20, 1998.
"""

import numpy as np

from .._kmeans.dense_data import DenseData
from ..kernels.mixture.agglomeration import Groups
from .short_runs import clusterings
from .structures import Full

__all__ = ["grow_trees"]

GROUPS_PER_SIZE = 2.5
"""Small groups for each component of the largest mixture."""

MIN_GROUPS = 24
MAX_GROUPS = 250
"""Small groups at least and at most; larger mixtures start from clusterings by k-means alone."""

N_LLOYD_ITERATIONS = 3
"""Iterations of k-means that make the small groups."""

MAX_COST_OF_ELLIPSOIDS = 1_000_000_000
"""Multiply-adds of the determinants of all pairs, above which that tree is not made."""


def grow_trees(part, sizes, random_state):
    """Partitions of rows for several sizes, by two trees.

    Parameters
    ----------
    part : MixtureData
        Described.
    sizes : sequence of int
        Numbers of groups.
    random_state : numpy.random.RandomState

    Returns
    -------
    partitions : dict of int to list of ndarray of shape (n_samples,), int32
        By size: labels from 0 to the size less one, each in use unless rows repeat.
    """
    standard = (part.X - part.shift) / part.scales
    round_rows = part.with_structure(Full).round_rows
    largest = max(sizes)
    n_groups = min(max(MIN_GROUPS, int(GROUPS_PER_SIZE * largest)), MAX_GROUPS, part.n_present)
    partitions = {size: [] for size in sizes}
    weights = part.sample_weight
    if weights is not None:  # a group's covariance has a prior of some rows
        weights = weights * (part.n_present / part.total_weight)
    for rows, are_ellipsoids in ((round_rows, True), (standard, False)):
        d = rows.shape[1]
        cost = d**3 / 6 + d**2 if are_ellipsoids else d
        if d == 0 or n_groups**2 * cost > MAX_COST_OF_ELLIPSOIDS:
            continue
        rows = np.ascontiguousarray(rows)
        labels = _cluster(part, rows, n_groups, random_state)
        tree = Groups(rows, weights, labels, n_groups, are_ellipsoids).merge()
        for size in sizes:
            # Fewer rows may be distinct than there are groups.
            if size > len(tree):
                partitions[size].append(_cluster(part, rows, size, random_state))
            else:
                partitions[size].append(tree[size - 1][labels])
    return partitions


def _cluster(part, rows, n_clusters, random_state):
    """Labels of a short clustering."""
    clusters = DenseData(rows, part.sample_weight, n_clusters, part.n_threads)
    clusters.describe()
    return clusterings(clusters, [N_LLOYD_ITERATIONS], random_state)[0][0]
