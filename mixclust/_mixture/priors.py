"""Priors of means and covariances: the numbers that users give, and the M step of the posterior.

The M step and the term of the bound are in `kernels.mixture.posterior`. The numbers have the names
and defaults of Fraley and Raftery [1]_.

References
----------
.. [1] C. Fraley and A. E. Raftery, "Bayesian regularization for normal mixture estimation and
   model-based clustering", Journal of Classification 24, 2007.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from .._inputs.annotations import Float64Array
from .._inputs.arrays import as_float
from .._inputs.parameters import check_real
from .._inputs.rows import check_finite
from .._inputs.tables import as_array
from ..kernels.mixture.posterior import PosteriorMaximiser

__all__ = [
    "Prior",
    "PriorOption",
    "check_prior",
    "describe_prior",
    "posterior_maximiser",
    "prior_of",
]

PriorOption: TypeAlias = Literal["default"] | Mapping[str, Any]

LARGEST_PRIOR = 1e280
"""Of the numbers of a prior in the unit of the rows' weights, so that sums with rows are finite."""

KAPPA = 0.01
"""Rows that the prior mean counts as, by default."""

NAMES = ("mean", "kappa", "dof", "scale")


class Prior(NamedTuple):
    """The numbers of a prior, in units of X."""

    mean: Float64Array
    """Of shape (n_features,)."""
    kappa: float
    dof: float
    scale: Float64Array
    """Of the shape of one scatter: (n_features, n_features), (n_features, 1) or (1, 1)."""


def check_prior(prior):
    """Check the parameter `prior` as far as this is possible without rows.

    Parameters
    ----------
    prior : object

    Raises
    ------
    TypeError, ValueError
        If it is not None, "default" or a dict of numbers with known names.
    """
    if prior is None or (isinstance(prior, str) and prior == "default"):
        return
    if not isinstance(prior, Mapping):
        raise TypeError(
            f"prior must be None, 'default' or a dict, got {prior!r} of type "
            f"{type(prior).__name__}; pass a dict with some of the keys {', '.join(NAMES)}."
        )
    for name in prior:
        if name not in NAMES:
            raise ValueError(
                f"prior has the key {name!r}; pass some of the keys {', '.join(NAMES)}, the others "
                "have defaults."
            )
    if "kappa" in prior:
        check_real("prior['kappa']", prior["kappa"], 0)
    if "dof" in prior:
        check_real("prior['dof']", prior["dof"], 0, inclusive=False)
    for name in ("mean", "scale"):
        if name in prior:
            _finite(f"prior[{name!r}]", prior[name])


def _finite(name, value):
    """An array of finite numbers in float64."""
    array = np.array(as_float(as_array(value, name), name), dtype=np.float64)
    check_finite(array.reshape(-1, 1), name)
    return array


def describe_prior(data, params):
    """Give data the prior that the parameters of a mixture ask for, or none.

    Parameters
    ----------
    data : MixtureData
        Described.
    params : namespace
        Gives `prior` and `n_components`.

    Raises
    ------
    ValueError
        If a number does not fit the rows or the structure.
    """
    data.prior = prior_of(data, params.prior, params.n_components)


def prior_of(data, option, n_components):
    """The prior of a mixture of some size that fits the rows.

    Parameters
    ----------
    data : MixtureData
        Described.
    option : None, "default" or dict
        As `GaussianMixture` takes it.
    n_components : int

    Returns
    -------
    prior : Prior or None

    Raises
    ------
    ValueError
        If a number does not fit the rows or the structure.
    """
    if option is None:
        return None
    given = {} if option == "default" else option
    n_features = data.n_features
    n_rows, n_columns = data.structure.scatter_shape(n_components, n_features)[1:]
    mean = data.shift
    if "mean" in given:
        mean = _finite("prior['mean']", given["mean"])
        if mean.shape != (n_features,):
            raise ValueError(
                f"prior['mean'] has shape {mean.shape}, but X has {n_features} features; pass a "
                f"number for each, of shape ({n_features},)."
            )
    dof = float(given.get("dof", n_features + 2))
    if n_columns > 1 and dof < n_features:
        raise ValueError(
            f"prior['dof']={dof:g} is less than the number of features, {n_features}, so that "
            f"covariance matrices of covariance_type={data.structure.name!r} have no prior; pass "
            f"at least {n_features}, for example {n_features + 2}."
        )
    if "scale" in given:
        scale = _check_scale(data, _finite("prior['scale']", given["scale"]), n_rows, n_columns)
    else:
        scale = _default_scale(data, n_components, n_columns)
        if n_columns == 1:
            scale = np.full((n_rows, 1), scale)
    return Prior(mean, float(given.get("kappa", KAPPA)), dof, scale)


