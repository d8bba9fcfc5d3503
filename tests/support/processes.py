"""Run code in a process of its own, or on eight threads at once."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from mixclust._passes import shards

TESTS = Path(__file__).parents[1]


def run_code(code, *, timeout=120, options=(), **environment):
    """Standard output of Python code in a process of its own, which can import `support`.

    Parameters
    ----------
    code : str
    timeout : float
        Seconds after which the process is killed and the test fails.
    options : sequence of str
        Options of the interpreter, before ``-c``.
    **environment : str
        Environment variables, beside the present ones.
    """
    process = subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=TESTS,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stderr == ""
    return process.stdout


def on_eight_threads(function):
    """Results of ``function(0) .. function(7)``, all called at once."""
    found = [None] * 8

    def work(i):
        found[i] = function(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return found


def use_many_small_tasks():
    """Cut every pass of this process into many small tasks, for as many threads as asked for."""
    shards.THREAD_COST, shards.SHARD_COST = 1, 100_000
