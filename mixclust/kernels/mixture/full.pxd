"""Densities and moments of components with a covariance matrix. See full.pyx."""
from libc.stdint cimport int64_t

from ..core.memory cimport Doubles
from .model cimport Density, Moments

cdef class FullDensity(Density):
    cdef Doubles _packed                # (n_components, packed_triangle_size(n_features))

cdef class FullMoments(Moments):
    cdef Py_ssize_t n_sums_each             # sums of a component
    cdef Py_ssize_t n_blocks
    cdef const Py_ssize_t[:, ::1] _blocks   # (n_blocks, 2) first of two rows each
    cdef void add_component(
        self, const double* strip, Py_ssize_t height, const double* origin, const double* resp,
        const double* reach, double threshold, double* scratch, int64_t* picked, double* sums,
    ) noexcept nogil
    cdef void unpack(
        self, const double* sums, double* scatter, double* sum, double* count
    ) noexcept nogil
