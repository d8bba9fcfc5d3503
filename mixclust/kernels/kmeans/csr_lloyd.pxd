"""k-means on sparse rows. See csr_lloyd.pyx."""
from libc.stdint cimport int32_t

from ..rows.csr_rows cimport CSRRows
from .lloyd cimport Lloyd

cdef class CSRLloyd(Lloyd):
    cdef CSRRows stored             # the rows
    cdef Py_ssize_t padded
    cdef float[::1] _packed, _half_norms, _row_norms
    cdef double[::1] _squared_norms
    cdef int32_t[::1] _previous
    cdef double _largest_norm
    cdef bint _norms_known

    cdef void _measure_rows(self, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil
    cdef void _score(self, Py_ssize_t i, Py_ssize_t k, float* scores) noexcept nogil
    cdef void _assign(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, float* state, float* scores,
        double* zeros,
    ) noexcept nogil
    cdef int32_t _settle(
        self, Py_ssize_t s, Py_ssize_t i, const float* state, float* scores, double* zeros
    ) noexcept nogil
    cdef int32_t _decide(
        self, Py_ssize_t i, float bound, float* scores, double* zeros
    ) noexcept nogil
    cdef double _distance(self, Py_ssize_t i, double* zeros) noexcept nogil
    cdef bint _few_changed(self) noexcept nogil
    cdef void _add(self, Py_ssize_t i, Py_ssize_t k, int sign) noexcept nogil
