"""Rows as they were given, and their places in another order. See row_order.pyx."""
from libc.stdint cimport int32_t

from .dense_rows cimport DenseRows

cdef class RowOrder:
    cdef DenseRows rows                     # in the order in which they were given
    cdef const int32_t[::1] _places

    cdef int take(self, const int32_t[::1] labels, int32_t[::1] out, map_tasks) except -1
