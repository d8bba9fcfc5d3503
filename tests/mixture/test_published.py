"""Fits that others published, found again; tests/data/README.md tells where they are from."""

import math
from pathlib import Path

import numpy as np
import pytest
import sklearn.mixture
from support.mixtures import COVARIANCE_TYPES
from support.real_data import DATA

from mixclust import GaussianMixture

TESTS = Path(__file__).parents[1]
FOLDERS = {"faithful.csv": TESTS.parent / "examples", "diabetes.csv": TESTS / "data"}

PUBLISHED = [
    # file, structure, log-likelihood, BIC in our sign, parameters
    ("faithful.csv", "tied", -1126.32623647, 2314.316296, 3 + 3 * 2 + 2),
    ("diabetes.csv", "full", -2303.495561, 4751.3164, 3 * 6 + 3 * 3 + 2),
]


def load(name):
    return np.loadtxt(FOLDERS[name] / name, delimiter=",", skiprows=1)


@pytest.mark.parametrize(("name", "covariance_type", "expected", "bic", "n_parameters"), PUBLISHED)
def test_published_fit(name, covariance_type, expected, bic, n_parameters):
    """At least as likely, and beyond mclust's fit by no more than mclust's tolerance."""
    X = load(name)
    options = {"reg_covar": 0, "tol": 1e-10, "max_iter": 5000, "n_init": 3, "random_state": 0}
    mixture = GaussianMixture(3, covariance_type=covariance_type, **options).fit(X)
    log_likelihood = mixture.score(X) * len(X)
    assert expected <= log_likelihood < expected + 0.02
    assert bic - 0.04 < mixture.bic(X) <= bic
    # The BIC of the published log-likelihood is the published BIC: as many parameters are counted.
    penalty = mixture.bic(X) + 2 * log_likelihood
    assert penalty == pytest.approx(n_parameters * math.log(len(X)), rel=1e-12)
    assert -2 * expected + penalty == pytest.approx(bic, abs=1e-4)
    assert mixture.report_.n_collapsed == 0


@pytest.mark.parametrize("name", ["faithful.csv", "diabetes.csv"])
def test_data_equal_the_published_data(name):
    X = load(name)
    assert X.shape == {"faithful.csv": (272, 2), "diabetes.csv": (145, 3)}[name]
    means = {
        "faithful.csv": [3.48778309, 70.8970588],
        "diabetes.csv": [121.9862, 540.7862, 186.1172],
    }
    np.testing.assert_allclose(X.mean(axis=0), means[name], rtol=1e-6)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_iris_is_at_least_scikit_learns(covariance_type):
    """The whole default fit, run to the end, against the best of ten runs of scikit-learn."""
    X = DATA["iris"]
    options = {"covariance_type": covariance_type, "tol": 1e-8, "max_iter": 2000}
    ours = GaussianMixture(3, reg_covar=1e-6, random_state=0, **options).fit(X)
    theirs = sklearn.mixture.GaussianMixture(3, n_init=10, random_state=0, **options).fit(X)
    assert ours.score(X) >= theirs.score(X) - 1e-6
    assert ours.bic(X) <= theirs.bic(X) + 1e-3
