"""Dense rows of either dtype at any stride, read in place from the caller's memory."""
from cpython.buffer cimport PyBUF_STRIDED_RO, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int32_t
from libc.string cimport memcpy

from .panels cimport load_rows
from .rows cimport Frame, Rows
from .squared_distance cimport read_row
from .strips cimport load_strip

cdef enum:
    ROWS_AHEAD = 24     # rows that are on their way into the cache, if they are read from anywhere


cdef class DenseRows(Rows):
    """Rows of a 2-D float32 or float64 buffer, with weights.

    Parameters
    ----------
    X : buffer of shape (n_samples, n_features), native float32 or float64
        As `check_rows` returns it, which alone tests the dtype: here only its size is tested,
        so that nothing is read beyond the buffer. Read in place, at any stride; never written.
    sample_weight : buffer of shape (n_samples,), float64, contiguous, or None
    """

    def __cinit__(self, X, const double[::1] sample_weight=None):
        PyObject_GetBuffer(X, &self._buffer, PyBUF_STRIDED_RO)
        self._held = True
        if self._buffer.ndim != 2 or self._buffer.itemsize not in (4, 8):
            raise TypeError("X must be a 2-D buffer of float32 or float64")
        self.data = <const char*>self._buffer.buf
        self.n_samples = self._buffer.shape[0]
        self.n_features = self._buffer.shape[1]
        self.row_stride = self._buffer.strides[0]
        self.col_stride = self._buffer.strides[1]
        self.is_double = self._buffer.itemsize == 8
        self.set_weights(sample_weight)

    def __dealloc__(self):
        if self._held:
            PyBuffer_Release(&self._buffer)

    cdef void read_plain(self, Py_ssize_t start, Py_ssize_t n, double* out) noexcept nogil:
        cdef Py_ssize_t i, d = self.n_features, col_stride = self.col_stride
        cdef bint is_double = self.is_double
        for i in range(n):
            read_row(self.row(start + i), col_stride, is_double, d, out + i * d)

    cdef void read_framed(
        self, Frame frame, Py_ssize_t start, Py_ssize_t n, double* block
    ) noexcept nogil:
        load_rows(
            self.row(start), self.row_stride, self.col_stride, self.is_double, NULL, n,
            self.n_features, frame.shift, block,
        )

    cdef void read_listed(
        self,
        Py_ssize_t start,
        const int32_t* listed,      # IN   (n,) rows, counted from row `start` on
        Py_ssize_t n,
        const double* shift,        # IN   (n_features,) subtracted from the rows
        double* block,              # OUT  (n, padded_width)
    ) noexcept nogil:
        """Read rows from anywhere into a block."""
        load_rows(
            self.row(start), self.row_stride, self.col_stride, self.is_double, listed, n,
            self.n_features, shift, block,
        )

    cdef void read_strip(
        self, Frame frame, Py_ssize_t start, Py_ssize_t n, Py_ssize_t height, double* strip
    ) noexcept nogil:
        load_strip(
            self.row(start), self.row_stride, self.col_stride, self.is_double, n,
            self.n_features, frame.shift, height, strip,
        )

    cdef void read_scattered(
        self, Frame frame, const int32_t* places, Py_ssize_t n, Py_ssize_t height,
        double* plain, double* strip,
    ) noexcept nogil:
        cdef Py_ssize_t i, ahead = min(n, ROWS_AHEAD), d = self.n_features
        cdef bint is_plain = self.is_double and self.col_stride == sizeof(double)
        for i in range(ahead):
            self.prefetch_row(places[i])
        for i in range(n):
            if i + ahead < n:
                self.prefetch_row(places[i + ahead])
            if is_plain:
                memcpy(plain + i * d, self.row(places[i]), d * sizeof(double))
                continue
            read_row(self.row(places[i]), self.col_stride, self.is_double, d, plain + i * d)
        for i in range(n, height):
            memcpy(plain + i * d, plain + (n - 1) * d, d * sizeof(double))
        load_strip(
            <const char*>plain, d * sizeof(double), sizeof(double), True, height, d, frame.shift,
            height, strip,
        )
