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

VARIANCE_OF_PRIOR = 0.1
"""Variance of the rows that are added to each group, in variances of all rows: groups of few rows
have singular covariances. A group gets two more of these rows than there are features."""

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
    for rows, merging in ((round_rows, _Ellipsoids), (standard, _Balls)):
        n_features = rows.shape[1]
        if n_features == 0 or n_groups**2 * merging.cost(n_features) > MAX_COST_OF_ELLIPSOIDS:
            continue
        rows = np.ascontiguousarray(rows)
        labels = _cluster(part, rows, n_groups, random_state)
        tree = _merge(merging(rows, part.sample_weight, labels))
        for size in sizes:
            # Fewer rows may be distinct than there are groups.
            labels = tree[size] if size in tree else _cluster(part, rows, size, random_state)
            partitions[size].append(labels)
    return partitions


def _cluster(part, rows, n_clusters, random_state):
    """Labels of a short clustering."""
    clusters = DenseData(rows, part.sample_weight, n_clusters, part.n_threads)
    clusters.describe()
    return clusterings(clusters, [N_LLOYD_ITERATIONS], random_state)[0][0]


def _merge(groups):
    """Merge groups until one is left; returns labels of the rows by number of groups."""
    n_groups = groups.n_groups
    losses = np.full((n_groups, n_groups), np.inf)
    pairs = np.triu_indices(n_groups, 1)
    losses[pairs] = groups.losses(*pairs)
    left, home = np.arange(n_groups), np.arange(n_groups)
    tree = {n_groups: groups.labels}
    while len(left) > 1:
        kept, gone = divmod(int(losses.argmin()), n_groups)
        groups.merge(kept, gone)
        home[home == gone] = kept
        losses[gone] = losses[:, gone] = np.inf
        left = left[left != gone]
        others = left[left != kept]
        found = groups.losses(np.full(len(others), kept), others)
        losses[np.minimum(others, kept), np.maximum(others, kept)] = found
        numbers = np.zeros(n_groups, dtype=np.int32)
        numbers[left] = np.arange(len(left))
        tree[len(left)] = numbers[home][groups.labels]
    return tree


class _Balls:
    """Groups that lose the sum of squares between them when they merge (Ward's criterion).

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features), float64
    weights : ndarray of shape (n_samples,), float64, or None
    labels : ndarray of shape (n_samples,), int32
        Groups that no row is in are left out.
    """

    def __init__(self, rows, weights, labels):
        used, self.labels = np.unique(labels, return_inverse=True)
        self.labels = self.labels.astype(np.int32)
        self.n_groups = len(used)
        weights = np.ones(len(rows)) if weights is None else weights
        members = [np.flatnonzero(self.labels == k) for k in range(self.n_groups)]
        # Rows of weight zero may be alone in a group.
        least = 1e-9 * weights.sum()
        self._counts = np.array([max(weights[at].sum(), least) for at in members])
        sums = np.array([weights[at] @ rows[at] for at in members])
        self._means = sums / self._counts[:, np.newaxis]
        self._set_scatters(rows, weights, members)

    @staticmethod
    def cost(n_features):
        """Multiply-adds of the loss of a pair."""
        return n_features

    def _set_scatters(self, rows, weights, members):
        """Compute the scatters of the groups, where losses depend on them."""

    def losses(self, i, j):
        """Losses by mergers of the groups i with the groups j."""
        between = self._means[i] - self._means[j]
        return self._shares(i, j) * np.einsum("ij,ij->i", between, between)

    def merge(self, i, j):
        """Let group i be both."""
        counts, means = self._counts, self._means
        means[i] = (counts[i] * means[i] + counts[j] * means[j]) / (counts[i] + counts[j])
        counts[i] += counts[j]

    def _shares(self, i, j):
        return self._counts[i] * self._counts[j] / (self._counts[i] + self._counts[j])


class _Ellipsoids(_Balls):
    """Groups that lose likelihood when they merge, each with a covariance matrix of its own."""

    @staticmethod
    def cost(n_features):
        return n_features**3 / 6 + n_features**2

    def _set_scatters(self, rows, weights, members):
        n_features = rows.shape[1]
        self._n_prior = n_features + 2.0
        self._scatters = np.empty((self.n_groups, n_features, n_features))
        for k, at in enumerate(members):
            residuals = rows[at] - self._means[k]
            self._scatters[k] = (residuals.T * weights[at]) @ residuals
        self._scatters += self._n_prior * VARIANCE_OF_PRIOR * np.eye(n_features)
        self._costs = self._costs_of(self._counts, self._scatters)

    def _costs_of(self, counts, scatters):
        """Twice the least negative log-likelihood of the rows of groups, but for constants."""
        n_features = scatters.shape[1]
        _, logarithms = np.linalg.slogdet(scatters)
        return counts * (logarithms - n_features * np.log(counts + self._n_prior))

    def _merged(self, i, j):
        between = self._means[i] - self._means[j]
        products = between[:, :, np.newaxis] * between[:, np.newaxis]
        products *= self._shares(i, j)[:, np.newaxis, np.newaxis]
        products += self._scatters[i]
        products += self._scatters[j]
        diagonal = np.einsum("ijj->ij", products)
        diagonal -= self._n_prior * VARIANCE_OF_PRIOR  # it is in both scatters
        return products

    def losses(self, i, j):
        merged = self._costs_of(self._counts[i] + self._counts[j], self._merged(i, j))
        return merged - self._costs[i] - self._costs[j]

    def merge(self, i, j):
        self._scatters[i] = self._merged(np.array([i]), np.array([j]))[0]
        super().merge(i, j)
        self._costs[i] = self._costs_of(self._counts[i : i + 1], self._scatters[i : i + 1])[0]
