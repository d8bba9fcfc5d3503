"""Rows with the features outermost. See strips.pyx."""
cdef Py_ssize_t strip_unit() noexcept nogil
cdef void load_strip(
    const char* X, Py_ssize_t row_stride, Py_ssize_t col_stride, bint is_double,
    Py_ssize_t n_rows, Py_ssize_t n_features, const double* shift, Py_ssize_t height,
    double* strip,
) noexcept nogil
