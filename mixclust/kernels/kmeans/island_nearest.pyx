"""The nearest centre of dense rows that lie in groups far from each other.

Rows near an island of centres (islands.pyx) are read less its origin, and meet its centres alone.
A row is certified only if no centre beyond the island can be nearer; rows that are too far from the
origin for that meet all centres. Islands are looked for among the centres of the first pass of a
run. Without any, rows take the way of `DenseNearest`.
"""
from libc.math cimport INFINITY
from libc.stdint cimport int32_t
from libc.stdlib cimport free, malloc

from ..rows.panels cimport pack_panel, panel_rows
from ..rows.rows cimport Blocks
from .dense_nearest cimport DenseNearest
from .islands cimport Islands, MAX_ISLANDS, MIN_MEMBERS
from .nearest_center cimport Tally
from .nearest_tile cimport nearest_panel
from .second_look cimport PackedCenters, find_open

cdef enum:
    MIN_ROWS = 8192         # of data, below which islands are not looked for
    BLOCK_PANELS = 32       # panels of a block of rows


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
        self.islands = Islands(n_clusters if self._may_seek else 0, self.frame)

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
            self.islands.find(self._centers, self._original, &self._packed_centers)
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
        cdef Py_ssize_t i, q, lo, hi, m = self.islands.n, n_far = 0
        cdef Py_ssize_t[MAX_ISLANDS + 2] ends
        cdef void* memory = malloc((n + panel_rows()) * (sizeof(float) + 2 * sizeof(int32_t) + 1))
        cdef float* found = <float*>memory
        cdef int32_t* rows = <int32_t*>(found + n + panel_rows())   # of each island in turn
        cdef unsigned char* chosen = <unsigned char*>(rows + 2 * n)
        cdef int failed
        if memory == NULL:
            return -1
        self._choose_islands(start, n, labels, tally.is_first, buffer, chosen)
        for q in range(m + 2):
            ends[q] = 0
        for i in range(n):
            ends[chosen[i] + 1] += 1
        for q in range(m + 1):
            ends[q + 1] += ends[q]
        for i in range(n):
            rows[ends[chosen[i]]] = <int32_t>i
            ends[chosen[i]] += 1
        lo = 0
        for q in range(m + 1):
            hi = ends[q]
            if q == m:
                hi += n_far  # they stand behind all rows
            while lo < hi:
                i = min(self.tile_rows, hi - lo)
                n_far += self._assign_island(
                    q, start, rows + lo, i, tally, buffer, found, rows + n + n_far
                )
                lo += i
        failed = self._settle(start, n, labels, found, tally)
        free(memory)
        return failed

    cdef void _choose_islands(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, bint is_first, void* buffer,
        unsigned char* chosen,
    ) noexcept nogil:
        """Choose the island of each of n rows, `islands.n` for rows that are near none.

        The guide tells it. Without one, it is the island of the row's centre before, or in the
        first pass that of the nearest origin.
        """
        cdef Py_ssize_t i = 0, height, P = panel_rows()
        cdef const char* value = self.dense.row(start)
        cdef const double* block
        if self.islands.guide_feature >= 0:
            value += self.islands.guide_feature * self.dense.col_stride
            for i in range(n):
                chosen[i] = self.islands.guess(
                    (<const double*>value)[0] if self.dense.is_double
                    else <double>(<const float*>value)[0]
                )
                value += self.dense.row_stride
        elif is_first:
            while i < n:
                height = min(P, n - i)
                self._prefetch(start + i + P, start + i + 2 * P)
                block = self.blocks.read(start + i, height, <double*>buffer)
                self._nearest_origins(
                    block, height, <float*>(<double*>buffer + (P + 1) * self.width), chosen + i
                )
                i += P
        else:
            for i in range(n):
                chosen[i] = <unsigned char>self.islands.home[labels[start + i]]

    cdef void _nearest_origins(
        self, const double* block, Py_ssize_t n, float* panel, unsigned char* chosen
    ) noexcept nogil:
        """Find the island of each row of a block by the nearest origin, as far as float32 sees."""
        cdef Py_ssize_t r, P = panel_rows()
        cdef int32_t q, m = <int32_t>self.islands.n
        cdef float square
        cdef const float* limits = &self.islands.origin_limits[0]
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
            q = <int32_t>index[r]
            # Rows far from all islands meet all centres. The last term is the rounding.
            square = norms[r] * norms[r]
            chosen[r] = <unsigned char>(
                q if square + 2 * best[r] <= limits[q] + <float>(2.0 ** -20) * square else m
            )

    cdef Py_ssize_t _assign_island(
        self,
        Py_ssize_t q,               # IN     island, `islands.n` for all centres
        Py_ssize_t start,
        const int32_t* rows,        # IN     (n,) rows of the island, counted from `start` on
        Py_ssize_t n,               # IN     1 .. tile_rows
        Tally* tally,
        void* buffer,               # as of `assign`
        float* labels,              # INOUT  labels of all rows from `start` on
        int32_t* far,               # OUT    (n,) rows that are far from the island
    ) noexcept nogil:
        """Label rows in the frame of an island; returns how many are far from it."""
        cdef Py_ssize_t P = panel_rows(), B = self.tile_rows, d = self.n_features
        cdef Py_ssize_t p = 0, r, t, height, n_open, n_kept = 0, n_far = 0
        cdef const PackedCenters* centers = &self.islands.centers[q]
        cdef double* block = <double*>buffer
        cdef double* row = block + P * self.width
        cdef float* state = <float*>(row + self.width)
        cdef float* norms = state + 3 * B
        cdef float* panels = norms + B
        cdef int32_t* open = <int32_t*>(panels + d * B)
        cdef float limit = self.islands.limits[q]
        while p < n:
            height = min(P, n - p)
            for r in range(p + P, min(n, p + 2 * P)):
                self.dense.prefetch_row(start + rows[r])
            self.dense.read_listed(start, rows + p, height, self.islands.origins[q], block)
            pack_panel(block, height, d, self.islands.scales[q], panels + p * d, norms + p)
            p += P
        self._score(centers, start, n, panels, state, False)
        n_open = find_open(&centers.rounding, n, state, state + B, norms, open)
        for r in range(n):
            labels[rows[r]] = <float>centers.order[<Py_ssize_t>state[2 * B + r]]
        if q < self.islands.n:
            for r in range(n):
                far[n_far] = rows[r]
                n_far += not norms[r] <= limit
        if n_far:
            for t in range(n_open):
                open[n_kept] = open[t]
                n_kept += norms[open[t]] <= limit
            n_open = n_kept
        self.look_again(
            centers, start, rows, panels, state + B, state + 2 * B, open, n_open,
            <float*>(open + B), tally, row,
        )
        for t in range(n_open):
            labels[rows[open[t]]] = state[2 * B + open[t]]
        return n_far
