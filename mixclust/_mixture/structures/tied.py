"""One covariance matrix, which all components share."""

import numpy as np

from ...kernels.mixture.full import FullMoments
from ...kernels.mixture.maximum_likelihood import TiedMaximiser
from ...kernels.mixture.tied import DiscriminantDensity, PooledMoments, SharedMoments
from ..linear_algebra import symmetric_root, upper_factor
from .base import shares
from .full import Full

__all__ = ["Tied"]


class Tied(Full):
    """One covariance matrix, which all components share."""

    name = family = "tied"
    shares_covariance = True

    @staticmethod
    def shape(n_components, n_features):
        """Shape of the covariance."""
        return (n_features, n_features)

    @staticmethod
    def n_parameters(n_components, n_features):
        """Free parameters of the covariance."""
        return n_features * (n_features + 1) // 2

    @staticmethod
    def n_matrices(n_components):
        """Matrices that an M step factorises."""
        return 1

    @classmethod
    def factors(cls, precisions):
        """Upper factor P of a precision P P'; LinAlgError if it is not positive definite."""
        return upper_factor(precisions)

    @staticmethod
    def reset(covariances, precisions_cholesky, which, variances):
        """Covariance and factor as they are: they belong to all components."""
        return covariances, precisions_cholesky

    @staticmethod
    def select(covariances, precisions_cholesky, which):
        """Covariance and factor as they are: they belong to all components."""
        return covariances, precisions_cholesky

    @staticmethod
    def matrices(covariances, n_components, n_features):
        """Covariance matrices, (n_components, n_features, n_features)."""
        return np.broadcast_to(covariances, (n_components, n_features, n_features))

    @classmethod
    def losses_by_mergers(cls, parameters):
        """Losses of likelihood by mergers: the covariance of all components grows by each."""
        # Differences, since products of means that are far from the origin overflow.
        means = parameters.means - parameters.means[0]
        whitened = means @ parameters.precisions_cholesky

        def losses(i, j):
            both, share = shares(parameters.weights, i, j)
            squares = np.square(whitened[j] - whitened[i]).sum(axis=1)
            return np.log1p(both * share * (1 - share) * squares) / 2

        return losses

    @staticmethod
    def root(covariances, k):
        """Matrix R with R'R the covariance of component k."""
        return symmetric_root(covariances)

    # The compiled model

    maximiser = TiedMaximiser

    @staticmethod
    def factor_shape(n_components, n_features):
        """Matrices that the kernels keep, and their columns."""
        return (1, n_features)

    @staticmethod
    def scatter_shape(n_components, n_features):
        """Shape of the scatters in the statistics of a pass: one, of all components."""
        return (1, n_features, n_features)

    @classmethod
    def exact(cls, parameters):
        """Density and moments that measure differences from each mean."""
        return cls.density(parameters), PooledMoments(
            parameters.n_components, parameters.n_features
        )

    @staticmethod
    def quick(n_components, data):
        """Linear discriminants, and the scatter of all rows, if it is known."""
        if data.scatter is None:
            return None
        n_features = data.n_features
        return (
            DiscriminantDensity(n_components, n_features, data.scatter, data.total_weight),
            SharedMoments(n_components, n_features, data.scatter),
        )

    @staticmethod
    def moments_of_all_rows(n_features):
        """Moments that describe all rows as one component, and the shape of their scatter."""
        return FullMoments(1, n_features), (1, n_features, n_features)

    @staticmethod
    def from_kernel(values):
        """The factor or covariance of all components."""
        return values[0]

    @staticmethod
    def keep_absent(factors, before, present):
        """The factor as it is: it belongs to all components."""
        return factors

    @staticmethod
    def put(covariances, precisions_cholesky, which, new_covariances, new_factors):
        """Covariance and factor as they are: they belong to all components."""
        return covariances, precisions_cholesky
