"""The nearest centre of dense rows that lie in groups far from each other."""
from libc.stdint cimport int32_t

from .dense_nearest cimport DenseNearest
from .islands cimport Islands
from .nearest_center cimport Tally


cdef class IslandNearest(DenseNearest):
    cdef Islands islands
    cdef bint _may_seek, _sought            # whether islands are, and were, looked for in this run

    cdef int _assign_islands(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil
    cdef void _choose_islands(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, bint is_first, void* buffer,
        unsigned char* chosen,
    ) noexcept nogil
    cdef void _nearest_origins(
        self, const double* block, Py_ssize_t n, float* panel, unsigned char* chosen
    ) noexcept nogil
    cdef Py_ssize_t _assign_island(
        self, Py_ssize_t q, Py_ssize_t start, const int32_t* rows, Py_ssize_t n, Tally* tally,
        void* buffer, float* labels, int32_t* far,
    ) noexcept nogil
