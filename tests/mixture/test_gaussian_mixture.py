"""GaussianMixture's own: answers by their definitions, the report, and the callback."""

import io
import itertools
import math
import pickle
from contextlib import redirect_stdout

import numpy as np
import pytest
from scipy.special import entr, logsumexp
from scipy.stats import multivariate_normal
from support.mixtures import (
    COVARIANCE_TYPES,
    PARAMETERS,
    covariance_matrices,
    fit_mixture,
    given_start,
)
from support.real_data import DATA
from support.samples import blobs, fitted_hash, normal

from mixclust import CollapseWarning, ConvergenceWarning, GaussianMixture

IRIS = DATA["iris"]


@pytest.fixture(params=COVARIANCE_TYPES)
def mixture(request):
    """A fit of iris with components that overlap."""
    return fit_mixture(IRIS, 4, covariance_type=request.param, random_state=0, max_iter=10)


def log_densities(mixture, X):
    """Log-density plus log weight of each component, by scipy."""
    covariances = covariance_matrices(
        mixture.covariances_, mixture.covariance_type, *mixture.means_.shape
    )
    densities = [
        multivariate_normal(mean, covariance).logpdf(X)
        for mean, covariance in zip(mixture.means_, covariances, strict=True)
    ]
    return np.transpose(densities) + np.log(mixture.weights_)


# ---------------------------------------------------------------------------- answers


def test_answers_agree_with_their_definitions(mixture):
    new = IRIS[::2] * 1.05
    joint = log_densities(mixture, new)
    log_prob = logsumexp(joint, axis=1)
    resp = np.exp(joint - log_prob[:, np.newaxis])
    np.testing.assert_allclose(mixture.score_samples(new), log_prob, rtol=1e-10)
    np.testing.assert_allclose(mixture.predict_proba(new), resp, atol=1e-10)
    np.testing.assert_array_equal(mixture.predict(new), joint.argmax(axis=1))
    np.testing.assert_allclose(mixture.uncertainty(new), 1 - resp.max(axis=1), atol=1e-10)
    entropy = np.sum(entr(resp), axis=1)
    np.testing.assert_allclose(mixture.entropy(new), entropy, atol=1e-10)
    assert 0.05 < mixture.uncertainty(new).max() < 0.75


@pytest.mark.parametrize("weighted", [False, True])
def test_criteria_agree_with_their_definitions(mixture, weighted):
    sample_weight = np.random.default_rng(0).uniform(0.5, 3, 150) if weighted else None
    weights = np.ones(150) if sample_weight is None else sample_weight
    joint = log_densities(mixture, IRIS)
    log_prob = logsumexp(joint, axis=1)
    n_parameters = 4 * 4 + 3 + {"full": 40, "tied": 10, "diag": 16, "spherical": 4}[
        mixture.covariance_type
    ]  # fmt: skip
    log_likelihood, total = weights @ log_prob, weights.sum()
    bic = n_parameters * math.log(total) - 2 * log_likelihood
    expected = {
        "score": log_likelihood / total,
        "aic": 2 * n_parameters - 2 * log_likelihood,
        "bic": bic,
        "icl": bic - 2 * weights @ (joint.max(axis=1) - log_prob),
    }
    for method, value in expected.items():
        found = getattr(mixture, method)(IRIS, sample_weight=sample_weight)
        assert found == pytest.approx(value, rel=1e-10), method
        assert type(found) is float


def test_labels_with_uncertainty(mixture):
    labels, uncertainty = mixture.predict(IRIS, return_uncertainty=True)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, mixture.predict(IRIS))
    np.testing.assert_array_equal(uncertainty, mixture.uncertainty(IRIS))


def test_precisions_are_inverses(mixture):
    covariances = covariance_matrices(mixture.covariances_, mixture.covariance_type, 4, 4)
    precisions = covariance_matrices(mixture.precisions_, mixture.covariance_type, 4, 4)
    np.testing.assert_allclose(covariances @ precisions, np.tile(np.eye(4), (4, 1, 1)), atol=1e-9)
    if mixture.covariance_type in ("full", "tied"):
        factors = np.atleast_3d(mixture.precisions_cholesky_).reshape(-1, 4, 4)
        np.testing.assert_array_equal(factors, np.triu(factors))


