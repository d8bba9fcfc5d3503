"""Groups of centres that lie farther apart than float32 has digits, each with a frame of its own.

A column with an offset in half of the rows, or one entry of 1e20: no frame serves all rows. A group
is an *island*: some centres, with hardly another centre within 16 times their distance from one of
them, the origin. In the frame of the origin float32 tells its centres apart. Where there are
islands, single centres far from all others are islands too: their rows need not meet the others.

In many data one feature tells the islands apart. Its range is cut into cells, and the *guide* holds
the island of each cell. A guess by the guide need not be right: rows far from the origin of the
island that was guessed meet all centres.
"""
cimport cython
from libc.math cimport INFINITY, frexp, sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

import numpy as np

from ..rows.squared_distance cimport squared_distance
from ..rows.rows cimport Frame
from .second_look cimport PackedCenters, rounding_within

cdef enum:
    MIN_ORIGINS = 8         # centres that are tried as origins
    MAX_ORIGINS = 64        # if one of these has an island
    MANY_ISLANDS = 16       # islands, from which all other centres are tried too
    GAP_EXPONENTS = 8       # of squares, beyond the farthest member: up to 16 times its distance
    MAX_BETWEEN = 4         # members for each centre within these exponents, at least
    MAX_EXPONENT = 1100     # of a squared distance
    MIN_OFFSET = 32         # of an island from the shift, in its radii
    FREE_REACH = 1 << 13    # of the only island, in its radii
    MAX_LEFT_OUT = 3        # islands that the guide may leave out
    MIN_GAP_OF_SINGLE = 32  # from a single centre to the next one, in radii of the largest island

cdef double MIN_SCALED_RADIUS = 1e-10   # below which float32 loses digits of squared distances


