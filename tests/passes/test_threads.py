"""The pool of threads that maps the tasks of a pass."""

import contextlib
import gc
import threading
import time
import weakref

import pytest
from support.processes import run_code

from mixclust._passes import threads as thread_pool
from mixclust._passes.threads import map_tasks


@pytest.mark.parametrize("n_threads", [1, 2, 3, 7])
@pytest.mark.parametrize("n_tasks", [0, 1, 2, 5, 1000])
def test_every_task_is_done_once(n_tasks, n_threads):
    done = []
    map_tasks(done.append, n_tasks, n_threads)
    assert sorted(done) == list(range(n_tasks))


def test_one_thread_does_tasks_in_order_itself():
    done = []
    map_tasks(lambda task: done.append((task, threading.get_ident())), 20, 1)
    assert done == [(task, threading.get_ident()) for task in range(20)]


def test_threads_work_side_by_side():
    """Three tasks that wait for each other need three threads, one of which is the caller's."""
    barrier, threads = threading.Barrier(3, timeout=30), set()

    def meet(task):
        barrier.wait()
        threads.add(threading.get_ident())

    map_tasks(meet, 3, 3)
    assert len(threads) == 3
    assert threading.get_ident() in threads


def test_no_more_threads_than_asked_for():
    running, most, lock = 0, 0, threading.Lock()

    def count(task):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.001)
        with lock:
            running -= 1

    map_tasks(lambda task: None, 8, 8)  # the pool is larger than the next number of threads
    map_tasks(count, 60, 3)
    assert most <= 3


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_first_error_stops_the_handing_out(error, n_threads):
    done = []

    def fail(task):
        if task == 3:
            raise error("task three")
        time.sleep(0.001)
        done.append(task)

    with pytest.raises(error, match="task three"):
        map_tasks(fail, 10_000, n_threads)
    assert len(done) < 1000
    map_tasks(done.append, 5, n_threads)  # the pool still works
    assert done[-5:] != []


def test_error_of_a_helper_reaches_the_caller():
    here = threading.get_ident()
    barrier = threading.Barrier(2, timeout=30)

    def fail(task):
        barrier.wait()
        if threading.get_ident() != here:
            raise ZeroDivisionError("not in the calling thread")

    with pytest.raises(ZeroDivisionError, match="not in the calling thread"):
        map_tasks(fail, 2, 2)


def test_error_waits_for_the_tasks_under_way():
    under_way, ended = threading.Event(), []

    def task(number):
        if threading.get_ident() == here:
            under_way.wait(30)
            raise ZeroDivisionError
        under_way.set()
        time.sleep(0.05)
        ended.append(number)

    here = threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        map_tasks(task, 2, 2)
    assert len(ended) == 1


def test_tasks_that_map_tasks_do_not_wait_for_each_other():
    done = []

    def outer(task):
        map_tasks(lambda inner: done.append((task, inner)), 8, 4)

    map_tasks(outer, 8, 4)
    assert sorted(done) == [(i, j) for i in range(8) for j in range(8)]


def test_many_callers_share_the_pool():
    results = {}

    def call(number):
        done = []
        for n_threads in (2, 3, 5, 8):
            map_tasks(done.append, 50, n_threads)
        results[number] = sorted(done)

    callers = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
    assert results == {number: sorted([*range(50)] * 4) for number in range(8)}


def test_tasks_that_map_tasks_run_in_their_own_thread():
    """No task waits for a thread of the pool, and no call uses more threads than requested."""
    threads = {}

    def outer(task):
        threads[task] = set()
        map_tasks(lambda inner: threads[task].add(threading.get_ident()), 8, 4)

    map_tasks(outer, 20, 3)
    assert [len(threads[task]) for task in range(20)] == [1] * 20


@pytest.fixture
def busy_pool():
    """A pool of one thread, which works for another caller until the event is set."""
    pool, release, begun = thread_pool._Pool(), threading.Event(), threading.Event()

    def block(task):
        if threading.get_ident() != caller.ident:
            begun.set()
        release.wait(30)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thread_pool, "_pool", pool)
        caller = threading.Thread(target=map_tasks, args=(block, 2, 2))
        caller.start()
        assert begun.wait(30)
        yield pool, release
        release.set()
        caller.join(30)
        pool.end()


def test_helpers_that_did_not_begin_never_begin(busy_pool):
    """The caller does all tasks, and a thread of the pool that comes late does none."""
    pool, release = busy_pool

    class Task:
        def __call__(self, number):
            done.append((number, threading.get_ident()))

    done, task = [], Task()
    alive = weakref.ref(task)
    map_tasks(task, 4, 2)
    assert pool._calls.qsize() == 1, "the call waits for a thread"
    del task
    assert alive() is None, "a function that nobody will call any more holds the rows"
    release.set()
    deadline = time.monotonic() + 30
    while pool._calls.qsize() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert done == [(number, threading.get_ident()) for number in range(4)]


