"""Clusters from several Gaussian components each, which are merged by entropy."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .._inputs.annotations import ArrayLike, Float64Array, Int, Int32Array, IntpArray, Rows
from .._inputs.parameters import check_integer
from .._inputs.rows import check_rows, check_sample_weight
from .._inputs.wording import count
from .._passes.threads import map_tasks, resolve_threads
from .answers import answer_about, read_resp_and_log_prob, x_log_x
from .bend import find_bend
from .checks import check_mixture
from .structures import structure_of

if TYPE_CHECKING:
    from .gaussian import GaussianMixture

__all__ = ["MergedMixture", "merge_components"]

NUMBERS_PER_BLOCK = 1 << 18
"""Responsibilities of a block of rows, 2 MiB; a thread works on one."""

MAX_KEPT_NUMBERS = 1 << 20
"""Responsibilities, up to which blocks are kept between two mergers, 8 MiB."""


class MergedMixture:
    """A mixture with components that are merged to fewer and fewer clusters.

    Parameters
    ----------
    mixture : GaussianMixture
        The fitted mixture.
    merges : ndarray of shape (n_components - 1, 2), intp
        As the attribute `merges_`.
    entropies : ndarray of shape (n_components,), float64
        As the attribute `entropies_`.
    merged_counts : ndarray of shape (n_components - 1,), float64
        As the attribute `merged_counts_`.

    Attributes
    ----------
    mixture : GaussianMixture
        The fitted mixture.
    sizes_ : ndarray of shape (n_components,), intp
        Numbers of clusters along the path: n_components, n_components - 1, ..., 1.
    merges_ : ndarray of shape (n_components - 1, 2), intp
        The two clusters that each step merges, by their numbers before the step, the smaller one
        first. The new cluster takes the smaller number, and clusters behind the larger number move
        up by one.
    entropies_ : ndarray of shape (n_components,), float64
        Weighted sum over the rows of the entropy of their responsibilities for the clusters, in
        nats, for each of `sizes_`.
    merged_counts_ : ndarray of shape (n_components - 1,), float64
        Weight of the rows that were labelled with one of the two clusters before each step.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust import GaussianMixture, merge_components
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(600, 2)) + np.repeat([[0, 0], [2, 0], [9, 9]], 200, axis=0)
    >>> merged = merge_components(GaussianMixture(3, random_state=0).fit(X), X)
    >>> bool(merged.entropies_[0] > 10 * merged.entropies_[1])
    True
    >>> merged.predict([[0.0, 0.0], [2.0, 0.0], [9.0, 9.0]], n_clusters=2).tolist() in (
    ...     [0, 0, 1], [1, 1, 0])
    True
    """

    def __init__(
        self,
        mixture: GaussianMixture,
        merges: IntpArray,
        entropies: Float64Array,
        merged_counts: Float64Array,
    ) -> None:
        self.mixture = mixture
        self.merges_ = merges
        self.entropies_ = entropies
        self.merged_counts_ = merged_counts
        self.sizes_: IntpArray = np.arange(len(entropies), 0, -1)

    @cached_property
    def n_clusters_(self) -> int:
        """Number of clusters at which the entropy bends.

        Returns
        -------
        n_clusters : int
            Two straight lines that are joined there fit the entropies best. Of one or two
            components all are kept.
        """
        n_components = len(self.entropies_)
        if n_components <= 2:
            return n_components
        return int(self.sizes_[find_bend(self.sizes_[::-1], self.entropies_[::-1])[0]])

    def component_labels(self, n_clusters: Int | None = None) -> IntpArray:
        """The cluster of each component.

        Parameters
        ----------
        n_clusters : int, default=None
            Number of clusters, from 1 to the number of components; None is `n_clusters_`.

        Returns
        -------
        labels : ndarray of shape (n_components,), intp
            Clusters are numbered from 0 to ``n_clusters - 1``.

        Raises
        ------
        TypeError, ValueError
            If `n_clusters` is not as described.
        """
        n_clusters = self._check_n_clusters(n_clusters)
        labels = np.arange(len(self.entropies_))
        for first, second in self.merges_[: len(labels) - n_clusters]:
            labels[labels == second] = first
            labels[labels > second] -= 1
        return labels

    def predict(self, X: Rows, n_clusters: Int | None = None) -> Int32Array:
        """Likeliest cluster of each row; the lowest index wins a tie.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        n_clusters : int, default=None
            Number of clusters, from 1 to the number of components; None is `n_clusters_`.

        Returns
        -------
        labels : ndarray of shape (n_samples,), int32
            Clusters from 0 to ``n_clusters - 1``.
        """
        labels, X = self.component_labels(n_clusters), check_rows(X, self.mixture, reset=False)
        found = np.empty(len(X), dtype=np.int32)
        for start, resp in _Responsibilities(self.mixture, X).blocks():
            found[start : start + resp.shape[1]] = _grouped(resp, labels).argmax(axis=0)
        return found

    def predict_proba(self, X: Rows, n_clusters: Int | None = None) -> Float64Array:
        """Responsibilities of the clusters: sums over the components of each.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.
        n_clusters : int, default=None
            Number of clusters, from 1 to the number of components; None is `n_clusters_`.

        Returns
        -------
        resp : ndarray of shape (n_samples, n_clusters), float64
            Each row adds up to 1.
        """
        labels, X = self.component_labels(n_clusters), check_rows(X, self.mixture, reset=False)
        found = np.empty((len(X), labels.max() + 1))
        for start, resp in _Responsibilities(self.mixture, X).blocks():
            found[start : start + resp.shape[1]] = _grouped(resp, labels).T
        return found

    def _check_n_clusters(self, n_clusters):
        if n_clusters is None:
            return self.n_clusters_
        n_clusters = check_integer("n_clusters", n_clusters, 1)
        if n_clusters > len(self.entropies_):
            raise ValueError(
                f"n_clusters={n_clusters}, but the mixture has "
                f"{count(len(self.entropies_), 'component')}; "
                "merging gives as many clusters or fewer."
            )
        return n_clusters

    def __repr__(self) -> str:
        n_components = len(self.entropies_)
        lines = [
            f"{count(n_components, 'component')}, merged by entropy; the entropy bends at "
            f"{count(self.n_clusters_, 'cluster')}",
            f"{'clusters':>8}{'entropy':>12}  merged",
        ]
        members = [[k] for k in range(n_components)]
        for i, entropy in enumerate(self.entropies_):
            text = ""
            if i > 0:
                first, second = self.merges_[i - 1]
                text = f"  {_listed(members[first])} + {_listed(members[second])}"
                members[first] = sorted(members[first] + members.pop(second))
            lines.append(f"{self.sizes_[i]:>8}{entropy:>12.4f}{text}")
        return "\n".join(lines)


def merge_components(
    mixture: GaussianMixture, X: Rows, sample_weight: ArrayLike | None = None
) -> MergedMixture:
    """Merge components of a fitted mixture to fewer clusters, two at a time, by entropy.

    A cluster that is not Gaussian takes several components, which overlap. Each step merges the
    two clusters that lower the entropy of the responsibilities most, from one cluster for each
    component to a single one [1]_. The density of the mixture does not change.

    Parameters
    ----------
    mixture : GaussianMixture
        A fitted mixture; it is not changed, and answers for the result.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        The rows that the mixture was fitted to.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.

    Returns
    -------
    merged : MergedMixture
        The whole path; prints as a table.

    Raises
    ------
    TypeError, ValueError
        If the mixture or X is not as described.
    NotFittedError
        If the mixture is not fitted.

    Notes
    -----
    Rows are read once for each step, in blocks. Memory beyond X: about 10 MiB for each thread.

    References
    ----------
    .. [1] J.-P. Baudry, A. E. Raftery, G. Celeux, K. Lo and R. Gottardo, "Combining mixture
       components for clustering", Journal of Computational and Graphical Statistics 19, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust import GaussianMixture, merge_components
    >>> angle = np.linspace(0, np.pi, 300)
    >>> arcs = np.column_stack([np.cos(angle), np.sin(angle)])
    >>> X = np.vstack([arcs, arcs + [4, 0]]) + np.random.default_rng(0).normal(0, 0.05, (600, 2))
    >>> merged = merge_components(GaussianMixture(6, random_state=0).fit(X), X)
    >>> merged.n_clusters_
    2
    >>> labels = merged.predict(X)
    >>> bool(np.all(labels[:300] == labels[0]) and np.all(labels[300:] == labels[-1]))
    True
    """
    check_mixture(mixture, "merge_components")
    X = check_rows(X, mixture, reset=False)
    sample_weight = check_sample_weight(sample_weight, len(X))
    rows = _Responsibilities(mixture, X, sample_weight)
    n_clusters = len(mixture.weights_)
    labels = np.arange(n_clusters)
    pairs = np.triu_indices(n_clusters, 1)
    own, joint, counts = rows.sums(labels, *pairs)
    sums = np.full((n_clusters, n_clusters), -np.inf)
    sums[pairs] = joint
    merges, entropies, merged_counts = [], [-own.sum()], []
    while n_clusters > 1:
        gains = sums - own - own[:, np.newaxis]
        first, second = divmod(int(gains.argmax()), n_clusters)
        merges.append((first, second))
        merged_counts.append(counts[first] + counts[second])
        labels[labels == second] = first
        labels[labels > second] -= 1
        sums = np.delete(np.delete(sums, second, 0), second, 1)
        n_clusters -= 1
        others = np.delete(np.arange(n_clusters), first)
        own, joint, counts = rows.sums(labels, np.full(len(others), first), others)
        sums[np.minimum(first, others), np.maximum(first, others)] = joint
        entropies.append(-own.sum())
    return MergedMixture(
        mixture,
        np.array(merges, dtype=np.intp).reshape(-1, 2),
        np.maximum(entropies, 0.0),
        np.array(merged_counts, dtype=np.float64),
    )


def _listed(members):
    """Numbers of components in a few characters."""
    return (
        ", ".join(map(str, members)) if len(members) == 1 else f"({', '.join(map(str, members))})"
    )


def _grouped(resp, labels):
    """Responsibilities of clusters, (n_clusters, n_rows), from the components' ones."""
    n_clusters = labels.max() + 1
    if n_clusters == len(labels):
        return resp
    grouped = np.zeros((n_clusters, resp.shape[1]))
    for k, label in enumerate(labels):
        grouped[label] += resp[k]
    return grouped


