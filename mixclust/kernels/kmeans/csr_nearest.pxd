"""The nearest centre of sparse rows. See csr_nearest.pyx."""
from libc.stdint cimport int32_t

from ..rows.csr_rows cimport CSRRows
from .nearest_center cimport NearestCenter, Tally

cdef class CSRNearest(NearestCenter):
    cdef CSRRows stored             # the rows
    cdef Py_ssize_t padded
    cdef float[::1] _packed, _half_norms, _row_norms
    cdef double[::1] _squared_norms
    cdef double _largest_norm
    cdef bint _norms_known

    cdef void _measure_rows(self, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil
    cdef void _score(self, Py_ssize_t i, Py_ssize_t k, float* scores) noexcept nogil
    cdef int _assign(
        self, Py_ssize_t lo, Py_ssize_t hi, int32_t* labels, Tally* tally, float* state,
        float* scores, double* zeros,
    ) noexcept nogil
    cdef void _score_rows(
        self, Py_ssize_t lo, Py_ssize_t hi, float* state, float* scores
    ) noexcept nogil
    cdef int32_t _settle(
        self, Py_ssize_t i, Tally* tally, const float* state, float* scores, double* zeros
    ) noexcept nogil
    cdef int32_t _decide(
        self, Py_ssize_t i, float bound, float* scores, double* zeros
    ) noexcept nogil
    cdef double _distance(self, Py_ssize_t i, Py_ssize_t k, double* zeros) noexcept nogil
