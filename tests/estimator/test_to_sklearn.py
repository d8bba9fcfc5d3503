"""Conversion of estimators to scikit-learn, and of k-means to a mixture."""

import sys

import numpy as np
import pandas as pd
import pytest
import sklearn.base
import sklearn.cluster
import sklearn.mixture
from support.mixtures import COVARIANCE_TYPES, fit_mixture
from support.samples import DTYPES, blobs

from mixclust import GaussianMixture, KMeans, NotFittedError

X = blobs(0, 600, 3, 5)
NAMED = pd.DataFrame(X, columns=["a", "b", "c"])

# ---------------------------------------------------------------------------- scikit-learn's KMeans


@pytest.mark.parametrize("dtype", DTYPES)
def test_kmeans_predicts_the_same(dtype):
    rows = X.astype(dtype)
    kmeans = KMeans(5, random_state=0, n_threads=1).fit(rows)
    theirs = kmeans.to_sklearn()
    assert type(theirs) is sklearn.cluster.KMeans
    assert theirs.cluster_centers_.dtype == dtype
    for name in ("cluster_centers_", "labels_", "inertia_", "n_iter_", "n_features_in_"):
        np.testing.assert_array_equal(getattr(theirs, name), getattr(kmeans, name), err_msg=name)
    np.testing.assert_array_equal(theirs.predict(rows), kmeans.labels_)
    np.testing.assert_allclose(theirs.transform(rows), kmeans.transform(rows), rtol=1e-3, atol=1e-3)
    assert theirs.score(rows) == pytest.approx(kmeans.score(rows), rel=1e-5)
    assert list(theirs.get_feature_names_out()) == [f"kmeans{k}" for k in range(5)]


@pytest.mark.parametrize("fitted", DTYPES)
@pytest.mark.parametrize("passed", DTYPES)
def test_kmeans_predicts_rows_of_either_dtype_as_documented(passed, fitted):
    kmeans = KMeans(5, random_state=0).fit(X.astype(fitted))
    theirs = kmeans.to_sklearn()
    assert theirs.cluster_centers_.dtype == fitted
    rows = X.astype(passed)
    converted = rows.astype(theirs.cluster_centers_.dtype)
    np.testing.assert_array_equal(theirs.predict(converted), kmeans.predict(rows))
    assert theirs.score(converted) == pytest.approx(kmeans.score(rows), rel=1e-5)
    assert "cluster_centers_.dtype" in KMeans.to_sklearn.__doc__


@pytest.mark.parametrize(
    "params",
    [
        {"init": X[:5], "tol": 1e-3, "verbose": 0},
        {"init": "random", "n_init": 3, "algorithm": "elkan", "max_iter": 50, "random_state": 3},
        {"init": lambda X, n_clusters, random_state: X[:n_clusters], "copy_x": False},
        {"random_state": np.random.default_rng(0)},
    ],
)
def test_kmeans_parameters_are_ones_that_scikit_learn_takes(params):
    kmeans = KMeans(5, **params).fit(NAMED)
    theirs = kmeans.to_sklearn()
    assert list(theirs.feature_names_in_) == ["a", "b", "c"]
    for name in params.keys() - {"random_state"}:
        assert theirs.get_params()[name] is getattr(kmeans, name)
    again = sklearn.base.clone(theirs).fit(X)
    assert again.inertia_ == pytest.approx(kmeans.inertia_, rel=0.3)


def test_kmeans_that_was_loaded_without_labels(tmp_path):
    kmeans = KMeans(5, random_state=0).fit(X)
    kmeans.save(tmp_path / "kmeans")
    theirs = KMeans.load(tmp_path / "kmeans").to_sklearn()
    assert not hasattr(theirs, "labels_")
    np.testing.assert_array_equal(theirs.predict(X), kmeans.labels_)


def test_kmeans_of_one_row_and_of_equal_centres():
    for rows, k in [([[2.0]], 1), ([[1.0, 2], [1, 2], [1, 2]], 1)]:
        kmeans = KMeans(k, random_state=0).fit(rows)
        np.testing.assert_array_equal(kmeans.to_sklearn().predict(rows), kmeans.labels_)
    kmeans.cluster_centers_ = np.zeros((3, 2))
    assert kmeans.to_sklearn().predict(rows).tolist() == [0, 0, 0]


