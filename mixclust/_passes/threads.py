"""The number of threads to use, and the pool of threads that runs shards.

Kernels release the GIL, so threads of the standard library are enough and OpenMP is not needed. A
forked child starts with a pool of its own, and Ctrl-C reaches the calling thread between shards.

The pool is not ``concurrent.futures.ThreadPoolExecutor``: the locks of its ``submit`` are not
re-entrant, and os.fork takes one of them. A signal handler or a ``__del__`` that interrupts
``submit`` and then computes or forks would wait for its own thread forever. ``submit`` also leaves
its task in the queue when the system refuses a new thread.
"""

import math
import os
import threading
from collections import deque
from contextvars import Context
from functools import cache
from pathlib import Path
from queue import SimpleQueue

from .._inputs.parameters import check_integer


@cache
def _cgroup_quota():
    """Return the CPUs that the control group of this process may use; None if it has no limit.

    It is read once, since reading the files takes longer than a small fit.
    """
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").read_text()
            period = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us").read_text()
        except OSError:
            return None
    try:
        quota, period = int(quota), int(period)
    except ValueError:  # "max": no limit
        return None
    return quota / period if quota > 0 and period > 0 else None


def _available_cpus():
    """Return the number of CPUs that this process may use, and the reason for it."""
    if hasattr(os, "sched_getaffinity"):
        count, reason = len(os.sched_getaffinity(0)), "CPU affinity"
    else:
        count, reason = os.cpu_count() or 1, "CPU count"
    quota = _cgroup_quota()
    if quota is not None and math.ceil(quota) < count:
        return max(1, math.ceil(quota)), "cgroup quota"
    return count, reason


def _environment_threads():
    for name in ("MIXCLUST_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").split(",")[0].strip()
        if not text:
            continue
        if text.isdecimal() and int(text) > 0:
            return int(text), name
        if name == "MIXCLUST_NUM_THREADS":
            raise ValueError(
                f"{name}={os.environ[name]!r} is not a number of threads; "
                "set it to a positive integer or unset it."
            )
    return None


def resolve_threads(n_threads=None):
    """Return the number of threads to use, and the reason for it.

    Parameters
    ----------
    n_threads : int or None, default=None
        The number that the caller requests. If None, the environment variable
        MIXCLUST_NUM_THREADS decides, then OMP_NUM_THREADS, then the number of CPUs that the
        affinity and the quota of the control group allow.

    Returns
    -------
    count : int
        At least one.
    reason : str
        Source of the number, for example "n_threads" or "CPU affinity".

    Raises
    ------
    TypeError, ValueError
        If `n_threads` or MIXCLUST_NUM_THREADS is not a positive integer.
    """
    n_threads = check_integer("n_threads", n_threads, 1, optional=True)
    if n_threads is not None:
        return n_threads, "n_threads"
    return _environment_threads() or _available_cpus()


MAX_WAITING_PER_THREAD = 4
"""Largest number of calls that wait for a thread of the pool, per thread. Runs from several starts
may keep all threads busy for minutes; passes of other callers must not pile up in the queue."""


class _Call:
    """One call of `map_tasks`: its tasks, and the gate that helpers pass to work on them.

    Parameters
    ----------
    function : callable
    n_tasks : int

    Attributes
    ----------
    error : BaseException or None
        The exception of a helper.
    """

    __slots__ = ("_ended", "_function", "_is_open", "_lock", "_n_inside", "_tasks", "error")

    def __init__(self, function, n_tasks):
        self._function = function
        self._tasks = deque(range(n_tasks))  # popleft is atomic, with and without the GIL
        self._lock = threading.Lock()
        self._is_open = True
        self._n_inside = 0
        self._ended = SimpleQueue()  # one item for each helper that has ended
        self.error = None

    def work(self):
        """Do tasks until none is left."""
        function, tasks = self._function, self._tasks
        try:
            while True:
                try:
                    task = tasks.popleft()
                except IndexError:
                    return
                function(task)
        except BaseException:
            tasks.clear()
            raise

    def help(self):
        """Do tasks in a thread of the pool, unless the call has returned already."""
        with self._lock:
            if not self._is_open:
                return
            self._n_inside += 1
        try:
            self.work()
        except BaseException as error:
            self.error = error
        finally:
            with self._lock:
                self._n_inside -= 1
            self._ended.put(None)

    def close(self):
        """Let no more helpers in, and wait for the ones inside.

        It may be interrupted and called again. As long as a helper is inside, it has yet to put
        its item, so waiting for the queue ends even if an interrupt lost an item.
        """
        self._tasks.clear()
        with self._lock:
            self._is_open = False
        while self._n_inside:
            self._ended.get()
        # The pool's queue may hold the call for a while: it must not keep the rows alive.
        self._function = None

    def abandon(self):
        """Give up the helpers inside: in a forked child their threads do not exist."""
        self._lock = threading.Lock()  # a helper may have held it
        self._ended.put(None)  # the calling thread may be waiting for one
        if self._n_inside == 0:
            return  # the calling thread does the tasks that are left
        self._n_inside = 0
        self._tasks.clear()
        self.error = RuntimeError(
            "The process was forked, by a signal handler or __del__, in the middle of a "
            "computation; threads do not survive a fork, so the child cannot finish it. End the "
            "child with os._exit, or start the computation again there."
        )


