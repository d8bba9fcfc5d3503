"""Memory that a kernel owns. See memory.pyx."""
cdef class Doubles:
    cdef double* at
    cdef readonly Py_ssize_t size
