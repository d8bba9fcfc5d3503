"""KMeans as scikit-learn's estimator."""

import numpy as np

from .._estimator.to_sklearn import absent, hand_over, random_state_of


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
    try:
        from sklearn.cluster import KMeans
    except ImportError as error:
        raise absent() from error
    centers = kmeans.cluster_centers_
    # Its predict needs private attributes, named differently in each version: its fit sets them.
    rows = np.zeros_like(centers)
    rows[:, 0] = np.arange(len(centers))
    estimator = KMeans(len(centers), init=rows, n_init=1).fit(rows)
    del estimator.labels_  # ours may have been loaded without labels
    ours = kmeans.get_params(deep=False)
    params = {name: ours[name] for name in estimator.get_params(deep=False)}
    if params["algorithm"] == "auto":
        params["algorithm"] = "lloyd"
    estimator.set_params(**params | {"random_state": random_state_of(kmeans)})
    return hand_over(kmeans, estimator, ("cluster_centers_", "labels_", "inertia_", "n_iter_"))
