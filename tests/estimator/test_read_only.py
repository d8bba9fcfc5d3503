"""Fitted arrays and rows that are read-only, for example joblib's memory maps."""

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from support.mixtures import COVARIANCE_TYPES
from support.samples import DTYPES, blobs

from mixclust import GaussianMixture, KMeans, k_means, kmeans_plusplus

FEW, MANY = 40, 20_000  # rows that are measured singly, and ones that make a pass
KINDS = ("dense", "CSR")

# How every public method is called that is not about parameters.
METHODS = {
    KMeans: {
        "fit": lambda model, X, w: model.fit(X, sample_weight=w).inertia_,
        "fit_predict": lambda model, X, w: model.fit_predict(X, sample_weight=w),
        "fit_transform": lambda model, X, w: model.fit_transform(X, sample_weight=w),
        "predict": lambda model, X, w: model.predict(X),
        "transform": lambda model, X, w: model.transform(X),
        "score": lambda model, X, w: model.score(X, sample_weight=w),
        "nearest_centers": lambda model, X, w: np.hstack(model.nearest_centers(X)),
        "silhouette_samples": lambda model, X, w: model.silhouette_samples(X),
        "to_gaussian_mixture": lambda model, X, w: model.to_gaussian_mixture().means_,
        "to_sklearn": lambda model, X, w: model.to_sklearn().cluster_centers_,
        "save": lambda model, X, w: saved(model).cluster_centers_,
        "get_feature_names_out": lambda model, X, w: len(model.get_feature_names_out()),
    },
    GaussianMixture: {
        "fit": lambda model, X, w: model.fit(X, sample_weight=w).lower_bound_,
        "fit_predict": lambda model, X, w: model.fit_predict(X, sample_weight=w),
        "predict": lambda model, X, w: np.stack(model.predict(X, return_uncertainty=True)),
        "predict_proba": lambda model, X, w: model.predict_proba(X),
        "score_samples": lambda model, X, w: model.score_samples(X),
        "score_samples_by_component": lambda model, X, w: model.score_samples_by_component(X),
        "score": lambda model, X, w: model.score(X, sample_weight=w),
        "uncertainty": lambda model, X, w: model.uncertainty(X),
        "entropy": lambda model, X, w: model.entropy(X),
        "bic": lambda model, X, w: model.bic(X, sample_weight=w),
        "aic": lambda model, X, w: model.aic(X, sample_weight=w),
        "icl": lambda model, X, w: model.icl(X, sample_weight=w),
        "impute": lambda model, X, w: model.impute(with_gaps(X)),
        "marginal": lambda model, X, w: model.marginal([1, 0]).predict_proba(X[:, [1, 0]]),
        "condition": lambda model, X, w: model.condition({0: 0.5}).means_,
        "sample": lambda model, X, w: model.sample(5)[0],
        "to_sklearn": lambda model, X, w: model.to_sklearn().predict_proba(X),
        "save": lambda model, X, w: saved(model).predict_proba(X),
        "from_parameters": lambda model, X, w: given(model).predict_proba(X),
        "from_sklearn": lambda model, X, w: model.from_sklearn(lock(model.to_sklearn())).means_,
    },
}
ABOUT_PARAMETERS = {"get_params", "set_params", "get_metadata_routing", "set_output", "load"}


def saved(model):
    model.save("read-only.mixclust")
    return type(model).load("read-only.mixclust")


def given(model):
    return model.from_parameters(
        model.weights_,
        model.means_,
        model.covariances_,
        covariance_type=model.covariance_type,
    )


def with_gaps(X):
    X = X.copy()
    X[::3, 1] = np.nan
    X.flags.writeable = False
    return X


def locked(array):
    array.flags.writeable = False
    return array


def rows_of(kind, n, dtype):
    """Read-only rows and weights."""
    X = blobs(0, n, 5, 4, dtype)
    if kind == "CSR":
        X[np.abs(X) < 2] = 0
        X = sp.csr_array(X)
        for array in (X.data, X.indices, X.indptr):
            locked(array)
    else:
        locked(X)
    return X, locked(np.arange(n) % 3.0)


def lock(model):
    for value in vars(model).values():
        if isinstance(value, np.ndarray):
            locked(value)
    return model


@pytest.mark.parametrize("estimator", METHODS)
def test_every_method_is_tried(estimator):
    public = {name for name in dir(estimator) if name[0] != "_" and hasattr(estimator, name)}
    requests = {name for name in public if name.endswith("_request")}
    assert METHODS[estimator].keys() == public - requests - ABOUT_PARAMETERS


@pytest.mark.parametrize("method", METHODS[KMeans])
@pytest.mark.parametrize("n", [FEW, MANY])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_k_means(kind, dtype, n, method, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, weights = rows_of(kind, n, dtype)
    call = METHODS[KMeans][method]
    start = locked(blobs(0, n, 5, 4, dtype)[:4])
    model = KMeans(4, init=start, max_iter=3).fit(X, sample_weight=weights)
    expected = call(model, X, weights)
    np.testing.assert_array_equal(call(lock(model), X, weights), expected)


@pytest.mark.parametrize("method", METHODS[GaussianMixture])
@pytest.mark.parametrize("n", [FEW, MANY])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.filterwarnings(
    "ignore::mixclust.ConvergenceWarning", "ignore::mixclust.CollapseWarning"
)
def test_mixtures(covariance_type, dtype, n, method, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, weights = rows_of("dense", n, dtype)
    call = METHODS[GaussianMixture][method]
    model = GaussianMixture(4, covariance_type=covariance_type, max_iter=2, random_state=0)
    expected = call(model.fit(X, sample_weight=weights), X, weights)
    np.testing.assert_array_equal(call(lock(model), X, weights), expected)


def test_starts_from_fitted_arrays():
    X, weights = rows_of("dense", FEW, np.float64)
    kmeans = lock(KMeans(4, random_state=0).fit(X))
    assert KMeans(4, init=kmeans.cluster_centers_).fit(X).inertia_ == kmeans.inertia_
    mixture = lock(GaussianMixture(2, random_state=0).fit(X))
    given = {"means_init": mixture.means_, "weights_init": mixture.weights_}
    again = GaussianMixture(2, precisions_init=mixture.precisions_, **given).fit(X)
    assert again.lower_bound_ >= mixture.lower_bound_ - 1e-9
    labels = locked(mixture.predict(X))
    assert GaussianMixture(2).fit(X, resp_init=labels).predict(X).tolist() == labels.tolist()
    lock(mixture.set_params(warm_start=True)).fit(X)
    assert k_means(X, 4, sample_weight=weights, random_state=0)[2] > 0
    assert len(kmeans_plusplus(X, 4, sample_weight=weights, random_state=0)[1]) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_memory_maps_of_joblib(kind, tmp_path):
    X, _ = rows_of(kind, FEW, np.float64)
    model = KMeans(4, random_state=0).fit(X)
    joblib.dump((model, X), tmp_path / "model.joblib")
    mapped, rows = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    assert not mapped.cluster_centers_.flags.writeable
    np.testing.assert_array_equal(mapped.predict(rows), model.labels_)
    np.testing.assert_array_equal(mapped.transform(rows), model.transform(X))
    assert mapped.score(rows) == model.score(X)
    np.testing.assert_array_equal(mapped.nearest_centers(rows)[1], model.nearest_centers(X)[1])
