"""Default fits on many features against scikit-learn, starts and factorisations included.

    python benchmarks/bench_many_features.py

The rows belong to overlapping clusters with correlated features. Times, in ms, are medians of
interleaved whole fits; log-likelihoods are of a row under the fitted parameters. Both fits add the
same number to variances, so that their log-likelihoods can be compared even for singular
covariances. "singular" marks components with at most as many rows as features.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import argparse
import warnings

import numpy as np
import sklearn.mixture

from mixclust import GaussianMixture

SIZES = ((600, 500), (3_000, 1_000), (200, 2_000))
COMPONENTS = (2, 3, 5)
REG_COVAR = 1e-6  # scikit-learn's default
HEADER = (
    "default fit",
    "mixclust",
    "iterations",
    "log-likelihood",
    "scikit-learn",
    "iterations",
    "log-likelihood",
    "ratio",
    "",
)


def correlated_clusters(n, d, n_components, seed=0):
    """Draw rows of overlapping clusters with correlated features; all have one covariance."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(n_components, size=n)
    shape = np.eye(d) + 0.3 * rng.normal(size=(d, d)) / np.sqrt(d)
    return rng.normal(size=(n, d)) @ shape + 0.3 * rng.normal(size=(n_components, d))[labels]


def compare(n, d, n_components, covariance_type, rounds):
    """Measure one line of the table."""
    X = correlated_clusters(n, d, n_components)
    options = {"covariance_type": covariance_type, "reg_covar": REG_COVAR, "random_state": 0}
    mixtures = {
        "mixclust": GaussianMixture(n_components, n_threads=bench.N_THREADS, **options),
        "scikit-learn": sklearn.mixture.GaussianMixture(n_components, **options),
    }

    def fit(mixture):
        mixture.fit(X)
        return bench.Answer(n_iter=mixture.n_iter_)

    timings = bench.interleave(
        {name: lambda mixture=mixture: fit(mixture) for name, mixture in mixtures.items()},
        rounds=rounds,
    )
    line = [f"{covariance_type}, {n:,} x {d:,}, K = {n_components}"]
    for name, mixture in mixtures.items():
        line += [bench.milliseconds(timings[name].median), mixture.n_iter_]
        line.append(f"{mixture.score(X):,.3f}")
    line.append(f"{timings['scikit-learn'].median / timings['mixclust'].median:.2f}")
    rows_a_matrix = n if covariance_type == "tied" else n / n_components
    return [*line, "singular" if rows_a_matrix <= d else ""]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="600 x 500 only")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")
    bench.print_machine()
    load, lines = bench.OtherLoad(), []
    for n, d in SIZES[:1] if quick else SIZES:
        for covariance_type in ("full", "tied"):
            for n_components in COMPONENTS:
                lines.append(compare(n, d, n_components, covariance_type, 5 if d < 1000 else 3))
    bench.print_table(HEADER, lines)
    print(f"Other processes took {load.percent()} % of the machine.")


if __name__ == "__main__":
    main()
