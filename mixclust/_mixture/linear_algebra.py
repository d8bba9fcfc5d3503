"""Factors and inverses of symmetric and of triangular matrices, in calls that Ctrl-C interrupts.

Python hears Ctrl-C between calls of NumPy. A call for many matrices of a thousand features takes
seconds, and so does an SVD of one matrix of 2,000 features: large matrices are
treated one by one, by the cheaper methods.
"""

import numpy as np

__all__ = [
    "common_axes",
    "decompose_along",
    "inverse_matrices",
    "inverse_triangles",
    "root_triangles",
    "symmetric_root",
    "upper_factor",
]

GOLDEN_SHARE = (5**0.5 - 1) / 2
"""Multiples of it, less their whole parts, are all different."""

MIN_FEATURES_ONE_BY_ONE = 512
"""Number of features from which on every matrix is factorised by a call of its own."""


def upper_factor(precision):
    """Upper triangular P with P P' = precision; LinAlgError if it is not positive definite."""
    # With rows and columns in reverse order, the lower Cholesky factor becomes an upper one.
    return np.linalg.cholesky(precision[::-1, ::-1])[::-1, ::-1].copy()


def symmetric_root(covariance):
    """Matrix R with R'R = covariance: the one of RandomState.multivariate_normal if it is small."""
    if len(covariance) >= MIN_FEATURES_ONE_BY_ONE:
        try:
            return np.linalg.cholesky(covariance).T
        except np.linalg.LinAlgError:  # the user set a singular covariance
            pass
    _, variances, axes = np.linalg.svd(covariance)
    return np.sqrt(variances)[:, np.newaxis] * axes


def inverse_matrices(matrices):
    """Inverses of symmetric positive definite matrices, of shape (..., n_features, n_features)."""
    if matrices.shape[-1] < MIN_FEATURES_ONE_BY_ONE:
        return np.linalg.inv(matrices)
    return _one_by_one(_inverse_matrix, matrices)


def _inverse_matrix(matrix):
    root = inverse_triangles(upper_factor(matrix))
    return root.T @ root


def inverse_triangles(triangles):
    """Inverses of upper triangular matrices, of shape (..., n_features, n_features)."""
    if triangles.shape[-1] < MIN_FEATURES_ONE_BY_ONE:
        return np.linalg.inv(triangles)
    from scipy.linalg import solve_triangular  # takes longer to import than mixclust

    unit = np.eye(triangles.shape[-1])
    return _one_by_one(lambda one: solve_triangular(one, unit, check_finite=False), triangles)


def root_triangles(matrices):
    """Upper triangles R with R'R = M'M for matrices M, of shape (..., n_rows, n_columns)."""
    if matrices.shape[-2] < MIN_FEATURES_ONE_BY_ONE:
        return np.linalg.qr(matrices, mode="r")
    return _one_by_one(lambda one: np.linalg.qr(one, mode="r"), matrices)


def common_axes(covariances):
    """Axes along which covariance matrices that share their axes are diagonal.

    Parameters
    ----------
    covariances : ndarray of shape (n_matrices, n_features, n_features)

    Returns
    -------
    axes : ndarray of shape (n_features, n_features), float64
        An axis a column; along the first ones the mean variance is largest.
    """
    # Sums with equal shares may have equal eigenvalues where the matrices have not.
    shares = 1 + (GOLDEN_SHARE * np.arange(len(covariances))) % 1
    shares /= np.trace(covariances, axis1=1, axis2=2)
    return np.linalg.eigh(np.einsum("k,kij->ij", shares, covariances))[1][:, ::-1]


def decompose_along(axes, covariances):
    """Volumes, shapes and orientations of covariance matrices with known axes.

    Parameters
    ----------
    axes : ndarray of shape (n_features, n_features) or (n_matrices, n_features, n_features)
        An axis a column, of all matrices or of each.
    covariances : ndarray of shape (n_matrices, n_features, n_features)

    Returns
    -------
    volumes : ndarray of shape (n_matrices,), float64
        Geometric means of the variances along the axes.
    shapes : ndarray of shape (n_matrices, n_features), float64
        Variances along the axes, divided by the volume.
    orientations : ndarray of shape (n_matrices, n_features, n_features), float64
    """
    orientations = np.broadcast_to(axes, covariances.shape).copy()
    variances = np.einsum("kij,kij->kj", orientations, covariances @ orientations)
    volumes = np.exp(np.log(variances).mean(axis=1))
    return volumes, variances / volumes[:, np.newaxis], orientations


def _one_by_one(function, matrices):
    """The function of each matrix, in an array of the same leading shape."""
    found = [function(matrix) for matrix in matrices.reshape(-1, *matrices.shape[-2:])]
    return np.reshape(found, matrices.shape[:-2] + found[0].shape)
