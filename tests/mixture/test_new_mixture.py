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
def register(monkeypatch):
    """The function that registers a structure, for one test."""
    monkeypatch.setattr(registry, "_STRUCTURES", dict(registry._STRUCTURES))
    return registry.register


@pytest.fixture
def fixed_means(register):
    """The name of the structure, which is registered for one test."""
    return register(FixedMeans).name


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
    with pytest.raises(ValueError, match="'EVV', 'full, fixed means'"):
        GaussianMixture(2, covariance_type="fixed").fit(rows()[0])


BAD_STEPS = {
    "division by zero": (ZeroDivisionError, lambda w, m, c: 1 / 0),
    "returned NoneType": (TypeError, lambda w, m, c: None),
    "returned tuple": (TypeError, lambda w, m, c: (w, m)),
    "weights of shape \\(2,\\)": (ValueError, lambda w, m, c: (w[1:], m, c)),
    "means of shape \\(2,\\)": (ValueError, lambda w, m, c: (w, m[0], c)),
    "covariances of shape \\(2, 2\\)": (ValueError, lambda w, m, c: (w, m, c[0])),
    "weights that hold NaN": (ValueError, lambda w, m, c: (w * np.nan, m, c)),
    "means that hold NaN": (ValueError, lambda w, m, c: (w, m * np.inf, c)),
    "covariances that hold NaN": (ValueError, lambda w, m, c: (w, m, c * np.nan)),
    "add up to 2": (ValueError, lambda w, m, c: (2 * w, m, c)),
    "smallest is -": (ValueError, lambda w, m, c: (w - np.array([2, 0, -2]), m, c)),
    "not positive definite": (ValueError, lambda w, m, c: (w, m, -c)),
    "not symmetric": (ValueError, lambda w, m, c: (w, m, c + np.eye(2, k=1))),
}


@pytest.mark.parametrize("message", BAD_STEPS)
def test_a_bad_step_is_an_error_and_changes_nothing(register, message):
    error, spoil = BAD_STEPS[message]

    class Bad(Full):
        name = "bad"

        @staticmethod
        def maximise(statistics, parameters, floor):
            weights, means, covariances = parameters[:3]
            return spoil(weights, means, covariances)

    mixture = GaussianMixture(3, random_state=0).fit(rows()[0])
    before = dict(vars(mixture))
    mixture.set_params(covariance_type=register(Bad).name)
    with pytest.raises(error, match=message):
        mixture.fit(rows()[0])
    assert vars(mixture) == before | {"covariance_type": "bad"}


def test_a_structure_is_registered_once_under_a_name(register):
    assert register(FixedMeans) is register(FixedMeans)
    with pytest.raises(ValueError, match="there is a structure named 'full, fixed means'"):
        register(type("Other", (Full,), {"name": FixedMeans.name}))
    with pytest.raises(TypeError, match="subclass of Structure"):
        register(int)
    with pytest.raises(TypeError, match="needs a name"):
        register(type("Nameless", (Full,), {"name": 3}))
