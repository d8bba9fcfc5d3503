"""A Gaussian mixture whose components have a variance for each feature, or one for all."""
from libc.math cimport log, sqrt
from libc.stdint cimport int64_t

import numpy as np

from .density_tiles cimport diagonal_log_density
from .em cimport FAR, Mixture
from .moment_tiles cimport add_diagonal_moments
from ..rows.dense_rows cimport DenseRows

cdef double LOG_2PI = 1.8378770664093454836


cdef class DiagonalMixture(Mixture):
    """A mixture of components whose features are independent.

    Parameters
    ----------
    rows, n_components, shard_bounds, map_tasks, total_weight
        As for `Mixture`.
    spherical : bool
        Whether a component's features share one variance.
    """

    def __init__(
        self, DenseRows rows, Py_ssize_t n_components, shard_bounds, map_tasks, double total_weight,
        bint spherical=False,
    ):
        cdef Py_ssize_t d = rows.n_features
        Mixture.__init__(self, rows, n_components, shard_bounds, map_tasks, total_weight)
        self.spherical = spherical
        self.set_work(8 * n_components * (d + 4), self.height)
        self.n_sums = n_components * 2 * (d + 2)
        self.n_factors, self.n_columns = n_components * d, 1
        self._covariances = np.zeros((n_components, d))
        self._precisions_cholesky = np.zeros((n_components, d))
        self._variances = np.zeros(d)

    def set_parameters(
        self, const double[::1] weights, const double[:, ::1] means,
        const double[:, ::1] precisions_cholesky, const double[:, ::1] covariances=None,
    ):
        """Set the parameters that the next pass uses; means are less the frame's shift."""
        self._weights[:] = weights
        self._means[:, :self.n_features] = means
        self._precisions_cholesky[:, :] = precisions_cholesky
        if covariances is not None:
            self._covariances[:, :] = covariances
        with nogil:
            self._use()

    @property
    def covariances(self):
        """Variances of the last M step, (n_components, n_features)."""
        return np.array(self._covariances)

    @property
    def precisions_cholesky(self):
        """Square roots of the precisions, (n_components, n_features)."""
        return np.array(self._precisions_cholesky)

    cdef void _use(self) noexcept nogil:
        """Derive what the next pass takes log-densities from."""
        cdef Py_ssize_t j, k, d = self.n_features
        for k in range(self.n_components):
            self._constants[k] = log(self._weights[k]) - 0.5 * d * LOG_2PI
            for j in range(d):
                self._constants[k] += log(self._precisions_cholesky[k, j])

    cdef void forget(self) noexcept nogil:
        Mixture.forget(self)
        self._covariances[:, :] = 0
        self._precisions_cholesky[:, :] = 0

    cdef double* factors(self) noexcept nogil:
        return &self._precisions_cholesky[0, 0]

    cdef int use_factors(self) except -1 nogil:
        cdef Py_ssize_t k, j
        for k in range(self.n_components):
            for j in range(self.n_features):
                self._covariances[k, j] = 1 / self._precisions_cholesky[k, j] ** 2
        self._use()
        return 0

    cdef void log_densities(
        self, const double* strip, double* log_density
    ) noexcept nogil:
        cdef Py_ssize_t k
        for k in range(self.n_components):
            diagonal_log_density(
                strip, self.height, self.n_features, &self._means[k, 0],
                &self._precisions_cholesky[k, 0], self._constants[k], log_density + k * self.height,
            )

    cdef void add_moments(
        self, const double* strip, const double* resp, const double* reach, double* scratch,
        int64_t* picked, double* sums,
    ) noexcept nogil:
        cdef Py_ssize_t k
        for k in range(self.n_components):
            add_diagonal_moments(
                strip, self.height, self.n_features, &self._centers[k, 0],
                resp + k * self.height, sums + 2 * (self.n_features + 2) * k,
            )

    cdef bint _find_far(self) noexcept nogil:
        """Move the centers from which some mean is far, to it; whether there are any."""
        cdef Py_ssize_t k, j, d = self.n_features
        cdef bint far, some = False
        cdef double n, delta, variance
        cdef const double* moments
        for k in range(self.n_components):
            moments = &self._sums[2 * (d + 2) * k]
            n = moments[2 * d]
            if not n > 0:
                continue
            far = False
            for j in range(d):
                delta = moments[2 * j] / n
                variance = moments[2 * j + 1] / n - delta * delta + self._floor[j]
                far |= delta * delta > FAR * variance
            if far:
                some = True
                for j in range(d):
                    self._centers[k, j] += moments[2 * j] / n
        return some

    cdef Py_ssize_t maximise(self) except -1 nogil:
        cdef Py_ssize_t k, j, d = self.n_features, n_collapsed = 0
        cdef double n, delta, mean, rounding, rescue, all_rounding = 0, all_rescue = 0
        cdef double* variances = &self._variances[0]
        cdef const double* moments
        if self._find_far():
            self.pass_again()
        for j in range(d):
            all_rescue += self._rescue[j] / d
            all_rounding += self._rounding[j] / d
        for k in range(self.n_components):
            moments = &self._sums[2 * (d + 2) * k]
            n = moments[2 * d]
            self._nk[k] = n
            self.collapse(k)
            mean = 0
            for j in range(d):
                variances[j] = 0
                if n > 0:
                    delta = moments[2 * j] / n
                    self._means[k, j] = self._centers[k, j] + delta
                    variances[j] = moments[2 * j + 1] / n - delta * delta + self._floor[j]
                mean += variances[j] / d
            for j in range(d):
                rounding, rescue = self._rounding[j], self._rescue[j]
                if self.spherical:
                    variances[j], rounding, rescue = mean, all_rounding, all_rescue
                if n > 0:
                    self._collapsed[k] |= not variances[j] > max(self._limit[j], rounding)
                self._take_variance(k, j, variances[j], rounding, rescue)
            n_collapsed += self._collapsed[k]
        self._set_weights()
        self._use()
        return n_collapsed

    cdef void _take_variance(
        self, Py_ssize_t k, Py_ssize_t j, double variance, double rounding, double rescue
    ) noexcept nogil:
        """Take a variance that is more than rounding; keep the one before, if any, otherwise.

        A variance that is kept cannot lower the likelihood.
        """
        if not variance > rounding:
            if self._precisions_cholesky[k, j] > 0:
                # Parameters that were set may have had no variances.
                self._covariances[k, j] = 1 / self._precisions_cholesky[k, j] ** 2
                return
            variance = max(rescue, rounding)
        self._covariances[k, j] = variance
        self._precisions_cholesky[k, j] = 1 / sqrt(variance)
