"""Mixtures improve with every iteration, and they move with their rows.

Guarantees 11 and 12 of docs/guarantees.md.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mixtures import (
    COVARIANCE_TYPES,
    PARAMETERS,
    assert_close_to_scale,
    covariance_matrices,
    fit_mixture,
)
from support.real_data import DATA
from support.samples import DTYPES, blobs, fitted_hash

# The same examples in every run, however slow the machine.
repeatable = settings(derandomize=True, deadline=None, max_examples=60)
SEEDS = st.integers(0, 2**32 - 1)
TYPES = st.sampled_from(COVARIANCE_TYPES)

# ---------------------------------------------------------------------------- 11 the objective


@repeatable
@given(
    seed=SEEDS,
    n_components=st.integers(1, 6),
    d=st.integers(1, 6),
    covariance_type=TYPES,
    dtype=st.sampled_from(DTYPES),
)
def test_likelihood_never_falls(seed, n_components, d, covariance_type, dtype):
    """Without `reg_covar`, where nothing collapses."""
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((400, d)) + 3 * generator.standard_normal((400, 1)) ** 3
    mixture = fit_mixture(
        X.astype(dtype),
        n_components,
        sample_weight=generator.integers(0, 3, 400) + 0.5,
        resp_init=generator.dirichlet(np.ones(n_components), size=400),
        covariance_type=covariance_type,
        reg_covar=0,
        tol=0,
        max_iter=60,
    )
    bounds = np.array(mixture.lower_bounds_)
    if mixture.report_.n_collapsed == 0:
        assert (np.diff(bounds) >= -1e-11 * np.abs(bounds).max()).all()


def penalty(parameters, covariance_type, floor, shares):
    """What `reg_covar` takes from the mean log-likelihood, if component k has a share of rows.

    ``S + floor`` is the covariance that maximises ``-log |C| - trace(C^-1 (S + floor))``.
    """
    n_components, d = parameters.means.shape
    covariances = covariance_matrices(parameters.covariances, covariance_type, n_components, d)
    inverses = np.linalg.inv(covariances)
    return 0.5 * shares @ (np.einsum("kjj->kj", inverses) @ floor)


@repeatable
@given(
    seed=SEEDS,
    n_components=st.integers(1, 6),
    d=st.integers(1, 4),
    covariance_type=TYPES,
    reg_covar=st.sampled_from([1e-6, 1e-2, 1.0, 30.0]),
)
def test_penalised_likelihood_never_falls(seed, n_components, d, covariance_type, reg_covar):
    """With `reg_covar` an iteration gains at least what it adds to the penalty.

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


def fit_from(X, resp, covariance_type, sample_weight=None, reg_covar="auto", **options):
    options = {"covariance_type": covariance_type, "max_iter": 6, "tol": 0} | options
    return fit_mixture(
        X,
        resp.shape[1],
        sample_weight=sample_weight,
        resp_init=resp,
        reg_covar=reg_covar,
        **options,
    )


def assert_moved(found, expected, moved_by, d, jacobian=0.0, rtol=1e-7):
    """Parameters are those of another fit, moved; bounds differ by the units' logarithm."""
    np.testing.assert_allclose(
        np.array(found.lower_bounds_) + jacobian, expected.lower_bounds_, rtol=1e-8, atol=1e-8
    )
    np.testing.assert_allclose(found.weights_, expected.weights_, atol=rtol)
    means, covariances = moved_by(
        expected.means_,
        covariance_matrices(
            expected.covariances_, expected.covariance_type, len(expected.weights_), d
        ),
    )
    assert_close_to_scale(found.means_, means, rtol)
    matrices = covariance_matrices(
        found.covariances_, found.covariance_type, len(found.weights_), d
    )
    assert_close_to_scale(matrices, covariances, rtol)


@repeatable
@given(
    seed=SEEDS,
    n=st.integers(60, 200),
    d=st.integers(1, 5),
    n_components=st.integers(1, 4),
    covariance_type=TYPES,
)
def test_equivariance(seed, n, d, n_components, covariance_type):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, d)) ** 3
    resp = generator.dirichlet(np.ones(n_components), size=n)
    fit = fit_from(X, resp, covariance_type)

    rows = generator.permutation(n)
    moved = fit_from(X[rows], resp[rows], covariance_type)
    assert_moved(moved, fit, lambda m, c: (m, c), d)

    features = generator.permutation(d)
    moved = fit_from(X[:, features], resp, covariance_type)
    assert_moved(moved, fit, lambda m, c: (m[:, features], c[:, features][:, :, features]), d)

    order = generator.permutation(n_components)
    moved = fit_from(X, resp[:, order], covariance_type)
    np.testing.assert_allclose(moved.means_, fit.means_[order], atol=1e-9 * np.abs(X).max())
    np.testing.assert_allclose(moved.lower_bounds_, fit.lower_bounds_, rtol=1e-10)

    offset = 1000 * generator.standard_normal(d)
    moved = fit_from(X + offset, resp, covariance_type)
    assert_moved(moved, fit, lambda m, c: (m + offset, c), d)

    scales = np.exp(generator.uniform(-9, 9, d))
    if covariance_type == "spherical":
        scales = np.full(d, scales[0])
    moved = fit_from(X * scales, resp, covariance_type)
    assert_moved(
        moved, fit, lambda m, c: (m * scales, c * np.outer(scales, scales)), d, np.log(scales).sum()
    )


