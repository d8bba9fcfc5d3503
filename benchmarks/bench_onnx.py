"""ONNX models of mixclust and of skl2onnx: labels that are wrong on data with offsets, and time.

    python benchmarks/bench_onnx.py

Each estimator is fitted to 20,000 rows of 10 clusters in 10 features, plus an offset, as float32
or float64. Its model labels 100,000 further rows of the same type, once as `to_onnx` makes it and
once as skl2onnx makes it of `to_sklearn()`. A label is wrong if it differs from `predict` of the
estimator on the same rows. The time is the CPU time of onnxruntime with one thread for all rows in
one call, the least of seven interleaved rounds.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import time

import numpy as np
import onnxruntime
import skl2onnx

from mixclust import GaussianMixture, KMeans

N_CLUSTERS = N_FEATURES = 10
N_FITTED, N_ROWS = 20_000, 100_000
N_ROUNDS = 7
OFFSETS = (0.0, 1e3, 1e5)
HEADER = (
    "estimator", "rows", "offset", "wrong, skl2onnx", "wrong, mixclust", "ms, skl2onnx",
    "ms, mixclust",
)  # fmt: skip
ESTIMATORS = {
    "KMeans": lambda: KMeans(N_CLUSTERS, random_state=0),
    **{
        f"GaussianMixture, {kind}": lambda kind=kind: GaussianMixture(
            N_CLUSTERS, covariance_type=kind, random_state=0
        )
        for kind in ("full", "tied", "diag", "spherical")
    },
}


def make_rows(offset, dtype):
    """Rows to fit, and rows to label."""
    rng = np.random.default_rng(0)
    labels = rng.integers(N_CLUSTERS, size=N_FITTED + N_ROWS)
    X = bench.stretched_clusters(rng, labels, N_FEATURES, stretch=0.3, spread=2.0) + offset
    return np.split(X.astype(dtype), [N_FITTED])


def labelling(model, X):
    """A function that labels rows by a model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda: session.run(None, {"X": X})[0].ravel()


def timed(call):
    """CPU seconds of a call."""
    begin = time.process_time()
    call()
    return time.process_time() - begin


def measure(estimator, offset, dtype):
    """The cells of a row of the table."""
    fitted, X = make_rows(offset, dtype)
    estimator.fit(fitted)
    expected = estimator.predict(X)
    calls = [
        labelling(skl2onnx.to_onnx(estimator.to_sklearn(), X[:1]), X),
        labelling(estimator.to_onnx(dtype), X),
    ]
    wrong = [f"{np.mean(call() != expected):.3%}" for call in calls]
    seconds = np.array([[timed(call) for call in calls] for _ in range(N_ROUNDS)])
    return wrong + [bench.milliseconds(least) for least in seconds.min(axis=0)]


def main():
    """Print the table."""
    bench.print_machine()
    print(
        ", ".join(f"{name} {bench.version(name)}" for name in ("onnx", "onnxruntime", "skl2onnx"))
    )
    print()
    lines = []
    for name, make in ESTIMATORS.items():
        for dtype in ("float32", "float64"):
            for offset in OFFSETS:
                lines.append([name, dtype, f"{offset:g}", *measure(make(), offset, dtype)])
    bench.print_table(HEADER, lines)


if __name__ == "__main__":
    main()
