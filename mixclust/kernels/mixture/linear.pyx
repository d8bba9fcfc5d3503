"""Log-densities that are linear in the columns of a strip, and the sums of these columns.

The score of a row under a component is then a product with slopes, and the component's moments
are a product with its responsibilities: two matrix products a strip, and no difference from a
mean.
"""
from libc.stdint cimport int64_t

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
        self.n_linear = n_extra + n_features
        self.work_per_row = 4 * n_components * (self.n_linear + 4)
        self._slopes = np.zeros(((n_components + 1) // 2, 2 * self.n_linear))

    cdef void set_slope(self, Py_ssize_t k, Py_ssize_t j, double slope) noexcept nogil:
        """Set the slope of component k in column j."""
        self._slopes[k // 2, 2 * j + k % 2] = slope

    cdef void log_densities(
        self, const double* strip, Py_ssize_t height, double* log_density
    ) noexcept nogil:
        cdef Py_ssize_t k
        for k in range(0, self.n_components, 2):
            two_linear_scores(
                strip - self.n_extra * height, height, self.n_linear, &self._slopes[k // 2, 0],
                self.constants[k], self.constants[min(k + 1, self.n_components - 1)],
                log_density + k * height, log_density + (k + 1) * height,
            )


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
        self.n_extra = n_extra
        self.n_linear = n_extra + n_features
        self._blocks = blocks_in_threes((n_components + 1) // 2, (self.n_linear + 2) // 2)
        self.n_blocks = self._blocks.shape[0]
        self.n_sums = 4 * self.n_blocks
        self.products = np.zeros((n_components, self.n_linear + 1))

    cdef void place_origins(self, Statistics statistics, Parameters parameters) noexcept nogil:
        cdef Py_ssize_t j, k
        for k in range(self.n_components):
            for j in range(self.n_features):
                statistics.origin(k)[j] = 0

    cdef void add(
        self, const double* strip, Py_ssize_t height, const double* resp, const double* reach,
        const double* thresholds, Statistics about, double* scratch, int64_t* picked, double* sums,
    ) noexcept nogil:
        add_outer_blocks(
            resp, strip - self.n_extra * height, height, height, &self._blocks[0, 0],
            self.n_blocks, sums,
        )

    cdef void unpack(self, const double* sums) noexcept nogil:
        """Lay out `products`: sums of the columns, and in the last column the count."""
        cdef Py_ssize_t b, u, v, j, k
        for b in range(self.n_blocks):
            for u in range(2):
                for v in range(2):
                    k, j = self._blocks[b, 0] + u, self._blocks[b, 1] + v
                    if k < self.n_components and j <= self.n_linear:
                        self.products[k, j] = sums[4 * b + 2 * u + v]
