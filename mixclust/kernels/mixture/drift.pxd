"""How far distances to components may move from pass to pass. See drift.pyx."""
from ..core.memory cimport Doubles
from .parameters cimport Parameters

cdef class Drift:
    cdef Py_ssize_t n_components, n_features
    cdef float[::1] shifts, shrinks     # (n_components,)
    cdef Doubles normalisers            # (n_components,) logarithms, with the weights
    cdef Doubles limits                 # (n_components,) twice the logarithms, without the weights
    cdef Parameters _last               # that the bounds hold for
    cdef Doubles _scratch

    cdef void begin(self, Parameters parameters) noexcept nogil
    cdef int move(self, Parameters parameters) except -1 nogil
    cdef float distance(self, Py_ssize_t k, double log_density) noexcept nogil
    cdef void _normalise(self, Parameters parameters) noexcept nogil
    cdef double _shift(self, Parameters parameters, Py_ssize_t k) noexcept nogil
    cdef double _least_ratio(self, const double* before, const double* after) noexcept nogil
    cdef double _shrink(self, const double* before, const double* after) except? -1 nogil
    cdef double _least_singular_value(self, const double* matrix) except? -1 nogil
