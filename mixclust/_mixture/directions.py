"""The directions in which the components of a mixture differ most."""

from typing import NamedTuple

import numpy as np

from .overlap import total_overlap

__all__ = ["Directions", "choose_directions", "find_directions"]

MEAN_WEIGHTS = (1.0, 0.5)  # that are compared if nobody asks for another

MIN_EIGENVALUE = 1e-10  # of correlations, relative to the largest; smaller ones are rounding errors
MIN_SHARE = 1e-9  # of the separation; directions of less show no difference of components
MIN_LARGEST = 0.999  # coefficients of this share of the largest one count as equally large


class Directions(NamedTuple):
    """Linear combinations of features, the ones that separate components most first.

    Attributes
    ----------
    center : ndarray of shape (n_features,)
        Mean of the mixture, which is projected to 0.
    vectors : ndarray of shape (n_features, n_directions)
        Coefficients of the features, a direction a column. The projections of the mixture have
        variance 1 and no correlations.
    shares : ndarray of shape (n_directions,)
        Share of the separation that each direction shows; 0 without any separation.
    correlations : ndarray of shape (n_features, n_directions)
        Correlation of each feature with each projection.
    mean_weight : float
        Weight of differences of means, see `find_directions`.
    """

    center: np.ndarray
    vectors: np.ndarray
    shares: np.ndarray
    correlations: np.ndarray
    mean_weight: float

    def project(self, X):
        """Project rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)

        Returns
        -------
        rows : ndarray of shape (n_samples, n_directions)
        """
        return (X - self.center) @ self.vectors

    def project_covariances(self, covariances):
        """Project covariance matrices.

        Parameters
        ----------
        covariances : ndarray of shape (n_components, n_features, n_features)

        Returns
        -------
        covariances : ndarray of shape (n_components, n_directions, n_directions)
        """
        return self.vectors.T @ covariances @ self.vectors

    def take(self, indices):
        """Take some of the directions.

        Parameters
        ----------
        indices : list of int, or slice

        Returns
        -------
        directions : Directions
        """
        return Directions(
            self.center,
            self.vectors[:, indices],
            self.shares[indices],
            self.correlations[:, indices],
            self.mean_weight,
        )


def choose_directions(weights, means, covariances):
    """Find the directions of the `MEAN_WEIGHTS` in the plane of which the components overlap least.

    Parameters
    ----------
    weights : ndarray of shape (n_components,)
        Their sum is 1.
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)

    Returns
    -------
    directions : Directions
    """

    def overlap_in_plane(directions):
        plane = directions.take(slice(2))
        return total_overlap(weights, plane.project(means), plane.project_covariances(covariances))

    found = [find_directions(weights, means, covariances, weight) for weight in MEAN_WEIGHTS]
    return min(found, key=overlap_in_plane)


def find_directions(weights, means, covariances, mean_weight=0.5):
    """Find the directions of Scrucca's dimension reduction for mixtures.

    They are the generalised eigenvectors of a kernel M in respect of the covariance T of the whole
    mixture [1]_: with the mean m and the mean covariance S,
    M = 2 a B T⁻¹ B + 2 (1 - a) sum_k w_k (C_k - S) T⁻¹ (C_k - S), where
    B = sum_k w_k (m_k - m)(m_k - m)' and a is `mean_weight` [2]_. a = 1 gives the linear
    discriminants of the components.

    Directions without separation follow, the first one first that is the most correlated with all
    features, as principal components are.

    Parameters
    ----------
    weights : ndarray of shape (n_components,)
        Their sum is 1.
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)
    mean_weight : float, default=0.5
        Between 0 and 1.

    Returns
    -------
    directions : Directions
        As many as features, less the ones that depend on others or are constant. The first large
        coefficient of each, per standard deviation of the features, is positive.

    References
    ----------
    .. [1] L. Scrucca, "Dimension reduction for model-based clustering", Statistics and Computing
       20, 2010.
    .. [2] L. Scrucca, "Graphical tools for model-based mixture discriminant analysis", Advances in
       Data Analysis and Classification 8, 2014.
    """
    center = weights @ means
    off = means - center
    within = np.tensordot(weights, covariances, 1)
    total = within + (weights * off.T) @ off
    # In units of standard deviations, the units of the features do not matter.
    spread = np.sqrt(np.diagonal(total))
    units = np.where(spread > 0, spread, 1.0)
    variances, axes = np.linalg.eigh(total / units / units[:, np.newaxis])
    kept = variances > MIN_EIGENVALUE * max(variances[-1], 0)
    variances, axes = variances[kept][::-1], axes[:, kept][:, ::-1]
    whitening = axes / np.sqrt(variances) / units[:, np.newaxis]
    whitened = off @ whitening
    between = (weights * whitened.T) @ whitened
    kernel = 2 * mean_weight * between @ between
    if mean_weight < 1:
        for weight, covariance in zip(weights, covariances, strict=True):
            differences = whitening.T @ (covariance - within) @ whitening
            kernel += 2 * (1 - mean_weight) * weight * differences @ differences
    values, vectors = _order(kernel, variances)
    correlations = axes * np.sqrt(variances) @ vectors
    vectors = whitening @ vectors
    scaled = vectors * units[:, np.newaxis]
    large = np.abs(scaled) >= MIN_LARGEST * np.abs(scaled).max(axis=0, initial=0)
    places = large.argmax(axis=0), np.arange(vectors.shape[1])
    signs = np.where(scaled[places] < 0, -1.0, 1.0)
    sum_of_values = values.sum()
    shares = values / sum_of_values if sum_of_values > 0 else values
    return Directions(center, vectors * signs, shares, correlations * signs, mean_weight)


def _order(kernel, variances):
    """Order the eigenvectors of the kernel, the ones without separation by their correlations."""
    values, vectors = np.linalg.eigh(kernel)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    # Whitened rows have unit variance, so that a kernel far below 1 is rounding error.
    is_seen = values > MIN_SHARE * max(values.sum(), MIN_SHARE)
    rest = vectors[:, ~is_seen]
    _, order = np.linalg.eigh((rest.T * variances) @ rest)
    vectors = np.hstack([vectors[:, is_seen], rest @ order[:, ::-1]])
    return np.where(is_seen, values, 0.0), vectors
