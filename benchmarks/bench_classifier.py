"""Classification by mixtures against R's mclust and scikit-learn: answers beside the times.

    python benchmarks/bench_classifier.py [--quick]

One Gaussian a class with each structure of covariances, against ``MclustDA(modelType="EDDA")`` and
scikit-learn; two components a class against ``MclustDA(G=2)``; two thirds of the labels unknown,
against ``MclustSSC``. The log-likelihood is that of the rows without their labels; of partly
labelled rows it is that of rows and labels; it is left out where components collapsed. One thread.
mclust's times are measured inside R. `--quick` leaves mclust out of the largest table.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import argparse
import os
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from bench_mclust import MODEL_NAMES, installed_version
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.naive_bayes import GaussianNB

from mixclust import MixtureClassifier

BANKNOTE = Path(__file__).parents[1] / "examples" / "banknote.csv"
PEERS = {
    "full": QuadraticDiscriminantAnalysis,
    "tied": lambda: LinearDiscriminantAnalysis(solver="lsqr"),
    "diag": lambda: GaussianNB(var_smoothing=0),
}

SCRIPT = """
suppressMessages(library(mclust))
for (line in readLines("sets.txt")) {
  fields <- strsplit(line, " ")[[1]]
  n <- as.integer(fields[3]); d <- as.integer(fields[4])
  X <- matrix(readBin(fields[1], "double", n * d), n, d)
  y <- factor(readBin(fields[2], "integer", n))
  known <- y
  known[y == -1] <- NA
  known <- droplevels(known)
  fit <- function() switch(fields[6],
    EDDA = MclustDA(X, y, modelType = "EDDA", modelNames = fields[5], verbose = FALSE),
    DA = MclustDA(X, y, G = 2, modelNames = fields[5], verbose = FALSE),
    SSC = MclustSSC(X, known, modelNames = fields[5], verbose = FALSE))
  seconds <- numeric(0)
  begun <- Sys.time()
  repeat {
    begin <- Sys.time()
    found <- fit()
    seconds <- c(seconds, as.numeric(Sys.time() - begin, units = "secs"))
    if (length(seconds) >= 5 || as.numeric(Sys.time() - begun, units = "secs") > 10) break
  }
  begin <- Sys.time()
  labels <- predict(found, newdata = X)$classification
  predicting <- as.numeric(Sys.time() - begin, units = "secs")
  cat(sprintf("%.9f %.6f %.6f\\n", found$loglik, median(seconds), predicting))
}
"""


def tables(quick):
    """Yield names, rows and classes, and whether mclust is asked."""
    yield "iris", *load_iris(return_X_y=True), True
    lengths = np.loadtxt(BANKNOTE, delimiter=",", skiprows=1, usecols=range(1, 7))
    yield "banknote", lengths, np.repeat([1, 0], 100), True
    generator = np.random.default_rng(0)
    for n_samples, n_features, n_classes in [(20_000, 10, 5), (500_000, 10, 5)]:
        y = generator.integers(0, n_classes, n_samples)
        means = 2 * generator.standard_normal((n_classes, n_features))
        X = means[y] + generator.standard_normal((n_samples, n_features))
        yield f"{n_samples:,} x {n_features}", X, y, n_samples < 100_000 or not quick


def timed(function):
    """Give the median time of some calls, in seconds, and the last result."""
    seconds, begun = [], time.perf_counter()
    while len(seconds) < 5 or (len(seconds) < 200 and time.perf_counter() - begun < 0.5):
        begin = time.perf_counter()
        found = function()
        seconds.append(time.perf_counter() - begin)
        if time.perf_counter() - begun > 10:
            break
    return float(np.median(seconds)), found


def ask_mclust(tasks):
    """Give log-likelihoods, seconds of a fit and seconds of a prediction for tasks.

    Parameters
    ----------
    tasks : list of (X, y, model name, kind)

    Returns
    -------
    found : ndarray of shape (n_tasks, 3)
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as name:
        folder, lines = Path(name), []
        for i, (X, y, model, kind) in enumerate(tasks):
            X.astype(np.float64).ravel(order="F").tofile(folder / f"{i}.X")
            y.astype(np.int32).tofile(folder / f"{i}.y")
            lines.append(f"{i}.X {i}.y {X.shape[0]} {X.shape[1]} {model} {kind}\n")
        (folder / "sets.txt").write_text("".join(lines), encoding="ascii")
        (folder / "fit.R").write_text(SCRIPT, encoding="ascii")
        process = subprocess.run(
            ["Rscript", "--vanilla", "fit.R"],
            cwd=folder, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
    return np.array([line.split() for line in process.stdout.splitlines()], dtype=float)


def rows_of_tasks(name, X, y, kind, covariance_type):
    """Fit one model by mixclust, and by scikit-learn where it has the same one."""
    options = {"reg_covar": 0, "random_state": 0, "n_threads": 1}
    labels = y
    if kind == "SSC":
        labels = np.where(np.arange(len(y)) % 3 != 0, -1, y)
    shared = covariance_type
    if kind == "DA":  # as in mclust, components of a class alone share a covariance
        shared = dict.fromkeys(np.unique(y).tolist(), covariance_type)
    ours = MixtureClassifier(2 if kind == "DA" else 1, covariance_type=shared, **options)
    seconds, _ = timed(lambda: ours.fit(X, labels))
    predicting, predicted = timed(lambda: ours.predict(X))
    log_likelihood = ours.score_samples(X).sum()
    if kind == "SSC":
        log_likelihood = ours.report_.log_likelihood
    if ours.report_.n_collapsed:  # a likelihood without bound says nothing
        log_likelihood = None
    lines = [("mixclust", seconds, predicting, log_likelihood, np.mean(predicted != y))]
    if kind == "EDDA" and covariance_type in PEERS:
        theirs = PEERS[covariance_type]()
        seconds, _ = timed(lambda: theirs.fit(X, y))
        predicting, predicted = timed(lambda: theirs.predict(X))
        lines.append(("scikit-learn", seconds, predicting, None, np.mean(predicted != y)))
    return (X, labels, MODEL_NAMES[covariance_type], kind), lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="no large table for mclust")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    bench.print_machine()
    print("One thread in this script.")
    version, load = installed_version(), bench.OtherLoad()
    if version is None:
        print("mclust is not installed: left out.")
    tasks, owners, found = [], [], []
    for name, X, y, asks_mclust in tables(arguments.quick):
        kinds = ("EDDA", "DA", "SSC") if len(X) < 1000 else ("EDDA",)
        for kind in kinds:
            for covariance_type in MODEL_NAMES:
                task, lines = rows_of_tasks(name, X, y, kind, covariance_type)
                if version and asks_mclust:
                    tasks.append(task)
                    owners.append(len(found))
                found.append((f"{name}, {kind}, {covariance_type}", lines))
    if tasks:
        for owner, (value, seconds, predicting) in zip(owners, ask_mclust(tasks), strict=True):
            found[owner][1].append((f"mclust {version}", seconds, predicting, value, None))
    print(
        f"\nMilliseconds of a fit and of a prediction of all rows; other load {load.percent()} %\n"
    )
    lines = []
    for name, answers in found:
        first = answers[0]
        for library, seconds, predicting, value, error in answers:
            lines.append(
                [
                    name,
                    library,
                    f"{1e3 * seconds:.3g}",
                    f"{seconds / first[1]:.1f}",
                    f"{1e3 * predicting:.3g}",
                    f"{predicting / first[2]:.1f}",
                    "" if value is None else f"{value:.6f}",
                    "" if error is None else f"{error:.4f}",
                ]
            )
    bench.print_table(
        ["table, fit, model", "library", "fit", "ratio", "predict", "ratio", "log-likelihood",
         "error"],
        lines,
    )  # fmt: skip


if __name__ == "__main__":
    main()