@cython.final
cdef class Islands:
    """Finds islands, and packs their centres.

    Parameters
    ----------
    n_clusters : int
        0 if none are to be found.
    frame : Frame
        Of all centres.
    """

    def __init__(self, Py_ssize_t n_clusters, Frame frame):
        cdef Py_ssize_t n_features = frame.n_features
        cdef Py_ssize_t n_places = n_clusters + n_clusters // MAX_BETWEEN + 3 * MAX_ISLANDS
        self.n = 0
        self.n_clusters = n_clusters
        self.n_features = n_features
        self._frame = frame
        self.guide_feature = -1
        if n_clusters == 0:
            return
        self.origin_packed = np.empty((MAX_ISLANDS + 1) * n_features, dtype=np.float32)
        self.origin_half_norms = np.empty(MAX_ISLANDS + 1, dtype=np.float32)
        self.origin_limits = np.empty(MAX_ISLANDS + 1, dtype=np.float32)
        self.home = np.empty(n_clusters, dtype=np.int32)
        self._squares = np.empty(n_clusters)
        self._order = np.empty(n_places, dtype=np.intp)
        self._half_norms = np.empty(n_places, dtype=np.float32)
        self._packed = np.empty(n_places * n_features, dtype=np.float32)
        self._guide = np.empty(GUIDE_CELLS, dtype=np.uint8)

    cdef void find(
        self,
        const double[:, ::1] plain,     # IN  (n_clusters, n_features) the centres
        const int32_t[::1] original,    # IN  (n_clusters,) the first of equal centres
        const PackedCenters* centers,   # IN  all of them, in their frame
    ) noexcept nogil:
        """Find islands among the centres, and pack their centres."""
        cdef Py_ssize_t k, t, _, place = 0, n_tried = min(MAX_ORIGINS, self.n_clusters)
        cdef bint useful = False
        cdef double next_square, square
        cdef double[MAX_ORIGINS] ranks
        self._plain, self._original = plain, original
        self.n = 0
        self.guide_feature = -1
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
        if self.n > MANY_ISLANDS:
            self._add_more()
        t = self.n
        self._add_singles(n_tried)
        if not self._make_guide():
            while self.n > t:
                self.n -= 1
                self.home[self._origins_of[self.n]] = -1
            self._make_guide()
        for t in range(self.n):
            place = self._pack_island(t, place)
        self.centers[self.n] = centers[0]
        self.scales[self.n] = self._frame.scale
        self.origins[self.n] = self._frame.shift
        self.limits[self.n] = INFINITY
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
                &self._plain[k, 0], &self._plain[j, 0], self.n_features
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
        cdef double square = squared_distance(
            &self._plain[k, 0], self._frame.shift, self.n_features
        )
        return (
            sqrt(square) > MIN_OFFSET * radius or radius * self._frame.scale < MIN_SCALED_RADIUS
        )

    cdef void _add_island(self, Py_ssize_t k) noexcept nogil:
        """Make centre k the origin of an island, unless another holds some of its centres."""
        cdef Py_ssize_t j
        cdef double next_square, square = self._size_island(k, &next_square)
        for j in range(self.n_clusters):
            if self._squares[j] <= square and self.home[j] >= 0:
                return
        for j in range(self.n_clusters):
            # Rows of the centres in between are near the island too, unless close to its reach.
            if self.home[j] < 0 and self._squares[j] <= max(square, next_square / 16):
                self.home[j] = <int32_t>self.n
        self._set_island(k, sqrt(square), next_square)

    cdef void _add_more(self) noexcept nogil:
        """Try centres that are on no island yet as origins."""
        cdef Py_ssize_t k, n_tried = 0
        cdef double next_square, square
        for k in range(self.n_clusters):
            if self.n == MAX_ISLANDS or n_tried == MAX_ORIGINS:
                return
            if self._original[k] == k and self.home[k] < 0:
                n_tried += 1
                square = self._size_island(k, &next_square)
                if square < INFINITY and self._is_useful(k, sqrt(square)):
                    self._add_island(k)

    cdef void _add_singles(self, Py_ssize_t n_tried) noexcept nogil:
        """Make each centre that is tried and lies far from all others an island.

        They cost nothing if a guide finds the island of a row."""
        cdef Py_ssize_t j, k, t
        cdef double square, next_square, largest = 0
        for t in range(self.n):
            largest = max(largest, self._radii[t])
        for t in range(n_tried):
            k = self._origin_at(t, n_tried)
            if self.n == MAX_ISLANDS:
                break
            if self.home[k] >= 0:
                continue
            next_square = INFINITY
            for j in range(self.n_clusters):
                if self._original[j] == j != k:
                    square = squared_distance(
                        &self._plain[k, 0], &self._plain[j, 0], self.n_features
                    )
                    next_square = min(next_square, square)
            if next_square > (MIN_GAP_OF_SINGLE * largest) ** 2:
                self.home[k] = <int32_t>self.n
                self._set_island(k, largest, next_square)

    cdef void _set_island(
        self, Py_ssize_t k, double radius, double next_square
    ) noexcept nogil:
        """Append the island about centre k."""
        cdef Py_ssize_t q = self.n
        self._radii[q] = radius
        self._origins_of[q] = k
        self._next_squares[q] = next_square
        self._reaches[q] = min(FREE_REACH * radius, sqrt(next_square) * (1 - 1e-9))
        self.origins[q] = &self._plain[k, 0]
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
                    self.origins[q], &self._plain[k, 0], d
                ) < self._next_squares[q]
            ):
                continue
            if k >= self.n_clusters and n % 4 == 0:
                break
            group = &self._packed[place // 4 * 4 * d + place % 4]
            norm = 0
            for j in range(d):
                value = (
                    (self._plain[k, j] - self.origins[q][j]) * scale
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
        self.centers[q].rounding = rounding_within(d, self._reaches[q] * scale * (1 - 1e-6))
        # The origin is a centre, so M is at most 2 (1 + 8 sqrt(gamma)) times the norm of the row.
        self.limits[q] = <float>(self._reaches[q] * scale / 2.5)
        return place

    cdef void _pack_origins(self) noexcept nogil:
        """Pack the origins as centres. The frame of all centres is none of them if an island holds
        its own."""
        cdef Py_ssize_t j, q, m = self.n
        cdef double square, value, limit, scale = self._frame.scale
        cdef bint holds = False
        for q in range(MAX_ISLANDS + 1):
            square = 0
            for j in range(self.n_features):
                value = self.origins[q][j] - self._frame.shift[j] if q < m else 0
                self.origin_packed[(q // 4 * self.n_features + j) * 4 + q % 4] = <float>(
                    value * scale
                )
                square += value * value
            self.origin_half_norms[q] = <float>(square / 2 * scale ** 2)
            self.origin_limits[q] = INFINITY
            if q < m:
                limit = self._reaches[q] / 4
                holds = holds or square < limit * limit
                limit *= scale
                self.origin_limits[q] = <float>(limit * limit)
            if q > m or q == m and holds:
                self.origin_half_norms[q] = INFINITY

    # ------------------------------------------------------------------ the guide

    cdef unsigned char guess(self, double value) noexcept nogil:
        """Guess the island of a row by its value of the guide's feature."""
        cdef double cell = (value - self._guide_low) * self._guide_factor + 1
        cell = cell if cell > 0 else 0  # of NaN too
        cell = cell if cell < GUIDE_CELLS - 1 else GUIDE_CELLS - 1
        return self._guide[<Py_ssize_t>cell]

    cdef bint _make_guide(self) noexcept nogil:
        """Make a guide of the feature that spreads most; returns whether it tells islands apart.

        The spread is the mean exponent of the distances of centres from the shift: a few centres
        far away hardly change it. The range of the cells ends before the farthest islands if the
        others are not told apart with them; beyond it rows are near none.
        """
        cdef Py_ssize_t j, k, q, n_homed, n_right, n_left = 0
        cdef int exponent
        cdef int64_t spread, widest = 0
        cdef double middle, far = INFINITY, next_far, distance, low, high, limit
        for j in range(self.n_features):
            spread = 0
            for k in range(self.n_clusters):
                distance = abs(self._plain[k, j] - self._frame.shift[j])
                frexp(distance, &exponent)
                spread += exponent if distance > 0 else -MAX_EXPONENT
            if j == 0 or spread > widest:
                widest = spread
                self.guide_feature = j
        middle = self._frame.shift[self.guide_feature]
        while n_left <= MAX_LEFT_OUT:
            low, high, next_far = INFINITY, -INFINITY, 0
            for q in range(self.n):
                limit = self._reaches[q] / 2.5
                distance = abs(self.origins[q][self.guide_feature] - middle)
                if distance <= far:
                    low = min(low, self.origins[q][self.guide_feature] - limit)
                    high = max(high, self.origins[q][self.guide_feature] + limit)
                    next_far = max(next_far, distance)
            far = next_far * (1 - 1e-9)
            n_left += 1
            n_homed = n_right = 0
            self._guide_low = low
            self._guide_factor = (GUIDE_CELLS - 2) / (high - low)
            if not 0 < self._guide_factor < INFINITY:
                continue
            self._fill_guide()
            for k in range(self.n_clusters):
                n_homed += self.home[k] >= 0
                n_right += (
                    self.home[k] >= 0
                    and self.home[k] == self.guess(self._plain[k, self.guide_feature])
                )
            if n_right > 0 and 4 * n_right >= 3 * n_homed:
                return True
        self.guide_feature = -1
        return False

    cdef void _fill_guide(self) noexcept nogil:
        """Let each cell have the island of the nearest origin, if it reaches the cell."""
        cdef Py_ssize_t q, r, cell
        cdef double step = 1 / self._guide_factor, middle, value
        cdef double[MAX_ISLANDS] values
        cdef unsigned char[MAX_ISLANDS] sorted_islands
        for q in range(self.n):
            value = self.origins[q][self.guide_feature]
            r = q
            while r > 0 and values[r - 1] > value:
                values[r], sorted_islands[r] = values[r - 1], sorted_islands[r - 1]
                r -= 1
            values[r], sorted_islands[r] = value, <unsigned char>q
        r = 0
        for cell in range(GUIDE_CELLS):
            middle = self._guide_low + (cell - 0.5) * step
            while r + 1 < self.n and abs(values[r + 1] - middle) <= abs(values[r] - middle):
                r += 1
            q = sorted_islands[r]
            self._guide[cell] = <unsigned char>(
                q if abs(values[r] - middle) <= self._reaches[q] / 2.5 + step else self.n
            )
        self._guide[0] = self._guide[GUIDE_CELLS - 1] = <unsigned char>self.n
