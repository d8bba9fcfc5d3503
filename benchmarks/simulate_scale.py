"""The time of a pass over partitions on many workers: measured costs, a simulation, and one check.

    python benchmarks/simulate_scale.py [--partitions 1000] [--features 16]

Measures on this machine the time of the scheduler for a task, the bytes of a request and of the
sums of a partition, and the time of the kernels for a partition. Simulates a pass over the
partitions for more and more workers: the scheduler sends tasks and takes results one at a time,
each worker runs one task at a time, requests and sums take the network, and groups of 64 sums are
added as Dask adds them. Prints the formula of docs/scale.md beside the simulation, and last a real
pass over as many small partitions on two workers of this machine beside the simulation of it. In
all of these each partition is a task of its own, as where partitions are read in every pass; then
it prints the time of the same pass in which a task reads the partitions that its worker holds.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.

import argparse
import heapq
import math
import os
import pickle
import statistics
import time

import dask.array as da
import distributed
import numpy as np
from dask.distributed import Client, LocalCluster

from mixclust import GaussianMixture
from mixclust._inputs.rows import check_rows
from mixclust._kmeans.part_tasks import CenterRequest, expect_part
from mixclust._mixture.gaussian_fit import PartedData
from mixclust._mixture.part_pass import PartRequest, add_part
from mixclust._mixture.structures import structure_of
from mixclust._passes.chunks import chunks
from mixclust._passes.parts import Part
from mixclust.dask._parts import MAX_IN_GROUP, DaskParts
from mixclust.dask._schedulers import find_scheduler

NETWORK_BYTES_PER_SECOND = 1.25e9  # 10 Gbit/s
NETWORK_SECONDS = 0.5e-3  # latency of a message
ROWS_OF_PARTITION = 250_000
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Costs:
    """Seconds of the scheduler for a task and of the kernels for a partition; bytes of messages."""

    def __init__(self, task, partition, request, sums):
        self.task, self.partition, self.request, self.sums = task, partition, request, sums

    def send(self, n_bytes):
        """Seconds of a message."""
        return NETWORK_SECONDS + n_bytes / NETWORK_BYTES_PER_SECOND


def simulate(costs, n_partitions, n_workers):
    """Seconds of a pass, event by event.

    The scheduler is one server: it sends a task in half of its time for a task, and takes the
    result in the other half. Adding tasks follow once their group is complete.
    """
    clock = 0.0  # of the scheduler
    events, order = [], 0  # (time, order, worker, level, group)
    idle = list(range(n_workers))
    has_request = [False] * n_workers
    sizes = [n_partitions]
    while sizes[-1] > 1:
        sizes.append(math.ceil(sizes[-1] / MAX_IN_GROUP))
    left = [[min(MAX_IN_GROUP, sizes[level] - MAX_IN_GROUP * g) for g in range(sizes[level + 1])]
            for level in range(len(sizes) - 1)]  # fmt: skip
    ready = [(0, i) for i in reversed(range(n_partitions))]
    while True:
        while ready and idle:
            level, i = ready.pop()
            worker = idle.pop()
            clock += costs.task / 2
            seconds = costs.send(1000)
            if level == 0:
                if not has_request[worker]:
                    seconds += costs.send(costs.request)
                    has_request[worker] = True
                seconds += costs.partition
            else:
                n_added = min(MAX_IN_GROUP, sizes[level - 1] - MAX_IN_GROUP * i)
                seconds += n_added * costs.send(costs.sums)
            order += 1
            heapq.heappush(events, (clock + seconds + NETWORK_SECONDS, order, worker, level, i))
        if not events:
            return clock
        moment, _, worker, level, i = heapq.heappop(events)
        clock = max(clock, moment) + costs.task / 2
        idle.append(worker)
        if level == len(sizes) - 1:
            return clock + costs.send(costs.sums)
        group = i // MAX_IN_GROUP
        left[level][group] -= 1
        if left[level][group] == 0:
            ready.append((level + 1, group))


def formula(costs, n_partitions, n_workers):
    """Seconds of a pass as docs/scale.md has them."""
    n_levels = math.ceil(math.log(max(n_partitions, 2), MAX_IN_GROUP))
    n_tasks = n_partitions * MAX_IN_GROUP / (MAX_IN_GROUP - 1)
    rounds = math.ceil(n_partitions / n_workers)
    busy = rounds * (costs.partition + 2 * NETWORK_SECONDS + costs.task)
    adding = n_levels * MAX_IN_GROUP * costs.send(costs.sums)
    return max(n_tasks * costs.task, busy) + costs.send(costs.request) + adding


class OneByOne(DaskParts):
    """Partitions of which each is a task of its own, wherever it is."""

    def _look_up_holders(self):
        return None


def nothing(part, request, n_threads):
    """A task without work."""
    return 0


def seconds_of(function, n_rounds=5):
    """Median seconds of a call."""
    times = []
    for _ in range(n_rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def models(n_features):
    """Name, task and request of a pass of k-means and of mixtures."""
    rng = np.random.default_rng(0)
    for n_clusters in (50, 1000):
        centers = rng.normal(size=(n_clusters, n_features))
        request = CenterRequest(centers, np.zeros(n_features), 0.25)
        yield f"k-means, k = {n_clusters}", expect_part, request
    X = check_rows(rng.normal(size=(2000, n_features)), None, reset=False)
    for kind, n_components in (("diag", 10), ("full", 20)):
        data = PartedData(chunks(X), structure_of(kind), 1, 0)
        data.describe("auto")
        kernel = data.fitter(n_components)
        mixture = GaussianMixture(n_components, covariance_type=kind, tol=1.0)
        data.use(kernel, mixture.fit(X)._parameters())
        yield f"mixture, {kind}, K = {n_components}", add_part, PartRequest(data, kernel.model)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--partitions", type=int, default=1000)
    parser.add_argument("--features", type=int, default=16)
    options = parser.parse_args()
    n_partitions, d = options.partitions, options.features
    bench.print_machine()
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(2)
        rows = da.random.default_rng(0).normal(
            size=(200 * n_partitions, d), chunks=(200, d)
        ).persist()  # fmt: skip
        distributed.wait(rows)
        parts = OneByOne(rows, None, find_scheduler(client), 1)
        n_tasks = n_partitions * MAX_IN_GROUP / (MAX_IN_GROUP - 1)
        empty = seconds_of(lambda: parts.total(nothing, None, 1), 3)
        task = empty / n_tasks
        print(
            f"{n_partitions} partitions; a task without work takes {1e3 * task:.2f} ms of client, "
            f"scheduler and workers together; load {os.getloadavg()[0]:.1f}\n"
        )
        X = np.random.default_rng(0).normal(size=(ROWS_OF_PARTITION, d)).astype(np.float32)
        part, few = Part(0, 0, X, None), Part(0, 0, X[:200].astype(np.float64), None)
        for name, run, request in models(d):
            pickled = pickle.dumps(request)
            costs = Costs(
                task,
                seconds_of(lambda run=run, request=request: run(part, request, 1)),
                len(pickled),
                len(pickle.dumps(run(few, request, 1))),
            )
            print(
                f"{name}: {ROWS_OF_PARTITION:,} x {d} float32 take {1e3 * costs.partition:.1f} ms "
                f"on one thread, a request {costs.request:,} bytes, sums {costs.sums:,} bytes"
            )
            alone = n_partitions * costs.partition
            print("  workers, seconds of a pass (simulated, formula), share of the ideal time")
            for n_workers in WORKERS:
                simulated = simulate(costs, n_partitions, n_workers)
                computed = formula(costs, n_partitions, n_workers)
                share = alone / n_workers / simulated
                print(f"  {n_workers:5d} {simulated:9.2f} {computed:9.2f} {share:8.0%}")
            print(f"  the scheduler is busy from about {costs.partition / task:.0f} workers on\n")
        _, run, request = next(models(d))
        real = seconds_of(lambda: parts.total(run, request, 1), 3)
        small = seconds_of(lambda: run(few, request, 1), 20)
        costs = Costs(
            task, small, len(pickle.dumps(request)), len(pickle.dumps(run(few, request, 1)))
        )
        print(
            f"a real pass of k-means over {n_partitions} partitions of 200 rows, two workers: "
            f"{real:.2f} s; simulated {simulate(costs, n_partitions, 2):.2f} s"
        )
        held = DaskParts(rows, None, find_scheduler(client), 1)
        held.total(run, request, 1)  # finds the time of a partition
        real = seconds_of(lambda: held.total(run, request, 1), 3)
        print(
            f"the same pass, where a task reads the partitions that its worker holds: {real:.2f} s"
        )


if __name__ == "__main__":
    main()
