"""The loop of k-means: assign, merge, update, converged. See lloyd.pyx."""
from libc.stdint cimport int32_t

from ..core.passes cimport Pass
from ..rows.row_order cimport RowOrder
from ..rows.rows cimport Frame, Rows
from .center_sums cimport CenterSums
from .center_update cimport CenterUpdate
from .nearest_center cimport NearestCenter

cdef class Lloyd(Pass):
    cdef readonly Py_ssize_t n_refilled
    cdef Py_ssize_t n_clusters, n_features, n_iter
    cdef NearestCenter nearest
    cdef CenterSums sums
    cdef CenterUpdate update
    cdef Rows rows, given_rows              # as they are passed over, and as they were given
    cdef RowOrder order                     # None if these are the same
    cdef Frame frame
    cdef int32_t[::1] _labels               # of `rows`
    cdef int32_t[::1] _ordered_labels       # memory for them, if there is an order
    cdef int32_t[::1] _given_labels         # of `given_rows`
    cdef bint _is_first                     # no pass has labelled the rows
    cdef double[::1] _measures                              # (n_samples,) of `measure`
    cdef double[::1] _inertia                               # (n_shards,)
    cdef Py_ssize_t[:, ::1] _counts                         # (n_shards, 4)
    cdef int _mode

    cdef double sum_up(self, bint measure) except? -1 nogil
    cdef int begin(self, const double[:, ::1] centers, int32_t[::1] labels) except -1
    cdef double iterate(
        self, double[:, ::1] centers, Py_ssize_t max_iter, double tol, bint verbose, void* report
    ) except? -1 nogil
    cdef int _return_labels(self) except -1 nogil
    cdef bint _worth_moving(self, Py_ssize_t n_changed) noexcept nogil
    cdef Py_ssize_t _total(self, int count) noexcept nogil
    cdef double _total_inertia(self) noexcept nogil
    cdef int _pass(self, int mode) except -1 nogil
    cdef int _sum_slice(self, Py_ssize_t s) except -1 nogil
    cdef double _move_centers(self, double[:, ::1] centers) except -1 nogil
    cdef int _refill(self, Py_ssize_t n_empty) except -1
