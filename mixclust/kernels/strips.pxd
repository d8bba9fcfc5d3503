"""Rows as the mixture kernels want them. See strips.pyx."""
from .rows cimport Rows

cdef Py_ssize_t strip_unit() noexcept nogil
cdef void load_strip(
    Rows rows, Py_ssize_t start, Py_ssize_t n_rows, Py_ssize_t height, double* strip
) noexcept nogil
