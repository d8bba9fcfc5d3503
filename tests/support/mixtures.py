"""Mixtures for tests, and ways to compare them."""

import numpy as np

from mixclust import GaussianMixture
from support.samples import quiet_fit

COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")
ANSWERS = (
    "predict", "predict_proba", "score_samples", "score", "uncertainty", "entropy", "aic", "bic",
    "icl",
)  # fmt: skip
PARAMETERS = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")


def given_start(X, n_components, covariance_type, seed=0):
    """Weights drawn at random, rows as means, the precision of all rows, as arguments."""
    generator = np.random.default_rng(seed)
    X = np.asarray(X, dtype=np.float64)
    d = X.shape[1]
    covariance = np.cov(X.T).reshape(d, d)
    variances = np.diag(covariance) + 1e-3 * np.diag(covariance).mean()
    precision = np.linalg.inv(covariance + 1e-3 * np.diag(variances))
    precisions = {
        "full": np.repeat(precision[np.newaxis], n_components, axis=0),
        "tied": precision,
        "diag": np.repeat(1 / variances[np.newaxis], n_components, axis=0),
        "spherical": np.full(n_components, 1 / variances.mean()),
    }
    return {
        "weights_init": generator.dirichlet(np.full(n_components, 5.0)),
        "means_init": X[generator.choice(len(X), n_components, replace=False)],
        "precisions_init": precisions[covariance_type],
    }


def fit_mixture(X, n_components, *, sample_weight=None, resp_init=None, **options):
    """A fitted GaussianMixture, converged or not."""
    mixture = GaussianMixture(n_components, **options)
    return quiet_fit(mixture, X, sample_weight=sample_weight, resp_init=resp_init)


def assert_same_mixture(found, expected, rtol=1e-8, bounds_rtol=1e-10):
    """Two fits went the same way and ended with the same parameters, each to its own scale."""
    np.testing.assert_allclose(found.lower_bounds_, expected.lower_bounds_, rtol=bounds_rtol)
    assert found.n_iter_ == expected.n_iter_
    assert found.converged_ == expected.converged_
    for name in PARAMETERS:
        assert_close_to_scale(getattr(found, name), getattr(expected, name), rtol, name)


def assert_close_to_scale(found, expected, rtol, name=""):
    """Arrays agree but for a small part of the largest entry."""
    assert np.shape(found) == np.shape(expected), name
    atol = rtol * np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol, err_msg=name)


def reordered(mixture, order):
    """The parameters of a fit with its components in another order, by name."""
    tied = mixture.covariance_type == "tied"
    return {
        name: getattr(mixture, name)
        if tied and name not in ("weights_", "means_")
        else getattr(mixture, name)[order]
        for name in PARAMETERS
    }


def covariance_matrices(covariances, covariance_type, n_components, n_features):
    """Covariances of any structure as matrices, (n_components, n_features, n_features)."""
    eye = np.eye(n_features)
    if covariances.ndim == 3:
        return covariances
    if covariance_type == "tied":
        return np.repeat(covariances[np.newaxis], n_components, axis=0)
    if covariances.ndim == 2:
        return covariances[:, np.newaxis, :] * eye
    return covariances[:, np.newaxis, np.newaxis] * eye
