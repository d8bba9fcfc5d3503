"""The parts of a mixture: parameters, densities, moments, the M step, and how they fit together.

A pass needs a `Density` (parameters to log-densities of a strip of rows) and `Moments` (a strip and
its responsibilities to `Statistics`); an M step is a `Maximiser` (statistics to parameters). None
of them knows the others. A `Model` holds one of each, and exchanges density and moments by quicker
ones while these keep enough digits. Loops over rows and iterations are in `em`.

Means are kept less the shift of the frame in which rows are read.
"""
from cpython.exc cimport PyErr_CheckSignals
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from ..core.cholesky cimport recover_covariance
from .statistics cimport Statistics

import numpy as np

# A floor of at least this share of the usual one keeps enough digits in every covariance.
cdef double SAFE_SHARE_OF_RESCUE = 1e-3

cdef enum:
    LARGE_COPY = 10000000       # numbers


cdef class VarianceLimits:
    """The variances that keep a covariance from zero, or tell that it is nearly zero.

    Parameters
    ----------
    floor : ndarray of shape (n_features,), float64
        Added to every variance, in squared units of X.
    limit : ndarray of shape (n_features,), float64
        A component has collapsed if its variance in some direction is no more than the variance
        of independent features with these variances.
    rescue : ndarray of shape (n_features,), float64
        Added, and ten times as much again, if a covariance cannot be factorised and the component
        never had one that could.
    rounding : ndarray of shape (n_features,), float64
        A variance of no more is nothing but rounding.

    Attributes
    ----------
    is_floor_small : bool
        Whether covariances may lose all their digits in spite of the floor.
    """

    def __init__(self, floor, limit, rescue, rounding):
        cdef Py_ssize_t j, d = len(floor)
        self._numbers = np.concatenate([floor, limit, rescue, rounding])
        if self._numbers.shape[0] != 4 * d:
            raise ValueError("floor, limit, rescue and rounding must have a number a feature")
        self.n_features = d
        self.floor = &self._numbers[0]
        self.limit, self.rescue = self.floor + d, self.floor + 2 * d
        self.rounding = self.floor + 3 * d
        self.is_floor_small = False
        for j in range(d):
            self.is_floor_small |= self.floor[j] < SAFE_SHARE_OF_RESCUE * self.rescue[j]