@repeatable
@given(seed=SEEDS, d=st.integers(1, 5), covariance_type=st.sampled_from(["full", "spherical"]))
def test_rotation(seed, d, covariance_type):
    """Of "full" where nothing is added to the features' variances, of "spherical" in any case."""
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((150, d)) * generator.uniform(0.5, 5, d)
    resp = generator.dirichlet(np.ones(3), size=150)
    rotation, _ = np.linalg.qr(generator.standard_normal((d, d)))
    reg_covar = 0 if covariance_type == "full" else "auto"
    fit = fit_from(X, resp, covariance_type, reg_covar=reg_covar)
    moved = fit_from(X @ rotation, resp, covariance_type, reg_covar=reg_covar)
    assert_moved(moved, fit, lambda m, c: (m @ rotation, rotation.T @ c @ rotation), d)


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


@repeatable
@given(seed=SEEDS, d=st.integers(1, 5), n_components=st.integers(1, 4), covariance_type=TYPES)
def test_weights(seed, d, n_components, covariance_type):
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((80, d))
    resp = generator.dirichlet(np.ones(n_components), size=80)
    sample_weight = generator.integers(0, 4, 80)
    fit = fit_from(X, resp, covariance_type, sample_weight)

    repeat = sample_weight.astype(int)
    repeated = np.repeat(X, repeat, axis=0)
    moved = fit_from(repeated, np.repeat(resp, repeat, axis=0), covariance_type)
    assert_moved(moved, fit, lambda m, c: (m, c), d)
    for method in ("score", "aic", "bic", "icl"):
        found = getattr(fit, method)(X, sample_weight=sample_weight)
        assert found == pytest.approx(getattr(fit, method)(repeated), rel=1e-10), method

    there = sample_weight > 0
    moved = fit_from(X[there], resp[there], covariance_type, sample_weight[there])
    assert_moved(moved, fit, lambda m, c: (m, c), d)
    assert moved.report_.n_collapsed == fit.report_.n_collapsed

    factor = 10.0 ** generator.uniform(-9, 9)
    moved = fit_from(X, resp, covariance_type, sample_weight * factor)
    assert_moved(moved, fit, lambda m, c: (m, c), d)
    assert moved.report_.n_collapsed == fit.report_.n_collapsed


@pytest.mark.parametrize("init_params", ["auto", "kmeans", "k-means++", "random_from_data"])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_starts_never_choose_an_absent_row(covariance_type, init_params):
    """Rows of zero weight, however far away, are not there for any start."""
    X = np.vstack([blobs(1, 300, 2, 3), np.full((300, 2), 1e6)])
    sample_weight = np.repeat([1.0, 0.0], 300)
    options = {"covariance_type": covariance_type, "init_params": init_params, "reg_covar": 1e-3}
    for seed in range(5):
        fit = fit_mixture(X, 3, sample_weight=sample_weight, random_state=seed, **options)
        assert np.abs(fit.means_).max() < 100
        assert fit.weights_.min() > 1e-3


def test_unit_weights_are_no_weights():
    X = blobs(1, 1500, 5, 4)
    for covariance_type in COVARIANCE_TYPES:
        options = {"covariance_type": covariance_type, "random_state": 0}
        fit = fit_mixture(X, 4, **options)
        weighted = fit_mixture(X, 4, sample_weight=np.ones(1500), **options)
        for name in PARAMETERS:
            assert_close_to_scale(getattr(weighted, name), getattr(fit, name), 1e-9, name)
        if covariance_type != "full":
            assert fitted_hash(weighted) == fitted_hash(fit)


def test_a_row_of_zero_weight_may_be_infinitely_far_away():
    fit = fit_mixture([[0.0], [1.0], [5.0], [6.0]], 2, random_state=0)
    X, sample_weight = [[0.5], [5.5], [1e200]], [1.0, 2.0, 0.0]
    for method in ("score", "aic", "bic", "icl"):
        expected = getattr(fit, method)(X[:2], sample_weight=sample_weight[:2])
        assert getattr(fit, method)(X, sample_weight=sample_weight) == expected
    assert fit.score(X) == -np.inf
