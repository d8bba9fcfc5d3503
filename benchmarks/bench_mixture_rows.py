"""The rows of bench_mixture.py: data, start, work, and the ratio to reach."""

import bench_helpers as bench
import bench_mixture_peers as peers
import numpy as np
from bench_mixture_peers import ONEDAL, SKLEARN
from bench_report import Row, Task


def table():
    """List every row in the order of the report; data are made only when a row runs."""
    return [*iteration_rows(), *whole_rows(), *predict_rows()]


def iteration_rows():
    for covariance_type, ratios in (
        ("full", {"64": {SKLEARN: 30, ONEDAL: 3}, "32": {SKLEARN: 25, ONEDAL: 3}}),
        ("tied", {"64": {SKLEARN: 60}, "32": {SKLEARN: 60}}),
        ("diag", {"64": {SKLEARN: 30, ONEDAL: 5}, "32": {SKLEARN: 20, ONEDAL: 5}}),
        ("spherical", {"64": {SKLEARN: 30}, "32": {SKLEARN: 20}}),
    ):
        for bits, targets in ratios.items():
            title = f"200,000 x 10 float{bits}, K = 20, {covariance_type}, 20 iterations"
            make = iterating(200_000, 10, 20, covariance_type, f"float{bits}", 20)
            yield Row(f"{covariance_type}-f{bits}", title, make, by_peer(targets))
    for covariance_type in ("tied", "diag"):
        yield Row(
            f"{covariance_type}-apart-f64",
            f"200,000 x 10 float64, K = 20, {covariance_type}, 1,000 deviations apart, "
            "20 iterations",
            iterating(200_000, 10, 20, covariance_type, "float64", 20, near=True, spread=1000.0),
            by_peer({SKLEARN: 30}),
        )
    yield Row(
        "large-diag-f32",
        "1,000,000 x 16 float32, K = 64, diag, 10 iterations",
        iterating(1_000_000, 16, 64, "diag", "float32", 10),
        by_peer({SKLEARN: 20, ONEDAL: 5}),
    )
    yield Row(
        "wide-full-f64",
        "20,000 x 64 float64, K = 32, full, 10 iterations",
        iterating(20_000, 64, 32, "full", "float64", 10, near=True),
        by_peer({ONEDAL: 2}),
    )


def whole_rows():
    yield Row(
        "small-digits",
        "digits, PCA 0.99 whitened, 110 full components, whole fit from k-means",
        digits,
        by_peer({SKLEARN: 12}),
    )
    for name, n_components, ratio in (("iris", 3, 20), ("breast_cancer", 2, 10)):
        title = f"{name}, K = {n_components}, full, whole fit with the defaults"
        yield Row(f"small-{name}", title, small(name, n_components), by_peer({SKLEARN: ratio}))


def predict_rows():
    for bits in ("32", "64"):
        title = f"predict_proba 1,000,000 x 10 float{bits}, K = 20, full"
        yield Row(f"proba-f{bits}", title, predicting(f"float{bits}"), by_peer({SKLEARN: 30}))
    title = "predict_proba, one row at a time, 10 features float64, K = 20, full"
    yield Row("row-f64", title, predicting("float64", 200), by_peer({SKLEARN: 15}))


def by_peer(targets):
    return {(peer,): ratio for peer, ratio in targets.items()}


def correlated_blobs(n, d, n_components, dtype, spread=2.0):
    """Draw clusters of different shapes; give the rows, and the cluster of each."""
    rng = np.random.default_rng(0)
    labels = rng.integers(n_components, size=n)
    X = bench.stretched_clusters(rng, labels, d, stretch=0.3, spread=spread)
    return X.astype(dtype), labels


def drawn_means(X, n_components):
    """Draw rows at random as the means of a start."""
    rng = np.random.default_rng(1)
    return X[rng.choice(len(X), n_components, replace=False)].astype(np.float64)


def start_of(X, means, covariance_type):
    """Give the weights, means and precisions of a start, the same for all libraries."""
    n_components, d = means.shape
    precision = 1 / X.var(axis=0, dtype=np.float64).mean()
    precisions = {
        "full": np.broadcast_to(precision * np.eye(d), (n_components, d, d)).copy(),
        "tied": precision * np.eye(d),
        "diag": np.full((n_components, d), precision),
        "spherical": np.full(n_components, precision),
    }[covariance_type]
    return np.full(n_components, 1 / n_components), means, precisions


def iterating(n, d, n_components, covariance_type, dtype, n_iter, near=False, spread=2.0):
    def make():
        X, labels = correlated_blobs(n, d, n_components, dtype, spread)
        means = drawn_means(X, n_components)
        if near:  # With many features, a component far from all rows would lose all its weight.
            means = np.array([X[labels == k].mean(axis=0) for k in range(n_components)])
        start = start_of(X, means, covariance_type)
        calls = peers.iterations(X, start, covariance_type, n_iter)
        return Task(calls, likelihood_on(X), "log-likelihood", per="iteration")

    return make


def digits():
    from sklearn import datasets, decomposition

    X = decomposition.PCA(0.99, whiten=True).fit_transform(datasets.load_digits().data)
    calls = peers.whole_fits(X, 110, ours={"init_params": "kmeans", "reg_covar": 1e-6}, theirs={})
    return Task(calls, likelihood_on(X), "log-likelihood")


def small(name, n_components):
    def make():
        from sklearn import datasets

        X = getattr(datasets, f"load_{name}")(return_X_y=True)[0]
        return Task(
            peers.whole_fits(X, n_components, ours={}, theirs={}),
            likelihood_on(X),
            "log-likelihood",
        )

    return make


def predicting(dtype, n_calls=None):
    def make():
        X, _ = correlated_blobs(1_000_000 if n_calls is None else 20_000, 10, 20, dtype)
        calls = peers.responsibilities(X, start_of(X, drawn_means(X, 20), "full"), n_calls)
        per, count = ("call", 1) if n_calls is None else ("row", n_calls)
        return Task(calls, largest_resp, "mean of the largest", per=per, n_calls=count)

    return make


def likelihood_on(X):
    """Make a judge that computes the mean log-likelihood under the returned parameters."""

    def judge(answer):
        try:
            return f"{peers.log_likelihood(X, answer):.9g}"
        except np.linalg.LinAlgError:
            return "no covariance"

    return judge


def largest_resp(answer):
    """Judge an answer by the mean of the largest responsibility of each row."""
    return f"{float(np.mean(answer.labels.max(axis=1), dtype=np.float64)):.9g}"
