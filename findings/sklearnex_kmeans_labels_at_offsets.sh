#!/usr/bin/env bash
# scikit-learn-intelex 2026.2.0: KMeans mixes up float32 rows that lie 10,000 from the origin.
#
# Surprise: three groups of normal rows, deviation 1 and 6 apart, are labelled without an error by
# sklearnex.cluster.KMeans. With 10,000 added to every feature, which float32 holds to 0.001, only
# 53 % of its labels are the nearest of its own centres, and the inertia it reports is 1.8 times the
# sum of distances to these. There is no warning. scikit-learn 1.9.1, which the class replaces,
# subtracts the mean first and ends with the inertia of the rows around the origin. In float64 the
# same happens from offsets of 1e8 on.
#
# Harm to users of mixclust: rows such as coordinates in metres, years or temperatures in kelvin give
# other groups there. Kernels of mixclust subtract a point near the mean and certify each label
# (docs/guarantees.md, tests/kmeans/test_rows_far_away.py); docs/coming-from-scikit-learn.md says so.
#
# Prints shares of right labels, and exits with 1 when the behaviour has changed. Needs network access
# to a package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "scikit-learn-intelex==2026.2.0" "scikit-learn==1.9.1" "numpy==2.4.6" "scipy==1.17.1"

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearnex.cluster import KMeans as KMeansOfIntelex

print("scikit-learn", sklearn.__version__, "scikit-learn-intelex", version("scikit-learn-intelex"))
source = np.random.default_rng(0)
centers = np.array([[0, 0, 0, 0], [6, 0, 0, 0], [0, 6, 0, 0]])
around_origin = (source.normal(size=(3, 500, 4)) + centers[:, None]).reshape(-1, 4)
right = {}
for offset in (0, 10_000):
    X = (around_origin + offset).astype(np.float32)
    for estimator in (KMeans, KMeansOfIntelex):
        fit = estimator(3, init=X[[0, 500, 1000]], n_init=1).fit(X)
        squares = ((X[:, None].astype(float) - fit.cluster_centers_) ** 2).sum(axis=2)
        name = estimator.__module__.partition(".")[0]
        right[name, offset] = np.mean(fit.labels_ == squares.argmin(axis=1))
        print(
            f"{name}, offset {offset}: {right[name, offset]:.1%} of the labels are the nearest "
            f"centre, inertia {fit.inertia_:.0f}, of its centres {squares.min(axis=1).sum():.0f}"
        )
others = [share for case, share in right.items() if case != ("sklearnex", 10_000)]
as_described = min(others) > 0.999 and right["sklearnex", 10_000] < 0.9
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
