"""The nearest centre of dense rows that lie in groups far from each other."""
from libc.stdint cimport int32_t

from .dense_nearest cimport DenseNearest
from .nearest_center cimport Tally
from .second_look cimport PackedCenters

cdef enum:
    MAX_ISLANDS = 31        # with the frame of all centres, eight groups of four

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
    cdef Py_ssize_t _n_islands              # the frame of all centres follows the last
    cdef bint _sought                       # whether islands were looked for in this run
    cdef PackedCenters[MAX_ISLANDS + 1] _islands
    cdef double[MAX_ISLANDS + 1] _scales, _radii, _reaches, _offsets
    cdef double[:, ::1] _origins            # (MAX_ISLANDS + 1, width) less the shift of the frame
    cdef float[::1] _origin_packed, _origin_half_norms, _origin_limits
    cdef int32_t[::1] _home                 # (n_clusters,) island of each centre
    cdef double[::1] _squares              # (n_clusters,) squared distances to an origin
    cdef float[::1] _island_packed, _island_half_norms
    cdef Py_ssize_t[::1] _island_order

    cdef void _find_islands(self) noexcept nogil
    cdef Py_ssize_t _origin_at(self, Py_ssize_t t, Py_ssize_t n_tried) noexcept nogil
    cdef double _size_island(self, Py_ssize_t k, double* next_square) noexcept nogil
    cdef bint _is_useful(self, Py_ssize_t k, double radius) noexcept nogil
    cdef double _offset(self, Py_ssize_t k) noexcept nogil
    cdef bint _add_island(self, Py_ssize_t k) noexcept nogil
    cdef Py_ssize_t _pack_island(self, Py_ssize_t q, Py_ssize_t place) noexcept nogil
    cdef void _pack_origins(self) noexcept nogil
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
