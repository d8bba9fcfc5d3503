"""Mini-batch k-means: batches of rows, and the running means of clusters. See minibatch.pyx."""
from libc.stdint cimport int32_t

from ..rows.dense_rows cimport DenseRows
from .lloyd cimport Lloyd

cdef class Batches:
    cdef readonly Py_ssize_t size, n_samples
    cdef object _draw, _load
    cdef DenseRows _source, _target
    cdef Lloyd _passes
    cdef bint _copies
    cdef const double[::1] _cumulative      # (n_samples,), or empty if all weights are equal
    cdef const Py_ssize_t[::1] _guide       # (n_samples,), or empty
    cdef const double[::1] _uniforms        # (size,)
    cdef Py_ssize_t[::1] _indices           # (size,)
    cdef int32_t[::1] _labels               # (size,)

    cdef int next(self, const double[:, ::1] centers) except -1 nogil
    cdef Py_ssize_t _row_at(self, double u) noexcept nogil
    cdef void _copy_rows(self) noexcept nogil

cdef class RunningMeans:
    cdef Py_ssize_t n_clusters, n_features
    cdef readonly Py_ssize_t n_since_reassignment
    cdef double reassignment_ratio, forgetting_factor
    cdef double[:, ::1] _centers, _before
    cdef double[::1] _counts

    cdef double _step(self, Lloyd passes, object reassign) except? -1 nogil
    cdef bint _reassignment_is_due(self, Py_ssize_t n_rows) noexcept nogil
    cdef void _move(self, Lloyd passes) noexcept nogil
    cdef bint _some_are_light(self) noexcept nogil
    cdef double _shift(self) noexcept nogil
