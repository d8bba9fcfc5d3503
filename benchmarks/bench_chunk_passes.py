"""An iteration of k-means over rows in chunks, beside the same iteration in memory.

    python benchmarks/bench_chunk_passes.py

The chunks are pieces of the array in memory, so that no disk is measured. Fits with two numbers of
iterations tell the time of one: the survey, and the last pass, do not count. Rounds are
interleaved; the median of each is compared, in seconds and in seconds of the processor.
"""

import argparse
import statistics
import time

import bench_helpers as bench
import numpy as np

import mixclust

FEW, MANY = 2, 12  # iterations of the two fits


def main():
    """Measure, and print a line for each size of a chunk."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--features", type=int, default=32)
    parser.add_argument("--clusters", type=int, default=100)
    parser.add_argument("--dtype", default="float32", choices=["float32", "float64"])
    parser.add_argument("--mib", type=float, nargs="+", default=[16, 32], help="sizes of a chunk")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    middles = 2 * rng.standard_normal((options.clusters, options.features))
    X = middles[rng.integers(options.clusters, size=options.rows)]
    X = (X + rng.standard_normal(X.shape)).astype(options.dtype)
    sources = {"in memory": X}
    for mib in options.mib:
        n_rows = int(mib * 2**20 / X[0].nbytes)
        pieces = [X[i : i + n_rows] for i in range(0, len(X), n_rows)]
        sources[f"chunks of {mib:g} MiB"] = mixclust.chunks(pieces)
    load = bench.OtherLoad()
    found = {name: [] for name in sources}
    for _ in range(options.rounds):
        for name, source in sources.items():
            found[name].append(iteration(source, X[: options.clusters]))
    print(
        f"{options.rows:,} x {options.features} {options.dtype}, k = {options.clusters}, "
        f"{bench.N_THREADS} threads; {load.percent()} % of the machine used by others"
    )
    wall, cpu = (statistics.median(values) for values in zip(*found["in memory"], strict=True))
    for name, times in found.items():
        mine = [statistics.median(values) for values in zip(*times, strict=True)]
        print(
            f"{name:20s} {1e3 * mine[0]:8.1f} ms an iteration, {1e3 * mine[1]:8.1f} ms of the "
            f"processor; throughput {wall / mine[0]:.2f}x in memory, {cpu / mine[1]:.2f}x by the "
            "processor's time"
        )


def iteration(source, init):
    """Seconds, and seconds of the processor, of one iteration over all rows."""
    times = []
    for max_iter in (FEW, MANY):
        kmeans = mixclust.KMeans(
            len(init), init=init, tol=0, max_iter=max_iter, algorithm="lloyd", n_init=1
        )
        start = time.perf_counter(), time.process_time()
        kmeans.fit(source)
        times.append(np.subtract((time.perf_counter(), time.process_time()), start))
        if kmeans.n_iter_ != max_iter:
            raise RuntimeError(f"the fit converged in {kmeans.n_iter_} iterations; draw other data")
    return (times[1] - times[0]) / (MANY - FEW)


if __name__ == "__main__":
    main()
