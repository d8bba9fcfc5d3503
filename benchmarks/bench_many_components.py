"""Mixtures of many components, apart and overlapping, against another build and oneDAL.

    python benchmarks/bench_many_components.py [--against PYTHON] [--only NAME;...]
        [--rounds N] [--iterations N] [--cpu]

Milliseconds of an iteration of EM from a given start, the start's own work included, and the
log-likelihood reached. Clusters are normal, with means drawn `spread` standard deviations wide in
each feature. PYTHON is the interpreter of an environment with another build of mixclust, with which
rounds are interleaved; oneDAL (daal4py) takes part where it is installed in this environment. Two
threads for all. `--cpu` counts the seconds of all threads, which other processes disturb less.

Each build works in a process of its own, which runs this file.
"""

import bench_helpers  # isort: skip  It sets the number of threads, before NumPy loads.

import argparse
import json
import statistics
import sys
import time
import warnings

import bench_mixture_peers as peers
import numpy as np
from bench_builds import Worker

N_ITERATIONS = 10

ROWS = {
    # name: rows, features, components, covariance_type, spread of means, start, shape of clusters
    "full 100k x 16, K = 128, apart": (100_000, 16, 128, "full", 6.0, "near", "round"),
    "diag 100k x 16, K = 128, apart": (100_000, 16, 128, "diag", 6.0, "near", "round"),
    "diag 1M x 16, K = 64, apart": (1_000_000, 16, 64, "diag", 6.0, "near", "round"),
    "tied 100k x 16, K = 128, apart": (100_000, 16, 128, "tied", 6.0, "near", "round"),
    "spherical 100k x 16, K = 128, apart": (100_000, 16, 128, "spherical", 6.0, "near", "round"),
    "full 100k x 16, K = 128, apart, from rows": (100_000, 16, 128, "full", 6.0, "rows", "round"),
    "full 200k x 4, K = 64, apart": (200_000, 4, 64, "full", 20.0, "near", "round"),
    "full 50k x 50, K = 40, apart": (50_000, 50, 40, "full", 6.0, "near", "round"),
    "full 100k x 16, K = 64, heavy tails": (100_000, 16, 64, "full", 6.0, "near", "heavy"),
    "full 100k x 16, K = 64, touching": (100_000, 16, 64, "full", 2.0, "near", "round"),
    "diag 100k x 16, K = 64, touching": (100_000, 16, 64, "diag", 2.0, "near", "round"),
    "full 100k x 16, K = 64, overlapping": (100_000, 16, 64, "full", 1.0, "near", "round"),
    "diag 100k x 16, K = 64, overlapping": (100_000, 16, 64, "diag", 1.0, "near", "round"),
    "tied 100k x 16, K = 64, overlapping": (100_000, 16, 64, "tied", 1.0, "near", "round"),
    "diag 100k x 16, K = 64, one cluster": (100_000, 16, 64, "diag", 0.0, "rows", "round"),
    "full 20k x 8, K = 32, overlapping": (20_000, 8, 32, "full", 1.0, "near", "round"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", metavar="PYTHON")
    parser.add_argument("--only", default="", help="parts of names of rows, with semicolons")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=N_ITERATIONS)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    bench_helpers.print_machine()
    if peers.daal4py is None:
        print("oneDAL is not measured: daal4py is not installed\n")
    names = [n for n in ROWS if any(part in n for part in options.only.split(";"))]
    workers = {"mixclust": Worker(sys.executable, __file__, "--serve")}
    if options.against:
        workers["other"] = Worker(options.against, __file__, "--serve")
    table = []
    for name in names:
        table.append(measure(name, workers, options))
        print(*table[-1], sep="  ", flush=True)
    print()
    header = ["", *(f"{w} ms" for w in workers)]
    header += ["oneDAL ms"] if peers.daal4py else []
    header += [f"{w} log-likelihood" for w in workers]
    header += ["oneDAL log-likelihood"] if peers.daal4py else []
    header += ["other/mixclust"] if options.against else []
    bench_helpers.print_table(header, table)


def measure(name, workers, options):
    """One line of the table: interleaved rounds, A B B A ..., and the median of their ratios."""
    seconds = {worker: [] for worker in workers}
    likelihoods = {}
    names = list(workers)
    for i in range(options.rounds):
        for worker in names if i % 2 == 0 else names[::-1]:
            found = workers[worker].ask(name, options.iterations, "mixclust")
            seconds[worker].append(found["cpu" if options.cpu else "wall"])
            likelihoods[worker] = found["log_likelihood"]
    line = [name, *(f"{1e3 * statistics.median(s):.1f}" for s in seconds.values())]
    peer = None
    if peers.daal4py is not None and ROWS[name][3] in ("full", "diag"):
        peer = workers["mixclust"].ask(name, options.iterations, "oneDAL")
    if peers.daal4py is not None:
        line.append(f"{1e3 * peer['cpu' if options.cpu else 'wall']:.1f}" if peer else "-")
    line += [f"{likelihood:.9f}" for likelihood in likelihoods.values()]
    if peers.daal4py is not None:
        line.append(f"{peer['log_likelihood']:.9f}" if peer else "-")
    if options.against:
        pairs = zip(seconds["other"], seconds["mixclust"], strict=True)
        line.append(f"{statistics.median(a / b for a, b in pairs):.2f}")
    return line


def serve():
    """Measure fits that are asked for, until there are no more."""
    warnings.simplefilter("ignore")
    current, X, start = None, None, None
    for line in sys.stdin:
        name, n_iterations, library = json.loads(line)
        if name != current:
            current = name
            X, start = draw(*ROWS[name])
        calls = peers.iterations(X, start, ROWS[name][3], n_iterations)
        fit = calls[peers.ONEDAL if library == "oneDAL" else peers.OURS]
        begin, cpu = time.perf_counter(), time.process_time()
        answer = fit()
        wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
        n_iter = max(1, answer.n_iter)
        found = {
            "wall": wall / n_iter,
            "cpu": cpu / n_iter,
            "log_likelihood": peers.log_likelihood(X, answer),
        }
        print(json.dumps(found), flush=True)


def draw(n_samples, n_features, n_components, covariance_type, spread, start, shape):
    """Rows, and a start: weights, means and precisions.

    The start is near the clusters, or it has rows as means and the features' variances.
    """
    rng = np.random.default_rng(0)
    means = spread * rng.normal(size=(n_components, n_features))
    X = rng.normal(size=(n_samples, n_features))
    if shape == "heavy":  # Student's t with 3 degrees of freedom
        X /= np.sqrt(rng.chisquare(3, size=(n_samples, 1)) / 3)
    X += means[rng.integers(n_components, size=n_samples)]
    precision = np.ones(n_features)
    if start == "near":
        means = means + 0.3 * rng.normal(size=means.shape)
    else:
        means = X[rng.choice(n_samples, n_components, replace=False)]
        precision = 4 / X.var(axis=0)
    precisions = {
        "full": np.tile(np.diag(precision), (n_components, 1, 1)),
        "tied": np.diag(precision),
        "diag": np.tile(precision, (n_components, 1)),
        "spherical": np.full(n_components, precision.mean()),
    }[covariance_type]
    return X, (np.full(n_components, 1 / n_components), means, precisions)


if __name__ == "__main__":
    main()
