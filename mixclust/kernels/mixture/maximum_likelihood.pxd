"""Parts that M steps share. See maximum_likelihood.pyx."""
from .parameters cimport Parameters
from .statistics cimport Statistics

cdef int look_for_signals(Py_ssize_t n_features) except -1 nogil
cdef void take_means(Statistics statistics, Parameters parameters) noexcept nogil
cdef void add_floor(
    double* covariance, const double* floor, double share, Py_ssize_t n_features
) noexcept nogil
