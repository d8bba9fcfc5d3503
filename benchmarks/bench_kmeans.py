"""k-means against scikit-learn, scikit-learn-intelex (oneDAL), faiss and OpenCV.

    python benchmarks/bench_kmeans.py [--only photo,kpp] [--quick] [--list]

Two threads for all, the same data and start, the same iterations or the same stopping rule,
medians of interleaved runs. The inertia beside each time is computed from the returned centres
by one float64 NumPy function for all. README.md says what each row is.
"""

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import bench_memory
import bench_peers as peers
import numpy as np
from bench_peers import ELKAN, EXACT, FAISS, ONEDAL, OPENCV, OURS, SKLEARN

PLAIN_ITERATIONS = 20


@dataclass
class Task:
    """What one row of the table times: the competitors and how to judge their answers."""

    calls: dict[str, Callable | None]
    X: object
    centers: np.ndarray | None = None  # For predict: labels are judged, not centres.
    per: str = "fit"
    n_calls: int = 1


@dataclass(frozen=True)
class Row:
    """One row: `targets` maps the peers compared with to the ratio that should be reached."""

    name: str
    title: str
    make: Callable[[], Task]
    targets: dict[tuple[str, ...], float] = field(default_factory=dict)


def main():
    arguments = parse_arguments()
    rows = [row for row in table() if selected(row.name, arguments.only)]
    if arguments.list:
        print("\n".join(f"{row.name:18s} {row.title}" for row in rows))
        return
    warnings.simplefilter("ignore")  # Convergence warnings of fixed numbers of iterations.
    bench.print_machine()
    summary = []
    for row in rows:
        summary += run(row, quick=arguments.quick)
    if selected("memory", arguments.only):
        summary += bench_memory.run()
    bench.print_table(["work", "best peer", "mixclust", "ratio", "target", "reached"], summary)
    if peers.MISSING:
        print("Not installed, so not compared with:", ", ".join(peers.MISSING))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="names or beginnings of names, with commas")
    parser.add_argument("--quick", action="store_true", help="one round; for a first look")
    parser.add_argument("--list", action="store_true", help="print the rows and stop")
    return parser.parse_args()


def selected(name, only):
    return not only or any(name.startswith(wanted) for wanted in only.split(","))


def run(row, *, quick):
    """Time one row, print every competitor, return the lines of the summary."""
    task = row.make()
    present = {name: call for name, call in task.calls.items() if call is not None}
    others = bench.OtherLoad()
    timings = bench.interleave(present, quick=quick)
    others = others.percent()
    failed = {name: timing for name, timing in timings.items() if isinstance(timing, str)}
    timings = {name: timing for name, timing in timings.items() if name not in failed}
    units = {name: unit_seconds(task, timing) for name, timing in timings.items()}
    judged = judge(task, timings)
    busy = f" [UNRELIABLE: other processes took {others} % of the machine]" if others > 5 else ""
    print(f"{row.name}: {row.title}{busy}")
    bench.print_table(
        ["competitor", f"ms a {task.per}", "fastest", "iterations", judged.pop("header"), "ratio"],
        [competitor_line(name, timings.get(name), units, task, judged) for name in task.calls],
    )
    for name, message in failed.items():
        print(f"{name} failed: {message}\n")
    return [summary_line(row, units, among, target) for among, target in row.targets.items()]


def unit_seconds(task, timing):
    """Median seconds of what the row counts: a fit, an iteration (whole fit over count), a row."""
    if task.per == "iteration":
        return timing.median / timing.answer.n_iter
    return timing.median / task.n_calls


def judge(task, timings):
    """What is printed beside the times: inertia of the centres, or labels that are wrong."""
    if task.centers is None:
        inertias = {
            name: bench.nearest(task.X, timing.answer.centers)[1]
            for name, timing in timings.items()
        }
        return {"header": "inertia", **{name: f"{v:.8g}" for name, v in inertias.items()}}
    rows = task.X[: task.n_calls] if task.per == "row" else task.X
    right = bench.nearest(rows, task.centers)[0]
    wrong = {
        name: int(np.count_nonzero(timing.answer.labels != right))
        for name, timing in timings.items()
    }
    return {"header": "wrong labels", **{name: str(count) for name, count in wrong.items()}}


def competitor_line(name, timing, units, task, judged):
    if timing is None:
        missing = "not installed" if task.calls[name] is None else "failed"
        return [name, missing, "", "", "", ""]
    fastest = min(timing.seconds) / timing.median * units[name]
    ratio = f"{units[name] / units[OURS]:.2f}x" if OURS in units else ""
    n_iter = timing.answer.n_iter if timing.answer.n_iter is not None else ""
    ms = bench.milliseconds
    return [name, ms(units[name]), ms(fastest), n_iter, judged[name], ratio]


def summary_line(row, units, among, target):
    """Ratio to the best of the peers `among`; a missing library is never passed over silently."""
    found = {name: units[name] for name in among if name in units}
    if not found or OURS not in units:
        return [row.name, "no figure", "", "", f"{target:g}x", "unknown"]
    best = min(found, key=found.get)
    ratio = found[best] / units[OURS]
    return [
        row.name,
        f"{best} {bench.milliseconds(found[best])} ms",
        f"{bench.milliseconds(units[OURS])} ms",
        f"{ratio:.2f}x",
        f"{target:g}x",
        "yes" if ratio >= target else "no",
    ]


# The rows of the table.


