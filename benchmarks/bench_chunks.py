"""Reading of chunks from each kind of source, and fits over a file beside fits in memory.

    python benchmarks/bench_chunks.py [--gigabytes 1] [--folder FOLDER] [--fits] [--only npy,zarr]

Rows are 32 random float32 numbers. Each source is read in a fresh process: one pass that is not
counted, so that the file lies in the page cache if it fits there, then three; the median counts.
"peak" is the peak of the resident memory above the memory before the first pass. `--fits` measures
five iterations of KMeans (k = 100) and of GaussianMixture (K = 10, "diag") over the .npy file, and
over the same rows in memory where `--gigabytes` is at most 2. `--cap-mib 1536` limits the address
space of the fits over the file. Linux only.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("MIXCLUST_NUM_THREADS", "2")

import numpy as np

N_FEATURES = 32
BLOCK_ROWS = 1 << 18


def blocks(n_rows):
    """Yield the rows, some at a time."""
    rng = np.random.default_rng(0)
    for first in range(0, n_rows, BLOCK_ROWS):
        n = min(BLOCK_ROWS, n_rows - first)
        X = rng.standard_normal((n, N_FEATURES), dtype=np.float32)
        X[:, 0] += 4 * rng.integers(0, 10, n, dtype=np.int32)
        yield first, X


def write_npy(path, n_rows):
    rows = np.lib.format.open_memmap(path, "w+", np.float32, (n_rows, N_FEATURES))
    for first, X in blocks(n_rows):
        rows[first : first + len(X)] = X


def write_h5(path, n_rows, **options):
    import h5py

    with h5py.File(path, "w") as file:
        rows = file.create_dataset("rows", (n_rows, N_FEATURES), np.float32, **options)
        for first, X in blocks(n_rows):
            rows[first : first + len(X)] = X


def write_h5_chunks(path, n_rows):
    write_h5(path, n_rows, chunks=(4096, N_FEATURES), compression="lzf")


def write_zarr(path, n_rows):
    import zarr

    shape, stored = (n_rows, N_FEATURES), (BLOCK_ROWS // 16, N_FEATURES)
    rows = zarr.open(str(path), mode="w", shape=shape, chunks=stored, dtype="f4")
    for first, X in blocks(n_rows):
        rows[first : first + len(X)] = X


def write_parquet(path, n_rows):
    import pyarrow
    import pyarrow.parquet

    names = [f"x{j}" for j in range(N_FEATURES)]
    schema = pyarrow.schema([(name, pyarrow.float32()) for name in names])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for _, X in blocks(n_rows):
            columns = list(np.ascontiguousarray(X.T))
            writer.write_table(pyarrow.table(columns, schema=schema))


def open_h5(path):
    import h5py

    return h5py.File(path, "r")["rows"]


def open_zarr(path):
    import zarr

    return zarr.open(str(path), mode="r")


SOURCES = {
    "npy": ("rows.npy", write_npy, str),
    "npy as memmap": ("rows.npy", write_npy, lambda path: np.load(path, mmap_mode="r")),
    "array in memory": ("rows.npy", write_npy, np.load),
    "h5py contiguous": ("rows.h5", write_h5, open_h5),
    "h5py chunks, lzf": ("chunks.h5", write_h5_chunks, open_h5),
    "zarr": ("rows.zarr", write_zarr, open_zarr),
    "parquet": ("rows.parquet", write_parquet, str),
}


def memory(field):
    """Bytes of a field of /proc/self/status."""
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))


def nothing(part, request, n_threads):
    return 0


def sums(part, request, n_threads):
    return part.X.sum(axis=0)


def fits(n_rows):
    """The estimators, by name."""
    import mixclust

    options = {"random_state": 0, "tol": 0.0, "max_iter": 5, "n_init": 1}
    start = next(blocks(100))[1]
    kmeans = mixclust.KMeans(100, init=start, algorithm="lloyd", **options)
    means = {"means_init": start[:10], "init_params": "random_from_data", "reg_covar": 1e-6}
    mixture = mixclust.GaussianMixture(10, covariance_type="diag", **means, **options)
    return {"KMeans": kmeans, "GaussianMixture": mixture}


def measure(name, path, work, cap_mib):
    """Print the seconds and the peak of one kind of work on one source, as JSON."""
    cap_mib = int(cap_mib)
    import mixclust

    chunks = source = SOURCES[name][2](path)
    if work in ("nothing", "sums"):
        chunks = mixclust.chunks(source)
        task = {"nothing": nothing, "sums": sums}[work]
    elif name != "array in memory":
        chunks = mixclust.chunks(source)
    if cap_mib and name != "array in memory":
        resource.setrlimit(resource.RLIMIT_AS, (cap_mib << 20, cap_mib << 20))
    before, times = memory("VmRSS"), []
    if work in ("nothing", "sums"):
        for _ in range(4):
            start = time.perf_counter()
            chunks.total(task, None, 2)
            times.append(time.perf_counter() - start)
        seconds = statistics.median(times[1:])
    else:
        estimator = fits(0)[work]
        start = time.perf_counter()
        estimator.fit(chunks)
        seconds = time.perf_counter() - start
    print(json.dumps([seconds, memory("VmHWM") - before, memory("VmHWM")]))


def run(name, path, work, cap_mib):
    command = [sys.executable, __file__, "--child", name, str(path), work, str(cap_mib)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(printed.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--folder", help="keeps the files; a temporary folder by default")
    parser.add_argument("--fits", action="store_true")
    parser.add_argument("--only", default="", help="sources, separated by commas")
    parser.add_argument("--cap-mib", type=int, default=0, help="address space of a fit")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        measure(*options.child)
        return
    n_rows = int(options.gigabytes * 1e9) // (4 * N_FEATURES)
    names = [name for name in options.only.split(",") if name] or list(SOURCES)
    works = ["nothing", "sums"]
    if options.fits:
        works = ["KMeans", "GaussianMixture"]
        names = ["npy"] + ["array in memory"] * (options.gigabytes <= 2)
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = Path(options.folder or temporary)
        print(
            f"{n_rows} x {N_FEATURES} float32, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
        )
        print(f"{'source':18}{'work':18}{'seconds':>9}{'GB/s':>8}{'peak MB':>9}{'in all':>8}")
        for name in names:
            path = folder / SOURCES[name][0]
            if not path.exists():
                SOURCES[name][1](path, n_rows)
            for work in works:
                seconds, peak, whole = run(name, path, work, options.cap_mib)
                n_passes = 5 if options.fits else 1
                rate = n_passes * n_rows * 4 * N_FEATURES / seconds / 1e9
                sizes = f"{rate:8.2f}{peak / 1e6:9.0f}{whole / 1e6:8.0f}"
                print(f"{name:18}{work:18}{seconds:9.2f}{sizes}", flush=True)


if __name__ == "__main__":
    main()
