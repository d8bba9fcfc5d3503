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


class Parameters(NamedTuple):
    """The parameters of a mixture, in units of X.

    The structure decides the shape of the covariances and of the factors of the precisions.
    """

    weights: Float64Array
    """Mixing weights, of shape (n_components,), which add up to 1 less the weight of noise."""
    means: Float64Array
    """Means, of shape (n_components, n_features)."""
    covariances: Float64Array
    """Covariance matrices, or variances."""
    precisions_cholesky: Float64Array
    """Upper Cholesky factors of the precisions, or the square roots of precisions."""
    noise_weight: float = 0.0
    """Weight of noise."""
    noise_box: NoiseBox | None = None
    """Where noise is; None without noise."""

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
