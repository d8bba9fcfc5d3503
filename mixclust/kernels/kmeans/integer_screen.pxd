"""Which rows a trial of k-means++ may bring nearer, in integers. See integer_screen.pyx."""
from libc.stdint cimport int32_t, uint64_t

cdef Py_ssize_t largest_integer(Py_ssize_t n_features) noexcept nogil
cdef void round_panel(
    const float* panel, const float* norms, Py_ssize_t n_features, float to_units,
    int32_t* pairs, int32_t* half_squares, float* errors,
) noexcept nogil
cdef double round_points(
    const double* points, Py_ssize_t n_points, Py_ssize_t n_features, const double* shift,
    double to_units, int32_t* pairs, int32_t* starts,
) noexcept nogil
cdef void set_integer_bars(
    const int32_t* half_squares, const float* errors, const float* closest_float,
    const double* closest_double, Py_ssize_t n, double to_units, double point_error, int32_t* bars,
) noexcept nogil
cdef uint64_t screen_integers(
    const int32_t* pairs, Py_ssize_t n_pairs, const int32_t* points, const int32_t* starts,
    Py_ssize_t n_groups, const int32_t* bars,
) noexcept nogil
