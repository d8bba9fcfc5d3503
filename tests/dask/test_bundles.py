"""Which partitions a task reads: each one once, where it is, and none for a worker alone."""

import itertools

import pytest

pytest.importorskip("distributed")

from mixclust.dask._bundles import N_AT_FIRST, cut_bundles, n_for_a_task, one_by_one


def cut(holders, n_threads, n_in_bundle=1000, n_in_group=64):
    """Bundles of partitions that one worker each holds; checks that each is in one bundle."""
    bundles = cut_bundles([[name] for name in holders], n_threads, n_in_bundle, n_in_group)
    numbers = sorted(itertools.chain.from_iterable(own for _, own in bundles))
    assert numbers == list(range(len(holders)))
    assert all(own == sorted(own) for _, own in bundles)
    assert all(own[0] // n_in_group == own[-1] // n_in_group for _, own in bundles)
    assert all(len(own) <= n_in_bundle for _, own in bundles)
    return bundles


def test_a_worker_of_one_thread_gets_one_task():
    assert cut("abbaab", {"a": 1, "b": 1}) == [("a", [0, 3, 4]), ("b", [1, 2, 5])]


def test_a_worker_of_several_threads_gets_two_tasks_for_each():
    bundles = cut("a" * 24, {"a": 3})
    assert [len(own) for _, own in bundles] == [4] * 6
    assert len(cut("a" * 2, {"a": 3})) == 2


def test_no_bundle_is_larger_than_asked_for_or_part_of_two_groups():
    assert [len(own) for _, own in cut("a" * 10, {"a": 1}, n_in_bundle=4)] == [3, 3, 4]
    assert [len(own) for _, own in cut("a" * 10, {"a": 1}, n_in_group=4)] == [4, 4, 2]


def test_a_worker_that_holds_far_too_many_leaves_some_to_others():
    bundles = cut("a" * 12 + "b" * 4, {"a": 1, "b": 1, "c": 2})
    counts = {worker: len(own) for worker, own in bundles if worker != "c"}
    assert counts == {"a": 4, "b": 4}
    held = "a" * 21 + "b" * 19  # nearly fair: nothing is moved
    assert all({held[i] for i in own} == {worker} for worker, own in cut(held, {"a": 1, "b": 1}))


def test_of_several_holders_the_one_with_fewest_partitions_is_chosen():
    bundles = cut_bundles([["a", "b"]] * 6, {"a": 2, "b": 1}, 6, 64)
    assert sum(len(own) for worker, own in bundles if worker == "a") == 4


def test_a_task_takes_half_a_second():
    assert n_for_a_task(None) == N_AT_FIRST
    assert n_for_a_task(0.1) == 5
    assert n_for_a_task(3.0) == 1
    assert n_for_a_task(0.0) > 1000
    assert one_by_one(2) == [(None, [0]), (None, [1])]
