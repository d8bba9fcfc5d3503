"""A k-means problem and its runs, whatever its rows are kept in. See lloyd.pyx."""
from libc.stdint cimport int32_t

from ..core.passes cimport Pass
from ..rows.frame cimport Frame
from ..rows.rows cimport Rows

cdef enum:
    ASSIGN = 1          # find each row's nearest centre
    SUM = 2             # add each row to the sums of its centre
    MOVE = 4            # move rows that changed their centre from one sum to another
    INERTIA = 8         # add up the squared distances to the centres

cdef class Lloyd(Pass):
    cdef readonly Py_ssize_t n_clusters, n_features, n_sum_slices, n_iter, n_refilled
    cdef Py_ssize_t width
    cdef Rows rows
    cdef Frame frame
    cdef double[:, ::1] _centers, _framed
    cdef int32_t[::1] _labels
    cdef bint _round_to_float
    cdef double[:, :, ::1] _tables
    cdef double[:, ::1] _sums
    cdef Py_ssize_t[:, ::1] _table_counts
    cdef Py_ssize_t[::1] _counts
    cdef double[::1] _inertia
    cdef Py_ssize_t[::1] _n_changed, _n_decided, _n_lost
    cdef int _mode

    # What a subclass says of its rows
    cdef void prepare(self) noexcept nogil
    cdef double row_distance(self, Py_ssize_t i, double* buffer) noexcept nogil
    cdef void begin_slice(self, Py_ssize_t s) noexcept nogil
    cdef void sum_rows(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil
    # What it may use
    cdef void move_row(
        self, Py_ssize_t s, Py_ssize_t i, int32_t old, double* row
    ) noexcept nogil
    cdef inline void relabel(
        self, Py_ssize_t s, Py_ssize_t i, int32_t label, double* row
    ) noexcept nogil:
        """Give row i another label; in a pass that moves rows, take its sums along."""
        cdef int32_t old = self._labels[i]
        self._n_changed[s] += 1
        self._labels[i] = label
        if self._mode & MOVE:
            self.move_row(s, i, old, row)

    cdef void _begin(self, double[:, ::1] centers, int32_t[::1] labels) except *
    cdef double _run(
        self, Py_ssize_t max_iter, double tol, bint verbose, void* report
    ) except? -1 nogil
    cdef bint _worth_moving(self, Py_ssize_t n_changed) noexcept nogil
    cdef Py_ssize_t _total_changed(self) noexcept nogil
    cdef double _total_inertia(self) noexcept nogil
    cdef int one_pass(self, int mode) except -1 nogil
    cdef int sum_slice(self, Py_ssize_t s) except -1 nogil
    cdef double move_centers(self) except -1 nogil
    cdef int _refill(self) except -1
    cdef object _framed_row(self, Py_ssize_t i)
    cdef object _farthest(self, Py_ssize_t count)
