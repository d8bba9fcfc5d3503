"""A Gaussian mixture on dense rows: its frame and its kernels, over the compiled passes."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import numpy as np

from ._frame import check_magnitude, describe_columns
from ._shards import MAX_SHARDS, mapper_for, shard_bounds
from ._typing import Float64Array
from ._validation import check_finite
from .kernels import diagonal_mixture, full_mixture, rows

TABLES_BUDGET = 128 * 2**20
"""Bytes of sums, one table a shard."""

ROWS_PER_TABLE = 384
"""Rows of a shard at least: its table costs more than fewer rows do, and strips would be empty."""

RELATIVE_FLOOR = 1e-6
"""What ``reg_covar="auto"`` adds to a variance, as a share of the feature's variance."""


class Parameters(NamedTuple):
    """The parameters of a mixture, in units of X; shapes are the structure's."""

    weights: Float64Array
    means: Float64Array
    covariances: Float64Array
    precisions_cholesky: Float64Array


class MixtureProblem:
    """Rows and weights, and the compiled mixtures of a structure over them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
        Read in place.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    structure : class of `_covariance`
    n_threads : int
    """

    def __init__(self, X, sample_weight, structure, n_threads):
        self.X = X
        self.sample_weight = sample_weight
        self.structure = structure
        self.n_threads = n_threads
        self.rows = rows.Rows(X, sample_weight)
        self.total_weight = float(len(X) if sample_weight is None else sample_weight.sum())

    def describe(self, reg_covar):
        """Look at every column: refuse what is not finite; set the frame and the floors.

        Parameters
        ----------
        reg_covar : float or "auto"
            What is added to every variance.

        Raises
        ------
        ValueError
            If X holds NaN, infinity, or numbers too large to square.
        """
        columns = describe_columns(self.rows, self.X, self.total_weight, self.n_threads)
        if columns is None:
            check_finite(self.X)
            check_magnitude(math.inf, self.X.shape[1], self.total_weight)
        self._set_shift(columns.shift)
        tied = self.structure.name == "tied"
        kind = full_mixture.FullMixture if tied else diagonal_mixture.DiagonalMixture
        overall = self._kernel(kind, 1)
        overall.start(labels=np.zeros(len(self.X), dtype=np.int32))
        self._set_shift(self.shift + overall.means[0])
        covariance = overall.covariances[0]
        self.scatter = covariance * self.total_weight if tied else None
        self.variances = np.diagonal(covariance).copy() if tied else covariance
        self.rescue = _relative_floor(self.variances)
        self.floor = self.rescue
        if reg_covar != "auto":
            self.floor = np.full(len(self.rescue), float(reg_covar))
        # A feature that is as small as the floor throughout says nothing about its components.
        self.limit = np.where(self.variances > 10 * self.floor, 2 * self.floor, 0.0)

    def part(self, X, sample_weight):
        """The same problem on some of the rows, or on all, with the same floors."""
        if X is self.X:
            return self
        part = MixtureProblem(X, sample_weight, self.structure, self.n_threads)
        part.describe("auto")
        part.floor, part.limit, part.rescue = self.floor, self.limit, self.rescue
        return part

    def _set_shift(self, shift):
        """Read rows less `shift` from now on."""
        self.shift = np.ascontiguousarray(shift)
        self.rows.set_frame(self.shift, 1.0)

    # Kernels

    def fitter(self, n_components):
        """A compiled mixture to be fitted, with the floors set."""
        kernel = self._kernel(partial(self.structure.fitter, scatter=self.scatter), n_components)
        kernel.set_floor(self.floor, self.limit, self.rescue)
        return kernel

    def scorer(self, parameters):
        """A compiled mixture that knows the rows' densities under given parameters."""
        n_components, n_features = parameters.means.shape
        self._set_shift(parameters.weights @ parameters.means)
        kernel = self._kernel(self.structure.scorer, n_components)
        factors = self.structure.scoring_factors(
            parameters.precisions_cholesky, n_components, n_features
        )
        means = np.ascontiguousarray(parameters.means - self.shift)
        kernel.set_parameters(parameters.weights, means, np.ascontiguousarray(factors))
        return kernel

    def cost(self, n_components):
        """Multiply-adds of a pass."""
        n_samples, n_features = self.X.shape
        return n_samples * n_components * self.structure.sizes(n_features)[0]

    def _kernel(self, make, n_components):
        n_samples, n_features = self.X.shape
        _, table_size = self.structure.sizes(n_features)
        cost = self.cost(n_components)
        most = TABLES_BUDGET // (8 * n_components * table_size)
        n_tables = max(1, min(MAX_SHARDS, most, n_samples // ROWS_PER_TABLE))
        return make(
            self.rows,
            n_components,
            shard_bounds(n_samples, cost, n_tables),
            mapper_for(cost, self.n_threads),
            self.total_weight,
        )

    # Parameters

    def use(self, kernel, parameters):
        """Let a fitter go on from parameters in units of X."""
        kernel.set_parameters(
            parameters.weights,
            parameters.means - self.shift,
            *self.structure.to_fitter(
                parameters.precisions_cholesky, parameters.covariances, self.X.shape[1]
            ),
        )

    def parameters(self, kernel):
        """A fitter's parameters, in units of X."""
        return Parameters(kernel.weights, kernel.means + self.shift, *self.structure.read(kernel))


def _relative_floor(variances):
    """A small share of each variance; of their mean where a feature is constant."""
    mean = variances.mean()
    return RELATIVE_FLOOR * np.where(variances > 0, variances, mean if mean > 0 else 1.0)
