"""Log-densities that are linear in the columns of a strip, and the sums of these columns.

The score of a row under a component is then a product with slopes, and the component's moments
are a product with its responsibilities: two matrix products a strip, and no difference from a
mean.
"""
from libc.stdint cimport int32_t, int64_t

import numpy as np

from .density_tiles cimport two_linear_scores
from .model cimport Density, Moments
from .moment_tiles cimport add_outer_blocks
from .parameters cimport Parameters
from .statistics cimport Statistics

from .moment_tiles import blocks_in_threes


cdef class LinearDensity(Density):
    """A constant and a slope for each component and column.

    Parameters
    ----------
    n_components, n_features : int
    n_columns : int
        Columns of the factors of the parameters.
    n_extra : int
        Columns before the features of a strip.
    """

    def __init__(
        self, Py_ssize_t n_components, Py_ssize_t n_features, Py_ssize_t n_columns,
        Py_ssize_t n_extra,
    ):
        Density.__init__(self, n_components, n_features)
        self.n_columns, self.n_extra = n_columns, n_extra
        self.n_at_a_time = 2
        self.n_linear = n_extra + n_features
        self.work_per_row = 4 * n_components * (self.n_linear + 4)
        self._slopes = np.zeros(((n_components + 1) // 2, 2 * self.n_linear))

    cdef void set_slope(self, Py_ssize_t k, Py_ssize_t j, double slope) noexcept nogil:
        """Set the slope of component k in column j."""
        self._slopes[k // 2, 2 * j + k % 2] = slope

    cdef void log_densities(
        self, const double* strip, Py_ssize_t height, const int32_t* which, Py_ssize_t n_which,
        double* log_density,
    ) noexcept nogil:
        cdef Py_ssize_t i = 0, k, last = self.n_components - 1
        while i < n_which:
            k = which[i]
            two_linear_scores(
                strip - self.n_extra * height, height, self.n_linear, &self._slopes[k // 2, 0],
                self.constants[k], self.constants[min(k + 1, last)],
                log_density + i * height, log_density + (i + 1) * height,
            )
            i += 1 if k == last else 2


cdef class LinearMoments(Moments):
    """Sums of every column, weighted by every component's responsibilities, about zero.

    A subclass implements `collect`.

    Parameters
    ----------
    n_components, n_features : int
    scatter_shape : tuple of three int
        As for `Moments`.
    n_extra : int
        Columns before the features of a strip. A row of ones follows the features, then one of
        zeros if the number of all columns is even.
    """

    def __init__(
        self, Py_ssize_t n_components, Py_ssize_t n_features, scatter_shape, Py_ssize_t n_extra
    ):
        Moments.__init__(self, n_components, n_features, scatter_shape)
        self.n_extra, self.n_at_a_time = n_extra, 2
        self.n_linear = n_extra + n_features
        self._blocks = blocks_in_threes((n_components + 1) // 2, (self.n_linear + 2) // 2)
        self.n_blocks = self._blocks.shape[0]
        rest = (self.n_linear + 2) // 2 % 3
        first = 2 * ((self.n_linear + 2) // 2 - rest)
        self._rest = np.array(
            [(0, first + 2 * min(i, max(rest, 1) - 1)) for i in range(3)], dtype=np.intp
        )
        self.n_sums = 4 * self.n_blocks
        self.products = np.zeros((n_components, self.n_linear + 1))

    cdef void place_origins(self, Statistics statistics, Parameters parameters) noexcept nogil:
        cdef Py_ssize_t j, k
        for k in range(self.n_components):
            for j in range(self.n_features):
                statistics.origin(k)[j] = 0

    cdef void add(
        self, const double* strip, Py_ssize_t height, const int32_t* which, Py_ssize_t n_which,
        const double* resp, const double* reach, const double* thresholds, Statistics about,
        double* scratch, int64_t* picked, double* sums,
    ) noexcept nogil:
        cdef Py_ssize_t i
        cdef bint in_order = n_which == self.n_components
        for i in range(n_which):
            in_order &= which[i] == i
        if in_order:
            add_outer_blocks(
                resp, strip - self.n_extra * height, height, height, &self._blocks[0, 0],
                self.n_blocks, sums,
            )
            return
        i = 0
        while i < n_which:
            self._add_pair(
                strip - self.n_extra * height, height, resp + i * height, which[i] // 2, sums
            )
            i += 1 if which[i] == self.n_components - 1 else 2

    cdef void _add_pair(
        self, const double* columns, Py_ssize_t height,
        const double* resp,         # IN   (2, height)
        Py_ssize_t pair,
        double* sums,
    ) noexcept nogil:
        """Add the sums of one pair of components to the table, where `blocks_in_threes` puts
        them: blocks in threes of all pairs are followed by the others of all pairs."""
        cdef Py_ssize_t i, n_pairs = (self.n_components + 1) // 2
        cdef Py_ssize_t n_columns = (self.n_linear + 2) // 2, rest = n_columns % 3
        cdef Py_ssize_t in_threes = n_columns - rest
        cdef double others[12]
        add_outer_blocks(
            resp, columns, height, height, &self._blocks[0, 0], in_threes,
            sums + 4 * pair * in_threes,
        )
        if rest > 0:
            for i in range(12):
                others[i] = 0
            add_outer_blocks(resp, columns, height, height, &self._rest[0, 0], 3, others)
            sums += 4 * (n_pairs * in_threes + pair * rest)
            for i in range(4 * rest):
                sums[i] += others[i]

    cdef void unpack(self, const double* sums) noexcept nogil:
        """Lay out `products`: sums of the columns, and in the last column the count."""
        cdef Py_ssize_t b, u, v, j, k
        for b in range((self.n_components + 1) // 2 * ((self.n_linear + 2) // 2)):
            for u in range(2):
                for v in range(2):
                    k, j = self._blocks[b, 0] + u, self._blocks[b, 1] + v
                    if k < self.n_components and j <= self.n_linear:
                        self.products[k, j] = sums[4 * b + 2 * u + v]
