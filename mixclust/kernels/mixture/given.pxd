"""Responsibilities that a caller gives, in place of those of a density. See given.pyx."""
from libc.stdint cimport int32_t

from .strip_pass cimport Strip

cdef class Given:
    cdef bint may_omit_rows             # whether responsibilities may not add up to weights
    cdef const int32_t[::1] _labels
    cdef const double[:, ::1] _resp

    cdef double fill(self, const Strip* strip, Py_ssize_t n_components) noexcept nogil
