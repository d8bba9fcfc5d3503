"""Mixtures whose parameters are given: by the user, or by a fitted scikit-learn estimator."""

import sys

import numpy as np
from scipy.linalg import solve_triangular

from .._inputs.rows import check_finite
from .._inputs.tables import as_array, as_float
from .parameters import Parameters
from .starts import is_symmetric
from .structures import COVARIANCE_TYPES, structure_of

__all__ = ["check_names", "check_parameters", "parameters_of_sklearn"]

ROUNDING = 1e-6
"""How far the sum of the weights may be from 1: the rounding of float32 weights."""

NUMPYS_ROUNDING = 1e-12
"""How far the sum of weights may be from 1 for the multinomial draws of NumPy."""

SAME = 1e-5
"""How far a covariance times its precision may be from one, in the coordinates of the factors."""

RUN = ("converged_", "n_iter_", "lower_bound_", "lower_bounds_")


def check_parameters(weights, means, covariances, covariance_type):
    """The parameters of a mixture, checked, and the factors of the precisions.

    Parameters
    ----------
    weights, means, covariances : array-like
    covariance_type : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    parameters : Parameters
        Copies.

    Raises
    ------
    TypeError, ValueError
        If one of them is not as `GaussianMixture.from_parameters` describes.
    """
    structure = structure_of(covariance_type)
    means = _numbers("means", means)
    if means.ndim != 2 or 0 in means.shape:
        raise ValueError(
            f"means has shape {means.shape}; pass an array of shape (n_components, n_features), "
            "with at least one of each."
        )
    weights = _check_weights(_numbers("weights", weights), len(means))
    covariances = _numbers("covariances", covariances)
    shape = structure.shape(*means.shape)
    if covariances.shape != shape:
        fitting = [
            name for name in COVARIANCE_TYPES
            if structure_of(name).shape(*means.shape) == covariances.shape
        ]  # fmt: skip
        remedy = f", or covariance_type={fitting[0]!r}" if fitting else ""
        raise ValueError(
            f"covariances has shape {covariances.shape}; covariance_type={covariance_type!r} with "
            f"means of shape {means.shape} needs the shape {shape}; pass such an array{remedy}."
        )
    return Parameters(weights, means, covariances, _factors(covariances, structure))


def _numbers(name, value):
    """A finite float64 copy."""
    array = np.array(as_float(as_array(value, name), name), dtype=np.float64, order="C")
    check_finite(array.reshape(-1, 1), name)
    return array


def _check_weights(weights, n_components):
    if weights.shape != (n_components,):
        raise ValueError(
            f"weights has shape {weights.shape}, but means has {n_components} rows; pass a weight "
            "for each component."
        )
    if weights.min() < 0:
        raise ValueError(f"weights holds {weights.min()}; pass weights of at least 0.")
    total = weights.sum()
    if not abs(total - 1) <= ROUNDING:
        raise ValueError(
            f"weights adds up to {total}, but mixing weights add up to 1; pass "
            "weights / weights.sum() if they are sizes."
        )
    return weights / total if abs(total - 1) > NUMPYS_ROUNDING else weights


def _factors(covariances, structure):
    """Upper factors of the precisions, or their square roots."""
    if structure.name in ("diag", "spherical"):
        return _roots(covariances)
    matrices = covariances.reshape(-1, *covariances.shape[-2:])
    factors = [
        _factor(matrix, "covariances" if covariances.ndim == 2 else f"covariances[{k}]")
        for k, matrix in enumerate(matrices)
    ]
    return np.reshape(factors, covariances.shape)


def _roots(variances):
    if not variances.min() > 0:
        raise ValueError(f"covariances holds {variances.min()}; pass variances greater than 0.")
    with np.errstate(over="ignore"):
        precisions = 1 / variances
    if not np.isfinite(precisions).all():
        raise _too_small("covariances", variances.min())
    return np.sqrt(precisions)


