"""Cholesky factors. See cholesky.pyx."""
cdef Py_ssize_t factorise(double* matrix, Py_ssize_t n) noexcept nogil
cdef void invert_triangle(const double* upper, Py_ssize_t n, double* inverse) noexcept nogil
cdef double log_diagonal(const double* upper, Py_ssize_t n) noexcept nogil
cdef int precision_of_factor(
    const double* upper, Py_ssize_t n, double* precision
) except -1 nogil
cdef int recover_covariance(
    const double* inverse, Py_ssize_t n, double* scratch, double* covariance
) except -1 nogil
cdef int precision_factor(
    double* covariance, Py_ssize_t n, const double* limit, const double* rescue,
    const double* rounding, double* scratch, double* inverse,
) except -1 nogil
cdef bint is_sound(
    const double* covariance, Py_ssize_t n, const double* rounding, double* scratch
) except -1 nogil
