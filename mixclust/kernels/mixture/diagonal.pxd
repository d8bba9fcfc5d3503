"""A mixture of components whose features are independent. See diagonal.pyx."""
from .em cimport Mixture

cdef class DiagonalMixture(Mixture):
    cdef bint spherical
    cdef double[:, ::1] _covariances, _precisions_cholesky
    cdef double[::1] _variances         # of a component in the M step

    cdef void _use(self) noexcept nogil
    cdef bint _find_far(self) noexcept nogil
    cdef void _take_variance(
        self, Py_ssize_t k, Py_ssize_t j, double variance, double rounding, double rescue
    ) noexcept nogil
