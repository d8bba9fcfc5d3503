"""When a fit ends, and from which parameters it goes on: on plateaus, and from given means."""

import numpy as np
import pytest
from support.mixtures import COVARIANCE_TYPES, fit_mixture, given_start
from support.real_data import DATA
from support.samples import normal, quiet_fit

from mixclust import ConvergenceWarning, GaussianMixture


def wreath(n_clusters=14, n=1000):
    """Clusters around a circle, each stretched along the radius."""
    generator = np.random.default_rng(0)
    angles = generator.integers(0, n_clusters, n) * 2 * np.pi / n_clusters
    along, across = generator.normal(size=(2, n)) * [[1.5], [0.4]]
    return np.column_stack(
        [
            (10 + along) * np.cos(angles) - across * np.sin(angles),
            (10 + along) * np.sin(angles) + across * np.cos(angles),
        ]
    )


@pytest.mark.parametrize("acceleration", [None, "squarem"])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_a_converged_fit_has_no_more_to_gain_than_it_says(covariance_type, acceleration):
    """Gains of less than 1e-3 an iteration add up to 0.28 nats a row on some of these."""
    X = wreath()
    for seed in range(4):
        options = {"covariance_type": covariance_type, "random_state": seed}
        short = GaussianMixture(4, acceleration=acceleration, **options).fit(X)
        long = GaussianMixture(4, acceleration=acceleration, tol=1e-9, max_iter=20_000, **options)
        assert short.converged_
        assert long.fit(X).bic(X) == pytest.approx(short.bic(X), abs=0.5)
        report = short.report_.runs[0]
        assert report.ended == "converged"
        assert report.gain_to_come < short.tol


def test_a_looser_tolerance_ends_sooner_with_less():
    X, ends = normal(0, 2000, 3), []
    for tol in (1e-2, 1e-4, 1e-6, 1e-8):
        mixture = GaussianMixture(2, tol=tol, max_iter=20_000, init_params="kmeans", random_state=0)
        ends.append(mixture.fit(X))
    iterations = [mixture.n_iter_ for mixture in ends]
    assert iterations == sorted(set(iterations))
    bounds = [mixture.lower_bound_ for mixture in ends]
    assert bounds == sorted(bounds)


@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_goes_on_where_it_ended_without_another_look(covariance_type, n_components):
    """A warm start knows the gains of the fit before: it ends at once."""
    options = {"covariance_type": covariance_type, "random_state": 0, "warm_start": True}
    mixture = GaussianMixture(n_components, **options).fit(DATA["iris"])
    n_iter = mixture.n_iter_
    assert n_iter > 1
    assert mixture.fit(DATA["iris"]).n_iter_ == 1
    assert mixture.converged_


@pytest.mark.parametrize("max_iter", [1, 2, 7])
def test_warm_starts_of_few_iterations_end_where_one_fit_does(max_iter):
    """Each fit goes on with the gains of the fits before it, however few iterations it makes."""
    X = wreath()
    whole = GaussianMixture(4, random_state=0).fit(X)
    parts = GaussianMixture(4, random_state=0, warm_start=True, max_iter=max_iter)
    bounds = []
    while not getattr(parts, "converged_", False):
        quiet_fit(parts, X)
        bounds += parts.lower_bounds_
        assert len(bounds) <= whole.n_iter_
    np.testing.assert_allclose(bounds, whole.lower_bounds_, rtol=1e-12)


def test_warning_names_the_gain_and_the_remedy():
    mixture = GaussianMixture(4, max_iter=3, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"in 3 iterations: .* increase max_iter") as caught:
        mixture.fit(wreath())
    assert len(caught) == 1
    run = mixture.report_.runs[0]
    assert run.ended == "max_iter"
    assert f"its last gain is {run.last_gains[-1]:.2g} nats" in str(caught[0].message)


# ---------------------------------------------------------------------------- given means


def far_groups():
    """Three groups of other shapes and sizes, far apart; and their true means."""
    means = np.array([[0.0, 0.0], [60.0, 5.0], [-10.0, 80.0]])
    shapes = [[[4.0, 0], [0, 0.5]], [[1.0, 0.8], [0.8, 1.0]], [[9.0, 0], [0, 9.0]]]
    rows = [
        normal(k, n, 2) @ np.linalg.cholesky(shape).T + mean
        for k, (n, shape, mean) in enumerate(zip((400, 50, 150), shapes, means, strict=True))
    ]
    return np.vstack(rows), means


