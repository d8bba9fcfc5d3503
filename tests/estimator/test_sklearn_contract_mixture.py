"""scikit-learn's tools around GaussianMixture: tags, clones, pipelines, searches, metadata."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone, is_clusterer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mixclust
from mixclust import GaussianMixture

BLOBS = np.random.RandomState(0).normal(size=(60, 4)) + np.repeat([[0], [8], [16]], 20, axis=0)


def test_clusterers_checks_are_made_of_more_than_one_component():
    """scikit-learn's check of `fit_predict` against `predict`, with labels that can be mixed up."""
    estimator = GaussianMixture(3, random_state=0)
    labels = estimator.fit_predict(BLOBS)
    np.testing.assert_array_equal(labels, estimator.predict(BLOBS))
    assert sorted(np.bincount(labels)) == [20, 20, 20]


def test_tags():
    tags = sklearn.utils.get_tags(GaussianMixture())
    assert tags.estimator_type == "density_estimator"
    assert not is_clusterer(GaussianMixture())
    assert not tags.input_tags.sparse
    assert not tags.input_tags.allow_nan
    assert not tags.target_tags.required
    assert tags.transformer_tags is None
    assert sklearn.utils.get_tags(mixclust.KMeans()).input_tags.sparse


@pytest.mark.parametrize("method", ["fit", "fit_predict", "predict", "predict_proba", "score"])
def test_sparse_rows_are_refused(method):
    estimator = GaussianMixture(2, random_state=0).fit(BLOBS)
    with pytest.raises(TypeError, match=r"Sparse data was passed for X.* use X\.toarray\(\)"):
        getattr(estimator, method)(scipy.sparse.csr_array(BLOBS))


def test_there_is_nothing_to_set_the_output_of():
    for name in ("transform", "set_output", "get_feature_names_out"):
        assert not hasattr(GaussianMixture, name)


def test_clone_keeps_parameters_and_requests():
    with sklearn.config_context(enable_metadata_routing=True):
        original = GaussianMixture(3, random_state=7, means_init=BLOBS[::20])
        original.set_fit_request(sample_weight=True, resp_init="start").fit(BLOBS)
        copy = clone(original)
        assert copy.means_init is not original.means_init
        np.testing.assert_array_equal(copy.means_init, original.means_init)
        names = [name for name in copy.get_params() if name != "means_init"]
        assert all(copy.get_params()[name] == original.get_params()[name] for name in names)
        assert not hasattr(copy, "n_features_in_")
        requests = copy.get_metadata_routing().fit.requests
        assert requests == {"sample_weight": True, "resp_init": "start", "noise_init": None}


def test_text():
    estimator = GaussianMixture(3, covariance_type="tied", random_state=0)
    assert repr(estimator) == (
        "GaussianMixture(n_components=3, covariance_type='tied', random_state=0)"
    )
    assert "<b>GaussianMixture</b> (not fitted)" in estimator._repr_html_()
    html = estimator.fit(BLOBS)._repr_html_()
    assert "(fitted on 4 features)" in html
    assert "<b>covariance_type</b></td><td><code>&#x27;tied&#x27;</code>" in html


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_feature_names(library):
    names = ["a", "b", "c", "d"]
    frame = library.DataFrame(dict(zip(names, BLOBS.T, strict=True)))
    estimator = GaussianMixture(3, random_state=0).fit(frame)
    assert estimator.feature_names_in_.tolist() == names
    expected = GaussianMixture(3, random_state=0).fit(BLOBS).predict_proba(BLOBS)
    np.testing.assert_array_equal(estimator.predict_proba(frame), expected)
    with pytest.warns(UserWarning, match="X does not have valid feature names") as caught:
        estimator.predict(BLOBS)
    assert caught[0].filename == __file__
    other = library.DataFrame(dict(zip("abcx", BLOBS.T, strict=True)))
    for method in ("predict", "predict_proba", "score_samples", "score", "uncertainty", "bic"):
        with pytest.raises(ValueError, match="feature names should match"):
            getattr(estimator, method)(other)


def test_pipeline_and_grid_search():
    pipeline = make_pipeline(StandardScaler(), GaussianMixture(random_state=0))
    rows = np.random.RandomState(1).permutation(BLOBS)
    grid = {"gaussianmixture__n_components": [1, 3]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(rows)
    assert search.best_params_ == {"gaussianmixture__n_components": 3}
    assert "GaussianMixture" in search.best_estimator_._repr_html_()


def test_metadata_routing_passes_weights_and_starts():
    weights, labels = np.repeat([1.0, 0.0, 1.0], 20), np.repeat([0, -1, 1], 20)
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = GaussianMixture(2).set_fit_request(sample_weight="mass", resp_init=True)
        pipeline = make_pipeline(StandardScaler(), estimator)
        routed = pipeline.fit(BLOBS, mass=weights, resp_init=labels)[-1]
    rows = StandardScaler().fit_transform(BLOBS)
    direct = clone(estimator).fit(rows, sample_weight=weights, resp_init=labels)
    np.testing.assert_array_equal(routed.means_, direct.means_)
    assert direct.means_[0, 0] < direct.means_[1, 0]
