"""Promise 6: the number of threads follows the argument, the environment and the machine."""

import os

import numpy as np
import pytest
from support.processes import run_code

from mixclust._passes import threads as thread_pool
from mixclust._passes.threads import resolve_threads


@pytest.fixture
def machine(monkeypatch):
    """A machine of eight CPUs and no variables; its files are the entries of a dict."""
    files = {}

    class FakePath(str):
        def read_text(self):
            try:
                return files[str(self)]
            except KeyError:
                raise FileNotFoundError(str(self)) from None

    monkeypatch.setattr(thread_pool, "Path", FakePath)
    monkeypatch.setattr(thread_pool, "_cgroup_quota", thread_pool._cgroup_quota.__wrapped__)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    monkeypatch.delenv("MIXCLUST_NUM_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return files


def test_order_of_settings_of_the_number_of_threads(machine, monkeypatch):
    assert resolve_threads() == (8, "CPU affinity")
    machine["/sys/fs/cgroup/cpu.max"] = "250000 100000\n"
    assert resolve_threads() == (3, "cgroup quota")
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert resolve_threads() == (5, "OMP_NUM_THREADS")
    monkeypatch.setenv("MIXCLUST_NUM_THREADS", "6")
    assert resolve_threads() == (6, "MIXCLUST_NUM_THREADS")
    assert resolve_threads(7) == (7, "n_threads")
    assert resolve_threads(np.int64(2)) == (2, "n_threads")


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({}, 8),
        ({"/sys/fs/cgroup/cpu.max": "max 100000\n"}, 8),
        ({"/sys/fs/cgroup/cpu.max": "100000 100000\n"}, 1),
        ({"/sys/fs/cgroup/cpu.max": "10000 100000\n"}, 1),
        ({"/sys/fs/cgroup/cpu.max": "1600000 100000\n"}, 8),
        ({"/sys/fs/cgroup/cpu.max": "nonsense"}, 8),
        ({"/sys/fs/cgroup/cpu.max": ""}, 8),
        ({"/sys/fs/cgroup/cpu.max": "0 0"}, 8),
        (
            {
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            2,
        ),
        (
            {
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            8,
        ),
    ],
)
def test_quota_of_the_control_group(machine, files, count):
    machine.update(files)
    assert resolve_threads()[0] == count


@pytest.mark.parametrize(
    ("text", "count"), [("3", 3), (" 3 ", 3), ("3,2", 3), ("", 8), ("0", 8), ("many", 8)]
)
def test_openmp_variable(machine, monkeypatch, text, count):
    """It belongs to another library: values that OpenMP allows or ignores are no error."""
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert resolve_threads()[0] == count


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "²"])
def test_bad_variable_of_our_own(machine, monkeypatch, text):
    monkeypatch.setenv("MIXCLUST_NUM_THREADS", text)
    with pytest.raises(ValueError, match=r"^MIXCLUST_NUM_THREADS='.*' is not a number of threads"):
        resolve_threads()


@pytest.mark.parametrize(
    ("n_threads", "error"),
    [(0, ValueError), (-1, ValueError), (1.0, TypeError), (True, TypeError), ("2", TypeError)],
)
def test_bad_n_threads(n_threads, error):
    with pytest.raises(error, match=r"^n_threads(=-?\d)? must be"):
        resolve_threads(n_threads)


def test_affinity_of_the_process():
    code = """
import os
from mixclust._passes.threads import resolve_threads

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    assert resolve_threads() == (1, "CPU affinity")
else:
    assert resolve_threads() == (os.cpu_count(), "CPU count")
"""
    run_code(code, MIXCLUST_NUM_THREADS="", OMP_NUM_THREADS="")
