"""Fits of a mixture to the same rows under many weights, side by side."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from .._inputs.annotations import Float64Array, Int32Array
from .._passes.shards import ALIGNMENT
from .._passes.threads import map_tasks
from ..kernels.mixture.replicates import Replicates

__all__ = ["Fits", "WeightedFits"]

MAX_PACKED_NUMBERS = 1 << 18
"""Numbers of the rows, up to which the rows of positive weight are copied for each fit: 2 MiB for
each thread."""

N_SIZES = 16
"""Sizes of packed rows, at most: a fit is made for each size, and used again."""

N_FITS_PER_TASK = 32
"""Fits that a thread makes in one go."""


class Fits(NamedTuple):
    """Parameters of several fits, in units of X."""

    weights: Float64Array
    """Mixing weights, of shape (n_fits, n_components)."""
    means: Float64Array
    """Means, of shape (n_fits, n_components, n_features)."""
    covariances: Float64Array
    """Covariances, of the shape of the structure behind a first axis."""
    bounds: Float64Array
    """Mean log-likelihood of a row before the last iteration, in nats, of shape (n_fits,)."""
    n_iter: Int32Array
    """Iterations."""
    n_collapsed: Int32Array
    """Collapsed components; fits with any have no use."""
    converged: Int32Array
    """1 for fits that converged, else 0."""


class WeightedFits:
    """Fits that start from the same parameters, to the same rows with other weights.

    Nothing is packed or measured anew between two fits. Every fit is made by one thread, and a fit
    does not depend on the ones before it, so the number of threads changes no bit.

    Parameters
    ----------
    data : MixtureData
        Described. Its weights play no part.
    total_weight : float
        Sum of the weights in each fit.
    parameters : Parameters
        The start of each fit.
    max_iter, tol
        As for the fits of `GaussianMixture`.
    """

    def __init__(self, data, total_weight, parameters, max_iter, tol):
        self._data, self._parameters = data, parameters
        self._total_weight = total_weight
        self._max_iter, self._tol = max_iter, tol
        n_rows, n_features = data.X.shape
        self._is_packed = n_rows * n_features <= MAX_PACKED_NUMBERS
        self._step = ALIGNMENT * -(-n_rows // (N_SIZES * ALIGNMENT))
        self._rows = np.ascontiguousarray(data.X, np.float64) if self._is_packed else None
        self._idle = deque()

    def run(self, weights):
        """Fit a mixture for each line of weights.

        Parameters
        ----------
        weights : ndarray of shape (n_fits, n_samples), float64, contiguous
            Weights of all rows, a line for each fit.

        Returns
        -------
        fits : Fits
        """
        n_fits = len(weights)
        n_numbers = _count_numbers(self._data.structure, self._parameters)
        numbers = np.empty((n_fits, n_numbers))
        bounds, outcomes = np.empty(n_fits), np.empty((n_fits, 3), np.int32)
        tasks = self._tasks(weights)

        def run_task(i):
            n_places, which = tasks[i]
            try:
                fitters = self._idle.pop()
            except IndexError:
                fitters = {}
            if n_places not in fitters:
                fitters[n_places] = self._fitter(n_places)
            fitters[n_places].run(
                weights, which, self._max_iter, self._tol, numbers, bounds, outcomes
            )
            self._idle.append(fitters)

        map_tasks(run_task, len(tasks), self._data.n_threads)
        return self._in_units(numbers, bounds, outcomes)

    def _tasks(self, weights):
        """Pairs of a number of places and the fits that need so many; large ones come first."""
        n_rows = len(self._data.X)
        places = np.full(len(weights), n_rows)
        if self._is_packed:
            n_present = np.count_nonzero(weights, axis=1)
            places = np.minimum(-(-n_present // self._step) * self._step, n_rows)
        tasks = []
        for n_places in np.unique(places)[::-1]:
            which = np.flatnonzero(places == n_places)
            n_parts = -(-len(which) // N_FITS_PER_TASK)
            tasks += [(int(n_places), part) for part in np.array_split(which, n_parts)]
        return tasks

    def _fitter(self, n_places):
        """A compiled model that starts from the parameters, and its places for rows."""
        data, packed = self._data, None
        weights = np.ones(n_places)
        X = data.X
        if self._is_packed:
            X = packed = np.tile(data.shift, (n_places, 1))
        varying = data.with_varying_weights(X, weights, self._total_weight)
        kernel = varying.fitter(len(self._parameters.weights))
        varying.use(kernel, self._parameters)
        return Replicates(kernel, weights, self._rows, packed, data.scales)

    def _in_units(self, numbers, bounds, outcomes):
        """Parameters from the numbers of the compiled ones."""
        structure, shift = self._data.structure, self._data.shift
        n_fits, (n_components, n_features) = len(numbers), self._parameters.means.shape
        ends = np.cumsum([n_components, n_components * n_features])
        weights, means, matrices = np.split(numbers, ends, axis=1)
        n_matrices, n_columns = structure.factor_shape(n_components, n_features)
        kept = matrices[:, matrices.shape[1] // 2 :]
        kept = kept.reshape(n_fits, n_matrices, n_features, n_columns)
        shape = (n_fits, *structure.shape(n_components, n_features))
        if n_matrices == n_components > 1:  # all at once, since each is a component's own
            kept = kept.reshape(-1, n_features, n_columns)
            covariances = structure.from_kernel(kept).reshape(shape).copy()
        else:
            covariances = np.empty(shape)
            for b in range(n_fits):
                covariances[b] = structure.from_kernel(kept[b])
        return Fits(
            weights.copy(),
            means.reshape(n_fits, n_components, n_features) + shift,
            covariances,
            bounds,
            *outcomes.T,
        )


def _count_numbers(structure, parameters):
    """Numbers of compiled parameters."""
    n_components, n_features = parameters.means.shape
    n_matrices, n_columns = structure.factor_shape(n_components, n_features)
    return n_components * (1 + n_features) + 2 * n_matrices * n_features * n_columns
