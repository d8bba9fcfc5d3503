"""GaussianMixture fitted to rows in parts: the fit in memory, to rounding, for any cutting."""

import functools

import numpy as np
import pytest
from support.mixtures import (
    COVARIANCE_TYPES,
    assert_close_to_scale,
    assert_same_mixture,
    fit_mixture,
    given_start,
)
from support.parts import ListParts, SentParts, cut
from support.samples import assert_same, fitted_hash, quiet_fit

from mixclust import GaussianMixture
from mixclust._mixture.structures import covariance_types
from mixclust._passes.parts import Parts

OPTIONS = {"max_iter": 8, "tol": 0.0, "random_state": 0}
CUTTINGS = [(600,), (1, 299), (37,), (100, 500)]


def some_rows(dtype=np.float64):
    """Three groups of rows, stretched and far from the origin."""
    rng = np.random.default_rng(5)
    X = np.r_[
        rng.normal(size=(250, 3)) * [3, 1, 0.3],
        rng.normal(size=(200, 3)) + np.array([4, 3, 0]),
        rng.normal(size=(150, 3)) * 0.5 - [5, 0, 2],
    ]
    return (rng.permutation(X) + np.array([0, 50, 1000])).astype(dtype)


def some_weights():
    """Weights of these rows, zeros and shares of one among them."""
    weights = np.random.default_rng(6).exponential(size=600)
    weights[::7] = 0
    return weights


@functools.cache
def start_of(covariance_type):
    """Starting parameters of a model."""
    kind = covariance_type if covariance_type in COVARIANCE_TYPES else "full"
    given = given_start(some_rows(), 3, kind, seed=1)
    if covariance_type not in COVARIANCE_TYPES:
        given = GaussianMixture(3, covariance_type=covariance_type, max_iter=1, **OPTIONS_OF_START)
        given = quiet_fit(given, some_rows())
        given = {
            "weights_init": given.weights_,
            "means_init": given.means_,
            "precisions_init": given.precisions_,
        }
    return given


OPTIONS_OF_START = {"init_params": "k-means++", "random_state": 3}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("covariance_type", covariance_types())
def test_a_fit_to_parts_is_the_fit_in_memory(covariance_type, weighted):
    X, weights = some_rows(), some_weights() if weighted else None
    options = OPTIONS | start_of(covariance_type) | {"covariance_type": covariance_type}
    expected = fit_mixture(X, 3, sample_weight=weights, **options)
    for sizes in CUTTINGS:
        found = quiet_fit(GaussianMixture(3, **options), cut(X, *sizes, sample_weight=weights))
        assert_same_mixture(found, expected)


@pytest.mark.parametrize("covariance_type", covariance_types())
def test_requests_and_sums_may_be_sent(covariance_type):
    X, weights = some_rows(), some_weights()
    options = OPTIONS | start_of(covariance_type) | {"covariance_type": covariance_type}
    parts = cut(X, 37, 200, sample_weight=weights)
    found = quiet_fit(GaussianMixture(3, **options), SentParts(parts.arrays, parts.weights))
    assert_same_mixture(found, quiet_fit(GaussianMixture(3, **options), parts), rtol=1e-9)


@pytest.mark.parametrize(
    "more",
    [
        {"noise": True},
        {"noise": True, "noise_volume": 1e5},
        {"prior": "default"},
        {"acceleration": "squarem"},
        {"reg_covar": 0.01},
    ],
    ids=str,
)
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "VEE"])
def test_options(covariance_type, more):
    X, weights = some_rows(), some_weights()
    options = OPTIONS | start_of(covariance_type) | {"covariance_type": covariance_type} | more
    expected = fit_mixture(X, 3, sample_weight=weights, **options)
    parts = cut(X, 37, 200, sample_weight=weights)
    for kind in (ListParts, SentParts):
        found = quiet_fit(GaussianMixture(3, **options), kind(parts.arrays, parts.weights))
        assert_same_mixture(found, expected, rtol=1e-7)
        if "noise" in more:
            assert_close_to_scale(found.noise_weight_, expected.noise_weight_, 1e-8)
            assert_close_to_scale(found.noise_volume_, expected.noise_volume_, 1e-8)


@pytest.mark.parametrize("policy", ["floor", "restart", "drop"])
def test_collapse(policy):
    X = some_rows()
    X[:5] = X[0]  # a component on equal rows collapses
    means = np.array([X[0], X[100], X[200]])
    options = {"means_init": means, "weights_init": [0.01, 0.5, 0.49], "on_collapse": policy}
    precisions = np.array([np.eye(3) * 1e8, np.eye(3), np.eye(3)])
    options |= {"precisions_init": precisions, "max_iter": 60}
    expected = fit_mixture(X, 3, **options)
    found = quiet_fit(GaussianMixture(3, **options), cut(X, 3, 250))
    assert expected.report_.n_collapsed or expected.report_.runs[0].n_handled
    assert found.report_.runs[0].n_handled == expected.report_.runs[0].n_handled
    assert_same_mixture(found, expected, rtol=1e-6)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "VEV"])
