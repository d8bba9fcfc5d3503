"""Refinement of a solution of k-means by breathing: add centres, iterate, remove as many, iterate.

The method is that of B. Fritzke, "Breathing k-means: superior k-means solutions through dynamic
k-values", arXiv:2006.15666 (2020), with four changes: new centres are rows of the clusters with the
largest error, chosen without a random number; every second depth removes centres first; iterations
are few until the end; and the depths are gone through several times where data are small.
"""

import copy
import math
from typing import NamedTuple

import numpy as np

from .center_groups import GOLDEN_RATIO
from .monitor import RefinementMonitor
from .runs import Solution

__all__ = ["breathe"]

DEPTHS = (5, 4, 3, 2, 1)
"""Centres that a breath adds and removes; the next depth follows a breath without gain."""

MAX_ITERATIONS = 5
"""Iterations after centres were added or removed: most of the gain is in the first ones."""

MIN_GAIN = 1e-4
"""Share of the inertia that a breath must gain to count."""

ROUNDING = 1e-20
"""Share of the inertia that the error of a cluster of copies of one row may have by rounding."""

MIN_ROUNDS, MAX_ROUNDS = 1, 5
"""Bounds of the number of times that all depths are gone through."""

ROUNDS_COST = 10_000_000
"""Multiply-adds of one pass of every round together: small data have more rounds."""


class State(NamedTuple):
    """Centres and the assignment of the rows to them."""

    centers: np.ndarray
    labels: np.ndarray
    inertia: float


def breathe(data, solution, params, n_runs):
    """Exchange centres of a solution while that lowers the inertia.

    It draws no random number, and the same solution is always refined the same way.

    Parameters
    ----------
    data : DenseData or CSRData
    solution : Solution
        Returned as it is if nothing better is found.
    params : namespace
        `max_iter`, `tol`, `verbose` and `callback` of a `KMeans`.
    n_runs : int
        Runs before; monitors see the refinement as one more run.

    Returns
    -------
    solution : Solution
        Of at most the same inertia.
    """
    monitor = RefinementMonitor(params, params.tol * data.mean_variance, n_runs)
    return _Breathing(data, params).refine(solution, monitor.hook)


