"""Eigenvalues and eigenvectors of symmetric matrices. See symmetric_eigen.pyx."""
cdef int symmetric_eigen(
    double* matrix, Py_ssize_t n, double* values, double* vectors
) except -1 nogil
cdef double share_in_sum(Py_ssize_t k) noexcept nogil
cdef void rotate_rows(
    double* first, double* second, Py_ssize_t n, double cosine, double sine
) noexcept nogil
cdef void rotate_matrix(
    double* matrix, Py_ssize_t n, Py_ssize_t i, Py_ssize_t j, double cosine, double sine
) noexcept nogil
cdef int symmetric_eigen_of_each(
    double* matrices, Py_ssize_t n_matrices, Py_ssize_t n, double* values, double* vectors
) except -1 nogil