def test_the_threads_do_not_change_the_bits(covariance_type):
    X = np.tile(some_rows(), (60, 1)) + np.random.default_rng(0).normal(size=(36000, 3))
    fits = [
        quiet_fit(
            GaussianMixture(
                3, covariance_type=covariance_type, max_iter=5, random_state=0, n_threads=n
            ),
            cut(X, 17000),
        )
        for n in (1, 2, 5)
    ]
    assert fitted_hash(fits[0]) == fitted_hash(fits[1]) == fitted_hash(fits[2])


def test_float32():
    X = some_rows(np.float32)
    options = OPTIONS | start_of("full")
    expected = fit_mixture(X, 3, **options)
    found = quiet_fit(GaussianMixture(3, **options), cut(X, 50, 200))
    assert_same_mixture(found, expected)


@pytest.mark.parametrize("init_params", ["auto", "kmeans", "k-means++", "random"])
def test_starts_come_from_a_sample_by_the_numbers_of_rows(init_params):
    X = some_rows()
    fits = []
    for sizes in CUTTINGS:
        mixture = GaussianMixture(3, init_params=init_params, random_state=2, max_iter=3)
        fits.append(quiet_fit(mixture, cut(X, *sizes)))
    for fit in fits[1:]:
        assert_same_mixture(fit, fits[0], rtol=1e-7)


def test_the_default_fit_ends_where_the_fit_in_memory_ends():
    X = np.tile(some_rows(), (20, 1))
    expected = fit_mixture(X, 3, random_state=0)
    found = quiet_fit(GaussianMixture(3, random_state=0), cut(X, 5000))
    assert found.converged_
    assert abs(found.lower_bound_ - expected.lower_bound_) < 1e-4
    assert found.report_.runs[0].n_iter == found.n_iter_


def test_the_best_of_several_starts_goes_on():
    X = some_rows()
    bounds = []
    for n_init in (1, 6):
        mixture = GaussianMixture(6, init_params="random_from_data", n_init=n_init, random_state=1)
        bounds.append(quiet_fit(mixture, cut(X, 100)).lower_bound_)
    assert bounds[1] >= bounds[0] - 1e-5


def test_warm_start_goes_on():
    X = some_rows()
    options = start_of("full") | {"tol": 0.0, "warm_start": True}
    mixture = quiet_fit(GaussianMixture(3, max_iter=4, **options), cut(X, 90))
    mixture.set_params(max_iter=4)
    quiet_fit(mixture, cut(X, 90))
    expected = fit_mixture(X, 3, **(OPTIONS | start_of("full")))
    assert_close_to_scale(mixture.means_, expected.means_, 1e-9)


def test_the_callback_is_called_once_a_pass_over_all_parts():
    bounds = []

    def callback(state):
        bounds.append(state.lower_bound)
        assert state.parameters().means.shape == (3, 3)
        return len(bounds) == 3

    mixture = GaussianMixture(3, callback=callback, **(OPTIONS | start_of("full")))
    mixture.fit(cut(some_rows(), 100))
    assert mixture.lower_bounds_ == bounds
    assert len(bounds) == 3


class Failing(ListParts):
    """Parts of which one raises an error in some pass."""

    def __init__(self, parts, n_good_passes, error):
        super().__init__(parts.arrays, parts.weights)
        self.n_good_passes, self.error = n_good_passes, error

    def read(self):
        for part in super().read():
            if self.n_passes > self.n_good_passes and part.index == 1:
                raise self.error
            yield part


@pytest.mark.parametrize("n_good_passes", [0, 1, 4])
@pytest.mark.parametrize("error", [OSError("gone"), KeyboardInterrupt()], ids=["error", "ctrl-c"])
def test_a_failure_leaves_the_mixture_as_it_was(n_good_passes, error):
    X = some_rows()
    mixture = fit_mixture(X[:, :2], 2, random_state=0)
    before = fitted_hash(mixture)
    mixture.set_params(n_components=3, tol=0.0)
    with pytest.raises(type(error)):
        mixture.fit(Failing(cut(X, 100), n_good_passes, error))
    assert fitted_hash(mixture) == before


class Changing(ListParts):
    """Parts of which a later pass finds another number."""

    number = np.nan

    def read(self):
        for part in super().read():
            if self.n_passes > 3 and part.index == 2:
                X = part.X.copy()
                X[7, 1] = self.number
                part = part._replace(X=X)
            yield part


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "VEE"])
def test_a_number_that_turns_into_nan_is_named(covariance_type):
    options = OPTIONS | start_of(covariance_type) | {"covariance_type": covariance_type}
    parts = Changing(cut(some_rows(), 100).arrays)
    with pytest.raises(ValueError, match=r"NaN in chunk 2 .* at row 207, feature 1"):
        GaussianMixture(3, **options).fit(parts)


class ChangingElsewhere(Changing, SentParts):
    """The same on another machine."""


