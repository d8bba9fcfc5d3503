"""Shapes of data that could slow k-means down, beside plain data of the same size.

    python benchmarks/bench_cliffs.py [--only NAME,...] [--rounds N] [--against PYTHON]

A shape should cost no more than blobs of its size: an outlier, heavy tails, columns with offsets,
copies of rows and centres, one feature, very many centres. Each row shows five iterations from a
given start and `predict`, in ns of CPU time for each row, centre and feature, on one thread (of a
fit, for each of its passes: one an iteration, and one for the last labels), and how many times the
plain data take; the inertia; and how many labels of `predict` are not nearest
centres by NumPy's float64. The plain data of one feature are of three features.

PYTHON is the interpreter of another environment with another build. The times of the other build
follow; "ratio" is each of them over the time of this build. The rounds of both builds are
interleaved, and the least time of each counts.
"""

import argparse
import json
import os
import sys
import warnings

os.environ["MIXCLUST_NUM_THREADS"] = "1"

import numpy as np
from bench_builds import Worker

N_ROWS = 100_000


def blobs(d=8, n_blobs=64, dtype="f4", n=N_ROWS, spread=1.0, size=10.0):
    """Draw rows about points that are spread evenly in a box."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-size, size, (n_blobs, d))
    return (points[rng.integers(n_blobs, size=n)] + spread * rng.normal(size=(n, d))).astype(dtype)


def normal(n, d, dtype="f4"):
    return np.random.default_rng(1).normal(size=(n, d)).astype(dtype)


def with_entry(value):
    X = blobs()
    X[5] = value
    return X


def with_offset(n_offsets, dtype="f4", X=None, offset=1e6):
    """Add to one column a random multiple of an offset, which differs between rows."""
    X = blobs(dtype=dtype) if X is None else X
    X[:, 3] += (offset * np.random.default_rng(2).integers(n_offsets, size=len(X))).astype(X.dtype)
    return X


def with_wrong_entries():
    X, rng = blobs(dtype="f8"), np.random.default_rng(3)
    wrong = rng.random(len(X)) < 0.01
    X[wrong] *= 10.0 ** rng.uniform(3, 9, (wrong.sum(), 1))
    return X


def copies(n_rows, dtype="f4"):
    return blobs(dtype=dtype)[np.random.default_rng(4).integers(n_rows, size=N_ROWS)]


def cauchy_rows():
    rng = np.random.default_rng(5)
    return (rng.normal(size=(N_ROWS, 8)) / abs(rng.normal(size=(N_ROWS, 1)))).astype("f4")


def student():
    return np.random.default_rng(6).standard_t(1, (N_ROWS, 8)).astype("f4")


def wide(change=None):
    X = blobs(64)
    return X if change is None else change(X)


PLAIN = {
    "blobs": (blobs, 64),
    "blobs f8": (lambda: blobs(dtype="f8"), 64),
    "64 features": (wide, 64),
    "3 features": (lambda: normal(40_000, 3), 1000),
    "2 features f8": (lambda: normal(25_000, 2, "f8"), 1000),
}

SHAPES = {
    "entries of 1e4": (lambda: with_entry(1e4), 64, "blobs"),
    "entries of 1e20": (lambda: with_entry(1e20), 64, "blobs"),
    "Student t, 1 degree": (student, 64, "blobs"),
    "Cauchy rows": (cauchy_rows, 64, "blobs"),
    "1 % wrong entries f8": (with_wrong_entries, 64, "blobs f8"),
    "two offsets": (lambda: with_offset(2), 64, "blobs"),
    "two offsets f8": (lambda: with_offset(2, "f8"), 64, "blobs f8"),
    "two offsets, normal": (lambda: with_offset(2, X=normal(N_ROWS, 8)), 64, "blobs"),
    "12 offsets f8": (lambda: with_offset(12, "f8"), 64, "blobs f8"),
    "50 offsets f8": (lambda: with_offset(50, "f8"), 64, "blobs f8"),
    "two offsets of 1e12 f8": (lambda: with_offset(2, "f8", offset=1e12), 64, "blobs f8"),
    "8 tight blobs": (lambda: blobs(8, 8, "f8", spread=1e-3, size=1e4), 64, "blobs f8"),
    "64 tight blobs": (lambda: blobs(8, 64, "f8", spread=1e-3, size=1e4), 64, "blobs f8"),
    "constant": (lambda: np.full((N_ROWS, 8), 0.1, "f4"), 64, "blobs"),
    "copies of 50 rows": (lambda: copies(50), 64, "blobs"),
    "copies of 2000 rows f8": (lambda: copies(2000, "f8"), 64, "blobs f8"),
    "whole numbers": (lambda: (4 * abs(normal(N_ROWS, 8))).round(), 64, "blobs"),
    "two offsets, 64": (lambda: wide(lambda X: with_offset(2, X=X)), 64, "64 features"),
    "1 feature": (lambda: normal(40_000, 1), 1000, "3 features"),
    "20,000 centres f8": (lambda: normal(25_000, 2, "f8"), 20_000, "2 features f8"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="beginnings of names of shapes, with commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", metavar="PYTHON", help="another environment: its times")
    options = parser.parse_args()
    workers = [
        Worker(python, __file__, "--worker")
        for python in (sys.executable, options.against)
        if python
    ]
    for worker in workers:
        print(worker.ask("about"))
    head = f"{'':24}{'fit':>8}{'times':>7}{'predict':>9}{'times':>7}"
    if options.against:
        head += f"{'other fit':>12}{'ratio':>7}{'predict':>9}{'ratio':>7}"
    print(f"\n{head}  inertia, labels that are not nearest")
    for name, (_, _, plain) in SHAPES.items():
        if name.startswith(tuple(options.only.split(","))):
            compare(workers, name, plain, options.rounds)


def compare(workers, name, plain, n_rounds):
    """Measure a shape and its plain data in all builds, and print the row."""
    answers = [[worker.ask("make", each) for each in (plain, name)][1] for worker in workers]
    times = np.full((len(workers), 2, 2), np.inf)
    for _ in range(n_rounds):
        for w, worker in enumerate(workers):
            for i, each in enumerate((plain, name)):
                times[w, i] = np.minimum(times[w, i], worker.ask("measure", each))
    row = f"{name:24}"
    for t in range(2):
        row += f"{times[0, 1, t]:{8 + t}.3f}{times[0, 1, t] / times[0, 0, t]:7.2f}"
    for t in range(2 if len(workers) > 1 else 0):
        row += f"{times[1, 1, t]:{12 - 3 * t}.3f}{times[1, 1, t] / times[0, 1, t]:7.2f}"
    print(row + "  " + " | ".join(dict.fromkeys(answers)), flush=True)


# ---------------------------------------------------------------------------- in a worker


def work():
    """Answer the questions on standard input, one in each line."""
    import mixclust

    warnings.simplefilter("ignore")
    made = {}
    for line in sys.stdin:
        question, *names = json.loads(line)
        if question == "about":
            answer = f"{sys.executable}: mixclust in {os.path.dirname(mixclust.__file__)}"
        elif question == "make":
            name = names[0]
            made = {key: made[key] for key in made if key in PLAIN}
            if name not in made:
                made[name] = make(name)
            answer = describe(*made[name])
        else:
            answer = measure(*made[names[0]])
        print(json.dumps(answer), flush=True)


def make(name):
    """Make the rows of a name, and the model with its start."""
    from mixclust import KMeans

    build, n_clusters = (PLAIN | SHAPES)[name][:2]
    X = build()
    chosen = np.random.default_rng(7).choice(len(X), n_clusters, replace=False)
    return X, KMeans(n_clusters, init=X[chosen].astype("f8"), max_iter=5, tol=0).fit(X)


def describe(X, model):
    """Describe a fit by its inertia, and by the number of labels that are not nearest."""
    centers, labels, n_wrong = model.cluster_centers_.astype("f8"), model.predict(X), 0
    for lo in range(0, len(X), 500):
        rows = X[lo : lo + 500].astype("f8")
        squares = sum((rows[:, j, None] - centers[:, j]) ** 2 for j in range(X.shape[1]))
        chosen = squares[np.arange(len(rows)), labels[lo : lo + 500]]
        n_wrong += int((chosen > squares.min(axis=1) * (1 + 1e-13)).sum())
    return f"{model.inertia_:.9g} {n_wrong}"


def measure(X, model):
    """Measure a fit and `predict`, in ns a row, centre and feature; of a fit, for each pass."""
    from time import process_time

    begin = process_time()
    model.fit(X)
    middle = process_time()
    model.predict(X)
    pairs = 1e-9 * X.size * model.n_clusters
    return (middle - begin) / pairs / (model.n_iter_ + 1), (process_time() - middle) / pairs


if __name__ == "__main__":
    work() if "--worker" in sys.argv else main()
