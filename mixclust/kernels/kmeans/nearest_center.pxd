"""The nearest centre of every row. See nearest_center.pyx."""
from libc.stdint cimport int32_t

from ..rows.rows cimport Frame, Rows

cdef struct Tally:
    # Counts of an assignment, and the rows that changed their centre if they are to be listed.
    Py_ssize_t n_changed        # rows that changed their centre
    Py_ssize_t n_decided        # rows that float32 could not decide and float64 did
    Py_ssize_t n_lost           # rows at distances that are not finite
    Py_ssize_t n_measured       # pairs of a row and a centre that bounds left open
    bint is_first               # no row has a centre yet: all rows count as changed
    bint lists_changes
    Py_ssize_t n_listed, capacity
    Py_ssize_t* changed         # (n_listed,) rows that changed, in ascending order
    int32_t* old                # (n_listed,) their centres before

cdef int list_change(Tally* tally, Py_ssize_t i, int32_t old) noexcept nogil

cdef inline int note_change(Tally* tally, Py_ssize_t i, int32_t old) noexcept nogil:
    """Count that row i left centre `old`, and list it if asked to; returns -1 without memory."""
    tally.n_changed += 1
    return list_change(tally, i, old) if tally.lists_changes else 0


cdef class NearestCenter:
    cdef Rows rows
    cdef Frame frame
    cdef Py_ssize_t n_clusters, n_features
    cdef Py_ssize_t work_per_row, work_rows, block_rows, buffer_bytes
    cdef const double[:, ::1] _centers

    cdef int begin(self, const double[:, ::1] centers) except -1
    cdef int adapt(self, Py_ssize_t n_changed, Py_ssize_t n_measured) except -1 nogil
    cdef void prepare(self) noexcept nogil
    cdef int assign(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil
    cdef void after_assign(self) noexcept nogil
    cdef void add_inertia(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, double* total, void* buffer
    ) noexcept nogil
    cdef void measure(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, double* out, void* buffer
    ) noexcept nogil
    cdef void measure_margins(
        self, Py_ssize_t start, Py_ssize_t n, double* out, void* buffer
    ) noexcept nogil
