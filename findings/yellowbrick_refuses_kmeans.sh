#!/usr/bin/env bash
# yellowbrick 1.5 with scikit-learn 1.9.1: its visualisers of clusterings refuse scikit-learn's KMeans.
#
# Surprise: yellowbrick 1.5 is the last release, and installs beside scikit-learn 1.9.1 without a
# complaint. KElbowVisualizer(sklearn.cluster.KMeans(), k=(2, 6)).fit(X) then raises YellowbrickTypeError:
# "The supplied model is not a clustering estimator". It looks for the attribute `_estimator_type`,
# which scikit-learn's estimators no longer have since tags took its place.
#
# Harm to users of mixclust: the elbow of a KMeans of any library cannot be drawn by yellowbrick, and
# the message blames the estimator. No change of ours helps: `mixclust.plot` draws silhouettes.
#
# Prints the message, and exits with 1 when the behaviour has changed. Needs network access to a package
# index, and a Python that has distutils or setuptools.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "yellowbrick==1.5" "scikit-learn==1.9.1" "numpy==2.4.6" "matplotlib==3.10.8" "setuptools==80.9.0"

MPLBACKEND=Agg "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from sklearn.cluster import KMeans
from yellowbrick.cluster import KElbowVisualizer
from yellowbrick.exceptions import YellowbrickTypeError

print("yellowbrick", version("yellowbrick"), "scikit-learn", version("scikit-learn"))
X = np.random.default_rng(0).normal(size=(200, 2))
try:
    KElbowVisualizer(KMeans(), k=(2, 6)).fit(X)
    message = None
except YellowbrickTypeError as error:
    message = str(error)
print("message:", message)
as_described = message is not None and "not a clustering estimator" in message
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