class _Responsibilities:
    """Responsibilities of rows, block by block.

    Parameters
    ----------
    mixture : FittedMixture
    X : ndarray of shape (n_samples, n_features)
        Checked rows.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    """

    def __init__(self, mixture, X, sample_weight=None):
        self._parameters, self._X = mixture._parameters(), X
        self._structure = structure_of(mixture.covariance_type)
        self._sample_weight = sample_weight
        self._n_threads, _ = resolve_threads(mixture.n_threads)
        n_components = len(mixture.weights_)
        self._step = max(1, NUMBERS_PER_BLOCK // n_components)
        self._starts = range(0, len(X), self._step)
        self._kept = {} if len(X) * n_components <= MAX_KEPT_NUMBERS else None

    def blocks(self):
        """Pairs of the first row of a block and its responsibilities, (n_components, n_rows)."""
        for start in self._starts:
            yield start, self._read(start, self._n_threads)

    def sums(self, labels, first, second):
        """Sums over the rows that decide which clusters to merge.

        Parameters
        ----------
        labels : ndarray of shape (n_components,), intp
            Clusters of the components.
        first, second : ndarray of shape (n_pairs,), intp
            Pairs of clusters; `first` is in order.

        Returns
        -------
        own : ndarray of shape (n_clusters,), float64
            Weighted sums of ``t log(t)``, with t the responsibility of a cluster.
        joint : ndarray of shape (n_pairs,), float64
            The same of both clusters together.
        counts : ndarray of shape (n_clusters,), float64
            Weight of the rows that each cluster is likeliest for.
        """
        found = [None] * len(self._starts)

        def add(i):
            resp = _grouped(self._read(self._starts[i], 1), labels)
            found[i] = self._sums_of_block(self._starts[i], resp, first, second)

        map_tasks(add, len(found), self._n_threads)
        return tuple(np.sum(parts, axis=0) for parts in zip(*found, strict=True))

    def _sums_of_block(self, start, resp, first, second):
        n_clusters, n_rows = resp.shape
        weights = np.ones(n_rows)
        if self._sample_weight is not None:
            weights = self._sample_weight[start : start + n_rows]
        joint = np.empty(len(first))
        ends = np.searchsorted(first, np.arange(n_clusters + 1))
        for k in range(n_clusters):
            if ends[k] < ends[k + 1]:
                others = second[ends[k] : ends[k + 1]]
                joint[ends[k] : ends[k + 1]] = x_log_x(resp[k] + resp[others]) @ weights
        counts = np.bincount(resp.argmax(axis=0), weights=weights, minlength=n_clusters)
        return x_log_x(resp) @ weights, joint, counts

    def _read(self, start, n_threads):
        """Responsibilities of the components in a block, (n_components, n_rows)."""
        if self._kept is not None and start in self._kept:
            return self._kept[start]
        X = self._X[start : start + self._step]
        resp, _ = answer_about(
            X, self._parameters, self._structure, read_resp_and_log_prob, n_threads
        )
        resp = np.ascontiguousarray(resp.T)
        if self._kept is not None:
            self._kept[start] = resp
        return resp
