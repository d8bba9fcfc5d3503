"""Densities and moments of components with independent features, by differences and expanded.

With precisions p a log-density is linear in the features of a row and their squares, or the sum
of the squares if the features share one variance: ``c + x.(p m) - (p / 2).x^2``. Densities and sums
are then two matrix products, of two thirds of the operations that differences from every mean
take (of a third with one variance).

The expanded form loses as many digits as the squared distance from the frame's origin to a mean
has before its decimal point, in units of the component's variance. If it loses more than four
digits, it is not used.
"""
from libc.math cimport log
from libc.stdint cimport int32_t, int64_t

from .density_tiles cimport diagonal_log_density
from .linear cimport LinearDensity, LinearMoments
from .model cimport Density, Moments
from .moment_tiles cimport add_diagonal_moments
from .parameters cimport Parameters
from .statistics cimport MAX_SQUARED_DISTANCE, Statistics

cdef double LOG_2PI = 1.8378770664093454836

# Larger precisions might leave the range of doubles in a product.
cdef double LARGEST_PRECISION = 1e200


cdef double _log_normaliser(Parameters parameters, Py_ssize_t k) noexcept nogil:
    """Log weight plus log normaliser of component k."""
    cdef Py_ssize_t j, d = parameters.n_features
    cdef const double* factors = parameters.factor(k)
    cdef double constant = log(parameters.weights[k]) - 0.5 * d * LOG_2PI
    for j in range(d):
        constant += log(factors[j])
    return constant


cdef class DiagonalDensity(Density):
    """Log-densities from differences to each mean."""

    cdef Parameters _parameters

    def __init__(self, Parameters parameters not None):
        Density.__init__(self, parameters.n_components, parameters.n_features)
        self.n_columns = 1
        self.work_per_row = 8 * self.n_components * (self.n_features + 4)
        self._parameters = parameters

    def check(self, Parameters parameters not None):
        """Raise ValueError if these are not the parameters of the density."""
        Density.check(self, parameters)
        if parameters is not self._parameters:
            raise ValueError("the density was made for other parameters")

    cdef bint use(self, Parameters parameters) except -1 nogil:
        cdef Py_ssize_t k
        for k in range(self.n_components):
            self.constants[k] = _log_normaliser(self._parameters, k)
        return True

    cdef void log_densities(
        self, const double* strip, Py_ssize_t height, const int32_t* which, Py_ssize_t n_which,
        double* log_density,
    ) noexcept nogil:
        cdef Py_ssize_t i, k
        for i in range(n_which):
            k = which[i]
            diagonal_log_density(
                strip, height, self.n_features, self._parameters.mean(k),
                self._parameters.factor(k), self.constants[k], log_density + i * height,
            )


cdef class DiagonalMoments(Moments):
    """Counts, sums and sums of squares about the current means; of all features together, if asked.

    Parameters
    ----------
    n_components, n_features : int
    spherical : bool
        Whether the squares of all features are one sum, the trace of the scatter.
    """

    cdef bint spherical

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features, bint spherical=False):
        Moments.__init__(
            self, n_components, n_features, (n_components, 1 if spherical else n_features, 1)
        )
        self.spherical = spherical
        self.n_sums = n_components * 2 * (n_features + 2)

    cdef void add(
        self, const double* strip, Py_ssize_t height, const int32_t* which, Py_ssize_t n_which,
        const double* resp, const double* reach, const double* thresholds, Statistics about,
        double* scratch, int64_t* picked, double* sums,
    ) noexcept nogil:
        cdef Py_ssize_t i, k
        for i in range(n_which):
            k = which[i]
            add_diagonal_moments(
                strip, height, self.n_features, about.origin(k), resp + i * height,
                sums + 2 * (self.n_features + 2) * k,
            )

    cdef void collect(self, const double* sums, Statistics statistics) noexcept nogil:
        cdef Py_ssize_t j, k, d = self.n_features
        cdef const double* pairs
        cdef double* squares
        for k in range(self.n_components):
            pairs = sums + 2 * (d + 2) * k
            squares = statistics.scatter(k)
            statistics.counts_at[k] = pairs[2 * d]
            squares[0] = 0
            for j in range(d):
                statistics.sums_at[k * d + j] = pairs[2 * j]
                if self.spherical:
                    squares[0] += pairs[2 * j + 1]
                else:
                    squares[j] = pairs[2 * j + 1]


cdef class ExpandedDensity(LinearDensity):
    """Log-densities linear in a row's features and their squares.

    Parameters
    ----------
    n_components, n_features : int
    spherical : bool
        Whether the features share one variance.
    """

    cdef bint spherical

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features, bint spherical=False):
        LinearDensity.__init__(self, n_components, n_features, 1, 1 if spherical else n_features)
        self.spherical = spherical

    cdef bint use(self, Parameters parameters) except -1 nogil:
        cdef Py_ssize_t j, k, square, e = self.n_extra
        cdef double factor, mean, precision, distance
        cdef bint near
        for k in range(self.n_components):
            # The density depends on the distance; variances are checked feature by feature later.
            distance, near = 0, True
            for j in range(self.n_features):
                factor = parameters.factor(k)[j]
                distance += (factor * parameters.mean(k)[j]) ** 2
                near &= factor * factor <= LARGEST_PRECISION
            if parameters.weights[k] > 0 and not (near and distance <= MAX_SQUARED_DISTANCE):
                return False
        for k in range(self.n_components):
            self.constants[k] = _log_normaliser(parameters, k)
            for j in range(self.n_features):
                precision = parameters.factor(k)[j] ** 2
                mean = parameters.mean(k)[j]
                square = 0 if self.spherical else j
                self.set_slope(k, square, -0.5 * precision)
                self.set_slope(k, e + j, precision * mean)
                self.constants[k] -= 0.5 * precision * mean ** 2
        return True

    cdef void expand(self, double* strip, Py_ssize_t height) noexcept nogil:
        cdef Py_ssize_t i, j, d = self.n_features, H = height
        cdef double* squares = strip - self.n_extra * H
        if self.spherical:
            for i in range(H):
                squares[i] = strip[i] * strip[i]
            for j in range(1, d):
                for i in range(H):
                    squares[i] += strip[j * H + i] * strip[j * H + i]
        else:
            for i in range(d * H):
                squares[i] = strip[i] * strip[i]


cdef class ExpandedMoments(LinearMoments):
    """Counts, sums and sums of squares about the frame's origin; parameters as above."""

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features, bint spherical=False):
        n_extra = 1 if spherical else n_features
        LinearMoments.__init__(self, n_components, n_features, (n_components, n_extra, 1), n_extra)

    cdef void collect(self, const double* sums, Statistics statistics) noexcept nogil:
        cdef Py_ssize_t j, k, d = self.n_features, e = self.n_extra
        self.unpack(sums)
        for k in range(self.n_components):
            statistics.counts_at[k] = self.products[k, e + d]
            for j in range(e):
                statistics.scatter(k)[j] = self.products[k, j]
            for j in range(d):
                statistics.sums_at[k * d + j] = self.products[k, e + j]
