"""The thread that reads ahead: bounded, and gone whenever the pass has ended."""

import _thread
import contextlib
import gc
import os
import sys
import threading
import time
import traceback
import weakref

import numpy as np
import pytest
from support.chunk_sources import h5py_stored_in_chunks, npy, parquet
from support.processes import run_code

import mixclust
from mixclust._passes import read_ahead as module
from mixclust._passes.read_ahead import N_AHEAD, read_ahead


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "mixclust_reader"]


@pytest.fixture(autouse=True)
def no_thread_and_no_file_left():
    def open_files():
        folder = "/proc/self/fd"
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    gc.collect()
    before = open_files()
    yield
    assert readers() == []
    gc.collect()
    assert len(open_files()) <= len(before)


class Failure(Exception):
    pass


def count_to(n, made=None, fail_at=None):
    for i in range(n):
        if i == fail_at:
            raise Failure(i)
        if made is not None:
            made.append((i, threading.get_ident()))
        yield i


@pytest.mark.parametrize("n", [0, 1, 2, 3, 100])
def test_all_items_come_in_order_from_a_thread(n):
    made = []
    assert list(read_ahead(count_to(n, made))) == list(range(n))
    assert all(thread != threading.get_ident() for _, thread in made)


def test_it_is_at_most_two_items_ahead():
    made = []
    with contextlib.closing(read_ahead(count_to(100, made))) as items:
        for i in items:
            time.sleep(0.002)
            assert len(made) <= i + 1 + N_AHEAD
            if i == 20:
                break


@pytest.mark.parametrize("fail_at", [0, 1, 2, 5])
def test_an_exception_is_raised_in_the_caller_with_its_traceback(fail_at):
    items, found = read_ahead(count_to(10, fail_at=fail_at)), []
    with pytest.raises(Failure) as caught:
        found.extend(items)
    assert found == list(range(fail_at))
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "count_to" in names
    assert "read_ahead" in names
    with pytest.raises(StopIteration):
        next(items)


@pytest.mark.parametrize("n_taken", [0, 1, 2, 9])
def test_closing_ends_the_thread(n_taken):
    ended = []

    def source():
        try:
            yield from count_to(10)
        finally:
            ended.append(threading.current_thread().name)

    items = read_ahead(source())
    for _ in range(n_taken):
        next(items)
    items.close()
    assert readers() == []
    assert ended in ([], ["mixclust_reader"])  # a generator that never began has no end


@pytest.mark.parametrize("error", [Failure, KeyboardInterrupt, SystemExit])
def test_an_exception_of_the_caller_ends_the_thread(error):
    def work():
        with contextlib.closing(read_ahead(count_to(100))) as items:
            for i in items:
                if i == 3:
                    raise error

    with pytest.raises(error):
        work()
    assert readers() == []


def test_an_interrupt_while_the_caller_waits():
    ready = threading.Event()

    def source():
        yield 0
        ready.wait(30)
        _thread.interrupt_main()
        time.sleep(0.05)
        yield 1

    items = read_ahead(source())
    assert next(items) == 0
    ready.set()
    with pytest.raises(KeyboardInterrupt):
        list(items)
    items.close()


def test_a_lost_generator_ends_its_thread():
    class Cycle:
        pass

    cycle = Cycle()
    cycle.self, cycle.items = cycle, read_ahead(count_to(100))
    next(cycle.items)
    assert len(readers()) == 1
    del cycle
    gc.collect()
    assert readers() == []


def test_nested_passes():
    pairs = [(i, j) for i in read_ahead(count_to(5)) for j in read_ahead(count_to(4))]
    assert pairs == [(i, j) for i in range(5) for j in range(4)]


def test_without_threads_the_caller_reads(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(module.threading.Thread, "start", refuse)
    made = []
    assert list(read_ahead(count_to(5, made))) == list(range(5))
    assert {thread for _, thread in made} == {threading.get_ident()}


def test_items_of_before_are_not_kept_alive():
    def source():
        for _ in range(3):
            yield np.zeros(3)

    items = read_ahead(source())
    first = weakref.ref(next(items))
    next(items)
    assert first() is None
    items.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_forked_child_gets_an_error_and_no_hang():
    code = """
import os, warnings
from mixclust._passes.read_ahead import read_ahead
warnings.simplefilter("ignore")
items = read_ahead(i for i in range(10))
next(items)
if os.fork() == 0:
    try:
        next(items)
    except RuntimeError as error:
        os._exit(7 if "forked" in str(error) else 1)
    os._exit(2)
print(os.waitstatus_to_exitcode(os.wait()[1]), list(items)[-1])
"""
    assert run_code(code).split() == ["7", "9"]


def test_an_abandoned_pass_does_not_keep_the_interpreter():
    code = """
import mixclust
items = mixclust.chunks(lambda: ([[i]] for i in range(1000))).read()
print(next(items).first)
"""
    assert run_code(code).strip() == "0"


@pytest.mark.parametrize("make", [npy, parquet, h5py_stored_in_chunks])
@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_files_are_closed_when_a_pass_ends_early(make, error, tmp_path):
    chunks = mixclust.chunks(make(tmp_path), chunk_rows=10)

    def task(part, request, n_threads):
        if part.index == 3:
            raise error
        return 1

    if error is None:
        with contextlib.closing(chunks.read()) as parts:
            next(parts)
    else:
        with pytest.raises(error):
            chunks.total(task, None, 1)
    assert readers() == []
    assert chunks.total(lambda part, request, n_threads: len(part.X), None, 1) == 1000


def test_many_passes_that_end_anywhere_leave_nothing(tmp_path):
    chunks = mixclust.chunks(npy(tmp_path), chunk_rows=10)
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for n_taken in range(100):
            with contextlib.closing(chunks.read()) as parts:
                for part in parts:
                    assert part.X[0, 0] == 3 * part.first
                    if part.index == n_taken:
                        break
    finally:
        sys.setswitchinterval(switch)
