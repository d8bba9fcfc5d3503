"""Mini-batch k-means against scikit-learn's, and against the exact fit of KMeans.

Rows are overlapping round clusters, as many as there are centres. Prints the seconds of whole fits,
interleaved, with the inertia of each answer under one float64 judge; and the seconds of a pass of
`partial_fit` over the same rows in batches of 10,000.

Usage: python benchmarks/bench_minibatch.py [--quick] [--rows N] [--features D] [--clusters K]
"""

import argparse
import math
import statistics

import numpy as np  # after bench_helpers, which sets the number of threads
from bench_helpers import (
    Answer,
    OtherLoad,
    interleave,
    nearest,
    optional_module,
    print_machine,
    print_table,
)

import mixclust

sklearn_cluster = optional_module("sklearn.cluster")

OURS, SKLEARN = "mixclust MiniBatchKMeans", "scikit-learn MiniBatchKMeans"
EXACT, SHORT = "mixclust KMeans", "mixclust KMeans, max_iter=5"
STREAM = "mixclust partial_fit"
BATCH_ROWS = 10_000
HEADER = ("", "seconds", "fastest", "times ours", "batches or iterations", "inertia / least")


def rows(n_samples, n_features, n_clusters):
    """Clusters of standard deviation 1 around centres of standard deviation 2."""
    generator = np.random.default_rng(0)
    centers = 2 * generator.standard_normal((n_clusters, n_features))
    owners = generator.integers(n_clusters, size=n_samples)
    return generator.standard_normal((n_samples, n_features)) + centers[owners]


def fits(X, n_clusters):
    """Whole fits with the defaults of each estimator and one seed."""

    def stream():
        model = mixclust.MiniBatchKMeans(n_clusters, random_state=0, compute_labels=False)
        for i in range(0, len(X), BATCH_ROWS):
            model.partial_fit(X[i : i + BATCH_ROWS])
        return Answer(model.cluster_centers_, n_iter=model.n_steps_)

    def fit(kind, **options):
        def run():
            model = kind(n_clusters, random_state=0, **options).fit(X)
            n_iter = getattr(model, "n_steps_", model.n_iter_)
            return Answer(model.cluster_centers_, n_iter=n_iter)

        return run

    calls = {OURS: fit(mixclust.MiniBatchKMeans)}
    if sklearn_cluster is not None:
        calls[SKLEARN] = fit(sklearn_cluster.MiniBatchKMeans)
    calls[STREAM] = stream
    calls[EXACT] = fit(mixclust.KMeans)
    calls[SHORT] = fit(mixclust.KMeans, max_iter=5)
    return calls


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=16)
    parser.add_argument("--clusters", type=int, default=100)
    options = parser.parse_args()
    print_machine()
    X64 = rows(options.rows, options.features, options.clusters)
    for dtype in (np.float32, np.float64):
        X = X64.astype(dtype)
        load = OtherLoad()
        timings = interleave(fits(X, options.clusters), rounds=3, quick=options.quick)
        inertias = {
            name: nearest(X, timing.answer.centers)[1] if hasattr(timing, "answer") else math.nan
            for name, timing in timings.items()
        }
        least = min(inertias.values())
        ours = timings[OURS].median
        print(
            f"{len(X):,} x {X.shape[1]} {X.dtype}, {options.clusters} clusters; other processes "
            f"used {load.percent()} % of the machine"
        )
        print_table(
            HEADER,
            [
                (
                    name,
                    f"{statistics.median(timing.seconds):.2f}",
                    f"{min(timing.seconds):.2f}",
                    f"{timing.median / ours:.1f}",
                    timing.answer.n_iter,
                    f"{inertias[name] / least:.4f}",
                )
                for name, timing in timings.items()
            ],
        )
        print(f"inertia of {OURS}: {inertias[OURS]:.9g}; of {SKLEARN}: ", end="")
        print(f"{inertias.get(SKLEARN, math.nan):.9g}\n", flush=True)


if __name__ == "__main__":
    main()
