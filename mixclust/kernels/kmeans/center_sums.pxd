"""Sums of the rows of each cluster. See center_sums.pyx."""
from libc.stdint cimport int32_t

from ..rows.csr_rows cimport CSRRows
from ..rows.dense_rows cimport DenseRows
from ..rows.rows cimport Blocks, Frame, Rows

cdef class CenterSums:
    cdef Rows rows
    cdef Frame frame
    cdef Py_ssize_t n_clusters, n_features, n_slices
    cdef Py_ssize_t width, buffer_bytes
    cdef double[:, :, ::1] _tables          # (tables, n_clusters, width)
    cdef Py_ssize_t[:, ::1] _table_counts   # rows of positive weight
    cdef double[:, ::1] sums                # merged
    cdef Py_ssize_t[::1] counts

    cdef void begin_shard(self, Py_ssize_t s) noexcept nogil
    cdef void add(
        self, Py_ssize_t s, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, void* buffer
    ) noexcept nogil
    cdef void move(
        self, Py_ssize_t s, const Py_ssize_t* changed, const int32_t* old, Py_ssize_t n,
        const int32_t* labels, void* buffer,
    ) noexcept nogil
    cdef void begin_slices(self, Py_ssize_t n_changed) noexcept nogil
    cdef void begin_slice(self, Py_ssize_t s) noexcept nogil
    cdef void add_to_slice(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, const int32_t* labels
    ) noexcept nogil
    cdef void end_slices(self, const int32_t* labels) noexcept nogil
    cdef void merge(self) noexcept nogil
    cdef void _clear(self, Py_ssize_t table, Py_ssize_t begin, Py_ssize_t end) noexcept nogil


cdef class DenseSums(CenterSums):
    cdef Blocks blocks
    cdef DenseRows dense            # the rows
    cdef bint _is_plain             # float32, one number behind the other, and not packed
    cdef double[:, ::1] _slice_rows         # (n_slices, width)


cdef class CSRSums(CenterSums):
    cdef CSRRows stored                     # the rows
    cdef int32_t[::1] _labels_before
    cdef bint _moving

    cdef void _add_row(self, Py_ssize_t i, Py_ssize_t k, int sign) noexcept nogil
