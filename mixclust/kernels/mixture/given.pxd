"""Responsibilities that a caller gives, in place of those of a density. See given.pyx."""
from libc.stdint cimport int32_t

from .strip_pass cimport Strip

cdef struct GivenRows:
    const int32_t* labels               # (n_samples,) or NULL
    const double* resp                  # (n_samples, n_columns) or NULL
    Py_ssize_t n_columns
    bint may_omit_rows                  # whether responsibilities may not add up to weights

cdef class Given:
    cdef GivenRows rows
    cdef const int32_t[::1] _labels     # own the memory that `rows` points to
    cdef const double[:, ::1] _resp

cdef double fill(
    const GivenRows* given, const Strip* strip, Py_ssize_t n_components
) noexcept nogil
