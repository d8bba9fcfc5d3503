"""Checks of parameters, labels and responsibilities that users give."""

import numpy as np

from .._inputs.arrays import as_float
from .._inputs.rows import check_finite
from .._inputs.tables import as_array
from .parameters import MAX_SUM_ERROR, Parameters
from .structures import covariance_types, structure_for, structure_of

__all__ = ["check_names", "check_parameters", "check_resp", "check_starting_parameters"]

MAX_SUM_ERROR_OF_DRAWS = 1e-12
"""Largest difference between 1 and a sum of weights that NumPy's multinomial draws accept."""


def check_parameters(weights, means, covariances, covariance_type):
    """The parameters of a mixture, checked, and the factors of the precisions.

    Parameters
    ----------
    weights, means, covariances : array-like
    covariance_type : str

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
    means = _finite_copy("means", means)
    if means.ndim != 2 or 0 in means.shape:
        raise ValueError(
            f"means has shape {means.shape}; pass an array of shape (n_components, n_features), "
            "with at least one of each."
        )
    weights = _check_weights(_finite_copy("weights", weights), len(means))
    covariances = _finite_copy("covariances", covariances)
    shape = structure.shape(*means.shape)
    if covariances.shape != shape:
        fitting = [
            name for name in covariance_types()
            if structure_of(name).shape(*means.shape) == covariances.shape
        ]  # fmt: skip
        remedy = f", or covariance_type={fitting[0]!r}" if fitting else ""
        raise ValueError(
            f"covariances has shape {covariances.shape}; covariance_type={covariance_type!r} with "
            f"means of shape {means.shape} needs the shape {shape}; pass an array of that shape"
            f"{remedy}."
        )
    structure_for(covariance_type, means.shape[1])
    factors = structure.factors_of(covariances)
    structure.check_constraint(covariances)
    return Parameters(weights, means, covariances, factors)


def _finite_copy(name, value):
    """A finite copy in float64."""
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
    if not abs(total - 1) <= MAX_SUM_ERROR:
        raise ValueError(
            f"weights adds up to {total}, but mixing weights add up to 1; pass "
            "weights / weights.sum() if they are sizes."
        )
    return weights / total if abs(total - 1) > MAX_SUM_ERROR_OF_DRAWS else weights


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


def check_resp(resp, n_samples, n_components, name="resp_init"):
    """Labels or responsibilities to start from.

    Parameters
    ----------
    resp : array-like of shape (n_samples,) or (n_samples, n_components), or None
        Labels: integers from 0 on, and negative ones for rows that no component gets. Or
        responsibilities.
    n_samples, n_components : int
    name : str, default="resp_init"
        The name of the argument in messages.

    Returns
    -------
    ndarray of shape (n_samples,), int32, or (n_samples, n_components), float64, or None

    Raises
    ------
    TypeError, ValueError
        If it is neither, or gives no row to any component.
    """
    if resp is None:
        return None
    resp = as_array(resp, name)
    if resp.shape == (n_samples,):
        return _check_labels(resp, n_components, name)
    if resp.shape != (n_samples, n_components):
        raise ValueError(
            f"{name} has shape {resp.shape}; pass labels of shape ({n_samples},) or "
            f"responsibilities of shape ({n_samples}, {n_components})."
        )
    resp = np.ascontiguousarray(as_float(resp, name), dtype=np.float64)
    check_finite(resp, name)
    if resp.min() < 0 or resp.max() > 1 + MAX_SUM_ERROR:
        worst = resp.min() if resp.min() < 0 else resp.max()
        raise ValueError(
            f"{name} holds {worst}; responsibilities lie between 0 and 1: divide each row by its "
            "sum."
        )
    if resp.max() == 0:
        raise ValueError(
            f"{name} gives no row to any component: all responsibilities are zero; give some rows "
            "to each."
        )
    return resp


def _check_labels(labels, n_components, name):
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{name} holds labels of dtype {labels.dtype}; pass whole numbers.")
    if labels.max() >= n_components:
        raise ValueError(
            f"{name} holds the label {labels.max()}, but n_components={n_components}; "
            f"number components from 0 to {n_components - 1}."
        )
    if labels.max() < 0:
        raise ValueError(
            f"{name} gives no row to any component: all labels are negative; number the "
            "components from 0 on, and label some rows."
        )
    return np.maximum(labels.astype(np.int64), -1).astype(np.int32)


def check_starting_parameters(params, structure, n_features):
    """`weights_init`, `means_init` and `precisions_init`, checked.

    Parameters
    ----------
    params : namespace
        Gives the three and `n_components`.
    structure : class of `structures`
    n_features : int

    Returns
    -------
    Parameters
        None in place of each array that is not given.

    Raises
    ------
    TypeError, ValueError
        If one of them is not as `GaussianMixture` describes.
    """
    n_components = params.n_components
    weights = _check_start("weights_init", params.weights_init, (n_components,))
    if weights is not None and (weights.min() < 0 or abs(weights.sum() - 1) > MAX_SUM_ERROR):
        raise ValueError(
            f"weights_init must be normalized: it adds up to {weights.sum()} and its smallest is "
            f"{weights.min()}; pass weights of at least 0 that add up to 1."
        )
    shape = structure.shape(n_components, n_features)
    precisions = _check_start("precisions_init", params.precisions_init, shape)
    covariances = factors = None
    if precisions is not None:
        factors = _check_precisions(precisions, structure)
        covariances, factors = structure.nearest(structure.invert(precisions), factors)
    means = _check_start("means_init", params.means_init, (n_components, n_features))
    return Parameters(weights, means, covariances, factors)


def _check_start(name, value, shape):
    if value is None:
        return None
    array = _finite_copy(name, value)
    if array.shape != shape:
        raise ValueError(
            f"{name} should have the shape of {shape}, but got {array.shape}; "
            "see n_components and covariance_type."
        )
    return array


def _check_precisions(precisions, structure):
    """Factors of the precisions to start from."""
    try:
        if structure.are_symmetric(precisions):
            return structure.factors(precisions)
    except np.linalg.LinAlgError:
        pass
    raise ValueError(
        "precisions_init must be symmetric, positive-definite for "
        f"covariance_type={structure.name!r}; pass the inverses of covariances."
    )