def test_rows_drawn_have_the_moments_of_the_mixture(mixture):
    X, labels = mixture.set_params(random_state=1).sample(40_000)
    np.testing.assert_allclose(np.bincount(labels) / 40_000, mixture.weights_, atol=0.01)
    assert (np.diff(labels) >= 0).all()
    np.testing.assert_allclose(X.mean(axis=0), mixture.weights_ @ mixture.means_, atol=0.03)
    assert mixture.score(X) == pytest.approx(mixture.score(mixture.sample(40_000)[0]), abs=0.05)
    with pytest.raises(ValueError, match="n_samples=0 must be at least 1"):
        mixture.sample(0)


def test_reg_covar_auto_is_a_millionth_of_each_variance():
    X = normal(0, 400, 3) * [1e-3, 1, 1e5]
    floors = fit_mixture(X, 1).covariances_[0] - fit_mixture(X, 1, reg_covar=0).covariances_[0]
    np.testing.assert_allclose(np.diag(floors), 1e-6 * X.var(axis=0), rtol=1e-6)
    np.testing.assert_allclose(floors[np.triu_indices(3, 1)], 0, atol=1e-12)


# ---------------------------------------------------------------------------- the callback


def test_callback_sees_every_iteration():
    states = []

    def callback(state):
        states.append((state.init, state.iteration, state.lower_bound, state.parameters()))

    start = given_start(IRIS, 3, "full")
    options = {"tol": 0, "max_iter": 6, "n_init": 2}
    mixture = fit_mixture(IRIS, 3, callback=callback, **options, **start)
    inits, iterations, bounds, parameters = zip(*states, strict=True)
    assert inits == (0,) * 6 + (1,) * 6
    assert iterations == (1, 2, 3, 4, 5, 6) * 2
    assert list(bounds[:6]) == list(bounds[6:]) == mixture.lower_bounds_
    last = parameters[-1]
    for name in ("weights", "means", "covariances", "precisions_cholesky"):
        np.testing.assert_array_equal(getattr(last, name), getattr(mixture, name + "_"))
    for step, found in enumerate(parameters[:6], start=1):
        expected = fit_mixture(IRIS, 3, tol=0, max_iter=step, **start)
        np.testing.assert_array_equal(found.means, expected.means_)


@pytest.mark.parametrize("on_collapse", ["floor", "restart", "drop"])
def test_callback_ends_the_run(on_collapse):
    """Also in an iteration in which a component collapses."""
    calls = itertools.count(1)
    X = np.vstack([normal(0, 60, 2), np.full((5, 2), 30.0)])
    mixture = GaussianMixture(
        2, tol=0, on_collapse=on_collapse, callback=lambda state: next(calls) == 1
    )
    with pytest.warns(CollapseWarning):  # and nothing else: the user ended the run
        mixture.fit(X, resp_init=np.repeat([0, 1], [60, 5]))
    assert mixture.n_iter_ == 1
    assert mixture.report_.runs[0].ended == "callback"
    assert "ended by the callback" in repr(mixture.report_)
    assert next(calls) == 2
    assert not mixture.converged_
    assert mixture.weights_.shape == (2,)


def test_callback_that_ends_the_first_run_leaves_the_next():
    options = {"tol": 0, "n_init": 3, "random_state": 0}
    mixture = fit_mixture(IRIS, 3, callback=lambda state: state.iteration == 4, **options)
    assert [run.n_iter for run in mixture.report_.runs] == [4, 4, 4]


def test_callback_and_verbose_change_nothing():
    options = {"random_state": 0, "n_init": 2}
    expected = fitted_hash(fit_mixture(IRIS, 3, **options))
    with redirect_stdout(io.StringIO()):
        talkative = fit_mixture(IRIS, 3, callback=lambda state: None, verbose=2, **options)
    assert fitted_hash(talkative) == expected


# ---------------------------------------------------------------------------- the report


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.int64])
@pytest.mark.parametrize("init_params", ["auto", "kmeans", "k-means++", "random_from_data"])
def test_integers_of_numpy_are_worth_as_much_as_pythons(integer, init_params, capsys):
    X = blobs(0, 20_000, 4, 3)
    options = {"init_params": init_params, "tol": 0, "verbose": 1}
    numbers = {"n_init": 2, "max_iter": 6, "verbose_interval": 2, "random_state": 5}
    theirs = {name: integer(value) for name, value in numbers.items()}
    mixture = fit_mixture(X, integer(3), **options, **theirs)
    found = capsys.readouterr()
    expected = fit_mixture(X, 3, **options, **numbers)
    assert fitted_hash(mixture) == fitted_hash(expected)
    assert found == capsys.readouterr()
    assert all(mixture.get_params()[name] is value for name, value in theirs.items())


