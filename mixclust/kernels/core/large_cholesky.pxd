"""Cholesky factors of large matrices. See large_cholesky.pyx."""
cdef Py_ssize_t factorise_large(double* matrix, Py_ssize_t n) except -1 nogil
cdef int invert_large(double* matrix, Py_ssize_t n) except -1 nogil
cdef int multiply_large(double* matrix, Py_ssize_t n) except -1 nogil
cdef int square_large(double* matrix, Py_ssize_t n, double* square) except -1 nogil
