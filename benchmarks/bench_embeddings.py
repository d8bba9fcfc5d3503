"""K-means on many features, as embeddings have: CPU seconds of ten iterations, and the inertia.

    python benchmarks/bench_embeddings.py [--against PYTHON] [--only NAME,...] [--threads N]

1,000 clusters of 30,000 rows, ten iterations. Each library, and each build of mixclust, works in a
process of its own; rounds are interleaved. mixclust and faiss KMeans begin at the same 1,000 rows;
superkmeans and faiss's SuperKMeans draw their own, and their labels are approximate. `--against`
adds another build of mixclust, by the interpreter of its environment. `text` reads the sources of
NumPy, SciPy and scikit-learn: TF-IDF of pieces of twelve lines and 384 components of their SVD.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from bench_builds import Worker

N_ROWS, N_CLUSTERS, N_ITERATIONS, N_ROUNDS = 30_000, 1_000, 10, 3
LIBRARIES = ("mixclust", "superkmeans", "faiss", "faiss SuperKMeans")


def plane(spread, share, n_features=768, rank=48, n_centers=300):
    """Rows near a plane of `rank` dimensions around some centres, and a power-law spectrum on top.

    `spread` is the deviation of rows from their centre, `share` the variance of the spectrum, both
    over the variance of the centres. Rows have unit length.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(n_features, rank)))[0]
    labels = rng.integers(n_centers, size=N_ROWS)
    X = rng.normal(size=(n_centers, rank))[labels] + spread * rng.normal(size=(N_ROWS, rank))
    deviations = np.arange(1, n_features + 1) ** -0.5
    deviations *= np.sqrt(share * rank / np.sum(deviations**2))
    turn = np.linalg.qr(rng.normal(size=(n_features, n_features)))[0]
    X = X @ basis.T + (rng.normal(size=(N_ROWS, n_features)) * deviations) @ turn.T
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def noise():
    import numpy as np

    return np.random.default_rng(0).normal(size=(N_ROWS, 768))


def text():
    import numpy as np
    import scipy
    import sklearn
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    pieces = []
    for package in (np, scipy, sklearn):
        for path in sorted(Path(package.__file__).parent.rglob("*.py")):
            lines = path.read_text(encoding="utf-8", errors="ignore").split("\n")
            parts = ("\n".join(lines[i : i + 12]) for i in range(0, len(lines), 12))
            pieces += [part for part in parts if len(part) > 200]
    words = TfidfVectorizer(max_features=30_000, sublinear_tf=True, min_df=3).fit_transform(pieces)
    chosen = np.random.default_rng(0).choice(words.shape[0], N_ROWS, replace=False)
    X = TruncatedSVD(384, n_iter=2, random_state=0).fit_transform(words[chosen])
    return X / np.maximum(1e-12, np.linalg.norm(X, axis=1, keepdims=True))


DATA = {
    "tight plane": lambda: plane(0.5, 0.3),
    "wide plane": lambda: plane(1.0, 1.0),
    "text": text,
    "noise": noise,
}


# ---------------------------------------------------------------------------- fits


def fit_mixclust(X, start, n_threads):
    from mixclust import KMeans

    options = {"n_init": 1, "max_iter": N_ITERATIONS, "tol": 0, "n_threads": n_threads}
    return KMeans(len(start), init=start, **options).fit(X).cluster_centers_


def fit_superkmeans(X, start, n_threads):
    from superkmeans import SuperKMeans

    options = {"iters": N_ITERATIONS, "hierarchical": False, "sampling_fraction": 1.0}
    options |= {"max_points_per_cluster": len(X), "early_termination": False}
    return SuperKMeans(len(start), X.shape[1], n_threads=n_threads, **options).train(X)


def fit_faiss(X, start, n_threads):
    import faiss

    faiss.omp_set_num_threads(n_threads)
    options = {"niter": N_ITERATIONS, "max_points_per_centroid": len(X)}
    kmeans = faiss.Kmeans(X.shape[1], len(start), **options)
    kmeans.train(X, init_centroids=start)
    return kmeans.centroids


