"""``acceleration="squarem"``: the fixed points of EM in fewer passes, uphill all the way."""

import numpy as np
import pytest
from support.mixtures import PARAMETERS, fit_mixture
from support.real_data import DATA
from support.samples import normal

from mixclust import GaussianMixture

STRUCTURES = ["full", "tied", "diag", "spherical"]
SLOW = {"tol": 1e-9, "max_iter": 5000, "random_state": 0}


def overlapping():
    """Three clusters that overlap so much that EM crawls."""
    generator = np.random.default_rng(0)
    return np.vstack(
        [
            generator.normal(size=(400, 3)),
            generator.normal(size=(300, 3)) * 1.3 + 1.5,
            generator.normal(size=(300, 3)) * 0.7 + [2, -1, 0],
        ]
    )


@pytest.mark.parametrize("covariance_type", STRUCTURES)
def test_same_optimum_in_fewer_passes(covariance_type):
    X, passes = overlapping(), []
    plain = GaussianMixture(3, covariance_type=covariance_type, **SLOW).fit(X)
    fast = GaussianMixture(
        3, covariance_type=covariance_type, acceleration="squarem", callback=passes.append, **SLOW
    ).fit(X)
    assert fast.converged_
    assert 2 * fast.n_iter_ < plain.n_iter_
    assert sum(state.iteration > 0 for state in passes) == fast.n_iter_
    assert fast.score(X) >= plain.score(X) - 1e-9
    np.testing.assert_allclose(fast.means_, plain.means_, atol=2e-2)
    # A fixed point: EM from there stays there.
    on = GaussianMixture(
        3,
        covariance_type=covariance_type,
        weights_init=fast.weights_,
        means_init=fast.means_,
        precisions_init=fast.precisions_,
        tol=1e-9,
        max_iter=20,
    ).fit(X)
    assert on.lower_bound_ == pytest.approx(fast.score(X), abs=1e-8)


@pytest.mark.parametrize("name", ["iris", "wine", "blobs"])
@pytest.mark.parametrize("covariance_type", STRUCTURES)
def test_likelihood_never_falls(name, covariance_type):
    X = DATA[name][:, :5]
    mixture = GaussianMixture(
        4, covariance_type=covariance_type, acceleration="squarem", reg_covar=0, **SLOW
    ).fit(X)
    assert (np.diff(mixture.lower_bounds_) > -1e-11 * abs(mixture.lower_bound_)).all()
    assert np.isfinite(mixture.covariances_).all()


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_units_do_not_change_the_course(covariance_type):
    X, units = overlapping(), 2.0 ** np.array([-13, 0, 13])
    options = {"covariance_type": covariance_type, "acceleration": "squarem", **SLOW}
    plain, scaled = (GaussianMixture(3, **options).fit(rows) for rows in (X, X * units))
    assert scaled.n_iter_ == plain.n_iter_
    np.testing.assert_allclose(scaled.means_, plain.means_ * units, rtol=1e-7)


@pytest.mark.parametrize("max_iter", [1, 2, 3, 4, 7])
def test_max_iter_counts_every_pass(max_iter):
    mixture = GaussianMixture(3, acceleration="squarem", tol=0, max_iter=max_iter, random_state=0)
    with pytest.warns(UserWarning, match="did not converge"):
        mixture.fit(overlapping())
    assert 1 <= mixture.n_iter_ <= max_iter


def test_unknown_acceleration_is_refused():
    with pytest.raises(ValueError, match=r"^acceleration='fast' must be one of 'squarem'\.$"):
        GaussianMixture(acceleration="fast").fit(overlapping())


@pytest.mark.parametrize("covariance_type", STRUCTURES)
def test_points_that_cannot_be_are_thrown_away(covariance_type):
    """Features that are all but equal: an extrapolated precision may be singular or infinite."""
    for seed in range(20):
        generator = np.random.default_rng(seed)
        X = generator.normal(size=(60, 1)) * [[1, 1]]
        X[:, 1] *= 1 + 1e-7 * generator.normal(size=60)
        mixture = fit_mixture(
            X,
            5,
            covariance_type=covariance_type,
            acceleration="squarem",
            tol=1e-9,
            max_iter=300,
            reg_covar=0,
            random_state=0,
        )
        for name in PARAMETERS:
            assert np.isfinite(getattr(mixture, name)).all()


@pytest.mark.parametrize("covariance_type", ["EEV", "VEV", "EVV"])
def test_singular_precisions_of_a_model_are_thrown_away(covariance_type):
    """A weight of noise that falls to zero makes steps so long that precisions are singular."""
    generator = np.random.default_rng(1)
    X = generator.normal(size=(200, 3)) @ generator.normal(size=(3, 3))
    X += 3 * generator.integers(0, 3, size=(200, 1))
    options = {"covariance_type": covariance_type, "noise": True, "random_state": 0}
    fast = fit_mixture(X, 3, acceleration="squarem", **options)
    assert fast.converged_
    assert fast.score(X) >= fit_mixture(X, 3, **options).score(X) - 1e-4


def test_a_component_without_rows_neither_returns_nor_stops_the_acceleration():
    X = np.r_[normal(0, 300, 2), normal(1, 300, 2) + 3]
    resp = np.zeros((600, 3))
    resp[:, :2] = np.random.default_rng(0).dirichlet([1, 1], size=600)
    options = {"acceleration": "squarem", "tol": 1e-9, "max_iter": 2000}
    expected = fit_mixture(X, 2, resp_init=resp[:, :2], **options)
    found = fit_mixture(X, 3, resp_init=resp, **options)
    assert found.weights_[2] == 0
    assert found.n_iter_ == expected.n_iter_
    assert found.lower_bound_ == pytest.approx(expected.lower_bound_, rel=1e-12)


@pytest.mark.parametrize("covariance_type", STRUCTURES)
def test_an_extrapolation_that_is_thrown_away_is_no_fall(covariance_type):
    """Without a floor the bound is watched, and the last pass may be one that falls."""
    for seed in range(20):
        X = normal(seed, 200, 2) + 1.5 * np.arange(200)[:, np.newaxis] % 4.5
        mixture = fit_mixture(
            X, 3, covariance_type=covariance_type, acceleration="squarem", reg_covar=0,
            max_iter=9, tol=0, init_params="random_from_data", random_state=seed,
        )  # fmt: skip
        if not mixture.report_.n_collapsed:
            assert mixture.report_.runs[0].ended == "max_iter"
