"""KMeans over rows in parts: starts from some rows, then Lloyd's iterations over all parts.

Labels are not kept between passes, so that nothing but centres, sums and the sample is held. The
iterations are the same as in memory: they end with the same centres, to rounding.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from .._estimator.monitor import unwatched
from .._inputs.random import check_random_state, check_seed, draw_seed
from .._passes.frame import SAMPLE_ROWS, power_of_two
from .._passes.survey import survey
from ..kernels.kmeans.center_update import CenterUpdate
from .data import size_with
from .dense_data import DenseData
from .monitor import KMeansMonitor
from .part_draws import DrawRequest, draw_rows, limits_of
from .part_tasks import CenterRequest, expect_part, far_part
from .runs import Solution, best_run
from .seeding import check_frozen, make_starts
from .statistics import CenterStatistics

__all__ = ["PartedFit", "check_parted_params", "fit_parts"]

MIN_SAMPLE_ROWS = 20_000
"""Rows of the sample where there are few clusters."""

SAMPLE_ROWS_PER_CLUSTER = 100
"""Rows of the sample for each cluster, as long as they take less than `MAX_SAMPLE_BYTES`."""

LEAST_ROWS_PER_CLUSTER = 10
"""Rows of the sample for each cluster, even if they take more than `MAX_SAMPLE_BYTES`."""

MAX_SAMPLE_BYTES = 64 * 2**20

FIRST_ROWS_PER_CLUSTER = 20
"""Rows of the sample for each cluster, and `MIN_SAMPLE_ROWS` at least, that give the centres by
which rows are drawn: more of them make no better draws."""

DRAWN_ROWS_PER_CLUSTER = 50
"""Rows of each of the two kinds of draws, for each cluster."""

SEED_OF_DRAWS = 2**32
"""Added to the seed of the sample, which is smaller: other numbers for the same rows."""


class PartedFit(NamedTuple):
    """The result of a fit over parts."""

    solution: Solution
    inertias: np.ndarray
    """Shape (n_init,), float64: inertia of each run on the sample, scaled to all weights."""
    total_weight: float
    sizes: np.ndarray
    """Shape (n_clusters,), float64: weight of the rows of each cluster."""


def check_parted_params(params):
    """Raise ValueError if a parameter asks for something that needs all rows in memory."""
    if params.refine is not None:
        raise ValueError(
            f"refine={params.refine!r} needs all rows in memory, and X comes in chunks; pass "
            "refine=None, or fit an array."
        )


def fit_parts(parts, params, n_threads):
    """Find the clusters of rows in parts.

    Parameters
    ----------
    parts : Parts
    params : namespace
        Checked parameters of a `KMeans`.
    n_threads : int

    Returns
    -------
    PartedFit

    Raises
    ------
    ValueError
        If there are fewer rows than free clusters, or numbers that cannot be clustered.
    """
    n_clusters, init = params.n_clusters, params.init
    frozen = check_frozen(params.frozen_centers, n_clusters, parts.n_features, parts.dtype)
    is_given = not isinstance(init, str) and not callable(init)
    n_sample = SAMPLE_ROWS if is_given else sample_size(n_clusters, parts)
    seed = 0 if is_given else _seed(params.random_state)
    found = survey(parts, n_sample, seed, n_threads)
    sample = _sample_data(found.sample, found.sample_weight, n_clusters, n_threads)
    sample.frozen = frozen
    if found.n_rows < sample.n_free:
        raise ValueError(
            f"n_clusters={n_clusters}{sample.beside_frozen} exceeds n_samples={found.n_rows}; "
            "pass at least as many rows as clusters."
        )
    loop = PartedLloyd(parts, found, frozen, n_threads)
    tol = params.tol * found.mean_variance
    monitor = KMeansMonitor(params, tol, seeds=lambda _: centers)
    if is_given:
        centers, inertias = make_starts(params, sample).centers[0], None
        if frozen is not None:
            centers = np.vstack([frozen, centers])
    else:
        monitor.begin_seeding("runs on a sample")
        params = _with(params, random_state=check_random_state(params.random_state))
        if isinstance(init, str) and init == "k-means++" and sample.n_free:
            sample = _drawn_data(loop, found, sample, params, seed)
        best, inertias = _best_on_sample(sample, params)
        centers = best.centers
        inertias = inertias * (found.total_weight / sample.total_weight)
    solution, sizes = loop.run(centers, params.max_iter, tol, monitor.hook)
    if inertias is None:
        inertias = np.array([solution.inertia])
    return PartedFit(solution, inertias, found.total_weight, sizes)


def sample_size(n_clusters, parts, n_per_cluster=SAMPLE_ROWS_PER_CLUSTER, n_samples=1):
    """Return the number of rows of each of the samples that are held."""
    n_rows = max(MIN_SAMPLE_ROWS, n_per_cluster * n_clusters)
    n_fitting = MAX_SAMPLE_BYTES // (n_samples * parts.n_features * parts.dtype.itemsize)
    return max(LEAST_ROWS_PER_CLUSTER * n_clusters, min(n_rows, n_fitting))


def _seed(random_state):
    """Return the seed of the sample; an int is one."""
    if check_seed(random_state):
        return int(random_state)
    return draw_seed(check_random_state(random_state))


def _sample_data(rows, weights, n_clusters, n_threads):
    """Return a sample as data of k-means, with at least as many rows as clusters.

    Rows of positive weight may be fewer: then some are repeated with weight zero.
    """
    n_rows = len(rows)
    if n_rows < n_clusters:
        rows = np.resize(rows, (n_clusters, rows.shape[1]))
        weights = np.resize(np.ones(n_rows) if weights is None else weights, n_clusters)
        weights[n_rows:] = 0
    return DenseData(rows, weights, n_clusters, n_threads)


def _drawn_data(loop, found, sample, params, seed):
    """Return rows that are drawn in a pass, by first centres; the sample if it holds all rows."""
    if len(found.sample) == found.n_present:
        return sample
    n_clusters, n_threads = params.n_clusters, loop.n_threads
    n_first = max(MIN_SAMPLE_ROWS, FIRST_ROWS_PER_CLUSTER * n_clusters)
    some = np.arange(0, len(found.sample), max(1, len(found.sample) // n_first))
    weights = None if found.sample_weight is None else found.sample_weight[some]
    first = _sample_data(found.sample[some], weights, n_clusters, n_threads)
    first.frozen = sample.frozen
    best, _ = _best_on_sample(first, _with(params, n_init=1, max_iter=1))
    statistics = first.expect(best.centers)
    statistics *= found.n_present / first.n_present  # which no cutting of the rows changes
    n_rows = sample_size(n_clusters, loop.parts, DRAWN_ROWS_PER_CLUSTER, n_samples=2)
    request = DrawRequest(
        seed + SEED_OF_DRAWS,
        n_rows,
        best.centers,
        np.maximum(statistics.weights, statistics.weights.sum() / first.n_present),
        loop.shift,
        loop.scale,
        limits_of(n_rows, statistics.inertia, np.count_nonzero(statistics.counts)),
    )
    rows, weights, _ = draw_rows(loop.parts, request, n_threads)
    drawn = _sample_data(rows, weights, n_clusters, n_threads)
    drawn.frozen = sample.frozen
    return drawn


def _with(params, **others):
    """Return parameters of which some have other values."""
    return SimpleNamespace(**vars(params) | others)


def _best_on_sample(sample, params):
    """Return the best of the runs on the sample, and the inertias of all; nothing is shown."""
    sample.describe()
    unseen = SimpleNamespace(**unwatched(vars(params)))
    return best_run(sample, make_starts(unseen, sample), unseen)


class PartedLloyd:
    """The loop of k-means over parts.

    Parameters
    ----------
    parts : Parts
    found : Survey
    frozen : ndarray of shape (n_frozen, n_features), float64, or None
        The first centres, which never move.
    n_threads : int
    """

    def __init__(self, parts, found, frozen, n_threads):
        self.parts = parts
        self.n_threads = n_threads
        size = size_with(frozen, found.shift, found.size, found.total_weight)
        self.shift, self.scale = found.shift, power_of_two(size)
        self._n_frozen = 0 if frozen is None else len(frozen)
        self._update = CenterUpdate(parts.dtype == np.float32, self._n_frozen)
        self.n_refilled = 0

    def run(self, centers, max_iter, tol, report=None):
        """Iterate to convergence.

        Parameters
        ----------
        centers : ndarray of shape (n_clusters, n_features), float64
            The start.
        max_iter : int
        tol : float
            Squared units of X: stop when the squared shifts of the centres add up to no more.
        report : callable or None
            As for `kernels.kmeans.lloyd.Lloyd.run`.

        Returns
        -------
        solution : Solution
            Without labels.
        sizes : ndarray of shape (n_clusters,), float64
            Weight of the rows of each cluster.
        """
        self.n_refilled = n_iter = 0
        if report is not None:
            report()
        while n_iter < max_iter:
            statistics = self._total(expect_part, centers, measure=report is not None)
            moved = self._moved(statistics, centers)
            shift = float(((moved - centers) ** 2).sum())
            centers = moved
            stopped = report is not None and report(n_iter, statistics.inertia, shift, centers)
            n_iter += 1
            if shift <= tol or stopped:
                break
        last = self._total(expect_part, centers, measure=True)
        n_distinct = self._n_frozen + np.count_nonzero(last.counts[self._n_frozen :])
        solution = Solution(centers, None, last.inertia, n_iter, self.n_refilled, n_distinct)
        return solution, np.where(last.counts > 0, last.weights, 0.0)

    def _total(self, task, centers, **options):
        request = CenterRequest(centers, self.shift, self.scale, **options)
        return self.parts.total(task, request, self.n_threads)

    def _moved(self, statistics, centers):
        """Return the means of the free clusters, of which empty ones are refilled first."""
        first = self._n_frozen
        n_empty = int(np.count_nonzero(statistics.counts[first:] == 0))
        if n_empty:
            statistics = self._refilled(statistics, centers, n_empty)
        free = statistics.of_clusters(slice(first, None)).centers(self.parts.dtype)
        return np.vstack([centers[:first], free])

    def _refilled(self, statistics, centers, n_empty):
        """Return the statistics after empty clusters got the rows farthest from their centres."""
        far = self._total(far_part, centers, n_far=n_empty)
        n_far = len(far.distances) if far.distances[0] > 0 else 0
        sums = np.column_stack([statistics.sums, statistics.weights])
        counts = statistics.counts.astype(np.intp)
        rows, owners = far.rows[:n_far], far.owners[:n_far]
        self.n_refilled += self._update.refill(sums, counts, rows, owners)
        counts = np.maximum(counts, 1)  # a cluster without a row has the sums of another one
        return CenterStatistics(self.shift, sums[:, :-1], sums[:, -1], counts, statistics.inertia)
