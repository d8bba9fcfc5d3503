"""marginal, condition and impute against integrals, SciPy's densities and the chain rule."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from support.mixtures import COVARIANCE_TYPES, covariance_matrices, fit_mixture
from support.samples import DTYPES, LAYOUTS, assert_same, blobs, layouts, normal, quiet_fit

from mixclust import GaussianMixture, NotFittedError

MIXING = np.array([[1.0, 0.5, 0.2, 0.0], [0, 1, -0.7, 0.3], [0, 0, 1, 0.9], [0, 0, 0, 1]])
X = blobs(3, 500, 4, 3) @ MIXING
NAMES = ("a", "b", "c", "d")
GIVEN = [2, 0]
REST = [1, 3]


class Table:
    """Rows with names, as a DataFrame has them."""

    columns = NAMES

    def __init__(self, values=X):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return self.values


def fitted(covariance_type, rows=X, n_components=3):
    return fit_mixture(rows, n_components, covariance_type=covariance_type, random_state=0)


def log_density(rows, mixture, features):
    """Log-density of some features, by SciPy."""
    covariances = covariance_matrices(
        mixture.covariances_, mixture.covariance_type, *mixture.means_.shape
    )
    return logsumexp(
        [
            np.log(weight)
            + multivariate_normal.logpdf(
                rows, mean[features], covariance[np.ix_(features, features)]
            )
            for weight, mean, covariance in zip(
                mixture.weights_, mixture.means_, covariances, strict=True
            )
        ],
        axis=0,
    )


def conditional(row, mixture):
    """Expectation of REST given a row's GIVEN: weights by SciPy, regression by solving."""
    covariances = covariance_matrices(
        mixture.covariances_, mixture.covariance_type, *mixture.means_.shape
    )
    logs, means = [], []
    for weight, mean, covariance in zip(mixture.weights_, mixture.means_, covariances, strict=True):
        known = covariance[np.ix_(GIVEN, GIVEN)]
        logs.append(np.log(weight) + multivariate_normal.logpdf(row[GIVEN], mean[GIVEN], known))
        slope = np.linalg.solve(known, covariance[np.ix_(GIVEN, REST)]).T
        means.append(mean[REST] + slope @ (row[GIVEN] - mean[GIVEN]))
    return np.exp(logs - logsumexp(logs)) @ means


