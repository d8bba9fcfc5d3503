"""A Gaussian mixture on dense rows: its frame and its kernels, over the compiled passes."""

from __future__ import annotations

import copy
import math
from functools import cached_property

import numpy as np

from .._passes.frame import check_overflow, describe_columns, largest_distance
from .._passes.row_data import RowData
from .._passes.shards import MAX_SHARDS, mapper_for, shard_bounds
from ..kernels.mixture.answers import Answers
from ..kernels.mixture.em import EM
from ..kernels.mixture.model import Density, Maximiser, Model
from ..kernels.mixture.parameters import Parameters as CompiledParameters
from ..kernels.mixture.parameters import VarianceLimits
from ..kernels.rows.dense_rows import DenseRows
from ..kernels.rows.rows import Frame
from .fit_data import FitData
from .outer_rows import extent_along, worst_rows
from .statistics import Statistics
from .structures.tied import Tied
from .weights import sized_weights

TABLES_BUDGET = 128 * 2**20
"""Bytes of sums, one table a shard."""

ROWS_PER_TABLE = 384
"""Rows of a shard at least: its table costs more than fewer rows do, and strips would be empty."""


class MixtureData(RowData, FitData):
    """Rows and weights, and the compiled mixtures of a structure over them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
        Read in place.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    structure : type of `Structure`
    n_threads : int

    See `FitData` for the attributes.
    """

    is_in_memory = True

    def __init__(self, X, sample_weight, structure, n_threads):
        super().__init__(X, sample_weight, n_threads)
        self.given_weight = self.total_weight
        if sample_weight is not None:
            super().__init__(X, sized_weights(sample_weight), n_threads)
        self.n_features, self.itemsize = X.shape[1], X.itemsize
        self.is_weighted = sample_weight is not None
        self.structure = structure
        self.rows = DenseRows(X, self.sample_weight)

    def describe(self, reg_covar):
        """Look at every column: refuse numbers that are not finite; set the frame and the floors.

        Parameters
        ----------
        reg_covar : float or "auto"
            Addition to every variance, in squared units of X.

        Raises
        ------
        ValueError
            If X holds NaN, infinity, or numbers too large to square.
        """
        columns = describe_columns(self)
        if columns is None:
            self.refuse()
        self._measure(columns.shift)
        self.set_floors(reg_covar, columns.extremes())

    def frame_about(self, shift, has_noise):
        """Read rows less a point, or less their mean if the structure needs their scatter.

        Rows are looked at, and numbers that are not finite refused, in the latter case, if some
        have no weight, and if there is noise. A pass shows other numbers that are not finite in its
        sums, but rows without a density become noise.

        Parameters
        ----------
        shift : ndarray of shape (n_features,), float64
            A point amid the rows.
        has_noise : bool

        Raises
        ------
        ValueError
            If a number that is looked at is NaN, infinite, or too large to square.
        """
        if has_noise:
            size = largest_distance(self.rows, shift, self.n_threads)
            if math.isnan(size):
                self.refuse()
            check_overflow(size, self.n_features, self.total_weight)
        _, (_, _, n_columns) = self.structure.moments_of_all_rows(self.n_features)
        self.scatter = None
        self._set_shift(shift)
        if n_columns == 1 and self.n_present == len(self.X):
            return
        columns = describe_columns(self)
        if columns is None:
            self.refuse()
        if n_columns > 1:
            self._measure(columns.shift)

    def _measure(self, shift):
        """Find the mean, variances and, if the structure needs it, the scatter of all rows.

        Rows are read less their mean from now on.

        Parameters
        ----------
        shift : ndarray of shape (n_features,), float64
            A point amid the rows.
        """
        n_features = self.X.shape[1]
        moments, scatter_shape = self.structure.moments_of_all_rows(n_features)
        statistics = Statistics(1, n_features, scatter_shape)
        model = Model(
            CompiledParameters(1, n_features, scatter_shape[::2]),
            statistics,
            Maximiser(VarianceLimits(np.zeros((4, n_features))), 0.0),
            lambda: (Density(1, n_features), moments),
        )
        EM(self.rows, Frame(shift), model, *self._cut(1), self.total_weight).sum_given()
        self._set_shift(shift + statistics.means()[0])
        covariance = statistics.covariances()[0]
        is_matrix = len(covariance) == covariance.shape[1]
        self.scatter = covariance * self.total_weight if is_matrix else None
        self.variances = (np.diagonal(covariance) if is_matrix else covariance[:, 0]).copy()

    def measure_scatter(self):
        """The scatter of all rows about their mean, (n_features, n_features), of any structure."""
        other = MixtureData(self.X, self.sample_weight, Tied, self.n_threads)
        other._measure(self.shift)
        return other.scatter

    @cached_property
    def round_rows(self):
        """Rows less their mean, in coordinates in which clusters of the structure are round."""
        Y = self.X - self.shift
        weighted = Y if self.sample_weight is None else Y * self.sample_weight[:, np.newaxis]
        return Y @ self.structure.round_coordinates(weighted.T @ Y / self.total_weight)

    def part(self, X, sample_weight):
        """The same data on some of the rows, or on all, with the same floors."""
        if X is self.X:
            return self
        part = MixtureData(X, sample_weight, self.structure, self.n_threads)
        part.describe("auto")
        part.noise_box = self.noise_box
        return part._take_floors(self)

    def reweighted(self, sample_weight):
        """The same rows with other weights and the same floors, without noise."""
        other = MixtureData(self.X, sample_weight, self.structure, self.n_threads)
        other.describe("auto")
        return other._take_floors(self)

    def subset(self, X, sample_weight):
        """Some of the rows, known to be finite, with the same floors: made faster than a part.

        There is no noise among them.
        """
        subset = MixtureData(X, sample_weight, self.structure, self.n_threads)
        subset._measure(self.shift)
        return subset._take_floors(self)

    def with_varying_weights(self, X, sample_weight, total_weight):
        """Data for fits of the same model to rows and weights that change in place between fits.

        Shift, variances and floors are these data's.

        Parameters
        ----------
        X : ndarray of shape (n_places, n_features), float32 or float64
            The rows, or a place for rows.
        sample_weight : ndarray of shape (n_places,), float64, contiguous
            A place for weights, positive for now.
        total_weight : float
            Sum of the weights in each fit.

        Returns
        -------
        varying : MixtureData
            Its fits run in the calling thread alone.
        """
        varying = MixtureData(X, sample_weight, self.structure, 1)
        varying.weights_vary = True
        varying.total_weight = total_weight
        varying._set_shift(self.shift)
        varying.variances, varying.scatter = self.variances, self.scatter
        varying._take_floors(self)
        return varying

    def with_structure(self, structure):
        """The same rows, frame and floors for another structure, without a look at the rows.

        Parameters
        ----------
        structure : type of `Structure`

        Returns
        -------
        data : MixtureData
            Described if these data are.
        """
        other = copy.copy(self)
        other.__dict__.pop("round_rows", None)  # of the other structure
        other.structure = structure
        _, (_, _, n_columns) = structure.moments_of_all_rows(self.X.shape[1])
        if n_columns > 1 and getattr(self, "scatter", None) is None:
            other._measure(self.shift)
        return other

    # Kernels

    def fitter(self, n_components):
        """The compiled EM of a model to be fitted.

        Parameters
        ----------
        n_components : int

        Returns
        -------
        kernel : kernels.mixture.em.EM
        """
        model = self.structure.model(n_components, self)
        return EM(self.rows, self.frame, model, *self._cut(n_components), self.total_weight)

    def scorer(self, parameters):
        """The compiled answers about the rows under given parameters.

        Parameters
        ----------
        parameters : Parameters

        Returns
        -------
        kernel : kernels.mixture.answers.Answers
        """
        n_components, n_features = parameters.means.shape
        weights, noise = parameters.weights, parameters.noise_box
        with np.errstate(over="ignore"):  # the largest numbers, times weights that add up to 1
            shift = weights @ parameters.means
        if noise is not None:
            shift /= max(weights.sum(), 1e-300)
        if not np.isfinite(shift).all():
            shift = np.clip(shift, parameters.means.min(axis=0), parameters.means.max(axis=0))
        factors = self.structure.to_kernel(parameters.precisions_cholesky, n_features)
        lent = CompiledParameters.borrow(
            np.ascontiguousarray(weights),
            np.ascontiguousarray(parameters.means - shift),
            np.ascontiguousarray(factors).reshape(-1),
            self.structure.factor_shape(n_components, n_features),
        )
        if noise is not None:
            lent.noise_weight, lent.log_volume = parameters.noise_weight, noise.log_volume
        density = self.structure.density(lent)
        return Answers(self.rows, Frame(shift), density, lent, *self._cut(n_components))

    def expect(self, parameters):
        """Sum up the rows under given parameters: one E step.

        Parameters
        ----------
        parameters : Parameters

        Returns
        -------
        statistics : Statistics
            In units of X. Statistics of parts of the rows add up to the sums of all rows.

        Raises
        ------
        ValueError
            If the columns have not been looked at, see `describe`.
        """
        if not hasattr(self, "limits"):
            raise ValueError("the columns have not been looked at: call describe(reg_covar) first.")
        kernel = self.fitter(len(parameters.weights))
        self.use(kernel, parameters)
        return kernel.expect().shifted(self.shift)

    def worst_rows(self, parameters):
        """Distinct rows of positive weight that a mixture explains worst, the worst first.

        Parameters
        ----------
        parameters : Parameters

        Returns
        -------
        rows : ndarray of shape (n_found, n_features), dtype of X
        """
        return worst_rows(self, parameters).distinct()

    def extent_along(self, axes):
        """Extent of ``(X - shift) @ axes`` over rows of positive weight."""
        return extent_along(self.X, self.sample_weight, self.shift, axes)

    def cost(self, n_components):
        """Multiply-adds of a pass."""
        return cost_of_pass(self.structure, self.X.shape, n_components)

    def cost_of_iteration(self, n_components):
        """Multiply-adds of a pass and the factorisations after it."""
        return self.cost(n_components) + self.factorisation_cost(n_components)

    def _cut(self, n_components):
        return cut_rows(self.structure, self.X.shape, n_components, self.n_threads)


def cost_of_pass(structure, shape, n_components):
    """Multiply-adds of a pass over rows of shape (n_samples, n_features)."""
    n_samples, n_features = shape
    return n_samples * n_components * structure.sizes(n_features)[0]


def cut_rows(structure, shape, n_components, n_threads, fineness=1):
    """Bounds of the shards of a pass over rows, and who maps the pass over them.

    Parameters
    ----------
    structure : type of `Structure`
    shape : tuple of two int
        (n_samples, n_features) of the rows.
    n_components, n_threads : int
    fineness : int, default=1
        Shards for each shard that the work of the pass is worth.

    Returns
    -------
    bounds : ndarray of int
    map_tasks : callable or None
    """
    n_samples, n_features = shape
    _, table_size = structure.sizes(n_features)
    cost = cost_of_pass(structure, shape, n_components)
    most = TABLES_BUDGET // (8 * n_components * table_size)
    n_tables = max(1, min(MAX_SHARDS, most, n_samples // ROWS_PER_TABLE))
    return shard_bounds(n_samples, fineness * cost, n_tables), mapper_for(cost, n_threads)
