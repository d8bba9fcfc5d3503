"""The rows that lie farthest from their centres. See farthest.pyx."""
from libc.stdint cimport int32_t

from .nearest_center cimport NearestCenter

cdef object farthest_rows(
    NearestCenter nearest, const int32_t* labels, Py_ssize_t count, const int32_t[::1] given
)
