"""M steps of maximum likelihood, with a floor under the variances.

An M step takes any statistics of its shape, wherever they come from. Where a covariance is
singular to rounding, the one before is kept: with any other the likelihood could fall.
"""
from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport sqrt

import numpy as np

from ..core.cholesky cimport precision_factor
from .model cimport Maximiser
from .parameters cimport Parameters
from .statistics cimport Statistics

cdef enum:
    MANY_FEATURES = 100     # work on a matrix may take milliseconds


cdef int look_for_signals(Py_ssize_t n_features) except -1 nogil:
    """Look for Ctrl-C between two large matrices."""
    if n_features >= MANY_FEATURES:
        with gil:
            PyErr_CheckSignals()
    return 0


cdef void take_means(Statistics statistics, Parameters parameters) noexcept nogil:
    """Set the means; a component without rows keeps its mean."""
    cdef Py_ssize_t j, k, d = parameters.n_features
    cdef double n
    cdef const double* origin
    cdef const double* sums
    for k in range(parameters.n_components):
        n = statistics.counts_at[k]
        origin, sums = statistics.origin(k), statistics.sums_at + k * d
        if n > 0:
            for j in range(d):
                parameters.means[k * d + j] = origin[j] + sums[j] / n


cdef void add_floor(
    double* covariance,         # INOUT (n_features, n_features)
    const double* floor,        # IN   (n_features,)
    double share,
    Py_ssize_t n_features,
) noexcept nogil:
    """Add a multiple of the floor to the diagonal of a matrix."""
    cdef Py_ssize_t i
    for i in range(n_features):
        covariance[i * n_features + i] += share * floor[i]


cdef class FullMaximiser(Maximiser):
    """A covariance matrix for each component, from scatter matrices.

    Parameters
    ----------
    limits, smallest_count
        As for `Maximiser`.
    """

    cdef double[:, ::1] _scratch

    def __init__(self, limits, smallest_count):
        Maximiser.__init__(self, limits, smallest_count)
        d = limits.n_features
        self._scratch = np.zeros((d, d))

    def shapes(self, n_components, n_features):
        return (n_components, n_features, n_features), (n_components, n_features)

    cdef Py_ssize_t maximise(
        self, Statistics statistics, Parameters parameters
    ) except -1 nogil:
        cdef Py_ssize_t k, d = parameters.n_features, n_collapsed = 0
        take_means(statistics, parameters)
        for k in range(parameters.n_components):
            look_for_signals(d)
            if statistics.counts_at[k] > 0:
                statistics.write_covariance(k, parameters.covariance(k))
                add_floor(parameters.covariance(k), self.limits.floor, 1, d)
        for k in range(parameters.n_components):
            look_for_signals(d)
            if statistics.counts_at[k] > 0:
                n_collapsed += self._factorise(statistics, parameters, k)
            else:
                n_collapsed += self._keep(statistics, parameters, k)
        self.take_weights(statistics, parameters)
        return n_collapsed

    cdef Py_ssize_t _factorise(
        self, Statistics statistics, Parameters parameters, Py_ssize_t k
    ) except -1 nogil:
        """Factorise component k's covariance; returns 1 if the component has collapsed."""
        parameters.collapsed[k] = self.is_empty(statistics, k)
        parameters.collapsed[k] |= precision_factor(
            parameters.covariance(k), parameters.n_features, self.limits.limit,
            self.limits.rescue, self.limits.rounding, &self._scratch[0, 0], parameters.factor(k),
        )
        return parameters.collapsed[k]

    cdef Py_ssize_t _keep(
        self, Statistics statistics, Parameters parameters, Py_ssize_t k
    ) except -1 nogil:
        """Keep the covariance of a component without rows, or give it the smallest one."""
        cdef Py_ssize_t i, d = parameters.n_features
        if parameters.factor(k)[0] == 0:  # it never had a row
            for i in range(d):
                parameters.covariance(k)[i * d + i] = self.limits.rescue[i]
            self._factorise(statistics, parameters, k)
        else:  # factors that were set may have had no covariance
            parameters.recover_covariance(k)
        parameters.collapsed[k] = self.is_empty(statistics, k)
        return parameters.collapsed[k]


