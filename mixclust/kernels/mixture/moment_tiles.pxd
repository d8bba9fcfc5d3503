"""Weighted sums of a strip: the M step's tiles. See moment_tiles.pyx."""
from libc.stdint cimport int64_t

cdef Py_ssize_t weigh_rows(
    const double* strip, Py_ssize_t height, Py_ssize_t n_features, const double* mean,
    const double* resp, const double* reach, double threshold, int64_t* picked,
    double* differences, double* weighted,
) noexcept nogil
cdef void add_outer_blocks(
    const double* left, const double* right, Py_ssize_t stride, Py_ssize_t length,
    const Py_ssize_t* blocks, Py_ssize_t n_blocks, double* sums,
) noexcept nogil
cdef bint are_few(Py_ssize_t n_features) noexcept nogil
cdef void add_few_features(
    const double* strip, Py_ssize_t height, Py_ssize_t n_features, const double* mean,
    const double* resp, double* sums,
) noexcept nogil
cdef void add_diagonal_moments(
    const double* strip, Py_ssize_t height, Py_ssize_t n_features, const double* mean,
    const double* resp, double* moments,
) noexcept nogil
