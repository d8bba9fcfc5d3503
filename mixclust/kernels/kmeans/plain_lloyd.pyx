"""k-means on dense rows: the plain tile over every row and every centre.

Rows are centred and packed into panels of float32 block by block, or once and for all where they
are small. Float32 decides a label where the two best scores are farther apart than rounding can
reach; float64 decides the rest, so that labels are float64's.
"""
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, uint64_t
from libc.stdlib cimport free, malloc

import numpy as np

from ..rows.squared_distance cimport decide_row, squared_distance
from .lloyd cimport ASSIGN, INERTIA, MOVE, SUM, Lloyd
from .nearest_center cimport (
    nearest_groups, nearest_in_groups, nearest_panel, score_rounding, worth_grouping,
)
from ..rows.panels cimport pack_centers, pack_panel, panel_rows
from ..rows.dense_rows cimport DenseRows
from ..rows.frame cimport Frame
from ..core.simd cimport (
    CACHE_LINE, F32_ALL, F32_LANES, F64_LANES, cache_line, f32m_bits, f32v, f32v_differ,
    f32v_load, f32v_lt, f32v_set,
    f32v_store_int, f64v_load, f64v_set, f64v_store, lowest_flag,
)

cdef enum:
    BLOCK_PANELS = 16       # panels of a block at most
    PANEL_BLOCK = 73728     # floats of packed rows that stay in cache while centres stream by
    CENTER_BLOCK = 49152    # floats of packed centres that stay in cache while panels stream by
    KEPT_DOUBLES = 262144   # numbers of rows in float64 that are kept from pass to pass: 2 MiB


