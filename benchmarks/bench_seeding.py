"""Seeding: greedy k-means++ and whole fits of many starts, with the potential beside the time.

    python benchmarks/bench_seeding.py [--only NAME,...] [--rounds N] [--cpu] [--against PYTHON]

"potential" is the inertia of the seeds, or of the fit. Peers: oneDAL and scikit-learn (greedy, with
as many trials) and faiss (plain k-means++, one candidate a step, float32). ``--against PYTHON``
measures another build of mixclust, the interpreter of its environment, in the same rounds; "bits"
says whether its seeds or centres are the same. ``--cpu`` counts the seconds of all threads.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys

from bench_builds import Worker, measure

N_THREADS = 2
MIN_SECONDS = 0.05  # of a measurement
OURS = "mixclust"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="beginnings of names of rows, with commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds of all threads")
    parser.add_argument("--against", metavar="PYTHON", help="interpreter of another build")
    options = parser.parse_args()
    workers = {OURS: start(sys.executable, OURS)}
    if options.against:
        workers["against"] = start(options.against, OURS)
    workers |= {name: start(sys.executable, name) for name in ("oneDAL", "faiss", "sklearn")}
    missing = [name for name, worker in workers.items() if not worker.ask("present")]
    for name in workers[OURS].ask("names"):
        if name.startswith(tuple(options.only.split(","))):
            compare(name, workers, options)
    if missing:
        print("\nNot installed, so not compared with:", ", ".join(missing))


def start(python, library):
    """Start a process for a build or library."""
    names = ("MIXCLUST_NUM_THREADS", "OMP_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(N_THREADS))
    stderr = subprocess.DEVNULL if library == "oneDAL" else None
    return Worker(python, __file__, "--worker", library, env=environment, stderr=stderr)


def compare(name, workers, options):
    """Measure one row on all builds and libraries, in interleaved rounds, and print it."""
    answers = {label: worker.ask("make", name) for label, worker in workers.items()}
    seconds = {label: [] for label, answer in answers.items() if answer is not None}
    for i in range(options.rounds):
        for label in seconds if i % 2 == 0 else reversed(seconds):
            seconds[label].append(workers[label].ask("measure", options.cpu))
    print(f"\n{name}")
    for label, times in seconds.items():
        answer = answers[label]
        ratio = statistics.median(b / a for a, b in zip(seconds[OURS], times, strict=True))
        bits = "same bits" if answer["bits"] == answers[OURS]["bits"] else ""
        time_ms = 1e3 * statistics.median(times)
        print(
            f"  {label:10}{time_ms:10.3g} ms{ratio:8.2f}x  potential {answer['value']:.9g}  {bits}",
            flush=True,
        )


# ---------------------------------------------------------------------------- in a worker


def work(library):
    """Answer the questions on standard input, one in each line."""
    import warnings

    warnings.simplefilter("ignore")
    rows, make_call, call = tasks(), load_library(library), None
    for line in sys.stdin:
        question, *arguments = json.loads(line)
        if question == "present":
            answer = make_call is not None
        elif question == "names":
            answer = list(rows)
        elif question == "make":
            make, k, n_init = rows[arguments[0]]
            X = make()
            call = None if make_call is None else make_call(X, k, n_init)
            answer = None if call is None else describe(X, call())
        else:
            answer = measure(call, *arguments, MIN_SECONDS)
        print(json.dumps(answer), flush=True)


def describe(X, centers):
    """Compute the inertia of centres in float64, and a hash of them."""
    import numpy as np

    centers = np.asarray(centers, dtype=np.float64)
    squares, value = (centers**2).sum(axis=1), 0.0
    for rows in np.array_split(X, -(-len(X) // 4096)):
        rows = rows.astype(np.float64)
        nearest = (squares - 2 * rows @ centers.T).argmin(axis=1)
        value += float(((rows - centers[nearest]) ** 2).sum())
    return {"value": value, "bits": hashlib.sha256(np.ascontiguousarray(centers)).hexdigest()}


def load_library(library):
    """Return the function that makes the call of a row, or None if the library is missing."""
    return {OURS: load_mixclust, "oneDAL": load_onedal, "faiss": load_faiss}.get(
        library, load_sklearn
    )()


def load_mixclust():
    import mixclust

    def make(X, k, n_init):
        if n_init:
            return lambda: mixclust.KMeans(k, n_init=n_init, random_state=0).fit(X).cluster_centers_
        return lambda: mixclust.kmeans_plusplus(X, k, random_state=0)[0]

    return make


def load_sklearn():
    try:
        from sklearn import cluster
    except ImportError:
        return None

    def make(X, k, n_init):
        if n_init:
            return lambda: cluster.KMeans(k, n_init=n_init, random_state=0).fit(X).cluster_centers_
        if len(X) * k > 5e7:  # minutes
            return None
        return lambda: cluster.kmeans_plusplus(X, k, random_state=0)[0]

    return make


def load_onedal():
    try:
        import daal4py
        from onedal import cluster
    except ImportError:
        return None
    import math

    daal4py.daalinit(N_THREADS)

    def make(X, k, n_init):
        if n_init:
            return None
        n_trials = 2 + int(math.log(k))
        return lambda: cluster.kmeans_plusplus(X, k, random_state=0, n_local_trials=n_trials)[0]

    return make


def load_faiss():
    try:
        import faiss
    except ImportError:
        return None
    faiss.omp_set_num_threads(N_THREADS)
    if not hasattr(faiss, "ClusteringInitMethod_KMEANS_PLUS_PLUS"):
        return None
    import numpy as np

    def make(X, k, n_init):
        if n_init or X.dtype != np.float32:
            return None

        def call():
            start = faiss.ClusteringInitialization(X.shape[1], k)
            start.method = faiss.ClusteringInitMethod_KMEANS_PLUS_PLUS
            start.seed = 0
            centers = np.empty((k, X.shape[1]), dtype=np.float32)
            start.init_centroids(len(X), faiss.swig_ptr(X), faiss.swig_ptr(centers))
            return centers

        return call

    return make


def tasks():
    """List the rows by name: the function that makes X, clusters, and `n_init` of fits or 0."""
    rows = {}
    for bits in (32, 64):
        dtype = f"f{bits // 8}"
        rows[f"seed-32-f{bits}"] = (lambda dtype=dtype: blobs(200_000, 32, 200, dtype), 200, 0)
        rows[f"seed-photo-f{bits}"] = (lambda dtype=dtype: pixels(dtype), 256, 0)
    rows["seed-2-blobs"] = (lambda: blobs(1_000_000, 2, 50, "f4", 5.0), 50, 0)
    rows["seed-3-uniform"] = (lambda: uniform(1_000_000, 3), 1000, 0)
    rows["seed-8-noise"] = (lambda: blobs(200_000, 8, 1, "f4"), 200, 0)
    rows["seed-16-noise"] = (lambda: blobs(200_000, 16, 1, "f4"), 200, 0)
    rows["seed-128-noise"] = (lambda: blobs(50_000, 128, 1, "f4"), 200, 0)
    rows["seed-64-apart"] = (lambda: blobs(100_000, 64, 200, "f4", 10.0), 200, 0)
    for n_init in (1, 10, 100):
        rows[f"fit-iris-{n_init}"] = (iris, 3, n_init)
        rows[f"fit-1000-8-{n_init}"] = (lambda: blobs(1000, 8, 8, "f8", 2.0), 10, n_init)
    return rows


def blobs(n, d, k, dtype, spread=1.0):
    import numpy as np

    rng = np.random.default_rng(0)
    centers = rng.normal(scale=spread, size=(k, d))
    return (centers[rng.integers(k, size=n)] + rng.normal(size=(n, d))).astype(dtype)


def uniform(n, d):
    import numpy as np

    return np.random.default_rng(0).uniform(size=(n, d)).astype("f4")


def pixels(dtype):
    import numpy as np
    from sklearn.datasets import load_sample_images

    return np.concatenate([i.reshape(-1, 3) for i in load_sample_images().images]).astype(dtype)


def iris():
    from sklearn.datasets import load_iris

    return load_iris().data


if __name__ == "__main__":
    work(sys.argv[2]) if "--worker" in sys.argv else main()
