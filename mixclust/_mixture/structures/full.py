"""A covariance matrix for each component."""

import numpy as np

from ...kernels.mixture.full import FullDensity, FullMoments
from ...kernels.mixture.maximum_likelihood import FullMaximiser
from ..geometry import whitening
from ..given_covariances import are_symmetric, check_matrices, matrices_belong
from ..linear_algebra import (
    decompose_along,
    inverse_matrices,
    symmetric_root,
    upper_factor,
)
from ..splits import CorrelatedSplit, marginal_matrices
from .base import Structure

__all__ = ["Full"]

MANY_FEATURES = 100
"""Features from which the work on a matrix takes a while, so that Ctrl-C is heard in between."""


class Full(Structure):
    """A covariance matrix for each component."""

    name = family = "full"

    @staticmethod
    def shape(n_components, n_features):
        """Shape of the covariances."""
        return (n_components, n_features, n_features)

    @staticmethod
    def n_parameters(n_components, n_features):
        """Free parameters of the covariances."""
        return n_components * n_features * (n_features + 1) // 2

    @staticmethod
    def n_matrices(n_components):
        """Matrices that an M step factorises."""
        return n_components

    @staticmethod
    def sizes(n_features):
        """Multiply-adds of a row, and numbers of a table of sums, for each component."""
        return 2 * (n_features + 2) ** 2 + 40, (n_features + 2) ** 2

    @staticmethod
    def precisions(precisions_cholesky):
        """Precisions from their factors."""
        if precisions_cholesky.shape[-1] < MANY_FEATURES:
            return np.matmul(precisions_cholesky, np.swapaxes(precisions_cholesky, -1, -2))
        precisions = np.empty_like(precisions_cholesky)
        matrices = (-1, *precisions.shape[-2:])
        for factor, precision in zip(
            precisions_cholesky.reshape(matrices), precisions.reshape(matrices), strict=True
        ):
            np.matmul(factor, factor.T, out=precision)
        return precisions

    @classmethod
    def factors(cls, precisions):
        """Upper factors P of precisions P P'; LinAlgError if one is not positive definite."""
        return np.stack([upper_factor(precision) for precision in precisions])

    @staticmethod
    def invert(precisions):
        """Covariances from precisions."""
        return inverse_matrices(precisions)

    @staticmethod
    def reset(covariances, precisions_cholesky, which, variances):
        """Covariances and factors, without correlation for the components of the mask `which`."""
        covariances, precisions_cholesky = covariances.copy(), precisions_cholesky.copy()
        covariances[which] = np.diag(variances)
        precisions_cholesky[which] = np.diag(1 / np.sqrt(variances))
        return covariances, precisions_cholesky

    @staticmethod
    def select(covariances, precisions_cholesky, which):
        """Covariances and factors of some components."""
        return covariances[which], precisions_cholesky[which]

    @staticmethod
    def matrices(covariances, n_components, n_features):
        """Covariance matrices, (n_components, n_features, n_features)."""
        return covariances

    @classmethod
    def decompose(cls, covariances, n_components, n_features):
        """Volumes, shapes and orientations of the components, see `decompose_along`."""
        covariances = cls.matrices(covariances, n_components, n_features)
        axes = np.linalg.eigh(covariances)[1][:, :, ::-1]
        return decompose_along(axes, covariances)

    @staticmethod
    def log_determinants(covariances, n_features):
        """Logarithms of the determinants of covariances."""
        return np.linalg.slogdet(covariances)[1]

    @staticmethod
    def joined(covariances, i, j, share, delta):
        """Covariances of components i and j together, for arrays of these.

        `share` is that of the weight of i in both, `delta` the difference of the means.
        """
        share = share[:, np.newaxis, np.newaxis]
        between = share * (1 - share) * delta[:, :, np.newaxis] * delta[:, np.newaxis]
        return share * covariances[i] + (1 - share) * covariances[j] + between

    @staticmethod
    def variances(covariances):
        """Variances of the features: one line of them for each component, or for all."""
        return np.diagonal(covariances, axis1=-2, axis2=-1)

    @classmethod
    def isotropic(cls, variance, n_components, n_features):
        """Covariances and factors of one variance in all directions."""
        unit = np.broadcast_to(np.eye(n_features), cls.shape(n_components, n_features))
        return variance * unit, unit / np.sqrt(variance)

    @staticmethod
    def root(covariances, k):
        """Matrix R with R'R the covariance of component k."""
        return symmetric_root(covariances[k])

    @staticmethod
    def are_symmetric(matrices):
        """Whether given matrices are symmetric up to rounding."""
        return are_symmetric(matrices)

    @staticmethod
    def from_lower(covariances):
        """Symmetric matrices of the lower triangles of `covariances`."""
        return np.tril(covariances) + np.swapaxes(np.tril(covariances, -1), -1, -2)

    @staticmethod
    def factors_of(covariances):
        """Factors of the precisions of given covariances; ValueError names an unfit matrix."""
        return check_matrices(covariances)

    @staticmethod
    def belong(precisions_cholesky, covariances, rounding):
        """Whether factors belong to covariances with entries of a relative rounding error."""
        return matrices_belong(precisions_cholesky, covariances, rounding)

    @staticmethod
    def marginal(covariances, precisions_cholesky, features):
        """Covariances and factors of some of the features, in the order of their indices."""
        return marginal_matrices(covariances, precisions_cholesky, features)

    @staticmethod
    def split(covariances, precisions_cholesky, given, rest):
        """The algebra of the features at the indices `rest`, given the features at `given`."""
        return CorrelatedSplit(precisions_cholesky, given, rest)

    # The compiled model

    maximiser = FullMaximiser

    @staticmethod
    def factor_shape(n_components, n_features):
        """Matrices that the kernels keep, and their columns."""
        return (n_components, n_features)

    @staticmethod
    def scatter_shape(n_components, n_features):
        """Shape of the scatters in the statistics of a pass."""
        return (n_components, n_features, n_features)

    @staticmethod
    def density(parameters):
        """The density of compiled parameters, which answers about rows."""
        return FullDensity(parameters.n_components, parameters.n_features)

    @classmethod
    def exact(cls, parameters):
        """Density and moments that measure differences from each mean."""
        return cls.density(parameters), FullMoments(parameters.n_components, parameters.n_features)

    # Parameters without bounds, for extrapolation

    @staticmethod
    def to_free(precisions_cholesky, scales):
        """Factors as one vector without bounds; `scales` are the features' standard deviations."""
        diagonal = np.log(np.diagonal(precisions_cholesky, axis1=-2, axis2=-1))
        above = np.triu(precisions_cholesky * scales[:, np.newaxis], 1)
        return np.concatenate([diagonal.ravel(), above.ravel()])

    @staticmethod
    def from_free(vector, shape, scales):
        """Factors of a shape from a vector that `to_free` could have made."""
        n_diagonal = int(np.prod(shape[:-1]))
        diagonal = np.exp(vector[:n_diagonal].reshape(shape[:-1]))
        above = vector[n_diagonal:].reshape(shape) / scales[:, np.newaxis]
        return above + diagonal[..., np.newaxis] * np.eye(shape[-1])

    @staticmethod
    def keep_absent(factors, before, present):
        """Factors of the components that are present, and the others from before."""
        return np.where(present[:, np.newaxis, np.newaxis], factors, before)

    @staticmethod
    def put(covariances, precisions_cholesky, which, new_covariances, new_factors):
        """Copies of covariances and factors, with new ones at the indices `which`."""
        covariances, precisions_cholesky = covariances.copy(), precisions_cholesky.copy()
        covariances[which], precisions_cholesky[which] = new_covariances, new_factors
        return covariances, precisions_cholesky

    @staticmethod
    def round_coordinates(covariance):
        """Matrix T that makes rows X of this covariance round: the product X T is white."""
        return whitening(covariance)
