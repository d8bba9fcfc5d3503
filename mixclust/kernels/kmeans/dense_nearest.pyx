"""The nearest centre of dense rows: the plain tile over every row and every centre.

Rows are centred and packed into panels of float32 block by block, or once where they are few.
Float32 decides a label where the two best scores are farther apart than rounding can reach;
float64 decides the rest, so that every label is right in float64.
"""
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, uint64_t

import numpy as np

from ..rows.squared_distance cimport decide_row, squared_distance
from .nearest_center cimport NearestCenter, Tally, note_change
from .nearest_tile cimport nearest_groups, nearest_in_groups, nearest_panel, worth_grouping
from .second_look cimport (
    PackedCenters, Pair, find_open, mark_copies, near_pairs, nearest_of_pairs, rounding_of,
)
from ..rows.rows cimport Blocks
from ..rows.panels cimport pack_centers, pack_panel, panel_rows
from ..core.simd cimport (
    CACHE_LINE, F32_LANES, cache_line, f32v_differ, f32v_load, f32v_store_int, lowest_flag,
)

cdef enum:
    MAX_BLOCK_PANELS = 16       # panels of a block
    PANEL_FLOATS = 73728        # packed rows that stay in cache while centres stream by
    CENTER_FLOATS = 49152       # packed centres that stay in cache while panels stream by
    MAX_PAIRS = 512             # of a vector of rows and the centres near them
    MIN_DIRECT_FEATURES = 64    # from which few rows are measured sooner one by one


