"""One face for dense rows of either dtype at any stride. See dense_rows.pyx."""
from cpython.buffer cimport Py_buffer

from ..core.simd cimport prefetch

cdef class DenseRows:
    cdef Py_buffer _buffer
    cdef bint _held
    cdef const char* data
    cdef readonly Py_ssize_t n_samples, n_features
    cdef Py_ssize_t row_stride, col_stride
    cdef readonly bint is_double
    cdef const double* weights
    cdef object _weights_owner
    cdef const double* shift    # used by mixtures until they take a Frame
    cdef object _shift_owner    # used by mixtures until they take a Frame

    cdef inline const char* row(self, Py_ssize_t i) noexcept nogil:
        """Where row i begins; sizes and offsets are Py_ssize_t throughout."""
        return self.data + i * self.row_stride

    cdef inline void expect(self, Py_ssize_t i) noexcept nogil:
        """Let row i, which will be read soon, come to the cache; not where it is scattered."""
        cdef Py_ssize_t byte = 0, end = self.n_features * self.col_stride - 1
        if 0 < self.col_stride <= 8:
            while byte < end:
                prefetch(self.row(i) + byte)
                byte += 64
            prefetch(self.row(i) + end)
