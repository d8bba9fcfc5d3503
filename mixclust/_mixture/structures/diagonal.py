"""A variance for each component and feature."""

import numpy as np

from ...kernels.mixture.diagonal import (
    DiagonalDensity,
    DiagonalMoments,
    ExpandedDensity,
    ExpandedMoments,
)
from ...kernels.mixture.maximum_likelihood import DiagonalMaximiser
from ..given_covariances import check_variances, variances_belong
from ..linear_algebra import decompose_along
from ..splits import UncorrelatedSplit
from .base import Structure
from .full import Full

__all__ = ["Diagonal"]


class Diagonal(Structure):
    """A variance for each component and feature."""

    name = family = "diag"

    @staticmethod
    def shape(n_components, n_features):
        """Shape of the variances."""
        return (n_components, n_features)

    @staticmethod
    def n_parameters(n_components, n_features):
        """Free parameters of the variances."""
        return n_components * n_features

    @staticmethod
    def n_matrices(n_components):
        """Matrices that an M step factorises: none."""
        return 0

    @staticmethod
    def sizes(n_features):
        """Multiply-adds of a row, and numbers of a table of sums, for each component."""
        return 8 * n_features + 40, 4 * n_features + 4

    @staticmethod
    def precisions(precisions_cholesky):
        """Precisions from their square roots."""
        return precisions_cholesky**2

    @classmethod
    def factors(cls, precisions):
        """Square roots of precisions; LinAlgError if one is not positive."""
        if not np.all(precisions > 0):
            raise np.linalg.LinAlgError("a precision is not positive")
        return np.sqrt(precisions)

    @staticmethod
    def invert(precisions):
        """Variances from precisions."""
        return 1 / precisions

    @staticmethod
    def reset(covariances, precisions_cholesky, which, variances):
        """Variances and factors, with new variances for the components of the mask `which`."""
        covariances, precisions_cholesky = covariances.copy(), precisions_cholesky.copy()
        covariances[which] = variances
        precisions_cholesky[which] = 1 / np.sqrt(variances)
        return covariances, precisions_cholesky

    @staticmethod
    def select(covariances, precisions_cholesky, which):
        """Variances and factors of some components."""
        return covariances[which], precisions_cholesky[which]

    @staticmethod
    def matrices(covariances, n_components, n_features):
        """Covariance matrices, (n_components, n_features, n_features)."""
        return covariances[:, :, np.newaxis] * np.eye(n_features)

    @classmethod
    def decompose(cls, covariances, n_components, n_features):
        """Volumes, shapes and orientations of the components, see `decompose_along`."""
        covariances = cls.matrices(covariances, n_components, n_features)
        return decompose_along(np.eye(n_features), covariances)

    @staticmethod
    def log_determinants(covariances, n_features):
        """Logarithms of the determinants of covariances."""
        return np.log(covariances).sum(axis=1)

    @staticmethod
    def joined(covariances, i, j, share, delta):
        """Variances of components i and j together, for arrays of these.

        `share` is that of the weight of i in both, `delta` the difference of the means.
        """
        share = share[:, np.newaxis]
        between = share * (1 - share) * np.square(delta)
        return share * covariances[i] + (1 - share) * covariances[j] + between

    @staticmethod
    def variances(covariances):
        """Variances of the features: one line of them for each component."""
        return covariances

    @classmethod
    def isotropic(cls, variance, n_components, n_features):
        """Variances and factors of one variance in all directions."""
        unit = np.ones(cls.shape(n_components, n_features))
        return variance * unit, unit / np.sqrt(variance)

    @staticmethod
    def root(covariances, k):
        """Standard deviations of the features of component k, or the one of all features."""
        return np.sqrt(covariances[k])

    @staticmethod
    def are_symmetric(matrices):
        """True: there are no matrices."""
        return True

    @staticmethod
    def from_lower(covariances):
        """Variances as they are."""
        return covariances

    @staticmethod
    def factors_of(covariances):
        """Square roots of the precisions of given variances; ValueError if one is unfit."""
        return check_variances(covariances)

    @staticmethod
    def belong(precisions_cholesky, covariances, rounding):
        """Whether square roots of precisions belong to variances."""
        return variances_belong(precisions_cholesky, covariances)

    @staticmethod
    def marginal(covariances, precisions_cholesky, features):
        """Variances and square roots of precisions of some of the features."""
        return covariances[:, features], precisions_cholesky[:, features]

    @classmethod
    def split(cls, covariances, precisions_cholesky, given, rest):
        """The algebra of the features at the indices `rest`, given the features at `given`."""
        factors = cls.to_kernel(precisions_cholesky, len(given) + len(rest))
        return UncorrelatedSplit(
            factors[:, given], cls.marginal(covariances, precisions_cholesky, rest)
        )

    # The compiled model

    is_spherical = False

    @staticmethod
    def factor_shape(n_components, n_features):
        """Matrices that the kernels keep, and their columns."""
        return (n_components, 1)

    @staticmethod
    def scatter_shape(n_components, n_features):
        """Shape of the scatters in the statistics of a pass."""
        return (n_components, n_features, 1)

    @classmethod
    def maximiser(cls, limits, smallest_count):
        """The compiled M step."""
        return DiagonalMaximiser(limits, smallest_count, cls.is_spherical)

    @staticmethod
    def density(parameters):
        """The density of compiled parameters, which answers about rows."""
        return DiagonalDensity(parameters)

    @classmethod
    def exact(cls, parameters):
        """Density and moments that measure differences from each mean."""
        shape = parameters.n_components, parameters.n_features
        return cls.density(parameters), DiagonalMoments(*shape, cls.is_spherical)

    @classmethod
    def quick(cls, n_components, data):
        """Density and moments of expanded squares."""
        shape = n_components, data.n_features, cls.is_spherical
        return ExpandedDensity(*shape), ExpandedMoments(*shape)

    @staticmethod
    def from_kernel(values):
        """Factors or variances from an array (n_components, n_features, 1)."""
        return values[:, :, 0]

    # Parameters without bounds, for extrapolation

    @staticmethod
    def to_free(precisions_cholesky, scales):
        """Factors as one vector without bounds."""
        return np.log(precisions_cholesky).ravel()

    @staticmethod
    def from_free(vector, shape, scales):
        """Factors of a shape from a vector that `to_free` could have made."""
        return np.exp(vector.reshape(shape))

    @staticmethod
    def keep_absent(factors, before, present):
        """Factors of the components that are present, and the others from before."""
        return np.where(present.reshape(-1, *(1,) * (factors.ndim - 1)), factors, before)

    put = staticmethod(Full.put)

    @staticmethod
    def round_coordinates(covariance):
        """Matrix T that measures each feature in its standard deviations."""
        variances = np.diagonal(covariance)
        return np.diag(1 / np.sqrt(np.where(variances > 0, variances, 1.0)))
