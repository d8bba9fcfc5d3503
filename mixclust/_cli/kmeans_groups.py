"""The rows of each cluster: their number, means, deviations and silhouettes, in one pass."""

from typing import NamedTuple

import numpy as np

from .row_labels import CenterLabels

__all__ = ["Groups", "describe_clusters"]


class Groups(NamedTuple):
    """The rows of each cluster, the heaviest cluster first.

    Attributes
    ----------
    order : ndarray of shape (n_clusters,)
        Index of each cluster among the centres.
    counts : ndarray of shape (n_clusters,), int64
    shares : ndarray of shape (n_clusters,)
        Of the weight.
    silhouettes, spreads : ndarray of shape (n_clusters,)
        Mean silhouette, NaN for one cluster, and root of the mean squared distance to the centre.
    means, deviations : ndarray of shape (n_clusters, n_columns)
        Of the columns, in their units.
    explained, silhouette : float
        Share of the variance that the clusters explain, and the mean silhouette of all rows.
    """

    order: np.ndarray
    counts: np.ndarray
    shares: np.ndarray
    silhouettes: np.ndarray
    spreads: np.ndarray
    means: np.ndarray
    deviations: np.ndarray
    explained: float
    silhouette: float


def describe_clusters(selection, kmeans, scales):
    """Describe the rows of each cluster in one pass over all rows.

    Parameters
    ----------
    selection : Selection
    kmeans : KMeans
        Fitted.
    scales : ndarray of shape (n_columns,) or None
        Divisors of the columns.

    Returns
    -------
    groups : Groups
    """
    labels = CenterLabels(kmeans, scales)
    n_clusters, n_columns = kmeans.cluster_centers_.shape
    centers = kmeans.cluster_centers_ * (1.0 if scales is None else scales)
    counts = np.zeros(n_clusters, dtype=np.int64)
    totals, distances, silhouettes = np.zeros((3, n_clusters))
    sums, squares = np.zeros((2, n_clusters, n_columns))
    for _, X, weights in selection.weighted_blocks():
        found, distance, *silhouette = labels.answer(X)
        counts += np.bincount(found, minlength=n_clusters)
        totals += np.bincount(found, weights, n_clusters)
        off = X - centers[found]  # sums about the centres lose no digits
        distances += _sums(found, weights, distance**2, n_clusters)
        for j in range(n_columns):
            sums[:, j] += _sums(found, weights, off[:, j], n_clusters)
            squares[:, j] += _sums(found, weights, off[:, j] ** 2, n_clusters)
        if silhouette:
            silhouettes += _sums(found, weights, silhouette[0], n_clusters)
    with np.errstate(invalid="ignore", divide="ignore"):
        shifts = sums / totals[:, np.newaxis]
        variances = np.maximum(squares / totals[:, np.newaxis] - shifts**2, 0)
    if n_clusters == 1:
        silhouettes[:] = np.nan
    order = np.argsort(-totals, kind="stable")
    means = centers + shifts
    shares = totals / totals.sum()
    between = (means - shares @ means) / (1.0 if scales is None else scales)
    between = float(shares @ (between**2).sum(axis=1)) * totals.sum()
    within = float(distances.sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        return Groups(
            order,
            counts[order],
            shares[order],
            (silhouettes / totals)[order],
            np.sqrt(distances / totals)[order],
            means[order],
            np.sqrt(variances)[order],
            between / (between + within),
            float(silhouettes.sum() / totals.sum()),
        )


def _sums(labels, weights, values, n_clusters):
    """Give the weighted sums of values by label."""
    if weights is not None:
        values = np.where(weights > 0, weights * values, 0.0)
    return np.bincount(labels, values, n_clusters)
