"""A cheap look in float32 at which rows a trial of k-means++ may bring nearer. See screen.pyx."""
from libc.stdint cimport uint64_t

cdef float screen_floor(double gamma, double largest_norm) noexcept nogil
cdef void set_bars(
    const float* norms, const float* closest_float, const double* closest_double, Py_ssize_t n,
    double scale, double gamma, float floor, float* bars,
) noexcept nogil
cdef uint64_t screen_panel(
    const float* panel, Py_ssize_t n_features, const float* packed, const float* half_norms,
    Py_ssize_t n_groups, const float* bars,
) noexcept nogil
cdef void measure_reach(
    const double* seeds, Py_ssize_t n_seeds, const double* columns, Py_ssize_t lanes,
    Py_ssize_t n_features, double* reach,
) noexcept nogil
