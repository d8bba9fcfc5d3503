"""The parts of a mixture that passes and M steps exchange. See model.pyx."""
from libc.stdint cimport int32_t, int64_t

from ..core.memory cimport Doubles
from .parameters cimport Parameters, VarianceLimits
from .statistics cimport Statistics

cdef class Density:
    cdef readonly Py_ssize_t n_components, n_features, n_columns, n_extra, work_per_row
    cdef Py_ssize_t n_at_a_time
    cdef double common
    cdef double* constants              # (n_components,)
    cdef Doubles _constants             # owns them

    cdef bint use(self, Parameters parameters) except -1 nogil
    cdef void expand(self, double* strip, Py_ssize_t height) noexcept nogil
    cdef void log_densities(
        self, const double* strip, Py_ssize_t height, const int32_t* which, Py_ssize_t n_which,
        double* log_density,
    ) noexcept nogil
    cdef void shared_terms(
        self, const double* strip, Py_ssize_t height, double* terms
    ) noexcept nogil

cdef class Moments:
    cdef readonly Py_ssize_t n_components, n_features, n_sums, n_scratch
    cdef readonly object scatter_shape
    cdef readonly bint skips_rows, needs_all_rows
    cdef Py_ssize_t n_at_a_time

    cdef void place_origins(self, Statistics statistics, Parameters parameters) noexcept nogil
    cdef void add(
        self, const double* strip, Py_ssize_t height, const int32_t* which, Py_ssize_t n_which,
        const double* resp, const double* reach, const double* thresholds, Statistics about,
        double* scratch, int64_t* picked, double* sums,
    ) noexcept nogil
    cdef void collect(self, const double* sums, Statistics statistics) noexcept nogil
    cdef void complete(self, Statistics statistics) noexcept nogil

cdef class Maximiser:
    cdef readonly VarianceLimits limits
    cdef readonly double smallest_count
    cdef readonly bint is_unconstrained

    cdef Py_ssize_t maximise(
        self, Statistics statistics, Parameters parameters
    ) except -1 nogil
    cdef double log_prior(self, Parameters parameters) noexcept nogil
    cdef void take_weights(self, Statistics statistics, Parameters parameters) noexcept nogil
    cdef bint is_empty(self, Statistics statistics, Py_ssize_t k) noexcept nogil

cdef class Model:
    cdef readonly Parameters parameters
    cdef readonly Statistics statistics
    cdef readonly Maximiser maximiser
    cdef readonly Density density       # in use
    cdef readonly Moments moments       # in use
    cdef readonly bint is_exact         # whether the exact pair is in use
    cdef object _make_exact, _exact     # the pair of Density and Moments, once it is needed
    cdef object _quick                  # or None
    cdef Density _quick_density

    cdef int forget(self) except -1 nogil
    cdef int use(self) except -1 nogil
    cdef int use_exact(self) except -1 nogil
    cdef int exchange(self, bint exact) except -1 nogil