@pytest.mark.usefixtures("busy_pool")
def test_calls_do_not_pile_up_while_the_pool_is_busy():
    for _ in range(100):
        map_tasks(lambda task: None, 4, 2)
    assert thread_pool._pool._calls.qsize() == thread_pool.MAX_WAITING_PER_THREAD


@pytest.mark.parametrize("n_threads_left", [0, 1, 2])
def test_system_without_threads(monkeypatch, n_threads_left):
    """If no thread can be started, the existing threads or the caller alone do the tasks."""
    monkeypatch.setattr(thread_pool, "_pool", thread_pool._Pool())
    start, started = threading.Thread.start, []

    def start_some(thread):
        if len(started) == n_threads_left:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_some)
    barrier, threads = threading.Barrier(1 + n_threads_left, timeout=30), set()

    def meet(task):
        threads.add(threading.get_ident())
        if task <= n_threads_left:
            barrier.wait()

    for _ in range(3):
        done = []
        map_tasks(done.append, 50, 4)
        assert sorted(done) == list(range(50))
    map_tasks(meet, 1 + n_threads_left, 4)
    assert len(threads) == 1 + n_threads_left
    thread_pool._pool.end()
    for thread in started:
        thread.join(30)
        assert not thread.is_alive()


def test_interrupt_while_the_caller_waits_for_helpers():
    """Ctrl-C during the wait for helpers, even twice, leaves no task running."""
    here, helper_is_in, ended = threading.get_ident(), threading.Event(), []
    interrupts = [KeyboardInterrupt("one"), KeyboardInterrupt("two")]

    class Interrupted(thread_pool.SimpleQueue):
        def get(self):
            if interrupts:
                raise interrupts.pop(0)
            return super().get()

    def task(number):
        if threading.get_ident() == here:
            helper_is_in.wait(30)
        else:
            helper_is_in.set()
            time.sleep(0.05)
            ended.append(number)

    with pytest.MonkeyPatch.context() as patch:
        map_tasks(lambda task: None, 2, 2)  # creates the pool's own queue first
        patch.setattr(thread_pool, "SimpleQueue", Interrupted)
        with pytest.raises(KeyboardInterrupt, match="one"):
            map_tasks(task, 2, 2)
    assert interrupts == []
    assert len(ended) == 1


@pytest.mark.parametrize("where", ["caller", "helper"])
def test_error_keeps_nothing_alive(where):
    """An exception refers to frames and these to the call; no circle keeps the rows alive."""
    here, barrier = threading.get_ident(), threading.Barrier(2, timeout=30)

    class Task:
        def __call__(self, number):
            barrier.wait()
            if (threading.get_ident() == here) == (where == "caller"):
                raise ZeroDivisionError

    task = Task()
    alive = weakref.ref(task)
    gc.disable()
    try:
        with contextlib.suppress(ZeroDivisionError):
            map_tasks(task, 2, 2)
        del task
        assert alive() is None
    finally:
        gc.enable()


FIT = """
import threading
import numpy as np
from mixclust import KMeans

def fit(n, **options):
    X = np.random.default_rng(0).standard_normal((n, 8))
    return KMeans(20, n_init=1, max_iter=3, random_state=0, **options).fit(X)

def helpers():
    return sum(thread.name.startswith("mixclust") for thread in threading.enumerate())
"""


def test_small_work_starts_no_thread():
    code = FIT + "fit(300, n_threads=8); fit(300_000, n_threads=1); print(helpers())"
    assert run_code(code) == "0\n"


def test_large_work_starts_one_thread_fewer_than_asked_for():
    assert run_code(FIT + "fit(300_000, n_threads=2); print(helpers())") == "1\n"
    assert run_code(FIT + "fit(300_000); print(helpers())", MIXCLUST_NUM_THREADS="3") == "2\n"
    assert run_code(FIT + "fit(300_000); print(helpers())", MIXCLUST_NUM_THREADS="1") == "0\n"


def test_import_starts_no_thread():
    assert run_code("import threading, mixclust; print(threading.active_count())") == "1\n"


def test_fit_while_the_interpreter_ends():
    """At exit the pool takes no more tasks, and the caller does them."""
    code = FIT + (
        "import atexit\n"
        "atexit.register(lambda: print(fit(300_000, n_threads=2).n_iter_))\n"
        "fit(300_000, n_threads=2)"
    )
    assert run_code(code) == "3\n"


def test_threads_keep_no_context_of_their_callers():
    """Free-threaded Python 3.14 gives a new thread the context variables of its starter."""
    code = """
import contextvars, threading
from mixclust._passes.threads import map_tasks

variable = contextvars.ContextVar("variable", default="default")
variable.set("of the caller")
barrier, found = threading.Barrier(2, timeout=30), {}

def look(task):
    barrier.wait()
    found[threading.current_thread() is threading.main_thread()] = variable.get()

map_tasks(look, 2, 2)
print(found[True], found[False])
"""
    assert run_code(code) == "of the caller default\n"
