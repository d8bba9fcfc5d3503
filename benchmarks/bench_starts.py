"""Time of the starts of a mixture beside the time of its run, and the likelihood reached.

    python benchmarks/bench_starts.py

Whole fits of clusters of unequal sizes and shapes, from overlapping to well separated, with
`init_params="auto"` and with "kmeans". `tol` is 1e-3; with its default, runs take several times as
long. Times, in ms, are sums over all fits of a size; log-likelihoods of a row are means over them.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import warnings

import numpy as np

from mixclust import CollapseWarning, ConvergenceWarning, GaussianMixture

SIZES = (
    (1_000, 4, 4),
    (5_000, 4, 8),
    (20_000, 2, 5),
    (20_000, 10, 10),
    (100_000, 3, 12),
    (100_000, 10, 20),
    (300_000, 16, 32),
)
SPREADS = (0.7, 1.5, 4.0)
SEEDS = range(3)
HEADER = ("fits", "starts", "runs", "ratio", "log-likelihood", "kmeans, all", "log-likelihood")


def unequal_clusters(n, d, n_components, spread, seed):
    """Draw clusters of unequal sizes and shapes; `spread` is the deviation of their means."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(n_components, size=n, p=rng.dirichlet(np.full(n_components, 2.0)))
    return bench.stretched_clusters(rng, labels, d, stretch=0.5, spread=spread)


def totals(n, d, n_components, covariance_type, init_params):
    """Fit all data of a size; give the seconds of starts and of runs, and the log-likelihood."""
    options = {"covariance_type": covariance_type, "init_params": init_params, "tol": 1e-3}
    starts, runs, bounds = 0.0, 0.0, []
    for spread in SPREADS:
        for seed in SEEDS:
            X = unequal_clusters(n, d, n_components, spread, seed)
            mixture = GaussianMixture(
                n_components, random_state=seed, n_threads=bench.N_THREADS, **options
            ).fit(X)
            starts += mixture.report_.seconds["starts"]
            runs += mixture.report_.seconds["iterations"]
            bounds.append(mixture.lower_bound_)
    return starts, runs, np.mean(bounds)


def main():
    warnings.simplefilter("ignore", CollapseWarning)
    warnings.simplefilter("ignore", ConvergenceWarning)
    bench.print_machine()
    lines = []
    for covariance_type in ("full", "diag"):
        for n, d, n_components in SIZES:
            sizes = n, d, n_components, covariance_type
            starts, runs, bound = totals(*sizes, "auto")
            kmeans, runs_after, bound_after = totals(*sizes, "kmeans")
            line = [f"{covariance_type}, {n:,} x {d}, K = {n_components}"]
            line += [bench.milliseconds(starts), bench.milliseconds(runs), f"{starts / runs:.2f}"]
            line += [f"{bound:.3f}", bench.milliseconds(kmeans + runs_after), f"{bound_after:.3f}"]
            lines.append(line)
    bench.print_table(HEADER, lines)


if __name__ == "__main__":
    main()
