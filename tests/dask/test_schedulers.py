"""Settings of Dask that a computation changes, and takes back."""

import threading
import time
from types import SimpleNamespace

import pytest

pytest.importorskip("distributed")

import dask

from mixclust.dask._schedulers import LIMIT_OF_GRAPH, ClusterScheduler


class SlowClient:
    """A client with a slow `compute`: it takes `seconds`."""

    def __init__(self, seconds):
        self.seconds = seconds

    def compute(self, values, optimize_graph):
        time.sleep(self.seconds)
        return [SimpleNamespace(release=lambda: None) for _ in values]

    def gather(self, futures):
        return futures


def test_overlapping_computations_leave_the_setting_as_it_was():
    """The second one begins while the first is at work, and ends last."""
    before = dask.config.get(LIMIT_OF_GRAPH, None)
    threads = [
        threading.Thread(
            target=ClusterScheduler(SlowClient(seconds)).compute,
            args=([1],),
            kwargs={"n_bytes": 10**6},
        )
        for seconds in (0.2, 0.4)
    ]
    threads[0].start()
    time.sleep(0.1)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert dask.config.get(LIMIT_OF_GRAPH, None) == before
