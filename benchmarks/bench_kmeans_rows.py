"""The rows of bench_kmeans.py: data, start, work, and the ratio to reach."""

import bench_helpers as bench
import bench_kmeans_peers as peers
import numpy as np
from bench_kmeans_peers import ELKAN, EXACT, FAISS, ONEDAL, OPENCV, SKLEARN
from bench_report import Row, Task

PLAIN_ITERATIONS = 20
BEST = (*EXACT, FAISS, OPENCV)


def table():
    """List every row in the order of the report; data are made only when a row runs."""
    return [
        *plain_rows(),
        *converging_rows(),
        *seeding_rows(),
        *small_rows(),
        *predict_rows(),
        *sparse_rows(),
    ]


def plain_rows():
    for bits, ratios in (("32", (5, 5, 3)), ("64", (5, 7, 9))):
        for k, ratio in zip((16, 64, 256), ratios, strict=True):
            title = f"photograph pixels 546,560 x 3 float{bits}, k = {k}, 20 plain iterations"
            yield Row(f"photo-{k}-f{bits}", title, photo(k, f"float{bits}"), {BEST: ratio})
    for n, d, k, bits, ratio in (
        (500_000, 16, 100, "32", 3),
        (500_000, 16, 100, "64", 4),
        (100_000, 128, 1024, "32", 1.4),
        (30_000, 768, 1000, "32", 1.3),
    ):
        title = f"{n:,} x {d} float{bits}, k = {k}, 20 plain iterations"
        yield Row(f"plain-{d}-f{bits}", title, plain(n, d, k, f"float{bits}"), {BEST: ratio})


def converging_rows():
    for n, d, k, spread, bits in (
        (1_000_000, 2, 50, 5.0, "32"),
        (1_000_000, 2, 50, 5.0, "64"),
        (100_000, 8, 500, 1.0, "32"),
        (100_000, 16, 500, 1.0, "32"),
        (50_000, 64, 500, 0.5, "32"),
    ):
        title = f"{n:,} x {d} float{bits}, k = {k}, to convergence (tol = 1e-4)"
        targets = {EXACT: 5.0, (FAISS,): 2.5} if bits == "32" else {EXACT: 5.0}
        make = converging(n, d, k, f"float{bits}", spread)
        yield Row(f"converge-{d}-f{bits}", title, make, targets)


def seeding_rows():
    for bits in ("32", "64"):
        title = f"greedy k-means++ alone, 200,000 x 32 float{bits}, k = 200, 7 trials a step"
        yield Row(f"kpp-f{bits}", title, seeding(f"float{bits}"), {(ONEDAL,): 3.0})


def small_rows():
    for name, targets in (
        ("iris", {(OPENCV,): 1.0, (SKLEARN,): 25.0}),
        ("wine", {(OPENCV,): 1.0, (SKLEARN,): 25.0}),
        ("digits", {BEST: 3.0}),
    ):
        yield Row(f"small-{name}", f"{name}, whole fit, n_init = 10", small(name), targets)


def predict_rows():
    for bits in ("32", "64"):
        title = f"predict 1,000,000 x 16 float{bits}, k = 100"
        yield Row(f"predict-f{bits}", title, predicting(f"float{bits}"), {BEST: 2.0})
    title = "predict, one row at a time, 16 features float64, k = 100"
    yield Row("row-f64", title, predicting("float64", n_calls=200), {(SKLEARN,): 20.0})


def sparse_rows():
    for bits in ("32", "64"):
        title = f"CSR 20,000 x 5,000 float{bits}, 1 % full, k = 50, to convergence (tol = 0)"
        yield Row(f"csr-f{bits}", title, sparse(f"float{bits}"), {EXACT: 1.5})


def distinct_rows(X, k, seed=1):
    """Take `k` distinct rows as a start, the same for all."""
    chosen = np.random.default_rng(seed).choice(len(X), size=min(50 * k, len(X)), replace=False)
    _, first = np.unique(X[chosen], axis=0, return_index=True)
    return X[chosen[np.sort(first)[:k]]].copy()


def blobs(n, d, k, dtype, spread):
    """Draw `k` overlapping round blobs: standard normal around centres of deviation `spread`."""
    rng = np.random.default_rng(0)
    centers = rng.normal(scale=spread, size=(k, d))
    X = rng.normal(size=(n, d))
    X += centers[rng.integers(k, size=n)]
    return X.astype(dtype)


def photo(k, dtype):
    def make():
        from sklearn.datasets import load_sample_images

        X = np.concatenate([image.reshape(-1, 3) for image in load_sample_images().images])
        X = X.astype(dtype)
        start = distinct_rows(X, k)
        # Off the grid of whole numbers, on which libraries would break exact ties differently.
        start += np.random.default_rng(2).uniform(-0.5, 0.5, start.shape).astype(dtype)
        return plain_task(X, start)

    return make


def plain(n, d, k, dtype):
    def make():
        X = blobs(n, d, k, dtype, spread=0.0)  # Pure noise: many near ties, slow to settle.
        return plain_task(X, distinct_rows(X, k))

    return make


def plain_task(X, start):
    """Compare plain iterations: tol = 0, so that all make the same number."""
    calls = peers.fits(X, start, ours="lloyd", max_iter=PLAIN_ITERATIONS, tol=0.0)
    if X.dtype == np.float32 and len(start) <= 64:  # Far slower than all others beyond 64.
        calls[OPENCV] = peers.cv2 and peers.opencv_fit(X, start, PLAIN_ITERATIONS)
    del calls[ELKAN]  # Not plain.
    return Task(calls, inertia_on(X), "inertia", per="iteration")


def converging(n, d, k, dtype, spread):
    def make():
        X = blobs(n, d, k, dtype, spread)
        calls = peers.fits(X, distinct_rows(X, k), ours="auto", max_iter=300, tol=1e-4)
        return Task(calls, inertia_on(X), "inertia")

    return make


def seeding(dtype):
    def make():
        X = blobs(200_000, 32, 200, dtype, spread=1.0)
        return Task(peers.seedings(X, 200), inertia_on(X), "inertia", per="seeding")

    return make


def small(name):
    def make():
        from sklearn import datasets

        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        calls = peers.restarts(X, len(np.unique(y)), n_init=10)
        return Task(calls, inertia_on(X), "inertia")

    return make


def predicting(dtype, n_calls=None):
    def make():
        X = blobs(1_000_000 if n_calls is None else 10_000, 16, 100, dtype, spread=1.0)
        start = distinct_rows(X, 100)
        calls = peers.predictions(X, start, n_calls=n_calls)
        per, count = ("call", 1) if n_calls is None else ("row", n_calls)
        rows = X if n_calls is None else X[:n_calls]
        return Task(calls, wrong_labels_on(rows, start), "wrong labels", per=per, n_calls=count)

    return make


def sparse(dtype):
    def make():
        import scipy.sparse

        X = scipy.sparse.random(20_000, 5_000, 0.01, format="csr", dtype=dtype, random_state=0)
        rows = np.random.default_rng(1).choice(X.shape[0], size=50, replace=False)
        start = X[rows].toarray()
        calls = peers.fits(X, start, ours="auto", max_iter=300, tol=0.0)
        return Task(calls, inertia_on(X), "inertia")

    return make


def inertia_on(X):
    """Make a judge that computes the inertia of the returned centres."""
    return lambda answer: f"{bench.nearest(X, answer.centers)[1]:.8g}"


def wrong_labels_on(X, centers):
    """Make a judge that counts labels other than the nearest centre."""
    right = bench.nearest(X, centers)[0]
    return lambda answer: str(int(np.count_nonzero(answer.labels != right)))
