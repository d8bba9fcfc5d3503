"""Promises 11 and 12 with `reg_covar`, and for whole fits of mixtures with their starts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.mixtures import (
    COVARIANCE_TYPES,
    covariance_matrices,
    fit_mixture,
)
from support.real_data import DATA
from support.samples import blobs
from support.strategies import SEEDS, repeatable

TYPES = st.sampled_from(COVARIANCE_TYPES)

# ---------------------------------------------------------------------------- 11 the objective


def penalty(parameters, covariance_type, floor, shares):
    """The penalty of `reg_covar` on the mean log-likelihood, given the components' shares.

    ``S + floor`` is the covariance that maximises ``-log |C| - trace(C^-1 (S + floor))``.
    """
    n_components, d = parameters.means.shape
    covariances = covariance_matrices(parameters.covariances, covariance_type, n_components, d)
    inverses = np.linalg.inv(covariances)
    return 0.5 * shares @ (np.einsum("kjj->kj", inverses) @ floor)


@repeatable(60)
@given(
    seed=SEEDS,
    n_components=st.integers(1, 6),
    d=st.integers(1, 4),
    covariance_type=TYPES,
    reg_covar=st.sampled_from([1e-6, 1e-2, 1.0, 30.0]),
)
def test_penalised_likelihood_never_falls(seed, n_components, d, covariance_type, reg_covar):
    """With `reg_covar` an iteration gains at least as much as it adds to the penalty.

    Both penalties are taken with the shares of the rows that the M step maximised under. Where
    all components have one covariance the shares do not matter, and this says that likelihood
    less penalty never falls; otherwise no function of the parameters alone is monotone.
    """
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((200, d)) * generator.uniform(0.1, 5, d)
    states = []
    mixture = fit_mixture(
        X,
        n_components,
        resp_init=generator.dirichlet(np.ones(n_components), size=200),
        covariance_type=covariance_type,
        reg_covar=reg_covar,
        tol=0,
        max_iter=30,
        callback=lambda state: states.append(state.parameters()),
    )
    floor = np.full(d, reg_covar)
    bounds = np.array(mixture.lower_bounds_)
    for i in range(1, len(bounds) - 1):
        shares = states[i].weights
        before = penalty(states[i - 1], covariance_type, floor, shares)
        after = penalty(states[i], covariance_type, floor, shares)
        # bounds[i] is the likelihood under states[i - 1].
        assert bounds[i + 1] - bounds[i] >= after - before - 1e-10 * np.abs(bounds).max()


def test_penalised_likelihood_of_one_covariance_never_falls():
    """The same for "tied", in the plain form, where the likelihood alone does fall."""
    X, states = blobs(0, 300, 3, 4), []
    mixture = fit_mixture(
        X,
        4,
        covariance_type="tied",
        reg_covar=5.0,
        tol=0,
        max_iter=40,
        init_params="random_from_data",
        random_state=3,
        callback=lambda state: states.append(state.parameters()),
    )
    inverses = [np.linalg.inv(state.covariances) for state in states]
    penalties = np.array([0.5 * 5.0 * np.trace(inverse) for inverse in inverses])
    objective = np.array(mixture.lower_bounds_[1:]) - penalties[:-1]
    assert (np.diff(objective) >= -1e-12 * np.abs(objective).max()).all()


# ---------------------------------------------------------------------------- 12 equivariance


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("name", ["iris", "wine", "blobs"])
def test_whole_default_fit_knows_no_units(name, covariance_type):
    """Starts, floors and all: other units and another origin lead to the same components."""
    X = DATA[name]
    d = X.shape[1]
    options = {"covariance_type": covariance_type, "random_state": 0}
    fit = fit_mixture(X, 3, **options)
    scales = np.geomspace(1e-4, 1e4, d)
    if covariance_type == "spherical":
        scales = np.full(d, 1e-4)
    moved = fit_mixture(X * scales + 50 * scales * X.std(axis=0), 3, **options)
    np.testing.assert_array_equal(
        moved.predict(X * scales + 50 * scales * X.std(axis=0)), fit.predict(X)
    )
    assert moved.n_iter_ == fit.n_iter_
    assert moved.lower_bound_ + np.log(scales).sum() == pytest.approx(fit.lower_bound_, rel=1e-8)
    np.testing.assert_allclose(
        np.array(moved.report_.runs[0].scores) + np.log(scales).sum(),
        fit.report_.runs[0].scores,
        rtol=1e-8,
    )


def test_a_row_of_zero_weight_may_be_infinitely_far_away():
    fit = fit_mixture([[0.0], [1.0], [5.0], [6.0]], 2, random_state=0)
    X, sample_weight = [[0.5], [5.5], [1e200]], [1.0, 2.0, 0.0]
    for method in ("score", "aic", "bic", "icl"):
        expected = getattr(fit, method)(X[:2], sample_weight=sample_weight[:2])
        assert getattr(fit, method)(X, sample_weight=sample_weight) == expected
    assert fit.score(X) == -np.inf
