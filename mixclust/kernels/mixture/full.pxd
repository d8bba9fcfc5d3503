"""Densities and moments of components with a covariance matrix. See full.pyx."""
from ..core.memory cimport Doubles
from .model cimport Density, Moments

cdef class FullDensity(Density):
    cdef Doubles _packed                # (n_components, packed_triangle_size(n_features))

cdef class FullMoments(Moments):
    cdef Py_ssize_t n_blocks
    cdef const Py_ssize_t[:, ::1] _blocks   # (n_blocks, 2) first of two rows each
    cdef void unpack(
        self, const double* blocks, double* scatter, double* sum, double* count
    ) noexcept nogil
