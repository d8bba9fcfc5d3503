"""KMeans as scikit-learn's estimator."""

import numpy as np

from .._estimator.to_sklearn import hand_over, shared_params, sklearn_class


def kmeans_to_sklearn(kmeans):
    """A fitted ``sklearn.cluster.KMeans`` with the centres and labels of ours.

    Parameters
    ----------
    kmeans : KMeans
        Fitted.

    Returns
    -------
    estimator : sklearn.cluster.KMeans
    """
    sklearn_kmeans = sklearn_class("cluster", "KMeans")
    centers = kmeans.cluster_centers_
    # Its predict needs private attributes, named differently in each version: its fit sets them.
    rows = np.zeros_like(centers)
    rows[:, 0] = np.arange(len(centers))
    estimator = sklearn_kmeans(len(centers), init=rows, n_init=1).fit(rows)
    del estimator.labels_  # ours may have been loaded without labels
    params = shared_params(kmeans, estimator)
    if params["algorithm"] == "auto":
        params["algorithm"] = "lloyd"
    estimator.set_params(**params)
    return hand_over(kmeans, estimator, ("cluster_centers_", "labels_", "inertia_", "n_iter_"))


def minibatch_to_sklearn(kmeans):
    """A fitted ``sklearn.cluster.MiniBatchKMeans`` with the centres and counts of ours.

    Parameters
    ----------
    kmeans : MiniBatchKMeans
        Fitted.

    Returns
    -------
    estimator : sklearn.cluster.MiniBatchKMeans
    """
    sklearn_kmeans = sklearn_class("cluster", "MiniBatchKMeans")
    centers = kmeans.cluster_centers_
    # Its methods need private attributes, named differently in each version: its fit sets them.
    rows = np.zeros_like(centers)
    rows[:, 0] = np.arange(len(centers))
    estimator = sklearn_kmeans(
        len(centers), init=rows, n_init=1, max_iter=1, batch_size=len(rows)
    ).fit(rows)
    del estimator.labels_, estimator.n_iter_  # ours may have none
    estimator.set_params(**shared_params(kmeans, estimator))
    estimator._counts = kmeans.counts_.astype(centers.dtype)
    estimator._n_since_last_reassign = kmeans._n_since_reassignment
    names = ("cluster_centers_", "labels_", "inertia_", "n_iter_", "n_steps_")
    return hand_over(kmeans, estimator, names)
