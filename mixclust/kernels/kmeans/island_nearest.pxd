"""The nearest centre of dense rows that lie in groups far from each other."""
from libc.stdint cimport int32_t

from .dense_nearest cimport DenseNearest
from .islands cimport Islands, MAX_ISLANDS
from .nearest_center cimport Tally

cdef struct Slots:
    # Panels of rows of one island each, with all their memory.
    void* memory
    Py_ssize_t n, capacity
    float* panels           # (capacity, n_features, panel_rows)
    float* norms            # (capacity, panel_rows)
    float* state            # (capacity, 3, panel_rows) best and second scores, and centres
    int32_t* rows           # (capacity, panel_rows)
    int32_t* owners         # (capacity,) island of each panel
    double* waiting         # (islands, panel_rows, width) rows of panels that are not full
    int32_t* waiting_rows   # (islands, panel_rows)
    Py_ssize_t[MAX_ISLANDS + 1] n_waiting
    float* labels           # (rows of the block, up to whole vectors)
    int32_t* open           # (panel_rows,)
    float* vector           # (n_features, one vector)


cdef class IslandNearest(DenseNearest):
    cdef Islands islands
    cdef bint _may_seek, _sought            # whether islands are, and were, looked for in this run

    cdef int _assign_islands(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil
    cdef void _sort_rows(
        self, Slots* slots, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, bint is_first,
        void* buffer,
    ) noexcept nogil
    cdef void _nearest_origins(
        self, const double* block, Py_ssize_t n, float* panel, int32_t* islands
    ) noexcept nogil
    cdef void _pack_waiting(self, Slots* slots, Py_ssize_t q) noexcept nogil
    cdef void _score_slots(self, Slots* slots) noexcept nogil
    cdef int _allocate(self, Slots* slots, Py_ssize_t n) noexcept nogil
