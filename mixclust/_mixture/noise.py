"""Noise: a component of constant density in a box around the rows, and how a fit with it starts.

The volume of the box is the smaller one of the bounding box and of the box along the principal
components [1]_. It is a constant of the fit, so that EM never lowers the likelihood.

References
----------
.. [1] C. Fraley and A. E. Raftery, "How many clusters? Which clustering method? Answers via
   model-based cluster analysis", The Computer Journal 41, 1998.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .._inputs.annotations import Float64Array
from .._inputs.tables import as_array
from .geometry import whitening

__all__ = [
    "NOISE_ATTRIBUTES",
    "NOISE_WEIGHT_AT_START",
    "N_NOISE_PARAMETERS",
    "NoiseBox",
    "check_noise_init",
    "describe_noise",
    "has_noise",
    "noise_layouts",
    "set_noise",
    "with_noise_of",
    "without_noise_rows",
]

NOISE_ATTRIBUTES = ("noise_weight_", "noise_volume_", "noise_corner_", "noise_edges_")
"""Fitted attributes of an estimator with noise."""

N_NOISE_PARAMETERS = 2
"""Free parameters that noise adds to a model: its weight and its volume, as mclust counts them."""

NOISE_WEIGHT_AT_START = 0.05
"""Weight of noise that a run starts with, if neither rows nor parameters tell it."""

MAX_LOG = math.log(np.finfo(np.float64).max)
"""Logarithm of the largest volume, and less the sign of the smallest, that float64 holds well."""


class NoiseBox(NamedTuple):
    """The box in which noise is uniform, in units of X."""

    log_volume: float
    corner: Float64Array
    """Of shape (n_features,)."""
    edges: Float64Array
    """From the corner to its neighbours, (n_features, n_features): an edge a row."""


def describe_noise(data, params):
    """Give data the box of noise that the parameters of a mixture ask for, or none.

    Parameters
    ----------
    data : MixtureData
        Described.
    params : namespace
        Gives `noise` and `noise_volume`.

    Raises
    ------
    ValueError
        If the volume is zero, or not a number of float64.
    """
    if not params.noise:
        data.noise_box = None
    elif params.noise_volume is None:
        data.noise_box = _smallest_box(data)
    else:
        data.noise_box = _scaled_box(data, math.log(params.noise_volume))


def _smallest_box(data):
    """The smaller one of the bounding box and of the box along the principal components.

    Where some features depend on the others, the second box is flat up to rounding, and the
    bounding box is taken.
    """
    low, high = data.extremes
    constant = np.flatnonzero(high <= low)
    if len(constant):
        raise ValueError(
            f"noise=True needs the volume of the box around X, which is 0: column {constant[0]} is "
            "constant; leave the column out or pass noise_volume."
        )
    log_volume, corner, edges = float(np.log(high - low).sum()), low, np.diag(high - low)
    scatter = data.scatter if data.scatter is not None else data.measure_scatter()
    if whitening(scatter).shape[1] == len(low) > 1:
        axes = np.linalg.eigh(scatter)[1]
        extent = data.extent_along(axes)
        first, last = extent.low, extent.high
        along = float(np.log(last - first).sum()) if (last > first).all() else math.inf
        if along < log_volume:
            log_volume = along
            corner, edges = data.shift + axes @ first, ((last - first) * axes).T
    if abs(log_volume) >= MAX_LOG:
        raise ValueError(
            f"the volume of the box around X is e^{log_volume:.4g}, which float64 does not hold; "
            "multiply X by a constant, or fit fewer features with noise=True."
        )
    return NoiseBox(log_volume, np.array(corner), np.ascontiguousarray(edges))


def _scaled_box(data, log_volume):
    """The bounding box, scaled about its middle to a volume."""
    low, high = data.extremes
    ranges = high - low
    ranges[ranges <= 0] = 1.0
    scale = math.exp((log_volume - float(np.log(ranges).sum())) / len(ranges))
    middle = low + (high - low) / 2
    return NoiseBox(log_volume, middle - scale * ranges / 2, np.diag(scale * ranges))


def has_noise(estimator):
    """Whether a fitted estimator has noise."""
    return "noise_weight_" in vars(estimator)  # hasattr costs microseconds where it is missing


def set_noise(estimator, parameters):
    """Set the attributes of noise to the ones of parameters; without noise remove them.

    Parameters
    ----------
    estimator : Estimator
    parameters : Parameters
    """
    box = parameters.noise_box
    if box is None:
        for name in NOISE_ATTRIBUTES:
            vars(estimator).pop(name, None)
    else:
        estimator.noise_weight_ = float(parameters.noise_weight)
        estimator.noise_volume_ = math.exp(box.log_volume)
        estimator.noise_corner_, estimator.noise_edges_ = box.corner, box.edges


def with_noise_of(estimator, parameters):
    """Parameters with the noise that the attributes of an estimator describe, if it has noise.

    Parameters
    ----------
    estimator : Estimator
    parameters : Parameters
        Of the Gaussians; their weights add up to 1 less the weight of noise.

    Returns
    -------
    parameters : Parameters
    """
    if not has_noise(estimator):
        return parameters
    corner, edges = estimator.noise_corner_, estimator.noise_edges_
    box = NoiseBox(math.log(estimator.noise_volume_), corner, edges)
    return parameters._replace(noise_weight=estimator.noise_weight_, noise_box=box)


def noise_layouts(estimator):
    """Layouts of the attributes of noise in a file; empty without noise.

    Parameters
    ----------
    estimator : Estimator

    Returns
    -------
    layouts : dict of str to Layout
    """
    from .._estimator.persistence import Layout

    if not has_noise(estimator) and not estimator.noise:  # the last one: a file is being read
        return {}
    return {
        "noise_weight_": Layout("float", low=0),
        "noise_volume_": Layout("float", low=0),
        "noise_corner_": Layout("<f8", ("n_features_in_",)),
        "noise_edges_": Layout("<f8", ("n_features_in_", "n_features_in_")),
    }


def check_noise_init(noise_init, n_samples, wants_noise):
    """The rows to start from as noise.

    Parameters
    ----------
    noise_init : array-like of shape (n_samples,), or None
    n_samples : int
    wants_noise : bool
        Whether the mixture is to have noise.

    Returns
    -------
    ndarray of shape (n_samples,), bool, or None

    Raises
    ------
    TypeError, ValueError
        If it is neither, or there is no noise.
    """
    if noise_init is None:
        return None
    if not wants_noise:
        raise ValueError("noise_init is given, but noise=False; set noise=True or leave it out.")
    rows = as_array(noise_init, "noise_init")
    if rows.dtype.kind != "b":
        raise TypeError(
            f"noise_init holds values of dtype {rows.dtype}; pass a boolean for each row, True for "
            "noise."
        )
    if rows.shape != (n_samples,):
        raise ValueError(
            f"noise_init has shape {rows.shape}, but X has {n_samples} rows; pass a boolean for "
            f"each row, of shape ({n_samples},)."
        )
    return rows


def without_noise_rows(data, noise_rows, n_components):
    """The data without noise and the rows that are noise, and the share of these.

    Parameters
    ----------
    data : MixtureData
    noise_rows : ndarray of shape (n_samples,), bool
    n_components : int

    Returns
    -------
    clean : MixtureData
        Noise rows have weight zero.
    share : float
        Of the weight.

    Raises
    ------
    ValueError
        If too few rows are left.
    """
    weights = np.ones(len(data.X)) if data.sample_weight is None else data.sample_weight.copy()
    share = float(weights[noise_rows].sum()) / data.total_weight
    weights[noise_rows] = 0.0
    n_left = np.count_nonzero(weights)
    if n_left < max(2, n_components):
        raise ValueError(
            f"noise_init leaves {n_left} rows of positive weight that are not noise, but "
            f"n_components={n_components} needs at least {max(2, n_components)}; mark fewer rows."
        )
    return data.reweighted(weights), share