@pytest.mark.parametrize("names", [["means_init"], ["means_init", "weights_init"]])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_true_means_lead_to_the_true_groups_for_every_seed(covariance_type, names):
    X, means = far_groups()
    given = {"means_init": means, "weights_init": [0.6, 0.1, 0.3]}
    labels = np.repeat([0, 1, 2], [400, 50, 150])
    best = fit_mixture(X, 3, covariance_type=covariance_type, resp_init=labels)
    for seed in range(20):
        mixture = GaussianMixture(
            3,
            covariance_type=covariance_type,
            random_state=seed,
            **{name: given[name] for name in names},
        ).fit(X)
        np.testing.assert_array_equal(mixture.predict(X), labels)
        assert mixture.lower_bound_ == pytest.approx(best.lower_bound_, abs=1e-5)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_other_parameters_come_from_the_rows_nearest_to_each_mean(covariance_type):
    X, means = far_groups()
    moved = means + 1.0
    options = {"covariance_type": covariance_type, "max_iter": 0}
    found = fit_mixture(X, 3, means_init=moved, **options)
    expected = fit_mixture(X, 3, resp_init=np.repeat([0, 1, 2], [400, 50, 150]), **options)
    np.testing.assert_array_equal(found.means_, moved)
    np.testing.assert_allclose(found.weights_, expected.weights_)
    np.testing.assert_allclose(found.covariances_, expected.covariances_)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_a_callable_and_resp_init_say_more_than_given_means(covariance_type):
    X, labels, means = normal(0, 90, 2), np.repeat([0, 1, 2], [10, 20, 60]), 9 * normal(1, 3, 2)
    options = {"covariance_type": covariance_type, "max_iter": 0}
    expected = fit_mixture(X, 3, resp_init=labels, **options)
    for given, init_params in [
        ({"resp_init": labels}, "auto"),
        ({}, lambda X, n_components, random_state: labels),
    ]:
        found = fit_mixture(X, 3, means_init=means, init_params=init_params, **options, **given)
        np.testing.assert_allclose(found.weights_, [1 / 9, 2 / 9, 6 / 9])
        np.testing.assert_array_equal(found.covariances_, expected.covariances_)
        np.testing.assert_allclose(found.means_, means)


def test_nearness_to_given_means_has_no_units():
    X, means = far_groups()
    fits = [
        fit_mixture(X * unit, 3, means_init=means * unit, max_iter=0)
        for unit in ([1, 1], [1e6, 1e-6])
    ]
    np.testing.assert_array_equal(fits[0].weights_, fits[1].weights_)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_given_precisions_say_how_near_a_row_is(covariance_type):
    X = DATA["iris"]
    start = given_start(X, 3, covariance_type)
    del start["weights_init"]
    found = fit_mixture(X, 3, covariance_type=covariance_type, max_iter=0, **start)
    equal = fit_mixture(
        X, 3, covariance_type=covariance_type, max_iter=0, weights_init=[1 / 3] * 3, **start
    )
    np.testing.assert_allclose(found.weights_, np.bincount(equal.predict(X), minlength=3) / 150)
    np.testing.assert_allclose(found.precisions_, start["precisions_init"], rtol=1e-9)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_given_mean_without_rows_of_its_own_still_counts(covariance_type):
    """It gets a share of the weight and the variances of all rows, and finds its rows."""
    X, means = far_groups()
    twice = means[[0, 0, 2]]
    start = fit_mixture(X, 3, covariance_type=covariance_type, means_init=twice, max_iter=0)
    assert start.weights_.min() > 0.05
    mixture = fit_mixture(X, 3, covariance_type=covariance_type, means_init=twice)
    assert mixture.report_.n_collapsed == 0
    assert len(np.unique(mixture.predict(X))) == 3


@pytest.mark.parametrize("reg_covar", ["auto", 0])
@pytest.mark.parametrize("far", [1e2, 1e4, 1e6])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_components_may_be_any_distance_apart(covariance_type, far, reg_covar):
    """The likelihood of a fit is the mean of the scores of the rows, and it never falls."""
    X = np.vstack([normal(0, 300, 2), normal(1, 300, 2) + 2, normal(2, 300, 2) + far])
    mixture = fit_mixture(
        X,
        3,
        resp_init=np.repeat([0, 1, 2], 300),
        covariance_type=covariance_type,
        reg_covar=reg_covar,
        tol=1e-12,
        max_iter=2000,
    )
    error = 1e-12 + 1e-16 * far
    assert mixture.lower_bound_ == pytest.approx(mixture.score(X), abs=10 * error)
    assert reg_covar or np.diff(mixture.lower_bounds_).min() > -error
    assert (mixture.predict(X[600:]) == 2).all()