class _Pool:
    """Threads that wait for calls to help with.

    Everything that a caller does here may be interrupted by a signal handler that does the same,
    since the queue is re-entrant and no lock is waited for.
    """

    def __init__(self):
        self._calls = SimpleQueue()
        self._growing = threading.Lock()
        self._n_threads = 0
        self.is_open = True

    def ask(self, call, n_helpers):
        """Ask up to `n_helpers` threads to help with a call."""
        if self._n_threads < n_helpers:
            self._grow(n_helpers)
        for _ in range(min(n_helpers, self._n_threads)):
            if self._calls.qsize() < MAX_WAITING_PER_THREAD * self._n_threads:
                self._calls.put(call)

    def end(self):
        """End the threads, once they have helped with the calls that wait."""
        self.is_open = False
        self._n_threads = 0
        self._calls.put(None)

    def _grow(self, n_threads):
        if not self._growing.acquire(blocking=False):
            return  # another caller starts threads
        try:
            while self.is_open and self._n_threads < n_threads:
                # In an empty context the thread does not keep the caller's context variables.
                threading.Thread(
                    target=Context().run,
                    args=(_serve, self._calls),
                    name=f"mixclust_{self._n_threads}",
                    daemon=_DAEMON,
                ).start()
                self._n_threads += 1
        except RuntimeError:
            pass  # the system has no thread left, or the interpreter is ending
        finally:
            self._growing.release()


class _Here(threading.local):
    """State of a thread: the call of `map_tasks` that it is in, or True in a thread of the pool."""

    call = None


def _serve(calls):
    """Help with one call after the other."""
    _here.call = True
    while (call := calls.get()) is not None:
        call.help()
        del call  # while it waits, a thread keeps nothing alive
    calls.put(None)  # for the next thread


def _forget_pool():
    """Replace the pool in a forked child, where its threads do not exist."""
    global _pool
    ended = not _pool.is_open
    _pool = _Pool()
    if ended:
        _pool.end()
    if isinstance(_here.call, _Call):
        _here.call.abandon()
        _here.call = None


def _end_pool():
    _pool.end()


_pool = _Pool()
_here = _Here()
_DAEMON = not hasattr(threading, "_register_atexit")

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)
if not _DAEMON:
    # As concurrent.futures does: the interpreter waits for its threads before it calls the
    # functions of atexit. Daemon threads need no end, but a sub-interpreter cannot end with them.
    try:
        threading._register_atexit(_end_pool)
    except RuntimeError:  # the interpreter is ending
        _end_pool()


def map_tasks(function, n_tasks, n_threads):
    """Call ``function(0) .. function(n_tasks - 1)`` on up to `n_threads` threads.

    The calling thread works too. Tasks are handed out in order and finish in any order. The first
    exception, a KeyboardInterrupt included, stops the handing out; it is raised once the tasks
    under way have ended. When `map_tasks` returns, every task has ended or will never begin.

    A call from within a task, or from a signal handler or ``__del__`` that interrupts a call in
    the same thread, runs in that thread alone.

    Parameters
    ----------
    function : callable
        Takes the number of the task. Its result is ignored.
    n_tasks : int
    n_threads : int

    Raises
    ------
    RuntimeError
        In a child that was forked in the middle of the call.
    """
    n_threads = min(n_threads, n_tasks)
    if n_threads <= 1 or _here.call is not None:
        for task in range(n_tasks):
            function(task)
        return
    call, error = _Call(function, n_tasks), None
    _here.call = call
    try:
        _pool.ask(call, n_threads - 1)
        call.work()
    except BaseException as caught:
        error = caught
    # Python handles signals at calls and at the end of a loop body. So an interrupt cannot come
    # between these two blocks, and an interrupt inside them still waits for the helpers.
    while True:
        try:
            call.close()
            break
        except BaseException as caught:
            error = caught if error is None else error
    _here.call = None
    error = call.error if error is None else error
    if error is not None:
        try:
            raise error
        finally:
            call.error = error = None  # its traceback refers to this frame
