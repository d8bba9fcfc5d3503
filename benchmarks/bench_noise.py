"""Noise that the default start finds: Gaussian clusters in uniform noise of several shares.

    python benchmarks/bench_noise.py

Each row of the table is the mean of ten data sets of 1,000 rows. The share that was found is
`noise_weight_`. The loss is the mean log-likelihood of a row that a fit from the true labels has
more; the largest of the ten. The time is that of a whole fit with one thread.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import time
import warnings

import numpy as np

from mixclust import CollapseWarning, ConvergenceWarning, GaussianMixture

N_ROWS = 1000
N_SETS = 10
SHARES = (0.02, 0.1, 0.3, 0.5)
SIZES = ((2, 3), (2, 6), (5, 4), (10, 5))
HEADER = (
    "features", "clusters", "share of noise", "share found", "noise rows right", "largest loss",
    "milliseconds",
)  # fmt: skip


def clusters_and_noise(n_features, n_clusters, share, seed):
    """Make rows of Gaussian clusters and of noise around them, and their labels, -1 for noise."""
    rng = np.random.default_rng(seed)
    spread = 6 * n_clusters ** (1 / n_features)
    means = rng.uniform(-spread, spread, (n_clusters, n_features))
    axes = 0.5 * rng.normal(size=(n_clusters, n_features, n_features))
    labels = rng.integers(n_clusters, size=N_ROWS)
    X = np.einsum("nij,nj->ni", axes[labels], rng.normal(size=(N_ROWS, n_features)))
    X += means[labels] + 0.3 * rng.normal(size=X.shape)
    n_noise = round(share * N_ROWS)
    X[:n_noise] = rng.uniform(X.min(axis=0) - 2, X.max(axis=0) + 2, (n_noise, n_features))
    labels[:n_noise] = -1
    return X, labels


def measure(n_features, n_clusters, share):
    """Fit ten data sets; return the means of a row of the table."""
    found = []
    for seed in range(N_SETS):
        X, labels = clusters_and_noise(n_features, n_clusters, share, seed)
        mixture = GaussianMixture(n_clusters, noise=True, random_state=seed, n_threads=1)
        known = GaussianMixture(n_clusters, noise=True, n_threads=1)
        known.fit(X, resp_init=np.maximum(labels, 0), noise_init=labels < 0)
        begin = time.perf_counter()
        mixture.fit(X)
        seconds = time.perf_counter() - begin
        right = np.mean((mixture.predict(X) < 0) == (labels < 0))
        loss = known.lower_bound_ - mixture.lower_bound_
        found.append((mixture.noise_weight_, right, loss, 1e3 * seconds))
    weight, right, loss, milliseconds = np.transpose(found)
    return weight.mean(), right.mean(), max(0.0, loss.max()), milliseconds.mean()


def main():
    """Print the table."""
    warnings.simplefilter("ignore", CollapseWarning)
    warnings.simplefilter("ignore", ConvergenceWarning)
    bench.print_machine()
    lines = []
    for n_features, n_clusters in SIZES:
        for share in SHARES:
            weight, right, loss, milliseconds = measure(n_features, n_clusters, share)
            line = [f"{share:.0%}", f"{weight:.1%}", f"{right:.1%}", f"{loss:.1g}"]
            lines.append([str(n_features), str(n_clusters), *line, f"{milliseconds:.0f}"])
    bench.print_table(HEADER, lines)


if __name__ == "__main__":
    main()
