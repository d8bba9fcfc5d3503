"""When a run of EM has converged. See convergence.pyx."""
cdef double gain_to_come(const double* bounds, Py_ssize_t n_bounds) noexcept nogil
