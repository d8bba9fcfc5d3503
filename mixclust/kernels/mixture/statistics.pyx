"""The additive statistics of a pass over rows: all numbers that an M step reads.

Counts, sums and scatters are weighted by responsibilities and taken about an origin for each
component, for example its current mean, so that no covariance is the difference of large numbers.
Statistics of parts of the rows add up: see the subclass in `_mixture.statistics`.
"""
from libc.stdlib cimport calloc, free

import numpy as np

# Numbers of statistics at most: 2^53, more than any memory holds, so that sizes do not overflow.
cdef double MAX_NUMBERS = 9007199254740992.0


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
    noise_count : float
        Sum of weights times responsibilities of noise; 0 where there is none.
    """

    def __cinit__(
        self, Py_ssize_t n_components, Py_ssize_t n_features, tuple scatter_shape not None
    ):
        cdef Py_ssize_t K = n_components, d = n_features, n_scatters, n_rows, n_columns
        if K < 1 or d < 1:
            raise ValueError("statistics need a component and a feature")
        n_scatters, n_rows, n_columns = scatter_shape
        if not (
            n_rows == n_columns == d and (n_scatters == 1 or n_scatters == K)
            or n_columns == 1 and n_scatters == K and (n_rows == 1 or n_rows == d)
        ):
            raise ValueError(
                "statistics of %d components and %d features have no scatters of shape %r"
                % (K, d, scatter_shape)
            )
        if <double>n_scatters * n_rows * n_columns + K * (3.0 + 2.0 * d) > MAX_NUMBERS:
            raise MemoryError("no memory for so many statistics")
        self.n_components, self.n_features = K, d
        self.n_scatters, self.n_rows, self.n_columns = n_scatters, n_rows, n_columns
        self._numbers = np.zeros(n_scatters * n_rows * n_columns + K * (3 + 2 * d))
        self.counts_at = &self._numbers[0]
        self.sums_at = self.counts_at + K
        self.scatters_at = self.sums_at + K * d
        self.origins_at = self.scatters_at + n_scatters * n_rows * n_columns

    # ------------------------------------------------------------------ for Python

    @property
    def scatter_shape(self):
        """Shape of the scatters, as the constructor takes it."""
        return self.n_scatters, self.n_rows, self.n_columns

    @property
    def numbers(self):
        """Counts, sums, scatters and origins, in the order of statistics.pxd: no copy."""
        return np.asarray(self._numbers)

    @property
    def counts(self):
        """Sum of weights times responsibilities, (n_components,)."""
        return self.numbers[:self.n_components].copy()

    def means(self):
        """Weighted means of the rows of each component; the origin where there are none.

        Returns
        -------
        means : ndarray of shape (n_components, n_features), float64
        """
        cdef Py_ssize_t k, j
        found = np.empty((self.n_components, self.n_features))
        cdef double[:, ::1] means = found
        for k in range(self.n_components):
            for j in range(self.n_features):
                means[k, j] = self.origin(k)[j]
                if self.counts_at[k] > 0:
                    means[k, j] += self.shift(k, j)
        return found

    def covariances(self):
        """Scatters about the means, divided by the counts; zero for a component without rows.

        Returns
        -------
        covariances : ndarray of shape `scatter_shape`, float64
            Of a trace, the mean variance of the features.
        """
        cdef Py_ssize_t k
        found = np.zeros(self.scatter_shape)
        cdef double[:, :, ::1] covariances = found
        for k in range(self.n_scatters):
            self.write_covariance(k, &covariances[k, 0, 0])
        return found

    def move_to(self, const double[:, ::1] origins not None):
        """Take the sums about other origins, in place.

        Parameters
        ----------
        origins : ndarray of shape (n_components, n_features), float64, contiguous
        """
        if origins.shape[0] != self.n_components or origins.shape[1] != self.n_features:
            raise ValueError("the origins do not fit the statistics")
        self.take_about(&origins[0, 0], self.n_features)

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

    cdef void need_noise(self, double share) noexcept nogil:
        """Give noise a share of the count of all components where it has no rows."""
        if not self.noise_count > 0:
            self.noise_count = share * self.total_count()

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

    cdef void take_about(
        self,
        const double* origins,      # IN   (n_components, stride) the features first
        Py_ssize_t stride,
    ) noexcept nogil:
        """Take counts, sums and scatters about other origins."""
        cdef Py_ssize_t j, k, d = self.n_features
        cdef bint differs
        for k in range(self.n_components):
            differs = False
            for j in range(d):
                differs |= self.origin(k)[j] != origins[k * stride + j]
            if differs:
                self._take_one_about(k, origins + k * stride)

    cdef void _take_one_about(self, Py_ssize_t k, const double* new) noexcept nogil:
        """Move the origin of component k by a step s: a scatter S with the sums t and the count n
        becomes ``S + t s' + s t' + n s s'``."""
        cdef Py_ssize_t i, j, d = self.n_features
        cdef double* scatter = self.scatters_at if self.n_scatters == 1 else self.scatter(k)
        cdef double* sums = self.sums_at + k * d
        cdef double* origin = self.origin(k)
        cdef double n = self.counts_at[k], step, change
        for i in range(d):
            step = origin[i] - new[i]
            if self.n_columns > 1:
                for j in range(i + 1):
                    change = sums[i] * (origin[j] - new[j]) + step * sums[j]
                    change += n * (step * (origin[j] - new[j]))
                    scatter[i * d + j] += change
                    scatter[j * d + i] = scatter[i * d + j]
            else:
                scatter[i if self.n_rows > 1 else 0] += 2 * sums[i] * step + n * (step * step)
        for j in range(d):
            sums[j] += n * (origin[j] - new[j])
            origin[j] = new[j]

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
