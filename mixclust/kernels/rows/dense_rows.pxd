"""Dense rows of either dtype at any stride. See dense_rows.pyx."""
from cpython.buffer cimport Py_buffer
from libc.stdint cimport int32_t

from ..core.simd cimport prefetch
from .rows cimport Rows

cdef class DenseRows(Rows):
    cdef Py_buffer _buffer
    cdef bint _held
    cdef const char* data
    cdef Py_ssize_t row_stride, col_stride

    cdef void read_listed(
        self, Py_ssize_t start, const int32_t* listed, Py_ssize_t n, const double* shift,
        double* block,
    ) noexcept nogil

    cdef inline const char* row(self, Py_ssize_t i) noexcept nogil:
        """Address of row i; sizes and offsets are Py_ssize_t throughout."""
        return self.data + i * self.row_stride

    cdef inline void prefetch_row(self, Py_ssize_t i) noexcept nogil:
        """Load row i, which is read soon, into the cache, if its features are adjacent."""
        cdef Py_ssize_t byte = 0, end = self.n_features * self.col_stride - 1
        if 0 < self.col_stride <= 8:
            while byte < end:
                prefetch(self.row(i) + byte)
                byte += 64
            prefetch(self.row(i) + end)