# ---------------------------------------------------------------------------- densities


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_marginal_is_the_density_of_some_features(covariance_type):
    mixture = fitted(covariance_type)
    part = mixture.marginal(GIVEN)
    assert part.covariance_type == covariance_type
    assert part.n_features_in_ == 2
    expected = log_density(X[:, GIVEN], mixture, GIVEN)
    np.testing.assert_allclose(part.score_samples(X[:, GIVEN]), expected, rtol=1e-9)
    np.testing.assert_array_equal(part.means_, mixture.means_[:, GIVEN])
    np.testing.assert_array_equal(part.weights_, mixture.weights_)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_chain_rule(covariance_type):
    """log p(x) = log p(x_given) + log p(x_rest | x_given)."""
    mixture = fitted(covariance_type)
    first = mixture.marginal(GIVEN).score_samples(X[:, GIVEN])
    second = [
        mixture.condition({2: row[2], 0: row[0]}).score_samples(row[np.newaxis, REST])[0]
        for row in X[:60]
    ]
    np.testing.assert_allclose(first[:60] + second, mixture.score_samples(X[:60]), rtol=1e-10)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_integrals_over_a_feature(covariance_type):
    """A marginal integrates the other feature out; a conditional is a slice, divided to hold 1."""
    mixture = fitted(covariance_type, X[:, :2])
    low, high = X[:, 1].min() - 20, X[:, 1].max() + 20

    def along(first, power=0):
        def value(second):
            return second**power * np.exp(mixture.score_samples([[first, second]])[0])

        return quad(value, low, high, points=mixture.means_[:, 1], epsabs=1e-13, limit=200)[0]

    for first in (-3.0, 0.5, 7.0):
        total = along(first)
        marginal = np.exp(mixture.marginal(0).score_samples([[first]])[0])
        assert marginal == pytest.approx(total, rel=1e-7)
        part = mixture.condition({0: first})
        for second in (-2.0, 1.0):
            slice_ = np.exp(mixture.score_samples([[first, second]])[0]) / total
            assert np.exp(part.score_samples([[second]])[0]) == pytest.approx(slice_, rel=1e-7)
        assert (part.weights_ @ part.means_)[0] == pytest.approx(along(first, 1) / total, rel=1e-6)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_parts_have_all_that_a_fitted_mixture_answers_from(covariance_type, tmp_path):
    mixture = fitted(covariance_type, Table())
    for part in (mixture.marginal(["b", "d"]), mixture.condition({"c": 1.0, "a": -2.0})):
        assert list(part.feature_names_in_) == ["b", "d"]
        assert part.weights_.sum() == pytest.approx(1)
        matrices = covariance_matrices(part.covariances_, covariance_type, 3, 2)
        precisions = covariance_matrices(part.precisions_, covariance_type, 3, 2)
        np.testing.assert_allclose(matrices @ precisions, [np.eye(2)] * 3, atol=1e-12)
        factors = part.precisions_cholesky_
        if covariance_type in ("full", "tied"):
            np.testing.assert_array_equal(np.triu(factors), factors)
            assert (np.diagonal(factors, axis1=-2, axis2=-1) > 0).all()
        part.save(tmp_path / "part")
        assert_same(GaussianMixture.load(tmp_path / "part"), part)
        part.feature_names_in_ = None
        rows, _ = part.sample(50)
        assert np.isfinite(part.bic(rows))
        assert part.predict_proba(rows).shape == (50, 3)
        again = quiet_fit(GaussianMixture(**part.get_params()), rows)
        assert np.isfinite(again.means_).all()


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_parts_of_parts_and_whole_parts(covariance_type):
    mixture = fitted(covariance_type)
    one, other = mixture.marginal([3, 1, 0]).marginal([2, 0]), mixture.marginal([0, 3])
    rows = X[:, [0, 3]]
    np.testing.assert_allclose(one.score_samples(rows), other.score_samples(rows), rtol=1e-11)
    step = mixture.condition({1: 0.5}).condition({2: -1.0})  # features 0, 2, 3 are left
    both = mixture.condition({1: 0.5, 3: -1.0})
    np.testing.assert_allclose(step.means_, both.means_, rtol=1e-9)
    np.testing.assert_allclose(step.weights_, both.weights_, rtol=1e-9)
    for whole in (mixture.marginal(range(4)), mixture.condition({})):
        np.testing.assert_allclose(whole.score_samples(X), mixture.score_samples(X), rtol=1e-11)
        np.testing.assert_allclose(whole.covariances_, mixture.covariances_, rtol=1e-9, atol=1e-9)


