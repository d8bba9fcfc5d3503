"""MixtureImputer against closed forms, on every kind of gap, and as a transformer."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from support.estimators.calls import lock, locked
from support.samples import DTYPES, LAYOUTS, blobs, layouts, normal, quiet_fit

import mixclust
from mixclust import CollapseWarning, GaussianMixture, KMeans, MixtureImputer, NotFittedError
from mixclust._mixture import incomplete_fit
from mixclust._mixture.structures import covariance_types

MIXING = np.array([[1.0, 0.5, 0.2, 0.0], [0, 1, -0.7, 0.3], [0, 0, 1, 0.9], [0, 0, 0, 1]])
X = blobs(3, 900, 4, 3) @ MIXING
NAMES = ["a", "b", "c", "d"]


def with_gaps(X, share=0.1, seed=0):
    """A copy in which a share of the values is missing."""
    X = X.copy()
    X[np.random.default_rng(seed).random(X.shape) < share] = np.nan
    return X


GAPS = with_gaps(X)
COMPLETE = ~np.isnan(GAPS).any(axis=1)
IMPUTER = quiet_fit(MixtureImputer(3, random_state=0), GAPS)


# ---------------------------------------------------------------------------- values


def test_a_regression():
    """With one component the expectation is the least-squares line of the complete rows."""
    imputer = MixtureImputer(reg_covar=0, rounds=0).fit(GAPS)
    rows = X[COMPLETE]
    design = np.c_[np.ones(len(rows)), rows[:, 1:]]
    line = np.linalg.lstsq(design, rows[:, 0], rcond=None)[0]
    holes = X[:50].copy()
    holes[:, 0] = np.nan
    expected = np.c_[np.ones(50), X[:50, 1:]] @ line
    np.testing.assert_allclose(imputer.transform(holes)[:, 0], expected, rtol=1e-9)


@pytest.mark.parametrize("covariance_type", covariance_types())
def test_the_mixture_of_the_complete_rows(covariance_type):
    options = {"covariance_type": covariance_type, "random_state": 0}
    imputer = quiet_fit(MixtureImputer(3, rounds=0, **options), GAPS)
    mixture = quiet_fit(GaussianMixture(3, **options), X[COMPLETE])
    assert imputer.n_complete_rows_ == np.count_nonzero(COMPLETE)
    np.testing.assert_array_equal(imputer.mixture_.means_, mixture.means_)
    assert imputer.mixture_.report_.covariance_type == covariance_type
    filled = imputer.transform(GAPS)
    np.testing.assert_array_equal(filled, mixture.impute(GAPS))
    np.testing.assert_array_equal(filled[~np.isnan(GAPS)], GAPS[~np.isnan(GAPS)])


def test_values_are_nearer_than_means():
    missing = np.isnan(GAPS)
    errors = [
        np.sqrt(np.mean((imputer.fit_transform(GAPS) - X)[missing] ** 2))
        for imputer in (MixtureImputer(3, random_state=0), MixtureImputer(), SimpleImputer())
    ]
    assert errors[0] < 0.8 * errors[1] < 0.8 * errors[2]


def test_gaps_of_any_kind():
    rows = X[:40].copy()
    np.testing.assert_array_equal(IMPUTER.transform(rows), rows)
    assert IMPUTER.transform(rows) is not rows
    rows[:, 2] = np.nan  # a column without a value
    filled = IMPUTER.transform(rows)
    assert np.isfinite(filled).all()
    assert np.corrcoef(filled[:, 2], X[:40, 2])[0, 1] > 0.8
    rows[3] = np.nan  # a row without a value
    mean = IMPUTER.weights_ @ IMPUTER.means_
    np.testing.assert_allclose(IMPUTER.transform(rows)[3], mean, rtol=1e-12)
    rows[:] = np.nan
    np.testing.assert_allclose(IMPUTER.transform(rows), [mean] * 40, rtol=1e-12)


@pytest.mark.parametrize("covariance_type", covariance_types())
def test_draws_have_the_moments_of_the_conditional_distribution(covariance_type):
    options = {"covariance_type": covariance_type, "random_state": 0}
    imputer = quiet_fit(MixtureImputer(3, draw=True, **options), GAPS)
    rows = np.tile([[X[0, 0], np.nan, X[0, 2], np.nan]], (100_000, 1))
    drawn = imputer.transform(rows)
    np.testing.assert_array_equal(drawn[:, [0, 2]], rows[:, [0, 2]])
    part = imputer.mixture_.condition({0: X[0, 0], 2: X[0, 2]})
    mean = part.weights_ @ part.means_
    expected = part.sample(200_000)[0]
    spread = expected.std(axis=0)
    np.testing.assert_allclose(
        drawn[:, [1, 3]].mean(axis=0), mean, rtol=0, atol=0.05 * spread.max()
    )
    found = np.cov(drawn[:, [1, 3]].T)
    np.testing.assert_allclose(found, np.cov(expected.T), rtol=0, atol=0.1 * spread.max() ** 2)


def test_draws_keep_variances_where_expectations_shrink_them():
    rows = with_gaps(X, 0.4, seed=1)
    imputer = quiet_fit(MixtureImputer(3, random_state=0), rows)
    variances = X.var(axis=0)
    assert (imputer.transform(rows).var(axis=0) < 0.98 * variances).all()
    drawn = imputer.set_params(draw=True).transform(rows)
    np.testing.assert_allclose(drawn.var(axis=0), variances, rtol=0.08)


def test_seeds_of_draws():
    imputer = MixtureImputer(2, draw=True, random_state=3).fit(GAPS)
    first = imputer.transform(GAPS)
    np.testing.assert_array_equal(imputer.transform(GAPS), first)
    again = MixtureImputer(2, draw=True, random_state=3).fit(GAPS)
    np.testing.assert_array_equal(again.transform(GAPS), first)
    imputer.set_params(random_state=np.random.default_rng(0))
    assert (imputer.transform(GAPS) != imputer.transform(GAPS)).any()


def test_weights_count():
    weights = np.arange(900) % 3
    imputer = MixtureImputer(random_state=0, reg_covar=0, rounds=0).fit(GAPS, sample_weight=weights)
    repeated = MixtureImputer(random_state=0, reg_covar=0, rounds=0).fit(
        np.repeat(GAPS, weights, axis=0)
    )
    np.testing.assert_allclose(imputer.means_, repeated.means_, rtol=1e-12)


# ---------------------------------------------------------------------------- containers


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout, dtype):
    rows = GAPS.astype(dtype)
    expected = IMPUTER.transform(rows)
    assert expected.dtype == dtype
    laid = layouts(rows)[layout]
    before = laid.tobytes()
    np.testing.assert_array_equal(IMPUTER.transform(laid), expected)
    fitted = quiet_fit(MixtureImputer(3, random_state=0), laid)
    again = quiet_fit(MixtureImputer(3, random_state=0), rows)
    np.testing.assert_array_equal(fitted.transform(rows), again.transform(rows))
    assert laid.tobytes() == before


def test_data_frames():
    frame = pd.DataFrame(GAPS, columns=NAMES, index=range(5, 905))
    imputer = MixtureImputer(3, random_state=0).set_output(transform="pandas")
    filled = imputer.fit_transform(frame)
    assert list(imputer.get_feature_names_out()) == list(filled.columns) == NAMES
    assert (filled.index == frame.index).all()
    assert list(imputer.mixture_.feature_names_in_) == NAMES
    np.testing.assert_array_equal(filled, IMPUTER.transform(GAPS))
    with pytest.raises(ValueError, match="feature names should match"):
        imputer.transform(frame[["b", "a", "c", "d"]])


def test_columns_of_whole_numbers_and_na():
    frame = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64"), "b": [2.0, None, 5.0]})
    imputer = MixtureImputer().fit(pd.DataFrame(X[:, :2], columns=["a", "b"]))
    assert np.isfinite(imputer.transform(frame)).all()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_masked_values_are_missing(dtype):
    numbers = (X * 100).astype(dtype)
    mask = np.isnan(GAPS)
    numbers[mask] = 12345 if dtype == "int64" else np.inf
    holes = np.where(mask, np.nan, numbers).astype("float32" if dtype == "float32" else "float64")
    masked = np.ma.masked_array(numbers, mask)
    fits = [quiet_fit(MixtureImputer(3, random_state=0), rows) for rows in (masked, holes)]
    np.testing.assert_array_equal(fits[0].means_, fits[1].means_)
    expected = fits[1].transform(holes)
    for work in (fits[0].transform, fits[0].mixture_.impute):
        found = work(masked)
        assert (type(found), found.dtype) == (np.ndarray, expected.dtype)
        np.testing.assert_array_equal(found, expected)
    assert masked.mask.tolist() == mask.tolist()
    with pytest.raises(ValueError, match="masked value"):
        fits[0].mixture_.predict(masked)


def test_names_of_the_columns():
    assert list(IMPUTER.get_feature_names_out()) == ["x0", "x1", "x2", "x3"]
    assert list(IMPUTER.get_feature_names_out(NAMES)) == NAMES
    named = MixtureImputer().fit(pd.DataFrame(GAPS, columns=NAMES))
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        named.get_feature_names_out(["a", "b", "c", "e"])
    with pytest.raises(ValueError, match=r"number of features \(4\), got 2"):
        IMPUTER.get_feature_names_out(["a", "b"])


def test_in_a_pipeline():
    pipeline = make_pipeline(MixtureImputer(3, random_state=0), KMeans(3, random_state=0))
    labels = pipeline.fit_predict(GAPS)
    assert (
        labels.tolist() == KMeans(3, random_state=0).fit(IMPUTER.transform(GAPS)).labels_.tolist()
    )
    assert list(pipeline[:-1].get_feature_names_out(NAMES)) == NAMES
    grid = {"mixtureimputer__n_components": [1, 2]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(GAPS)
    assert set(search.best_params_) == set(grid)


# ---------------------------------------------------------------------------- the fitted state


def test_files_and_pickles(tmp_path):
    imputer = MixtureImputer(3, draw=True, random_state=0).fit(pd.DataFrame(GAPS, columns=NAMES))
    imputer.save(tmp_path / "imputer")
    loaded = MixtureImputer.load(tmp_path / "imputer")
    frame = pd.DataFrame(GAPS, columns=NAMES)
    for other in (loaded, pickle.loads(pickle.dumps(imputer))):
        assert other.get_params() == imputer.get_params()
        assert other.n_complete_rows_ == imputer.n_complete_rows_
        np.testing.assert_array_equal(other.transform(frame), imputer.transform(frame))
        assert list(other.mixture_.feature_names_in_) == NAMES
        filled = frame.fillna(0)
        labels = imputer.mixture_.predict(filled)
        np.testing.assert_array_equal(other.mixture_.predict(filled), labels)
    with pytest.raises(ValueError, match="it holds a MixtureImputer"):
        GaussianMixture.load(tmp_path / "imputer")


def test_the_number_of_threads_changes_no_bit():
    fits = [quiet_fit(MixtureImputer(3, random_state=0, n_threads=n), GAPS) for n in (1, 2, 7)]
    for fitted in fits[1:]:
        np.testing.assert_array_equal(fitted.transform(GAPS), fits[0].transform(GAPS))


def test_read_only_rows_and_fitted_arrays():
    imputer = lock(MixtureImputer(3, random_state=0).fit(locked(GAPS.copy())))
    lock(imputer.mixture_)
    for draw in (False, True):
        imputer.set_params(draw=draw).transform(locked(GAPS.copy()))


def test_an_error_leaves_the_imputer_as_it_was():
    imputer = MixtureImputer(2, random_state=0).fit(GAPS)
    before = dict(vars(imputer))

    def interrupt(state):
        raise KeyboardInterrupt

    imputer.set_params(callback=interrupt)
    with pytest.raises(KeyboardInterrupt):
        imputer.fit(X[:, :3])
    assert vars(imputer) == before | {"callback": interrupt}


def test_clones_and_parameters():
    imputer = MixtureImputer(3, covariance_type="tied", draw=True, random_state=1)
    assert clone(imputer).get_params() == imputer.get_params()
    assert not hasattr(clone(imputer.fit(GAPS)), "mixture_")
    given = set(imputer.get_params()) - {"draw", "rounds"}
    assert given < set(GaussianMixture().get_params())


# ---------------------------------------------------------------------------- refusals


def test_before_fit():
    with pytest.raises(NotFittedError, match="MixtureImputer is not fitted"):
        MixtureImputer().transform(X)
    with pytest.raises(NotFittedError):
        MixtureImputer().get_feature_names_out()
    assert not hasattr(MixtureImputer(), "mixture_")


def test_too_few_complete_rows():
    rows = X[:5].copy()
    rows[2:, 1] = np.nan
    rows[4, 0] = np.nan
    expected = (
        r"X has 2 rows of positive weight without missing values, but the fit with rounds=0 needs "
        r"at least 3; pass rounds=10, or leave out .* \(column 1 lacks 3 of 5\)"
    )
    with pytest.raises(ValueError, match=expected):
        MixtureImputer(3, rounds=0).fit(rows)
    with pytest.raises(ValueError, match=r"column 'b' lacks 3 of 5"):
        MixtureImputer(3, rounds=0).fit(pd.DataFrame(rows, columns=NAMES))
    with pytest.raises(ValueError, match="X has 1 rows of positive weight"):
        MixtureImputer(rounds=0).fit(rows, sample_weight=[1, 0, 1, 1, 1])
    rows[:, 3] = np.nan
    for rounds in (0, 10):
        imputer = MixtureImputer(rounds=rounds)
        with pytest.raises(ValueError, match="column 3 of X has no value in any row"):
            imputer.fit(rows)
        with pytest.raises(ValueError, match="column 'd' of X has no value in any row"):
            imputer.fit(pd.DataFrame(rows, columns=NAMES))
    rows[0, 3] = 1  # of weight zero
    for rounds in (0, 10):
        with pytest.raises(ValueError, match="column 3 of X has no value in any row of positive"):
            MixtureImputer(rounds=rounds).fit(rows, sample_weight=[0, 1, 1, 1, 1])
    with pytest.raises(ValueError, match="needs at least 901 rows"):
        MixtureImputer(901).fit(X)
    with pytest.raises(ValueError, match="needs at least 901 rows"):
        MixtureImputer(901).fit(GAPS)


@pytest.mark.parametrize("covariance_type", covariance_types())
def test_no_complete_row(covariance_type):
    rows = X.copy()
    rows[np.arange(900), np.arange(900) % 4] = np.nan
    imputer = quiet_fit(MixtureImputer(3, covariance_type=covariance_type, random_state=0), rows)
    assert imputer.n_complete_rows_ == 0
    whole = quiet_fit(GaussianMixture(3, covariance_type=covariance_type, random_state=0), X)
    assert imputer.mixture_.score(X) > whole.score(X) - 0.35
    assert not hasattr(imputer.mixture_, "report_")


def test_rounds_use_incomplete_rows():
    """The values of a column are missing where another is large: complete rows are other rows."""
    rows = normal(0, 4000, 2) @ np.array([[1.0, 0.9], [0.0, 0.4]])
    holes = rows.copy()
    holes[rows[:, 0] > 0, 1] = np.nan
    alone = MixtureImputer(rounds=0, random_state=0).fit(holes)
    assert abs(alone.means_[0]).max() > 0.7
    found = MixtureImputer(rounds=30, random_state=0).fit(holes)
    assert found.n_iter_ > 30
    np.testing.assert_allclose(found.means_[0], rows.mean(axis=0), rtol=0, atol=0.1)
    np.testing.assert_allclose(found.covariances_[0], np.cov(rows.T), rtol=0, atol=0.1)


def test_rows_of_weight_zero_and_empty_rows_count_nothing():
    weights = np.r_[np.ones(900), np.zeros(3)]
    extra = np.r_[GAPS, [[5e3, np.nan, 0, 0], [1e4, 0, 0, 0], [np.nan] * 4]]
    expected = quiet_fit(MixtureImputer(2, random_state=0), GAPS)
    found = quiet_fit(MixtureImputer(2, random_state=0), extra, sample_weight=weights)
    np.testing.assert_allclose(found.means_, expected.means_, rtol=1e-6)


def test_fewer_complete_rows_than_features_warn():
    rows = normal(0, 40, 8)
    rows[6:, 0] = np.nan
    with pytest.warns(CollapseWarning):
        imputer = MixtureImputer(rounds=0).fit(rows)
    assert np.isfinite(imputer.transform(rows)).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rounds": -1}, ValueError, "rounds=-1 must be at least 0"),
        ({"draw": 1}, TypeError, "draw must be True or False, got 1"),
        ({"n_components": 0}, ValueError, "n_components=0 must be at least 1"),
        ({"covariance_type": "round"}, ValueError, "covariance_type='round' must be one of"),
        ({"prior": "weak"}, (TypeError, ValueError), "prior"),
        ({"random_state": "a"}, TypeError, "random_state must be"),
    ],
)
def test_options_are_refused_by_name(options, error, message):
    with pytest.raises(error, match=message):
        MixtureImputer(**options).fit(GAPS)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_is_refused(value, monkeypatch):
    monkeypatch.setattr(incomplete_fit, "VALUES_PER_BLOCK", 40)
    for place in ((0, 0), (899, 3)):
        rows = GAPS.copy()
        rows[place] = value
        rows[place[0], (place[1] + 1) % 4] = np.nan
        for method in (IMPUTER.transform, MixtureImputer().fit):
            with pytest.raises(ValueError, match="contains infinity"):
                method(rows)


def test_wrong_widths_and_sparse_rows():
    with pytest.raises(ValueError, match="X has 3 features, but MixtureImputer is expecting 4"):
        IMPUTER.transform(X[:, :3])
    sparse = pytest.importorskip("scipy.sparse").csr_array(X)
    with pytest.raises(TypeError, match="Sparse data was passed for X"):
        MixtureImputer().fit(sparse)


def test_rows_of_no_density():
    rows = np.array([[1e300, np.nan, 0, 0]])
    with pytest.raises(ValueError, match="a row of X lies so far from every component"):
        IMPUTER.transform(rows)


def test_it_is_public():
    assert "MixtureImputer" in mixclust.__all__


@pytest.mark.parametrize("value", [0.0, 1.0, 7.0, -1e6])
@pytest.mark.parametrize("n_components", [1, 3])
def test_a_constant_column_is_filled_with_its_value(value, n_components):
    X = np.random.default_rng(0).normal(size=(200, 3))
    X[:, 2] = value
    gaps = X.copy()
    gaps[::3, 2] = np.nan
    gaps[1::5, 0] = np.nan
    filled = MixtureImputer(n_components, random_state=0).fit_transform(gaps)
    np.testing.assert_allclose(filled[:, 2], value, rtol=1e-14, atol=1e-14)
