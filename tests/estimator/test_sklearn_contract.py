"""scikit-learn's own checks of an estimator, all of them, and the tools of scikit-learn around one.

`check_estimator` leaves out the checks of DataFrame columns and of outputs, and the checks of
clusterers for classes that do not inherit from its mixins; they are added here. No check is
skipped or expected to fail.
"""

import functools

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone, is_clusterer
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted
from support.contract import all_checks, run_check

import mixclust
from mixclust import KMeans

BLOBS = np.random.RandomState(0).normal(size=(60, 4)) + np.repeat([[0], [8], [16]], 20, axis=0)

# Left out by check_estimator, or made only for subclasses of sklearn.base.ClusterMixin.
MORE_CHECKS = [
    "check_clusterer_compute_labels_predict",
    "check_clustering",
    "check_dataframe_column_names_consistency",
    "check_estimators_partial_fit_n_features",
    "check_get_feature_names_out_error",
    "check_global_output_transform_pandas",
    "check_global_set_output_transform_polars",
    "check_inplace_ensure_writeable",
    "check_n_features_in_after_fitting",
    "check_positive_only_tag_during_fit",
    "check_readonly_memmap_input",
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
]

# These two compare fits on rows in different orders, hence with different random starts
# (scikit-learn expects its own KMeans to fail them): they are made from a given start instead.
START_DEPENDENT = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}
GIVEN_START = np.random.RandomState(42).rand(3, 30)


MEMMAPPED = functools.partial(estimator_checks.check_clustering, readonly_memmap=True)
CHECKS = all_checks(
    KMeans(),
    [*MORE_CHECKS, MEMMAPPED],
    dict.fromkeys(START_DEPENDENT, KMeans(3, init=GIVEN_START)),
)


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_check(estimator, check, monkeypatch):
    run_check(estimator, check, monkeypatch)


PARAMETERS = [
    "algorithm", "callback", "copy_x", "init", "max_iter", "n_clusters", "n_init", "n_threads",
    "random_state", "tol", "verbose",
]  # fmt: skip


@pytest.mark.parametrize("bad", [object(), -1, "nonsense", float("nan")], ids=repr)
@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("method", ["fit", "fit_predict", "fit_transform"])
def test_bad_parameter_is_named(name, bad, method):
    estimator = KMeans().set_params(**{name: bad})
    with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b"):
        getattr(estimator, method)(BLOBS)


def test_every_parameter_is_checked():
    assert set(PARAMETERS) == set(KMeans().get_params())


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


def test_not_fitted_is_caught_by_scikit_learns_name():
    with pytest.raises(NotFittedError, match="This KMeans is not fitted yet") as caught:
        KMeans().predict(BLOBS)
    assert isinstance(caught.value, mixclust.NotFittedError)
    with pytest.raises(NotFittedError):
        check_is_fitted(KMeans())
    check_is_fitted(KMeans(2, n_init=1).fit(BLOBS))


def test_convergence_warning_is_caught_by_scikit_learns_name():
    with pytest.warns(ConvergenceWarning) as caught:
        KMeans(3, n_init=1, random_state=0).fit(np.repeat([[0.0], [1.0]], 5, axis=0))
    assert issubclass(caught[0].category, mixclust.ConvergenceWarning)


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


def test_metadata_that_nobody_requested_is_an_error():
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=True), KMeans(2))
        with pytest.raises(ValueError, match=r"\[sample_weight\] are passed but are not"):
            pipeline.fit(BLOBS, sample_weight=np.ones(60))


def test_global_output_configuration():
    estimator = KMeans(3, n_init=1, random_state=0).fit(BLOBS)
    with sklearn.config_context(transform_output="pandas"):
        table = estimator.transform(pd.DataFrame(BLOBS, index=range(100, 160)).to_numpy())
        assert list(table.columns) == ["kmeans0", "kmeans1", "kmeans2"]
        own = clone(estimator).set_output(transform="default").fit_transform(BLOBS)
    assert isinstance(own, np.ndarray)
    np.testing.assert_array_equal(table.to_numpy(), estimator.transform(BLOBS))
