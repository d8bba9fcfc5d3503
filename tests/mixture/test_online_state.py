"""`partial_fit`: the state between batches, in files, after a fit, and when components collapse."""

import pickle
import warnings

import numpy as np
import pytest
from support.mixtures import assert_close_to_scale
from support.samples import assert_same, quiet_fit
from support.streams import BATCHES, OPTIONS, X, pass_on

from mixclust import CollapseWarning, GaussianMixture
from mixclust._mixture.structures import covariance_types


@pytest.mark.parametrize("name", OPTIONS)
def test_streams_go_on_with_the_same_bits_from_files(name, tmp_path):
    mixture = pass_on(GaussianMixture(3, random_state=0, **OPTIONS[name]), BATCHES[:2])
    mixture.save(tmp_path / "model")
    loaded = GaussianMixture.load(tmp_path / "model")
    copy = pickle.loads(pickle.dumps(mixture))
    assert_same(loaded, mixture)
    pass_on(mixture, BATCHES[2:])
    for other in (loaded, copy):
        assert_same(pass_on(other, BATCHES[2:]), mixture)


@pytest.mark.parametrize("name", OPTIONS)
def test_threads_change_no_bit(name):
    rows = np.concatenate([X] * 20)
    fits = [
        pass_on(GaussianMixture(3, random_state=0, n_threads=n, **OPTIONS[name]), [rows, rows])
        for n in (1, 3)
    ]
    np.testing.assert_array_equal(fits[0].means_, fits[1].means_)
    np.testing.assert_array_equal(fits[0].covariances_, fits[1].covariances_)


def test_damaged_states_are_not_loaded(tmp_path):
    mixture = pass_on(GaussianMixture(3, random_state=0), BATCHES)
    state = mixture._stream
    negative = state.copy()
    negative[0] = -1
    for damage in (state[:-1], np.append(state, 0.0), negative, None):
        mixture._stream = damage
        if damage is None:
            del mixture._stream
        mixture.save(tmp_path / "model")
        with pytest.raises(ValueError, match="the state of its stream"):
            GaussianMixture.load(tmp_path / "model")


@pytest.mark.parametrize("name", OPTIONS)
def test_fit_starts_anew(name):
    mixture = pass_on(GaussianMixture(3, random_state=0, **OPTIONS[name]), BATCHES)
    assert not {"converged_", "n_iter_", "report_", "lower_bounds_"} & vars(mixture).keys()
    with pytest.raises(AttributeError, match="partial_fit"):
        mixture.report_  # noqa: B018 (reading it raises)
    mixture.fit(X)
    assert_same(mixture, GaussianMixture(3, random_state=0, **OPTIONS[name]).fit(X))
    with pytest.raises(AttributeError, match="partial_fit alone sets it"):
        mixture.n_steps_  # noqa: B018 (reading it raises)


@pytest.mark.parametrize("covariance_type", [*covariance_types(), "noise"])
def test_a_stream_goes_on_from_a_fit(covariance_type, tmp_path):
    """Further rows count beside the rows of the fit, by the weights of both."""
    rows = X[:, :1] if covariance_type in ("E", "V") else X
    options = {"covariance_type": covariance_type}
    if covariance_type == "noise":
        options = {"noise": True, "noise_volume": 1e4}
    mixture = GaussianMixture(3, random_state=0, forgetting_factor=1, **options).fit(rows)
    before = mixture.score(rows)
    mixture.save(tmp_path / "model")
    for one in (mixture, GaussianMixture.load(tmp_path / "model")):
        one.partial_fit(rows)
        assert one.weight_seen_ == 2400
        assert abs(one.score(rows) - before) < 1e-3
        means = one.means_.copy()
        one.partial_fit(means[:1] + 5, sample_weight=[240])
        assert (one.weight_seen_, one.n_steps_) == (2640, 2)
        assert abs(one.means_ - means).max() > 0.05


def test_exact_sums_of_a_fit_and_a_batch():
    options = {"reg_covar": 0, "forgetting_factor": 1}
    found = GaussianMixture(**options).fit(X[:700]).partial_fit(X[700:])
    expected = GaussianMixture(**options).fit(X)
    assert_close_to_scale(found.means_, expected.means_, 1e-12)
    assert_close_to_scale(found.covariances_, expected.covariances_, 1e-12)


def test_given_parameters_count_as_no_rows():
    fit = GaussianMixture(3, random_state=0, max_iter=3, tol=0)
    quiet_fit(fit, X)
    given = GaussianMixture.from_parameters(fit.weights_, fit.means_, fit.covariances_)
    taken = GaussianMixture.from_sklearn(fit.to_sklearn())
    quiet_fit(fit.set_params(max_iter=1, warm_start=True), X)
    for mixture in (given, taken):
        mixture.partial_fit(X)
        assert_close_to_scale(mixture.means_, fit.means_, 1e-9)
        assert_close_to_scale(mixture.weights_, fit.weights_, 1e-9)
        assert mixture.weight_seen_ == len(X)


# ---------------------------------------------------------------------------- collapse


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "VEV"])
@pytest.mark.parametrize("on_collapse", ["floor", "restart", "drop"])
def test_a_component_without_rows_for_long(covariance_type, on_collapse):
    rng = np.random.default_rng(0)
    points = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [50.0, 50.0]])
    options = {
        "covariance_type": covariance_type, "on_collapse": on_collapse, "forgetting_factor": 0.7
    }  # fmt: skip
    mixture = GaussianMixture(4, random_state=0, **options)
    mixture.partial_fit(points[np.arange(400) % 4] + rng.normal(size=(400, 2)))
    lost = points[np.arange(300) % 3]
    batches = [lost + rng.normal(size=lost.shape) for _ in range(60)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for batch in batches:
            mixture.partial_fit(batch)
    assert "collapsed in this step of partial_fit" in str(caught[0].message)
    assert {warning.category for warning in caught} == {CollapseWarning}
    away = abs(mixture.means_ - 50).max(axis=1) < 5
    assert len(mixture.weights_) == (3 if on_collapse == "drop" else 4)
    assert away.sum() == (on_collapse == "floor")
    if on_collapse == "restart":
        assert mixture.weights_.min() > 1e-3
    assert np.isfinite(mixture.score(lost))
