"""Densities of components that one linear map makes diagonal or round together.

If covariance matrices share their axes, rows along these axes have independent features in every
component; if they differ by a factor alone, rows whitened by one of them are round in every
component. A strip is mapped once, and log-densities are linear in the mapped features and their
squares, as in `diagonal`. They lose digits as there, and are not used where they lose too many.
"""
from libc.math cimport fabs, log, sqrt
from libc.stdint cimport int32_t

from ..core.cholesky cimport log_diagonal, precision_of_factor
from ..core.memory cimport Doubles
from ..core.symmetric_eigen cimport share_in_sum, symmetric_eigen
from .density_tiles cimport two_linear_scores
from .linear cimport LinearDensity
from .parameters cimport Parameters
from .statistics cimport MAX_SQUARED_DISTANCE

cdef double LOG_2PI = 1.8378770664093454836

# Larger precisions might leave the range of doubles in a product.
cdef double LARGEST_PRECISION = 1e200

# Squared distance from the frame's origin to a mean, times the largest precision: a mapped feature
# is a sum of larger numbers, and keeps twelve digits.
cdef double MAX_CANCELLATION = 1e8

# Axes are those of all components if no precision has an entry off its diagonal of a larger share
# of the root of the two diagonal entries.
cdef double MAX_CORRELATION = 1e-11


