"""The order of rows along a space-filling curve. See curve_order.pyx."""
from libc.stdint cimport int32_t

from .dense_rows cimport DenseRows

cdef class RowOrder:
    cdef DenseRows rows                     # in the order in which they were given
    cdef const int32_t[::1] _places

    cdef void take(
        self, Py_ssize_t lo, Py_ssize_t hi, const int32_t* labels, int32_t* out
    ) noexcept nogil