class _Breathing:
    """Passes over the rows for several numbers of clusters, and the numbers of each row.

    Memory: 8 bytes a row for the measures, 4 for the labels of each of up to four states, 16 while
    measures are added up; and a second set of packed rows.
    """

    def __init__(self, data, params):
        self._data = data
        self._max_iter = params.max_iter
        self._tol = params.tol * data.mean_variance
        self._passes = {}  # for the number of clusters asked for, and for the last other number
        self._measures = np.empty(data.X.shape[0])
        self._n_drawn = self._n_refilled = 0

    def refine(self, solution, report):
        """Breathe until no depth gains any more; then iterate to convergence."""
        start = best = current = State(*solution[:3])
        n_rounds = max(MIN_ROUNDS, min(MAX_ROUNDS, ROUNDS_COST // self._data.cost))
        depths = DEPTHS * n_rounds
        n_failed = n_breaths = 0
        while n_failed < len(depths) and self._data.n_clusters > 1 and self._data.n_free:
            found = self._breathe(current, depths[n_failed], n_failed % 2 == 0)
            if found is not None and found.inertia < best.inertia * (1 - MIN_GAIN):
                best = current = found
            else:
                # A solution that is not better may lead to one that is; a round begins with the
                # best one.
                n_failed += 1
                current = best if found is None or n_failed % len(DEPTHS) == 0 else found
            n_breaths += 1
            if report is not None and report(n_breaths, best.inertia, math.nan, best.centers):
                break
        if best is not start:
            solution = self._finish(best, solution)
        return solution._replace(n_refilled=solution.n_refilled + self._n_refilled)

    def _finish(self, best, solution):
        """Iterate to convergence from refined centres."""
        labels = np.empty_like(best.labels)
        centers = best.centers.copy()
        passes = self._passes_for(len(centers))
        inertia, n_iter = passes.run(centers, labels, self._max_iter, self._tol)
        if not inertia < solution.inertia:
            return solution
        is_used = np.bincount(labels, minlength=len(centers)) > 0
        is_used[: self._data.n_frozen] = True
        n_distinct = np.count_nonzero(is_used)
        return Solution(centers, labels, inertia, n_iter, passes.n_refilled, n_distinct)

    def _breathe(self, state, depth, add_first):
        """Add and remove `depth` centres; None if there is no place for a centre."""
        n_clusters = len(state.centers)
        if add_first:
            state = self._add(state, min(depth, n_clusters))
            return None if state is None else self._remove(state, len(state.centers) - n_clusters)
        n_removed = min(depth, max(1, self._data.n_free // 4))
        state = self._add(self._remove(state, n_removed), n_removed)
        return state if state is not None and len(state.centers) == n_clusters else None

    def _add(self, state, depth):
        """Add a row of each of the clusters of largest error as a centre; None if all are 0."""
        errors = self._totals(state)
        total = errors.sum()
        if not total > 0:
            return None
        clusters = np.argsort(-errors, kind="stable")[:depth]
        clusters = clusters[errors[clusters] / total > ROUNDING]
        rows = self._data.take([self._draw(state.labels, k) for k in clusters])
        return self._iterate(np.concatenate([state.centers, rows]))

    def _draw(self, labels, k):
        """A row of cluster k by a number in place of a random one: far rows stand for more of it.

        The numbers are spread evenly over 0..1 for any count of them.
        """
        self._n_drawn += 1
        members = np.flatnonzero(labels == k)
        running = np.cumsum(self._measures[members])
        target = self._n_drawn * GOLDEN_RATIO % 1.0 * running[-1]
        return members[min(np.searchsorted(running, target, side="right"), len(members) - 1)]

    def _remove(self, state, depth):
        """Remove centres that lose least by leaving their rows to the second nearest centres.

        The neighbour of a removed centre stays, since it takes over many of its rows; and so do
        frozen centres.
        """
        centers, n_clusters = state.centers, len(state.centers)
        removed, spared = [], set(range(self._data.n_frozen))
        for k in np.argsort(self._totals(state, margins=True), kind="stable"):
            if k in spared:
                continue
            removed.append(k)
            if len(removed) == depth:
                break
            if len(spared) + depth < n_clusters:
                apart = np.square((centers - centers[k]) * self._data.frame.scale).sum(axis=1)
                apart[k] = np.inf
                spared.add(apart.argmin())
        return self._iterate(np.delete(centers, removed, axis=0))

    def _totals(self, state, margins=False):
        """Sum of the weighted measures of each cluster: its error, or the loss without it."""
        n_clusters = len(state.centers)
        passes = self._passes_for(n_clusters)
        passes.measure(state.centers, state.labels, self._measures, margins)
        if self._data.sample_weight is not None:
            self._measures *= self._data.sample_weight
        return np.bincount(state.labels, self._measures, minlength=n_clusters)

    def _iterate(self, centers):
        """A few iterations from centres, which are moved in place."""
        labels = np.empty(self._data.X.shape[0], dtype=np.int32)
        passes = self._passes_for(len(centers))
        max_iter = min(MAX_ITERATIONS, self._max_iter)
        inertia, _ = passes.run(centers, labels, max_iter, self._tol)
        self._n_refilled += passes.n_refilled
        return State(centers, labels, inertia)

    def _passes_for(self, n_clusters):
        """The compiled passes for a number of clusters."""
        if n_clusters not in self._passes:
            data = copy.copy(self._data)
            data.n_clusters = n_clusters
            kept = self._passes.get(self._data.n_clusters)
            self._passes = {} if kept is None else {self._data.n_clusters: kept}
            self._passes[n_clusters] = data.passes(data.n_threads, "lloyd")
        return self._passes[n_clusters]
