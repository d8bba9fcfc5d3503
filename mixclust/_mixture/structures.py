"""The covariance structures: what each keeps, counts and draws, and which kernel fits it.

Shapes are scikit-learn's: "full" (K, d, d), "tied" (d, d), "diag" (K, d), "spherical" (K,).
`precisions_cholesky` holds upper Cholesky factors of the precisions or, without matrices, their
square roots.
"""

from typing import get_args

import numpy as np

from .._inputs.annotations import CovarianceType
from .._inputs.parameters import check_option
from ..kernels.mixture import diagonal, full, linear, tied
from .given_covariances import (
    are_symmetric,
    check_matrices,
    check_variances,
    matrices_belong,
    variances_belong,
)
from .linear_algebra import inverse_matrices, symmetric_root, upper_factor
from .splits import CorrelatedSplit, UncorrelatedSplit, marginal_matrices

__all__ = ["COVARIANCE_TYPES", "covariance_types", "structure_of"]


class Full:
    """A covariance matrix for each component."""

    name = "full"

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
    def fitter(*arguments, scatter):
        """The kernel that fits the structure."""
        return full.FullMixture(*arguments)

    scorer = staticmethod(full.FullMixture)
    """The kernel that knows a row's log-density."""

    @staticmethod
    def scoring_factors(precisions_cholesky, n_components, n_features):
        """Factors as the scorer takes them, one for each component."""
        return precisions_cholesky

    @staticmethod
    def to_fitter(precisions_cholesky, covariances, n_features):
        """Factors and covariances as the fitter takes them."""
        return precisions_cholesky, covariances

    @staticmethod
    def read(kernel):
        """Covariances and Cholesky factors of the precisions from the fitter."""
        return kernel.covariances, kernel.precisions_cholesky

    @staticmethod
    def precisions(precisions_cholesky):
        """Precisions from their factors."""
        precisions = np.empty_like(precisions_cholesky)
        matrices = (-1, *precisions.shape[-2:])
        # One by one, so that Ctrl-C is heard in between.
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
        """Covariances and factors, those of some components without correlation."""
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
        """Whether factors belong to covariances, up to the relative rounding of an entry."""
        return matrices_belong(precisions_cholesky, covariances, rounding)

    @staticmethod
    def marginal(covariances, precisions_cholesky, features):
        """Covariances and factors of some of the features, in the order of their indices."""
        return marginal_matrices(covariances, precisions_cholesky, features)

    @staticmethod
    def split(covariances, precisions_cholesky, given, rest):
        """The algebra of the features at `rest`, conditional on the features at `given`."""
        return CorrelatedSplit(precisions_cholesky, given, rest)


class Tied(Full):
    """One covariance matrix, which all components share."""

    name = "tied"

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

    @staticmethod
    def fitter(*arguments, scatter):
        """The kernel that fits the structure."""
        return tied.TiedMixture(*arguments, scatter)

    @staticmethod
    def scoring_factors(precisions_cholesky, n_components, n_features):
        """Factors as the scorer takes them, one for each component."""
        return np.broadcast_to(precisions_cholesky, (n_components, n_features, n_features)).copy()

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

    @staticmethod
    def root(covariances, k):
        """Matrix R with R'R the covariance of component k."""
        return symmetric_root(covariances)


class Diagonal:
    """A variance for each component and feature."""

    name = "diag"

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
    def fitter(*arguments, scatter):
        """The kernel that fits the structure."""
        return linear.ExpandedMixture(*arguments)

    scorer = staticmethod(diagonal.DiagonalMixture)

    @staticmethod
    def scoring_factors(precisions_cholesky, n_components, n_features):
        """Factors as the scorer takes them, one for each component and feature."""
        return precisions_cholesky

    @staticmethod
    def to_fitter(precisions_cholesky, covariances, n_features):
        """Factors and covariances as the fitter takes them."""
        return precisions_cholesky, covariances

    @staticmethod
    def read(kernel):
        """Variances and square roots of the precisions from the fitter."""
        return kernel.covariances, kernel.precisions_cholesky

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
        """Variances and factors, those of some components replaced."""
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
        """The algebra of the features at `rest`, conditional on the features at `given`."""
        n_components, n_features = len(precisions_cholesky), len(given) + len(rest)
        factors = cls.scoring_factors(precisions_cholesky, n_components, n_features)
        return UncorrelatedSplit(
            factors[:, given], cls.marginal(covariances, precisions_cholesky, rest)
        )


class Spherical(Diagonal):
    """A variance for each component, the same for all its features."""

    name = "spherical"

    @staticmethod
    def shape(n_components, n_features):
        """Shape of the variances."""
        return (n_components,)

    @staticmethod
    def n_parameters(n_components, n_features):
        """Free parameters of the variances."""
        return n_components

    @staticmethod
    def fitter(*arguments, scatter):
        """The kernel that fits the structure."""
        return linear.ExpandedMixture(*arguments, spherical=True)

    @staticmethod
    def to_fitter(precisions_cholesky, covariances, n_features):
        """Factors and variances as the fitter takes them."""
        return (
            np.repeat(precisions_cholesky[:, np.newaxis], n_features, axis=1),
            np.repeat(covariances[:, np.newaxis], n_features, axis=1),
        )

    @staticmethod
    def scoring_factors(precisions_cholesky, n_components, n_features):
        """Factors as the scorer takes them, one for each component and feature."""
        return np.repeat(precisions_cholesky[:, np.newaxis], n_features, axis=1)

    @staticmethod
    def read(kernel):
        """Variances and square roots of the precisions from the fitter."""
        return kernel.covariances[:, 0].copy(), kernel.precisions_cholesky[:, 0].copy()

    @classmethod
    def reset(cls, covariances, precisions_cholesky, which, variances):
        """Variances and factors, those of some components replaced."""
        return super().reset(covariances, precisions_cholesky, which, variances.mean())

    @staticmethod
    def matrices(covariances, n_components, n_features):
        """Covariance matrices, (n_components, n_features, n_features)."""
        return covariances[:, np.newaxis, np.newaxis] * np.eye(n_features)

    @staticmethod
    def variances(covariances):
        """Variances of the features: the one of each component."""
        return covariances[:, np.newaxis]

    @staticmethod
    def marginal(covariances, precisions_cholesky, features):
        """Variances and square roots of precisions, the same for any features."""
        return covariances.copy(), precisions_cholesky.copy()


_STRUCTURES = {structure.name: structure for structure in (Full, Tied, Diagonal, Spherical)}

COVARIANCE_TYPES: tuple[CovarianceType, ...] = get_args(CovarianceType)


def structure_of(covariance_type):
    """The structure that a `covariance_type` names."""
    return _STRUCTURES[check_option("covariance_type", covariance_type, COVARIANCE_TYPES)]


def covariance_types():
    """Names of all structures, in the order in which they are listed to users."""
    return tuple(_STRUCTURES)
