"""The parts of a mixture that passes and M steps exchange. See model.pyx."""
from libc.stdint cimport int32_t, int64_t

from .statistics cimport Statistics

cdef class VarianceLimits:
    cdef readonly Py_ssize_t n_features
    cdef readonly bint is_floor_small
    cdef double* floor                  # (n_features,) each
    cdef double* limit
    cdef double* rescue
    cdef double* rounding
    cdef double[::1] _numbers           # owns them

cdef class Parameters:
    cdef readonly Py_ssize_t n_components, n_features, n_matrices, n_columns
    cdef double* weights                # (n_components,)
    cdef double* means                  # (n_components, n_features)
    cdef double* factors                # (n_matrices, n_features, n_columns)
    cdef double* covariances            # (n_matrices, n_features, n_columns)
    cdef int32_t[::1] collapsed         # (n_components,)
    cdef double[::1] _numbers           # owns weights, means, factors and covariances, in this order
    cdef Py_ssize_t _n_kept             # of all but the covariances
    cdef object _owners                 # of memory that is borrowed
    cdef tuple _parts                   # arrays that share its memory, once they are asked for

    cdef const double* mean(self, Py_ssize_t k) noexcept nogil
    cdef double* factor(self, Py_ssize_t k) noexcept nogil
    cdef double* covariance(self, Py_ssize_t k) noexcept nogil
    cdef void forget(self) noexcept nogil
    cdef void copy_from(self, Parameters other) noexcept nogil
    cdef int recover_covariances(self) except -1 nogil
    cdef int recover_covariance(self, Py_ssize_t k) except -1 nogil

cdef class Density:
    cdef readonly Py_ssize_t n_components, n_features, n_extra, work_per_row
    cdef double common
    cdef double[::1] constants

    cdef bint use(self, Parameters parameters) except -1 nogil
    cdef void expand(self, double* strip, Py_ssize_t height) noexcept nogil
    cdef void log_densities(
        self, const double* strip, Py_ssize_t height, double* log_density
    ) noexcept nogil

cdef class Moments:
    cdef readonly Py_ssize_t n_components, n_features, n_sums, n_scratch
    cdef readonly bint skips_rows, needs_all_rows

    cdef void place_origins(self, Statistics statistics, Parameters parameters) noexcept nogil
    cdef void add(
        self, const double* strip, Py_ssize_t height, const double* resp, const double* reach,
        const double* thresholds, Statistics about, double* scratch, int64_t* picked, double* sums,
    ) noexcept nogil
    cdef void collect(self, const double* sums, Statistics statistics) noexcept nogil

cdef class Maximiser:
    cdef readonly VarianceLimits limits
    cdef readonly double smallest_count

    cdef Py_ssize_t maximise(
        self, Statistics statistics, Parameters parameters
    ) except -1 nogil
    cdef void take_weights(self, Statistics statistics, Parameters parameters) noexcept nogil
    cdef bint is_empty(self, Statistics statistics, Py_ssize_t k) noexcept nogil

cdef class Model:
    cdef readonly Parameters parameters
    cdef readonly Statistics statistics
    cdef readonly Maximiser maximiser
    cdef readonly Density density       # in use
    cdef readonly Moments moments       # in use
    cdef readonly bint is_exact         # whether they are those of the exact pair
    cdef object _make_exact, _exact     # the pair of Density and Moments, once it is needed
    cdef object _quick                  # or None
    cdef Density _quick_density

    cdef int forget(self) except -1 nogil
    cdef int use(self) except -1 nogil
    cdef int use_exact(self) except -1 nogil
    cdef int exchange(self, bint exact) except -1 nogil
