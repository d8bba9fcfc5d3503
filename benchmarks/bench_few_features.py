"""k-means on rows of few features: pixels and coordinates, two builds and peers beside.

    python benchmarks/bench_few_features.py [--against PYTHON] [--peers] [--only NAME,...] [--cpu]

`--against` takes the interpreter of another environment: rounds are interleaved, A B B A ..., and
"ratio" is the median over the rounds of its time over the time of this build. `--peers` adds
scikit-learn, scikit-learn-intelex and faiss where they are installed. `--cpu` counts the seconds of
all threads, which other processes disturb less. All use two threads. The inertia of each answer, or
the sum of its labels, is printed beside the time.
"""

import argparse
import json
import os
import statistics
import sys

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MIXCLUST_NUM_THREADS"):
    os.environ[_variable] = "2"

import numpy as np  # noqa: E402
from bench_builds import Worker, measure  # noqa: E402

MIN_SECONDS = 0.2  # of a measurement


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", metavar="PYTHON", help="interpreter with another build")
    parser.add_argument("--peers", action="store_true", help="other libraries beside")
    parser.add_argument("--only", default="", help="beginnings of names of rows, with commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds of all threads")
    options = parser.parse_args()
    workers = {"this build": Worker(sys.executable, __file__, "--worker", "mixclust")}
    if options.against:
        workers["other build"] = Worker(options.against, __file__, "--worker", "mixclust")
    if options.peers:
        for peer in ("sklearn", "sklearnex", "faiss"):
            workers[peer] = Worker(sys.executable, __file__, "--worker", peer)
    for name, worker in workers.items():
        print(f"{name}: {worker.ask('about')}")
    for row in tasks():
        if row.startswith(tuple(options.only.split(","))):
            compare(workers, row, options)


def compare(workers, row, options):
    """Measure one row in all processes, by turns, and print the times and the answers."""
    answers = {name: worker.ask("make", row) for name, worker in workers.items()}
    seconds = {name: [] for name, answer in answers.items() if answer is not None}
    for i in range(options.rounds):
        for name in seconds if i % 2 == 0 else reversed(seconds):
            seconds[name].append(workers[name].ask("measure", options.cpu))
    print(f"\n{row}")
    for name, answer in answers.items():
        if answer is None:
            print(f"  {name:12} not installed, or not for this work")
            continue
        ratios = [b / a for a, b in zip(seconds["this build"], seconds[name], strict=True)]
        median = 1e3 * statistics.median(seconds[name])
        print(f"  {name:12}{median:10.1f} ms  ratio {statistics.median(ratios):6.2f}  {answer}")
    sys.stdout.flush()


# ---------------------------------------------------------------------------- in a worker


def work(library):
    """Answer the questions on standard input, one in each line."""
    import warnings

    warnings.simplefilter("ignore")
    try:
        fit, predict, about = globals()[f"calls_of_{library}"]()
    except ImportError:
        fit = predict = None
        about = "not installed"
    call = None
    for line in sys.stdin:
        question, *arguments = json.loads(line)
        if question == "about":
            answer = about
        elif question == "make":
            call, answer = make(tasks()[arguments[0]], fit, predict)
        else:
            answer = measure(call, *arguments, MIN_SECONDS)
        print(json.dumps(answer), flush=True)


def make(task, fit, predict):
    """Make the call of a task, and a description of its answer; both None if a library has none."""
    X, start, max_iter, tol = task()
    if max_iter == 0:
        call = predict and predict(X, start)
        if call is None:
            return None, None
        labels = np.asarray(call())
        return call, f"sum of labels {labels.sum()}"
    call = fit and fit(X, start, max_iter, tol)
    if call is None:
        return None, None
    centers, n_iter = call()
    return call, f"inertia {inertia(X, centers):.9g} after {n_iter}"


def inertia(X, centers):
    """Sum of the squared distances to the nearest centre, from differences in float64."""
    from scipy.spatial import cKDTree

    distances, _ = cKDTree(centers.astype(float)).query(X.astype(float))
    return float(np.square(distances).sum())


def calls_of_mixclust():
    import mixclust

    return *estimator_calls(mixclust.KMeans), f"mixclust in {os.path.dirname(mixclust.__file__)}"


