"""Imputation of hidden values: MixtureImputer against scikit-learn's imputers on real tables.

    python benchmarks/bench_imputer.py

Of each table, in standard deviations of its columns, a share of the values is hidden at random. The
error is the root mean square difference of imputed and hidden values, the mean over two draws of
the hidden values; 1 is about the error of column means. The time is the mean CPU time of
`fit_transform`. IterativeImputer has its defaults, regressions in ten rounds; (1) and (3) are
numbers of components.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import time
import warnings

import numpy as np
from sklearn import datasets
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

from mixclust import MixtureImputer

N_DRAWS = 2
SHARES = (0.05, 0.2)
TABLES = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast cancer": datasets.load_breast_cancer,
}
IMPUTERS = {
    "SimpleImputer": lambda: SimpleImputer(),
    "KNNImputer": lambda: KNNImputer(),
    "IterativeImputer": lambda: IterativeImputer(random_state=0),
    "MixtureImputer(1)": lambda: MixtureImputer(random_state=0),
    "MixtureImputer(3)": lambda: MixtureImputer(3, random_state=0),
    "(1), rounds=0": lambda: MixtureImputer(rounds=0, random_state=0),
}


def curved_clusters():
    """Make 5,000 rows of 6 features in three clusters with axes of their own."""
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=5000)
    return bench.stretched_clusters(rng, labels, 6, stretch=1.0, spread=4.0)


def measure(make, X, share):
    """Mean error and mean CPU seconds of an imputer."""
    found = []
    for seed in range(N_DRAWS):
        hidden = np.random.default_rng(seed).random(X.shape) < share
        holes = np.where(hidden, np.nan, X)
        begin = time.process_time()
        filled = make().fit_transform(holes)
        seconds = time.process_time() - begin
        found.append((np.sqrt(np.mean((filled - X)[hidden] ** 2)), seconds))
    return np.mean(found, axis=0)


def main():
    """Print the table."""
    warnings.simplefilter("ignore")
    bench.print_machine()
    tables = {name: load().data for name, load in TABLES.items()} | {
        "three clusters": curved_clusters()
    }
    lines = []
    for name, X in tables.items():
        X = (X - X.mean(axis=0)) / X.std(axis=0)
        for share in SHARES:
            complete = (np.random.default_rng(0).random(X.shape) >= share).all(axis=1).sum()
            for imputer, make in IMPUTERS.items():
                try:
                    error, seconds = measure(make, X, share)
                    cells = [f"{error:.3f}", bench.milliseconds(seconds)]
                except ValueError:  # no row is complete
                    cells = ["refused", ""]
                rows = f"{name}, {len(X)} x {X.shape[1]}"
                lines.append([rows, f"{share:.0%}", complete, imputer, *cells])
    header = ("table", "hidden", "complete rows", "imputer", "error", "ms")
    bench.print_table(header, lines)


if __name__ == "__main__":
    main()