cdef class TiedMaximiser(Maximiser):
    """One covariance matrix for all components, from the sum of their scatter matrices.

    Parameters
    ----------
    limits, smallest_count
        As for `Maximiser`.
    """

    cdef double[:, ::1] _scratch

    def __init__(self, limits, smallest_count):
        Maximiser.__init__(self, limits, smallest_count)
        d = limits.n_features
        self._scratch = np.zeros((d, d))

    def shapes(self, n_components, n_features):
        return (1, n_features, n_features), (1, n_features)

    cdef Py_ssize_t maximise(
        self, Statistics statistics, Parameters parameters
    ) except -1 nogil:
        cdef Py_ssize_t k, d = parameters.n_features, n_collapsed = 0
        take_means(statistics, parameters)
        for k in range(parameters.n_components):
            parameters.collapsed[k] = self.is_empty(statistics, k)
            n_collapsed += parameters.collapsed[k]
        statistics.write_covariance(0, parameters.covariances)
        add_floor(parameters.covariances, self.limits.floor, 1, d)
        n_collapsed += precision_factor(
            parameters.covariances, d, self.limits.limit, self.limits.rescue,
            self.limits.rounding, &self._scratch[0, 0], parameters.factors,
        )
        self.take_weights(statistics, parameters)
        return n_collapsed


cdef class DiagonalMaximiser(Maximiser):
    """A variance for each component and feature, from sums of squares; or one for each component.

    Parameters
    ----------
    limits, smallest_count
        As for `Maximiser`.
    spherical : bool
        Whether the features of a component share one variance; scatters are traces then.
    """

    cdef bint spherical
    cdef double _floor, _rounding, _rescue  # means over the features
    cdef double[::1] _variances

    def __init__(self, limits, smallest_count, spherical=False):
        cdef Py_ssize_t j, d = limits.n_features
        Maximiser.__init__(self, limits, smallest_count)
        self.spherical = spherical
        self._variances = np.zeros(d)
        for j in range(d):
            self._floor += self.limits.floor[j] / d
            self._rounding += self.limits.rounding[j] / d
            self._rescue += self.limits.rescue[j] / d

    def shapes(self, n_components, n_features):
        return (n_components, 1 if self.spherical else n_features, 1), (n_components, 1)

    cdef Py_ssize_t maximise(
        self, Statistics statistics, Parameters parameters
    ) except -1 nogil:
        cdef Py_ssize_t j, k, d = parameters.n_features, n_collapsed = 0
        cdef bint has_rows
        take_means(statistics, parameters)
        for k in range(parameters.n_components):
            has_rows = statistics.counts_at[k] > 0
            parameters.collapsed[k] = self.is_empty(statistics, k)
            self._variances[:] = 0
            statistics.write_covariance(k, &self._variances[0])
            for j in range(d):
                if self.spherical:
                    self._take_variance(
                        parameters, k, j, self._variances[0] + self._floor, has_rows,
                        self._rounding, self._rescue,
                    )
                else:
                    self._take_variance(
                        parameters, k, j, self._variances[j] + self.limits.floor[j], has_rows,
                        self.limits.rounding[j], self.limits.rescue[j],
                    )
            n_collapsed += parameters.collapsed[k]
        self.take_weights(statistics, parameters)
        return n_collapsed

    cdef void _take_variance(
        self, Parameters parameters, Py_ssize_t k, Py_ssize_t j, double variance, bint has_rows,
        double rounding, double rescue,
    ) noexcept nogil:
        """Take a variance that is more than rounding; keep the one before, if any, otherwise.

        A variance that is kept cannot lower the likelihood.
        """
        if not has_rows:
            variance = 0
        else:
            parameters.collapsed[k] |= not variance > max(self.limits.limit[j], rounding)
        if not variance > rounding:
            if parameters.factor(k)[j] > 0:
                # Parameters that were set may have had no variances.
                parameters.covariance(k)[j] = 1 / parameters.factor(k)[j] ** 2
                return
            variance = max(rescue, rounding)
        parameters.covariance(k)[j] = variance
        parameters.factor(k)[j] = 1 / sqrt(variance)
