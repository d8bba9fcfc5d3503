"""The first look at rows: how many components matter to them. See first_look.pyx."""
from libc.stdint cimport int32_t

from .drift cimport Drift
from .strip_pass cimport Strip

cdef class FirstLook:
    cdef Py_ssize_t n_components, n_shards
    cdef float[:, :, ::1] tables        # (n_shards, n_components + 1, n_components), or None
    cdef unsigned char[::1] is_declined     # (n_shards,)

    cdef int begin(self) except -1
    cdef int end(self) except -1
    cdef bint has_found_few(self) noexcept nogil
    cdef Py_ssize_t count(self, Py_ssize_t s, const Strip* strip, double depth) noexcept nogil
    cdef void note(self, Py_ssize_t s, const Strip* strip, const int32_t* labels) noexcept nogil
    cdef void merge(self, Drift drift) noexcept nogil
