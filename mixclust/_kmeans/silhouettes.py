"""Simplified silhouettes, and their mean, by which a number of clusters is chosen."""

import numpy as np

__all__ = ["mean_silhouette", "silhouettes_of"]


def silhouettes_of(distances):
    """Simplified silhouettes of rows.

    Parameters
    ----------
    distances : ndarray of shape (n_samples, 2), float64
        To the nearest centre, and to the second nearest.

    Returns
    -------
    silhouettes : ndarray of shape (n_samples,), float64
    """
    near, far = distances.T
    return np.divide(far - near, far, out=np.zeros_like(far), where=far > 0)


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
    nearest, distances = kmeans.nearest_centers(X)
    labels, silhouettes = nearest[:, 0], silhouettes_of(distances)
    present = labels if weights is None else labels[weights > 0]
    n_rows = np.bincount(present, minlength=kmeans.n_clusters)
    silhouettes[n_rows[labels] == 1] = 0.0
    return float(np.average(silhouettes, weights=weights))
