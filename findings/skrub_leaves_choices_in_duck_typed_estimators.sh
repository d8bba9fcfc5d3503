#!/usr/bin/env bash
# skrub 0.11.0: a choice inside an estimator that does not inherit from BaseEstimator is not resolved.
#
# Surprise: `skrub.X(df).skb.apply(Estimator(n=skrub.choose_int(2, 6, name="k")))` replaces the choice
# by a number before it calls `fit`, if Estimator is a subclass of sklearn.base.BaseEstimator. An
# estimator with the same `get_params` and `set_params` that is no subclass, which scikit-learn's own
# pipelines, searches and `clone` accept, gets the choice object itself: `fit` sees
# choose_int(2, 6, name='k'), and skrub does not say that it skipped it.
#
# Harm to users of mixclust: its estimators are such classes, since `import mixclust` does not import
# scikit-learn, so that a search over a choice fails with a message about n_clusters.
# docs/to-sklearn.md shows the subclass of two lines that skrub resolves.
#
# Prints what fit sees, and exits with 1 when the behaviour has changed. Needs network access to a
# package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "skrub==0.11.0" "scikit-learn==1.9.1" "numpy==2.4.6"

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
import skrub
from sklearn.base import BaseEstimator

print("skrub", version("skrub"), "scikit-learn", version("scikit-learn"))
seen = {}


class Plain:
    def __init__(self, n=3):
        self.n = n

    def get_params(self, deep=True):
        return {"n": self.n}

    def set_params(self, **params):
        self.__dict__.update(params)
        return self

    def fit(self, X, y=None):
        seen[type(self).__name__] = type(self.n)
        return self

    def predict(self, X):
        return np.zeros(len(X))


class Subclass(Plain, BaseEstimator):
    pass


table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), columns=["a", "b"])
for estimator in (Plain, Subclass):
    choice = skrub.choose_int(2, 6, name="k")
    skrub.X(table).skb.apply(estimator(choice)).skb.eval()
    print(f"{estimator.__name__}: fit sees n of type {seen[estimator.__name__].__name__}")
as_described = not issubclass(seen["Plain"], (int, np.integer)) and issubclass(
    seen["Subclass"], (int, np.integer)
)
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
