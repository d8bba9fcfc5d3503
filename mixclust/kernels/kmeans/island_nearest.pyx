"""The nearest centre of dense rows that lie in groups far from each other.

Rows near an island of centres (islands.pyx) are packed less its origin, and meet its centres alone.
A row is certified only if no centre beyond the island can be nearer; otherwise all centres are
measured in float64. Islands are looked for among the centres of the first pass of a run. Without
any, rows take the way of `DenseNearest`.
"""
from libc.math cimport INFINITY
from libc.stdint cimport int32_t
from libc.stdlib cimport free, malloc

from ..core.simd cimport CACHE_LINE, F64_LANES, cache_line, f64v_load, f64v_store
from ..rows.panels cimport pack_panel, panel_rows
from ..rows.rows cimport Blocks
from .dense_nearest cimport DenseNearest
from .islands cimport Islands, MIN_MEMBERS
from .nearest_center cimport Tally
from .nearest_tile cimport nearest_groups, nearest_in_groups, nearest_panel, worth_grouping
from .second_look cimport PackedCenters, find_open

cdef enum:
    MIN_ROWS = 8192         # of data, below which islands are not looked for
    BLOCK_PANELS = 32       # panels of a block of rows
    CENTER_FLOATS = 49152   # packed centres that stay in cache while panels stream by


cdef class IslandNearest(DenseNearest):
    """Finds the nearest centre of dense rows, with a frame for each island of centres.

    Parameters
    ----------
    blocks, n_clusters, keep_panels
        As for `DenseNearest`.
    """

    def __init__(self, Blocks blocks, Py_ssize_t n_clusters, bint keep_panels=False):
        DenseNearest.__init__(self, blocks, n_clusters, keep_panels)
        self._may_seek = self.rows.n_samples >= MIN_ROWS and n_clusters >= MIN_MEMBERS
        self._sought = True
        self.islands = Islands(n_clusters if self._may_seek else 0, self.n_features, self.width)

    cdef int begin(self, const double[:, ::1] centers) except -1:
        DenseNearest.begin(self, centers)
        self.islands.n = 0
        self._sought = not self._may_seek
        self.block_rows = self.tile_rows
        return 0

    cdef void prepare(self) noexcept nogil:
        DenseNearest.prepare(self)
        if not self._sought or self.islands.n:
            self._sought = True
            self.islands.find(
                self._framed, self._original, &self._packed_centers, self.frame.scale
            )
            self.block_rows = self.tile_rows
            if self.islands.n:
                self.block_rows = max(
                    self.tile_rows, (BLOCK_PANELS + 8 * self.islands.n) * panel_rows()
                )

    cdef void after_assign(self) noexcept nogil:
        if self.islands.n == 0:    # else the panels that are kept were not filled
            DenseNearest.after_assign(self)

    # ------------------------------------------------------------------ a pass

    cdef int assign(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil:
        if self.islands.n:
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
                best[2 * P + r] = <float>self.islands.centers[q].order[<Py_ssize_t>best[2 * P + r]]
            n_open = find_open(
                &self.islands.centers[q].rounding, height, best, best + P, slots.norms + P * t,
                slots.open,
            )
            self.look_again(
                &self.islands.centers[q], start, rows, slots.panels + P * d * t, best + P,
                best + 2 * P, slots.open, n_open, slots.vector, tally, row,
            )
            for r in range(height):
                slots.labels[rows[r]] = best[2 * P + r]
        t = self._settle(start, n, labels, slots.labels, tally)
        free(slots.memory)
        return <int>t

    cdef int _allocate(self, Slots* slots, Py_ssize_t n) noexcept nogil:
        """Get the memory for n rows; returns -1 if there is none."""
        cdef Py_ssize_t P = panel_rows(), d = self.n_features, m = self.islands.n + 1
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
        cdef Py_ssize_t k, width = self.width
        cdef const double* block
        cdef const double* row
        cdef const double* origin
        cdef const double* origins = &self.islands.origins[0, 0]
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
                    k = labels[start + p + r]
                    islands[r] = self.islands.home[k] if k >= 0 else <int32_t>self.islands.n
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
        for q in range(self.islands.n + 1):
            if slots.n_waiting[q]:
                self._pack_waiting(slots, q)

    cdef void _nearest_origins(
        self, const double* block, Py_ssize_t n, float* panel, int32_t* islands
    ) noexcept nogil:
        """Find the island of each row of a block by the nearest origin, as far as float32 sees."""
        cdef Py_ssize_t r, q, P = panel_rows()
        cdef bint near
        cdef float square, limit
        cdef float norms[48]
        cdef float best[48]
        cdef float second[48]
        cdef float index[48]
        for r in range(P):
            best[r] = second[r] = INFINITY
            index[r] = 0
        pack_panel(block, n, self.n_features, self.frame.scale, panel, norms)
        nearest_panel(
            panel, self.n_features,
            &self.islands.origin_packed[0], &self.islands.origin_half_norms[0],
            0, self.islands.n // 4 + 1, best, second, index,
        )
        for r in range(n):
            q = <Py_ssize_t>index[r]
            # Rows far from all islands meet all centres. The last term is the rounding.
            square = norms[r] * norms[r]
            limit = self.islands.origin_limits[q] + <float>(2.0 ** -20) * square
            near = square + 2 * best[r] <= limit
            islands[r] = <int32_t>(q if near else self.islands.n)

    cdef void _pack_waiting(self, Slots* slots, Py_ssize_t q) noexcept nogil:
        """Pack the waiting rows of island q into a panel."""
        cdef Py_ssize_t r, P = panel_rows(), t = slots.n, n = slots.n_waiting[q]
        pack_panel(
            slots.waiting + q * P * self.width, n, self.n_features, self.islands.scales[q],
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
        for q in range(self.islands.n + 1):
            centers = &self.islands.centers[q]
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
