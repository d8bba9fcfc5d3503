"""Groups of centres that lie far apart. See islands.pyx."""
from libc.stdint cimport int32_t

from .second_look cimport PackedCenters

cdef enum:
    MAX_ISLANDS = 31        # with the frame of all centres, eight groups of four
    MIN_MEMBERS = 2         # centres of an island


cdef class Islands:
    cdef Py_ssize_t n                               # the frame of all centres follows the last
    cdef PackedCenters[MAX_ISLANDS + 1] centers     # of each island
    cdef double[MAX_ISLANDS + 1] scales
    cdef double[:, ::1] origins                     # (MAX_ISLANDS + 1, width) less the shift
    cdef float[::1] origin_packed, origin_half_norms    # the same as centres in groups
    cdef float[::1] origin_limits                   # squared distance up to which a row is near
    cdef int32_t[::1] home                          # (n_clusters,) island of each centre
    cdef Py_ssize_t n_clusters, n_features, width
    cdef double[MAX_ISLANDS + 1] _radii, _reaches, _offsets, _next_squares
    cdef Py_ssize_t[MAX_ISLANDS + 1] _origins_of    # centre that is the origin
    cdef const double[:, ::1] _framed
    cdef const int32_t[::1] _original
    cdef double _scale
    cdef double[::1] _squares                       # (n_clusters,) of distances to an origin
    cdef float[::1] _packed, _half_norms
    cdef Py_ssize_t[::1] _order

    cdef void find(
        self, const double[:, ::1] framed, const int32_t[::1] original,
        const PackedCenters* centers, double scale,
    ) noexcept nogil
    cdef Py_ssize_t _origin_at(self, Py_ssize_t t, Py_ssize_t n_tried) noexcept nogil
    cdef double _size_island(self, Py_ssize_t k, double* next_square) noexcept nogil
    cdef bint _is_useful(self, Py_ssize_t k, double radius) noexcept nogil
    cdef double _offset(self, Py_ssize_t k) noexcept nogil
    cdef void _add_island(self, Py_ssize_t k) noexcept nogil
    cdef Py_ssize_t _pack_island(self, Py_ssize_t q, Py_ssize_t place) noexcept nogil
    cdef void _pack_origins(self) noexcept nogil