def table():
    """Every row; data are made only when a row runs."""
    best, float32 = (*EXACT, FAISS, OPENCV), np.float32
    rows = []
    for bits, ratios in (("32", (5, 5, 3)), ("64", (5, 7, 9))):
        for k, ratio in zip((16, 64, 256), ratios, strict=True):
            title = f"photograph pixels 546,560 x 3 float{bits}, k = {k}, 20 plain iterations"
            rows.append(Row(f"photo-{k}-f{bits}", title, photo(k, f"float{bits}"), {best: ratio}))
    for bits, ratio in (("32", 3), ("64", 4)):
        title = f"500,000 x 16 float{bits}, k = 100, 20 plain iterations"
        make = plain(500_000, 16, 100, f"float{bits}")
        rows.append(Row(f"plain-16-f{bits}", title, make, {best: ratio}))
    for n, d, k, ratio in ((100_000, 128, 1024, 1.4), (30_000, 768, 1000, 1.3)):
        title = f"{n:,} x {d} float32, k = {k}, 20 plain iterations"
        rows.append(Row(f"plain-{d}-f32", title, plain(n, d, k, float32), {best: ratio}))
    for n, d, k, spread in (
        (1_000_000, 2, 50, 5.0),
        (100_000, 8, 500, 1.0),
        (100_000, 16, 500, 1.0),
        (50_000, 64, 500, 0.5),
    ):
        for bits in ("32", "64") if d == 2 else ("32",):
            title = f"{n:,} x {d} float{bits}, k = {k}, to convergence (tol = 1e-4)"
            targets = {EXACT: 5.0, (FAISS,): 2.5} if bits == "32" else {EXACT: 5.0}
            make = converging(n, d, k, f"float{bits}", spread)
            rows.append(Row(f"converge-{d}-f{bits}", title, make, targets))
    for bits in ("32", "64"):
        title = f"greedy k-means++ alone, 200,000 x 32 float{bits}, k = 200, 7 trials a step"
        rows.append(Row(f"kpp-f{bits}", title, seeding(f"float{bits}"), {(ONEDAL,): 3.0}))
    for name, targets in (
        ("iris", {(OPENCV,): 1.0, (SKLEARN,): 25.0}),
        ("wine", {(OPENCV,): 1.0, (SKLEARN,): 25.0}),
        ("digits", {best: 3.0}),
    ):
        rows.append(Row(f"small-{name}", f"{name}, whole fit, n_init = 10", small(name), targets))
    for bits in ("32", "64"):
        title = f"predict 1,000,000 x 16 float{bits}, k = 100"
        rows.append(Row(f"predict-f{bits}", title, predicting(f"float{bits}"), {best: 2.0}))
    title = "predict, one row at a time, 16 features float64, k = 100"
    rows.append(Row("row-f64", title, predicting("float64", n_calls=200), {(SKLEARN,): 20.0}))
    for bits in ("32", "64"):
        title = f"CSR 20,000 x 5,000 float{bits}, 1 % full, k = 50, to convergence (tol = 1e-4)"
        rows.append(Row(f"csr-f{bits}", title, sparse(f"float{bits}"), {EXACT: 1.5}))
    return rows


def distinct_rows(X, k, seed=1):
    """Take `k` distinct rows as a start, the same for all."""
    chosen = np.random.default_rng(seed).choice(len(X), size=min(50 * k, len(X)), replace=False)
    _, first = np.unique(X[chosen], axis=0, return_index=True)
    return X[chosen[np.sort(first)[:k]]].copy()


def blobs(n, d, k, dtype, spread):
    """Draw `k` overlapping round blobs: standard normal about centres `spread` times as wide."""
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
        # Off the grid of whole numbers, where exact ties would send libraries different ways.
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
    if X.dtype == np.float32 and len(start) <= 64:  # Slower than all others by far beyond.
        calls[OPENCV] = peers.cv2 and peers.opencv_fit(X, start, PLAIN_ITERATIONS)
    del calls[ELKAN]  # Not plain.
    return Task(calls, X, per="iteration")


def converging(n, d, k, dtype, spread):
    def make():
        X = blobs(n, d, k, dtype, spread)
        return Task(peers.fits(X, distinct_rows(X, k), ours="auto", max_iter=300, tol=1e-4), X)

    return make


def seeding(dtype):
    def make():
        X = blobs(200_000, 32, 200, dtype, spread=1.0)
        return Task(peers.seedings(X, 200), X, per="seeding")

    return make


def small(name):
    def make():
        from sklearn import datasets

        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        return Task(peers.restarts(X, len(np.unique(y)), n_init=10), X)

    return make


def predicting(dtype, n_calls=None):
    def make():
        X = blobs(1_000_000 if n_calls is None else 10_000, 16, 100, dtype, spread=1.0)
        start = distinct_rows(X, 100)
        calls = peers.predictions(X, start, n_calls=n_calls)
        per, count = ("call", 1) if n_calls is None else ("row", n_calls)
        return Task(calls, X, centers=start, per=per, n_calls=count)

    return make


def sparse(dtype):
    def make():
        import scipy.sparse

        X = scipy.sparse.random(20_000, 5_000, 0.01, format="csr", dtype=dtype, random_state=0)
        rows = np.random.default_rng(1).choice(X.shape[0], size=50, replace=False)
        start = X[rows].toarray()
        return Task(peers.fits(X, start, ours="auto", max_iter=300, tol=1e-4), X)

    return make


if __name__ == "__main__":
    main()
