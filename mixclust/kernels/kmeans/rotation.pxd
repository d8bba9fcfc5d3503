"""The first coordinates of rows in a rotated basis. See rotation.pyx."""
cdef class Rotation:
    cdef readonly Py_ssize_t n_features, n_axes
    cdef readonly double error
    cdef Py_ssize_t scratch_bytes
    cdef float[::1] _packed, _zeros
    cdef double[::1] _zero_row

    cdef void rotate(
        self, const double* block, Py_ssize_t n_rows, double scale, float* panel,
        double* squares, void* scratch,
    ) noexcept nogil
