"""Bundles: the partitions that one task reads, one after the other, where a worker holds them.

A task costs the client, the scheduler and its worker about a millisecond together, a short task as
much as a long one. So a task reads as many partitions as take half a second.
"""

from __future__ import annotations

import itertools

__all__ = ["cut_bundles", "n_for_a_task", "one_by_one"]

SECONDS_OF_TASK = 0.5

TASKS_A_THREAD = 2
"""Tasks of a pass for each thread of a worker of several threads, at least: then no thread waits
for most of a pass where others were slower. A single thread gets one: other workers would have to
fetch the rows of another task."""

SLACK = 0.05
"""Share by which a worker may hold more partitions than its share of the threads; one with more
leaves some to other workers, which fetch them once and hold them from then on."""

N_AT_FIRST = 16
"""Partitions of a task as long as their time is not known. The first pass is a survey, which takes
less time than other passes do."""


def n_for_a_task(seconds_a_partition):
    """Return the number of partitions that a task should read.

    Parameters
    ----------
    seconds_a_partition : float or None
        In the last pass; None before the first one.

    Returns
    -------
    n_partitions : int
    """
    if seconds_a_partition is None:
        return N_AT_FIRST
    return max(1, int(SECONDS_OF_TASK / max(seconds_a_partition, 1e-6)))


def one_by_one(n_partitions):
    """Return bundles of one partition for any worker, as `cut_bundles` does."""
    return [(None, [i]) for i in range(n_partitions)]


def cut_bundles(holders, n_threads, n_in_bundle, n_in_group):
    """Cut partitions into bundles, each for a worker that holds them.

    Parameters
    ----------
    holders : list of list of str
        For each partition, the workers that hold it, at least one.
    n_threads : dict of str to int
        Threads of each worker.
    n_in_bundle : int
        Partitions of a bundle, at most. Bundles are smaller where a worker has more threads than
        it would have bundles.
    n_in_group : int
        Partitions of a group: one task adds their results. A bundle lies within a group.

    Returns
    -------
    bundles : list of (str, list of int)
        A worker, and the numbers of the partitions for it, ascending.
    """
    n_groups = -(-len(holders) // n_in_group)
    owned = {}
    for i, worker in enumerate(_assign(holders, n_threads)):
        owned.setdefault((i // n_in_group, worker), []).append(i)
    bundles = []
    for (_, worker), own in owned.items():
        n = n_threads[worker]
        least = -(-n * (TASKS_A_THREAD if n > 1 else 1) // n_groups)
        n_bundles = min(len(own), max(least, -(-len(own) // n_in_bundle)))
        bounds = [i * len(own) // n_bundles for i in range(n_bundles + 1)]
        bundles += [(worker, own[lo:hi]) for lo, hi in itertools.pairwise(bounds)]
    return bundles


def _assign(holders, n_threads):
    """The worker for each partition: one that holds it, unless that one holds far too many."""
    total = sum(n_threads.values())
    fair = {worker: -(-len(holders) * n // total) for worker, n in n_threads.items()}
    n_held = dict.fromkeys(n_threads, 0)

    def load(worker):
        return n_held[worker] / n_threads[worker], worker

    assigned = []
    for own in holders:
        assigned.append(min(own, key=load))
        n_held[assigned[-1]] += 1
    crowded = {worker for worker, n in n_held.items() if n > (1 + SLACK) * fair[worker]}
    for i in reversed(range(len(assigned) if crowded else 0)):
        worker = assigned[i]
        if worker in crowded and n_held[worker] > fair[worker]:
            assigned[i] = min(n_threads, key=load)
            n_held[worker] -= 1
            n_held[assigned[i]] += 1
    return assigned
