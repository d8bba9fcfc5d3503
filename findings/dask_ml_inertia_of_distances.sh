#!/usr/bin/env bash
# dask-ml 2025.1.0: KMeans.inertia_ is a sum of distances in some fits, of squared ones in others.
#
# Surprise: dask_ml.cluster.KMeans documents `inertia_` as the sum of distances of samples to their
# closest cluster centre; scikit-learn's attribute of this name is the sum of squared distances. For
# 3,000 rows in three clusters the fit from init="random" ends with inertia_ 5641.16, the sum of
# distances, where the sum of squares under its centres is 11972.92. The fit of the same rows with
# init="k-means||" ends at nearly the same centres with inertia_ 11972.83, the sum of squares. With
# max_iter=1 the second one is 5641.13. Runs cannot be compared by this number, and neither can the
# optimum be compared with that of another package.
#
# Harm to users of mixclust: a comparison of fits by `inertia_` makes dask-ml look twice as good.
# benchmarks/bench_dask.py computes the inertia of dask-ml's fit from its centres.
#
# Prints the numbers, and exits with 1 when the behaviour has changed. Needs network access to a
# package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "dask-ml==2025.1.0" "dask[array,dataframe]==2026.8.0" "distributed==2026.8.0" \
    "scikit-learn==1.9.1" "numpy==2.4.6"

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import dask.array as da
import numpy as np
from dask_ml.cluster import KMeans

print("dask-ml", version("dask-ml"), "dask", version("dask"))
X = np.random.default_rng(0).normal(size=(3000, 4))
X[:1000] += 6
X[1000:2000] -= 6
ratios = {}
for init, max_iter in (("random", 100), ("k-means||", 100), ("k-means||", 1)):
    kmeans = KMeans(3, init=init, max_iter=max_iter, random_state=0)
    kmeans.fit(da.from_array(X, chunks=(500, 4)))
    squares = ((X[:, np.newaxis] - kmeans.cluster_centers_) ** 2).sum(axis=2).min(axis=1)
    ratios[init, max_iter] = kmeans.inertia_ / squares.sum(), kmeans.inertia_ / (squares**0.5).sum()
    print(
        f"init={init}, max_iter={max_iter}: inertia_ {kmeans.inertia_:.2f}, sum of squared "
        f"distances {squares.sum():.2f}, sum of distances {(squares**0.5).sum():.2f}"
    )
as_described = (
    abs(ratios["random", 100][1] - 1) < 1e-6
    and abs(ratios["k-means||", 100][0] - 1) < 1e-6
    and abs(ratios["k-means||", 1][1] - 1) < 1e-6
)
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
