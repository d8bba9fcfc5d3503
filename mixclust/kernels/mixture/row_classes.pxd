"""Classes of rows and of components. See row_classes.pyx."""
from libc.stdint cimport int32_t

from .parameters cimport Parameters

cdef class RowClasses:
    cdef const int32_t[::1] _of_rows            # (n_samples,) negative: unlabelled
    cdef const int32_t[::1] _of_components      # (n_components,)
    cdef const double[::1] _priors              # (n_classes,), or None
    cdef double[::1] _sums                      # (2 * n_classes,) weights and components of each

    cdef void restrict(
        self, Py_ssize_t start, const int32_t* places, Py_ssize_t n, Py_ssize_t height,
        const int32_t* which, Py_ssize_t n_which, double* log_density, double* classes,
    ) noexcept nogil
    cdef void impose_priors(self, Parameters parameters) noexcept nogil
