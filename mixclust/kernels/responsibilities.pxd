"""From log-densities to responsibilities. See responsibilities.pyx."""
from libc.stdint cimport int32_t

cdef double normalise(
    double* log_density, Py_ssize_t n_components, Py_ssize_t height, const double* weights,
    double* log_prob,
) noexcept nogil
cdef void likeliest(
    const double* log_density, Py_ssize_t n_components, Py_ssize_t height, Py_ssize_t n_rows,
    int32_t* labels,
) noexcept nogil