def _default_scale(data, n_components, n_columns):
    """The variances of X, each with a share of the volume; their mean if they make no matrix."""
    n_features, total = data.n_features, data.given_weight
    factor = n_components ** (-2 / n_features) * (total / (total - 1) if total >= 2 else 1.0)
    if n_columns == 1:
        return factor * data.variances.mean()
    if data.n_present > n_features:
        scatter = data.scatter if data.scatter is not None else data.measure_scatter()
        return factor * scatter / data.total_weight
    return factor * np.diag(data.variances)


def _check_scale(data, scale, n_rows, n_columns):
    """A given scale in the shape of one scatter."""
    shapes = {"a positive number": ()}
    if n_columns > 1:
        shapes["a symmetric positive definite matrix"] = (n_rows, n_rows)
    elif n_rows > 1:
        shapes["positive numbers"] = (n_rows,)
    if scale.shape not in shapes.values():
        wanted = " or ".join(
            name + (f" of shape {shape}" if shape else "") for name, shape in shapes.items()
        )
        raise ValueError(
            f"prior['scale'] has shape {scale.shape}; covariance_type={data.structure.name!r} with "
            f"{data.n_features} features needs {wanted}."
        )
    if scale.ndim == 2:
        if not np.allclose(scale, scale.T, rtol=1e-8, atol=0) or not _is_positive(scale):
            raise ValueError(
                "prior['scale'] must be symmetric, positive-definite; pass a covariance matrix "
                "without features that depend on each other."
            )
        return (scale + scale.T) / 2
    if scale.min() <= 0:
        raise ValueError(f"prior['scale'] holds {scale.min():g}; pass positive variances.")
    if n_columns > 1:
        return scale * np.eye(n_rows)
    return np.array(np.broadcast_to(scale, n_rows)).reshape(n_rows, 1)


def _is_positive(matrix):
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def posterior_maximiser(data, likelihood, statistics):
    """The M step of the posterior mode, under the prior of the data.

    Parameters
    ----------
    data : MixtureData
    likelihood : kernels.mixture.model.Maximiser
        The M step of the structure without a prior.
    statistics : Statistics
        Of a pass.

    Returns
    -------
    maximiser : kernels.mixture.posterior.PosteriorMaximiser
    """
    mean, kappa, dof, scale = data.prior
    unit = float(data.total_weight) / float(data.given_weight)
    if not unit * max(kappa, dof, float(np.abs(scale).max())) < LARGEST_PRIOR:
        raise ValueError(
            f"sample_weight adds up to {data.given_weight:.3g}, so that a prior, which counts like "
            "some rows of weight 1, exceeds float64 beside it; multiply sample_weight by a "
            "constant, or pass prior=None."
        )
    n_features = statistics.n_features
    if statistics.n_columns > 1:
        count = dof + n_features + 1
    elif statistics.n_rows > 1:
        count = dof + 2
    else:
        count = (dof + 2) / n_features
    if n_features == 1:
        count = dof + 2
    return PosteriorMaximiser(
        likelihood,
        statistics.copy(),
        mean - data.shift,
        kappa,
        count,
        scale,
        data.structure.shares_covariance,
        unit,
    )
