"""The additive statistics of a pass over rows: all numbers that an M step reads.

Counts, sums and scatters are weighted by responsibilities and taken about an origin for each
component, for example its current mean, so that no covariance is the difference of large numbers.
Statistics of parts of the rows add up to the statistics of all rows.
"""
from libc.stdlib cimport calloc, free

import math

import numpy as np


cdef class Statistics:
    """Counts, sums and scatters of components, about an origin for each.

    Parameters
    ----------
    n_components, n_features : int
    scatter_shape : tuple of three int
        ``(n_components, n_features, n_features)`` for a scatter matrix of each component,
        ``(1, n_features, n_features)`` for the sum of all scatter matrices,
        ``(n_components, n_features, 1)`` for their diagonals,
        ``(n_components, 1, 1)`` for their traces.

    Attributes
    ----------
    log_likelihood : float
        Weighted log-likelihood of the rows under the parameters of the pass, in nats.
    """

    def __cinit__(self, Py_ssize_t n_components, Py_ssize_t n_features, scatter_shape):
        cdef Py_ssize_t K = n_components, d = n_features, n_numbers
        cdef object n_all
        if K < 1 or d < 1:
            raise ValueError("statistics need a component and a feature")
        if tuple(scatter_shape) not in ((K, d, d), (1, d, d), (K, d, 1), (K, 1, 1)):
            raise ValueError(
                f"statistics of {K} components and {d} features have no scatters of shape "
                f"{tuple(scatter_shape)}"
            )
        self.n_components, self.n_features = K, d
        self.n_scatters, self.n_rows, self.n_columns = scatter_shape
        # In Python's integers, which do not overflow; NumPy refuses too large an array.
        n_all = math.prod(scatter_shape) + (<object>K) * (3 + 2 * <object>d)
        self._numbers = np.zeros(n_all)
        n_numbers = self.n_scatters * self.n_rows * self.n_columns
        self.counts_at = &self._numbers[0]
        self.sums_at = self.counts_at + K
        self.scatters_at = self.sums_at + K * d
        self.origins_at = self.scatters_at + n_numbers

    # ------------------------------------------------------------------ for Python

    @property
    def scatter_shape(self):
        """Shape of the scatters, as the constructor takes it."""
        return self.n_scatters, self.n_rows, self.n_columns

    def _views(self):
        """Counts, sums, scatters and padded origins: arrays that share memory with this."""
        cdef Py_ssize_t K = self.n_components, d = self.n_features
        cdef Py_ssize_t scatters_begin = K + K * d, origins_begin
        origins_begin = scatters_begin + self.n_scatters * self.n_rows * self.n_columns
        numbers = np.asarray(self._numbers)
        return (
            numbers[:K],
            numbers[K:scatters_begin].reshape(K, d),
            numbers[scatters_begin:origins_begin].reshape(self.scatter_shape),
            numbers[origins_begin:].reshape(K, d + 2),
        )

    @property
    def counts(self):
        """Sum of weights times responsibilities, (n_components,)."""
        return self._views()[0].copy()

    @property
    def sums(self):
        """Weighted sums of rows less the origin, (n_components, n_features)."""
        return self._views()[1].copy()

    @property
    def scatters(self):
        """Weighted scatters of rows about the origin, of shape `scatter_shape`."""
        return self._views()[2].copy()

    @property
    def origins(self):
        """The point that is subtracted from rows, (n_components, n_features), in units of X."""
        return self._views()[3][:, :self.n_features].copy()

    def means(self):
        """Weighted means of the rows of each component; the origin where there are none.

        Returns
        -------
        means : ndarray of shape (n_components, n_features), float64
        """
        counts, sums, _, origins = self._views()
        counts = counts[:, np.newaxis]
        return origins[:, :self.n_features] + sums / np.where(counts > 0, counts, 1.0)

    def covariances(self):
        """Scatters about the means, divided by the counts; zero for a component without rows.

        Returns
        -------
        covariances : ndarray of shape `scatter_shape`, float64
            Of a trace, the mean variance of the features.
        """
        cdef Py_ssize_t k
        cdef double[:, :, ::1] found = np.zeros(self.scatter_shape)
        for k in range(self.n_scatters):
            self.write_covariance(k, &found[k, 0, 0])
        return np.asarray(found)

    def about(self, origins):
        """The same statistics about other origins.

        Parameters
        ----------
        origins : ndarray of shape (n_components, n_features), float64

        Returns
        -------
        statistics : Statistics
        """
        origins = np.asarray(origins, dtype=np.float64)
        if origins.shape != (self.n_components, self.n_features):
            raise ValueError(
                f"origins must have shape ({self.n_components}, {self.n_features}), not "
                f"{origins.shape}"
            )
        moved = self.copy()
        counts, sums, scatters, own = moved._views()
        step = own[:, :self.n_features] - origins
        if self.n_columns > 1:
            cross = sums[:, :, np.newaxis] * step[:, np.newaxis]
            change = (
                cross + np.swapaxes(cross, 1, 2)
                + counts[:, np.newaxis, np.newaxis] * step[:, :, np.newaxis] * step[:, np.newaxis]
            )
        else:
            change = (2 * sums * step + counts[:, np.newaxis] * step**2)[:, :, np.newaxis]
            if self.n_rows == 1:
                change = change.sum(axis=1, keepdims=True)
        if self.n_scatters < self.n_components:
            change = change.sum(axis=0, keepdims=True)
        scatters += change
        sums += counts[:, np.newaxis] * step
        own[:, :self.n_features] = origins
        return moved

    def shifted(self, shift):
        """The same statistics of rows that all lie `shift` further, an array (n_features,)."""
        if np.shape(shift) != (self.n_features,):
            raise ValueError(f"shift must have shape ({self.n_features},), not {np.shape(shift)}")
        moved = self.copy()
        moved._views()[3][:, :self.n_features] += shift
        return moved

    def copy(self):
        """A copy that shares no memory with this."""
        cdef Statistics copied = Statistics(self.n_components, self.n_features, self.scatter_shape)
        copied._numbers[:] = self._numbers
        copied.log_likelihood = self.log_likelihood
        return copied

    def _check_like(self, other):
        if not isinstance(other, Statistics):
            raise TypeError(f"statistics add to statistics, not to {type(other).__name__}")
        if (self.n_features, self.scatter_shape) != (other.n_features, other.scatter_shape) or (
            self.n_components != other.n_components
        ):
            raise ValueError(
                f"statistics of {self.n_components} components, {self.n_features} features and "
                f"scatters of shape {self.scatter_shape} do not add to statistics of "
                f"{other.n_components}, {other.n_features} and {other.scatter_shape}"
            )

    def __iadd__(self, other):
        self._check_like(other)
        other = other.about(self.origins)
        for own, more in zip(self._views()[:3], other._views()[:3], strict=True):
            own += more
        self.log_likelihood += other.log_likelihood
        return self

    def __add__(self, other):
        self._check_like(other)
        added = self.copy()
        added += other
        return added

    def __imul__(self, factor):
        """Count every row `factor` times, a number."""
        factor = float(factor)  # or raises, before any sum is changed
        for own in self._views()[:3]:
            np.multiply(own, factor, out=own)
        self.log_likelihood *= factor
        return self

    def __eq__(self, other):
        if not isinstance(other, Statistics):
            return NotImplemented
        return (
            self.scatter_shape == other.scatter_shape
            and self.log_likelihood == other.log_likelihood
            and all(
                np.array_equal(own, its)
                for own, its in zip(self._views(), other._views(), strict=True)
            )
        )

    __hash__ = None

    def __reduce__(self):
        numbers = np.array(self._numbers)
        shape = self.n_components, self.n_features, self.scatter_shape
        return _unpickle, (*shape, numbers, self.log_likelihood)

    # ------------------------------------------------------------------ for kernels

    cdef double* scatter(self, Py_ssize_t k) noexcept nogil:
        return self.scatters_at + k * self.n_rows * self.n_columns

    cdef double* origin(self, Py_ssize_t k) noexcept nogil:
        return self.origins_at + k * (self.n_features + 2)

    cdef double shift(self, Py_ssize_t k, Py_ssize_t j) noexcept nogil:
        """Distance in feature j from the origin of component k, which has rows, to its mean."""
        return self.sums_at[k * self.n_features + j] / self.counts_at[k]

    cdef double total_count(self) noexcept nogil:
        """The count of all components: the rows' weight, or a little less."""
        cdef Py_ssize_t k
        cdef double total = 0
        for k in range(self.n_components):
            total += self.counts_at[k]
        return total

    cdef int write_covariance(self, Py_ssize_t k, double* covariance) except -1 nogil:
        """Write scatter k about the mean, divided by the count; nothing if the count is zero."""
        cdef Py_ssize_t i, j, d = self.n_features
        cdef const double* scatter = self.scatter(k)
        cdef const double* sums = self.sums_at + k * d
        cdef double n = self.counts_at[k], shift, squares
        if self.n_scatters < self.n_components:
            return self._write_pooled_covariance(covariance)
        if not n > 0:
            return 0
        if self.n_rows == 1:
            squares = scatter[0]
            for j in range(d):
                squares -= sums[j] / n * sums[j]
            covariance[0] = squares / d / n
            return 0
        if self.n_columns == 1:
            for i in range(d):
                shift = sums[i] / n
                covariance[i] = scatter[i] / n - shift * shift
            return 0
        for i in range(d):
            shift = sums[i] / n
            for j in range(i + 1):
                covariance[i * d + j] = scatter[i * d + j] / n - shift * (sums[j] / n)
        for i in range(1, d):
            for j in range(i):
                covariance[j * d + i] = covariance[i * d + j]
        return 0

    cdef int _write_pooled_covariance(self, double* covariance) except -1 nogil:
        """Write the scatter about the means, divided by the count of all components."""
        cdef Py_ssize_t i, j, k, d = self.n_features, K = self.n_components
        cdef double total = self.total_count()
        cdef double* shifts = <double*>calloc(K * d, sizeof(double))
        if shifts == NULL:
            with gil:
                raise MemoryError("no memory for the shifts of the means")
        for k in range(K):
            if self.counts_at[k] > 0:
                for j in range(d):
                    shifts[k * d + j] = self.shift(k, j)
        for i in range(d):
            for j in range(i + 1):
                covariance[i * d + j] = self.scatters_at[i * d + j]
                for k in range(K):
                    covariance[i * d + j] -= (
                        self.counts_at[k] * shifts[k * d + i] * shifts[k * d + j]
                    )
                if total > 0:
                    covariance[i * d + j] /= total
                covariance[j * d + i] = covariance[i * d + j]
        free(shifts)
        return 0

    cdef bint move_origins(self, const double* floor) noexcept nogil:
        """Move origins to the means where a covariance would lose more than four digits.

        A covariance is the scatter about the origin, less the square of the shift of the mean.
        Returns True if an origin was moved, so that the sums have to be taken again.
        """
        cdef Py_ssize_t k
        cdef bint moved = False
        if self.n_scatters < self.n_components:
            if self._is_pooled_scatter_lost(floor):
                for k in range(self.n_components):
                    self._move_origin(k)
                moved = True
            return moved
        for k in range(self.n_components):
            if self.counts_at[k] > 0 and self._is_scatter_lost(k, floor):
                self._move_origin(k)
                moved = True
        return moved

    cdef void _move_origin(self, Py_ssize_t k) noexcept nogil:
        cdef Py_ssize_t j
        if self.counts_at[k] > 0:
            for j in range(self.n_features):
                self.origin(k)[j] += self.shift(k, j)

    cdef bint _is_scatter_lost(self, Py_ssize_t k, const double* floor) noexcept nogil:
        """Whether a variance of component k is far less than the square of its mean's shift."""
        cdef Py_ssize_t j, d = self.n_features
        cdef const double* scatter = self.scatter(k)
        cdef const double* sums = self.sums_at + k * d
        cdef double n = self.counts_at[k], shift, mean_variance = 0, variance
        cdef bint lost = False
        if self.n_rows == 1:
            mean_variance = scatter[0] / n
            for j in range(d):
                shift = sums[j] / n
                mean_variance -= shift * shift
            mean_variance /= d
        for j in range(d):
            shift = sums[j] / n
            if self.n_rows == 1:
                variance = mean_variance
            else:
                variance = scatter[j * self.n_columns + (j if self.n_columns > 1 else 0)] / n
                variance -= shift * shift
            lost |= shift * shift > MAX_SQUARED_DISTANCE * (variance + floor[j])
        return lost

    cdef bint _is_pooled_scatter_lost(self, const double* floor) noexcept nogil:
        """Whether a feature varies far less within components than their means' shifts."""
        cdef Py_ssize_t j, k, d = self.n_features
        cdef double between, total = self.total_count()
        cdef bint lost = False
        for j in range(d):
            between = 0
            for k in range(self.n_components):
                if self.counts_at[k] > 0:
                    between += self.counts_at[k] * self.shift(k, j) * self.shift(k, j)
            lost |= between > MAX_SQUARED_DISTANCE * (
                self.scatters_at[j * d + j] - between + total * floor[j]
            )
        return lost


def _unpickle(n_components, n_features, scatter_shape, numbers, log_likelihood):
    cdef Statistics statistics = Statistics(n_components, n_features, scatter_shape)
    cdef const double[::1] given = numbers
    if given.shape[0] != statistics._numbers.shape[0]:
        raise ValueError("pickled statistics do not hold as many numbers as their shape has")
    statistics._numbers[:] = given
    statistics.log_likelihood = log_likelihood
    return statistics
