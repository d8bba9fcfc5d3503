"""Densities and moments of components that share one covariance matrix.

Under a common covariance the quadratic term of a row is the same for all components, so
responsibilities need a linear discriminant each and no work of order d^2: with the precision
``S^-1 = P P'``, ``r = softmax(x.u_k + b_k)``, ``u_k = S^-1 m_k``, ``b_k = log w_k - m_k.u_k / 2``.
The scatter about the frame's origin is the same in every iteration, and taken once.

Discriminants lose as many digits as the squared distance between components has before its decimal
point, in units of their spread; so does the scatter within components, the difference of the
scatter of all rows and the scatter of the means. The quadratic term loses as many digits as the
covariance, which loses some if features depend on each other. If more than four digits are lost, or
eight of the covariance, densities come from distances to each mean (`full`), and the scatter is
summed about the current means.
"""
from libc.math cimport log
from libc.stdint cimport int32_t, int64_t

import numpy as np

from ..core.cholesky cimport log_diagonal, precision_of_factor
from ..core.memory cimport Doubles
from .density_tiles cimport full_log_density, pack_triangle, packed_triangle_size
from .full cimport FullMoments
from .linear cimport LinearDensity, LinearMoments
from .model cimport Moments
from .parameters cimport Parameters
from .statistics cimport MAX_SQUARED_DISTANCE, Statistics

cdef double LOG_2PI = 1.8378770664093454836

# If the features before leave less than this share of a feature's variance, they nearly determine
# the feature.
cdef double NEARLY_DEPENDENT = 1e-8


cdef int _check_scatter(const double[:, ::1] scatter, Py_ssize_t n_features) except -1:
    if scatter.shape[0] != n_features or scatter.shape[1] != n_features:
        raise ValueError("scatter must have shape (n_features, n_features)")
    return 0


cdef class DiscriminantDensity(LinearDensity):
    """Linear discriminants: log-densities less the term that all components share.

    Parameters
    ----------
    n_components, n_features : int
    scatter : ndarray of shape (n_features, n_features), float64
        Weighted scatter of all rows about the frame's origin.
    total_weight : float
        Of all rows.
    """

    cdef const double[:, ::1] _scatter
    cdef double[:, ::1] _precision
    cdef double total_weight
    cdef Doubles _packed                # the triangle of the factor, with a mean of zero
    cdef Doubles _zeros                 # (n_features,)
    cdef double _log_normaliser

    def __init__(
        self, Py_ssize_t n_components, Py_ssize_t n_features, const double[:, ::1] scatter not None,
        double total_weight,
    ):
        LinearDensity.__init__(self, n_components, n_features, n_features, 0)
        _check_scatter(scatter, n_features)
        self._scatter = scatter
        self.total_weight = total_weight
        self._precision = np.zeros((n_features, n_features))
        self._packed = Doubles(packed_triangle_size(n_features))
        self._zeros = Doubles(n_features)

    cdef bint use(self, Parameters parameters) except -1 nogil:
        cdef Py_ssize_t i, j, k, d = self.n_features
        cdef const double* P = parameters.factors
        cdef double* precision = &self._precision[0, 0]
        cdef double slope, distance, variance, farthest = 0, squares = 0
        cdef bint sound = True
        for i in range(d):
            variance = parameters.covariances[i * d + i]
            sound &= self.total_weight * variance * MAX_SQUARED_DISTANCE >= self._scatter[i, i]
            sound &= 1 / (P[i * d + i] * P[i * d + i]) >= NEARLY_DEPENDENT * variance
        if not sound:
            return False
        precision_of_factor(P, d, precision)
        pack_triangle(P, self._zeros.at, d, self._packed.at)
        self._log_normaliser = log_diagonal(P, d) - 0.5 * d * LOG_2PI
        for i in range(d):
            for j in range(d):
                squares += precision[i * d + j] * self._scatter[i, j]
        self.common = (
            self.total_weight * (log_diagonal(P, d) - 0.5 * d * LOG_2PI) - 0.5 * squares
        )
        for k in range(self.n_components):
            distance = 0
            for j in range(d):
                slope = 0
                for i in range(d):
                    slope += precision[j * d + i] * parameters.mean(k)[i]
                self.set_slope(k, j, slope)
                distance += slope * parameters.mean(k)[j]
            self.constants[k] = log(parameters.weights[k]) - 0.5 * distance
            if parameters.weights[k] > 0:
                farthest = max(farthest, distance)
        return farthest <= MAX_SQUARED_DISTANCE

    cdef void shared_terms(
        self, const double* strip, Py_ssize_t height, double* terms
    ) noexcept nogil:
        full_log_density(
            strip, height, self.n_features, self._packed.at, self._log_normaliser, terms
        )