# ---------------------------------------------------------------------------- numbers


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("value", [1e4, -1e7, 1e100])
def test_values_with_a_density_of_zero(covariance_type, value):
    mixture = fitted(covariance_type)
    part = mixture.condition({0: value})
    assert np.isfinite(part.means_).all()
    assert part.weights_.sum() == pytest.approx(1)
    scores = part.score_samples(part.means_)
    rows = np.insert(part.means_, 0, value, axis=1)
    whole = mixture.score_samples(rows) - mixture.marginal(0).score_samples([[value]])
    if value == 1e4:  # beyond, the difference of the two has no digits left
        np.testing.assert_allclose(scores, whole, atol=1e-6 * abs(whole).max())


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_units_and_offsets_change_nothing(covariance_type):
    scale = np.array([1e-4, 1e4, 1.0, 1e8]) if covariance_type != "spherical" else 1e-4
    offset = np.array([1e2, 1e8, 0.0, 1e9])
    plain = fitted(covariance_type, normal(0, 400, 4) @ MIXING, 2)
    scaled = GaussianMixture(2, covariance_type=covariance_type)
    factors = {"spherical": scale, "diag": scale}.get(
        covariance_type, np.outer(scale, scale) ** 0.5
    )
    scaled.weights_ = plain.weights_
    scaled.means_ = plain.means_ * scale
    scaled.n_features_in_ = 4
    matrices = covariance_type in ("full", "tied")
    scaled.covariances_ = plain.covariances_ * (factors**2)
    inverse = 1 / (np.reshape(scale, (-1, 1)) if matrices else scale)
    scaled.precisions_cholesky_ = plain.precisions_cholesky_ * inverse
    values = np.array([0.3, -1.0]) * np.broadcast_to(scale, 4)[GIVEN]
    found, expected = (
        scaled.condition(dict(zip(GIVEN, values, strict=True))),
        plain.condition({2: 0.3, 0: -1.0}),
    )
    rest = np.broadcast_to(scale, 4)[REST]
    np.testing.assert_allclose(found.weights_, expected.weights_, rtol=1e-10)
    np.testing.assert_allclose(found.means_ / rest, expected.means_, rtol=1e-10, atol=1e-12)
    scaled.means_ = scaled.means_ + offset
    values = dict(zip(GIVEN, values + offset[GIVEN], strict=True))
    found = scaled.condition(values)
    np.testing.assert_allclose(found.weights_, expected.weights_, rtol=1e-3)


def test_features_that_nearly_determine_each_other():
    rows = normal(1, 2000, 1) + 3e-6 * normal(2, 2000, 2)
    mixture = fit_mixture(rows, 1, reg_covar=0)
    part = mixture.condition({0: 0.25})
    assert part.means_[0, 0] == pytest.approx(0.25, abs=1e-5)
    assert part.covariances_.ravel()[0] == pytest.approx(1.8e-11, rel=0.1)
    chain = mixture.marginal(0).score_samples(rows[:1, :1]) + mixture.condition(
        {0: rows[0, 0]}
    ).score_samples(rows[:1, 1:])
    assert chain == pytest.approx(mixture.score_samples(rows[:1]), rel=1e-6)


# ---------------------------------------------------------------------------- missing values


def with_gaps(rows, seed=0, share=0.3):
    gaps = np.random.default_rng(seed).uniform(size=rows.shape) < share
    return np.where(gaps, np.nan, rows).astype(rows.dtype)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_imputed_values_are_conditional_expectations(covariance_type):
    mixture = fitted(covariance_type)
    rows = X[:50].copy()
    rows[:, REST] = np.nan
    filled = mixture.impute(rows)
    np.testing.assert_array_equal(filled[:, GIVEN], rows[:, GIVEN])
    expected = [conditional(row, mixture) for row in rows]
    np.testing.assert_allclose(filled[:, REST], expected, rtol=1e-9)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_every_pattern_of_gaps(covariance_type, monkeypatch):
    mixture = fitted(covariance_type)
    rows = with_gaps(X, share=0.4)
    assert np.isnan(rows).all(axis=1).any()
    filled = mixture.impute(rows)
    for row, found in zip(rows[:100], filled, strict=False):
        known = np.flatnonzero(~np.isnan(row))
        expected = row.copy()
        if len(known) < 4:
            part = mixture.condition(dict(zip(known.tolist(), row[known], strict=True)))
            expected[np.isnan(row)] = part.weights_ @ part.means_
        np.testing.assert_allclose(found, expected, rtol=1e-10)
    monkeypatch.setattr("mixclust._mixture.conditional.NUMBERS_PER_BLOCK", 40)
    np.testing.assert_allclose(mixture.impute(rows), filled, rtol=1e-12)