def fit_faiss_super(X, start, n_threads):
    import faiss

    faiss.omp_set_num_threads(n_threads)
    parameters = faiss.SuperKMeansParameters()
    parameters.niter, parameters.max_points_per_centroid = N_ITERATIONS, len(X)
    kmeans = faiss.SuperKMeans(X.shape[1], len(start), parameters)
    kmeans.train(X)
    return faiss.vector_to_array(kmeans.centroids).reshape(start.shape)


FITS = dict(
    zip(LIBRARIES, (fit_mixclust, fit_superkmeans, fit_faiss, fit_faiss_super), strict=True)
)


def serve(library):
    """Answer lines of JSON, each a path of rows and a number of threads, by a fit."""
    import time
    import warnings

    import numpy as np

    warnings.simplefilter("ignore")
    for line in sys.stdin:
        path, n_threads = json.loads(line)
        X = np.load(path)
        start = X[np.random.default_rng(1).choice(len(X), N_CLUSTERS, replace=False)]
        try:
            cpu, wall = time.process_time(), time.perf_counter()
            centers = FITS[library](X, start, n_threads)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            answer = {"cpu": cpu, "wall": wall, "inertia": inertia(X, np.asarray(centers))}
        except (ImportError, AttributeError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def inertia(X, centers):
    import numpy as np

    X, centers, total = X.astype(np.float64), centers.astype(np.float64), 0.0
    half_squares = np.einsum("kj,kj->k", centers, centers) / 2
    for lo in range(0, len(X), 4096):
        rows = X[lo : lo + 4096]
        nearest = np.argmin(half_squares - rows @ centers.T, axis=1)
        total += float(np.sum((rows - centers[nearest]) ** 2))
    return total


def start(library, python, n_threads):
    """Start a process that fits with one library."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MIXCLUST_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(n_threads))
    script = str(Path(__file__).resolve())
    return Worker(python, script, "--serve", library, cwd=tempfile.gettempdir(), env=environment)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", metavar="PYTHON", help="another build of mixclust")
    parser.add_argument("--only", default="", help="beginnings of names of data, with commas")
    parser.add_argument("--libraries", default="", help="beginnings of names, with commas")
    parser.add_argument("--threads", type=int, default=1, help="default: 1")
    parser.add_argument("--serve", metavar="LIBRARY", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    chosen = tuple(options.libraries.split(","))
    workers = {
        name: start(name, sys.executable, options.threads)
        for name in LIBRARIES
        if name.startswith(chosen)
    }
    if options.against:
        workers["other build"] = start("mixclust", options.against, options.threads)
    print(f"{options.threads} threads, median of {N_ROUNDS} rounds\n")
    print(f"{'data':12} {'library':18} {'CPU s':>7} {'wall s':>7} {'ratio':>6}  inertia")
    with tempfile.TemporaryDirectory() as folder:
        for name, make in DATA.items():
            if name.startswith(tuple(options.only.split(","))):
                compare(name, make(), workers, options.threads, Path(folder) / "X.npy")


def compare(name, X, workers, n_threads, path):
    """Time all workers on the same rows, and print the medians."""
    import numpy as np

    np.save(path, X.astype(np.float32))
    found = {library: [] for library in workers}
    for _ in range(N_ROUNDS):
        for library, worker in workers.items():
            if not (found[library] and "error" in found[library][0]):
                found[library].append(worker.ask(str(path), n_threads))
    cpu = {
        library: statistics.median(fit["cpu"] for fit in fits)
        for library, fits in found.items()
        if "error" not in fits[0]
    }
    for library, fits in found.items():
        if library not in cpu:
            print(f"{name:12} {library:18} {fits[0]['error']}")
            continue
        wall = statistics.median(fit["wall"] for fit in fits)
        ratio = cpu[library] / cpu["mixclust"] if "mixclust" in cpu else float("nan")
        print(
            f"{name:12} {library:18} {cpu[library]:7.2f} {wall:7.2f} {ratio:6.2f}  "
            f"{fits[-1]['inertia']:.7g}",
            flush=True,
        )


if __name__ == "__main__":
    main()
