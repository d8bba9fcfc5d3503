"""How many threads to use, and the pool that runs shards on them.

The pool is the standard library's: kernels release the GIL, so nothing of OpenMP is shipped, a
forked child starts with a pool of its own, and Ctrl-C reaches the calling thread between shards.
"""

import math
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

_pool = None
_pool_size = 0


def _forget_pool():
    """Drop the pool without a word to its threads: in a forked child they do not exist."""
    global _pool, _pool_size
    _pool, _pool_size = None, 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


@cache
def _cgroup_quota():
    """CPUs that the control group of this process may use, or None where nothing limits it.

    Read once: files cost more than a small fit.
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
    """CPUs this process may run on, and a word on what sets the number."""
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


def check_n_threads(n_threads):
    """Refuse what is neither a number of threads nor None.

    Parameters
    ----------
    n_threads : int or None
        What the caller asked for.

    Raises
    ------
    TypeError, ValueError
        If it is no positive integer.
    """
    if n_threads is None:
        return
    if isinstance(n_threads, bool) or not hasattr(n_threads, "__index__"):
        raise TypeError(
            f"n_threads={n_threads!r} is of type {type(n_threads).__name__}; "
            "pass a positive integer, or None for all available CPUs."
        )
    if n_threads.__index__() < 1:
        raise ValueError(
            f"n_threads={n_threads} is not positive; "
            "pass at least 1, or None for all available CPUs."
        )


def resolve_threads(n_threads=None):
    """Number of threads to use, and why.

    Parameters
    ----------
    n_threads : int or None, default=None
        What the caller asked for. None: the environment variable MIXCLUST_NUM_THREADS, then
        OMP_NUM_THREADS, then the CPUs that affinity and the control group's quota leave.

    Returns
    -------
    count : int
        At least one.
    reason : str
        What set the number.

    Raises
    ------
    TypeError, ValueError
        If `n_threads` is no positive integer, or MIXCLUST_NUM_THREADS holds none.
    """
    check_n_threads(n_threads)
    if n_threads is not None:
        return n_threads.__index__(), "n_threads"
    return _environment_threads() or _available_cpus()


def _executor(size):
    """The shared pool, grown to at least `size` threads."""
    global _pool, _pool_size
    if _pool is None or _pool_size < size:
        # A smaller pool that another thread still uses finishes its work and goes by itself.
        _pool, _pool_size = ThreadPoolExecutor(size, thread_name_prefix="mixclust"), size
    return _pool


def map_tasks(function, n_tasks, n_threads):
    """Call ``function(0) .. function(n_tasks - 1)`` on up to `n_threads` threads.

    The calling thread works too. Tasks are handed out in order and finish in any order. The first
    exception, a KeyboardInterrupt included, stops the handing out; it is raised once the tasks
    under way have ended, so that nothing runs on behind the caller's back.

    Parameters
    ----------
    function : callable
        Takes the number of the task; its result is thrown away.
    n_tasks : int
    n_threads : int
    """
    n_threads = min(n_threads, n_tasks)
    if n_threads <= 1:
        for task in range(n_tasks):
            function(task)
        return
    tasks = deque(range(n_tasks))  # popleft is atomic, with and without the GIL

    def work():
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

    pool = _executor(n_threads - 1)
    helpers = []
    try:
        for _ in range(n_threads - 1):
            try:
                helpers.append(pool.submit(work))
            except RuntimeError:
                # The interpreter is ending, or the system has no thread left: the caller does it.
                break
        work()
    finally:
        tasks.clear()
        for helper in helpers:
            # A helper that no thread of the pool has begun has nothing left to do.
            if not helper.cancel():
                helper.exception()
        # Such a helper stays in the pool's queue for a while: it must not keep the rows alive.
        function = None
    for helper in helpers:
        if not helper.cancelled():
            helper.result()
