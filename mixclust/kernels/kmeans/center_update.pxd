"""Sums of the rows of each cluster -> centres. See center_update.pyx."""
from ..rows.rows cimport Frame

cdef class CenterUpdate:
    cdef bint round_to_float
    cdef Py_ssize_t n_frozen

    cdef Py_ssize_t count_empty(
        self, const Py_ssize_t* counts, Py_ssize_t n_clusters
    ) noexcept nogil
    cdef double move(
        self, const double[:, ::1] sums, Frame frame, double[:, ::1] centers
    ) noexcept nogil
