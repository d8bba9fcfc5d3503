"""Rows of X, dense or sparse, and the frame under which kernels read them. See rows.pyx."""
from libc.stdint cimport int32_t

cdef class Frame:
    cdef readonly Py_ssize_t n_features
    cdef const double* shift            # (n_features,)
    cdef readonly double scale
    cdef const double[::1] _shift       # owns it

cdef int check_frame(Frame frame, Py_ssize_t n_features) except -1

cdef class Rows:
    cdef readonly Py_ssize_t n_samples, n_features
    cdef readonly bint is_double
    cdef const double* weights      # (n_samples,), or NULL where every weight is 1
    cdef const double[::1] _sample_weight

    cdef int set_weights(self, const double[::1] sample_weight) except -1
    cdef void read_plain(self, Py_ssize_t start, Py_ssize_t n, double* out) noexcept nogil
    cdef void read_framed(
        self, Frame frame, Py_ssize_t start, Py_ssize_t n, double* block
    ) noexcept nogil
    cdef void read_strip(
        self, Frame frame, Py_ssize_t start, Py_ssize_t n, Py_ssize_t height, double* strip
    ) noexcept nogil
    cdef void read_scattered(
        self, Frame frame, const int32_t* places, Py_ssize_t n, Py_ssize_t height,
        double* plain, double* strip,
    ) noexcept nogil

    cdef inline double weight(self, Py_ssize_t i) noexcept nogil:
        """Weight of row i."""
        return 1.0 if self.weights == NULL else self.weights[i]

cdef class Blocks:
    cdef Rows rows
    cdef Frame frame
    cdef Py_ssize_t width
    cdef double[::1] _kept
    cdef unsigned char[::1] _is_kept    # (panels,)

    cdef const double* read(
        self, Py_ssize_t start, Py_ssize_t n, double* buffer
    ) noexcept nogil
