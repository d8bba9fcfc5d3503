"""Bootstraps of a mixture of real data beside R's mclust, and mergers of a large mixture.

    python benchmarks/bench_bootstrap.py [--n-resamples 999] [--rounds 7] [--merge-rows 200000]

The table is `diabetes`, 145 x 3, with three components of "full" covariances ("VVV"). mclust is
timed inside R, with one thread, as it has no others, where Rscript and mclust are installed (on
Debian `apt install r-cran-mclust`). Its nonparametric replicates stop at a relative gain of 1e-5
of the log-likelihood, mclust's default, which leaves more to gain than `tol=1e-5` here. "exact" are
the standard errors of the replicates of mixclust, fitted to the end, and "largest error" is the
largest deviation from them. Two runs of 999 replicates differ by several percent in any case.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import argparse
import os
import statistics
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from bench_mclust import installed_version

from mixclust import (
    CollapseWarning,
    GaussianMixture,
    bootstrap,
    likelihood_ratio_test,
    merge_components,
)

TABLE = Path(__file__).parents[1] / "tests" / "data" / "diabetes.csv"
TYPES = {"nonparametric": "bs", "weighted": "wlbs"}

SCRIPT = """
suppressMessages(library(mclust))
model <- Mclust(read.csv("table.csv"), G = 3, modelNames = "VVV", verbose = FALSE)
for (seed in seq_len(as.integer(commandArgs(TRUE)[3]))) {
  set.seed(seed)
  begin <- Sys.time()
  found <- MclustBootstrap(
    model, nboot = as.integer(commandArgs(TRUE)[2]), type = commandArgs(TRUE)[1], verbose = FALSE
  )
  seconds <- as.numeric(Sys.time() - begin, units = "secs")
  errors <- summary(found, "se")
  cat(sprintf("%.17g", c(seconds, model$parameters$mean[1, ], errors$pro, errors$mean)), "\\n")
}
"""


def run_mclust(kind, n_resamples, n_rounds):
    """Give the seconds of each round, and the standard errors of the last in order of the means."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "table.csv").write_text(TABLE.read_text("utf-8"), "utf-8")
        (Path(name) / "fit.R").write_text(SCRIPT, "utf-8")
        command = ["Rscript", "--vanilla", "fit.R", TYPES[kind], str(n_resamples), str(n_rounds)]
        process = subprocess.run(
            command, cwd=name, env=environment, capture_output=True, text=True, check=True
        )
    rows = np.array([line.split() for line in process.stdout.splitlines()], dtype=np.float64)
    order = np.argsort(rows[-1, 1:4])
    return rows[:, 0].tolist(), rows[-1, 4:7][order], rows[-1, 7:16].reshape(3, 3)[order]


def time_calls(function, n_rounds):
    """Give the seconds of each call, and the result of the last."""
    seconds = []
    function()
    for _ in range(n_rounds):
        begin = time.perf_counter()
        found = function()
        seconds.append(time.perf_counter() - begin)
    return seconds, found


def errors_of(result, order):
    """Standard errors of weights and means, components in an order."""
    errors = result.standard_errors
    return errors.weights[order], errors.means[order]


def deviation(errors, exact):
    """Largest relative deviation of standard errors."""
    return max(np.max(np.abs(a / b - 1)) for a, b in zip(errors, exact, strict=True))


def show_errors(errors):
    """Standard errors of the weights and of the means of the first feature, as text."""
    return ", ".join(f"{value:.4f}" for value in errors[0]), ", ".join(
        f"{value:.3f}" for value in errors[1][:, 0]
    )


