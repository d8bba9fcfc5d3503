"""From log-densities to responsibilities. See responsibilities.pyx."""
cdef double normalise(
    double* log_density, Py_ssize_t n_components, Py_ssize_t height, const double* weights,
    double log_noise, double* log_prob, double* noise_count,
) noexcept nogil
cdef void measure_reach(
    const double* log_prob, const double* weights, Py_ssize_t height, double largest,
    double* reach,
) noexcept nogil
cdef double likeliest(
    const double* log_density, Py_ssize_t n_components, Py_ssize_t height, Py_ssize_t otherwise,
    double log_noise, double* labels,
) noexcept nogil
