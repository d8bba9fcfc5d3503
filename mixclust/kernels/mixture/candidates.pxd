"""Components that may matter to a strip of rows. See candidates.pyx."""
from libc.stdint cimport int32_t

from ..core.memory cimport Doubles
from .model cimport Density
from .parameters cimport Parameters
from .row_classes cimport RowClasses
from .strip_pass cimport Strip

cdef enum:      # what the next pass does
    LOOK = 0            # evaluates all components, labels the rows
    SORT = 1            # sorts the rows by label before it begins
    SKIP = 2            # leaves out components
    REST = 3            # evaluates all components, since too few can be left out

cdef class Candidates:
    cdef public bint never_rests
    cdef readonly int state
    cdef readonly double share          # of the pairs of a strip and a component, in the last pass
    cdef Py_ssize_t n_samples, n_components, n_features, height, n_shards, n_strips
    cdef Py_ssize_t n_passes, n_to_rest # of the state, and those that the next rest takes
    cdef double least_share, usual_square
    cdef bint restarted
    cdef const Py_ssize_t[::1] _shard_bounds    # (n_shards + 1,)
    cdef Py_ssize_t[::1] _first_strips  # (n_shards + 1,) number of each shard's first strip
    cdef int32_t[::1] _labels           # (n_samples,) by place
    cdef int32_t[::1] _order            # (n_samples,) the row at each place
    cdef int32_t[:, ::1] _ranges        # (n_strips, 2) first and last label of the rows
    cdef float[:, ::1] _bounds          # (n_strips, n_components) of distances
    cdef unsigned char[:, ::1] _flags   # (n_shards, n_components)
    cdef unsigned char[::1] _is_declined    # (n_shards,) whether a shard filled no table
    cdef float[:, :, ::1] _tables       # (n_shards, n_components + 1, n_components), or None
    cdef bint _has_table
    cdef Parameters _last               # that the bounds hold for
    cdef Doubles _normalisers           # (n_components,) without weights
    cdef Doubles _log_weights           # (n_components,)
    cdef Doubles _doubled               # (n_components,) twice the normalisers that count
    cdef float[::1] _shifts, _shrinks   # (n_components,)
    cdef Doubles _counts                # (n_shards, 2)
    cdef Doubles _scratch

    cdef void restart(self) noexcept nogil
    cdef int begin_pass(self, Parameters parameters, const int32_t** order) except -1 nogil
    cdef void end_pass(self) noexcept nogil
    cdef void clear(self, Py_ssize_t s) noexcept nogil
    cdef void look(
        self, Py_ssize_t s, const Strip* strip, Density density, double log_noise
    ) noexcept nogil
    cdef Py_ssize_t evaluate(
        self, Py_ssize_t s, const Strip* strip, Density density, RowClasses classes,
        double log_noise,
    ) noexcept nogil
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
    cdef void _rest(self) noexcept nogil
    cdef void _count(self, Py_ssize_t s, const Strip* strip) noexcept nogil
    cdef void _note_largest(self, const Strip* strip, float* table) noexcept nogil
    cdef int _prepare_tables(self) except -1
    cdef void _merge_tables(self) noexcept nogil
    cdef int _take_table(self, const int32_t[::1] places) except -1
    cdef int _sort(self) except -1
    cdef int _label_strips(self, const int32_t[::1] places) except -1
    cdef int _inherit(self, const int32_t[::1] places) except -1
    cdef int _measure_drift(self, Parameters parameters) except -1 nogil
    cdef double _least_ratio(self, const double* before, const double* after) noexcept nogil
    cdef double _shrink(self, const double* before, const double* after) except? -1 nogil