cdef class SharedMoments(LinearMoments):
    """Counts and sums about the frame's origin, beside the scatter that is known.

    Parameters
    ----------
    n_components, n_features : int
    scatter
        As for `DiscriminantDensity`.
    """

    cdef const double[:, ::1] _scatter

    def __init__(
        self, Py_ssize_t n_components, Py_ssize_t n_features,
        const double[:, ::1] scatter not None,
    ):
        LinearMoments.__init__(
            self, n_components, n_features, (1, n_features, n_features), 0
        )
        _check_scatter(scatter, n_features)
        self._scatter = scatter
        self.needs_all_rows = True

    cdef void collect(self, const double* sums, Statistics statistics) noexcept nogil:
        cdef Py_ssize_t i, j, k, d = self.n_features
        self.unpack(sums)
        for k in range(self.n_components):
            statistics.counts_at[k] = self.products[k, d]
            for j in range(d):
                statistics.sums_at[k * d + j] = self.products[k, j]
        for i in range(d * d):
            statistics.scatters_at[i] = 0

    cdef void complete(self, Statistics statistics) noexcept nogil:
        cdef Py_ssize_t i, j, d = self.n_features
        for i in range(d):
            for j in range(d):
                statistics.scatters_at[i * d + j] += self._scatter[i, j]


cdef class PooledMoments(LinearMoments):
    """Counts, sums, and the scatter about the current means, summed over all components.

    Rows of negligible responsibility are left out of the scatter, unless features are few.
    """

    cdef FullMoments _full

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features):
        LinearMoments.__init__(
            self, n_components, n_features, (1, n_features, n_features), 0
        )
        self._full = FullMoments(1, n_features)
        self.n_sums = 4 * self.n_blocks + self._full.n_sums
        self.n_scratch = self._full.n_scratch
        self.skips_rows = self._full.skips_rows

    cdef void place_origins(self, Statistics statistics, Parameters parameters) noexcept nogil:
        Moments.place_origins(self, statistics, parameters)

    cdef void add(
        self, const double* strip, Py_ssize_t height, const int32_t* which, Py_ssize_t n_which,
        const double* resp, const double* reach, const double* thresholds, Statistics about,
        double* scratch, int64_t* picked, double* sums,
    ) noexcept nogil:
        cdef Py_ssize_t i, k
        LinearMoments.add(
            self, strip, height, which, n_which, resp, reach, thresholds, about, scratch, picked,
            sums,
        )
        for i in range(n_which):
            k = which[i]
            self._full.add_component(
                strip, height, about.origin(k), resp + i * height, reach, thresholds[k], scratch,
                picked, sums + 4 * self.n_blocks,
            )

    cdef void collect(self, const double* sums, Statistics statistics) noexcept nogil:
        cdef Py_ssize_t j, k, d = self.n_features
        self.unpack(sums)
        for k in range(self.n_components):
            statistics.counts_at[k] = self.products[k, d]
            for j in range(d):
                statistics.sums_at[k * d + j] = (
                    self.products[k, j] - self.products[k, d] * statistics.origin(k)[j]
                )
        self._full.unpack(sums + 4 * self.n_blocks, statistics.scatters_at, NULL, NULL)