def test_long_runs_are_reported_at_an_interval_of_any_integer(capsys):
    X = blobs(0, 50, 2, 2)
    fit_mixture(X, 2, tol=0, max_iter=300, verbose=1, verbose_interval=np.int8(100), n_init=1)
    assert capsys.readouterr().out.count("  Iteration") == 3


@pytest.mark.parametrize("method", ["fit", "fit_predict"])
def test_warning_points_at_the_line_of_the_user(method):
    with pytest.warns(ConvergenceWarning) as caught:
        getattr(GaussianMixture(4, max_iter=1, random_state=0), method)(IRIS)
    assert [warning.filename for warning in caught] == [__file__]


def test_report():
    mixture = fit_mixture(IRIS, 3, n_init=2, random_state=0)
    report = mixture.report_
    assert len(report.runs) == 2
    best = report.runs[report.best]
    assert (best.lower_bound, best.n_iter) == (mixture.lower_bound_, mixture.n_iter_)
    assert best.converged is mixture.converged_ is True
    np.testing.assert_allclose(report.effective_sizes, 150 * mixture.weights_)
    assert report.effective_sizes.sum() == pytest.approx(150)
    assert report.n_collapsed == best.n_handled == 0
    assert report.near_duplicates() == []
    assert set(report.seconds) == {"columns", "starts", "iterations"}
    assert all(0 < seconds < 60 for seconds in report.seconds.values())
    lines = repr(report).splitlines()
    assert lines[0] == "3 components, 'full' covariances"
    assert f"{mixture.lower_bound_:.6g} nats a row after {mixture.n_iter_} iter" in lines[1]
    assert lines[1].endswith("converged")
    starts = [line.split()[0] for line in lines[2:]]
    first = ["last", "runs", "short", "optima", "criteria", "sizes"]
    assert starts == [*first, "collapsed", "duplicates", "time"]
    assert "none" in lines[8]
    gains = np.diff(mixture.lower_bounds_)[-5:]
    np.testing.assert_array_equal(best.last_gains, gains)
    assert 0 <= best.gain_to_come < mixture.tol
    assert lines[2].startswith("last gains     " + ", ".join(f"{gain:.2g}" for gain in gains))
    assert lines[2].endswith(f"about {best.gain_to_come:.2g} still to come")
    assert repr(pickle.loads(pickle.dumps(report))) == repr(report)


def test_report_counts_weights_not_rows():
    mixture = fit_mixture(IRIS, 2, sample_weight=np.full(150, 3.0), random_state=0)
    assert mixture.report_.effective_sizes.sum() == pytest.approx(450)


def test_report_without_an_iteration():
    mixture = GaussianMixture(3, max_iter=0, n_init=2, random_state=0).fit(IRIS)
    assert mixture.report_.runs[0].lower_bound is None
    assert "no iteration, no iteration; number 0 is kept" in repr(mixture.report_)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_near_duplicate_components_are_told(covariance_type):
    """Two of four components start alike, and stay so."""
    X = np.vstack([blobs(0, 200, 2, 1), blobs(1, 200, 2, 1) + 50])
    resp = np.zeros((400, 3))
    resp[:200, 0] = 1
    resp[200:, 1:] = [0.45, 0.55]
    mixture = fit_mixture(X, 3, covariance_type=covariance_type, resp_init=resp)
    assert mixture.report_.near_duplicates() == [(1, 2)]
    assert "duplicates     (1, 2)" in repr(mixture.report_)


def test_report_of_many_components_is_short():
    mixture = fit_mixture(blobs(0, 800, 2, 20), 20, random_state=0)
    lines = repr(mixture.report_).splitlines()
    assert max(map(len, lines)) < 120
    assert [line.endswith(", ...") for line in lines if line.startswith("sizes")] == [True]


def test_fitted_parameters_are_float64_and_own_their_memory(mixture):
    for name in PARAMETERS:
        array = getattr(mixture, name)
        assert array.dtype == np.float64
        assert array.flags.writeable
    again = fit_mixture(
        IRIS, 4, covariance_type=mixture.covariance_type, random_state=0, max_iter=10
    )
    again.means_[:] = 0
    assert mixture.means_.any()
