"""The nearest centre of dense rows that lie in groups far from each other.

Where groups of centres lie farther apart than float32 has digits, no frame serves all of them: a
column with an offset in half of the rows, or one entry of 1e20. Such a group is an *island*: some
centres, with no other centre within 16 times their distance from one of them, the origin.
Rows near an island are packed less its origin, and meet its centres alone. A row is certified only
if no centre beyond the island can be nearer; otherwise all centres are measured in float64.

Islands are looked for among the centres of the first pass of a run. Without any, rows take the way
of `DenseNearest`.
"""
from libc.math cimport INFINITY, frexp, sqrt
from libc.stdint cimport int32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

import numpy as np

from ..core.simd cimport CACHE_LINE, F64_LANES, cache_line, f64v_load, f64v_store
from ..rows.panels cimport pack_panel, panel_rows
from ..rows.rows cimport Blocks
from ..rows.squared_distance cimport squared_distance
from .dense_nearest cimport DenseNearest
from .nearest_center cimport Tally
from .nearest_tile cimport nearest_groups, nearest_in_groups, nearest_panel, worth_grouping
from .second_look cimport PackedCenters, find_open, rounding_within

cdef enum:
    MIN_ROWS = 8192         # of data, below which islands are not looked for
    MIN_ORIGINS = 8         # centres that are tried as origins
    MAX_ORIGINS = 64        # if one of these has an island
    MIN_MEMBERS = 2         # centres of an island
    GAP_EXPONENTS = 8       # from the farthest member to the next centre, of squares: 16 times
    MAX_EXPONENT = 1100     # of a squared distance
    MIN_OFFSET = 32         # of an island from the shift, in its radii
    FREE_REACH = 1 << 13    # of the only island, in its radii
    BLOCK_PANELS = 32       # panels of a block of rows
    CENTER_FLOATS = 49152   # packed centres that stay in cache while panels stream by

cdef double MAX_OFFSET = 2.0 ** 40      # in radii: beyond, rows less the shift lose too many digits
cdef double MIN_SCALED_RADIUS = 1e-10   # below which float32 loses digits of squared distances


