"""The centres of scikit-learn's KMeans and MiniBatchKMeans, checked."""

import numpy as np

from .._estimator.from_sklearn import check_sklearn
from .._inputs.features import set_features
from .._inputs.rows import check_finite, check_rows

__all__ = ["kmeans_from_sklearn", "minibatch_from_sklearn"]

REMEDY = (
    "a fit of centres: mixclust.KMeans(len(centers), init=centers, max_iter=1).fit(centers). "
    "(The predict of a BisectingKMeans does not choose the nearest centre.)"
)
CONVERSIONS = {
    "labels_": lambda labels: np.array(labels, dtype=np.int32),
    "inertia_": float,
    "n_iter_": int,
    "n_steps_": int,
}


def kmeans_from_sklearn(cls, estimator):
    """A fitted KMeans with the centres and options of scikit-learn's.

    Parameters
    ----------
    cls : type
        A KMeans of ours.
    estimator : sklearn.cluster.KMeans

    Returns
    -------
    kmeans : KMeans
    """
    return _take(cls, estimator, "KMeans")


def minibatch_from_sklearn(cls, estimator):
    """A fitted MiniBatchKMeans with the centres, counts and options of scikit-learn's.

    Parameters
    ----------
    cls : type
        A MiniBatchKMeans of ours.
    estimator : sklearn.cluster.MiniBatchKMeans

    Returns
    -------
    kmeans : MiniBatchKMeans
    """
    kmeans = _take(cls, estimator, "MiniBatchKMeans", "_counts")
    kmeans.counts_ = np.array(estimator._counts, dtype=np.float64)
    kmeans._n_since_reassignment = int(getattr(estimator, "_n_since_last_reassign", 0))
    return kmeans


def _take(cls, estimator, name, *needed):
    """An estimator with the centres, options and attributes of one of scikit-learn's."""
    check_sklearn(estimator, "cluster", name, ("cluster_centers_", *needed), REMEDY)
    named = "estimator.cluster_centers_"
    centers = check_rows(estimator.cluster_centers_, None, reset=False, name=named)
    check_finite(centers, named)
    kmeans = cls(**estimator.get_params(deep=False) | {"n_clusters": len(centers)})
    kmeans._check_params()
    kmeans.cluster_centers_ = np.array(centers, order="C")
    names = getattr(estimator, "feature_names_in_", None)
    set_features(kmeans, centers.shape[1], None if names is None else names.copy())
    for attribute, convert in CONVERSIONS.items():
        if hasattr(estimator, attribute):
            setattr(kmeans, attribute, convert(getattr(estimator, attribute)))
    return kmeans
