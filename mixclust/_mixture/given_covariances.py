"""Checks of covariances and of factors that users give, by matrices and by variances.

The structures choose between the two kinds; see `structures`.
"""

import numpy as np

__all__ = [
    "are_symmetric",
    "check_matrices",
    "check_variances",
    "matrices_belong",
    "variances_belong",
]

MAX_ASYMMETRY = 1e-5
"""Largest difference between an entry and its mirror image, as a share of the largest entry."""

MAX_PRODUCT_ERROR = 1e-5
"""Largest difference between P' C P and the identity, for a covariance C and the factor P of its
precision, where C is well conditioned."""

ROUNDINGS_PER_CONDITION = 10
"""Roundings of an entry that the product above may be off by, times the condition number."""

MAX_PRODUCT_ERROR_OF_ANY = 0.1
"""The same difference, however badly conditioned a covariance is."""


def are_symmetric(matrices):
    """Whether matrices are symmetric up to rounding, relative to their largest entry."""
    differences = np.abs(matrices - np.swapaxes(matrices, -1, -2))
    return differences.max() <= MAX_ASYMMETRY * np.abs(matrices).max()


def check_matrices(covariances):
    """Upper Cholesky factors of the precisions of given covariance matrices.

    Parameters
    ----------
    covariances : ndarray of shape (n_components, n_features, n_features) or \
            (n_features, n_features)

    Returns
    -------
    precisions_cholesky : ndarray of the same shape

    Raises
    ------
    ValueError
        If a matrix is not symmetric and positive definite, or its inverse overflows float64.
    """
    if covariances.ndim == 2:
        return _check_matrix(covariances, "covariances")
    return np.stack([_check_matrix(C, f"covariances[{k}]") for k, C in enumerate(covariances)])


def _check_matrix(covariance, name):
    from scipy.linalg import solve_triangular  # takes longer to import than mixclust

    if not are_symmetric(covariance):
        raise ValueError(f"{name} is not symmetric; pass (covariance + covariance.T) / 2.")
    try:
        root = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        least = np.linalg.eigvalsh(covariance)[0]
        raise ValueError(
            f"{name} is not positive definite: its smallest eigenvalue is {least:.3g}; pass a "
            "positive definite matrix, for example with a small number added to its diagonal."
        ) from None
    with np.errstate(over="ignore", invalid="ignore"):
        factor = solve_triangular(root, np.eye(len(root)), lower=True, check_finite=False).T
        finite = np.isfinite(factor @ factor.T).all()
    if not finite:
        raise _too_small(name, np.diagonal(covariance).min())
    return factor


def check_variances(variances):
    """Square roots of the precisions of given variances.

    Parameters
    ----------
    variances : ndarray of any shape

    Returns
    -------
    precisions_cholesky : ndarray of the same shape

    Raises
    ------
    ValueError
        If a variance is not positive, or its inverse overflows float64.
    """
    if not variances.min() > 0:
        raise ValueError(f"covariances holds {variances.min()}; pass variances greater than 0.")
    with np.errstate(over="ignore"):
        precisions = 1 / variances
    if not np.isfinite(precisions).all():
        raise _too_small("covariances", variances.min())
    return np.sqrt(precisions)


def _too_small(name, variance):
    return ValueError(
        f"{name} holds a variance of {variance}, and float64 cannot hold its inverse; measure the "
        "features in other units."
    )


def matrices_belong(factors, covariances, rounding):
    """Whether factors are the Cholesky factors of the precisions of covariance matrices.

    Parameters
    ----------
    factors, covariances : ndarray of shape (..., n_features, n_features)
    rounding : float
        Relative rounding error of an entry of the covariances.

    Returns
    -------
    belong : bool
    """
    matrices = (-1, *covariances.shape[-2:])
    return all(
        _matrix_belongs(factor, covariance, rounding)
        for factor, covariance in zip(
            factors.reshape(matrices), covariances.reshape(matrices), strict=True
        )
    )


def _matrix_belongs(factor, covariance, rounding):
    scales = np.sqrt(np.diagonal(covariance))
    condition = np.linalg.cond(covariance / np.outer(scales, scales))
    allowed = max(MAX_PRODUCT_ERROR, ROUNDINGS_PER_CONDITION * rounding * condition)
    error = abs(factor.T @ covariance @ factor - np.eye(len(factor))).max()
    return bool(error <= min(allowed, MAX_PRODUCT_ERROR_OF_ANY))


def variances_belong(roots, variances):
    """Whether numbers are the square roots of the inverses of variances."""
    return bool((abs(roots**2 * variances - 1) <= MAX_PRODUCT_ERROR).all())
