"""Memory that a kernel owns: made and freed faster than an array, and never seen by Python."""
cimport cython
from libc.stdlib cimport calloc, free


@cython.final
cdef class Doubles:
    """Zeros of float64 at the address `at`, freed with this object.

    Parameters
    ----------
    size : int
        Number of zeros.
    """

    def __cinit__(self, Py_ssize_t size):
        self.size = size
        self.at = <double*>calloc(max(size, 1), sizeof(double))
        if self.at == NULL:
            raise MemoryError("no memory for %d numbers" % size)

    def __dealloc__(self):
        free(self.at)
