"""How far distances of rows to components may move from one pass to the next.

If the factor P of a precision becomes Q, and a mean m becomes m', the Mahalanobis distance of a row
x to the component is bounded by its old one:

    ||(x - m') Q|| >= s (||(x - m) P|| - ||(m' - m) P||),    s: least singular value of ``P^-1 Q``.

These are two numbers of a component and pass, for all rows.
"""
from libc.math cimport INFINITY, fabs, log, sqrt

import numpy as np

from ..core.cholesky cimport log_diagonal
from ..core.memory cimport Doubles
from ..core.symmetric_eigen cimport symmetric_eigen
from .parameters cimport Parameters

cdef double LOG_2PI = 1.8378770664093454836

# Bounds are moved down by this share of them, for rounding in float32.
cdef float ROUNDING = 1e-6

# Larger distances are as good: their squares stay in the range of float32.
cdef double MAX_DISTANCE = 1e18

# Relative rounding of a product of matrices, for each feature.
cdef double RELATIVE_ROUNDING = 1e-14

# The least singular value is bounded by the Frobenius norm if that costs no more than this share.
cdef double MAX_DEVIATION = 0.1


cdef class Drift:
    """The parameters of the pass before, and how far they have moved.

    Parameters
    ----------
    parameters : Parameters
        Of the mixture; their numbers are read in each pass.
    """

    def __init__(self, Parameters parameters not None):
        cdef Py_ssize_t K = parameters.n_components, d = parameters.n_features
        self.n_components, self.n_features = K, d
        self.shifts = np.zeros(K, dtype=np.float32)
        self.shrinks = np.zeros(K, dtype=np.float32)
        self.normalisers, self.limits = Doubles(K), Doubles(K)
        self._scratch = Doubles(3 * d * d + d if parameters.n_columns == d else 0)
        self._last = parameters.like_without_covariances()

    cdef void begin(self, Parameters parameters) noexcept nogil:
        """Take the parameters of a pass in which distances are measured."""
        self._normalise(parameters)
        self._last.copy_from(parameters)

    cdef int move(self, Parameters parameters) except -1 nogil:
        """Take the parameters of the next pass: `shifts` and `shrinks` move bounds to it."""
        cdef Py_ssize_t k
        cdef double shift, shrink = 1
        cdef const double* before
        cdef const double* after
        for k in range(self.n_components):
            before, after = self._last.factor(k), parameters.factor(k)
            shift = self._shift(parameters, k)
            if k == 0 or parameters.n_matrices > 1:
                if parameters.n_columns == 1:
                    shrink = self._least_ratio(before, after)
                else:
                    shrink = self._shrink(before, after)
            if not (0 <= shift < INFINITY and 0 < shrink < INFINITY):
                shift, shrink = 0, 0
            self.shifts[k] = <float>min(shift, MAX_DISTANCE) * (1 + 2 * ROUNDING)
            self.shrinks[k] = <float>min(shrink, MAX_DISTANCE) * (1 - 2 * ROUNDING)
        self.begin(parameters)
        return 0

    cdef float distance(self, Py_ssize_t k, double log_density) noexcept nogil:
        """Lower bound of the distance to component k of rows with no larger a log-density."""
        cdef double square = 2 * (self.normalisers.at[k] - log_density)
        if square > 0:  # not if it is not a number
            return <float>min(sqrt(square), MAX_DISTANCE) * (1 - ROUNDING)
        return 0

    cdef void _normalise(self, Parameters parameters) noexcept nogil:
        cdef Py_ssize_t j, k, d = self.n_features
        cdef const double* factor
        cdef double normaliser
        for k in range(self.n_components):
            factor = parameters.factor(k)
            normaliser = -0.5 * d * LOG_2PI
            if parameters.n_columns == d and d > 1:
                normaliser += log_diagonal(factor, d)
            else:
                for j in range(d):
                    normaliser += log(factor[j])
            self.normalisers.at[k] = normaliser + log(parameters.weights[k])
            self.limits.at[k] = 2 * normaliser if parameters.weights[k] > 0 else -INFINITY

    cdef double _shift(self, Parameters parameters, Py_ssize_t k) noexcept nogil:
        """Distance from the last mean of component k to the new one, in the last metric."""
        cdef Py_ssize_t i, j, d = self.n_features, n = parameters.n_columns
        cdef const double* P = self._last.factor(k)
        cdef const double* before = self._last.mean(k)
        cdef const double* after = parameters.mean(k)
        cdef double total = 0, entry
        for j in range(d):
            entry = 0
            if n == 1:
                entry = (after[j] - before[j]) * P[j]
            else:
                for i in range(j + 1):
                    entry += (after[i] - before[i]) * P[i * d + j]
            total += entry * entry
        return sqrt(total)

    cdef double _least_ratio(self, const double* before, const double* after) noexcept nogil:
        """Least ratio of the factors of independent features."""
        cdef Py_ssize_t j
        cdef double ratio, least = INFINITY
        for j in range(self.n_features):
            ratio = after[j] / before[j]
            if not ratio >= least:
                least = ratio
        return least

    cdef double _shrink(self, const double* before, const double* after) except? -1 nogil:
        """Lower bound of the least singular value of ``P^-1 Q``, of upper triangles P and Q.

        The product is near a multiple c of the identity: the least singular value is no less than
        c minus the Frobenius norm of the difference. If that is far less than c, it is computed.
        """
        cdef Py_ssize_t i, j, m, d = self.n_features
        cdef double* ratio = self._scratch.at
        cdef double entry, middle = 0, deviation = 0, largest = 0, least = INFINITY, rounding
        for j in range(d):
            for i in range(d - 1, -1, -1):
                entry = 0
                if i <= j:
                    entry = after[i * d + j]
                    for m in range(i + 1, j + 1):
                        entry -= before[i * d + m] * ratio[m * d + j]
                    entry /= before[i * (d + 1)]
                    largest = max(largest, fabs(before[i * d + j]))
                ratio[i * d + j] = entry
            middle += ratio[j * (d + 1)] / d
            least = min(least, before[j * (d + 1)])
        for i in range(d):
            for j in range(d):
                entry = ratio[i * d + j] - (middle if i == j else 0)
                deviation += entry * entry
        deviation = sqrt(deviation)
        rounding = RELATIVE_ROUNDING * d * largest / least
        if deviation <= MAX_DEVIATION * middle:
            return middle - deviation - rounding
        if not deviation < INFINITY:
            return 0
        return self._least_singular_value(ratio) - rounding

    cdef double _least_singular_value(self, const double* matrix) except? -1 nogil:
        """Least singular value of an upper triangle, less rounding."""
        cdef Py_ssize_t i, j, m, d = self.n_features
        cdef double* square = self._scratch.at + d * d
        cdef double* values = square + 2 * d * d
        cdef double entry, least, largest
        for i in range(d):
            for j in range(d):
                entry = 0
                for m in range(min(i, j) + 1):
                    entry += matrix[m * d + i] * matrix[m * d + j]
                square[i * d + j] = entry
        symmetric_eigen(square, d, values, square + d * d)
        least = largest = values[0]
        for j in range(1, d):
            least, largest = min(least, values[j]), max(largest, values[j])
        least -= RELATIVE_ROUNDING * d * largest
        return sqrt(least) if least > 0 else 0
