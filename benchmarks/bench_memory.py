"""Peak memory beyond the input, in bytes a row: 5,000,000 x 16 float32, k = 100.

    python benchmarks/bench_memory.py [--only lloyd] [--rows N]

Each fit runs in a fresh process: the library is imported and warmed up, the input is made in place
and touched, then the resident size is noted; the peak of the fit above it counts. Linux only.
"""

import argparse
import os
import subprocess
import sys

import bench_helpers as bench

N_ROWS, N_FEATURES, N_CLUSTERS = 5_000_000, 16, 100
TARGETS = {"auto": 64, "lloyd": 12}
# scikit-learn is there for comparison, from the given start only: its k-means++ takes a minute.
FITS = (
    ("mixclust", "auto", "given"),
    ("mixclust", "auto", "k-means++"),
    ("mixclust", "lloyd", "given"),
    ("mixclust", "lloyd", "k-means++"),
    ("sklearn.cluster", "lloyd", "given"),
    ("sklearn.cluster", "elkan", "given"),
)

CHILD = """
import importlib, sys
import numpy as np

library, algorithm, init, n, d, k, n_threads = sys.argv[1:4] + [int(a) for a in sys.argv[4:]]
KMeans = importlib.import_module(library).KMeans
options = {"n_threads": n_threads} if library == "mixclust" else {}
options |= {"n_init": 1, "random_state": 0, "max_iter": 5, "tol": 0.0, "algorithm": algorithm}

def status(field):
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))

rng = np.random.default_rng(0)
KMeans(k, **options).fit(rng.standard_normal((5_000, d), dtype=np.float32))
X = np.empty((n, d), dtype=np.float32)
rng.standard_normal(out=X, dtype=np.float32)
options["init"] = X[:k].copy() if init == "given" else init
before = status("VmRSS")
if status("VmHWM") > before + n // 4:
    sys.exit("the peak before the fit hides the fit's own")
KMeans(k, **options).fit(X)
print(status("VmHWM") - before)
"""


def run(only="", n_rows=N_ROWS):
    """Measure every fit, print the table, return the lines of the summary."""
    print(f"memory: peak beyond the input, {n_rows:,} x {N_FEATURES} float32, k = {N_CLUSTERS}")
    lines, summary = [], []
    for library, algorithm, init in FITS:
        if only and algorithm not in only.split(","):
            continue
        name = f"{library} {algorithm}, {init} start"
        peak, remark = beyond_input(library, algorithm, init, n_rows)
        target = TARGETS.get(algorithm) if library == "mixclust" else None
        if peak is None:
            lines.append([name, "", "", remark])
        else:
            remark = f"under {target}" if target else "-"
            lines.append([name, f"{peak / 1e6:.1f}", f"{peak / n_rows:.1f}", remark])
        if target:
            summary.append(summary_line(algorithm, init, peak, n_rows, target))
    bench.print_table(["fit", "MB", "bytes a row", "target"], lines)
    return summary


def summary_line(algorithm, init, peak, n_rows, target):
    name = f"memory {algorithm}, {init}"
    if peak is None:
        return [name, "-", "", "", f"under {target} B", "unknown"]
    reached = "yes" if peak / n_rows < target else "no"
    return [name, "-", f"{peak / n_rows:.1f} B a row", "", f"under {target} B", reached]


def beyond_input(library, algorithm, init, n_rows):
    """Return the peak in bytes and None, or None and why there is no figure."""
    if not os.path.exists("/proc/self/status"):
        return None, "needs Linux"
    sizes = map(str, (n_rows, N_FEATURES, N_CLUSTERS, bench.N_THREADS))
    command = [sys.executable, "-W", "ignore", "-c", CHILD, library, algorithm, init, *sizes]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    if child.returncode == 0:
        return int(child.stdout), None
    reason = child.stderr.strip().split("\n")[-1]
    return None, "not installed" if "ModuleNotFoundError" in reason else reason


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="algorithms, with commas: auto, lloyd, elkan")
    parser.add_argument("--rows", type=int, default=N_ROWS, help="rows of the input")
    arguments = parser.parse_args()
    bench.print_machine()
    run(arguments.only, arguments.rows)


if __name__ == "__main__":
    main()