cdef class IslandNearest(DenseNearest):
    """Finds the nearest centre of dense rows, with a frame for each island of centres.

    Parameters
    ----------
    blocks, n_clusters, keep_panels
        As for `DenseNearest`.
    """

    def __init__(self, Blocks blocks, Py_ssize_t n_clusters, bint keep_panels=False):
        DenseNearest.__init__(self, blocks, n_clusters, keep_panels)
        self._n_islands = 0
        self._sought = True
        self._origins = np.zeros((MAX_ISLANDS + 1, self.width))
        if self.rows.n_samples < MIN_ROWS or n_clusters < MIN_MEMBERS:
            return
        n_places = n_clusters + 4 * MAX_ISLANDS
        self._origin_packed = np.empty(
            (MAX_ISLANDS + 1) * self.n_features, dtype=np.float32
        )
        self._origin_half_norms = np.empty(MAX_ISLANDS + 1, dtype=np.float32)
        self._origin_limits = np.empty(MAX_ISLANDS + 1, dtype=np.float32)
        self._home = np.empty(n_clusters, dtype=np.int32)
        self._squares = np.empty(n_clusters)
        self._island_order = np.empty(n_places, dtype=np.intp)
        self._island_half_norms = np.empty(n_places, dtype=np.float32)
        self._island_packed = np.empty(n_places * self.n_features, dtype=np.float32)

    cdef int begin(self, const double[:, ::1] centers) except -1:
        DenseNearest.begin(self, centers)
        self._n_islands = 0
        self._sought = self.rows.n_samples < MIN_ROWS or self.n_clusters < MIN_MEMBERS
        self.block_rows = self.tile_rows
        return 0

    cdef void prepare(self) noexcept nogil:
        DenseNearest.prepare(self)
        if not self._sought or self._n_islands:
            self._sought = True
            self._find_islands()
            self.block_rows = self.tile_rows
            if self._n_islands:
                self.block_rows = max(
                    self.tile_rows, (BLOCK_PANELS + 8 * self._n_islands) * panel_rows()
                )

    cdef void after_assign(self) noexcept nogil:
        if self._n_islands == 0:    # else the panels that are kept were not filled
            DenseNearest.after_assign(self)

    # ------------------------------------------------------------------ islands

    cdef void _find_islands(self) noexcept nogil:
        """Find islands among the centres, and pack their centres."""
        cdef Py_ssize_t k, t, s, place = 0, n_tried = min(MAX_ORIGINS, self.n_clusters)
        cdef bint useful = False
        cdef double next_square
        cdef double[MAX_ORIGINS] squares
        self._n_islands = 0
        for k in range(self.n_clusters):
            self._home[k] = -1
        for t in range(n_tried):
            # In most data none of the first has an island: then the others are not tried.
            if t == MIN_ORIGINS and not useful:
                return
            k = self._origin_at(t, n_tried)
            squares[t] = self._size_island(k, &next_square)
            useful = useful or squares[t] < INFINITY and (
                next_square < INFINITY or self._is_useful(k, sqrt(squares[t]))
            )
        useful = False
        for s in range(n_tried):
            # The smallest first: the island of a centre far from all may hold all the others.
            k = 0
            for t in range(n_tried):
                if squares[t] < squares[k]:
                    k = t
            if not squares[k] < INFINITY or self._n_islands == MAX_ISLANDS:
                break
            squares[k] = INFINITY
            k = self._origin_at(k, n_tried)
            if self._home[k] < 0:
                useful = self._add_island(k) or useful
        if not useful:
            self._n_islands = 0
            return
        for t in range(self._n_islands):
            place = self._pack_island(t, place)
        self._islands[self._n_islands] = self._packed_centers
        self._scales[self._n_islands] = self.frame.scale
        for t in range(self.width):
            self._origins[self._n_islands, t] = 0
        for k in range(self.n_clusters):
            if self._home[k] < 0:
                self._home[k] = <int32_t>self._n_islands
        self._pack_origins()

    cdef Py_ssize_t _origin_at(self, Py_ssize_t t, Py_ssize_t n_tried) noexcept nogil:
        """The centre that is tried as origin at turn t: the first ones are evenly spaced too."""
        cdef Py_ssize_t n_lots = max(1, n_tried // MIN_ORIGINS)
        if t < n_lots * MIN_ORIGINS:
            t = t % MIN_ORIGINS * n_lots + t // MIN_ORIGINS
        return self._original[t * self.n_clusters // n_tried]

    cdef double _size_island(self, Py_ssize_t k, double* next_square) noexcept nogil:
        """Find the squared radius of the island about centre k, infinite if there is none.

        Distances are counted by the exponents of their squares: an island ends before some empty
        exponents. `next_square` becomes that of the nearest centre beyond, infinite if there is
        none, and `_squares` those of all centres.
        """
        cdef Py_ssize_t j, n_near = 1, n_empty = 0, n_found = 1
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
                n_found += 1
        for e in range(lowest, highest + 1):
            j = counts[e + MAX_EXPONENT]
            n_empty = 0 if j else n_empty + 1
            n_near += j
            if n_near >= MIN_MEMBERS and n_empty == GAP_EXPONENTS:
                break
        if n_near < MIN_MEMBERS:
            return INFINITY
        for j in range(self.n_clusters):
            frexp(self._squares[j], &exponent)
            if n_near == n_found or self._squares[j] == 0 or exponent <= e - GAP_EXPONENTS:
                square = max(square, self._squares[j])
            else:
                next_square[0] = min(next_square[0], self._squares[j])
        return square if 0 < square < INFINITY else INFINITY

    cdef bint _is_useful(self, Py_ssize_t k, double radius) noexcept nogil:
        """Whether the frame of all centres is too coarse for an island about centre k."""
        return (
            self._offset(k) > MIN_OFFSET * radius
            or radius * self.frame.scale < MIN_SCALED_RADIUS
        )

    cdef double _offset(self, Py_ssize_t k) noexcept nogil:
        """Distance of centre k from the shift."""
        cdef Py_ssize_t j
        cdef double square = 0
        for j in range(self.n_features):
            square += self._framed[k, j] * self._framed[k, j]
        return sqrt(square)

    cdef bint _add_island(self, Py_ssize_t k) noexcept nogil:
        """Make centre k the origin of an island, and return whether that is useful."""
        cdef Py_ssize_t j, q = self._n_islands
        cdef double next_square, square = self._size_island(k, &next_square), radius = sqrt(square)
        cdef double reach = min(FREE_REACH * radius, sqrt(next_square) * (1 - 1e-9))
        if not self._offset(k) < MAX_OFFSET * radius:
            return False
        for j in range(self.n_clusters):
            if self._squares[j] <= square and self._home[j] >= 0:
                return False
        for j in range(self.n_clusters):
            if self._squares[j] <= square:
                self._home[j] = <int32_t>q
        self._radii[q] = radius
        self._offsets[q] = self._offset(k)
        self._reaches[q] = reach
        for j in range(self.width):
            self._origins[q, j] = self._framed[k, j]
        self._origins[q, self.n_features] = 0   # the 1 of a row stays
        self._n_islands += 1
        return self._is_useful(k, radius)

    cdef Py_ssize_t _pack_island(self, Py_ssize_t q, Py_ssize_t place) noexcept nogil:
        """Pack the centres of island q from a place on; returns the place after them."""
        cdef Py_ssize_t j, k, n = 0, d = self.n_features
        cdef int exponent
        cdef double value, norm, scale
        cdef float* group
        frexp(self._radii[q], &exponent)
        scale = 2.0 ** -exponent
        self._scales[q] = scale
        self._islands[q].packed = &self._island_packed[place * d]
        self._islands[q].half_norms = &self._island_half_norms[place]
        self._islands[q].order = &self._island_order[place]
        for k in range(self.n_clusters + 3):
            if k < self.n_clusters and (self._home[k] != q or self._original[k] != k):
                continue
            if k >= self.n_clusters and n % 4 == 0:
                break
            group = &self._island_packed[place // 4 * 4 * d + place % 4]
            norm = 0
            for j in range(d):
                value = (
                    (self._framed[k, j] - self._origins[q, j]) * scale
                    if k < self.n_clusters else 0
                )
                norm += value * value
                group[4 * j] = <float>value
            self._island_half_norms[place] = (
                <float>(norm / 2) if k < self.n_clusters else INFINITY
            )
            self._island_order[place] = k if k < self.n_clusters else -1
            n += 1
            place += 1
        self._islands[q].n_groups = n // 4
        self._islands[q].rounding = rounding_within(
            d, self._reaches[q] * scale * (1 - 1e-6), self._offsets[q] * scale * 2.0 ** -50
        )
        return place

    cdef void _pack_origins(self) noexcept nogil:
        """Pack the origins as centres. The frame of all centres is none of them if an island holds
        its own."""
        cdef Py_ssize_t j, q, m = self._n_islands
        cdef double square, value, limit
        cdef bint holds = False
        for q in range(MAX_ISLANDS + 1):
            square = 0
            for j in range(self.n_features):
                value = self._origins[q, j] if q < m else 0
                self._origin_packed[(q // 4 * self.n_features + j) * 4 + q % 4] = <float>(
                    value * self.frame.scale
                )
                square += value * value
            self._origin_half_norms[q] = <float>(square / 2 * self.frame.scale ** 2)
            self._origin_limits[q] = INFINITY
            if q < m:
                limit = self._reaches[q] / 4
                holds = holds or square < limit * limit
                limit *= self.frame.scale
                self._origin_limits[q] = <float>(limit * limit)
            if q > m or q == m and holds:
                self._origin_half_norms[q] = INFINITY

    # ------------------------------------------------------------------ a pass

    cdef int assign(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil:
        if self._n_islands:
            return self._assign_islands(start, n, labels, tally, buffer)
        return DenseNearest.assign(self, start, n, labels, tally, buffer)

    cdef int _assign_islands(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil:
        """Label n rows, each in the frame of its island."""
        cdef Py_ssize_t t, q, r, height, n_open, P = panel_rows(), d = self.n_features
        cdef double* row = <double*>buffer + P * self.width
        cdef float* best
        cdef const int32_t* rows
        cdef Slots slots
        if self._allocate(&slots, n) != 0:
            return -1
        self._sort_rows(&slots, start, n, labels, tally.is_first, buffer)
        self._score_slots(&slots)
        for t in range(slots.n):
            q = slots.owners[t]
            best = slots.state + 3 * P * t
            rows = slots.rows + P * t
            height = 0
            while height < P and rows[height] >= 0:
                height += 1
            for r in range(height):
                best[2 * P + r] = <float>self._islands[q].order[<Py_ssize_t>best[2 * P + r]]
            n_open = find_open(
                &self._islands[q].rounding, height, best, best + P, slots.norms + P * t,
                slots.open,
            )
            self.look_again(
                &self._islands[q], start, rows, slots.panels + P * d * t, best + P, best + 2 * P,
                slots.open, n_open, slots.vector, tally, row,
            )
            for r in range(height):
                slots.labels[rows[r]] = best[2 * P + r]
        t = self._settle(start, n, labels, slots.labels, tally)
        free(slots.memory)
        return <int>t

    cdef int _allocate(self, Slots* slots, Py_ssize_t n) noexcept nogil:
        """Get the memory for n rows; returns -1 if there is none."""
        cdef Py_ssize_t P = panel_rows(), d = self.n_features, m = self._n_islands + 1
        cdef Py_ssize_t capacity = (n + P - 1) // P + m, q
        cdef size_t size = (
            m * P * self.width * sizeof(double)
            + (capacity * P * (d + 4) + n + P + P * d) * sizeof(float)
            + (capacity * (P + 1) + (m + 1) * P) * sizeof(int32_t)
        )
        slots.memory = malloc(size + CACHE_LINE)
        if slots.memory == NULL:
            return -1
        slots.n, slots.capacity = 0, capacity
        slots.panels = <float*>cache_line(slots.memory)
        slots.waiting = <double*>(slots.panels + capacity * P * d)
        slots.norms = <float*>(slots.waiting + m * P * self.width)
        slots.state = slots.norms + capacity * P
        slots.labels = slots.state + 3 * capacity * P
        slots.vector = slots.labels + n + P
        slots.rows = <int32_t*>(slots.vector + P * d)
        slots.owners = slots.rows + capacity * P
        slots.waiting_rows = slots.owners + capacity
        slots.open = slots.waiting_rows + m * P
        for q in range(m):
            slots.n_waiting[q] = 0
        return 0

    cdef void _sort_rows(
        self, Slots* slots, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, bint is_first,
        void* buffer,
    ) noexcept nogil:
        """Read n rows from row `start` on, and pack each among the rows of its island.

        The island is that of the row's centre before, or in the first pass the nearest one.
        """
        cdef Py_ssize_t p = 0, r, j, q, at, height, L = F64_LANES, P = panel_rows()
        cdef Py_ssize_t width = self.width
        cdef const double* block
        cdef const double* row
        cdef const double* origin
        cdef const double* origins = &self._origins[0, 0]
        cdef double* out
        cdef int32_t islands[48]
        while p < n:
            height = min(P, n - p)
            self._prefetch(start + p + P, start + p + 2 * P)
            block = self.blocks.read(start + p, height, <double*>buffer)
            if is_first:
                self._nearest_origins(
                    block, height, slots.panels + slots.n * P * self.n_features, islands
                )
            else:
                for r in range(height):
                    islands[r] = self._home[labels[start + p + r]]
            for r in range(height):
                q = islands[r]
                at = q * P + slots.n_waiting[q]
                row = block + r * width
                origin = origins + q * width
                out = slots.waiting + at * width
                j = 0
                while j < width:
                    f64v_store(out + j, f64v_load(row + j) - f64v_load(origin + j))
                    j += L
                slots.waiting_rows[at] = <int32_t>(p + r)
                slots.n_waiting[q] += 1
                if slots.n_waiting[q] == P:
                    self._pack_waiting(slots, q)
            p += P
        for q in range(self._n_islands + 1):
            if slots.n_waiting[q]:
                self._pack_waiting(slots, q)

    cdef void _nearest_origins(
        self, const double* block, Py_ssize_t n, float* panel, int32_t* islands
    ) noexcept nogil:
        """Find the island of each row of a block by the nearest origin, as far as float32 sees."""
        cdef Py_ssize_t r, q, P = panel_rows()
        cdef bint near
        cdef float square
        cdef float norms[48]
        cdef float best[48]
        cdef float second[48]
        cdef float index[48]
        for r in range(P):
            best[r] = second[r] = INFINITY
            index[r] = 0
        pack_panel(block, n, self.n_features, self.frame.scale, panel, norms)
        nearest_panel(
            panel, self.n_features, &self._origin_packed[0], &self._origin_half_norms[0],
            0, self._n_islands // 4 + 1, best, second, index,
        )
        for r in range(n):
            q = <Py_ssize_t>index[r]
            # Rows far from all islands meet all centres. The last term is the rounding.
            square = norms[r] * norms[r]
            near = square + 2 * best[r] <= self._origin_limits[q] + <float>(2.0 ** -20) * square
            islands[r] = <int32_t>(q if near else self._n_islands)

    cdef void _pack_waiting(self, Slots* slots, Py_ssize_t q) noexcept nogil:
        """Pack the waiting rows of island q into a panel."""
        cdef Py_ssize_t r, P = panel_rows(), t = slots.n, n = slots.n_waiting[q]
        pack_panel(
            slots.waiting + q * P * self.width, n, self.n_features, self._scales[q],
            slots.panels + t * P * self.n_features, slots.norms + t * P,
        )
        for r in range(P):
            slots.rows[t * P + r] = slots.waiting_rows[q * P + r] if r < n else -1
            slots.state[3 * P * t + r] = slots.state[3 * P * t + P + r] = INFINITY
            slots.state[3 * P * t + 2 * P + r] = 0
        slots.owners[t] = <int32_t>q
        slots.n_waiting[q] = 0
        slots.n += 1

    cdef void _score_slots(self, Slots* slots) noexcept nogil:
        """Find the two best scores of all packed rows among the centres of their islands."""
        cdef Py_ssize_t q, g, t, last, P = panel_rows(), d = self.n_features
        cdef Py_ssize_t step = max(1, CENTER_FLOATS // (4 * d))
        cdef const PackedCenters* centers
        cdef float* best
        cdef bint grouped
        for q in range(self._n_islands + 1):
            centers = &self._islands[q]
            grouped = worth_grouping(d, centers.n_groups)
            g = 0
            while g < centers.n_groups:
                last = min(g + step, centers.n_groups)
                for t in range(slots.n):
                    if slots.owners[t] == q:
                        best = slots.state + 3 * P * t
                        (nearest_groups if grouped else nearest_panel)(
                            slots.panels + t * P * d, d, centers.packed, centers.half_norms,
                            g, last, best, best + P, best + 2 * P,
                        )
                g = last
            for t in range(slots.n if grouped else 0):
                if slots.owners[t] == q:
                    best = slots.state + 3 * P * t
                    nearest_in_groups(
                        slots.panels + t * P * d, d, centers.packed, centers.half_norms,
                        best, best + P, best + 2 * P,
                    )

