"""The algebra of a mixture with its features split in two: given features, and the rest.

The covariance of features in another order is factorised from its own root: for an upper triangle
R with R'R the covariance, the columns of R are put in that order, and QR makes a triangle of them
again. Only triangles are inverted, and nothing is squared or subtracted before, so that this
succeeds for every mixture that has `precisions_cholesky_`, in any units. For the given features g
first, then the rest r,

    R = [[R_gg, R_gr], [0, R_rr]]:   x_r | x_g has the mean
    mu_r + (x_g - mu_g) inv(R_gg) R_gr   and the covariance   R_rr' R_rr.
"""

import numpy as np

from .linear_algebra import inverse_triangles, root_triangles

__all__ = ["CorrelatedSplit", "UncorrelatedSplit", "marginal_matrices"]


def marginal_matrices(covariances, factors, features):
    """Covariance matrices of some of the features, and the factors of their precisions.

    Parameters
    ----------
    covariances, factors : ndarray of shape (..., n_features, n_features)
    features : ndarray of shape (n_marginal,), intp
        Indices, in the order of the result.

    Returns
    -------
    covariances, factors : ndarray of shape (..., n_marginal, n_marginal)
    """
    part = covariances[..., features[:, np.newaxis], features]
    return part, inverse_triangles(_ordered_roots(factors, features))


def _ordered_roots(factors, features):
    """Upper triangles R with R'R the covariance of features, positive on the diagonal."""
    root = root_triangles(inverse_triangles(factors)[..., features])
    return root * np.sign(np.diagonal(root, axis1=-2, axis2=-1))[..., np.newaxis]


class CorrelatedSplit:
    """Given features and the rest under covariance matrices.

    Parameters
    ----------
    factors : ndarray of shape (n_components, n_features, n_features) or (n_features, n_features)
        Upper Cholesky factors of the precisions.
    given, rest : ndarray of intp
        Indices of the features.

    Attributes
    ----------
    scales : ndarray of shape (n_components, n_given) or (n_given,)
        The product over the given features is the square root of their precision's determinant.
    """

    def __init__(self, factors, given, rest):
        self._n_given = len(given)
        self._root = _ordered_roots(factors, np.concatenate([given, rest]))
        self._whitening = inverse_triangles(self._root[..., : len(given), : len(given)])
        self.scales = np.diagonal(self._whitening, axis1=-2, axis2=-1)

    def whiten(self, differences):
        """Given values less the means, in coordinates of unit covariance.

        Parameters
        ----------
        differences : ndarray of shape (n_components, n, n_given)

        Returns
        -------
        whitened : ndarray of the same shape
        """
        return differences @ self._whitening

    def move(self, means, whitened):
        """Add the regression on the given values to the means of the rest, in place.

        Parameters
        ----------
        means : ndarray of shape (n_components, n, n_rest)
        whitened : ndarray of shape (n_components, n, n_given)
        """
        means += whitened @ self._root[..., : self._n_given, self._n_given :]

    def matrices_of_rest(self):
        """Covariances of the rest where the given values are known, and factors of precisions.

        Returns
        -------
        covariances, factors : ndarray of shape (..., n_rest, n_rest)
        """
        root = self._root[..., self._n_given :, self._n_given :]
        return np.swapaxes(root, -1, -2) @ root, inverse_triangles(root)


class UncorrelatedSplit:
    """Given features and the rest where features are independent within a component.

    It has the methods of `CorrelatedSplit`.

    Parameters
    ----------
    scales : ndarray of shape (n_components, n_given)
        Square roots of the precisions of the given features.
    rest : tuple of two ndarray
        Covariances of the rest and square roots of their precisions, as the structure has them.
    """

    def __init__(self, scales, rest):
        self.scales = scales
        self._rest = rest

    def whiten(self, differences):
        """Given values less the means, in standard deviations."""
        return differences * self.scales[:, np.newaxis]

    def move(self, means, whitened):
        """Leave the means of the rest as they are."""

    def matrices_of_rest(self):
        """Covariances and factors of the rest, which the given values do not change."""
        return self._rest
