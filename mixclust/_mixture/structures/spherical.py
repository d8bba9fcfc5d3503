"""A variance for each component, the same for all its features."""

import numpy as np

from .diagonal import Diagonal

__all__ = ["Spherical"]


class Spherical(Diagonal):
    """A variance for each component, the same for all its features."""

    name = family = "spherical"

    @staticmethod
    def shape(n_components, n_features):
        """Shape of the variances."""
        return (n_components,)

    @staticmethod
    def n_parameters(n_components, n_features):
        """Free parameters of the variances."""
        return n_components

    @classmethod
    def reset(cls, covariances, precisions_cholesky, which, variances):
        """Variances and factors, with new variances for the components of the mask `which`."""
        return super().reset(covariances, precisions_cholesky, which, variances.mean())

    @staticmethod
    def matrices(covariances, n_components, n_features):
        """Covariance matrices, (n_components, n_features, n_features)."""
        return covariances[:, np.newaxis, np.newaxis] * np.eye(n_features)

    @staticmethod
    def log_determinants(covariances, n_features):
        """Logarithms of the determinants of covariances."""
        return n_features * np.log(covariances)

    @staticmethod
    def joined(covariances, i, j, share, delta):
        """Variances of components i and j together, for arrays of these."""
        between = share * (1 - share) * np.square(delta).mean(axis=1)
        return share * covariances[i] + (1 - share) * covariances[j] + between

    @staticmethod
    def variances(covariances):
        """Variances of the features: the one of each component."""
        return covariances[:, np.newaxis]

    @staticmethod
    def marginal(covariances, precisions_cholesky, features):
        """Variances and square roots of precisions, which are the same for any features."""
        return covariances.copy(), precisions_cholesky.copy()

    # The compiled model

    is_spherical = True

    @staticmethod
    def scatter_shape(n_components, n_features):
        """Shape of the scatters in the statistics of a pass: their traces."""
        return (n_components, 1, 1)

    @staticmethod
    def to_kernel(values, n_features):
        """Factors or variances as the kernels keep them: one for each feature."""
        return np.repeat(values[:, np.newaxis], n_features, axis=1)

    @staticmethod
    def from_kernel(values):
        """Factors or variances from an array (n_components, n_features, 1)."""
        return values[:, 0, 0].copy()

    @staticmethod
    def round_coordinates(covariance):
        """Matrix T that measures all features in one unit, the root of their mean variance."""
        variance = np.diagonal(covariance).mean()
        return np.eye(len(covariance)) / np.sqrt(variance if variance > 0 else 1.0)
