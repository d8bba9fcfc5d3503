"""Nearest centres with bounds. See bounded_nearest.pyx."""
from libc.math cimport fabs
from libc.stdint cimport int32_t

from .island_nearest cimport IslandNearest
from .nearest_center cimport Tally

cdef struct Open:
    # A row that its bounds leave open, and its distances as far as they are measured.
    Py_ssize_t i
    int groups              # groups that its bounds leave open, a bit each
    double distance         # to its own centre, exact but for rounding
    double square           # its squared norm
    double error            # bound on the error of a score of a centre that may be nearest
    double beyond           # distance that all other centres exceed
    double best             # smallest score so far
    double second           # smallest score of any other centre looked at
    double beside           # second smallest score of the group that holds the best
    Py_ssize_t label        # the centre of the best, the nearest in the end
    bint certain            # float32 decided it


cdef inline float round_up(double value) noexcept nogil:
    """A float32 that is no smaller."""
    return <float>(value + fabs(value) * 2.0 ** -22)


cdef inline float round_down(double value) noexcept nogil:
    """A float32 that is no larger."""
    return <float>(value - fabs(value) * 2.0 ** -22)


cdef class BoundedNearest(IslandNearest):
    cdef object _group_centers
    cdef bint _always, _active
    cdef Py_ssize_t _n_passes, _filled_at, _n_bound_groups, _enter_below
    cdef Py_ssize_t[::1] _begins, _group_of, _plain_order
    cdef float[::1] _upper, _drift, _group_drift
    cdef float[:, :, ::1] _lower    # (chunks, groups, CHUNK_ROWS)
    cdef double[::1] _total_drift, _total_group_drift
    cdef double[:, ::1] _previous

    cdef int _leave(self) except -1
    cdef int _enter(self) except -1
    cdef void _add_drift(self) noexcept nogil
    cdef int _filter(
        self, Py_ssize_t lo, Py_ssize_t hi, int32_t* labels, Tally* tally
    ) noexcept nogil
    cdef void _least_lower(self, Py_ssize_t chunk, float* least) noexcept nogil
    cdef float* _lower_of(self, Py_ssize_t i) noexcept nogil
    cdef float _bounded_by(self, Py_ssize_t i, Py_ssize_t label) noexcept nogil
    cdef int _open(
        self, Py_ssize_t i, Py_ssize_t own, float lower, Open* open, float* values, double* row
    ) noexcept nogil
    cdef int _close(
        self, Open* rows, Py_ssize_t m, const float* values, float* panel, Py_ssize_t* members,
        int32_t* labels, Tally* tally, double* row,
    ) noexcept nogil
    cdef void _look(
        self, Py_ssize_t g, Open* rows, const Py_ssize_t* members, Py_ssize_t n,
        const float* values, float* panel, const int32_t* labels,
    ) noexcept nogil
    cdef void _set_lower(self, Py_ssize_t g, Open* open, double score) noexcept nogil
    cdef void _look_again_at_open(
        self, Open* rows, Py_ssize_t m, const float* values, float* panel, Py_ssize_t* members,
        Tally* tally, double* row,
    ) noexcept nogil
    cdef int _settle_open(
        self, Open* open, int32_t* labels, Tally* tally, double* row
    ) noexcept nogil
