"""A mixture of one's own: a structure and an M step in Python, without a change to the package."""

import numpy as np
import pytest

from mixclust import GaussianMixture
from mixclust._mixture.structures import Full, registry, structure_of

CENTERS = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 6.0]])


class FixedMeans(Full):
    """Covariance matrices and weights about means that stay as they are given."""

    name = "full, fixed means"

    @staticmethod
    def maximise(statistics, parameters, floor):
        counts = statistics.counts
        scatters = statistics.about(parameters.means).scatters
        covariances = scatters / counts[:, np.newaxis, np.newaxis] + np.diag(floor)
        return counts / counts.sum(), parameters.means, covariances


@pytest.fixture
def fixed_means(monkeypatch):
    """The name of the structure, which is registered for one test."""
    monkeypatch.setattr(registry, "_STRUCTURES", dict(registry._STRUCTURES))
    registry.register(FixedMeans)
    return FixedMeans.name


def rows(n=900):
    """Draw rows around the centres, about each with another covariance."""
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=n)
    scales = np.array([[1.0, 0.3], [0.5, 2.0], [1.0, 1.0]])
    return CENTERS[labels] + scales[labels] * rng.normal(size=(n, 2)), labels


def em(X, means, n_iter, floor):
    """The same in plain NumPy: weights, covariances, and the bounds of each iteration."""
    n_components, d = means.shape
    weights = np.full(n_components, 1 / n_components)
    covariances, bounds = np.tile(np.eye(d), (n_components, 1, 1)), []
    differences = X[:, np.newaxis] - means
    for _ in range(n_iter):
        distances = np.einsum(
            "nki,kij,nkj->nk", differences, np.linalg.inv(covariances), differences
        )
        constants = np.log(weights) - (np.linalg.slogdet(2 * np.pi * covariances)[1]) / 2
        joint = constants - distances / 2
        log_prob = np.logaddexp.reduce(joint, axis=1)
        resp = np.exp(joint - log_prob[:, np.newaxis])
        bounds.append(log_prob.mean())
        scatters = np.einsum("nk,nki,nkj->kij", resp, differences, differences)
        weights = resp.mean(axis=0)
        covariances = scatters / resp.sum(axis=0)[:, np.newaxis, np.newaxis] + floor * np.eye(d)
    return weights, covariances, bounds


def fit(X, covariance_type, offset=0.0, **options):
    given = {
        "means_init": CENTERS + offset,
        "weights_init": np.full(3, 1 / 3),
        "precisions_init": np.tile(np.eye(2), (3, 1, 1)),
    }
    mixture = GaussianMixture(3, covariance_type=covariance_type, tol=0, **given | options)
    return mixture.fit(X + offset)


@pytest.mark.filterwarnings("ignore::mixclust.ConvergenceWarning")
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_mixture_with_fixed_means(fixed_means, offset):
    X, labels = rows()
    mixture = fit(X, fixed_means, offset, max_iter=12, reg_covar=1e-6)
    weights, covariances, bounds = em(X, CENTERS, 12, 1e-6)
    np.testing.assert_allclose(mixture.means_, CENTERS + offset, rtol=1e-15, atol=1e-15)
    rtol = 1e-11 if offset == 0 else 1e-7
    np.testing.assert_allclose(mixture.lower_bounds_, bounds, rtol=rtol)
    np.testing.assert_allclose(mixture.weights_, weights, rtol=rtol)
    np.testing.assert_allclose(mixture.covariances_, covariances, rtol=rtol, atol=rtol)
    assert (np.diff(mixture.lower_bounds_) > -1e-13).all()
    assert (mixture.predict(X + offset) == labels).mean() > 0.9
    assert mixture.sample(5)[0].shape == (5, 2)


def test_an_unknown_structure_is_refused_again(fixed_means):
    assert structure_of(fixed_means) is FixedMeans
    with pytest.raises(ValueError, match="'spherical', 'full, fixed means'"):
        GaussianMixture(2, covariance_type="fixed").fit(rows()[0])
