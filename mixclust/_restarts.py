"""Runs from several starts, and which of them is kept."""

import numpy as np

from ._shards import THREAD_COST
from ._threads import map_tasks

SERIAL_COST = 2_000_000
"""Multiply-adds of all runs' passes together, below which they are not worth a second thread."""


class Runner:
    """What one thread of work needs for its runs: the passes, and the seeding where it is small."""

    def __init__(self, problem, algorithm, n_threads):
        self.passes = problem.passes(n_threads, algorithm)
        self._problem = problem
        self._n_threads = n_threads
        self._seeding = None

    def seed(self, n_trials, uniforms):
        """Rows chosen by greedy k-means++ from the given draws."""
        seeding = self._seeding or self._problem.seeding(n_trials, self._n_threads)
        if self._problem.cost < THREAD_COST:
            self._seeding = seeding  # small: it may stay for the next run
        indices = np.empty(self._problem.n_clusters, dtype=np.intp)
        seeding.run(uniforms, indices)
        return indices


def best_run(problem, starts, estimator):
    """Run from every start and keep the run of least inertia.

    A pass that is too short for threads leaves them to the runs: those are independent, and the
    same whoever does them.

    Parameters
    ----------
    problem : DenseProblem or SparseProblem
    starts : list of callable
        As `make_starts` returns them.
    estimator : KMeans
        Gives `max_iter`, `tol`, `algorithm` and `verbose`.

    Returns
    -------
    best : Solution
    inertias : ndarray of shape (n_starts,), float64
    """
    tol = estimator.tol * problem.mean_variance
    report = _print_iteration if estimator.verbose else None
    one_thread = problem.threads_for_pass() == 1
    side_by_side = one_thread and not report and len(starts) * problem.cost > SERIAL_COST
    inertias = np.empty(len(starts))
    best = None

    def run(runner, start):
        centers = start(runner)
        if report:
            print("Initialization complete")
        return problem.run(runner.passes, centers, estimator.max_iter, tol, report)

    if side_by_side and len(starts) > 1:
        runs = [None] * len(starts)
        n_runners = min(problem.n_threads, len(starts))

        def run_every_nth(first):
            runner = Runner(problem, estimator.algorithm, 1)
            for i in range(first, len(starts), n_runners):
                runs[i] = run(runner, starts[i])

        map_tasks(run_every_nth, n_runners, n_runners)
    else:
        runner = Runner(problem, estimator.algorithm, 1 if one_thread else problem.n_threads)
        runs = (run(runner, start) for start in starts)
    for i, found in enumerate(runs):
        inertias[i] = found.inertia
        if best is None or _better(found, best):
            best = found
    return best, inertias


def _better(run, best):
    """Whether a run is better by more than the rounding of the same clusters, numbered anew."""
    if run.inertia < best.inertia * (1 - 1e-9):
        return True
    return run.inertia < best.inertia and not _same_clusters(run.labels, best.labels)


def _same_clusters(labels, other):
    """Whether two labellings differ in the numbers of the clusters alone."""
    renamed = np.full(labels.max() + 1, -1, dtype=other.dtype)
    renamed[labels] = other
    return np.array_equal(renamed[labels], other) and len(np.unique(renamed[renamed >= 0])) == len(
        np.unique(labels)
    )


def _print_iteration(iteration, inertia, shift):
    print(f"Iteration {iteration}, inertia {inertia}, center shift {shift}.")
