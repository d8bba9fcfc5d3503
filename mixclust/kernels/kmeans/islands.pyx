"""Groups of centres that lie farther apart than float32 has digits, each with a frame of its own.

A column with an offset in half of the rows, or one entry of 1e20: no frame serves all rows. A group
is an *island*: some centres, with hardly another centre within 16 times their distance from one of
them, the origin. In the frame of the origin float32 tells its centres apart.
"""
cimport cython
from libc.math cimport INFINITY, frexp, sqrt
from libc.stdint cimport int32_t
from libc.string cimport memset

import numpy as np

from ..rows.squared_distance cimport squared_distance
from .second_look cimport PackedCenters, rounding_within

cdef enum:
    MIN_ORIGINS = 8         # centres that are tried as origins
    MAX_ORIGINS = 64        # if one of these has an island
    GAP_EXPONENTS = 8       # of squares, beyond the farthest member: up to 16 times its distance
    MAX_BETWEEN = 4         # members for each centre within these exponents, at least
    MAX_EXPONENT = 1100     # of a squared distance
    MIN_OFFSET = 32         # of an island from the shift, in its radii
    FREE_REACH = 1 << 13    # of the only island, in its radii

cdef double MAX_OFFSET = 2.0 ** 40      # in radii: beyond, rows less the shift lack digits
cdef double MIN_SCALED_RADIUS = 1e-10   # below which float32 loses digits of squared distances


