"""Fits over Dask on two workers of this machine, beside fits of the same rows in one process.

All start from the same centres or parameters and make ten iterations. Rows are generated on the
workers and kept there; the process of the client holds a copy for the fits without Dask. CPU
seconds count the client, the scheduler in its process, and the workers, with the threads of Dask
that wait for messages. Other processes on the machine disturb the ratio of CPU seconds less than
the ratio of times. Peak memory is measured in each process during its fit, in MiB: client, then
workers (Linux).
"""

import argparse
import os
import time
import warnings

import bench_helpers as bench  # first: it sets the number of threads
import dask.array as da
import distributed
import numpy as np
from dask.distributed import Client, LocalCluster

import mixclust
import mixclust.dask

for _variable in bench.THREAD_VARIABLES:  # workers inherit them, and take one thread without them
    os.environ.pop(_variable, None)

N_ITERATIONS = 10
N_CLUSTERS, N_COMPONENTS = 50, 10


def reset_peak():
    """Forget the peak memory of this process so far."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def peak():
    """Return the peak memory of this process in MiB."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def cpu_seconds(client):
    """Return the CPU seconds of this process and of the workers so far."""
    return time.process_time() + sum(client.run(time.process_time).values())


def make_block(block, n_features, centers):
    """Return rows around centres; `block` is the seed and number of rows."""
    seed, n_rows = block[0]
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    return rows + centers[rng.integers(len(centers), size=n_rows)]


def make_rows(n_rows, n_features, n_partitions):
    """Return rows on the workers."""
    centers = np.random.default_rng(1).normal(scale=3, size=(30, n_features)).astype(np.float32)
    size = n_rows // n_partitions
    seeds = da.from_array(np.array([[i, size] for i in range(n_partitions)]), chunks=(1, 2))
    return seeds.map_blocks(
        make_block,
        n_features,
        centers,
        chunks=((size,) * n_partitions, (n_features,)),
        dtype=np.float32,
        meta=np.empty((0, n_features), dtype=np.float32),
    ).persist()


def fits(rows, X, with_dask_ml):
    """Yield the kind of each fit, its name and a function that fits and returns the objective."""
    centers = X[:: len(X) // N_CLUSTERS][:N_CLUSTERS].astype(np.float64)
    options = {"init": centers, "n_init": 1, "max_iter": N_ITERATIONS, "tol": 0}
    for name, algorithm in (("in process, auto", "auto"), ("in process, lloyd", "lloyd")):
        plain = mixclust.KMeans(
            N_CLUSTERS, algorithm=algorithm, n_threads=bench.N_THREADS, **options
        )
        yield "k-means", name, lambda plain=plain: plain.fit(X).inertia_
    kmeans = mixclust.dask.KMeans(N_CLUSTERS, **options)
    yield "k-means", "mixclust.dask", lambda: kmeans.fit(rows).inertia_
    if with_dask_ml:
        from dask_ml.cluster import KMeans

        other = KMeans(N_CLUSTERS, init=centers, max_iter=N_ITERATIONS, tol=0)
        yield "k-means", "dask-ml", lambda: other.fit(rows).cluster_centers_
    for kind in ("diag", "full"):
        variances = np.ones((N_COMPONENTS, X.shape[1]))
        options = {
            "covariance_type": kind,
            "weights_init": np.full(N_COMPONENTS, 1 / N_COMPONENTS),
            "means_init": centers[:N_COMPONENTS],
            "precisions_init": variances if kind == "diag" else [np.diag(v) for v in variances],
            "max_iter": N_ITERATIONS,
            "tol": 0,
        }
        plain = mixclust.GaussianMixture(N_COMPONENTS, n_threads=bench.N_THREADS, **options)
        yield f"mixture {kind}", "in process", lambda plain=plain: plain.fit(X).lower_bound_
        mixture = mixclust.dask.GaussianMixture(N_COMPONENTS, **options)
        yield (
            f"mixture {kind}",
            "mixclust.dask",
            lambda mixture=mixture: mixture.fit(rows).lower_bound_,
        )


def inertia(X, centers):
    """Return the inertia of rows under centres."""
    kmeans = mixclust.KMeans(len(centers), init=centers, max_iter=1).fit(centers)
    return -kmeans.score(X)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--features", type=int, default=16)
    parser.add_argument("--partitions", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--without-dask-ml", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore", mixclust.ConvergenceWarning)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(2)
        rows = make_rows(options.rows, options.features, options.partitions)
        distributed.wait(rows)
        client.rebalance(rows)  # one worker may have made most of them
        X = rows.compute()
        print(
            f"{len(X):,} x {X.shape[1]} float32 in {options.partitions} partitions, "
            f"{N_ITERATIONS} iterations, two workers of one thread; load {os.getloadavg()[0]:.1f}"
        )
        found = {}
        for i in range(options.rounds):
            for kind, name, fit in fits(rows, X, not options.without_dask_ml and i == 0):
                reset_peak()
                client.run(reset_peak)
                begin_cpu, begin = cpu_seconds(client), time.perf_counter()
                objective = fit()
                seconds = [time.perf_counter() - begin]
                seconds.append(cpu_seconds(client) - begin_cpu)
                if np.ndim(objective):  # dask-ml's inertia_ adds distances without squares
                    objective = inertia(X, objective)
                peaks = [peak(), *client.run(peak).values()]
                found.setdefault((kind, name), []).append(seconds)
                memory = ", ".join(map(str, peaks))
                print(
                    f"{kind:14} {name:18} {seconds[0]:8.2f} s  {seconds[1]:8.2f} s of CPU  "
                    f"objective {objective:.9g}  peak {memory} MiB",
                    flush=True,
                )
        best = {key: np.min(seconds, axis=0) for key, seconds in found.items()}
        for (kind, name), (seconds, cpu) in best.items():
            ratios = (seconds, cpu) / next(first for (k, _), first in best.items() if k == kind)
            print(
                f"{kind:14} {name:18} best {seconds:8.2f} s  {cpu:8.2f} s of CPU  "
                f"ratios {ratios[0]:6.2f} {ratios[1]:6.2f}"
            )


if __name__ == "__main__":
    main()
