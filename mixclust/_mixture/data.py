"""A Gaussian mixture on dense rows: its frame and its kernels, over the compiled passes."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from .._inputs.errors import warn_collapse
from .._inputs.rows import check_finite
from .._passes.frame import check_magnitude, describe_columns
from .._passes.shards import MAX_SHARDS, mapper_for, shard_bounds
from ..kernels.mixture import diagonal, full
from ..kernels.rows import dense_rows
from .parameters import Parameters

TABLES_BUDGET = 128 * 2**20
"""Bytes of sums, one table a shard."""

ROWS_PER_TABLE = 384
"""Rows of a shard at least: its table costs more than fewer rows do, and strips would be empty."""

ARITHMETIC_ROUNDING = 4 * 2.0**-52
"""Share of a feature's largest value below which a standard deviation is rounding: of float64
arithmetic, whatever the dtype of X."""

SQUARABLE = 1e150
"""A number that float64 squares, times the number of features."""

SMALLEST_VARIANCE = 1e-282
"""A variance of which float64 holds the inverse of a millionth, times the number of features."""

RELATIVE_FLOOR = 1e-6
"""What ``reg_covar="auto"`` adds to a variance, as a share of the feature's variance."""

SMALLEST_WEIGHT = 1e-150
"""Share of the largest weight of a row that its products with numbers of X still hold."""


