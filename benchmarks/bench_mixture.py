"""Gaussian mixtures against scikit-learn and oneDAL (through daal4py).

    python benchmarks/bench_mixture.py [--only full,small] [--quick] [--list]

Two threads for all, the same data, starting parameters and iterations, medians of interleaved
runs. The log-likelihood beside each time is computed from the returned parameters by one float64
NumPy function for all. README.md describes each row.
"""

import bench_helpers  # isort: skip  It sets the number of threads, before NumPy loads.  # noqa: F401
import bench_memory
import bench_mixture_peers as peers
import bench_report
from bench_mixture_rows import table

if __name__ == "__main__":
    bench_report.main(__doc__.split("\n")[0], table(), peers.MISSING, bench_memory.run_mixture)
