"""Ends of fits of mixtures by two rules: the gain still to come, and the last gain.

    python benchmarks/bench_tolerance.py

624 fits to thirteen data sets run for 2,000 iterations. For each rule, the table gives the number
of iterations at which it would have ended a fit, and the nats a row that the fit still gains after
them. The rule of scikit-learn compares the last gain with `tol`, 1e-3 by default.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import warnings

import numpy as np
from bench_starts import unequal_clusters
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

from mixclust import CollapseWarning, ConvergenceWarning, GaussianMixture
from mixclust.kernels.mixture.convergence import extrapolate_gain

COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")
N_ITERATIONS = 2000
HEADER = (
    "a run ends at", "iterations, mean", "median", "> 100", "> 1,000", "short by > 1e-3", "> 1e-2",
    "worst",
)  # fmt: skip


def data_sets():
    """Make thirteen data sets: real ones, unequal clusters, a ring of clusters, one cluster."""
    rng = np.random.default_rng(0)
    yield load_iris().data
    yield load_wine().data
    yield load_breast_cancer().data[:, :10]
    yield load_digits().data[:, [20, 21, 26, 27, 28, 34, 35, 36, 42, 43]]
    for d, n_components, spread in [
        (2, 3, 1.5), (2, 6, 4.0), (3, 4, 0.7), (5, 5, 1.5), (10, 8, 1.5), (10, 4, 4.0),
    ]:  # fmt: skip
        yield unequal_clusters(1500, d, n_components, spread, seed=d)
    angles = rng.integers(0, 14, 1000) * 2 * np.pi / 14
    along, across = rng.normal(size=(2, 1000)) * [[1.5], [0.4]]
    x = (10 + along) * np.cos(angles) - across * np.sin(angles)
    yield np.column_stack([x, (10 + along) * np.sin(angles) + across * np.cos(angles)])
    yield rng.normal(size=(800, 2)) * [20, 1] + 5 * rng.integers(0, 2, 800)[:, np.newaxis] * [0, 1]
    yield rng.normal(size=(2000, 3))


def end_by_last_gain(bounds, tol):
    """Give the number of iterations until the last gain is below `tol`."""
    small = np.flatnonzero(np.abs(np.diff(bounds)) < tol)
    return small[0] + 2 if len(small) else len(bounds)


def end_by_gain_to_come(bounds, tol):
    """Give the number of iterations until the extrapolated gain is below `tol`."""
    return next(
        (n for n in range(2, len(bounds)) if extrapolate_gain(bounds[:n]) < tol), len(bounds)
    )


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.simplefilter("ignore", CollapseWarning)
    bench.print_machine()
    courses = []
    for X in data_sets():
        for covariance_type in COVARIANCE_TYPES:
            for n_components in (2, 3, 4, 6):
                for seed in range(3):
                    mixture = GaussianMixture(
                        n_components,
                        covariance_type=covariance_type,
                        tol=0,
                        max_iter=N_ITERATIONS,
                        random_state=seed,
                        n_threads=bench.N_THREADS,
                    ).fit(X)
                    courses.append(np.array(mixture.lower_bounds_))
    print(f"{len(courses)} fits")
    rules = [("last gain", end_by_last_gain, tol) for tol in (1e-3, 1e-5, 1e-6)]
    rules += [("gain to come", end_by_gain_to_come, tol) for tol in (1e-3, 1e-4, 1e-5)]
    lines = []
    for name, end, tol in rules:
        ends = np.array([end(bounds, tol) for bounds in courses])
        short = np.array([b.max() - b[n - 1] for b, n in zip(courses, ends, strict=True)])
        counts = (ends > 100).sum(), (ends > 1000).sum(), (short > 1e-3).sum(), (short > 1e-2).sum()
        line = [f"{name} < {tol:g}", f"{ends.mean():.1f}", f"{np.median(ends):.0f}"]
        lines.append([*line, *map(str, counts), f"{short.max():.3f}"])
    bench.print_table(HEADER, lines)


if __name__ == "__main__":
    main()
