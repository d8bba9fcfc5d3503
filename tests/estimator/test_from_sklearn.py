"""Estimators of k-means from scikit-learn's; tests/mixture/test_given.py tests the mixture's."""

import numpy as np
import pandas as pd
import pytest
import sklearn.cluster
from support.samples import DTYPES, blobs

from mixclust import KMeans, MiniBatchKMeans

X = blobs(0, 600, 3, 5)
PAIRS = [
    (KMeans, sklearn.cluster.KMeans),
    (MiniBatchKMeans, sklearn.cluster.MiniBatchKMeans),
]
FITTED = ("cluster_centers_", "labels_", "inertia_", "n_iter_", "n_features_in_")


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_same_answers_and_attributes(dtype, ours, theirs, tmp_path):
    rows = X.astype(dtype)
    options = {"n_init": 3, "max_iter": 50, "tol": 1e-3, "random_state": 7}
    estimator = theirs(5, **options).fit(rows)
    kmeans = ours.from_sklearn(estimator)
    assert type(kmeans) is ours
    assert kmeans.get_params().items() >= options.items()
    for name in FITTED:
        np.testing.assert_array_equal(getattr(kmeans, name), getattr(estimator, name), name)
    assert kmeans.cluster_centers_.dtype == dtype
    np.testing.assert_array_equal(kmeans.predict(rows), estimator.predict(rows))
    np.testing.assert_allclose(kmeans.transform(rows), estimator.transform(rows), rtol=1e-3)
    kmeans.save(tmp_path / "model", labels=True)
    loaded = ours.load(tmp_path / "model")
    for model in (loaded, ours.from_sklearn(kmeans.to_sklearn())):
        np.testing.assert_array_equal(model.labels_, kmeans.labels_)
        np.testing.assert_array_equal(model.predict(rows), kmeans.predict(rows))
    kmeans.cluster_centers_[:] = 0
    assert estimator.cluster_centers_.any()
    assert kmeans.fit(rows).total_weight_ == len(rows)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_names_and_the_number_of_clusters(ours, theirs):
    rows = pd.DataFrame(X, columns=["a", "b", "c"])
    estimator = theirs(5, n_init=1, random_state=0).fit(rows).set_params(n_clusters=8)
    kmeans = ours.from_sklearn(estimator)
    assert list(kmeans.feature_names_in_) == ["a", "b", "c"]
    assert kmeans.n_clusters == 5
    assert kmeans.predict(rows).max() == 4


def test_a_stream_goes_on():
    estimator = sklearn.cluster.MiniBatchKMeans(5, random_state=0).partial_fit(X[:300])
    kmeans = MiniBatchKMeans.from_sklearn(estimator)
    assert kmeans.n_steps_ == estimator.n_steps_ == 1
    np.testing.assert_array_equal(kmeans.counts_, estimator._counts)
    assert not hasattr(kmeans, "n_iter_")
    kmeans.partial_fit(X[300:])
    estimator.partial_fit(X[300:])
    np.testing.assert_allclose(kmeans.cluster_centers_, estimator.cluster_centers_, rtol=1e-9)


def test_attributes_that_scikit_learn_lacks():
    kmeans = KMeans.from_sklearn(sklearn.cluster.KMeans(2, n_init=1).fit(X))
    for name in ("total_weight_", "init_inertias_", "n_empty_clusters_refilled_"):
        with pytest.raises(AttributeError, match=f"{name}': the centres come from scikit-learn"):
            getattr(kmeans, name)
    with pytest.raises(AttributeError, match="total_weight_"):
        kmeans.to_gaussian_mixture()
    kmeans.total_weight_ = 600.0
    assert kmeans.to_gaussian_mixture().predict(X).tolist() == kmeans.predict(X).tolist()


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_refusals(ours, theirs):
    with pytest.raises(ValueError, match="estimator is not fitted; call its fit first"):
        ours.from_sklearn(theirs(2))
    others = [sklearn.cluster.BisectingKMeans(2).fit(X), KMeans(2).fit(X), None]
    others += [other(2, n_init=1).fit(X) for _, other in PAIRS if other is not theirs]
    for other in others:
        expected = rf"estimator is a .*{type(other).__name__}; pass a fitted .*{theirs.__name__}"
        with pytest.raises(TypeError, match=expected):
            ours.from_sklearn(other)
    for kind in (theirs, KMeans, int):
        expected = rf"^estimator is a class, .*{kind.__name__}; pass a fitted instance of sklearn\."
        with pytest.raises(TypeError, match=expected):
            ours.from_sklearn(kind)
    estimator = theirs(2, n_init=1).fit(X)
    estimator.cluster_centers_ = np.full((2, 3), np.nan)
    with pytest.raises(ValueError, match=r"estimator\.cluster_centers_ contains NaN"):
        ours.from_sklearn(estimator)


def test_the_remedy_for_other_estimators_keeps_their_centers():
    other = sklearn.cluster.BisectingKMeans(4, random_state=0).fit(X)
    remedy = r"mixclust\.KMeans\(len\(centers\), init=centers, max_iter=1\)\.fit\(centers\)\."
    with pytest.raises(TypeError, match=remedy):
        KMeans.from_sklearn(other)
    centers = other.cluster_centers_
    kmeans = KMeans(len(centers), init=centers, max_iter=1).fit(centers)
    np.testing.assert_allclose(kmeans.cluster_centers_, centers, rtol=1e-15)
