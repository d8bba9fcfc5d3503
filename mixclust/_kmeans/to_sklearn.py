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
