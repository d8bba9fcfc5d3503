"""A mixture of components whose features are independent. See diagonal_mixture.pyx."""
from .mixture cimport Mixture

cdef class DiagonalMixture(Mixture):
    cdef bint spherical
    cdef double[:, ::1] _covariances, _precisions_cholesky

    cdef void _use(self) noexcept nogil
    cdef bint _find_far(self) noexcept nogil
