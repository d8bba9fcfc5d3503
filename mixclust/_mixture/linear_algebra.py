"""Factors and inverses of symmetric and of triangular matrices, in calls that Ctrl-C interrupts.

Python hears Ctrl-C between calls of NumPy. A call for many matrices of a thousand features takes
seconds, and so does an SVD of one matrix of 2,000 features: large matrices are
treated one by one, by the cheaper methods.
"""

import numpy as np

__all__ = [
    "inverse_matrices",
    "inverse_triangles",
    "root_triangles",
    "symmetric_root",
    "upper_factor",
]

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


def _one_by_one(function, matrices):
    """The function of each matrix, in an array of the same leading shape."""
    found = [function(matrix) for matrix in matrices.reshape(-1, *matrices.shape[-2:])]
    return np.reshape(found, matrices.shape[:-2] + found[0].shape)
