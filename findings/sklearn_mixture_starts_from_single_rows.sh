#!/usr/bin/env bash
# scikit-learn 1.9.1: mixtures that start from single rows have weights that add up to 0.02.
#
# Surprise: with init_params="k-means++" or "random_from_data" each component starts from one row,
# and the first M step divides by the number of all rows. On 150 rows and 3 components the mixing
# weights are 1/150 each, so that the first lower bound is no log-likelihood: it is too low by
# log(50). With covariance_type="tied" the start is worse: the second moment of all rows about the
# origin, not about their mean, divided by the 3 rows. For the first feature of iris that is a
# variance of 1,700 instead of 0.68. All components are alike under it, and the draw of rows is lost.
#
# The documentation says that these options draw initial means, and lets n_init choose between runs.
#
# Harm to users of mixclust: the first lower bounds did not agree with the bounds of scikit-learn.
# mixclust starts from weights that add up to 1 and from the scatter of the rows that are given to
# components; tests/mixture/test_sklearn.py corrects the first bound of scikit-learn.
#
# Prints the starts, and exits with 1 when the behaviour has changed. Needs network access to a
# package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "scikit-learn==1.9.1" "numpy==2.4.6" "scipy==1.17.1"

"$folder/venv/bin/python" - <<'PYTHON'
import sys

import sklearn
from sklearn.datasets import load_iris
from sklearn.mixture import GaussianMixture

X = load_iris().data
print("scikit-learn", sklearn.__version__)
found = []
for init_params in ("k-means++", "random_from_data"):
    mixture = GaussianMixture(
        3, covariance_type="tied", init_params=init_params, max_iter=0, random_state=0
    ).fit(X)
    total, variance = mixture.weights_.sum(), mixture.covariances_[0, 0]
    print(
        f"{init_params}: weights add up to {total:.3g}; variance of the first feature "
        f"{variance:.0f}, that of the rows {X[:, 0].var():.2f}"
    )
    found.append(abs(total - 3 / len(X)) < 1e-9 and variance > 1000)
print("behaves as described" if all(found) else "BEHAVIOUR HAS CHANGED")
sys.exit(not all(found))
PYTHON
