"""Runs from several starts, and which of them is kept."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import NamedTuple

import numpy as np

from .._estimator.monitor import is_watched
from .._passes.shards import THREAD_COST
from .._passes.threads import map_tasks
from ..kernels.kmeans import best_run as kernel
from .monitor import KMeansMonitor

MIN_PARALLEL_COST = 2_000_000
"""Multiply-adds of a pass of every run together, below which a second thread does not pay."""

MAX_PLACES_BYTES = 32 * 2**20
"""Size of the labels and centres that are held at a time for the runs to be compared."""


class Solution(NamedTuple):
    """The result of the run that was kept."""

    centers: np.ndarray
    labels: np.ndarray
    inertia: float
    n_iter: int
    n_refilled: int
    n_distinct: int


def best_run(data, starts, params):
    """Run from every start and keep the run of least inertia.

    If a pass is too short for threads, runs share the threads: they are independent, and each gives
    the same result in any thread.

    Parameters
    ----------
    data : DenseData or CSRData
    starts : Starts
    params : namespace
        `max_iter`, `tol`, `algorithm`, `verbose` and `callback` of a `KMeans`.

    Returns
    -------
    best : Solution
    inertias : ndarray of shape (n_starts,), float64
    """
    tol = params.tol * data.mean_variance
    report = None
    if is_watched(params):
        report = KMeansMonitor(params, tol, starts.count, partial(_seeds, data, starts))
    one_thread = data.threads_for_pass() == 1
    side_by_side = one_thread and report is None and starts.count * data.cost > MIN_PARALLEL_COST
    n_runners = min(data.n_threads, starts.count) if side_by_side else 1
    n_threads = 1 if one_thread else data.n_threads
    make_passes = partial(data.passes, n_threads, params.algorithm, starts.count, params.max_iter)
    runners = [make_passes() for _ in range(n_runners)]
    found = _make_places(data, starts.count, n_runners)
    make_seeding = partial(data.seeding, starts.n_trials, n_threads)
    keep_seeding = n_runners > 1 or data.cost < THREAD_COST  # where it is small
    if keep_seeding:
        found.reserve()
    if report is not None:
        make_seeding, keep_seeding = report.watch(make_seeding), False
    inertias = np.empty(starts.count)
    first = 0
    while first < starts.count:
        last = min(first + found.n_free, starts.count)
        tasks = deque(range(first, last))
        rest = (starts, make_seeding, keep_seeding, tasks, first, params.max_iter, tol, report)
        map_tasks(partial(_run, found, runners, rest), n_runners, n_runners)
        found.compare(inertias[first:last])
        first = last
    return Solution(*found.result()), inertias


def _seeds(data, starts, i):
    """The centres at which a run starts, once its seeding is done."""
    seeds = starts.centers[i] if starts.rows is None else data.take(starts.rows[i])
    return seeds if starts.frozen is None else np.vstack([starts.frozen, seeds])


def _make_places(data, n_starts, n_runners):
    """Places for all runs where they are small, for one a runner and the best one where not."""
    n_samples, n_features = data.X.shape
    size = 4 * n_samples + 8 * data.n_clusters * n_features
    n_places = min(n_starts, max(n_runners + 1, MAX_PLACES_BYTES // size))
    return kernel.Runs(n_places, n_samples, n_features, data.n_clusters)


def _run(found, runners, arguments, i):
    found.run(runners[i], *arguments)
