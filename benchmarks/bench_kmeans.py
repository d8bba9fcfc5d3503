"""k-means against scikit-learn, scikit-learn-intelex (oneDAL), faiss and OpenCV.

    python benchmarks/bench_kmeans.py [--only photo,kpp] [--quick] [--list]

Two threads for all, the same data and start, the same iterations or the same stopping rule,
medians of interleaved runs. The inertia beside each time is computed from the returned centres
by one float64 NumPy function for all. README.md describes each row.
"""

import bench_helpers  # isort: skip  It sets the number of threads, before NumPy loads.  # noqa: F401
import bench_kmeans_peers as peers
import bench_memory
import bench_report
from bench_kmeans_rows import table

if __name__ == "__main__":
    bench_report.main(__doc__.split("\n")[0], table(), peers.MISSING, bench_memory.run_kmeans)
