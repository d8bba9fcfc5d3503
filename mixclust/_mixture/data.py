"""A Gaussian mixture on dense rows: its frame and its kernels, over the compiled passes."""

from __future__ import annotations

import copy
from functools import cached_property

import numpy as np

from .._inputs.errors import warn_collapse
from .._passes.frame import describe_columns
from .._passes.row_data import RowData
from .._passes.shards import MAX_SHARDS, mapper_for, shard_bounds
from ..kernels.mixture.answers import Answers
from ..kernels.mixture.em import EM
from ..kernels.mixture.model import Density, Maximiser, Model
from ..kernels.mixture.parameters import Parameters as CompiledParameters
from ..kernels.mixture.parameters import VarianceLimits
from ..kernels.rows.dense_rows import DenseRows
from ..kernels.rows.rows import Frame
from .maximiser import parameters_in_units
from .statistics import Statistics
from .structures.tied import Tied
from .weights import sized_weights

TABLES_BUDGET = 128 * 2**20
"""Bytes of sums, one table a shard."""

ROWS_PER_TABLE = 384
"""Rows of a shard at least: its table costs more than fewer rows do, and strips would be empty."""

ARITHMETIC_ROUNDING = 4 * 2.0**-52
"""Standard deviation, as a share of a feature's largest value, below which it is the rounding of
float64 arithmetic; it does not depend on the dtype of X."""

SQUARABLE = 1e150
"""A number that float64 squares, times the number of features."""

SMALLEST_VARIANCE = 1e-282
"""A variance of which float64 holds the inverse of a millionth, times the number of features."""

RELATIVE_FLOOR = 1e-6
"""Addition to a variance with ``reg_covar="auto"``, as a share of the feature's variance."""


class MixtureData(RowData):
    """Rows and weights, and the compiled mixtures of a structure over them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
        Read in place.
    sample_weight : ndarray of shape (n_samples,), float64, or None
    structure : type of `Structure`
    n_threads : int

    Attributes
    ----------
    noise_box : NoiseBox or None
        Where noise is: see `describe_noise`.
    prior : Prior or None
        See `describe_prior`.
    weights_vary : bool
        Whether the weights change in place between fits, see `with_varying_weights`.
    """

    noise_box = prior = None
    weights_vary = False

    def __init__(self, X, sample_weight, structure, n_threads):
        super().__init__(X, sample_weight, n_threads)
        self.given_weight = self.total_weight
        if sample_weight is not None:
            super().__init__(X, sized_weights(sample_weight), n_threads)
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
        self.extremes = smallest, largest = columns.extremes()
        if self.variances.min() < SMALLEST_VARIANCE:
            self._check_variances(largest - smallest)
        self.rescue = _relative_floor(self.variances)
        self.floor = self.rescue
        if reg_covar != "auto":
            self.floor = np.full(len(self.rescue), float(reg_covar))
        # Only a constant column can hold numbers that are too large to square.
        squares = np.minimum(np.maximum(-smallest, largest), SQUARABLE) ** 2
        # Less the shift, the numbers of a constant column are zero and have no rounding.
        squares[self.variances == 0] = 0
        self.rounding = ARITHMETIC_ROUNDING**2 * squares
        # A component has collapsed where its variance is that of the floor, or of X's rounding.
        of_X = (2.0**-23 if self.X.itemsize == 4 else 2.0**-52) ** 2 / 12 * squares
        least = np.maximum(2 * self.floor, of_X)
        # A feature that is as small as the floor throughout says nothing about its components.
        self.limit = np.where(self.variances > 5 * least, least, 0.0)
        self._set_limits()

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

    def _set_limits(self):
        """Make the floors known to the kernels."""
        numbers = np.array([self.floor, self.limit, self.rescue, self.rounding])
        self.limits = VarianceLimits(numbers)
        # An integer weight counts as so many rows; weights may be shares of one, too.
        self.smallest_count = min(1.0, self.total_weight / max(1, self.n_present))

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

        Features with a variance of hardly more than the floor do not count: the floor is meant to
        be most of their variance.
        """
        if self.prior is not None:
            return False
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
    def scales(self):
        """Standard deviations of the features, (n_features,); 1 where a feature is constant."""
        return np.sqrt(np.where(self.variances > 0, self.variances, 1.0))

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

    def _take_floors(self, other):
        """Take the floors and the prior of other data, and return these data."""
        self.floor, self.limit = other.floor, other.limit
        self.rescue, self.rounding, self.prior = other.rescue, other.rounding, other.prior
        self._set_limits()
        return self

    def _set_shift(self, shift):
        """Read rows less `shift` from now on."""
        self.shift = np.ascontiguousarray(shift)
        self.frame = Frame(self.shift)

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

    def cost(self, n_components):
        """Multiply-adds of a pass."""
        n_samples, n_features = self.X.shape
        return n_samples * n_components * self.structure.sizes(n_features)[0]

    def factorisation_cost(self, n_components):
        """Work of the factorisations after a pass, in multiply-adds of a pass."""
        n_matrices = self.structure.n_matrices(n_components)
        return n_matrices * self.structure.n_factorisations * self.X.shape[1] ** 3

    def cost_of_iteration(self, n_components):
        """Multiply-adds of a pass and the factorisations after it."""
        return self.cost(n_components) + self.factorisation_cost(n_components)

    def _cut(self, n_components):
        """Bounds of the shards of a pass, and who maps the pass over them."""
        n_samples, n_features = self.X.shape
        _, table_size = self.structure.sizes(n_features)
        cost = self.cost(n_components)
        most = TABLES_BUDGET // (8 * n_components * table_size)
        n_tables = max(1, min(MAX_SHARDS, most, n_samples // ROWS_PER_TABLE))
        return shard_bounds(n_samples, cost, n_tables), mapper_for(cost, self.n_threads)

    # Parameters

    def use(self, kernel, parameters):
        """Let a fitter go on from parameters in units of X."""
        n_features = self.X.shape[1]
        kernel.set_parameters(
            parameters.weights,
            parameters.means - self.shift,
            self.structure.to_kernel(parameters.precisions_cholesky, n_features),
            self.structure.to_kernel(parameters.covariances, n_features),
            parameters.noise_weight,
        )

    def reset(self, parameters, which):
        """Parameters in which the components of the mask `which` start anew.

        They get an equal share of the weight, and the variances of all rows, scaled down by the
        number of components.
        """
        n_components, n_features = parameters.means.shape
        spread = self.variances / n_components ** (2 / n_features) + self.rescue
        weights = np.where(which, 1 / n_components, parameters.weights)
        covariances, factors = self.structure.reset(
            parameters.covariances, parameters.precisions_cholesky, which, spread
        )
        return parameters._replace(
            weights=weights / weights.sum() * (1 - parameters.noise_weight),
            covariances=covariances,
            precisions_cholesky=factors,
        )

    def parameters(self, kernel):
        """A fitter's parameters, in units of X."""
        found = parameters_in_units(kernel.model.parameters, self.structure, self.shift)
        return found if self.noise_box is None else found._replace(noise_box=self.noise_box)


def _relative_floor(variances):
    """A small share of each variance; of their mean where a feature is constant."""
    mean = variances.sum() / len(variances)
    return RELATIVE_FLOOR * np.where(variances > 0, variances, mean if mean > 0 else 1.0)
