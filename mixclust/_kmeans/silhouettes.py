"""The mean silhouette of the rows of a fit, by which a number of clusters is chosen."""

import numpy as np

__all__ = ["mean_silhouette"]


def mean_silhouette(kmeans, X, weights):
    """Mean of the simplified silhouettes; a row that is alone in its cluster has 0.

    Its distance to its centre is zero, and a silhouette of 1 would prefer a cluster for each row.

    Parameters
    ----------
    kmeans : KMeans
        Fitted.
    X : ndarray of shape (n_samples, n_features), or sparse
        The rows of the fit.
    weights : ndarray of shape (n_samples,), float64, or None

    Returns
    -------
    mean : float
        NaN for one cluster.
    """
    if kmeans.n_clusters == 1:
        return np.nan
    labels, silhouettes = kmeans.predict(X), kmeans.silhouette_samples(X)
    present = labels if weights is None else labels[weights > 0]
    n_rows = np.bincount(present, minlength=kmeans.n_clusters)
    silhouettes[n_rows[labels] == 1] = 0.0
    return float(np.average(silhouettes, weights=weights))
