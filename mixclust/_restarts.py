"""Runs from several starts, and which of them is kept."""

import numpy as np

from ._threads import map_tasks

SERIAL_COST = 2_000_000
"""Multiply-adds of all runs' passes together, below which they are not worth a second thread."""


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
    side_by_side = (
        len(starts) > 1
        and not report
        and problem.threads_for_pass() == 1
        and len(starts) * problem.cost > SERIAL_COST
    )
    n_threads = 1 if side_by_side else problem.n_threads
    inertias = np.empty(len(starts))
    best = None

    def run(passes, start):
        if report:
            print("Initialization complete")
        return problem.run(passes, start(n_threads), estimator.max_iter, tol, report)

    if side_by_side:
        runs = [None] * len(starts)

        def task(i):
            runs[i] = run(problem.passes(1, estimator.algorithm), starts[i])

        map_tasks(task, len(starts), problem.n_threads)
    else:
        passes = problem.passes(n_threads, estimator.algorithm)
        runs = (run(passes, start) for start in starts)
    for i, found in enumerate(runs):
        inertias[i] = found.inertia
        if best is None or _better(found, best):
            best = found
    return best, inertias


def _better(run, best):
    """Whether a run is better by more than the rounding of the same clusters, numbered anew."""
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
