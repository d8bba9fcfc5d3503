#!/usr/bin/env bash
# dask-ml 2025.1.0: its default start draws about two rows a round, whatever the number of clusters.
#
# Surprise: KMeans of dask-ml starts by k-means||, of which the article (Bahmani et al. 2012) draws one to
# ten times as many rows a round as there are clusters. The parameter `oversampling_factor`, 2 by default,
# is that number of rows itself in dask-ml, not a multiple of the clusters, and there are as many rounds as
# the logarithm of the first cost says. So fewer rows than 50 are drawn for 50 clusters; rows drawn
# uniformly make up for the others, and clusters of few rows are missed. A logger alone tells of it.
#
# For 50 groups far apart, of 80 to 4,000 rows, the inertia ends at 54 times that of scikit-learn with the
# same number of clusters; with oversampling_factor=100 both are equal.
#
# Harm to users of mixclust: none directly; benchmarks/bench_many_clusters.py prints the inertia of dask-ml
# beside ours. mixclust.dask.KMeans draws 20,000 rows or more of each kind for its start
# (docs/chunks-fits.md).
#
# Takes a minute. Prints the inertias, and exits with 1 when the behaviour has changed. Needs network
# access to a package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "dask-ml==2025.1.0" "dask[array,dataframe]==2026.8.0" "distributed==2026.8.0" \
    "scikit-learn==1.9.1" "numpy==2.4.6"

"$folder/venv/bin/python" - <<'PYTHON'
import logging
import sys
import warnings
from importlib.metadata import version

import dask.array as da
import numpy as np
import sklearn.cluster
from dask_ml.cluster import KMeans

warnings.simplefilter("ignore")
messages = []
logger = logging.getLogger("dask_ml.cluster.k_means")
handler = logging.Handler()
handler.emit = lambda record: messages.append(record.getMessage())
logger.addHandler(handler)

print("dask-ml", version("dask-ml"))
rng = np.random.default_rng(0)
corners = 100.0 * np.stack(np.meshgrid(range(10), range(5)), axis=-1).reshape(-1, 2)
sizes = 4000 // np.arange(1, 51)
X = np.repeat(corners, sizes, axis=0) + rng.normal(size=(sizes.sum(), 2))
rng.shuffle(X)
rows = da.from_array(X, chunks=(5000, 2))


def inertia_of(centers):
    squares = np.square(X[:, None] - centers).sum(axis=2)
    return squares.min(axis=1).sum()


least = inertia_of(sklearn.cluster.KMeans(50, random_state=0).fit(X).cluster_centers_)
inertias, found = {}, {}
for factor in (2, 100):
    messages.clear()
    kmeans = KMeans(50, oversampling_factor=factor, random_state=0).fit(rows)
    inertias[factor] = inertia_of(kmeans.cluster_centers_)
    found[factor] = [text for text in messages if text.startswith("Found fewer than 50")]
    print(f"oversampling_factor={factor}: {inertias[factor] / least:.1f} times", *found[factor])
as_described = (
    inertias[2] > 10 * least
    and len(found[2]) == 1
    and inertias[100] < 1.01 * least
    and not found[100]
)
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