@pytest.mark.parametrize("kind", [Changing, ChangingElsewhere])
@pytest.mark.parametrize("covariance_type", covariance_types())
def test_with_noise_a_number_that_changes_is_named(covariance_type, kind):
    options = OPTIONS | start_of(covariance_type) | {"covariance_type": covariance_type}
    parts = kind(cut(some_rows(), 100).arrays)
    for number, message in (
        (np.nan, r"NaN in chunk 2 .* at row 207, feature 1"),
        (-np.inf, r"infinity .* in chunk 2 .* at row 207, feature 1"),
        (1e160, r"X in chunk 2 \(rows 200 to 299\) spreads over 1e\+160, .* overflow float64"),
    ):
        parts.number, parts.n_passes = number, 0
        with pytest.raises(ValueError, match=message):
            GaussianMixture(3, noise=True, **options).fit(parts)
        assert parts.n_passes > 3


@pytest.mark.parametrize("name", ["sample_weight", "resp_init", "noise_init"])
def test_arrays_of_one_number_a_row_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} was passed beside rows in parts"):
        GaussianMixture(2, noise=True).fit(cut(some_rows(), 100), **{name: np.ones(600)})


def test_too_few_rows_are_refused():
    X = some_rows()
    weights = np.zeros(600)
    weights[:4] = 1
    with pytest.raises(ValueError, match="n_components=5 needs at least 5 rows of positive weight"):
        GaussianMixture(5).fit(cut(X, 100, sample_weight=weights))


def test_features_are_set_and_compared():
    parts = cut(some_rows(), 100)
    parts.feature_names = np.array(["a", "b", "c"], dtype=object)
    mixture = GaussianMixture(random_state=0).fit(parts)
    assert mixture.n_features_in_ == 3
    assert list(mixture.feature_names_in_) == ["a", "b", "c"]
    assert isinstance(parts, Parts)


def test_weights_count_copies():
    X = some_rows()
    copies = np.random.default_rng(3).integers(0, 3, size=600)
    options = OPTIONS | start_of("full")
    weighted = quiet_fit(
        GaussianMixture(3, **options), cut(X, 100, sample_weight=copies.astype(float))
    )
    repeated = quiet_fit(GaussianMixture(3, **options), cut(np.repeat(X, copies, axis=0), 100))
    assert_same_mixture(weighted, repeated)


def test_the_same_parts_give_the_same_bits():
    parts = cut(some_rows(), 100)
    assert_same(*(quiet_fit(GaussianMixture(3, random_state=0), parts) for _ in range(2)))


# Answers


ONE_A_ROW = ("predict", "predict_proba", "score_samples", "uncertainty", "entropy")


@pytest.fixture(scope="module", params=["full", "tied", "noise"])
def fitted(request):
    """A fitted mixture of some rows."""
    options = {"noise": True} if request.param == "noise" else {"covariance_type": request.param}
    return fit_mixture(some_rows(), 3, random_state=0, max_iter=10, **options)


@pytest.mark.parametrize("name", [*ONE_A_ROW, "score_samples_by_component"])
@pytest.mark.parametrize("sizes", CUTTINGS)
def test_answers_about_rows_are_the_same_in_parts(fitted, name, sizes):
    X = some_rows()
    expected, found = getattr(fitted, name)(X), getattr(fitted, name)(cut(X, *sizes))
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["score", "bic", "aic", "icl"])
@pytest.mark.parametrize("weighted", [False, True])
def test_answers_about_all_rows(fitted, name, weighted):
    X, weights = some_rows(), some_weights() if weighted else None
    expected = getattr(fitted, name)(X, sample_weight=weights)
    found = getattr(fitted, name)(cut(X, 100, 37, sample_weight=weights))
    assert found == pytest.approx(expected, rel=1e-12)


def test_labels_with_their_uncertainty(fitted):
    X = some_rows()
    labels, uncertainty = fitted.predict(cut(X, 77), return_uncertainty=True)
    np.testing.assert_array_equal(labels, fitted.predict(X))
    np.testing.assert_array_equal(uncertainty, fitted.uncertainty(X))


@pytest.mark.parametrize("name", ["predict", "predict_proba", "score_samples"])
def test_answers_go_to_a_file_or_an_array(fitted, name, tmp_path):
    X = some_rows()
    expected = getattr(fitted, name)(X)
    for rows in (X, cut(X, 77)):
        path = tmp_path / "answers.npy"
        found = getattr(fitted, name)(rows, out=path)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(np.load(path), expected)
        out = np.empty_like(expected)
        assert getattr(fitted, name)(rows, out=out) is out
        np.testing.assert_array_equal(out, expected)


def test_weights_of_answers_are_those_of_the_parts(fitted):
    with pytest.raises(ValueError, match="sample_weight was passed beside rows in parts"):
        fitted.score(cut(some_rows(), 100), sample_weight=np.ones(600))


@pytest.mark.parametrize("name", [*ONE_A_ROW, "score"])
def test_nan_in_a_part_is_named_by_answers(fitted, name):
    X = some_rows()
    X[333, 2] = np.nan
    with pytest.raises(ValueError, match=r"NaN in chunk 3 \(rows 300 to 399\), at row 333"):
        getattr(fitted, name)(cut(X, 100))


def test_other_features_are_refused(fitted):
    with pytest.raises(ValueError, match="X has 2 features, but GaussianMixture is expecting 3"):
        fitted.predict(cut(some_rows()[:, :2], 100))
