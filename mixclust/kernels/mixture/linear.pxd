"""Log-densities that are linear in the columns of a strip, and their moments. See linear.pyx."""
from libc.stdint cimport int32_t, int64_t

from .model cimport Density, Moments

cdef class LinearDensity(Density):
    cdef Py_ssize_t n_linear            # columns that scores are linear in
    cdef double[:, ::1] _slopes         # (pairs of components, 2 n_linear)

    cdef void set_slope(self, Py_ssize_t k, Py_ssize_t j, double slope) noexcept nogil

cdef class LinearMoments(Moments):
    cdef Py_ssize_t n_linear, n_extra, n_blocks
    cdef const Py_ssize_t[:, ::1] _blocks   # (n_blocks, 2) first component and first column
    cdef const Py_ssize_t[:, ::1] _rest     # (3, 2) blocks of the first pair that fill no three
    cdef double[:, ::1] products        # (n_components, n_linear + 1), by `unpack`

    cdef void _add_pair(
        self, const double* columns, Py_ssize_t height, const double* resp, Py_ssize_t pair,
        double* sums,
    ) noexcept nogil
    cdef void unpack(self, const double* sums) noexcept nogil
