"""scikit-learn's tools around KMeans: tags, clones, outputs, pipelines, searches, metadata."""

import numpy as np
import pandas as pd
import polars as pl
import sklearn
from sklearn.base import clone, is_clusterer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixclust import KMeans

BLOBS = np.random.RandomState(0).normal(size=(60, 4)) + np.repeat([[0], [8], [16]], 20, axis=0)


def test_tags():
    tags = sklearn.utils.get_tags(KMeans())
    assert tags.estimator_type == "clusterer"
    assert is_clusterer(KMeans())
    assert tags.input_tags.sparse
    assert not tags.input_tags.allow_nan
    assert not tags.target_tags.required
    assert tags.transformer_tags.preserves_dtype == ["float64", "float32"]


def test_clone_keeps_parameters_output_and_requests():
    with sklearn.config_context(enable_metadata_routing=True):
        original = KMeans(3, random_state=7).set_fit_request(sample_weight=True)
        original.set_output(transform="pandas").fit(BLOBS)
        copy = clone(original)
        assert copy.get_params() == original.get_params()
        assert not hasattr(copy, "n_features_in_")
        assert copy.get_metadata_routing().fit.requests == {"sample_weight": True}
        assert isinstance(copy.fit_transform(BLOBS), pd.DataFrame)


def test_pipeline():
    pipeline = make_pipeline(StandardScaler(), KMeans(3, n_init=5, random_state=0))
    pipeline.set_output(transform="polars")
    labels = pipeline.fit_predict(BLOBS, kmeans__sample_weight=np.ones(60))
    assert sorted(np.bincount(labels)) == [20, 20, 20]
    assert "KMeans" in pipeline._repr_html_()
    table = pipeline.transform(BLOBS)
    assert isinstance(table, pl.DataFrame)
    assert table.columns == ["kmeans0", "kmeans1", "kmeans2"]
    assert list(pipeline.get_feature_names_out()) == table.columns


def test_grid_search():
    search = GridSearchCV(KMeans(n_init=2, random_state=0), {"n_clusters": [1, 3]}, cv=3)
    rows = np.random.RandomState(1).permutation(BLOBS)
    assert search.fit(rows).best_params_ == {"n_clusters": 3}


def test_metadata_routing_passes_weights():
    weights = np.repeat([1.0, 0.0, 1.0], 20)
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = KMeans(2, n_init=3, random_state=0).set_fit_request(sample_weight="mass")
        pipeline = make_pipeline(StandardScaler(), estimator).fit(BLOBS, mass=weights)
    routed = pipeline[-1].cluster_centers_
    direct = clone(estimator).fit(StandardScaler().fit_transform(BLOBS), sample_weight=weights)
    np.testing.assert_array_equal(routed, direct.cluster_centers_)


def test_global_output_configuration():
    estimator = KMeans(3, n_init=1, random_state=0).fit(BLOBS)
    with sklearn.config_context(transform_output="pandas"):
        table = estimator.transform(pd.DataFrame(BLOBS, index=range(100, 160)).to_numpy())
        assert list(table.columns) == ["kmeans0", "kmeans1", "kmeans2"]
        own = clone(estimator).set_output(transform="default").fit_transform(BLOBS)
    assert isinstance(own, np.ndarray)
    np.testing.assert_array_equal(table.to_numpy(), estimator.transform(BLOBS))
