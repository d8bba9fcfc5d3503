#!/usr/bin/env bash
# pymclustR 0.2.1: the model that it selects for the iris measurements has a component of one row.
#
# Surprise: Mclust(X), a port of R's mclust to NumPy, chooses VEE with five components for iris, with a
# BIC of -481.0. The weight of a component is 1/150: one row, with a covariance matrix of determinant
# 1e-62. The likelihood of a mixture has no bound as a component shrinks on a row, so that this BIC says
# nothing about clusters; only the number of iterations limits it. R's mclust 6.0.0 gives NA for this
# model, and chooses VEV with two components, BIC -561.7, as mixclust.select does.
#
# Harm to users of mixclust: none directly; benchmarks/bench_selection.py prints the BIC of pymclustR
# beside ours, where it looks better by 80. Components that collapse are gaps in the table of
# GaussianMixtureIC, and never the choice (docs/selection.md).
#
# Takes a minute. Prints both fits, and exits with 1 when the behaviour has changed. Needs network
# access to a package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "pymclustR==0.2.1" "scikit-learn==1.9.1" "numpy==2.4.6" "scipy==1.17.1"

OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

import numpy as np
from mclust_py import Mclust
from sklearn.datasets import load_iris

warnings.simplefilter("ignore")
print("pymclustR", version("pymclustR"))
X = load_iris().data
fit = Mclust(X, G=[2, 5], model_names=["VEV", "VEE"])
rows = 150 * fit.pro
determinants = [np.linalg.det(fit.sigma[:, :, k]) for k in range(fit.G)]
print(f"chosen of two sizes and models: {fit.model_name}, {fit.G} components, BIC {fit.bic:.3f}")
print("rows of the components:", *(f"{n:.3f}" for n in rows))
print("determinants of their covariances:", *(f"{value:.1e}" for value in determinants))
as_described = (
    (fit.model_name, fit.G) == ("VEE", 5)
    and fit.bic > -500
    and abs(rows.min() - 1) < 1e-3
    and min(determinants) < 1e-50
)
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
