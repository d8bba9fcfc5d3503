"""Two builds of mixclust against each other: times, answers and bits of the same work.

    python benchmarks/bench_against.py PYTHON_A PYTHON_B [--only NAME,...] [--rounds N] [--cpu]

PYTHON_A and PYTHON_B are interpreters of two environments with different builds, the older one
first; both need scikit-learn for its data sets. Each build works in a process of its own. Rounds
are interleaved, A B B A A B ..., and a short call is repeated until it fills 50 ms. "A/B" is the
median of the ratios of the rounds: above 1, B is faster. "bits" says whether all arrays of the
answers are equal. `--cpu` counts the seconds of all threads, which other processes disturb less.

The file uses no other file of this folder, so that a copy of it runs beside any build: it draws its
own data and sets the number of threads itself.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time

MIN_SECONDS = 0.05  # of a measurement


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pythons", nargs=2, metavar="PYTHON")
    parser.add_argument("--only", default="", help="beginnings of names of rows, with commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds of all threads")
    options = parser.parse_args()
    workers = [Worker(python) for python in options.pythons]
    for worker in workers:
        print(worker.ask("about"))
    prefixes = tuple(options.only.split(","))
    ratios = []
    print(f"\n{'':26}{'A':>10}{'B':>10}{'A/B':>7}  {'bits':6}answers")
    for name in workers[0].ask("names"):
        if name.startswith(prefixes):
            ratios.append(compare(workers, name, options))
    mean = statistics.geometric_mean(ratios)
    print(f"\n{len(ratios)} rows, geometric mean {mean:.3f}, least {min(ratios):.3f}")


def compare(workers, name, options):
    """Measure one row on both builds, print it, and return the ratio of their times."""
    answers = [worker.ask("make", name) for worker in workers]
    seconds = [[], []]
    for i in range(options.rounds):
        for w in (0, 1) if i % 2 == 0 else (1, 0):
            seconds[w].append(workers[w].ask("measure", options.cpu))
    ratio = statistics.median(a / b for a, b in zip(*seconds, strict=True))
    medians = [statistics.median(times) for times in seconds]
    bits = "same" if answers[0]["bits"] == answers[1]["bits"] else "other"
    values = " ".join(dict.fromkeys(answer["value"] for answer in answers))
    times = "".join(f"{1e3 * median:9.3g}m" for median in medians)
    print(f"{name:26}{times}{ratio:7.3f}  {bits:6}{values}", flush=True)
    return ratio


class Worker:
    """A process with one build, which answers questions in lines of JSON."""

    def __init__(self, python):
        self.process = subprocess.Popen(
            [python, "-P" if sys.version_info >= (3, 11) else "-s", __file__, "--worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"MIXCLUST_NUM_THREADS": "2"},
        )

    def ask(self, *question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("a worker ended; see its message above")
        return json.loads(answer)


# ---------------------------------------------------------------------------- in a worker


def work():
    """Answer the questions on standard input, one in each line."""
    import warnings

    warnings.simplefilter("ignore")
    rows, call = tasks(), None
    for line in sys.stdin:
        question, *arguments = json.loads(line)
        if question == "about":
            import mixclust

            answer = f"{sys.executable}: mixclust in {os.path.dirname(mixclust.__file__)}"
        elif question == "names":
            answer = list(rows)
        elif question == "make":
            call = rows[arguments[0]]()
            answer = describe(call())
        else:
            answer = measure(call, *arguments)
        print(json.dumps(answer), flush=True)


def measure(call, of_cpu):
    """Measure the seconds of a call, averaged over as many calls as take `MIN_SECONDS`."""
    clock = time.process_time if of_cpu else time.perf_counter
    begin, n_calls = clock(), 0
    while True:
        call()
        n_calls += 1
        elapsed = clock() - begin
        if elapsed > MIN_SECONDS:
            return elapsed / n_calls


def describe(found):
    """Describe an answer by one number, and by a hash of all its arrays."""
    import numpy as np

    if hasattr(found, "fit"):
        arrays = [value for _, value in sorted(vars(found).items()) if type(value) is np.ndarray]
        value = getattr(found, "inertia_", None)
        value = found.lower_bound_ if value is None else value
        value = f"{value:.9g} after {found.n_iter_}"
    else:
        arrays = [np.asarray(found)]
        value = f"{np.asarray(found, dtype=float).sum():.9g}"
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array))
    return {"value": value, "bits": digest.hexdigest()}


def tasks():
    """List the rows by name; each value makes the call to measure."""
    rows = {}
    for k in (16, 64, 256):
        rows[f"kmeans-photo-{k}"] = lambda k=k: plain(pixels(), k)
    rows["kmeans-500k-16"] = lambda: plain(noise(500_000, 16), 100)
    rows["kmeans-30k-768"] = lambda: plain(noise(30_000, 768), 500, max_iter=4)
    rows["kmeans-converge-2"] = lambda: converge(noise(300_000, 2, "f8"), 50)
    rows["kmeans-converge-8"] = lambda: converge(noise(100_000, 8), 200)
    rows["kmeans-plusplus"] = seeding
    for name in ("iris", "wine", "digits"):
        rows[f"kmeans-{name}"] = lambda name=name: whole(name)
    rows["kmeans-predict"] = lambda: predicting(noise(1_000_000, 16, "f8"))
    rows["kmeans-predict-row"] = lambda: predicting(noise(20_000, 16, "f8"), one=True)
    for kind in ("full", "tied", "diag", "spherical"):
        for dtype in ("f8", "f4"):
            rows[f"mixture-{kind}-{dtype}"] = lambda kind=kind, dtype=dtype: iterate(
                noise(200_000, 10, dtype), 20, kind
            )
    rows["mixture-diag-64"] = lambda: iterate(noise(500_000, 16), 64, "diag", 5)
    rows["mixture-full-wide"] = lambda: iterate(noise(20_000, 64, "f8"), 32, "full", 5)
    for name, n_components in (("iris", 3), ("wine", 3), ("breast_cancer", 2), ("digits", 110)):
        rows[f"mixture-{name}"] = lambda name=name, K=n_components: mixture(name, K)
    rows["mixture-proba"] = lambda: iterate(noise(1_000_000, 10, "f8"), 20, "full", 2, "proba")
    rows["mixture-proba-row"] = lambda: iterate(noise(20_000, 10, "f8"), 20, "full", 2, "row")
    return rows


def noise(n, d, dtype="f4"):
    """Draw overlapping clusters of several shapes."""
    import numpy as np

    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(n, d)), rng.integers(10, size=n)
    for k in range(10):
        shape = np.eye(d) + 0.3 * rng.normal(size=(d, d)) / np.sqrt(d)
        X[labels == k] = X[labels == k] @ shape + rng.normal(scale=1.5, size=d)
    return X.astype(dtype)


def pixels():
    import numpy as np
    from sklearn.datasets import load_sample_images

    return np.concatenate([i.reshape(-1, 3) for i in load_sample_images().images]).astype("f4")


def load(name):
    from sklearn import datasets

    return getattr(datasets, f"load_{name}")().data


def plain(X, k, max_iter=15):
    from mixclust import KMeans

    start = X[:: len(X) // k][:k] + 0.25
    return lambda: KMeans(k, init=start, tol=0, max_iter=max_iter, algorithm="lloyd").fit(X)


def converge(X, k):
    from mixclust import KMeans

    start = X[:: len(X) // k][:k].copy()
    return lambda: KMeans(k, init=start).fit(X)


def seeding():
    from mixclust import kmeans_plusplus

    X = noise(200_000, 32)
    return lambda: kmeans_plusplus(X, 100, random_state=0)[1]


def whole(name):
    from mixclust import KMeans

    X = load(name)
    return lambda: KMeans(10, n_init=10, random_state=0).fit(X)


def predicting(X, one=False):
    from mixclust import KMeans

    model = KMeans(100, init=X[:100].copy(), max_iter=2).fit(X)
    rows = X[:1].copy() if one else X
    return lambda: model.predict(rows)


def iterate(X, n_components, kind, max_iter=10, then=None):
    """Make a fit from given parameters, or a call of `predict_proba` after it."""
    import numpy as np

    from mixclust import GaussianMixture

    d, variance = X.shape[1], float(X.var(dtype="f8"))
    precisions = {
        "full": np.tile(np.eye(d) / variance, (n_components, 1, 1)),
        "tied": np.eye(d) / variance,
        "diag": np.full((n_components, d), 1 / variance),
        "spherical": np.full(n_components, 1 / variance),
    }
    model = GaussianMixture(
        n_components,
        covariance_type=kind,
        weights_init=np.full(n_components, 1 / n_components),
        means_init=X[:: len(X) // n_components][:n_components],
        precisions_init=precisions[kind],
        tol=0,
        max_iter=max_iter,
    )
    if then is None:
        return lambda: model.fit(X)
    model.fit(X)
    rows = X[:1].copy() if then == "row" else X
    return lambda: model.predict_proba(rows)


def mixture(name, n_components):
    """Make a fit with the default starts, and the same number of iterations in any build."""
    from mixclust import GaussianMixture

    X, init_params = load(name), "auto"
    if name == "digits":
        from sklearn.decomposition import PCA

        X, init_params = PCA(0.99, whiten=True, random_state=0).fit_transform(X), "kmeans"
    model = GaussianMixture(
        n_components, init_params=init_params, tol=0, max_iter=8, random_state=0
    )
    return lambda: model.fit(X)


if __name__ == "__main__":
    work() if "--worker" in sys.argv else main()
