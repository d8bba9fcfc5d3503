"""Mixtures of many features, with matrices factorised one by one, give the same answers."""

import numpy as np
import pytest
from support.samples import normal

from mixclust import GaussianMixture
from mixclust._mixture import linear_algebra, structures

D, K = 5, 3


def mixture(covariance_type):
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(K, 2 * D, D))
    covariances = np.swapaxes(roots, -1, -2) @ roots / D
    if covariance_type == "tied":
        covariances = covariances[0]
    return GaussianMixture.from_parameters(
        np.full(K, 1 / K), rng.normal(size=(K, D)), covariances, covariance_type=covariance_type
    )


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_answers_do_not_depend_on_the_way(covariance_type, monkeypatch):
    X = normal(1, 20, D)
    X[::2, 1:3] = np.nan
    X[1::2, 4] = np.nan
    ours = mixture(covariance_type)

    def answers():
        part = ours.condition({0: 0.5, 3: -1.0})
        fitted = GaussianMixture(
            K,
            covariance_type=covariance_type,
            means_init=ours.means_,
            precisions_init=ours.precisions_,
            callback=lambda state: True,
        ).fit(np.nan_to_num(X))
        return [
            ours.impute(X),
            part.weights_,
            part.means_,
            part.covariances_,
            part.precisions_cholesky_,
            fitted.means_,
            structures.structure_of(covariance_type).invert(ours.precisions_),
        ]

    expected = answers()
    monkeypatch.setattr(linear_algebra, "MIN_FEATURES_ONE_BY_ONE", 1)
    for found, wanted in zip(answers(), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_draws_have_the_covariances_of_the_components(covariance_type, monkeypatch):
    monkeypatch.setattr(linear_algebra, "MIN_FEATURES_ONE_BY_ONE", 1)
    ours = mixture(covariance_type)
    structure = structures.structure_of(covariance_type)
    matrices = structure.matrices(ours.covariances_, K, D)
    for k in range(K):
        root = structure.root(ours.covariances_, k)
        np.testing.assert_allclose(root.T @ root, matrices[k], rtol=1e-10, atol=1e-12)
    singular = np.ones((1, D, D)) if covariance_type == "full" else np.ones((D, D))
    root = structure.root(singular, 0)
    np.testing.assert_allclose(root.T @ root, np.ones((D, D)), atol=1e-12)
