"""Parameters of a mixture, and the limits of its variances, as the kernels keep them.

Means are kept less the shift of the frame in which rows are read.
"""
from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport INFINITY, log
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from ..core.cholesky cimport recover_covariance as invert_precision

import numpy as np

cdef extern from "<float.h>":
    const double DBL_MAX

# A floor of at least this share of the usual one keeps enough digits in every covariance.
cdef double SAFE_SHARE_OF_RESCUE = 1e-3

# Numbers of parameters at most: 2^53, more than any memory holds, so that sizes do not overflow.
cdef double MAX_NUMBERS = 9007199254740992.0

cdef enum:
    LARGE_COPY = 10000000       # numbers


cdef class VarianceLimits:
    """Variances that are added to a covariance, or that it is compared with, of each feature.

    Parameters
    ----------
    numbers : ndarray of shape (4, n_features), float64, contiguous
        In squared units of X, read in place. The floor is added to every variance. The limit: a
        component has collapsed if its variance in some direction is no more than the variance of
        independent features with these variances. The rescue is added to a covariance that cannot
        be factorised, then ten times as much and so on, if the component has had no other
        covariance yet. The rounding: a variance of at most this is rounding.

    Attributes
    ----------
    is_floor_small : bool
        Whether covariances may lose all their digits in spite of the floor.
    """

    def __init__(self, const double[:, ::1] numbers not None):
        cdef Py_ssize_t j, d = numbers.shape[1]
        if numbers.shape[0] != 4 or d < 1:
            raise ValueError("floor, limit, rescue and rounding must have a number a feature")
        self._numbers = numbers
        self.n_features = d
        self.floor = &numbers[0, 0]
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
    memory : tuple of three ndarray, or None
        Weights, means and factors that are read in place, see `borrow`.

    Attributes
    ----------
    noise_weight : float
        Weight of noise, which the weights of the components are short of 1.
    log_volume : float
        Logarithm of the volume in which noise has a constant density, in units of X to the power
        of the number of features. Infinite, as at first: no noise.
    """

    def __cinit__(
        self, Py_ssize_t n_components, Py_ssize_t n_features, tuple factor_shape not None,
        bint has_covariances=True, tuple memory=None,
    ):
        cdef Py_ssize_t K = n_components, d = n_features, n_matrices, n_columns
        if K < 1 or d < 1:
            raise ValueError("a mixture needs a component and a feature")
        n_matrices, n_columns = factor_shape
        if not (n_columns == d and (n_matrices == K or n_matrices == 1)
                or n_columns == 1 and n_matrices == K):
            raise ValueError(
                "parameters of %d components and %d features have no factors of shape %r"
                % (K, d, factor_shape)
            )
        self.n_components, self.n_features = K, d
        self.n_matrices, self.n_columns = n_matrices, n_columns
        self.noise_weight, self.log_volume = 0, INFINITY
        if memory is not None:
            self._read_in_place(memory[0], memory[1], memory[2])
            return
        if 2.0 * n_matrices * d * n_columns + K * (1.0 + d) > MAX_NUMBERS:
            raise MemoryError("no memory for so many parameters")
        self._n_kept = n_matrices * d * n_columns + K * (1 + d)
        self._numbers = np.zeros(
            self._n_kept + (n_matrices * d * n_columns if has_covariances else 0)
        )
        self.weights = &self._numbers[0]
        self.means = self.weights + K
        self.factors = self.means + K * d
        if has_covariances:
            self.covariances = self.weights + self._n_kept
        self.collapsed = np.zeros(K, dtype=np.int32)
        self.forget()

    @staticmethod
    def borrow(weights, means, factors, factor_shape):
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
        n_components, n_features = means.shape
        return Parameters(n_components, n_features, factor_shape, False, (weights, means, factors))

    cdef int _read_in_place(
        self, const double[::1] weights, const double[:, ::1] means, const double[::1] factors
    ) except -1:
        """Read the numbers of arrays, which are kept alive."""
        if (
            weights.shape[0] != self.n_components
            or means.shape[0] != self.n_components or means.shape[1] != self.n_features
            or factors.shape[0] != self.n_matrices * self.n_features * self.n_columns
        ):
            raise ValueError("weights, means and factors do not fit each other")
        self._owners = (weights, means, factors)
        self.weights = <double*>&weights[0]
        self.means = <double*>&means[0, 0]
        self.factors = <double*>&factors[0]
        return 0

    def set(self, weights, means, factors, covariances=None, double noise_weight=0):
        """Copy parameters from arrays; means are less the frame's shift.

        Parameters
        ----------
        weights : ndarray of shape (n_components,)
        means : ndarray of shape (n_components, n_features)
        factors, covariances : ndarray
            Of as many numbers as the shape of the factors asks for. Without covariances the
            mixture answers, but cannot be fitted on.
        noise_weight : float, default=0
        """
        parts = self._arrays()
        if covariances is not None and self.covariances == NULL:
            raise ValueError("these parameters have no room for covariances")
        _fill(parts[0], weights)
        _fill(parts[1], means)
        _fill(parts[2], factors)
        self.noise_weight = noise_weight
        if covariances is not None:
            _fill(parts[3], covariances)

    def get(self):
        """Copies of weights, means, factors and, if there is room for them, covariances.

        Factors and covariances have the shape (n_matrices, n_features, n_columns).
        """
        return tuple([_copy(part) for part in self._arrays()])

    def copy(self):
        """A copy with memory of its own."""
        shape = self.n_matrices, self.n_columns
        cdef Parameters copied = Parameters(
            self.n_components, self.n_features, shape, self.covariances != NULL
        )
        memcpy(
            &copied._numbers[0], &self._numbers[0], self._numbers.shape[0] * sizeof(double)
        )
        copied.noise_weight, copied.log_volume = self.noise_weight, self.log_volume
        return copied

    def like_without_covariances(self):
        """New parameters of the same shape, without room for covariances."""
        shape = self.n_matrices, self.n_columns
        cdef Parameters like = Parameters(self.n_components, self.n_features, shape, False)
        like.log_volume = self.log_volume
        return like

    def _arrays(self):
        """Arrays that share memory with this; kept, since short runs ask for them often."""
        cdef Py_ssize_t K = self.n_components, d = self.n_features
        if self._parts is not None:
            return self._parts
        if self._owners is not None:
            raise ValueError("these parameters are in the memory of the arrays that were given")
        numbers = np.asarray(self._numbers)
        shape = self.n_matrices, d, self.n_columns
        self._parts = (
            numbers[:K],
            numbers[K:K + K * d].reshape(K, d),
            numbers[K + K * d:self._n_kept].reshape(shape),
        )
        if self.covariances != NULL:
            self._parts += (numbers[self._n_kept:].reshape(shape),)
        return self._parts

    cdef const double* mean(self, Py_ssize_t k) noexcept nogil:
        return self.means + k * self.n_features

    cdef double* factor(self, Py_ssize_t k) noexcept nogil:
        """The factor of component k's precision; the one factor that all share, if they do."""
        return self.factors + min(k, self.n_matrices - 1) * self.n_features * self.n_columns

    cdef double* covariance(self, Py_ssize_t k) noexcept nogil:
        return self.covariances + min(k, self.n_matrices - 1) * self.n_features * self.n_columns

    cdef void forget(self) noexcept nogil:
        """Reset all parameters to the values of a new object: equal weights, all else zero."""
        cdef Py_ssize_t i, k
        self.noise_weight = 0
        for i in range(self._numbers.shape[0]):
            self._numbers[i] = 0
        for k in range(self.n_components):
            self.weights[k] = 1.0 / self.n_components
            self.collapsed[k] = 0

    cdef double log_noise(self) noexcept nogil:
        """Log-density plus log weight of noise; -DBL_MAX if there is none."""
        if self.noise_weight > 0 and self.log_volume < INFINITY:
            return log(self.noise_weight) - self.log_volume
        return -DBL_MAX

    cdef double fall_by_floor(self, Parameters before, const double* floor) noexcept nogil:
        """How far the M step to these parameters may lower the bound because it adds the floor.

        It raises the likelihood less half the mean of ``tr(covariance^-1 floor)``.
        """
        cdef double fall = (
            before._floor_share(floor, self.weights) - self._floor_share(floor, self.weights)
        )
        return max(0.0, 0.5 * fall)

    cdef double _floor_share(self, const double* floor, const double* weights) noexcept nogil:
        """Mean of ``tr(covariance^-1 floor)`` over the components, by given weights."""
        cdef Py_ssize_t k, i, j
        cdef const double* factors = self.factors
        cdef double total = 0, share
        for k in range(self.n_matrices):
            share = 0
            for i in range(self.n_features):
                for j in range(self.n_columns):
                    share += floor[i] * factors[j] * factors[j]
                factors += self.n_columns
            if self.n_matrices < self.n_components:
                total += share
            else:
                total += weights[k] * share
        return total

    cdef void copy_from(self, Parameters other) noexcept nogil:
        """Copy weights, means and factors of parameters of the same shape."""
        memcpy(&self._numbers[0], &other._numbers[0], self._n_kept * sizeof(double))
        self.noise_weight = other.noise_weight

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
            invert_precision(factor, d, scratch, covariance)
        finally:
            free(scratch)
        return 0


cdef int _fill(part, given) except -1:
    """Copy numbers of any shape, if any are given, to an array of as many."""
    if given is not None:
        given = np.asarray(given)
        part[...] = given if given.shape == part.shape else given.reshape(part.shape)
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
