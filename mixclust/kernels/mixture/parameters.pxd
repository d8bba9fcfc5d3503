"""Parameters of a mixture, and the limits of its variances. See parameters.pyx."""
from libc.stdint cimport int32_t

cdef class VarianceLimits:
    cdef readonly Py_ssize_t n_features
    cdef readonly bint is_floor_small
    cdef const double* floor            # (n_features,) each
    cdef const double* limit
    cdef const double* rescue
    cdef const double* rounding
    cdef const double[:, ::1] _numbers  # owns them

cdef class Parameters:
    cdef readonly Py_ssize_t n_components, n_features, n_matrices, n_columns
    cdef public double noise_weight     # 0 without noise
    cdef public double log_volume       # of noise, infinite without it
    cdef double* weights                # (n_components,)
    cdef double* means                  # (n_components, n_features)
    cdef double* factors                # (n_matrices, n_features, n_columns)
    cdef double* covariances            # (n_matrices, n_features, n_columns), or NULL
    cdef int32_t[::1] collapsed         # (n_components,)
    cdef double[::1] _numbers           # owns weights, means, factors and covariances, in order
    cdef Py_ssize_t _n_kept             # of all but the covariances
    cdef object _owners                 # of memory that is borrowed
    cdef tuple _parts                   # arrays that share its memory, once they are asked for

    cdef int _read_in_place(
        self, const double[::1] weights, const double[:, ::1] means, const double[::1] factors
    ) except -1
    cdef const double* mean(self, Py_ssize_t k) noexcept nogil
    cdef double* factor(self, Py_ssize_t k) noexcept nogil
    cdef double* covariance(self, Py_ssize_t k) noexcept nogil
    cdef void forget(self) noexcept nogil
    cdef double log_noise(self) noexcept nogil
    cdef double fall_by_floor(self, Parameters before, const double* floor) noexcept nogil
    cdef double _floor_share(self, const double* floor, const double* weights) noexcept nogil
    cdef void copy_from(self, Parameters other) noexcept nogil
    cdef int recover_covariances(self) except -1 nogil
    cdef int recover_covariance(self, Py_ssize_t k) except -1 nogil