cdef class Parameters:
    """Weights, means, Cholesky factors of the precisions, and covariances of a mixture.

    Parameters
    ----------
    n_components, n_features : int
    factor_shape : tuple of two int
        ``(n_components, n_features)`` for a matrix of each component, ``(1, n_features)`` for one
        that all share, ``(n_components, 1)`` for a variance of each component and feature.
    has_covariances : bool, default=True
    """

    def __init__(
        self, Py_ssize_t n_components, Py_ssize_t n_features, factor_shape,
        bint has_covariances=True,
    ):
        cdef Py_ssize_t K = n_components, d = n_features, n_factors
        if K < 1 or d < 1:
            raise ValueError("a mixture needs a component and a feature")
        self.n_components, self.n_features = K, d
        self.n_matrices, self.n_columns = factor_shape
        n_factors = self.n_matrices * d * self.n_columns
        self._n_kept = K + K * d + n_factors
        self._numbers = np.zeros(self._n_kept + (n_factors if has_covariances else 0))
        self.weights = &self._numbers[0]
        self.means = self.weights + K
        self.factors = self.means + K * d
        self.covariances = self.factors + n_factors
        self.collapsed = np.zeros(K, dtype=np.int32)
        self.forget()

    @staticmethod
    def borrow(
        const double[::1] weights, const double[:, ::1] means, const double[::1] factors,
        factor_shape,
    ):
        """Parameters in the memory of arrays, to be read only, without covariances.

        Parameters
        ----------
        weights : ndarray of shape (n_components,), float64, contiguous
        means : ndarray of shape (n_components, n_features), float64, contiguous
            Less the frame's shift.
        factors : ndarray of shape (n_numbers,), float64, contiguous
        factor_shape : tuple of two int
            As for the constructor.
        """
        cdef Parameters lent = Parameters.__new__(Parameters)
        cdef Py_ssize_t K = means.shape[0], d = means.shape[1]
        lent.n_matrices, lent.n_columns = factor_shape
        if weights.shape[0] != K or factors.shape[0] != lent.n_matrices * d * lent.n_columns:
            raise ValueError("weights, means and factors do not fit each other")
        lent.n_components, lent.n_features = K, d
        lent._owners = (weights, means, factors)
        lent.weights = <double*>&weights[0]
        lent.means = <double*>&means[0, 0]
        lent.factors = <double*>&factors[0]
        return lent

    def set(self, weights, means, factors, covariances=None):
        """Copy parameters from arrays; means are less the frame's shift.

        Parameters
        ----------
        weights : ndarray of shape (n_components,)
        means : ndarray of shape (n_components, n_features)
        factors, covariances : ndarray
            Of as many numbers as the shape of the factors asks for. Without covariances the
            mixture answers, but cannot be fitted on.
        """
        parts = self._arrays()
        for part, given in zip(parts, (weights, means, factors, covariances)):
            if given is not None:
                part[:] = np.asarray(given).reshape(part.shape)

    def get(self):
        """Copies of weights, means, factors and covariances.

        Factors and covariances have the shape (n_matrices, n_features, n_columns).
        """
        weights, means, factors, covariances = self._arrays()
        return weights.copy(), means.copy(), _copy(factors), _copy(covariances)

    def like_without_covariances(self):
        """New parameters of the same shape, without room for covariances."""
        shape = self.n_matrices, self.n_columns
        return Parameters(self.n_components, self.n_features, shape, False)

    def _arrays(self):
        """Arrays that share memory with this; kept, since short runs ask for them often."""
        cdef Py_ssize_t K = self.n_components, d = self.n_features
        if self._parts is not None:
            return self._parts
        numbers = np.asarray(self._numbers)
        shape = self.n_matrices, d, self.n_columns
        n = self._n_kept - K - K * d
        self._parts = (
            numbers[:K],
            numbers[K:K + K * d].reshape(K, d),
            numbers[K + K * d:self._n_kept].reshape(shape),
            numbers[self._n_kept:self._n_kept + n].reshape(shape),
        )
        return self._parts

    cdef const double* mean(self, Py_ssize_t k) noexcept nogil:
        return self.means + k * self.n_features

    cdef double* factor(self, Py_ssize_t k) noexcept nogil:
        """The factor of component k's precision; the one factor that all share, if they do."""
        return self.factors + min(k, self.n_matrices - 1) * self.n_features * self.n_columns

    cdef double* covariance(self, Py_ssize_t k) noexcept nogil:
        return self.covariances + min(k, self.n_matrices - 1) * self.n_features * self.n_columns

    cdef void forget(self) noexcept nogil:
        """Make the parameters those of a new object: equal weights, all else zero."""
        cdef Py_ssize_t i, k
        for i in range(self._numbers.shape[0]):
            self._numbers[i] = 0
        for k in range(self.n_components):
            self.weights[k] = 1.0 / self.n_components
            self.collapsed[k] = 0

    cdef void copy_from(self, Parameters other) noexcept nogil:
        """Copy weights, means and factors of parameters of the same shape."""
        memcpy(&self._numbers[0], &other._numbers[0], self._n_kept * sizeof(double))

    cdef int recover_covariances(self) except -1 nogil:
        """Derive all covariances from the factors of their inverses."""
        cdef Py_ssize_t k
        for k in range(self.n_matrices):
            self.recover_covariance(k)
        return 0

    cdef int recover_covariance(self, Py_ssize_t k) except -1 nogil:
        """Derive component k's covariance from the factor of its inverse."""
        cdef Py_ssize_t j, d = self.n_features
        cdef const double* factor = self.factor(k)
        cdef double* covariance = self.covariance(k)
        cdef double* scratch
        if self.n_columns == 1:
            for j in range(d):
                covariance[j] = 1 / factor[j] ** 2
            return 0
        scratch = <double*>malloc(d * d * sizeof(double))
        if scratch == NULL:
            with gil:
                raise MemoryError("no memory for a covariance matrix")
        try:
            recover_covariance(factor, d, scratch, covariance)
        finally:
            free(scratch)
        return 0


cdef object _copy(part):
    """Copy an array; gigabytes of matrices one by one, so that Ctrl-C is heard in between."""
    if part.size < LARGE_COPY:
        return part.copy()
    copied = np.empty_like(part)
    for k in range(len(part)):
        PyErr_CheckSignals()
        copied[k] = part[k]
    return copied


cdef class Density:
    """Log-densities of a strip of rows under each component.

    A subclass implements `use` and `log_densities`.

    Parameters
    ----------
    n_components, n_features : int

    Attributes
    ----------
    n_extra : int
        Columns that `expand` writes before the features of a strip.
    work_per_row : int
        Multiply-adds of a row, of the moments too.
    """

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features):
        self.n_components, self.n_features = n_components, n_features
        self.n_extra = 0
        self.work_per_row = n_components * n_features
        self.common = 0
        self.constants = np.zeros(n_components)

    cdef bint use(self, Parameters parameters) except -1 nogil:
        """Prepare for parameters; returns whether log-densities keep enough digits under them."""
        return True

    cdef void expand(self, double* strip, Py_ssize_t height) noexcept nogil:
        """Write `n_extra` columns, functions of the features, before a strip."""

    cdef void log_densities(
        self,
        const double* strip,        # IN   (n_features, height)
        Py_ssize_t height,
        double* log_density,        # OUT  (n_components, height), and a row that a tile may use
    ) noexcept nogil:
        """Log-density plus log weight. Summed over all rows, `common` is missing in them."""


