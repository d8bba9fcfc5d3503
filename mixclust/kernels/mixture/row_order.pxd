"""The order in which sorted rows are read, and their strips. See row_order.pyx."""
from libc.stdint cimport int32_t

cdef class RowOrder:
    cdef Py_ssize_t n_samples, n_labels, height, n_shards, n_strips
    cdef const Py_ssize_t[::1] shard_bounds     # (n_shards + 1,)
    cdef int32_t[::1] labels            # (n_samples,) by place
    cdef int32_t[::1] rows              # (n_samples,) the row at each place; or None
    cdef int32_t[:, ::1] ranges         # (n_strips, 2) first and last label of the rows
    cdef int32_t[::1] places            # (n_samples,) by new place, while they are sorted
    cdef Py_ssize_t[::1] _first_strips  # (n_shards + 1,) number of each shard's first strip

    cdef Py_ssize_t strip(self, Py_ssize_t s, Py_ssize_t start) noexcept nogil
    cdef int find_places(self, Py_ssize_t window) except -1
    cdef int sort(self, bint from_rows) except -1
    cdef int least_of_strips(self, const float[:, ::1] old, float[:, ::1] new) except -1
    cdef int least_of_labels(self, const float[:, ::1] table, float[:, ::1] new) except -1
    cdef int _note_ranges(self) except -1
