"""The answers of a mixture for a row agree with each other, and draws with their seed."""

import numpy as np
import pytest
from support.bad_inputs import HARD_ROWS
from support.mixtures import COVARIANCE_TYPES, fit_mixture
from support.samples import DTYPES, blobs


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", HARD_ROWS)
def test_answers_agree_with_each_other(name, dtype, covariance_type):
    X = HARD_ROWS[name]().astype(dtype)
    options = {"covariance_type": covariance_type, "max_iter": 20, "random_state": 1}
    mixture = fit_mixture(X, 5, **options)
    labels, resp = mixture.predict(X), mixture.predict_proba(X)
    assert np.isfinite(mixture.score_samples(X)).all()
    np.testing.assert_allclose(resp.sum(axis=1), 1, rtol=1e-13)
    np.testing.assert_array_equal(resp[np.arange(len(X)), labels], resp.max(axis=1))
    found, uncertainty = mixture.predict(X, return_uncertainty=True)
    np.testing.assert_array_equal(found, labels)
    np.testing.assert_array_equal(uncertainty, mixture.uncertainty(X))


@pytest.mark.parametrize("new", [np.random.RandomState, np.random.default_rng])
def test_draws_of_one_state_are_the_same(new):
    mixture = fit_mixture(blobs(2, 2000, 4, 6), 6, random_state=0, max_iter=5)
    rows = [mixture.set_params(random_state=new(7)).sample(50) for _ in range(2)]
    np.testing.assert_array_equal(rows[0][0], rows[1][0])
    np.testing.assert_array_equal(rows[0][1], rows[1][1])
