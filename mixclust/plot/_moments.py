"""Weights, means and covariances of the components of a fitted estimator of either family."""

from typing import NamedTuple

import numpy as np

from .._inputs.rows import check_rows
from .._inputs.sparse import is_sparse
from .._kmeans.fitted import FittedCenters
from .._mixture.fitted import FittedMixture
from .._mixture.structures import structure_of
from ._estimators import check_kind, names_of

__all__ = ["Moments", "moments_of", "spread_of_clusters"]


class Moments(NamedTuple):
    """The components of a fitted estimator, and the rows to draw.

    Attributes
    ----------
    weights : ndarray of shape (n_components,)
        Their sum is 1.
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)
        Of k-means: the same matrix for each cluster, the mean covariance of rows within clusters.
    rows : ndarray of shape (n_samples, n_features), or None
    labels : ndarray of shape (n_samples,), or None
        Component of each row.
    names : list of str
        Names of the features, for the axes.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    rows: np.ndarray | None
    labels: np.ndarray | None
    names: list


def moments_of(estimator, X):
    """Take the components of a mixture, or compute the ones of k-means from rows.

    Parameters
    ----------
    estimator : FittedMixture or FittedCenters
        The argument of a user. Noise of a mixture is left out.
    X : rows of any kind, or None
        Required for k-means.

    Returns
    -------
    moments : Moments

    Raises
    ------
    TypeError, ValueError
        If the estimator has no components or is not fitted, or X does not fit it.
    """
    kinds = (FittedMixture, FittedCenters)
    check_kind(estimator, kinds, "; pass a GaussianMixture or a KMeans.")
    estimator._check_is_fitted()
    names = names_of(estimator)
    rows = labels = None
    if X is not None:
        rows, labels = check_rows(X, estimator, reset=False), estimator.predict(X)
        rows = rows.toarray() if is_sparse(rows) else rows
    if isinstance(estimator, FittedMixture):
        weights = estimator.weights_ / estimator.weights_.sum()
        structure = structure_of(estimator.covariance_type)
        matrices = structure.matrices(estimator.covariances_, *estimator.means_.shape)
        return Moments(weights, estimator.means_, matrices, rows, labels, names)
    if rows is None:
        raise ValueError(
            "X is None, but k-means has no covariances: the spread of its clusters is computed "
            "from rows; pass the rows."
        )
    moments = _moments_of_clusters(estimator.cluster_centers_, rows, labels)
    return Moments(*moments, rows, labels, names)


def _moments_of_clusters(centers, rows, labels):
    """Compute the share of rows, the mean of each cluster, and the covariance within clusters."""
    n_clusters, n_features = centers.shape
    counts = np.bincount(labels, minlength=n_clusters)
    means = np.array(centers, dtype=np.float64)
    scatter = np.zeros((n_features, n_features))
    for k in np.flatnonzero(counts):
        own = rows[labels == k].astype(np.float64)
        means[k] = own.mean(axis=0)
        own -= means[k]
        scatter += own.T @ own
    covariances = np.broadcast_to(scatter / len(rows), (n_clusters, n_features, n_features))
    return counts / len(rows), means, covariances


def spread_of_clusters(rows, labels, n_clusters):
    """Compute the covariance of the rows of each cluster.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        A few features, or projections of them.
    labels : ndarray of shape (n_samples,)
    n_clusters : int

    Returns
    -------
    covariances : ndarray of shape (n_clusters, n_features, n_features)
        0 for a cluster without rows.
    """
    covariances = np.zeros((n_clusters, rows.shape[1], rows.shape[1]))
    for k in np.unique(labels):
        covariances[k] = np.cov(rows[labels == k].T, bias=True)
    return covariances
