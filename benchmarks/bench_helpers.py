"""Shared parts of the benchmarks: number of threads, timing, data, judge of answers, tables.

Import this module before NumPy: libraries read the number of threads when they load.
"""

import importlib
import importlib.metadata
import math
import os
import platform
import statistics
import time
from dataclasses import dataclass

N_THREADS = 2
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "MIXCLUST_NUM_THREADS",
)
for _variable in THREAD_VARIABLES:
    os.environ[_variable] = str(N_THREADS)

import numpy as np  # noqa: E402

LIBRARIES = (
    "mixclust",
    "numpy",
    "scipy",
    "scikit-learn",
    "scikit-learn-intelex",
    "faiss-cpu",
    "opencv-python-headless",
)


class OtherLoad:
    """Share of the processors that other processes have used since the object was made (Linux)."""

    def __init__(self):
        self.busy, self.idle = self._read()
        self.own = sum(os.times()[:4])

    def percent(self):
        busy, idle = self._read()
        total = busy - self.busy + idle - self.idle
        own = sum(os.times()[:4]) - self.own
        return max(0, round(100 * (busy - self.busy - own) / total)) if total > 0 else 0

    @staticmethod
    def _read():
        try:
            with open("/proc/stat", encoding="ascii") as lines:
                user, nice, system, idle, wait, *rest = map(int, next(lines).split()[1:9])
        except OSError:
            return 0.0, 0.0
        ticks = os.sysconf("SC_CLK_TCK")
        return (user + nice + system + sum(rest)) / ticks, (idle + wait) / ticks


@dataclass
class Answer:
    """The answer of a library, for the judge: centres or labels, and the number of iterations."""

    centers: np.ndarray | None = None
    labels: np.ndarray | None = None
    n_iter: int | None = None


@dataclass
class Timing:
    """Seconds of every measured call, and the answer of the last one."""

    seconds: list[float]
    answer: Answer

    @property
    def median(self):
        return statistics.median(self.seconds)


def optional_module(name):
    """Import a module; None if it is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def version(library):
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def cpu_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            fields = dict(line.split(":", 1) for line in lines if ":" in line)
        fields = {name.strip(): value.strip() for name, value in fields.items()}
    except OSError:
        return platform.processor() or platform.machine()
    flags = fields.get("flags", fields.get("Features", "")).split()
    widest = next((flag for flag in ("avx512f", "avx2", "asimd") if flag in flags), "")
    return f"{fields.get('model name', platform.machine())} {widest}".strip()


def print_machine():
    """Print the processor, the number of threads, and the version of each library."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{cpu_name()}, {cores} cores, {N_THREADS} threads for all, {platform.platform()}")
    versions = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    print(f"Python {platform.python_version()}, {versions}")
    forced = [f"{name}={os.environ[name]}" for name in ISA_VARIABLES if name in os.environ]
    if forced:
        print("instruction set forced by", " ".join(forced))
    print()


# Variables that limit the instruction set of a library; they are reported, and never set here.
ISA_VARIABLES = (
    "MIXCLUST_ISA",
    "OPENBLAS_CORETYPE",
    "FAISS_SIMD_LEVEL",
    "NPY_DISABLE_CPU_FEATURES",
)


def interleave(competitors, *, rounds=5, quick=False, shortest=0.05):
    """Time every competitor in turn, A B C A B C ..., so that a slow minute affects all alike.

    Parameters
    ----------
    competitors : dict of str to callable
        Each callable takes nothing and returns an `Answer`.
    rounds : int
        Number of rounds; at most 3 if a round takes more than 10 s.
    quick : bool
        Whether to make one round only.
    shortest : float
        Least length of a measurement in seconds; shorter calls are repeated and averaged.

    Returns
    -------
    dict of str to Timing or str
        Seconds of one call for each competitor, or the message of its error.
    """
    first, failed = {}, {}
    for name, call in competitors.items():
        try:
            first[name] = _timed(call, 1)
            if first[name][0] < shortest:  # The second call needs no set-up.
                first[name] = _timed(call, 2)
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}".split("\n")[0]
    competitors = {name: competitors[name] for name in first}
    repeats = {name: max(1, math.ceil(shortest / first[name][0])) for name in competitors}
    if quick:
        rounds = 1
    elif sum(seconds for seconds, _ in first.values()) > 10:
        rounds = min(rounds, 3)
    timings = {name: Timing([], answer) for name, (_, answer) in first.items()}
    for i_round in range(rounds):
        for name, call in competitors.items():
            seconds = first[name][0]
            if i_round > 0 or seconds < 1:  # A long call needs no warm-up, so its first run counts.
                seconds, timings[name].answer = _timed(call, repeats[name])
            timings[name].seconds.append(seconds)
    return timings | failed


def _timed(call, repeats):
    time.sleep(0.1)  # Threads of OpenMP and BLAS spin for a while after the call before.
    if repeats > 1:
        call()  # Not counted: after the pause the caches are cold.
    start = time.perf_counter()
    for _ in range(repeats):
        answer = call()
    return (time.perf_counter() - start) / repeats, answer


def nearest(X, centers):
    """Compute labels and inertia of centres in float64 NumPy, to judge the answer of a library.

    The nearest centre is found from the expanded square, its distance from differences.
    """
    centers = np.asarray(centers, dtype=np.float64)
    half_squares = 0.5 * np.einsum("kj,kj->k", centers, centers)
    labels = np.empty(X.shape[0], dtype=np.int64)
    inertia = 0.0
    step = max(1, 2**22 // max(centers.shape))
    for lo in range(0, X.shape[0], step):
        block = X[lo : lo + step]
        block = block.toarray() if hasattr(block, "toarray") else block
        block = block.astype(np.float64)
        labels[lo : lo + step] = best = np.argmin(half_squares - block @ centers.T, axis=1)
        inertia += float(np.sum((block - centers[best]) ** 2))
    return labels, inertia


def stretched_clusters(rng, labels, n_features, *, stretch, spread):
    """Draw rows of clusters that are stretched in directions of their own.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the numbers.
    labels : ndarray of shape (n_samples,), int
        The cluster of each row.
    n_features : int
        Number of features.
    stretch : float
        Standard deviation of the entries that are added to the identity, for the matrix by which
        standard normal rows of a cluster are multiplied.
    spread : float
        Standard deviation of the means of the clusters.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
    """
    X = rng.normal(size=(len(labels), n_features))
    for k in range(labels.max() + 1):
        matrix = np.eye(n_features) + stretch * rng.normal(size=(n_features, n_features))
        X[labels == k] = X[labels == k] @ matrix + rng.normal(scale=spread, size=n_features)
    return X


def milliseconds(seconds):
    """Format a duration in milliseconds with three significant digits."""
    ms = 1e3 * seconds
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.3g}"


def print_table(header, rows):
    """Print a Markdown table with padded columns; the first column is text, the others numbers."""
    cells = [list(map(str, row)) for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    rule = ["-" * width for width in widths]
    for row in [cells[0], rule, *cells[1:]]:
        padded = [row[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("| " + " | ".join(padded) + " |")
    print(flush=True)