def _factor(covariance, name):
    if not is_symmetric(covariance):
        raise ValueError(f"{name} is not symmetric; pass (covariance + covariance.T) / 2.")
    try:
        root = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        least = np.linalg.eigvalsh(covariance)[0]
        raise ValueError(
            f"{name} is not positive definite: its smallest eigenvalue is {least:.3g}; pass a "
            "positive definite matrix, such as one with a small number added to its diagonal."
        ) from None
    with np.errstate(over="ignore", invalid="ignore"):
        factor = solve_triangular(root, np.eye(len(root)), lower=True, check_finite=False).T
        finite = np.isfinite(factor @ factor.T).all()
    if not finite:
        raise _too_small(name, np.diagonal(covariance).min())
    return factor


def _belong(factors, parameters, covariance_type, rounding):
    """Whether factors of precisions are those of the covariances, up to the rounding of theirs."""
    covariances = parameters.covariances
    if factors.shape != covariances.shape:
        return False
    if covariance_type in ("diag", "spherical"):
        return bool((abs(factors**2 * covariances - 1) <= SAME).all())
    matrices = (-1, *covariances.shape[-2:])
    for factor, covariance in zip(
        factors.reshape(matrices), covariances.reshape(matrices), strict=True
    ):
        scales = np.sqrt(np.diagonal(covariance))
        condition = np.linalg.cond(covariance / np.outer(scales, scales))
        allowed = min(max(SAME, 10 * rounding * condition), 0.1)
        if not abs(factor.T @ covariance @ factor - np.eye(len(factor))).max() <= allowed:
            return False
    return True


def _too_small(name, variance):
    return ValueError(
        f"{name} holds a variance of {variance}, and float64 cannot hold its inverse; measure the "
        "features in other units."
    )


def check_names(names, n_features):
    """Names of features as `feature_names_in_` holds them; None where none are given."""
    if names is None:
        return None
    names = [names] if isinstance(names, str) else list(names)
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"feature_names={names!r} must be strings; pass one for each feature.")
    if len(names) != n_features:
        raise ValueError(
            f"feature_names holds {len(names)} names, but means has {n_features} features; pass "
            "one for each feature."
        )
    return np.array([str(name) for name in names], dtype=object)


def parameters_of_sklearn(estimator):
    """What a fitted scikit-learn mixture holds.

    Parameters
    ----------
    estimator : sklearn.mixture.GaussianMixture

    Returns
    -------
    parameters : Parameters
    names : ndarray or None
        Names of the features.
    options : dict
        Parameters of the constructor.
    run : dict
        Attributes that tell of the fit.

    Raises
    ------
    TypeError
        If it is anything else.
    ValueError
        If it is not fitted, or holds precisions that are not those of its covariances.
    """
    theirs = getattr(sys.modules.get("sklearn.mixture"), "GaussianMixture", None)
    if theirs is None or not isinstance(estimator, theirs):
        kind = type(estimator)
        raise TypeError(
            f"estimator is a {kind.__module__}.{kind.__qualname__}; pass a fitted "
            "sklearn.mixture.GaussianMixture, or arrays to from_parameters. (The answers of a "
            "BayesianGaussianMixture depend on more than weights, means and covariances.)"
        )
    needed = ("weights_", "means_", "covariances_")
    if not all(hasattr(estimator, name) for name in needed):
        raise ValueError("estimator is not fitted; call its fit first.")
    covariances = np.asarray(estimator.covariances_)
    rounding = np.finfo(np.result_type(covariances, np.float32)).eps
    if covariances.dtype == np.float32 and estimator.covariance_type in ("full", "tied"):
        # Fitted to float32 rows; scikit-learn reads the lower triangles.
        covariances = np.tril(covariances) + np.swapaxes(np.tril(covariances, -1), -1, -2)
    parameters = check_parameters(
        estimator.weights_, estimator.means_, covariances, estimator.covariance_type
    )
    factors = getattr(estimator, "precisions_cholesky_", parameters.precisions_cholesky)
    factors = np.asarray(factors, dtype=np.float64)
    if not _belong(factors, parameters, estimator.covariance_type, rounding):
        raise ValueError(
            "estimator has a precisions_cholesky_ that does not belong to its covariances_, so "
            "that its predict and its sample are of two mixtures; set both, or pass the "
            "covariances that are meant to from_parameters."
        )
    names = check_names(getattr(estimator, "feature_names_in_", None), parameters.means.shape[1])
    run = {name: getattr(estimator, name) for name in RUN if hasattr(estimator, name)}
    return parameters, names, estimator.get_params(deep=False), run
