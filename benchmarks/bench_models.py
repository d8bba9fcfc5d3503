"""An EM iteration of each covariance model, at 200,000 x 10 with 20 components.

    python benchmarks/bench_models.py

All models start from the same labels and iterate in turns, six iterations at a time, on one thread;
the table gives the median CPU time of an iteration beside that of "full" and "diag", and the mean
log-likelihood at the end. The clusters have one covariance matrix, which every matrix model can
fit; with `--turned` each has axes of its own, so that the responsibilities of models with common
axes are spread over more components, and their scatters take more rows. `--rows` and `--features`
choose other sizes.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import argparse
import time

import numpy as np

from mixclust._mixture.data import MixtureData
from mixclust._mixture.structures import covariance_types, structure_of

N_COMPONENTS = 20
N_ITERATIONS = 6
N_ROUNDS = 5


def overlapping_clusters(n_samples, n_features, turned):
    """Rows of 20 clusters, of one shape or with axes of their own, and the cluster of each."""
    rng = np.random.default_rng(0)
    labels = rng.integers(N_COMPONENTS, size=n_samples).astype(np.int32)
    centers = 1.5 * rng.normal(size=(N_COMPONENTS, n_features))
    turns = rng.normal(size=(N_COMPONENTS, n_features, n_features)) / np.sqrt(n_features)
    noise = rng.normal(size=(n_samples, n_features))
    for k in range(N_COMPONENTS):
        noise[labels == k] = noise[labels == k] @ turns[k if turned else 0]
    return centers[labels] + noise, labels


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--features", type=int, default=10)
    parser.add_argument("--turned", action="store_true")
    options = parser.parse_args()
    bench.print_machine()
    X, labels = overlapping_clusters(options.rows, options.features, options.turned)
    kernels, seconds, bounds = {}, {}, {}
    for name in covariance_types():
        data = MixtureData(X, None, structure_of(name), 1)
        data.describe("auto")
        kernels[name], seconds[name] = data.fitter(N_COMPONENTS), []
        kernels[name].start(labels=labels)
        kernels[name].run(1, 0.0)
    for _ in range(N_ROUNDS):
        for name, kernel in kernels.items():
            begin = time.process_time()
            bounds[name] = kernel.run(N_ITERATIONS, 0.0)[0]
            seconds[name].append((time.process_time() - begin) / N_ITERATIONS)
    medians = {name: float(np.median(found)) for name, found in seconds.items()}
    print(f"{options.rows:,} x {options.features}, {N_COMPONENTS} components, one thread")
    print(f"{'model':10} {'ms':>8} {'of full':>8} {'of diag':>8} {'log-likelihood':>15}")
    for name, median in medians.items():
        print(
            f"{name:10} {1e3 * median:8.2f} {median / medians['full']:8.2f} "
            f"{median / medians['diag']:8.2f} {bounds[name][-1]:15.6f}"
        )


if __name__ == "__main__":
    main()
