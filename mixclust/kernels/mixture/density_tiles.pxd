"""Log-densities of a strip of rows under one component. See density_tiles.pyx."""
cdef Py_ssize_t packed_triangle_size(Py_ssize_t n_features) noexcept nogil
cdef void pack_triangle(
    const double* upper, const double* mean, Py_ssize_t n_features, double* packed
) noexcept nogil
cdef void full_log_density(
    const double* strip, Py_ssize_t height, Py_ssize_t n_features, const double* packed,
    double constant, double* log_density,
) noexcept nogil
cdef void diagonal_log_density(
    const double* strip, Py_ssize_t height, Py_ssize_t n_features, const double* mean,
    const double* inverse_scales, double constant, double* log_density,
) noexcept nogil
cdef void two_linear_scores(
    const double* strip, Py_ssize_t height, Py_ssize_t n_features, const double* slopes,
    double first_constant, double second_constant, double* first, double* second,
) noexcept nogil