cdef class Moments:
    """Sums over rows, weighted by responsibilities.

    A subclass implements `add` and `collect`.

    Attributes
    ----------
    n_sums : int
        Numbers of a table of sums.
    n_scratch : int
        Columns of a strip that `add` needs as scratch.
    skips_rows : bool
        Whether `add` leaves rows out whose responsibility is negligible.
    needs_all_rows : bool
        Whether the responsibilities of every row have to add up to its weight.
    """

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features):
        self.n_components, self.n_features = n_components, n_features
        self.n_scratch = 0
        self.skips_rows = self.needs_all_rows = False

    cdef void place_origins(self, Statistics statistics, Parameters parameters) noexcept nogil:
        """Choose the origins of the next pass: here, the current means."""
        cdef Py_ssize_t k
        for k in range(self.n_components):
            memcpy(statistics.origin(k), parameters.mean(k), self.n_features * sizeof(double))

    cdef void add(
        self,
        const double* strip,        # IN   (n_features + 2, height): then a row of ones, one of zeros
        Py_ssize_t height,
        const double* resp,         # IN   (n_components, height), and a row that a tile may use
        const double* reach,        # IN   (height,) see `responsibilities.measure_reach`
        const double* thresholds,   # IN   (n_components,) products of resp and reach that count
        Statistics about,           # IN   its origins
        double* scratch,            # (n_scratch, height)
        int64_t* picked,            # (height,) scratch
        double* sums,               # INOUT (n_sums,)
    ) noexcept nogil:
        """Add the sums of a strip to a table."""

    cdef void collect(self, const double* sums, Statistics statistics) noexcept nogil:
        """Write the counts, sums and scatters of a table that holds the sums of all rows."""


cdef class Maximiser:
    """The M step: statistics to parameters.

    A compiled subclass implements the C method `maximise`. A subclass in Python implements
    ``step(statistics, parameters)``, which takes the GIL once a pass.

    Parameters
    ----------
    limits : VarianceLimits
    smallest_count : float
        A component whose count is below has no rows to speak of: one row, or its weight.
    """

    def __init__(self, VarianceLimits limits, double smallest_count):
        self.limits = limits
        self.smallest_count = smallest_count

    def step(self, statistics, parameters):
        """Change parameters in place.

        Parameters
        ----------
        statistics : Statistics
        parameters : Parameters

        Returns
        -------
        collapsed : ndarray of shape (n_components,), bool
        """
        raise NotImplementedError("a Maximiser needs a method `step`")

    cdef Py_ssize_t maximise(
        self, Statistics statistics, Parameters parameters
    ) except -1 nogil:
        """Write new parameters; returns how many covariances and components have collapsed."""
        cdef Py_ssize_t k, n_collapsed = 0
        with gil:
            collapsed = self.step(statistics, parameters)
            for k in range(parameters.n_components):
                parameters.collapsed[k] = bool(collapsed[k])
                n_collapsed += parameters.collapsed[k]
        return n_collapsed

    cdef void take_weights(self, Statistics statistics, Parameters parameters) noexcept nogil:
        """Set the weights to shares of the count."""
        cdef Py_ssize_t k
        cdef double total = statistics.total_count()
        for k in range(parameters.n_components):
            parameters.weights[k] = (
                statistics.counts_at[k] / total if total > 0 else 1.0 / parameters.n_components
            )

    cdef bint is_empty(self, Statistics statistics, Py_ssize_t k) noexcept nogil:
        """Whether component k has less than a row's weight."""
        return statistics.counts_at[k] < self.smallest_count


cdef class Model:
    """Parameters, statistics, an M step, and the density and moments in use.

    Parameters
    ----------
    parameters : Parameters
    statistics : Statistics
    maximiser : Maximiser
    make_exact : callable
        Returns a Density and Moments that measure differences from each mean.
    quick : tuple of Density and Moments, or None
        Quicker ones, used while they keep enough digits.
    """

    def __init__(self, parameters, statistics, maximiser, make_exact, quick=None):
        self.parameters, self.statistics = parameters, statistics
        self.maximiser = maximiser
        self._make_exact = make_exact
        self._quick = quick
        if quick is not None:
            self._quick_density = quick[0]
        self.exchange(exact=quick is None)

    cdef int exchange(self, bint exact) except -1 nogil:
        """Put the exact or the quick density and moments to work; needs the GIL only for that."""
        if self.density is not None and self.is_exact == exact:
            return 0
        with gil:
            if exact and self._exact is None:
                self._exact = self._make_exact()
            self.density, self.moments = self._exact if exact else self._quick
            self.is_exact = exact
        return 0

    cdef int forget(self) except -1 nogil:
        """Forget earlier runs: a start finds in a used model what it finds in a new one."""
        self.parameters.forget()
        return self.exchange(exact=self._quick_density is None)

    cdef int use(self) except -1 nogil:
        """Prepare the next pass, under the current parameters."""
        if self._quick_density is not None and self._quick_density.use(self.parameters):
            return self.exchange(exact=False)
        return self.use_exact()

    cdef int use_exact(self) except -1 nogil:
        """Prepare the next pass, with differences from each mean."""
        self.exchange(exact=True)
        self.density.use(self.parameters)
        return 0