@cython.final
cdef class Islands:
    """Finds islands, and packs their centres.

    Parameters
    ----------
    n_clusters : int
        0 if none are to be found.
    n_features : int
    width : int
        Numbers of a row of a block.
    """

    def __init__(self, Py_ssize_t n_clusters, Py_ssize_t n_features, Py_ssize_t width):
        cdef Py_ssize_t n_places = n_clusters + n_clusters // MAX_BETWEEN + 3 * MAX_ISLANDS
        self.n = 0
        self.n_clusters = n_clusters
        self.n_features = n_features
        self.width = width
        if n_clusters == 0:
            return
        self.origins = np.zeros((MAX_ISLANDS + 1, width))
        self.origin_packed = np.empty((MAX_ISLANDS + 1) * n_features, dtype=np.float32)
        self.origin_half_norms = np.empty(MAX_ISLANDS + 1, dtype=np.float32)
        self.origin_limits = np.empty(MAX_ISLANDS + 1, dtype=np.float32)
        self.home = np.empty(n_clusters, dtype=np.int32)
        self._squares = np.empty(n_clusters)
        self._order = np.empty(n_places, dtype=np.intp)
        self._half_norms = np.empty(n_places, dtype=np.float32)
        self._packed = np.empty(n_places * n_features, dtype=np.float32)

    cdef void find(
        self,
        const double[:, ::1] framed,    # IN  (n_clusters, width) centres less the shift
        const int32_t[::1] original,    # IN  (n_clusters,) the first of equal centres
        const PackedCenters* centers,   # IN  all of them
        double scale,                   # IN  of their frame
    ) noexcept nogil:
        """Find islands among the centres, and pack their centres."""
        cdef Py_ssize_t k, t, _, place = 0, n_tried = min(MAX_ORIGINS, self.n_clusters)
        cdef bint useful = False
        cdef double next_square, square
        cdef double[MAX_ORIGINS] ranks
        self._framed, self._original, self._scale = framed, original, scale
        self.n = 0
        for k in range(self.n_clusters):
            self.home[k] = -1
        for t in range(n_tried):
            # In most data none of the first has an island: then the others are not tried.
            if t == MIN_ORIGINS and not useful:
                return
            k = self._origin_at(t, n_tried)
            square = self._size_island(k, &next_square)
            ranks[t] = 1 / square   # zero if there is no island
            if ranks[t] > 0 and self._is_useful(k, sqrt(square)):
                ranks[t] = -square
                useful = True
        for _ in range(n_tried):
            # The useful islands first, and the largest first: inside of one, two centres that are
            # close together may look like another.
            k = -1
            for t in range(n_tried):
                if ranks[t] != 0 and (k < 0 or ranks[t] < ranks[k]):
                    k = t
            if k < 0 or self.n == MAX_ISLANDS:
                break
            ranks[k] = 0
            k = self._origin_at(k, n_tried)
            if self.home[k] < 0:
                self._add_island(k)
        if not useful:
            self.n = 0
            return
        for t in range(self.n):
            place = self._pack_island(t, place)
        self.centers[self.n] = centers[0]
        self.scales[self.n] = self._scale
        for t in range(self.width):
            self.origins[self.n, t] = 0
        for k in range(self.n_clusters):
            if self.home[k] < 0:
                self.home[k] = <int32_t>self.n
        self._pack_origins()

    cdef Py_ssize_t _origin_at(self, Py_ssize_t t, Py_ssize_t n_tried) noexcept nogil:
        """The centre that is tried as origin at turn t: the first ones are evenly spaced too."""
        cdef Py_ssize_t n_lots = max(1, n_tried // MIN_ORIGINS)
        if t < n_lots * MIN_ORIGINS:
            t = t % MIN_ORIGINS * n_lots + t // MIN_ORIGINS
        return self._original[t * self.n_clusters // n_tried]

    cdef double _size_island(self, Py_ssize_t k, double* next_square) noexcept nogil:
        """Find the squared radius of the island about centre k, infinite if there is none.

        Distances are counted by the exponents of their squares: an island ends before some
        exponents that are empty or nearly so. `next_square` becomes that of the nearest centre
        beyond these, infinite if there is none, and `_squares` holds all of them.
        """
        cdef Py_ssize_t j, n_near = 1, n_between
        cdef int exponent, e, lowest = MAX_EXPONENT, highest = -MAX_EXPONENT
        cdef int32_t[2 * MAX_EXPONENT] counts
        cdef double square = 0
        next_square[0] = INFINITY
        memset(counts, 0, sizeof(counts))
        for j in range(self.n_clusters):
            self._squares[j] = squared_distance(
                &self._framed[k, 0], &self._framed[j, 0], self.width
            )
            if self._squares[j] > 0 and self._original[j] == j:
                frexp(self._squares[j], &exponent)
                counts[exponent + MAX_EXPONENT] += 1
                lowest, highest = min(lowest, exponent), max(highest, exponent)
        for e in range(lowest, highest + 1):
            n_near += counts[e + MAX_EXPONENT]
            if n_near >= MIN_MEMBERS and counts[e + MAX_EXPONENT]:
                n_between = 0
                for j in range(e + 1, min(e + GAP_EXPONENTS, highest) + 1):
                    n_between += counts[j + MAX_EXPONENT]
                if MAX_BETWEEN * n_between <= n_near:
                    break
        if n_near < MIN_MEMBERS:
            return INFINITY
        for j in range(self.n_clusters):
            frexp(self._squares[j], &exponent)
            if self._squares[j] == 0 or exponent <= e:
                square = max(square, self._squares[j])
            elif exponent > e + GAP_EXPONENTS:
                next_square[0] = min(next_square[0], self._squares[j])
        return square if 0 < square < INFINITY else INFINITY

    cdef bint _is_useful(self, Py_ssize_t k, double radius) noexcept nogil:
        """Whether the frame of all centres is too coarse for an island about centre k."""
        return (
            self._offset(k) > MIN_OFFSET * radius
            or radius * self._scale < MIN_SCALED_RADIUS
        )

    cdef double _offset(self, Py_ssize_t k) noexcept nogil:
        """Distance of centre k from the shift."""
        cdef Py_ssize_t j
        cdef double square = 0
        for j in range(self.n_features):
            square += self._framed[k, j] * self._framed[k, j]
        return sqrt(square)

    cdef void _add_island(self, Py_ssize_t k) noexcept nogil:
        """Make centre k the origin of an island, unless another holds some of its centres."""
        cdef Py_ssize_t j, q = self.n
        cdef double next_square, square = self._size_island(k, &next_square), radius = sqrt(square)
        cdef double reach = min(FREE_REACH * radius, sqrt(next_square) * (1 - 1e-9))
        if not self._offset(k) < MAX_OFFSET * radius:
            return
        for j in range(self.n_clusters):
            if self._squares[j] <= square and self.home[j] >= 0:
                return
        for j in range(self.n_clusters):
            # Rows of the centres in between are near the island too, unless close to its reach.
            if self.home[j] < 0 and self._squares[j] <= max(square, next_square / 16):
                self.home[j] = <int32_t>q
        self._radii[q] = radius
        self._origins_of[q] = k
        self._next_squares[q] = next_square
        self._offsets[q] = self._offset(k)
        self._reaches[q] = reach
        for j in range(self.width):
            self.origins[q, j] = self._framed[k, j]
        self.origins[q, self.n_features] = 0   # the 1 of a row stays
        self.n += 1

    cdef Py_ssize_t _pack_island(self, Py_ssize_t q, Py_ssize_t place) noexcept nogil:
        """Pack the centres of island q from a place on; returns the place after them."""
        cdef Py_ssize_t j, k, n = 0, d = self.n_features
        cdef int exponent
        cdef double value, norm, scale
        cdef float* group
        frexp(self._radii[q], &exponent)
        scale = 2.0 ** -exponent
        self.scales[q] = scale
        self.centers[q].packed = &self._packed[place * d]
        self.centers[q].half_norms = &self._half_norms[place]
        self.centers[q].order = &self._order[place]
        for k in range(self.n_clusters + 3):
            # The few centres between the members and the reach are packed too.
            if k < self.n_clusters and (
                self._original[k] != k or not squared_distance(
                    &self._framed[self._origins_of[q], 0], &self._framed[k, 0], self.width
                ) < self._next_squares[q]
            ):
                continue
            if k >= self.n_clusters and n % 4 == 0:
                break
            group = &self._packed[place // 4 * 4 * d + place % 4]
            norm = 0
            for j in range(d):
                value = (
                    (self._framed[k, j] - self.origins[q, j]) * scale
                    if k < self.n_clusters else 0
                )
                norm += value * value
                group[4 * j] = <float>value
            self._half_norms[place] = (
                <float>(norm / 2) if k < self.n_clusters else INFINITY
            )
            self._order[place] = k if k < self.n_clusters else -1
            n += 1
            place += 1
        self.centers[q].n_groups = n // 4
        self.centers[q].rounding = rounding_within(
            d, self._reaches[q] * scale * (1 - 1e-6), self._offsets[q] * scale * 2.0 ** -50
        )
        return place

    cdef void _pack_origins(self) noexcept nogil:
        """Pack the origins as centres. The frame of all centres is none of them if an island holds
        its own."""
        cdef Py_ssize_t j, q, m = self.n
        cdef double square, value, limit
        cdef bint holds = False
        for q in range(MAX_ISLANDS + 1):
            square = 0
            for j in range(self.n_features):
                value = self.origins[q, j] if q < m else 0
                self.origin_packed[(q // 4 * self.n_features + j) * 4 + q % 4] = <float>(
                    value * self._scale
                )
                square += value * value
            self.origin_half_norms[q] = <float>(square / 2 * self._scale ** 2)
            self.origin_limits[q] = INFINITY
            if q < m:
                limit = self._reaches[q] / 4
                holds = holds or square < limit * limit
                limit *= self._scale
                self.origin_limits[q] = <float>(limit * limit)
            if q > m or q == m and holds:
                self.origin_half_norms[q] = INFINITY
