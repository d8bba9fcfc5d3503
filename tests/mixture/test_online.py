"""`partial_fit`: online EM against plain NumPy, its state between batches, drift, and refusals."""

import pickle
import warnings

import numpy as np
import pytest
from support.mixture_reference import Mixture, expect
from support.mixtures import assert_close_to_scale
from support.samples import assert_same, blobs, normal, quiet_fit

import mixclust
from mixclust import CollapseWarning, GaussianMixture
from mixclust._mixture.structures import covariance_types

X = blobs(0, 1200, 3, 3)
BATCHES = (X[:500], X[500:800], X[800:])
OPTIONS = {
    "full": {},
    "noise": {"noise": True, "noise_volume": 1e4},
    "prior": {"prior": "default"},
    "diag": {"covariance_type": "diag"},
    "tied": {"covariance_type": "tied", "forgetting_factor": 0.9},
    "VEE": {"covariance_type": "VEE"},
}


def pass_on(mixture, batches, weights=None):
    """The mixture after some batches, without warnings of collapse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
        for i, batch in enumerate(batches):
            mixture.partial_fit(batch, sample_weight=None if weights is None else weights[i])
    return mixture


def steps_in_numpy(batches, weights, start, step_of, floor, is_diagonal):
    """Cappé and Moulines' recursion of mean statistics, each followed by an M step."""
    mixture, seen, mean = start, 0.0, None
    for X, w in zip(batches, weights, strict=True):
        resp, log_prob = expect(X, mixture)
        resp = resp * w[:, np.newaxis]
        squares = np.einsum("nk,ni,nj->kij", resp, X, X)
        new = [resp.sum(axis=0) / w.sum(), resp.T @ X / w.sum(), squares / w.sum()]
        seen += w.sum()
        step = step_of(w.sum(), seen)
        if mean is None:
            mean = new
        mean = [(1 - step) * a + step * b for a, b in zip(mean, new, strict=True)]
        counts, sums, squares = mean
        means = sums / counts[:, np.newaxis]
        covariances = squares / counts[:, np.newaxis, np.newaxis]
        covariances = covariances - means[:, :, np.newaxis] * means[:, np.newaxis]
        if is_diagonal:
            covariances = covariances * np.eye(X.shape[1])
        covariances = covariances + floor * np.eye(X.shape[1])
        mixture = Mixture(counts, means, covariances)
        bound = w @ log_prob / w.sum()
    return mixture, bound


@pytest.mark.parametrize("forgetting_factor", [None, 0.7, 1])
@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_steps_are_those_of_plain_numpy(covariance_type, forgetting_factor):
    weights = [np.random.default_rng(i).uniform(0.5, 3, len(B)) for i, B in enumerate(BATCHES)]
    start = quiet_fit(
        GaussianMixture(3, covariance_type=covariance_type, random_state=0, max_iter=2), X
    )
    mixture = GaussianMixture(
        3,
        covariance_type=covariance_type,
        reg_covar=1e-3,
        weights_init=start.weights_,
        means_init=start.means_ + 0.3,
        precisions_init=start.precisions_,
        learning_decay=0.8,
        forgetting_factor=forgetting_factor,
    )
    kept = [0.0]

    def step_of(weight, seen):
        if forgetting_factor is None:
            return (weight / seen) ** 0.8
        kept[0] = forgetting_factor * kept[0] + weight
        return weight / kept[0]

    covariances = start.covariances_
    if covariance_type == "diag":
        covariances = covariances[:, :, np.newaxis] * np.eye(3)
    expected, bound = steps_in_numpy(
        BATCHES,
        weights,
        Mixture(start.weights_, start.means_ + 0.3, covariances),
        step_of,
        1e-3,
        covariance_type == "diag",
    )
    pass_on(mixture, BATCHES, weights)
    found = mixture.covariances_
    if covariance_type == "diag":
        found = found[:, :, np.newaxis] * np.eye(3)
    np.testing.assert_allclose(mixture.weights_, expected.weights, rtol=1e-9)
    assert_close_to_scale(mixture.means_, expected.means, 1e-9)
    assert_close_to_scale(found, expected.covariances, 1e-8)
    np.testing.assert_allclose(mixture.lower_bound_, bound, rtol=1e-9)
    np.testing.assert_allclose(mixture.weight_seen_, sum(w.sum() for w in weights))
    assert mixture.n_steps_ == 3


