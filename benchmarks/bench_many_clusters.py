"""Starts of k-means with many clusters over rows in chunks, and the fits that follow.

    python benchmarks/bench_many_clusters.py

Fits of at most 30 iterations, beside the fit in memory, fits from a uniform sample of the rows
alone and from k-means|| (Bahmani et al., "Scalable k-means++", 2012: five rounds of two rows a
cluster; here in memory, over the labels of mixclust), scikit-learn and dask-ml, of which the start
is k-means|| too. The rows are groups far apart, of sizes that fall as one over the rank to the 1.3,
or uniform noise. Each number is the median over some seeds, one for the peers: the inertia above
the least one of the table, in percent, seconds of the start and of the whole fit, and seconds of
the processor.
"""

import argparse
import statistics
import time
import warnings

import bench_helpers as bench
import numpy as np

import mixclust


def make_rows(kind, n_rows, n_features, n_clusters):
    """Return float32 rows, in random order."""
    rng = np.random.default_rng(n_clusters)
    if kind == "uniform":
        return rng.random((n_rows, n_features), dtype=np.float32)
    shares = np.arange(1, n_clusters + 1) ** -1.3
    sizes = np.maximum(20, shares / shares.sum() * n_rows).astype(int)
    X = np.repeat(30 * rng.normal(size=(n_clusters, n_features)), sizes, axis=0)
    return rng.permutation(X + rng.normal(size=X.shape)).astype(np.float32)


def on_sample(sample, n_clusters, random_state):
    """Return centres of the sample: `init` for the start that takes nothing else."""
    kmeans = mixclust.KMeans(n_clusters, n_init=1, random_state=random_state)
    return kmeans.fit(sample).cluster_centers_


def scalable(X, n_clusters, random_state):
    """Return centres by k-means||: candidates in five rounds, then k-means of their weights."""
    rng = np.random.default_rng(random_state.integers(2**32))
    centers = X[rng.integers(len(X), size=1)]
    for _ in range(5):
        distances = ((X - centers[labels_of(X, centers)]) ** 2).sum(axis=1, dtype=np.float64)
        drawn = rng.random(len(X)) < 2 * n_clusters * distances / distances.sum()
        centers = np.concatenate([centers, X[drawn]])
    weights = np.bincount(labels_of(X, centers), minlength=len(centers))
    kmeans = mixclust.KMeans(n_clusters, random_state=0).fit(centers, sample_weight=weights)
    return kmeans.cluster_centers_


def labels_of(X, centers):
    """Return the nearest centre of each row."""
    return mixclust.KMeans(len(centers), init=centers, max_iter=1).fit(centers).predict(X)


def fit_ours(source, random_state, **options):
    """Return the centres, and the seconds of the start."""
    begin, starts = time.perf_counter(), []

    def note(state):
        starts.append(time.perf_counter() - begin)  # after the start, or one iteration later

    rng = np.random.default_rng(random_state)
    kmeans = mixclust.KMeans(callback=note, random_state=rng, **options).fit(source)
    return kmeans.cluster_centers_, starts[0]


def fit_sklearn(X, **options):
    from sklearn.cluster import KMeans

    return KMeans(n_init=1, **options).fit(X).cluster_centers_, None


def fit_dask_ml(X, **options):
    import dask.array as da
    from dask_ml.cluster import KMeans

    return KMeans(**options).fit(da.from_array(X, chunks=(100_000, -1))).cluster_centers_, None


def measure(X, n_clusters, seeds, with_peers):
    """Return the figures of each seed, by the name of the fit."""
    chunks = mixclust.chunks(X)
    fits = {
        "chunks": (fit_ours, chunks, {}),
        "chunks, start on a uniform sample": (fit_ours, chunks, {"init": on_sample, "n_init": 1}),
        "in memory": (fit_ours, X, {}),
        "in memory, start by k-means\\|\\|": (fit_ours, X, {"init": scalable, "n_init": 1}),
    }
    if with_peers and bench.optional_module("sklearn.cluster"):
        fits["scikit-learn, in memory"] = (fit_sklearn, X, {})
    if with_peers and bench.optional_module("dask_ml.cluster"):
        fits["dask-ml"] = (fit_dask_ml, X, {})
    found = {name: [] for name in fits}
    for seed in range(seeds):
        for name, (fit, source, options) in fits.items():
            if seed and fit is not fit_ours:
                continue
            begin = time.perf_counter(), time.process_time()
            options = options | {"n_clusters": n_clusters, "max_iter": 30}
            centers, start = fit(source, random_state=seed, **options)
            seconds = np.subtract((time.perf_counter(), time.process_time()), begin)
            found[name].append([bench.nearest(X, centers)[1], start, *seconds])
    return found


def main():
    """Measure, and print a table for each kind of rows and number of clusters."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=8)
    parser.add_argument("--clusters", type=int, nargs="+", default=[50, 500, 2000])
    parser.add_argument("--kinds", nargs="+", default=["groups", "uniform"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--peers-to", type=int, default=50, help="largest number of clusters")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning)
    print(f"{options.rows:,} x {options.features} float32, {bench.N_THREADS} threads\n")
    for kind in options.kinds:
        for n_clusters in options.clusters:
            X = make_rows(kind, options.rows, options.features, n_clusters)
            with_peers = n_clusters <= options.peers_to
            load = bench.OtherLoad()
            found = measure(X, n_clusters, options.seeds, with_peers)
            least = min(inertia for rows in found.values() for inertia, *_ in rows)
            table = []
            for name, rows in found.items():
                inertias, starts, *seconds = zip(*rows, strict=True)
                start = "" if starts[0] is None else f"{statistics.median(starts):.2f}"
                above = [100 * (inertia / least - 1) for inertia in inertias]
                table.append(
                    [name, f"{statistics.median(above):.1f}", f"{max(above):.1f}", start]
                    + [f"{statistics.median(values):.2f}" for values in seconds]
                )
            print(f"{kind}, k = {n_clusters}, least inertia {least:.5g}, others {load.percent()} %")
            header = ["fit", "inertia above, %", "worst", "start, s", "fit, s", "CPU, s"]
            bench.print_table(header, table)


if __name__ == "__main__":
    main()
