"""Peak memory of k-means and of a mixture beyond the input, in bytes a row.

    python benchmarks/bench_memory.py

Each fit runs in a fresh process: the library is imported and warmed up, the input is made in place
and touched, then the resident size is noted; the peak of the fit above it counts. Linux only.
"""

import json
import os
import subprocess
import sys

import bench_helpers as bench

# Rows, features, clusters and dtype; then the fits: library, estimator, options, and the limit in
# bytes a row. scikit-learn is measured for comparison, unless its fit takes minutes.
KMEANS = (5_000_000, 16, 100, "float32")
KMEANS_FITS = (
    ("mixclust", "KMeans", {"algorithm": "auto", "init": "given"}, 64),
    ("mixclust", "KMeans", {"algorithm": "auto", "init": "k-means++"}, 64),
    ("mixclust", "KMeans", {"algorithm": "lloyd", "init": "given"}, 12),
    ("mixclust", "KMeans", {"algorithm": "lloyd", "init": "k-means++"}, 12),
    ("sklearn.cluster", "KMeans", {"algorithm": "lloyd", "init": "given"}, None),
    ("sklearn.cluster", "KMeans", {"algorithm": "elkan", "init": "given"}, None),
)
MIXTURE = (2_000_000, 10, 20, "float64")
MIXTURE_FITS = (
    ("mixclust", "GaussianMixture", {"covariance_type": "full"}, 32),
    ("mixclust", "GaussianMixture", {"covariance_type": "tied"}, 32),
    ("mixclust", "GaussianMixture", {"covariance_type": "diag"}, 32),
    ("mixclust", "GaussianMixture", {"covariance_type": "full", "init_params": "kmeans"}, 32),
    (
        "sklearn.mixture",
        "GaussianMixture",
        {"covariance_type": "diag", "init_params": "random_from_data"},
        None,
    ),
)

CHILD = """
import importlib, json, sys
import numpy as np

library, name, options, n, d, k, dtype, n_threads = json.loads(sys.argv[1])
make = getattr(importlib.import_module(library), name)
if library == "mixclust":
    options["n_threads"] = n_threads
options |= {"n_init": 1, "random_state": 0, "max_iter": 5, "tol": 0.0}

def status(field):
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))

rng = np.random.default_rng(0)
warm_up = rng.standard_normal((5_000, d)).astype(dtype)
make(k, **{key: value for key, value in options.items() if value != "given"}).fit(warm_up)
X = np.empty((n, d), dtype=dtype)
rng.standard_normal(out=X, dtype=dtype)
if options.get("init") == "given":
    options["init"] = X[:k].copy()
before = status("VmRSS")
if status("VmHWM") > before + n // 4:
    sys.exit("the peak before the fit hides the fit's own")
make(k, **options).fit(X)
print(status("VmHWM") - before)
"""


def run_kmeans():
    """Measure the fits of k-means, print the table, return the lines of the summary."""
    return run(KMEANS, KMEANS_FITS)


def run_mixture():
    """Measure the fits of a mixture, print the table, return the lines of the summary."""
    return run(MIXTURE, MIXTURE_FITS)


def run(sizes, fits):
    n_rows, n_features, n_clusters, dtype = sizes
    print(f"memory: peak beyond the input, {n_rows:,} x {n_features} {dtype}, k = {n_clusters}")
    lines, summary = [], []
    for library, estimator, options, target in fits:
        chosen = ", ".join(options.values())
        peak, remark = beyond_input(library, estimator, options, sizes)
        if peak is not None:
            remark = f"under {target}" if target else "-"
        size = ["", ""] if peak is None else [f"{peak / 1e6:.1f}", f"{peak / n_rows:.1f}"]
        lines.append([f"{library} {estimator}, {chosen}", *size, remark])
        if target:
            summary.append(summary_line(chosen, peak, n_rows, target))
    bench.print_table(["fit", "MB", "bytes a row", "target"], lines)
    return summary


def summary_line(chosen, peak, n_rows, target):
    name = f"memory {chosen}"
    if peak is None:
        return [name, "-", "", "", f"under {target} B", "unknown"]
    reached = "yes" if peak / n_rows < target else "no"
    return [name, "-", f"{peak / n_rows:.1f} B a row", "", f"under {target} B", reached]


def beyond_input(library, estimator, options, sizes):
    """Return the peak in bytes and None, or None and the reason for no figure."""
    if not os.path.exists("/proc/self/status"):
        return None, "needs Linux"
    work = json.dumps([library, estimator, options, *sizes, bench.N_THREADS])
    command = [sys.executable, "-W", "ignore", "-c", CHILD, work]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    if child.returncode == 0:
        return int(child.stdout), None
    reason = child.stderr.strip().split("\n")[-1]
    return None, "not installed" if "ModuleNotFoundError" in reason else reason


if __name__ == "__main__":
    bench.print_machine()
    run_kmeans()
    run_mixture()
