"""scikit-learn's checks of MiniBatchKMeans, its metadata, and the estimator that it hands over."""

import functools
import pickle

import numpy as np
import pytest
import sklearn
import sklearn.cluster
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks
from support.contract import all_checks, name_of, run_check
from support.samples import blobs

from mixclust import MiniBatchKMeans

X = blobs(0, 600, 4, 5)

# Checks that check_estimator leaves out, or makes only for subclasses of its mixins.
MORE_CHECKS = [
    "check_clusterer_compute_labels_predict",
    "check_clustering",
    functools.partial(estimator_checks.check_clustering, readonly_memmap=True),
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

# A row of weight 2 is drawn as often as two rows, but other rows are drawn: scikit-learn expects
# its own MiniBatchKMeans to fail these. tests/kmeans/test_minibatch_stream.py has the weights of
# `partial_fit`, which are exact.
OF_DRAWS = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}
CHECKS = [
    entry
    for entry in all_checks(MiniBatchKMeans(), MORE_CHECKS, {})
    if name_of(entry.values[1]) not in OF_DRAWS
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_check(estimator, check, monkeypatch):
    run_check(estimator, check, monkeypatch)


def test_parameters_and_defaults_are_scikit_learns():
    ours, theirs = MiniBatchKMeans().get_params(), sklearn.cluster.MiniBatchKMeans().get_params()
    assert {name: ours[name] for name in theirs} == theirs
    assert set(ours) - set(theirs) == {"forgetting_factor", "callback", "n_threads"}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_metadata_routing_passes_weights(method):
    weights = np.arange(600) % 3.0
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = MiniBatchKMeans(5, random_state=0)
        getattr(estimator, f"set_{method}_request")(sample_weight="mass")
        requests = getattr(clone(estimator).get_metadata_routing(), method).requests
        assert requests == {"sample_weight": "mass"}
        if method == "fit":
            pipeline = make_pipeline(StandardScaler(), estimator).fit(X, mass=weights)
            direct = clone(estimator).fit(StandardScaler().fit_transform(X), sample_weight=weights)
            centers = pipeline[-1].cluster_centers_
            np.testing.assert_array_equal(centers, direct.cluster_centers_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scikit_learns_estimator_predicts_the_same_and_continues(dtype):
    rows = X.astype(dtype)
    kmeans = MiniBatchKMeans(5, random_state=0, reassignment_ratio=0).fit(rows)
    theirs = pickle.loads(pickle.dumps(kmeans.to_sklearn()))
    assert type(theirs) is sklearn.cluster.MiniBatchKMeans
    np.testing.assert_array_equal(theirs.labels_, kmeans.labels_)
    np.testing.assert_array_equal(theirs.predict(rows), kmeans.predict(rows))
    assert (theirs.inertia_, theirs.n_iter_, theirs.n_steps_) == (
        kmeans.inertia_,
        kmeans.n_iter_,
        kmeans.n_steps_,
    )
    theirs.partial_fit(rows[::2])
    kmeans.partial_fit(rows[::2])
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(
        theirs.cluster_centers_, kmeans.cluster_centers_, rtol=tolerance, atol=tolerance
    )
    np.testing.assert_array_equal(theirs.labels_, kmeans.labels_)


def test_scikit_learns_estimator_of_a_stream_without_labels():
    kmeans = MiniBatchKMeans(5, random_state=0, compute_labels=False).partial_fit(X)
    theirs = kmeans.to_sklearn()
    assert not hasattr(theirs, "labels_")
    assert not hasattr(theirs, "n_iter_")
    np.testing.assert_array_equal(theirs.predict(X), kmeans.predict(X))
