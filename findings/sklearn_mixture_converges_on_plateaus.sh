#!/usr/bin/env bash
# scikit-learn 1.9.1: a Gaussian mixture says that it converged, 139 units of BIC above its optimum.
#
# Surprise: GaussianMixture.fit ends when the mean log-likelihood of a row gains less than tol=1e-3
# in one iteration. On a plateau EM gains less for many iterations and more again afterwards. Here 4
# components are fitted to clusters around a circle: the fit ends after 3 iterations with
# converged_=True and without a warning. The same start and seed with tol=1e-9 go on to a BIC that is
# 139 lower. Differences of 10 decide between models.
#
# The guide of scikit-learn recommends BIC for the choice of components and says nothing of tol there.
#
# Harm to users of mixclust: a comparison of models that end by this rule ranks them by the iteration
# at which EM stopped. mixclust ends a run when the extrapolated gain that is still to come is below tol
# (mixclust/kernels/mixture/convergence.pyx, docs/mixtures.md).
#
# Prints both fits, and exits with 1 when the behaviour has changed. Needs network access to a
# package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "scikit-learn==1.9.1" "numpy==2.4.6" "scipy==1.17.1"

"$folder/venv/bin/python" -W error - <<'PYTHON'
import sys

import numpy as np
import sklearn
from sklearn.mixture import GaussianMixture

angles = np.random.default_rng(0).integers(0, 14, 1000) * 2 * np.pi / 14
along, across = np.random.default_rng(1).normal(size=(2, 1000)) * [[1.5], [0.4]]
X = np.column_stack(
    [
        (10 + along) * np.cos(angles) - across * np.sin(angles),
        (10 + along) * np.sin(angles) + across * np.cos(angles),
    ]
)
print("scikit-learn", sklearn.__version__)
default = GaussianMixture(4, random_state=2).fit(X)
long = GaussianMixture(4, random_state=2, tol=1e-9, max_iter=5000).fit(X)
for mixture in (default, long):
    print(
        f"tol {mixture.tol:g}: converged_={mixture.converged_} after {mixture.n_iter_} iterations, "
        f"BIC {mixture.bic(X):.1f}"
    )
as_described = default.converged_ and default.n_iter_ < 10 and default.bic(X) > long.bic(X) + 100
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
