"""Additive sums of a pass. See statistics.pyx."""
cdef enum:
    MAX_SQUARED_DISTANCE = 10000    # in variances, that may be subtracted: twelve digits are left

cdef class Statistics:
    cdef readonly Py_ssize_t n_components, n_features
    cdef readonly Py_ssize_t n_scatters, n_rows, n_columns      # shape of the scatters
    cdef public double log_likelihood, noise_count
    cdef double* counts_at              # (n_components,)
    cdef double* sums_at                # (n_components, n_features)
    cdef double* scatters_at            # (n_scatters, n_rows, n_columns)
    cdef double* origins_at             # (n_components, n_features + 2), zeros behind the features
    cdef double[::1] _numbers           # owns them

    cdef double* scatter(self, Py_ssize_t k) noexcept nogil
    cdef double* origin(self, Py_ssize_t k) noexcept nogil
    cdef double shift(self, Py_ssize_t k, Py_ssize_t j) noexcept nogil
    cdef double total_count(self) noexcept nogil
    cdef void need_noise(self, double share) noexcept nogil
    cdef int write_covariance(self, Py_ssize_t k, double* covariance) except -1 nogil
    cdef bint move_origins(self, const double* floor) noexcept nogil
    cdef void take_about(self, const double* origins, Py_ssize_t stride) noexcept nogil

    cdef int _write_pooled_covariance(self, double* covariance) except -1 nogil
    cdef void _move_origin(self, Py_ssize_t k) noexcept nogil
    cdef void _take_one_about(self, Py_ssize_t k, const double* new) noexcept nogil
    cdef bint _is_scatter_lost(self, Py_ssize_t k, const double* floor) noexcept nogil
    cdef bint _is_pooled_scatter_lost(self, const double* floor) noexcept nogil
