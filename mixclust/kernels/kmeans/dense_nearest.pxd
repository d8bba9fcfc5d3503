"""The nearest centre of dense rows. See dense_nearest.pyx."""
from libc.stdint cimport int32_t

from ..rows.rows cimport Blocks
from ..rows.dense_rows cimport DenseRows
from .nearest_center cimport NearestCenter, Tally
from .second_look cimport PackedCenters, Pair

cdef class DenseNearest(NearestCenter):
    cdef Blocks blocks
    cdef DenseRows dense            # the rows
    cdef Py_ssize_t width, tile_rows, n_groups
    cdef Py_ssize_t[::1] _order
    cdef float[::1] _packed, _half_norms, _panels, _norms
    cdef float* _all_panels         # the first whole cache line of _panels
    cdef double[:, ::1] _framed     # centres less the shift, as rows of a block
    cdef bint _keep_panels, _panels_filled
    cdef double _largest_norm
    cdef PackedCenters _packed_centers
    cdef int32_t[::1] _original     # the first centre with the same numbers as centre k
    cdef int32_t[::1] _copies_table
    cdef Py_ssize_t _n_copies

    cdef int set_order(self, Py_ssize_t[::1] order) except -1
    cdef int32_t decide(self, Py_ssize_t i, Tally* tally, double* row) noexcept nogil
    cdef float* _score_rows(self, Py_ssize_t start, Py_ssize_t n, void* buffer) noexcept nogil
    cdef void _pack(
        self, Py_ssize_t start, Py_ssize_t n, double* buffer, float* panels, float* norms
    ) noexcept nogil
    cdef void _score(
        self, const PackedCenters* centers, Py_ssize_t start, Py_ssize_t n, const float* panels,
        float* state, bint ahead,
    ) noexcept nogil
    cdef void _prefetch(self, Py_ssize_t i, Py_ssize_t end) noexcept nogil
    cdef void _drop_copies(self) noexcept nogil
    cdef void look_again(
        self, const PackedCenters* centers, Py_ssize_t start, const int32_t* rows,
        const float* panels, const float* bars, float* labels, const int32_t* open,
        Py_ssize_t n_open, float* panel, Tally* tally, double* row,
    ) noexcept nogil
    cdef void decide_vector(
        self, const PackedCenters* centers, Py_ssize_t n, const Py_ssize_t* rows, float* bars,
        float* panel, float* labels, Tally* tally, double* row,
    ) noexcept nogil
    cdef Py_ssize_t _decide_among(
        self, Py_ssize_t i, const Py_ssize_t* order, const Pair* pairs, Py_ssize_t first,
        Tally* tally, double* row,
    ) noexcept nogil
    cdef bint _is_copied(self, Py_ssize_t place) noexcept nogil
    cdef int _settle(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* all_labels, const float* new_labels,
        Tally* tally,
    ) noexcept nogil
    cdef double _block_inertia(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, const double* block
    ) noexcept nogil
