"""Components that may matter to a strip of rows. See candidates.pyx."""
from libc.stdint cimport int32_t

from ..core.memory cimport Doubles
from .drift cimport Drift
from .first_look cimport FirstLook
from .model cimport Density, Moments
from .parameters cimport Parameters
from .row_classes cimport RowClasses
from .row_order cimport RowOrder
from .strip_pass cimport Strip

cdef enum:      # what the next pass does
    LOOK = 0            # evaluates all components, and labels the rows
    SORT = 1            # sorts the rows by label before it begins
    SKIP = 2            # leaves out components
    SORT_AGAIN = 3      # sorts rows that are sorted by older labels
    REST = 4            # evaluates all components, since too few can be left out

cdef class Candidates

cdef enum:      # when components are left out
    AUTO = 0
    NEVER = 1
    ALWAYS = 2

cdef Candidates make_candidates(
    Parameters parameters, const Py_ssize_t[::1] shard_bounds, Py_ssize_t height, int when
)

cdef class Candidates:
    cdef public bint never_rests
    cdef readonly int state
    cdef readonly double share          # of the pairs that were evaluated in the last pass
    cdef double least_share, usual_square
    cdef Py_ssize_t n_components, n_shards, height
    cdef Py_ssize_t n_passes            # since the state began
    cdef Py_ssize_t n_to_rest           # passes that the next rest takes
    cdef RowOrder _order
    cdef Drift _drift
    cdef FirstLook _look
    cdef float[:, ::1] _bounds          # (n_strips, n_components) of distances
    cdef unsigned char[:, ::1] _flags   # (n_shards, n_components)
    cdef Doubles _counts                # (n_shards, 2) pairs that matter, and all pairs

    cdef int begin_pass(self, Parameters parameters, const int32_t** order) except -1 nogil
    cdef int end_pass(self) except -1 nogil
    cdef void clear(self, Py_ssize_t s) noexcept nogil
    cdef void look(
        self, Py_ssize_t s, const Strip* strip, Density density, double log_noise
    ) noexcept nogil
    cdef Py_ssize_t evaluate(
        self, Py_ssize_t s, const Strip* strip, Density density, Moments moments,
        RowClasses classes, double log_noise,
    ) noexcept nogil
    cdef int _sort(self) except -1
    cdef int _rest(self) except -1 nogil
    cdef void _evaluate(
        self, const Strip* strip, Py_ssize_t lo, Py_ssize_t hi, Density density, RowClasses classes
    ) noexcept nogil
    cdef void _keep(
        self, const Strip* strip, Py_ssize_t lo, Py_ssize_t hi, float* bounds
    ) noexcept nogil
    cdef void _flag(self, double least, float* bounds, unsigned char* flags) noexcept nogil
    cdef double _find_best(
        self, const Strip* strip, Py_ssize_t n_which, double log_noise
    ) noexcept nogil
    cdef void _label(
        self, const Strip* strip, Py_ssize_t n_which, double log_noise
    ) noexcept nogil