@pytest.mark.parametrize("options", [{}, {"noise": True}, {"prior": "default"}], ids=str)
@pytest.mark.parametrize("covariance_type", covariance_types())
def test_one_batch_of_all_rows_is_one_iteration_of_fit(covariance_type, options):
    rows = X[:, :1] if covariance_type in ("E", "V") else X
    options = options | {"covariance_type": covariance_type, "random_state": 0}
    found = pass_on(GaussianMixture(3, **options), [rows])
    expected = quiet_fit(GaussianMixture(3, max_iter=1, **options), rows)
    assert_close_to_scale(found.means_, expected.means_, 1e-10)
    assert_close_to_scale(found.covariances_, expected.covariances_, 1e-9)
    np.testing.assert_allclose(found.weights_, expected.weights_, rtol=1e-10)
    np.testing.assert_allclose(found.lower_bound_, expected.lower_bound_, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("covariance_type", covariance_types())
def test_every_model_comes_closer_to_other_rows(covariance_type, dtype):
    rows = blobs(1, 9000, 1 if covariance_type in ("E", "V") else 4, 4, dtype)
    mixture = GaussianMixture(
        4, covariance_type=covariance_type, init_params="random", random_state=0
    )
    pass_on(mixture, [rows[:200]])
    before = mixture.score(rows[8000:])
    for _ in range(2):
        pass_on(mixture, np.split(rows[200:8000], 39))
    assert mixture.score(rows[8000:]) > before + 0.02
    assert mixture.n_steps_ == 79


def test_a_stream_that_ends_may_be_passed_again():
    """The last epoch counts all rows alike; then the mixture is nearly the optimum of all rows."""
    rows = blobs(2, 20_000, 3, 5) @ np.array([[1, 0.4, 0], [0, 1, 0.3], [0, 0, 1]])
    mixture = pass_on(GaussianMixture(5, random_state=0), np.split(rows, 20))
    loss_after_one = -mixture.score(rows)
    mixture.set_params(forgetting_factor=1)
    pass_on(mixture, np.split(rows, 20))
    best = GaussianMixture(
        5, weights_init=mixture.weights_, means_init=mixture.means_,
        precisions_init=mixture.precisions_, tol=1e-9,
    ).fit(rows)  # fmt: skip
    best = best.score(rows)
    assert 0 <= best - mixture.score(rows) < 1e-4
    assert best + loss_after_one < 1e-3


@pytest.mark.parametrize("options", [{"learning_decay": 1}, {"forgetting_factor": 1}], ids=str)
def test_sums_are_exact_without_forgetting(options):
    """With one component no responsibility changes, so that all rows count alike in the end."""
    weights = [np.arange(len(batch)) % 4.0 for batch in BATCHES]
    found = pass_on(GaussianMixture(reg_covar=0, **options), BATCHES, weights)
    expected = GaussianMixture(reg_covar=0).fit(X, sample_weight=np.concatenate(weights))
    assert_close_to_scale(found.means_, expected.means_, 1e-12)
    assert_close_to_scale(found.covariances_, expected.covariances_, 1e-12)


def test_a_row_at_a_time():
    mixture = GaussianMixture(reg_covar=0, forgetting_factor=1).partial_fit(X[:50])
    pass_on(mixture, X[50:, np.newaxis])
    expected = GaussianMixture(reg_covar=0).fit(X)
    assert_close_to_scale(mixture.covariances_, expected.covariances_, 1e-11)


@pytest.mark.parametrize("covariance_type", ["full", "spherical", "VEE"])
def test_long_streams_stay_in_range(covariance_type):
    """Also far from the origin, and when a component has had no row for long."""
    rng = np.random.default_rng(0)
    options = {"covariance_type": covariance_type, "random_state": 0, "forgetting_factor": 0.5}
    mixture = GaussianMixture(3, **options).partial_fit(1e6 + blobs(0, 300, 2, 3))
    far = mixture.means_[np.argmin(mixture.weights_)] + 0.0
    near = mixture.means_[np.argmax(mixture.weights_)]
    pass_on(mixture, (near + rng.normal(size=(30, 2)) for _ in range(2000)))
    for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
        assert np.isfinite(getattr(mixture, name)).all()
    assert np.isfinite(mixture.lower_bound_)
    assert mixture.n_steps_ == 2001
    assert abs(mixture.weights_ @ mixture.means_ - near).max() < 2
    assert abs(mixture.means_ - far).min() < 30  # a component without rows stays finite


def test_many_small_batches_far_from_the_origin():
    rng = np.random.default_rng(0)
    points = 1e6 + np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    rows = points[rng.integers(3, size=40_300)] + rng.normal(size=(40_300, 2))
    mixture = GaussianMixture(3, random_state=0).partial_fit(rows[:300])
    pass_on(mixture, np.split(rows[300:], 2000))
    order = np.lexsort((mixture.means_ - 1e6).round().T)
    assert_close_to_scale(mixture.means_[order] - 1e6, np.array([[0, 0], [8, 0], [0, 8]]), 0.1)
    np.testing.assert_allclose(mixture.covariances_, np.tile(np.eye(2), (3, 1, 1)), atol=0.4)


def test_drift_is_followed_on_request():
    losses = {}
    for factor in (1, 0.8):
        rng = np.random.default_rng(0)
        mixture = GaussianMixture(2, random_state=0, forgetting_factor=factor)
        for i in range(150):
            points = np.array([[0.0, 0.0], [10.0, 0.0]]) + 0.1 * i
            batch = points[rng.integers(2, size=300)] + rng.normal(size=(300, 2))
            mixture.partial_fit(batch)
        losses[factor] = -mixture.score(batch)
    assert losses[0.8] < 4
    assert losses[1] > losses[0.8] + 1


# ---------------------------------------------------------------------------- state


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
    given.partial_fit(X)
    quiet_fit(fit.set_params(max_iter=1, warm_start=True), X)
    assert_close_to_scale(given.means_, fit.means_, 1e-9)
    assert given.weight_seen_ == len(X)


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


# ---------------------------------------------------------------------------- refusals


class Named:
    """Rows with names, as a DataFrame has them."""

    columns = ("length", "width", "height")

    def __array__(self, dtype=None, copy=None):
        return X


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [
        (lambda m: m.partial_fit(X[:, :2]), ValueError, "X has 2 features, but GaussianMixture"),
        (lambda m: m.partial_fit(np.where(X > 3, np.nan, X)), ValueError, "X contains NaN"),
        (lambda m: m.partial_fit(np.where(X > 3, 1e200, X)), ValueError, "overflow float64"),
        (lambda m: m.partial_fit(X[:0]), ValueError, "0 sample"),
        (lambda m: m.partial_fit(X, None, np.zeros(len(X))), ValueError, "zero for every row"),
        (lambda m: m.partial_fit(X, None, 1e-200), ValueError, "keeps the unit of the weights"),
        (lambda m: m.partial_fit(mixclust.chunks([X])), TypeError, "X holds rows in parts"),
        (lambda m: m.set_params(learning_decay=0.5).partial_fit(X), ValueError, "learning_decay"),
        (lambda m: m.set_params(learning_decay=1.1).partial_fit(X), ValueError, "at most 1"),
        (lambda m: m.set_params(forgetting_factor=0).partial_fit(X), ValueError, "forgetting_f"),
        (lambda m: m.set_params(forgetting_factor=2).partial_fit(X), ValueError, "at most 1"),
        (lambda m: m.set_params(n_components=4).partial_fit(X), ValueError, "from 3 components"),
        (lambda m: m.set_params(covariance_type="diag").partial_fit(X), ValueError, "was fitted"),
        (
            lambda m: m.set_params(prior="default", on_collapse="drop").partial_fit(X),
            ValueError,
            "on_collapse='drop'",
        ),
        (
            lambda m: m.set_params(prior="default").fit(X).partial_fit(X),
            ValueError,
            "begin the stream with partial_fit",
        ),
    ],
)
def test_a_refused_batch_leaves_the_estimator_as_it_was(work, error, message):
    mixture = pass_on(GaussianMixture(3, random_state=0), BATCHES)
    kept = {name: value for name, value in vars(mixture).items() if name.endswith("_")}
    with pytest.raises(error, match=message):
        work(mixture)
    if "report_" in vars(mixture):  # the fit before went well
        return
    assert all(vars(mixture)[name] is value for name, value in kept.items())
    assert not {name for name in vars(mixture) if name.endswith("_")} - kept.keys()