cdef class DenseLloyd(Lloyd):
    """A k-means problem on dense rows.

    Parameters
    ----------
    rows : DenseRows
    frame, n_clusters, shard_bounds, map_tasks, n_sum_slices
        As for `Lloyd`.
    keep_panels : bool
        Keep the packed rows between passes (4 bytes a number) instead of packing in every pass;
        of few rows, the blocks too.
    """

    def __init__(
        self, DenseRows rows, Frame frame, Py_ssize_t n_clusters, shard_bounds, map_tasks=None,
        Py_ssize_t n_sum_slices=0, bint keep_panels=False,
    ):
        cdef Py_ssize_t d = rows.n_features, P = panel_rows()
        Lloyd.__init__(
            self, rows, frame, n_clusters, shard_bounds, map_tasks, n_sum_slices
        )
        self.dense = rows
        self.block_rows = P * max(1, min(BLOCK_PANELS, PANEL_BLOCK // (P * d)))
        self.set_work(n_clusters * d, self.block_rows)
        self.n_groups = (n_clusters + 3) // 4
        order = np.full(4 * self.n_groups, -1, dtype=np.intp)
        order[:n_clusters] = np.arange(n_clusters)
        self.set_order(order)
        self._keep_panels = keep_panels
        self._panels_filled = False
        n_panels = (rows.n_samples + P - 1) // P if keep_panels else 0
        self._panels = np.empty(n_panels * P * d + CACHE_LINE, dtype=np.float32)
        self._all_panels = <float*>cache_line(&self._panels[0])
        self._norms = np.empty(max(1, n_panels * P), dtype=np.float32)
        self._slice_rows = np.empty((n_sum_slices, self.width))
        self._keep_blocks = keep_panels and rows.n_samples * self.width <= KEPT_DOUBLES
        self._blocks = np.empty(rows.n_samples * self.width + 1 if self._keep_blocks else 0)

    cdef int set_order(self, Py_ssize_t[::1] order) except -1:
        """Pack centres in another order from now on; -1 leaves a place empty."""
        self._order = order
        self.n_groups = order.shape[0] // 4
        self._packed = np.empty(order.shape[0] * self.n_features, dtype=np.float32)
        self._half_norms = np.empty(order.shape[0], dtype=np.float32)
        return 0

    cdef int one_pass(self, int mode) except -1 nogil:
        Lloyd.one_pass(self, mode)
        self._panels_filled = self._panels_filled or (self._keep_panels and mode & ASSIGN != 0)
        return 0

    cdef void prepare(self) noexcept nogil:
        Lloyd.prepare(self)
        self._largest_norm = pack_centers(
            &self._centers[0, 0], &self._order[0], self.n_groups, self.n_features, self.frame.shift,
            self.frame.scale, &self._packed[0], &self._half_norms[0],
        )

    cdef int process(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
        return self.process_blocks(s, lo, hi, self._mode)

    cdef int process_blocks(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, int mode
    ) noexcept nogil:
        """Do to rows lo..hi what `mode` says, as many at a time as share the centres."""
        cdef Py_ssize_t d = self.n_features, P = panel_rows(), B = self.block_rows, n, start = lo
        cdef Py_ssize_t n_doubles = (P + 1) * self.width, n_floats = B * (d + 4)
        cdef bint kept = self._keep_blocks and (self._panels_filled or mode & ASSIGN)
        cdef void* buffer = malloc(
            n_doubles * sizeof(double) + n_floats * sizeof(float) + CACHE_LINE
        )
        cdef double* block = <double*>cache_line(buffer)
        cdef double* row = block + P * self.width
        cdef float* state = <float*>(row + self.width)
        cdef float* panels = state + 4 * B
        if self.n_sum_slices:
            mode &= ~SUM
        if buffer == NULL:
            return -1
        while start < hi:
            n = min(B, hi - start)
            if mode & ASSIGN:
                if not self._panels_filled:
                    self._pack(start, n, block, panels, state + 3 * B)
                self._assign(s, start, n, panels, state, row)
            if mode & (SUM | INERTIA):
                self._add(s, start, n, block, kept, mode)
            start += n
        free(buffer)
        return 0

    cdef void _pack(
        self, Py_ssize_t start, Py_ssize_t n, double* block, float* panels, float* norms
    ) noexcept nogil:
        """Read and pack n rows from row `start` on, a panel at a time."""
        cdef Py_ssize_t d = self.n_features, P = panel_rows(), p = 0, height
        if self._keep_panels:
            panels = self._all_panels + start * d
            norms = &self._norms[start]
        while p < n:
            height = min(P, n - p)
            if self._keep_blocks:
                block = &self._blocks[(start + p) * self.width]
            self.rows.read_framed(self.frame, start + p, height, block)
            pack_panel(block, height, d, self.frame.scale, panels + p * d, norms + p)
            p += P

    cdef void _add(
        self, Py_ssize_t s, Py_ssize_t start, Py_ssize_t n, double* block, bint kept, int mode
    ) noexcept nogil:
        """Add n rows from row `start` on to the sums or the inertia, a block at a time, which is
        read again unless it is `kept`."""
        cdef Py_ssize_t P = panel_rows(), end = start + n, height
        while start < end:
            height = min(P, end - start)
            if kept:
                block = &self._blocks[start * self.width]
            else:
                self.rows.read_framed(self.frame, start, height, block)
            if mode & SUM:
                add_rows(
                    block, height, self.width, &self._labels[start],
                    self.rows.weights + start if self.rows.weights != NULL else NULL,
                    &self._tables[s, 0, 0], &self._table_counts[s, 0],
                )
            if mode & INERTIA:
                self._inertia[s] += self._block_inertia(start, height, block)
            start += P

    cdef void _assign(
        self, Py_ssize_t s, Py_ssize_t start, Py_ssize_t n, float* panels, float* state,
        double* row,
    ) noexcept nogil:
        """Find the nearest centre of the n rows of a block that begins at row `start`."""
        cdef Py_ssize_t d = self.n_features, P = panel_rows(), p, i, q, g = 0, last, lots
        cdef Py_ssize_t n_panels = (n + P - 1) // P, B = self.block_rows
        cdef Py_ssize_t step = max(1, CENTER_BLOCK // (4 * d))
        cdef bint ahead = not self._panels_filled
        cdef bint grouped = worth_grouping(d, self.n_groups)
        cdef const float* norms = state + 3 * B
        if self._keep_panels:
            panels = self._all_panels + start * d
            norms = &self._norms[start]
        for i in range(n_panels * P):
            state[i] = INFINITY
            state[B + i] = INFINITY
            state[2 * B + i] = 0
        while g < self.n_groups:
            last = min(g + step, self.n_groups)
            # The rows to be packed next are asked for in small lots, between a few centres and
            # the next few: the cache waits for only so many at a time.
            lots = max(1, min(P // 4, (last - g) // 4)) if ahead else 1
            for p in range(n_panels):
                for q in range(lots):
                    if ahead:
                        i = start + n + p * P
                        self._expect(i + q * P // lots, i + (q + 1) * P // lots)
                    (nearest_groups if grouped else nearest_panel)(
                        panels + p * P * d, d, &self._packed[0], &self._half_norms[0],
                        g + q * (last - g) // lots, g + (q + 1) * (last - g) // lots,
                        state + p * P, state + B + p * P, state + 2 * B + p * P,
                    )
            g = last
            ahead = False
        if grouped:
            for p in range(n_panels):
                nearest_in_groups(
                    panels + p * P * d, d, &self._packed[0], &self._half_norms[0],
                    state + p * P, state + B + p * P, state + 2 * B + p * P,
                )
        self._settle(s, start, n, state, norms, row)

    cdef void _expect(self, Py_ssize_t i, Py_ssize_t end) noexcept nogil:
        """Let rows i..end come to the cache while the tile runs."""
        while i < min(end, self.n_samples):
            self.dense.prefetch_row(i)
            i += 1

    cdef void _settle(
        self, Py_ssize_t s, Py_ssize_t start, Py_ssize_t n, const float* state,
        const float* norms, double* row,
    ) noexcept nogil:
        """Turn scores into labels: certified where the two best are far enough apart for float32,
        decided again in float64 where they are not (or are not numbers)."""
        cdef Py_ssize_t i = 0, q, lane, B = self.block_rows, L = F32_LANES, d = self.n_features
        cdef double gamma = score_rounding(d)
        cdef f32v slope = f32v_set(<float>(2 * gamma * self._largest_norm))
        cdef f32v floor = f32v_set(
            <float>(gamma * self._largest_norm * self._largest_norm + 1e-30)
        )
        cdef int sure
        cdef uint64_t certain, open
        cdef int32_t found[64]
        cdef int32_t* labels = &self._labels[start]
        cdef Py_ssize_t n_changed = 0
        cdef int32_t changed[BLOCK_PANELS * 48]
        cdef int32_t old[BLOCK_PANELS * 48]
        while i < n:
            # Rows whose labels are certain and as they were need nothing more; of the others,
            # which cannot be foreseen, up to 64 are found before the first is looked at.
            certain = open = 0
            q = 0
            while q < 64 and i + q < n:
                sure = f32m_bits(f32v_lt(
                    floor + slope * f32v_load(norms + i + q),
                    f32v_load(state + B + i + q) - f32v_load(state + i + q),
                ))
                f32v_store_int(found + q, f32v_load(state + 2 * B + i + q))
                certain |= <uint64_t>sure << q
                if i + q + L <= n:
                    sure = F32_ALL & ~sure
                    sure |= f32v_differ(f32v_load(state + 2 * B + i + q), labels + i + q)
                else:
                    sure = (1 << (n - i - q)) - 1
                open |= <uint64_t>sure << q
                q += L
            while open:
                lane = lowest_flag(open)
                open &= open - 1
                if not certain >> lane & 1:
                    found[lane] = self.decide(s, start + i + lane, row)
                if found[lane] != labels[i + lane]:
                    changed[n_changed] = <int32_t>(i + lane)
                    old[n_changed] = labels[i + lane]
                    n_changed += 1
                    labels[i + lane] = found[lane]
                    self.dense.prefetch_row(start + i + lane)
            i += q
        self._n_changed[s] += n_changed
        if self._mode & MOVE:
            # Such rows lie far apart: all were asked for above before the first is read.
            for i in range(n_changed):
                self.move_row(s, start + changed[i], old[i], row)

    cdef int32_t decide(self, Py_ssize_t s, Py_ssize_t i, double* row) noexcept nogil:
        """The nearest centre of row i, from differences in float64."""
        cdef Py_ssize_t label
        self._n_decided[s] += 1
        self.rows.read_plain(i, 1, row)
        label = decide_row(row, &self._centers[0, 0], self.n_clusters, self.n_features)
        self._n_lost[s] += not (
            squared_distance(row, &self._centers[label, 0], self.n_features) < INFINITY
        )
        return <int32_t>label

    cdef double _block_inertia(
        self, Py_ssize_t start, Py_ssize_t n, const double* block
    ) noexcept nogil:
        cdef Py_ssize_t i
        cdef double total = 0, distance
        cdef const double* weights = self.rows.weights
        for i in range(n):
            distance = squared_distance(
                block + i * self.width, &self._framed[self._labels[start + i], 0], self.width
            )
            total += distance if weights == NULL else weights[start + i] * distance
        return total

    cdef void begin_slice(self, Py_ssize_t s) noexcept nogil:
        cdef Py_ssize_t j, k, begin = s * self.n_clusters // self.n_sum_slices
        cdef Py_ssize_t end = (s + 1) * self.n_clusters // self.n_sum_slices
        for k in range(begin, end):
            self._table_counts[0, k] = 0
            for j in range(self.width):
                self._tables[0, k, j] = 0

    cdef void sum_rows(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
        cdef Py_ssize_t i, begin = s * self.n_clusters // self.n_sum_slices
        cdef Py_ssize_t end = (s + 1) * self.n_clusters // self.n_sum_slices
        cdef double* row = &self._slice_rows[s, 0]
        for i in range(lo, hi):
            if begin <= self._labels[i] < end:
                self.rows.read_framed(self.frame, i, 1, row)
                add_rows(
                    row, 1, self.width, &self._labels[i],
                    self.rows.weights + i if self.rows.weights != NULL else NULL,
                    &self._tables[0, 0, 0], &self._table_counts[0, 0],
                )


cdef void add_rows(
    const double* block,        # IN     (n, width)
    Py_ssize_t n,
    Py_ssize_t width,
    const int32_t* labels,      # IN     (n,)
    const double* weights,      # IN     (n,) or NULL
    double* sums,               # INOUT  (n_clusters, width)
    Py_ssize_t* counts,         # INOUT  (n_clusters,) rows of positive weight
) noexcept nogil:
    """Add each row of a block, its 1 included, to the sums of its label."""
    cdef Py_ssize_t i, j, q, L = F64_LANES
    cdef const double* row
    cdef double* out
    for i in range(n):
        counts[labels[i]] += weights == NULL or weights[i] > 0
        row = block + i * width
        out = sums + labels[i] * width
        if weights == NULL:
            for q in range(width // L):
                j = q * L
                f64v_store(out + j, f64v_load(out + j) + f64v_load(row + j))
        else:
            for q in range(width // L):
                j = q * L
                f64v_store(
                    out + j, f64v_load(out + j) + f64v_set(weights[i]) * f64v_load(row + j)
                )