cdef class DenseNearest(NearestCenter):
    """Finds the nearest centre of dense rows by looking at every centre.

    Parameters
    ----------
    blocks : Blocks
        Dense rows and their frame.
    n_clusters : int
    keep_panels : bool
        Keep the packed rows between passes (4 bytes a number) instead of packing in every pass.
    """

    def __init__(self, Blocks blocks, Py_ssize_t n_clusters, bint keep_panels=False):
        cdef Py_ssize_t P = panel_rows(), d = blocks.rows.n_features, n_panels = 0
        NearestCenter.__init__(self, blocks.rows, blocks.frame, n_clusters)
        self.blocks = blocks
        self.dense = blocks.rows
        self.width = blocks.width
        self.tile_rows = P * max(1, min(MAX_BLOCK_PANELS, PANEL_FLOATS // (P * d)))
        self.block_rows = self.work_rows = self.tile_rows
        self.buffer_bytes = (
            (P + 1) * self.width * sizeof(double)
            + (self.tile_rows * (d + 5) + F32_LANES * d) * sizeof(float)
        )
        order = np.full((n_clusters + 3) // 4 * 4, -1, dtype=np.intp)
        order[:n_clusters] = np.arange(n_clusters)
        self.set_order(order)
        self._framed = np.zeros((n_clusters, self.width))
        self._original = np.empty(n_clusters, dtype=np.int32)
        self._copies_table = np.empty(2 << n_clusters.bit_length(), dtype=np.int32)
        self._n_copies = 0
        self._keep_panels = keep_panels
        self._panels_filled = False
        if keep_panels:
            n_panels = (self.rows.n_samples + P - 1) // P
        self._panels = np.empty(n_panels * P * d + CACHE_LINE, dtype=np.float32)
        self._all_panels = <float*>cache_line(&self._panels[0])
        self._norms = np.empty(max(1, n_panels * P), dtype=np.float32)

    cdef int set_order(self, Py_ssize_t[::1] order) except -1:
        """Pack centres in another order from now on; -1 leaves a place empty."""
        self._order = order
        self.n_groups = order.shape[0] // 4
        self._packed = np.empty(order.shape[0] * self.n_features, dtype=np.float32)
        self._half_norms = np.empty(order.shape[0], dtype=np.float32)
        return 0

    cdef void prepare(self) noexcept nogil:
        cdef Py_ssize_t j, k
        for k in range(self.n_clusters):
            for j in range(self.n_features):
                self._framed[k, j] = self._centers[k, j] - self.frame.shift[j]
            self._framed[k, self.n_features] = 1.0  # as in a block: adds nothing to a distance
        self._largest_norm = pack_centers(
            &self._centers[0, 0], &self._order[0], self.n_groups, self.n_features,
            self.frame.shift, self.frame.scale, &self._packed[0], &self._half_norms[0],
        )
        self._packed_centers.packed = &self._packed[0]
        self._packed_centers.half_norms = &self._half_norms[0]
        self._packed_centers.order = &self._order[0]
        self._packed_centers.n_groups = self.n_groups
        self._packed_centers.rounding = rounding_of(self.n_features, self._largest_norm)
        self._n_copies = mark_copies(
            &self._centers[0, 0], self.n_clusters, self.n_features,
            &self._copies_table[0], self._copies_table.shape[0], &self._original[0],
        )
        if self._n_copies:
            self._drop_copies()

    cdef void _drop_copies(self) noexcept nogil:
        """Let no score of a centre that equals an earlier one enter: the lower index wins.

        The last groups are left out if they hold no other centres.
        """
        cdef Py_ssize_t p, k, last = 0
        for p in range(self._order.shape[0]):
            k = self._order[p]
            if k >= 0 and self._original[k] != k:
                self._half_norms[p] = INFINITY
            elif k >= 0:
                last = p
        self._packed_centers.n_groups = last // 4 + 1

    cdef void after_assign(self) noexcept nogil:
        self._panels_filled = self._keep_panels

    cdef int assign(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t B = self.tile_rows, d = self.n_features, n_open
        cdef double* row = <double*>buffer + panel_rows() * self.width
        cdef float* state = self._score_rows(start, n, buffer)
        cdef float* norms = &self._norms[start] if self._keep_panels else state + 3 * B
        cdef float* panels = self._all_panels + start * d if self._keep_panels else state + 4 * B
        cdef int32_t* open = <int32_t*>(state + (4 + d) * B)
        n_open = find_open(&self._packed_centers.rounding, n, state, state + B, norms, open)
        if n_open:
            self.look_again(
                &self._packed_centers, start, NULL, panels, state + B, state + 2 * B, open,
                n_open, <float*>(open + B), tally, row,
            )
        return self._settle(start, n, labels, state + 2 * B, tally)

    cdef float* _score_rows(self, Py_ssize_t start, Py_ssize_t n, void* buffer) noexcept nogil:
        """Pack n rows from row `start` on, unless they are kept, and score them.

        Returns the scores as `_score` leaves them, in the buffer of `assign`.
        """
        cdef Py_ssize_t P = panel_rows(), B = self.tile_rows
        cdef float* state = <float*>(<double*>buffer + (P + 1) * self.width)
        cdef float* panels = state + 4 * B
        cdef float* norms = state + 3 * B
        if self._keep_panels:
            panels = self._all_panels + start * self.n_features
            norms = &self._norms[start]
        if not self._panels_filled:
            self._pack(start, n, <double*>buffer, panels, norms)
        self._score(&self._packed_centers, start, n, panels, state, not self._panels_filled)
        return state

    cdef void _pack(
        self, Py_ssize_t start, Py_ssize_t n, double* buffer, float* panels, float* norms
    ) noexcept nogil:
        """Read and pack n rows from row `start` on, a panel at a time."""
        cdef Py_ssize_t d = self.n_features, P = panel_rows(), p = 0, height
        cdef const double* block
        while p < n:
            height = min(P, n - p)
            block = self.blocks.read(start + p, height, buffer)
            pack_panel(block, height, d, self.frame.scale, panels + p * d, norms + p)
            p += P

    cdef void _score(
        self, const PackedCenters* centers, Py_ssize_t start, Py_ssize_t n, const float* panels,
        float* state, bint ahead,
    ) noexcept nogil:
        """Find the two best scores of n packed rows, and the place of the best centre.

        `state` holds the best scores, the second best and the places, `tile_rows` of each. Told to
        look `ahead`, it asks for the rows behind row `start` + n meanwhile.
        """
        cdef Py_ssize_t d = self.n_features, P = panel_rows(), p, i, q, g = 0, last, lots
        cdef Py_ssize_t n_panels = (n + P - 1) // P, B = self.tile_rows
        cdef Py_ssize_t step = max(1, CENTER_FLOATS // (4 * d))
        cdef Py_ssize_t n_groups = centers.n_groups
        cdef bint grouped = worth_grouping(d, n_groups)
        for i in range(n_panels * P):
            state[i] = INFINITY
            state[B + i] = INFINITY
            state[2 * B + i] = 0
        while g < n_groups:
            last = min(g + step, n_groups)
            # The rows to be packed next are asked for in small lots, between a few centres and
            # the next few: the cache waits for only so many at a time.
            lots = max(1, min(P // 4, (last - g) // 4)) if ahead else 1
            for p in range(n_panels):
                for q in range(lots):
                    if ahead:
                        i = start + n + p * P
                        self._prefetch(i + q * P // lots, i + (q + 1) * P // lots)
                    (nearest_groups if grouped else nearest_panel)(
                        panels + p * P * d, d, centers.packed, centers.half_norms,
                        g + q * (last - g) // lots, g + (q + 1) * (last - g) // lots,
                        state + p * P, state + B + p * P, state + 2 * B + p * P,
                    )
            g = last
            ahead = False
        if grouped:
            for p in range(n_panels):
                nearest_in_groups(
                    panels + p * P * d, d, centers.packed, centers.half_norms,
                    state + p * P, state + B + p * P, state + 2 * B + p * P,
                )

    cdef void _prefetch(self, Py_ssize_t i, Py_ssize_t end) noexcept nogil:
        """Load rows i..end into the cache while the tile runs."""
        while i < min(end, self.rows.n_samples):
            self.dense.prefetch_row(i)
            i += 1

    cdef void look_again(
        self, const PackedCenters* centers, Py_ssize_t start, const int32_t* rows,
        const float* panels, const float* bars, float* labels, const int32_t* open,
        Py_ssize_t n_open, float* panel, Tally* tally, double* row,
    ) noexcept nogil:
        """Decide the centres of open rows of some panels."""
        cdef Py_ssize_t lo = 0, n, t, j, r, L = F32_LANES, P = panel_rows(), d = self.n_features
        cdef const float* source
        cdef Py_ssize_t numbers[16]
        cdef float near[16]
        cdef float found[16]
        while lo < n_open:
            n = min(L, n_open - lo)
            for t in range(n):
                r = open[lo + t]
                near[t] = bars[r]
                numbers[t] = start + (rows[r] if rows != NULL else r)
                source = panels + r // P * P * d + r % P
                for j in range(d):
                    panel[j * L + t] = source[j * P]
            self.decide_vector(centers, n, numbers, near, panel, found, tally, row)
            for t in range(n):
                labels[open[lo + t]] = found[t]
            lo += n

    cdef void decide_vector(
        self,
        const PackedCenters* centers,
        Py_ssize_t n,               # IN     rows of the vector
        const Py_ssize_t* rows,     # IN     (n,) their numbers
        float* bars,                # INOUT  (one vector,) largest scores that may be the best
        float* panel,               # INOUT  (n_features, one vector)
        float* labels,              # OUT    (n,)
        Tally* tally,
        double* row,                # (n_features,)
    ) noexcept nogil:
        """Decide the centres of up to a vector of rows, in float64 among the centres near them."""
        cdef Py_ssize_t t, j, p, n_pairs = -1, L = F32_LANES, d = self.n_features
        cdef int32_t heads[16]
        cdef Pair pairs[MAX_PAIRS]
        for t in range(L):
            heads[t] = -1
            # Of an endless margin nothing is near: the row is measured by itself.
            if t >= n or not bars[t] < INFINITY:
                bars[t] = -INFINITY
                for j in range(d):
                    panel[j * L + t] = 0
        if 4 * n > L or d < MIN_DIRECT_FEATURES:
            n_pairs = near_pairs(
                panel, d, centers.packed, centers.half_norms, 0, centers.n_groups, bars,
                pairs, MAX_PAIRS,
            )
        for p in range(n_pairs):
            pairs[p].next = heads[pairs[p].lane]
            heads[pairs[p].lane] = <int32_t>p
        for t in range(n):
            if n_pairs < 0 or heads[t] < 0:
                labels[t] = <float>self.decide(rows[t], tally, row)
            elif pairs[heads[t]].next >= 0:
                labels[t] = <float>self._decide_among(
                    rows[t], centers.order, pairs, heads[t], tally, row
                )
            else:
                labels[t] = <float>centers.order[pairs[heads[t]].place]

    cdef Py_ssize_t _decide_among(
        self, Py_ssize_t i, const Py_ssize_t* order, const Pair* pairs, Py_ssize_t first,
        Tally* tally, double* row,
    ) noexcept nogil:
        """The nearest to row i of the centres of its pairs, from differences in float64."""
        cdef Py_ssize_t label
        tally.n_decided += 1
        self.rows.read_plain(i, 1, row)
        label = nearest_of_pairs(
            pairs, first, order, row, &self._centers[0, 0], self.n_features
        )
        if label < 0:
            return self.decide(i, tally, row)
        tally.n_lost += not (
            squared_distance(row, &self._centers[label, 0], self.n_features) < INFINITY
        )
        return label

    cdef int _settle(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* all_labels, const float* new_labels,
        Tally* tally,
    ) noexcept nogil:
        """Write labels, and note which have changed. In the first pass over the rows they are
        written without a look at the old ones."""
        cdef Py_ssize_t i = 0, q, lane, L = F32_LANES
        cdef bint first = tally.is_first
        cdef uint64_t changed
        cdef int32_t found[64]
        cdef int32_t* labels = all_labels + start
        if first:
            tally.n_changed += n
        while i < n:
            # Which labels change cannot be predicted: up to 64 rows are compared before the first
            # that did is handled.
            changed = 0
            q = 0
            while q < 64 and i + q < n:
                if i + q + L > n:
                    f32v_store_int(found + q, f32v_load(new_labels + i + q))
                    for lane in range(n - i - q):
                        changed |= <uint64_t>(found[q + lane] != labels[i + q + lane]) << (q + lane)
                        if first:
                            labels[i + q + lane] = found[q + lane]
                elif first:
                    f32v_store_int(labels + i + q, f32v_load(new_labels + i + q))
                else:
                    f32v_store_int(found + q, f32v_load(new_labels + i + q))
                    changed |= <uint64_t>f32v_differ(
                        f32v_load(new_labels + i + q), labels + i + q
                    ) << q
                q += L
            while changed and not first:
                lane = lowest_flag(changed)
                changed &= changed - 1
                if note_change(tally, start + i + lane, labels[i + lane]) != 0:
                    return -1
                labels[i + lane] = found[lane]
                self.dense.prefetch_row(start + i + lane)   # it enters another sum next
            i += q
        return 0

    cdef int32_t decide(self, Py_ssize_t i, Tally* tally, double* row) noexcept nogil:
        """The nearest centre of row i, from differences in float64."""
        cdef Py_ssize_t label
        tally.n_decided += 1
        self.rows.read_plain(i, 1, row)
        label = decide_row(row, &self._centers[0, 0], self.n_clusters, self.n_features)
        tally.n_lost += not (
            squared_distance(row, &self._centers[label, 0], self.n_features) < INFINITY
        )
        return <int32_t>label

    cdef void add_inertia(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, double* total, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t end = start + n, height, P = panel_rows()
        cdef const double* block
        while start < end:
            height = min(P, end - start)
            block = self.blocks.read(start, height, <double*>buffer)
            total[0] += self._block_inertia(start, height, labels, block)
            start += P

    cdef double _block_inertia(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, const double* block
    ) noexcept nogil:
        cdef Py_ssize_t i
        cdef double total = 0, distance
        cdef const double* weights = self.rows.weights
        for i in range(n):
            distance = squared_distance(
                block + i * self.width, &self._framed[labels[start + i], 0], self.width
            )
            total += distance if weights == NULL else weights[start + i] * distance
        return total

    cdef void measure(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, double* out, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t p = 0, i, P = panel_rows()
        cdef const double* block
        while p < n:
            block = self.blocks.read(start + p, min(P, n - p), <double*>buffer)
            for i in range(min(P, n - p)):
                out[p + i] = squared_distance(
                    block + i * self.width, &self._framed[labels[start + p + i], 0], self.width
                )
            p += P

    cdef void measure_margins(
        self, Py_ssize_t start, Py_ssize_t n, double* out, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t lo = 0, i, B = self.tile_rows
        cdef double scale = self.frame.scale, margin
        cdef float* state
        while lo < n:
            state = self._score_rows(start + lo, min(B, n - lo), buffer)
            for i in range(min(B, n - lo)):
                margin = 2 * (<double>state[B + i] - state[i]) / scale / scale
                # One centre, or rows beyond float32.
                if not margin < INFINITY or self._is_copied(<Py_ssize_t>state[2 * B + i]):
                    margin = 0
                out[lo + i] = margin
            lo += B

    cdef bint _is_copied(self, Py_ssize_t place) noexcept nogil:
        """Whether a later centre equals the one at a place."""
        cdef Py_ssize_t k, own = self._order[place]
        if self._n_copies:
            for k in range(own + 1, self.n_clusters):
                if self._original[k] == own:
                    return True
        return False