def test_the_first_batch_needs_a_row_for_each_component():
    mixture = GaussianMixture(3)
    with pytest.raises(ValueError, match="n_components=3 needs at least 3 rows"):
        mixture.partial_fit(X[:2])
    assert not hasattr(mixture, "n_features_in_")


def test_names_of_features_are_those_of_the_first_batch():
    mixture = GaussianMixture(3, random_state=0).partial_fit(Named())
    assert mixture.feature_names_in_.tolist() == list(Named.columns)

    class Renamed(Named):
        columns = ("length", "height", "width")

    with pytest.raises(ValueError, match="should match"):
        mixture.partial_fit(Renamed())
    assert mixture.n_steps_ == 1


def test_ctrl_c_leaves_the_estimator_as_it_was(monkeypatch):
    mixture = pass_on(GaussianMixture(3, random_state=0), BATCHES)
    kept = dict(vars(mixture))

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("mixclust._mixture.stream.PartPass", interrupt)
    with pytest.raises(KeyboardInterrupt):
        mixture.partial_fit(X)
    assert vars(mixture) == kept or all(vars(mixture)[name] is kept[name] for name in kept)


def test_weights_of_zero_and_whole_weights():
    weights = np.arange(len(X)) % 3
    precisions = np.tile(np.eye(3), (3, 1, 1))
    start = {
        "weights_init": np.full(3, 1 / 3), "means_init": X[:3], "precisions_init": precisions
    }  # fmt: skip
    found = GaussianMixture(3, **start).partial_fit(X, sample_weight=weights)
    expected = GaussianMixture(3, **start).partial_fit(np.repeat(X, weights, axis=0))
    assert found.weight_seen_ == expected.weight_seen_
    assert_close_to_scale(found.means_, expected.means_, 1e-9)