def calls_of_sklearn():
    import sklearn
    from sklearn.cluster import KMeans

    return *estimator_calls(KMeans), f"scikit-learn {sklearn.__version__}"


def calls_of_sklearnex():
    import importlib.metadata

    from sklearnex.cluster import KMeans

    version = importlib.metadata.version("scikit-learn-intelex")
    return *estimator_calls(KMeans), f"scikit-learn-intelex {version}"


def estimator_calls(KMeans):
    def fit(X, start, max_iter, tol):
        def call():
            model = KMeans(len(start), init=start, n_init=1, max_iter=max_iter, tol=tol).fit(X)
            return model.cluster_centers_, model.n_iter_

        return call

    def predict(X, start):
        model = KMeans(len(start), init=start, n_init=1, max_iter=1).fit(start)
        return lambda: model.predict(X)

    return fit, predict


def calls_of_faiss():
    import faiss

    faiss.omp_set_num_threads(2)

    def fit(X, start, max_iter, tol):
        if X.dtype != np.float32:
            return None

        def call():
            model = faiss.Kmeans(
                X.shape[1],
                len(start),
                niter=max_iter,
                min_points_per_centroid=1,
                max_points_per_centroid=len(X),
            )
            model.train(X, init_centroids=start)
            return model.centroids, max_iter

        return call

    return fit, None, f"faiss {faiss.__version__}, always all iterations"


# ---------------------------------------------------------------------------- work


def tasks():
    """List the rows by name: each makes data, start, iterations (0: predict) and tolerance."""
    found = {}
    for bits in ("f4", "f8"):
        for k in (64, 256):
            found[f"pixels-{k}-{bits}"] = lambda k=k, bits=bits: pixels(k, bits)
        found[f"blobs-2-{bits}"] = lambda bits=bits: blobs(1_000_000, 2, 50, bits, 5.0)
    found["uniform-3"] = lambda: uniform(1_000_000, 3, 1000, "f4", 300)
    found["blobs-3-predict"] = lambda: blobs(1_000_000, 3, 1000, "f4", 5.0, 0)
    found["many-centers"] = lambda: uniform(100_000, 2, 20_000, "f8", 5)
    found["blobs-8"] = lambda: blobs(500_000, 8, 100, "f4", 1.0)
    found["noise-8"] = lambda: blobs(500_000, 8, 100, "f4", 0.0, 20)
    found["noise-5"] = lambda: blobs(500_000, 5, 50, "f4", 0.0, 20)
    found["outlier-2"] = lambda: with_outlier(blobs(1_000_000, 2, 50, "f4", 5.0))
    found["small-2"] = lambda: blobs(40_000, 2, 16, "f8", 5.0)
    return found


def pixels(k, dtype):
    """The pixels of two photographs; the start lies off the grid of whole numbers, without ties."""
    from sklearn.datasets import load_sample_images

    X = np.concatenate([image.reshape(-1, 3) for image in load_sample_images().images])
    start = distinct_rows(X, k) + np.random.default_rng(2).uniform(-0.5, 0.5, (k, 3))
    return X.astype(dtype), start.astype(dtype), 20, 0.0


def blobs(n, d, k, dtype, spread, max_iter=300):
    """Overlapping round clusters: standard normal around centres of deviation `spread`."""
    rng = np.random.default_rng(0)
    centers = rng.normal(scale=spread, size=(k, d))
    X = rng.normal(size=(n, d))
    X += centers[rng.integers(k, size=n)]
    X = X.astype(dtype)
    return X, distinct_rows(X, k), max_iter, 1e-4 if spread else 0.0


def uniform(n, d, k, dtype, max_iter):
    X = np.random.default_rng(1).random((n, d)).astype(dtype)
    return X, X[:k].copy(), max_iter, 1e-4


def with_outlier(task):
    X, *rest = task
    X[5] = 1e4
    return X, *rest


def distinct_rows(X, k):
    chosen = np.random.default_rng(1).choice(len(X), size=50 * k, replace=50 * k > len(X))
    _, first = np.unique(X[chosen], axis=0, return_index=True)
    return X[chosen[np.sort(first)[:k]]].copy()


if __name__ == "__main__":
    work(sys.argv[-1]) if "--worker" in sys.argv else main()