def sized_weights(sample_weight):
    """Weights of a size that float64 squares easily, with the same ratios.

    Raises
    ------
    ValueError
        If they differ by more than float64 holds in products with the numbers of X.
    """
    largest = sample_weight.max()
    smallest = sample_weight.min(where=sample_weight > 0, initial=largest)
    if smallest < SMALLEST_WEIGHT * largest:
        raise ValueError(
            f"sample_weight holds {smallest:.3g} beside {largest:.3g}, a ratio beyond "
            f"{SMALLEST_WEIGHT:g}; set weights that small to 0."
        )
    if SMALLEST_WEIGHT < smallest <= largest < 1 / SMALLEST_WEIGHT:
        return sample_weight
    return np.ldexp(sample_weight, -math.frexp(largest)[1])


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
        self.given_weight = float(len(X) if sample_weight is None else sample_weight.sum())
        if sample_weight is not None:
            sample_weight = sized_weights(sample_weight)
        self.sample_weight = sample_weight
        self.structure = structure
        self.n_threads = n_threads
        self.rows = dense_rows.DenseRows(X, sample_weight)
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
        columns = describe_columns(
            self.rows, self.X, self.sample_weight, self.total_weight, self.n_threads
        )
        if columns is None:
            check_finite(self.X, sample_weight=self.sample_weight)
            check_magnitude(math.inf, self.X.shape[1], self.total_weight)
        self._set_shift(columns.shift)
        tied, labels = self.structure.name == "tied", np.zeros(len(self.X), dtype=np.int32)
        if tied:
            overall = self._kernel(full.FullMixture, 1)
            overall.find_covariances(labels=labels)
        else:
            overall = self._kernel(diagonal.DiagonalMixture, 1)
            overall.start(labels=labels)
        self._set_shift(self.shift + overall.means[0])
        covariance = overall.covariances[0]
        self.scatter = covariance * self.total_weight if tied else None
        self.variances = np.diagonal(covariance).copy() if tied else covariance
        extremes = columns.extremes()
        if self.variances.min() < SMALLEST_VARIANCE:
            self._check_variances(extremes[1] - extremes[0])
        self.rescue = _relative_floor(self.variances)
        self.floor = self.rescue
        if reg_covar != "auto":
            self.floor = np.full(len(self.rescue), float(reg_covar))
        # Numbers that are too large to square are those of a column in which all are alike.
        squares = np.minimum(np.abs(extremes).max(axis=0), SQUARABLE) ** 2
        # Less the shift, numbers of a constant column are zero: nothing of them is rounding.
        squares[self.variances == 0] = 0
        self.rounding = ARITHMETIC_ROUNDING**2 * squares
        # A component has collapsed where its variance is that of the floor, or of X's rounding.
        of_X = (2.0**-23 if self.X.itemsize == 4 else 2.0**-52) ** 2 / 12 * squares
        least = np.maximum(2 * self.floor, of_X)
        # A feature that is as small as the floor throughout says nothing about its components.
        self.limit = np.where(self.variances > 5 * least, least, 0.0)

    def _check_variances(self, ranges):
        """Refuse columns that vary by so little that precisions overflow."""
        for j in np.flatnonzero((self.variances < SMALLEST_VARIANCE) & (ranges > 0)):
            raise ValueError(
                f"X spreads over {ranges[j]:.3g} in column {j}, and precisions, the inverses of "
                f"variances, overflow float64 (the limit is about {SMALLEST_VARIANCE**0.5:.3g}); "
                "multiply the column by a constant first, or leave it out."
            )

    @property
    def has_too_few_rows(self):
        """Whether there are no more rows than features, so that covariance matrices are singular.

        Features whose variance is hardly more than the floor do not count: the floor was meant to
        be most of their variance.
        """
        if self.n_present > self.X.shape[1] or not self.structure.n_matrices(1):
            return False
        return self.n_present <= np.count_nonzero(self.variances > 10 * self.floor)

    def warn_of_too_few_rows(self):
        """Say before any work that all components will collapse."""
        if self.has_too_few_rows:
            n_rows, n_features = self.n_present, self.X.shape[1]
            weighted = "" if self.sample_weight is None else " of positive weight"
            warn_collapse(
                f"n_samples={n_rows}{weighted} is too few for n_features={n_features} and "
                f"covariance_type={self.structure.name!r}: covariance matrices of at least as many "
                "features as rows are singular, and all components collapse to the floor that "
                "reg_covar is; pass covariance_type='diag' or fewer features."
            )

    @property
    def n_present(self):
        """Rows of positive weight."""
        return len(self.X) if self.sample_weight is None else np.count_nonzero(self.sample_weight)

    def part(self, X, sample_weight):
        """The same problem on some of the rows, or on all, with the same floors."""
        if X is self.X:
            return self
        part = MixtureProblem(X, sample_weight, self.structure, self.n_threads)
        part.describe("auto")
        part.floor, part.limit = self.floor, self.limit
        part.rescue, part.rounding = self.rescue, self.rounding
        return part

    def _set_shift(self, shift):
        """Read rows less `shift` from now on."""
        self.shift = np.ascontiguousarray(shift)
        self.rows.set_frame(self.shift, 1.0)

    # Kernels

    def fitter(self, n_components):
        """A compiled mixture to be fitted, with the floors set."""
        kernel = self._kernel(partial(self.structure.fitter, scatter=self.scatter), n_components)
        kernel.set_floor(self.floor, self.limit, self.rescue, self.rounding)
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

    def factorisation_cost(self, n_components):
        """Multiply-adds of the factorisations after a pass, as slow as those of passes."""
        return self.structure.n_matrices(n_components) * self.X.shape[1] ** 3

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

    def reset(self, parameters, which):
        """Parameters, those of some components replaced: a share of the weight, and the variances
        of all rows, scaled down to so many components."""
        n_components, n_features = parameters.means.shape
        spread = self.variances / n_components ** (2 / n_features) + self.rescue
        weights = np.where(which, 1 / n_components, parameters.weights)
        return Parameters(
            weights / weights.sum(),
            parameters.means,
            *self.structure.reset(
                parameters.covariances, parameters.precisions_cholesky, which, spread
            ),
        )

    def parameters(self, kernel):
        """A fitter's parameters, in units of X."""
        return Parameters(kernel.weights, kernel.means + self.shift, *self.structure.read(kernel))


def _relative_floor(variances):
    """A small share of each variance; of their mean where a feature is constant."""
    mean = variances.mean()
    return RELATIVE_FLOOR * np.where(variances > 0, variances, mean if mean > 0 else 1.0)