# ---------------------------------------------------------------------------- ... its mixture


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_mixture_answers_the_same(covariance_type):
    mixture = GaussianMixture(5, covariance_type=covariance_type, random_state=0).fit(NAMED)
    theirs = mixture.to_sklearn()
    assert type(theirs) is sklearn.mixture.GaussianMixture
    assert list(theirs.feature_names_in_) == ["a", "b", "c"]
    np.testing.assert_array_equal(theirs.predict(NAMED), mixture.predict(NAMED))
    for name in ("predict_proba", "score_samples"):
        found, expected = getattr(theirs, name)(NAMED), getattr(mixture, name)(NAMED)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    for name in ("score", "bic", "aic"):
        assert getattr(theirs, name)(NAMED) == pytest.approx(getattr(mixture, name)(NAMED))
    for name in ("converged_", "n_iter_", "lower_bound_", "lower_bounds_"):
        assert getattr(theirs, name) == getattr(mixture, name)
    for found, expected in zip(theirs.sample(50), mixture.sample(50), strict=True):
        np.testing.assert_array_equal(found, expected)
    theirs.means_ += 1  # changes the copy alone
    assert mixture.score(NAMED) > theirs.score(NAMED) + 0.01


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"init_params": lambda X, k, random_state: np.arange(len(X)) % k},
        {"init_params": "random_from_data", "reg_covar": 1e-3, "callback": lambda state: None},
        {"means_init": X[:5], "weights_init": np.full(5, 0.2), "on_collapse": "restart"},
        {"random_state": np.random.default_rng(0), "warm_start": True},
    ],
)
def test_mixture_parameters_are_ones_that_scikit_learn_takes(params):
    mixture = fit_mixture(X, 5, **{"random_state": 0} | params)
    again = sklearn.base.clone(mixture.to_sklearn()).set_params(max_iter=300).fit(X)
    assert again.score(X) == pytest.approx(mixture.score(X), abs=1)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_reg_covar_is_a_millionth_of_the_least_variance(covariance_type):
    rows = X * [1.0, 1e3, 1e-3] + [0, 1e6, 5]
    mixture = fit_mixture(rows, 5, covariance_type=covariance_type, random_state=0)
    # A spherical mixture spreads the variances over the features.
    expected = 1e-6 * rows.var(axis=0).min()
    found = mixture.to_sklearn().reg_covar
    assert found >= expected * (1 - 1e-6)
    if covariance_type != "spherical":
        assert found == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_parts_of_a_mixture_answer_the_same(covariance_type):
    mixture = fit_mixture(X, 3, covariance_type=covariance_type, random_state=0)
    for part in (mixture.marginal([1, 2]), mixture.condition({0: 1.0})):
        rows, _ = part.sample(50)
        assert part.to_sklearn().score(rows) == pytest.approx(part.score(rows))


def test_mixture_with_dropped_components():
    rows = np.repeat([[0.0], [1.0], [5.0], [9.0]], 5, axis=0)
    start = {"means_init": np.linspace(0, 9, 9)[:, np.newaxis], "random_state": 0}
    mixture = fit_mixture(rows, 9, on_collapse="drop", **start)
    assert len(mixture.weights_) < 9
    theirs = mixture.to_sklearn()
    assert theirs.n_components == len(mixture.weights_)
    assert theirs.means_init is None
    assert theirs.bic(rows) == pytest.approx(mixture.bic(rows))


# ---------------------------------------------------------------------------- either


@pytest.mark.parametrize("model", [KMeans(2, random_state=0), GaussianMixture(2, random_state=0)])
def test_hand_overs_need_a_fit_and_scikit_learn(model, monkeypatch):
    with pytest.raises(NotFittedError):
        model.to_sklearn()
    model.fit(X)
    for module in ("sklearn.cluster", "sklearn.mixture"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"to_sklearn needs scikit-learn.*pip install"):
        model.to_sklearn()


# ---------------------------------------------------------------------------- from hard to soft


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_mixture_that_a_solution_implies(covariance_type, dtype):
    kmeans = KMeans(8, random_state=0, n_threads=1).fit(X.astype(dtype))
    mixture = kmeans.to_gaussian_mixture(covariance_type=covariance_type)
    assert mixture.covariance_type == covariance_type
    assert mixture.n_threads == 1
    variance = ((X.astype(dtype) - kmeans.cluster_centers_[kmeans.labels_]) ** 2).mean()
    np.testing.assert_allclose(mixture.covariances_[mixture.covariances_ > 0], variance, rtol=1e-5)
    np.testing.assert_array_equal(mixture.weights_, np.full(8, 1 / 8))
    np.testing.assert_array_equal(mixture.means_, kmeans.cluster_centers_.astype(np.float64))
    np.testing.assert_array_equal(mixture.predict(X), kmeans.predict(X))
    squared = kmeans.transform(X.astype(np.float64)) ** 2 / variance
    resp = np.exp(-squared / 2 + squared.min(axis=1, keepdims=True) / 2)
    resp /= resp.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(mixture.predict_proba(X), resp, rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_fit_goes_on_from_there(covariance_type):
    mixture = KMeans(8, random_state=0).fit(X).to_gaussian_mixture(covariance_type)
    before = mixture.score(X)
    bounds = mixture.fit(X).lower_bounds_
    assert bounds[0] == pytest.approx(before, rel=1e-12)
    assert mixture.score(X) > before
    assert mixture.report_.runs[0].scores == ()


def test_weights_of_rows_count_as_copies():
    counts = np.random.default_rng(1).integers(0, 4, len(X))
    weighted = KMeans(4, init=X[:4]).fit(X, sample_weight=counts)
    repeated = KMeans(4, init=X[:4]).fit(np.repeat(X, counts, axis=0))
    assert weighted.total_weight_ == repeated.total_weight_ == counts.sum()
    np.testing.assert_allclose(
        weighted.to_gaussian_mixture("diag").covariances_,
        repeated.to_gaussian_mixture("diag").covariances_,
        rtol=1e-12,
    )


def test_names_and_errors():
    kmeans = KMeans(3, random_state=0)
    with pytest.raises(NotFittedError):
        kmeans.to_gaussian_mixture()
    mixture = kmeans.fit(NAMED).to_gaussian_mixture()
    assert list(mixture.feature_names_in_) == ["a", "b", "c"]
    assert mixture.n_features_in_ == 3
    with pytest.raises(ValueError, match="covariance_type='round' must be one of"):
        kmeans.to_gaussian_mixture("round")
    kmeans = KMeans(2, random_state=0).fit([[0.0], [0.0], [1.0]])
    with pytest.raises(ValueError, match=r"inertia_=0.0 leaves the mixture no variance"):
        kmeans.to_gaussian_mixture()
