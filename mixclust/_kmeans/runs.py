"""Runs from several starts, and which of them is kept."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import NamedTuple

import numpy as np

from .._inputs.annotations import Float64Array
from .._passes.shards import THREAD_COST
from .._passes.threads import map_tasks
from ..kernels.kmeans import best_run as kernel

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
    if params.verbose or params.callback:
        report = _Watch(params, tol)
    one_thread = data.threads_for_pass() == 1
    side_by_side = one_thread and not report and starts.count * data.cost > MIN_PARALLEL_COST
    n_runners = min(data.n_threads, starts.count) if side_by_side else 1
    n_threads = 1 if one_thread else data.n_threads
    runners = [data.passes(n_threads, params.algorithm) for _ in range(n_runners)]
    found = _make_places(data, starts.count, n_runners)
    make_seeding = partial(data.seeding, starts.n_trials, n_threads)
    keep_seeding = n_runners > 1 or data.cost < THREAD_COST  # where it is small
    if keep_seeding:
        found.reserve()
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


def _make_places(data, n_starts, n_runners):
    """Places for all runs where they are small, for one a runner and the best one where not."""
    n_samples, n_features = data.X.shape
    size = 4 * n_samples + 8 * data.n_clusters * n_features
    n_places = min(n_starts, max(n_runners + 1, MAX_PLACES_BYTES // size))
    return kernel.Runs(n_places, n_samples, n_features, data.n_clusters)


def _run(found, runners, arguments, i):
    found.run(runners[i], *arguments)


class KMeansState:
    """What a callback of `KMeans` is told once an iteration.

    Attributes
    ----------
    init : int
        Which of the `n_init` runs this is, from 0 on.
    iteration : int
        Iterations of the run so far.
    inertia : float
        Weighted sum of squared distances to the centres before the iteration, in squared units of
        X times weight.
    center_shift : float
        Sum of the squared shifts of the centres, in squared units of X.
    """

    def __init__(
        self, init: int, iteration: int, inertia: float, center_shift: float, centers: Float64Array
    ) -> None:
        self.init = init
        self.iteration = iteration
        self.inertia = inertia
        self.center_shift = center_shift
        self._centers = centers

    def centers(self) -> Float64Array:
        """Centres after the iteration.

        Returns
        -------
        centers : ndarray of shape (n_clusters, n_features), float64
            A copy, in units of X.
        """
        return self._centers.copy()


class _Watch:
    """What the kernel calls once a start is found, and once an iteration."""

    def __init__(self, params, tol):
        self.tol = tol
        self.verbose = params.verbose
        self.callback = params.callback
        self.init = -1

    def __call__(self, iteration=None, inertia=None, shift=None, centers=None):
        if iteration is None:
            self.init += 1
            if self.verbose:
                print("Initialization complete")
            return False
        if self.verbose:
            print(f"Iteration {iteration}, inertia {inertia}, center shift {shift}.")
            if shift == 0:  # then no row changes its centre either
                print(f"Converged at iteration {iteration}: strict convergence.")
            elif shift <= self.tol:
                print(
                    f"Converged at iteration {iteration}: center shift {shift} within "
                    f"tolerance {self.tol}."
                )
        return self.callback is not None and bool(
            self.callback(KMeansState(self.init, iteration + 1, inertia, shift, centers))
        )
