"""The parameters of a mixture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._inputs.annotations import Float64Array

if TYPE_CHECKING:
    from .noise import NoiseBox

__all__ = ["MAX_SUM_ERROR", "Parameters"]

MAX_SUM_ERROR = 1e-6
"""Largest difference between 1 and a sum of weights, or a responsibility above 1: the rounding of
float32 numbers."""


class _Gaussians(NamedTuple):
    """The fields of `Parameters`."""

    weights: Float64Array
    means: Float64Array
    covariances: Float64Array
    precisions_cholesky: Float64Array


class Parameters(_Gaussians):
    """The parameters of a mixture, in units of X.

    They unpack to weights, means, covariances and factors of the precisions; the structure decides
    the shape of the last two.

    Attributes
    ----------
    weights : ndarray of shape (n_components,)
        Mixing weights, which add up to 1 less the weight of noise.
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray
        Covariance matrices, or variances.
    precisions_cholesky : ndarray
        Upper Cholesky factors of the precisions, or the square roots of precisions.
    noise_weight : float
        Weight of noise.
    noise_box : NoiseBox or None
        The box in which noise is uniform; None without noise.
    """

    noise_weight: float = 0.0
    noise_box: NoiseBox | None = None

    def _replace(self, **changes):
        """The same with some other fields or attributes."""
        noise = {
            name: changes.pop(name, getattr(self, name)) for name in ("noise_weight", "noise_box")
        }
        new = super()._replace(**changes)
        vars(new).update(noise)
        return new

    @property
    def all_weights(self) -> Float64Array:
        """Mixing weights, and behind them the weight of noise, if there is noise."""
        if self.noise_box is None:
            return self.weights
        return np.append(self.weights, self.noise_weight)

    def with_noise(self, noise_weight: float, noise_box: NoiseBox | None) -> Parameters:
        """The same Gaussians with another weight of noise.

        Parameters
        ----------
        noise_weight : float
        noise_box : NoiseBox or None

        Returns
        -------
        parameters : Parameters
            The weights keep their ratios.
        """
        weights = self.weights * ((1 - noise_weight) / max(self.weights.sum(), 1e-300))
        return self._replace(weights=weights, noise_weight=noise_weight, noise_box=noise_box)