def test_rows_may_be_far_from_all_components():
    mixture = GaussianMixture(2, random_state=0).partial_fit(normal(0, 100, 2))
    pass_on(mixture, [1e8 + normal(1, 100, 2)])
    assert np.isfinite(mixture.means_).all()
    assert np.isfinite(mixture.score(normal(0, 100, 2)))


def test_rows_of_weight_zero_have_to_be_finite():
    mixture = pass_on(GaussianMixture(3, random_state=0), BATCHES)
    bad = np.vstack([X[:50], [[np.nan, 0, 0]]])
    with pytest.raises(ValueError, match=r"NaN.*leave them out with X\[sample_weight > 0\]"):
        mixture.partial_fit(bad, sample_weight=np.append(np.ones(50), 0))
    assert mixture.n_steps_ == 3


@pytest.mark.parametrize("began", [True, False])
@pytest.mark.parametrize(
    ("name", "value", "other"), [("noise", True, False), ("prior", "default", None)]
)
def test_noise_and_prior_stay_as_the_stream_began(name, value, other, began):
    X = np.random.default_rng(0).normal(size=(300, 2))
    first, second = (value, other) if began else (other, value)
    mixture = GaussianMixture(2, random_state=0, **{name: first}).partial_fit(X)
    mixture.set_params(**{name: second})
    with pytest.raises(ValueError, match=f"{name}=.* but the stream began"):
        mixture.partial_fit(X)
    mixture.set_params(**{name: first}).partial_fit(X)
