"""The parameters of a mixture."""

from __future__ import annotations

from typing import NamedTuple

from .._inputs.annotations import Float64Array

__all__ = ["MAX_SUM_ERROR", "Parameters"]

MAX_SUM_ERROR = 1e-6
"""Largest difference between 1 and a sum of weights, or a responsibility above 1: the rounding of
float32 numbers."""


class Parameters(NamedTuple):
    """The parameters of a mixture, in units of X.

    The structure decides the shape of the covariances and of the factors of the precisions.
    """

    weights: Float64Array
    """Mixing weights, of shape (n_components,)."""
    means: Float64Array
    """Means, of shape (n_components, n_features)."""
    covariances: Float64Array
    """Covariance matrices, or variances."""
    precisions_cholesky: Float64Array
    """Upper Cholesky factors of the precisions, or the square roots of precisions."""
