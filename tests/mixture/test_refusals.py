"""Arguments that a mixture refuses, with the messages that give the reasons."""

import re

import numpy as np
import pytest
from support.mixtures import ANSWERS, COVARIANCE_TYPES, fit_mixture, given_start
from support.samples import normal

from mixclust import GaussianMixture


@pytest.mark.parametrize("sample_weight", [None, [1.0, 1.0, 0.0, 0.0]])
def test_too_few_rows(sample_weight):
    X = np.arange(4.0)[:, np.newaxis][: 4 if sample_weight else 2]
    message = r"n_components=3 needs at least 3 rows of positive weight, but n_samples = 2"
    with pytest.raises(ValueError, match=message):
        GaussianMixture(3).fit(X, sample_weight=sample_weight)
    with pytest.raises(ValueError, match="n_samples = 1"):
        GaussianMixture(1).fit(X[:1])


BAD_STARTS = [
    # argument, value for K = 3 and 4 features, part of the message
    ("weights_init", [0.5, 0.5], r"weights_init should have the shape of \(3,\)"),
    ("weights_init", [0.5, 0.6, 0.2], "weights_init must be normalized"),
    ("weights_init", [1.5, -0.25, -0.25], "weights_init must be normalized"),
    ("weights_init", [np.nan, 0.5, 0.5], "weights_init contains NaN"),
    ("means_init", np.zeros((3, 3)), r"means_init should have the shape of \(3, 4\)"),
    ("means_init", np.full((3, 4), np.inf), "means_init contains infinity"),
    ("means_init", "nonsense", "means_init"),
    ("precisions_init", np.zeros((3, 4, 4)), "precisions_init must be symmetric, positive-def"),
    ("precisions_init", -np.eye(4)[np.newaxis].repeat(3, 0), "precisions_init must be symmetric"),
    ("precisions_init", np.eye(4), r"precisions_init should have the shape of \(3, 4, 4\)"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD_STARTS)
def test_bad_parameters_to_start_from(name, value, message):
    mixture = GaussianMixture(3, **{name: value})
    with pytest.raises((TypeError, ValueError), match=message):
        mixture.fit(normal(0, 30, 4))


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_precisions_that_are_not_symmetric_are_refused_in_any_unit(unit):
    precisions = (np.eye(3) + np.triu(np.full((3, 3), 0.3), 1))[np.newaxis] / unit**2
    with pytest.raises(ValueError, match="precisions_init must be symmetric"):
        GaussianMixture(1, precisions_init=precisions).fit(normal(0, 30, 3) * unit)


def test_a_warm_start_from_something_else_is_refused():
    X = normal(0, 100, 4)
    mixture = fit_mixture(X, 4, warm_start=True, random_state=0)
    before = dict(vars(mixture))
    other = GaussianMixture(2, covariance_type="EEV", warm_start=True).fit(normal(0, 40, 2))
    with pytest.raises(ValueError, match=r"from covariance_type='EEV', .* covariance_type='VVE'"):
        other.set_params(covariance_type="VVE").fit(normal(0, 40, 2))
    with pytest.raises(ValueError, match="warm_start=True goes on from 4 features, but X has 3"):
        mixture.fit(X[:, :3])
    for name, value in [("covariance_type", "tied"), ("n_components", 3), ("n_components", 5)]:
        mixture.set_params(**{name: value})
        with pytest.raises(ValueError, match=f"warm_start=True goes on from .*{name}={value!r}"):
            mixture.fit(X)
        mixture.set_params(**{name: before[name]})
    assert vars(mixture) == before


@pytest.mark.parametrize("n_components", [2, 4])
def test_a_structure_that_was_set_after_the_fit_is_refused(n_components):
    """With as many components as features, "tied" and "diag" have the same shape."""
    X = normal(0, 100, 4)
    for fitted, other in [("full", "tied"), ("tied", "diag"), ("spherical", "full")]:
        mixture = fit_mixture(X, n_components, covariance_type=fitted, random_state=0)
        expected = mixture.predict(X)
        shape = re.escape(str(mixture.covariances_.shape))
        mixture.set_params(covariance_type=other)
        message = (
            f"^covariance_type='{other}', but .* has covariances of shape {shape}; set it back"
        )
        for method in (*ANSWERS, "impute", "marginal", "condition", "sample"):
            with pytest.raises(ValueError, match=message):
                getattr(mixture, method)(X)
        np.testing.assert_array_equal(
            mixture.set_params(covariance_type=fitted).predict(X), expected
        )


@pytest.mark.parametrize("value", ["no", 3, 0, None])
def test_a_warm_start_is_asked_for_with_a_bool(value):
    message = rf"^warm_start must be True or False, got {value!r} of type {type(value).__name__}\.$"
    with pytest.raises(TypeError, match=message):
        GaussianMixture(warm_start=value).fit(normal(0, 30, 2))
    GaussianMixture(warm_start=np.bool_(True)).fit(normal(0, 30, 2))


def test_given_start_is_copied():
    X = normal(0, 60, 3)
    start = given_start(X, 2, "full")
    before = {name: value.copy() for name, value in start.items()}
    fit_mixture(X, 2, max_iter=3, **start)
    for name, value in start.items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_rows_infinitely_far_off_are_not_refused(covariance_type):
    X = normal(0, 200, 5)
    mixture = fit_mixture(X, 3, covariance_type=covariance_type, random_state=0)
    X[47] = 1e200
    assert mixture.score_samples(X)[47] == -np.inf
    np.testing.assert_array_equal(mixture.predict_proba(X)[47], mixture.weights_)
    assert mixture.predict(X)[47] == mixture.weights_.argmax()


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_far_rows_have_a_label_and_no_density(covariance_type):
    """However far: minus infinity, never NaN; labels with and without uncertainty agree."""
    X = normal(0, 100, 2) @ np.array([[2.0, 1.0], [0.0, 1.0]])
    mixture = fit_mixture(X, 2, covariance_type=covariance_type, random_state=0)
    with np.errstate(all="raise"):
        for size in (1e10, 1e100, 1e150, 1e160, 1e300, 1.7e308):
            far = size * np.array([[1.0, 0], [0, 1], [-1, 1], [1, 1], [-1, -1]])
            log_prob = mixture.score_samples(far)
            assert (log_prob < -1e15).all()
            assert not np.isnan(log_prob).any()
            resp = mixture.predict_proba(far)
            np.testing.assert_allclose(resp.sum(axis=1), 1)
            labels, uncertainty = mixture.predict(far, return_uncertainty=True)
            np.testing.assert_array_equal(labels, mixture.predict(far))
            np.testing.assert_array_equal(uncertainty, 1 - resp.max(axis=1))