cdef class MappedDensity(LinearDensity):
    """The part that both maps share; a subclass implements `find_map`.

    Parameters
    ----------
    n_components, n_features : int
    n_squares : int
        Columns of squares: one for each feature, or 1 for their sum.
    """

    cdef Py_ssize_t n_squares
    cdef double* map                    # (n_features, n_features) a mapped feature a row
    cdef double* pairs                  # (n_features + 1, n_features) the same, as tiles read it
    cdef double* precisions             # (n_components, n_features) of mapped features
    cdef double* offsets                # (n_components + 1,)
    cdef double* scratch                # (2 + n_components, n_features, n_features)
    cdef Doubles _memory                # owns them

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features, Py_ssize_t n_squares):
        cdef Py_ssize_t K = n_components, d = n_features
        LinearDensity.__init__(self, K, d, d, d + n_squares)
        self.n_linear = self.n_extra  # the features themselves play no part
        self.n_squares = n_squares
        self.work_per_row = 4 * K * (self.n_linear + 4) + 2 * d * d
        self._memory = Doubles(d * d + (d + 1) * d + K * d + K + 1 + (2 + K) * d * d)
        self.map = self._memory.at
        self.pairs = self.map + d * d
        self.precisions = self.pairs + (d + 1) * d
        self.offsets = self.precisions + K * d
        self.scratch = self.offsets + K + 1

    cdef bint find_map(self, Parameters parameters) except -1 nogil:
        """Write `map` and `precisions`; returns whether the map serves all components."""
        return False

    cdef bint use(self, Parameters parameters) except -1 nogil:
        cdef Py_ssize_t i, j, k, d = self.n_features, e = self.n_squares
        cdef double mean, precision, distance, length, largest
        if not self.find_map(parameters):
            return False
        for k in range(self.n_components):
            self.constants[k] = (
                log(parameters.weights[k]) - 0.5 * d * LOG_2PI
                + log_diagonal(parameters.factor(k), d)
            )
            self.offsets[k] = self.constants[k]
            distance = length = largest = 0
            for j in range(d):
                mean = 0
                for i in range(d):
                    mean += self.map[j * d + i] * parameters.mean(k)[i]
                precision = self.precisions[k * d + j]
                distance += precision * mean * mean
                length += parameters.mean(k)[j] * parameters.mean(k)[j]
                largest = max(largest, precision * self._squared_length(j))
                self.set_slope(k, j, precision * mean)
                if e > 1 or j == 0:
                    self.set_slope(k, d + j, -0.5 * precision)
            self.offsets[k] -= 0.5 * distance
            if parameters.weights[k] > 0 and not (
                distance <= MAX_SQUARED_DISTANCE and largest <= LARGEST_PRECISION
                and largest * length <= MAX_CANCELLATION
            ):
                return False
        for j in range(d):
            for i in range(d):
                self.pairs[(j - j % 2) * d + 2 * i + j % 2] = self.map[j * d + i]
        return True

    cdef double _squared_length(self, Py_ssize_t j) noexcept nogil:
        """Squared length of row j of the map."""
        cdef Py_ssize_t i
        cdef double total = 0
        for i in range(self.n_features):
            total += self.map[j * self.n_features + i] * self.map[j * self.n_features + i]
        return total

    cdef void expand(self, double* strip, Py_ssize_t height) noexcept nogil:
        cdef Py_ssize_t i, j, d = self.n_features, H = height
        cdef double* mapped = strip - self.n_extra * H
        cdef double* squares = mapped + d * H
        for j in range(0, d, 2):  # with an odd number of features the last one of a pair is unused
            two_linear_scores(
                strip, H, d, self.pairs + j * d, 0, 0, mapped + j * H, mapped + (j + 1) * H
            )
        if self.n_squares > 1:
            for i in range(d * H):
                squares[i] = mapped[i] * mapped[i]
            return
        for i in range(H):
            squares[i] = mapped[i] * mapped[i]
        for j in range(1, d):
            for i in range(H):
                squares[i] += mapped[j * H + i] * mapped[j * H + i]

    cdef void log_densities(
        self, const double* strip, Py_ssize_t height, const int32_t* which, Py_ssize_t n_which,
        double* log_density,
    ) noexcept nogil:
        cdef Py_ssize_t i = 0, k, last = self.n_components - 1
        while i < n_which:
            k = which[i]
            two_linear_scores(
                strip - self.n_extra * height, height, self.n_linear, &self._slopes[k // 2, 0],
                self.offsets[k], self.offsets[min(k + 1, last)],
                log_density + i * height, log_density + (i + 1) * height,
            )
            i += 1 if k == last else 2


cdef class SharedAxesDensity(MappedDensity):
    """Log-densities along the axes that all covariance matrices share.

    Parameters
    ----------
    n_components, n_features : int
    """

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features):
        MappedDensity.__init__(self, n_components, n_features, n_features)

    cdef bint find_map(self, Parameters parameters) except -1 nogil:
        cdef Py_ssize_t i, j, k, m, d = self.n_features, size = d * d
        cdef double* total = self.scratch + self.n_components * size
        cdef double* product = total + size
        cdef const double* precision
        cdef double share, trace, entry
        for i in range(size):
            total[i] = 0
        for k in range(self.n_components):
            precision_of_factor(parameters.factor(k), d, self.scratch + k * size)
            precision, trace = self.scratch + k * size, 0
            for i in range(d):
                trace += precision[i * (d + 1)]
            share = share_in_sum(k) / trace
            for i in range(size):
                total[i] += share * precision[i]
        symmetric_eigen(total, d, self.precisions, self.map)
        for k in range(self.n_components):
            precision = self.scratch + k * size
            for j in range(d):
                for i in range(d):
                    entry = 0
                    for m in range(d):
                        entry += precision[i * d + m] * self.map[j * d + m]
                    product[i] = entry
                for i in range(j + 1):
                    entry = 0
                    for m in range(d):
                        entry += product[m] * self.map[i * d + m]
                    if i == j:
                        self.precisions[k * d + j] = entry
                    else:
                        total[j * d + i] = entry
            for j in range(d):
                for i in range(j):
                    if not fabs(total[j * d + i]) <= MAX_CORRELATION * sqrt(
                        self.precisions[k * d + i]
                    ) * sqrt(self.precisions[k * d + j]):
                        return False
        return True


cdef class WhitenedDensity(MappedDensity):
    """Log-densities of covariance matrices that differ by a factor.

    Parameters
    ----------
    n_components, n_features : int
    """

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features):
        MappedDensity.__init__(self, n_components, n_features, 1)

    cdef bint find_map(self, Parameters parameters) except -1 nogil:
        cdef Py_ssize_t i, j, k, d = self.n_features
        cdef const double* first = parameters.factor(0)
        cdef const double* factor
        cdef double ratio
        for j in range(d):
            for i in range(d):
                self.map[j * d + i] = first[i * d + j]
        for k in range(self.n_components):
            factor = parameters.factor(k)
            ratio = factor[0] / first[0]
            for i in range(d):
                for j in range(i, d):
                    if not fabs(factor[i * d + j] - ratio * first[i * d + j]) <= (
                        MAX_CORRELATION * fabs(factor[i * (d + 1)])
                    ):
                        return False
            for j in range(d):
                self.precisions[k * d + j] = ratio * ratio
        return True
