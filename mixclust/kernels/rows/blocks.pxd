"""Rows under a frame, block by block. See blocks.pyx."""
from .frame cimport Frame
from .rows cimport Rows

cdef class Blocks:
    cdef Rows rows
    cdef Frame frame
    cdef Py_ssize_t width
    cdef double[::1] _kept
    cdef unsigned char[::1] _is_kept    # (panels,)

    cdef const double* read(
        self, Py_ssize_t start, Py_ssize_t n, double* buffer
    ) noexcept nogil
