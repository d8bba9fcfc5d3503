"""Groups of centres that lie far apart. See islands.pyx."""
from libc.stdint cimport int32_t

from ..rows.rows cimport Frame
from .second_look cimport PackedCenters

cdef enum:
    MAX_ISLANDS = 63        # with the frame of all centres, sixteen groups of four
    MIN_MEMBERS = 2         # centres of an island that is not single
    GUIDE_CELLS = 2048      # of the range of a feature


cdef class Islands:
    cdef Py_ssize_t n                               # the frame of all centres follows the last
    cdef PackedCenters[MAX_ISLANDS + 1] centers     # of each island
    cdef const double* origins[MAX_ISLANDS + 1]     # in units of X
    cdef double[MAX_ISLANDS + 1] scales
    cdef float[MAX_ISLANDS + 1] limits              # scaled norm up to which a row is near
    cdef float[::1] origin_packed, origin_half_norms    # origins as centres in groups
    cdef float[::1] origin_limits                   # squared distance up to which a row is near
    cdef int32_t[::1] home                          # (n_clusters,) island of each centre
    cdef Py_ssize_t guide_feature                   # that tells islands apart, or -1
    cdef Py_ssize_t n_clusters, n_features
    cdef double[MAX_ISLANDS + 1] _radii, _reaches, _next_squares
    cdef Py_ssize_t[MAX_ISLANDS + 1] _origins_of    # centre that is the origin
    cdef const double[:, ::1] _plain
    cdef const int32_t[::1] _original
    cdef Frame _frame
    cdef double[::1] _squares                       # (n_clusters,) of distances to an origin
    cdef float[::1] _packed, _half_norms
    cdef Py_ssize_t[::1] _order
    cdef unsigned char[::1] _guide                  # (GUIDE_CELLS,) island of each cell
    cdef double _guide_low, _guide_factor

    cdef void find(
        self, const double[:, ::1] plain, const int32_t[::1] original,
        const PackedCenters* centers,
    ) noexcept nogil
    cdef unsigned char guess(self, double value) noexcept nogil
    cdef Py_ssize_t _origin_at(self, Py_ssize_t t, Py_ssize_t n_tried) noexcept nogil
    cdef double _size_island(self, Py_ssize_t k, double* next_square) noexcept nogil
    cdef bint _is_useful(self, Py_ssize_t k, double radius) noexcept nogil
    cdef void _add_island(self, Py_ssize_t k) noexcept nogil
    cdef void _add_more(self) noexcept nogil
    cdef void _add_singles(self, Py_ssize_t n_tried) noexcept nogil
    cdef void _set_island(
        self, Py_ssize_t k, double radius, double next_square
    ) noexcept nogil
    cdef Py_ssize_t _pack_island(self, Py_ssize_t q, Py_ssize_t place) noexcept nogil
    cdef void _pack_origins(self) noexcept nogil
    cdef bint _make_guide(self) noexcept nogil
    cdef void _fill_guide(self) noexcept nogil
