"""Weights, means and covariances of the components of a fitted estimator of either family."""

from typing import NamedTuple

import numpy as np

from .._inputs.rows import check_rows
from .._inputs.sparse import is_sparse
from .._kmeans.fitted import FittedCenters
from .._mixture.fitted import FittedMixture
from .._mixture.structures import structure_of
from ._estimators import check_kind, check_weights, names_of

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
    sample_weight : ndarray of shape (n_samples,), float64, or None
    names : list of str
        Names of the features, for the axes.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    rows: np.ndarray | None
    labels: np.ndarray | None
    sample_weight: np.ndarray | None
    names: list


def moments_of(estimator, X, sample_weight=None):
    """Take the components of a mixture, or compute the ones of k-means from rows.

    Parameters
    ----------
    estimator : FittedMixture or FittedCenters
        The argument of a user. Noise of a mixture is left out.
    X : rows of any kind, or None
        Required for k-means.
    sample_weight : array-like of shape (n_samples,), or None
        Weight of each row of X.

    Returns
    -------
    moments : Moments

    Raises
    ------
    TypeError, ValueError
        If the estimator has no components or is not fitted, or X or the weights do not fit it.
    """
    kinds = (FittedMixture, FittedCenters)
    check_kind(estimator, kinds, "; pass a GaussianMixture or a KMeans.")
    estimator._check_is_fitted()
    names = names_of(estimator)
    rows = labels = None
    if X is not None:
        rows, labels = check_rows(X, estimator, reset=False), estimator.predict(X)
        rows = rows.toarray() if is_sparse(rows) else rows
    sample_weight = check_weights(sample_weight, rows)
    if isinstance(estimator, FittedMixture):
        weights = estimator.weights_ / estimator.weights_.sum()
        structure = structure_of(estimator.covariance_type)
        matrices = structure.matrices(estimator.covariances_, *estimator.means_.shape)
        return Moments(weights, estimator.means_, matrices, rows, labels, sample_weight, names)
    if rows is None:
        raise ValueError(
            "X is None, but k-means has no covariances: the spread of its clusters is computed "
            "from rows; pass the rows."
        )
    moments = _moments_of_clusters(estimator.cluster_centers_, rows, labels, sample_weight)
    return Moments(*moments, rows, labels, sample_weight, names)


def _moments_of_clusters(centers, rows, labels, sample_weight):
    """Compute the share of weight, the mean of each cluster, and the covariance within clusters."""
    n_clusters, n_features = centers.shape
    totals = np.bincount(labels, sample_weight, n_clusters)
    means = np.array(centers, dtype=np.float64)
    scatter = np.zeros((n_features, n_features))
    for k in np.flatnonzero(totals):
        is_own = labels == k
        own = rows[is_own].astype(np.float64)
        weights = None if sample_weight is None else sample_weight[is_own]
        means[k] = np.average(own, axis=0, weights=weights)
        own -= means[k]
        scatter += own.T @ (own if weights is None else weights[:, np.newaxis] * own)
    total = totals.sum()
    covariances = np.broadcast_to(scatter / total, (n_clusters, n_features, n_features))
    return totals / total, means, covariances


def spread_of_clusters(rows, labels, n_clusters, sample_weight=None):
    """Compute the covariance of the rows of each cluster.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        A few features, or projections of them.
    labels : ndarray of shape (n_samples,)
    n_clusters : int
    sample_weight : ndarray of shape (n_samples,), or None

    Returns
    -------
    covariances : ndarray of shape (n_clusters, n_features, n_features)
        0 for a cluster without rows of positive weight.
    """
    covariances = np.zeros((n_clusters, rows.shape[1], rows.shape[1]))
    for k in np.unique(labels if sample_weight is None else labels[sample_weight > 0]):
        is_own = labels == k
        weights = None if sample_weight is None else sample_weight[is_own]
        covariances[k] = np.cov(rows[is_own].T, bias=True, aweights=weights)
    return covariances