def test_a_component_far_away_has_no_say():
    mixture = fit_mixture(
        [[0.0, 0.0], [0.0, 1.0], [1e3, 50.0], [1e3, 51.0]], 2, means_init=[[0, 0.5], [1e3, 50.5]]
    )
    found = mixture.impute([[0.0, np.nan], [1e3, np.nan], [np.nan, np.nan]])
    np.testing.assert_allclose(found[:, 1], [0.5, 50.5, 25.5])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_impute_takes_any_layout_and_changes_nothing(dtype, layout):
    mixture = fitted("full")
    plain = with_gaps(X.astype(dtype))
    rows = layouts(plain)[layout]
    filled = mixture.impute(rows)
    assert filled.dtype == dtype
    np.testing.assert_array_equal(rows, plain)
    np.testing.assert_array_equal(filled, mixture.impute(plain))
    filled[0] = 0  # a copy that may be written to


def test_impute_of_other_tables():
    mixture = fitted("full", Table())
    rows = with_gaps(X)
    np.testing.assert_array_equal(mixture.impute(Table(rows)), mixture.impute(Table(rows)))
    np.testing.assert_array_equal(fitted("full").impute(X), X)
    whole = fitted("full").impute(np.arange(8).reshape(2, 4))
    np.testing.assert_array_equal(whole, np.arange(8.0).reshape(2, 4), strict=True)


# ---------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.marginal([]), ValueError, "features is empty; name at least one"),
        (lambda m: m.marginal(4), ValueError, "features holds 4; features go from 0 to 3"),
        (lambda m: m.marginal([-1]), ValueError, "features holds -1; features go from 0"),
        (lambda m: m.marginal([0, "a"]), ValueError, "holds a feature twice"),
        (lambda m: m.marginal("e"), ValueError, "holds 'e', which is none of them; the f.* a, b"),
        (lambda m: m.marginal([0.5]), TypeError, "features holds 0.5; a feature is an int"),
        (lambda m: m.marginal([True, False]), TypeError, "features holds True; a feature is"),
        (lambda m: m.marginal(None), TypeError, "features=None must be the index"),
        (lambda m: m.condition([0.5]), TypeError, "given must be a dict of .*, got list"),
        (lambda m: m.condition({"e": 1}), ValueError, "given holds 'e', which is none"),
        (lambda m: m.condition({0: 1, "a": 1}), ValueError, "holds a feature twice"),
        (lambda m: m.condition({0: np.nan}), ValueError, r"given\[0\]=nan must be finite"),
        (lambda m: m.condition({"a": np.inf}), ValueError, r"given\['a'\]=inf must be finite"),
        (lambda m: m.condition({0: "1"}), TypeError, r"given\[0\] must be a number, got '1'"),
        (lambda m: m.condition(dict.fromkeys(NAMES, 0.0)), ValueError, "every feature and leaves"),
        (lambda m: m.condition({0: 1e200}), ValueError, "so far from every component"),
        (lambda m: m.condition({0: -1.7e308}), ValueError, "so far from every component"),
        (lambda m: m.impute(Table(X * [1, np.inf, 1, 1])), ValueError, "X contains infinity"),
        (lambda m: m.impute(Table(X[:, :3])), ValueError, "4 features"),
        (
            lambda m: m.impute(Table(X[:1] * [1e200, np.nan, 1, 1])),
            ValueError,
            "a row of X lies so",
        ),
    ],
)
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_errors(covariance_type, call, error, message):
    mixture = fitted(covariance_type, Table())
    with pytest.raises(error, match=message):
        call(mixture)


def test_names_need_names_and_everything_needs_a_fit():
    with pytest.raises(ValueError, match="features holds 'a', but there are no feature names"):
        fitted("full").marginal("a")
    for call in (lambda m: m.marginal(0), lambda m: m.condition({0: 1}), lambda m: m.impute(X)):
        with pytest.raises(NotFittedError):
            call(GaussianMixture())
