"""How far above the best known inertia k-means ends, and the time that it takes.

    python -m pip install bkmeans
    python benchmarks/bench_kmeans_optimum.py

Twelve data sets, five seeds each, one thread. The excess of a fit is its inertia over the best one
known, less 1, in per cent. The best one known is the least of all fits that are shown and of
`N_RESTARTS` more refined fits of mixclust from other seeds.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import time
import warnings

import numpy as np
import sklearn.cluster
from bench_kmeans_panel import data_sets
from threadpoolctl import threadpool_limits

from mixclust import KMeans

bkmeans = bench.optional_module("bkmeans")

N_SEEDS = 5
N_RESTARTS = 40


def methods():
    """Give a function of rows, a number of clusters and a seed for each method, by name.

    The functions return centres.
    """

    def ours(**options):
        return lambda X, n_clusters, seed: (
            KMeans(n_clusters, random_state=seed, n_threads=1, **options).fit(X).cluster_centers_
        )

    def theirs(**options):
        return lambda X, n_clusters, seed: (
            sklearn.cluster.KMeans(n_clusters, random_state=seed, **options).fit(X).cluster_centers_
        )

    def breathing(X, n_clusters, seed):
        np.random.seed(seed)  # BKMeans draws from the global state as well
        return bkmeans.BKMeans(n_clusters=n_clusters, random_state=seed).fit(X).cluster_centers_

    found = {
        "scikit-learn": theirs(),
        "scikit-learn, n_init=10": theirs(n_init=10),
        "mixclust": ours(),
        "mixclust, n_init=10": ours(n_init=10),
        'mixclust, refine="breathing"': ours(refine="breathing"),
    }
    return found | ({"bkmeans": breathing} if bkmeans else {})


def inertia_of(X, centers):
    """Give the sum of squared distances to the nearest centres, by the same judge for all."""
    return KMeans(len(centers), init=centers, max_iter=1).fit(centers).score(X) * -1


def measure_set(X, n_clusters, names_and_methods):
    """Give inertias of shape (n_methods, n_seeds), seconds of each method, and the best inertia."""
    inertias = np.empty((len(names_and_methods), N_SEEDS))
    seconds = np.zeros(len(names_and_methods))
    for fit in names_and_methods.values():
        fit(X, n_clusters, N_SEEDS)
    for seed in range(N_SEEDS):
        for i, fit in enumerate(names_and_methods.values()):
            start = time.perf_counter()
            centers = fit(X, n_clusters, seed)
            seconds[i] += time.perf_counter() - start
            inertias[i, seed] = inertia_of(X, centers)
    best = min(
        KMeans(n_clusters, random_state=1000 + seed, refine="breathing").fit(X).inertia_
        for seed in range(N_RESTARTS)
    )
    return inertias, seconds, min(best, inertias.min())


def main():
    warnings.simplefilter("ignore")
    bench.print_machine()
    print("One thread in this script.")
    if bkmeans is None:
        print("bkmeans is not installed.")
    names_and_methods = methods()
    excesses, total, lines = [], np.zeros(len(names_and_methods)), []
    load = bench.OtherLoad()
    with threadpool_limits(1):
        for name, X, n_clusters in data_sets():
            inertias, seconds, best = measure_set(X, n_clusters, names_and_methods)
            excesses.append(100 * (inertias.mean(axis=1) / best - 1))
            total += seconds
            size = f"{len(X):,} x {X.shape[1]}, {n_clusters} clusters"
            lines.append([f"{name} ({size})", *(f"{x:.2f}" for x in excesses[-1])])
    print(f"\nMean excess over the best inertia known, in %; other load {load.percent()} %\n")
    bench.print_table(["set", *names_and_methods], lines)
    mean, worst = np.mean(excesses, axis=0), np.max(excesses, axis=0)
    print(f"All {len(lines)} sets, {N_SEEDS} seeds each\n")
    bench.print_table(
        ["method", "mean excess, %", "worst set, %", f"seconds, {len(lines) * N_SEEDS} fits"],
        [
            [name, f"{mean[i]:.2f}", f"{worst[i]:.2f}", f"{total[i]:.2f}"]
            for i, name in enumerate(names_and_methods)
        ],
    )


if __name__ == "__main__":
    main()