def compare(mixture, X, kind, n_resamples, n_rounds, has_mclust):
    """Print a table of times and standard errors of one kind of bootstrap."""
    load, lines = bench.OtherLoad(), []
    order = np.argsort(mixture.means_[:, 0])

    def run(**options):
        return bootstrap(
            mixture, X, n_resamples=n_resamples, method=kind, random_state=0, **options
        )

    exact = errors_of(run(tol=1e-9, max_iter=10_000), order)
    theirs = None
    if has_mclust:
        n_theirs = 3 if kind == "nonparametric" else 1
        seconds, *errors = run_mclust(kind, n_resamples, n_theirs)
        theirs = statistics.median(seconds)
        lines.append(["mclust", f"{1e3 * theirs:.0f}", "", "", *show_errors(errors), ""])
    for label, options in (
        ("mixclust", {}),
        ("mixclust, tol=1e-4", {"tol": 1e-4}),
        ("mixclust, 1 thread", {"n_threads": 1}),
    ):
        seconds, result = time_calls(lambda options=options: run(**options), n_rounds)
        median = statistics.median(seconds)
        ratio = f"{theirs / median:.0f} ({theirs / min(seconds):.0f})" if theirs else ""
        errors = errors_of(result, order)
        shown = show_errors(errors)
        time_shown = f"{1e3 * median:.1f} ({1e3 * min(seconds):.1f})"
        passes = f"{result.n_iter_.mean():.1f}"
        error = f"{deviation(errors, exact):.1%}"
        lines.append([label, time_shown, ratio, passes, *shown, error])
    lines.append(["exact", "", "", "", *show_errors(exact), ""])
    print(f"\n{n_resamples} replicates, {kind}; other load {load.percent()} %\n")
    bench.print_table(
        [
            "library",
            "ms, median (fastest)",
            "ratio",
            "passes",
            "std. errors of weights",
            "of mean glucose",
            "largest error",
        ],
        lines,
    )


def time_tests(X):
    """Print the likelihood-ratio tests with and without a search for optima of the samples."""
    estimator = GaussianMixture(random_state=0)
    for search in (True, False):
        begin = time.perf_counter()
        result = likelihood_ratio_test(
            estimator, X, n_resamples=99, max_components=4, search=search
        )
        seconds = time.perf_counter() - begin
        p_values = ", ".join(
            f"{size} or {size + 1}: {p_value:.2f}"
            for size, p_value in zip(result.sizes_, result.p_values_, strict=True)
        )
        print(f"likelihood_ratio_test, 99 samples, search={search}: {seconds:.1f} s, p {p_values}")


def time_merging(n_rows):
    """Print the time of all mergers of a mixture of 20 components in 10 dimensions."""
    rng = np.random.default_rng(0)
    centers = 2 * rng.normal(size=(20, 10))
    X = centers[rng.integers(0, 20, n_rows)] + rng.normal(size=(n_rows, 10))
    mixture = GaussianMixture.from_parameters(
        np.full(20, 0.05), centers, np.array([np.eye(10)] * 20)
    )
    seconds, merged = time_calls(lambda: merge_components(mixture, X), 3)
    print(
        f"\nmerge_components of {n_rows:,} x 10, 20 components: "
        f"{statistics.median(seconds):.2f} s, bend at {merged.n_clusters_} clusters"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n-resamples", type=int, default=999, help="replicates")
    parser.add_argument("--no-mclust", action="store_true", help="mixclust alone")
    parser.add_argument("--rounds", type=int, default=7, help="calls that are timed")
    parser.add_argument("--merge-rows", type=int, default=200_000, help="rows of the mergers")
    arguments = parser.parse_args()
    bench.print_machine()
    version = None if arguments.no_mclust else installed_version()
    print(
        f"mclust {version}" if version else "mclust is not used or not installed: mixclust alone."
    )
    X = np.loadtxt(TABLE, delimiter=",", skiprows=1)
    mixture = GaussianMixture(3, random_state=0).fit(X)
    for kind in TYPES:
        n_rounds = arguments.rounds if kind == "nonparametric" else min(3, arguments.rounds)
        compare(mixture, X, kind, arguments.n_resamples, n_rounds, version is not None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
        time_tests(X)
    time_merging(arguments.merge_rows)


if __name__ == "__main__":
    main()
