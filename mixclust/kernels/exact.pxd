"""Distances from differences, in float64. See exact.pyx."""
cdef double squared_distance(
    const double* x, const double* c, Py_ssize_t n_features
) noexcept nogil
cdef Py_ssize_t decide_row(
    const double* x, const double* centers, Py_ssize_t n_clusters, Py_ssize_t n_features
) noexcept nogil
cdef void read_row(
    const char* row, Py_ssize_t col_stride, bint is_double, Py_ssize_t n_features, double* out
) noexcept nogil
cdef void distances_to_lanes(
    const double* const* rows, const double* columns, Py_ssize_t lanes, Py_ssize_t n_features,
    double* distances,
) noexcept nogil
