"""The choice among fourteen covariance models and one to nine components, beside mclust.

    python benchmarks/bench_selection.py [--peers mclust,pymclustR] [--compare]

Times of `select(X)` on one thread and on two, of R's `Mclust(X)` where Rscript and mclust are
installed, and of `Mclust(X)` of the package pymclustR where that is installed, in turn; and the
best BIC that each finds, in scikit-learn's sign. R's time leaves out its start. The tables are iris
and 500 rows of four features in five groups.

`--compare` counts, on four small tables, the mixtures that end lower and higher than fits of
GaussianMixture by themselves, by more than 0.001 nats a row.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import argparse
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import bench_mclust
import numpy as np
from sklearn.datasets import load_iris
from threadpoolctl import threadpool_limits

from mixclust import GaussianMixture, select

MIN_DIFFERENCE_IN_NATS = 1e-3
FOLDERS = (Path(__file__).parents[1] / "tests" / "data", Path(__file__).parents[1] / "examples")
SCRIPT = """
suppressMessages(library(mclust))
X <- as.matrix(read.csv("X.csv", header = FALSE))
begin <- Sys.time()
for (i in 1:3) fit <- Mclust(X, verbose = FALSE)
seconds <- as.numeric(Sys.time() - begin, units = "secs") / 3
cat(sprintf("%.9f %.6f %s %d\\n", seconds, -fit$bic, fit$modelName, fit$G))
"""


def five_groups():
    """500 rows of 4 features in five groups of different shapes and directions."""
    rng = np.random.default_rng(0)
    groups = []
    for _ in range(5):
        shape = rng.normal(size=(4, 4)) * rng.uniform(0.3, 1.5, size=4)
        groups.append(rng.normal(size=(100, 4)) @ shape + rng.normal(size=4) * 4)
    return np.vstack(groups)


def ours(n_threads):
    """A function that times a selection."""

    def run(X):
        best = np.inf
        for _ in range(3):
            begin = time.perf_counter()
            search = select(X, random_state=0, n_threads=n_threads)
            best = min(best, time.perf_counter() - begin)
        found = search.best_params_
        return best, search.bic(X), found["covariance_type"], found["n_components"]

    return run


def mclust(X):
    """Time R's Mclust."""
    with tempfile.TemporaryDirectory() as name:
        np.savetxt(Path(name) / "X.csv", X, delimiter=",", fmt="%.17g")
        (Path(name) / "fit.R").write_text(SCRIPT, encoding="ascii")
        command = ["Rscript", "--vanilla", "fit.R"]
        process = subprocess.run(command, cwd=name, capture_output=True, text=True, check=True)
    seconds, bic, model, size = process.stdout.split()
    return float(seconds), float(bic), model, int(size)


def pymclustr(X):
    """Time Mclust of pymclustR, a port to NumPy, with one thread of BLAS: two take longer."""
    from mclust_py import Mclust

    begin = time.perf_counter()
    with threadpool_limits(1):
        found = Mclust(X, G=range(1, 10))
    return time.perf_counter() - begin, -found.bic, found.model_name, found.G


def competitors(peers):
    """Functions by name: seconds, BIC, model and size of a choice."""
    found = {"mixclust, one thread": ours(1), "mixclust, two threads": ours(2)}
    if "mclust" in peers:
        version = bench_mclust.installed_version()
        if version is None:
            print("mclust is not installed.")
        else:
            found[f"mclust {version}"] = mclust
    if "pymclustR" in peers:
        if bench.optional_module("mclust_py") is None:
            print("pymclustR is not installed.")
        else:
            found[f"pymclustR {bench.version('pymclustR')}"] = pymclustr
    return found


def measure(peers, rounds):
    """Print the table of times and criteria."""
    print("| table | by | seconds | times mixclust on two threads | BIC | best |")
    print("|---|---|---|---|---|---|")
    named = competitors(peers)
    for table, X in {"iris": load_iris().data, "500 x 4": five_groups()}.items():
        found = {}
        for i in range(rounds):
            for name, run in named.items():
                if i == 0 or found[name][0] < 10:
                    found[name] = min(run(X), found.get(name, (np.inf,)))
        first = found["mixclust, two threads"][0]
        for name, (seconds, bic, model, size) in found.items():
            print(
                f"| {table} | {name} | {seconds:.4f} | {seconds / first:.1f} | {bic:.2f} | "
                f"{model}, {size} |"
            )


def compare():
    """Print how many mixtures end lower and higher than fits by themselves."""
    tables = {"iris": load_iris().data}
    for name in ("faithful", "diabetes", "banknote"):
        path = next(
            folder / f"{name}.csv" for folder in FOLDERS if (folder / f"{name}.csv").exists()
        )
        columns = range(1, 7) if name == "banknote" else None  # without the class of each note
        tables[name] = np.loadtxt(path, delimiter=",", skiprows=1, usecols=columns)
    print("| table | mixtures | lower | higher | lower, 1-4 components | of |")
    print("|---|---|---|---|---|---|")
    total = np.zeros(5, dtype=int)
    for table, X in tables.items():
        counts = np.zeros(5, dtype=int)
        for row in select(X, random_state=0).report_.rows:
            alone = GaussianMixture(
                row.n_components, covariance_type=row.covariance_type, random_state=0
            ).fit(X)
            if alone.report_.n_collapsed:
                continue
            few = row.n_components < 5
            bound = np.nan_to_num(row.log_likelihood / len(X), nan=-np.inf)
            lower = bound < alone.lower_bound_ - MIN_DIFFERENCE_IN_NATS
            higher = bound > alone.lower_bound_ + MIN_DIFFERENCE_IN_NATS
            counts += [1, lower, higher, lower and few, few]
        print(f"| {table} | {' | '.join(map(str, counts))} |")
        total += counts
    print(f"| all | {' | '.join(map(str, total))} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", default="mclust,pymclustR", help="peers, separated by commas")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (default: 3)")
    parser.add_argument("--compare", action="store_true", help="compare with fits by themselves")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    bench.print_machine()
    load = bench.OtherLoad()
    if arguments.compare:
        compare()
    else:
        measure(arguments.peers.split(","), arguments.rounds)
    print(f"\nOther processes used {load.percent()} % of the machine.")


if __name__ == "__main__":
    main()
