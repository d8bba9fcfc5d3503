"""The nearest centre of rows in blocks: the tile runs over the centres that a box leaves open.

The centres that are open for a node (`open_centers`) are the only ones that its leaves look at. A
leaf with a single open centre gives it to all its rows. The others measure their panels against
the open centres, relative to the nearest one and to the middle of the box, so that scores are as
small as the leaf, and their rounding with them. What float32 cannot decide, float64 does, among the
open centres.
"""
cimport cython
from libc.math cimport INFINITY, fabs
from libc.stdint cimport int32_t, uint64_t

import numpy as np

from ..core.simd cimport (
    CACHE_LINE, F32_LANES, f32m_bits, f32v, f32v_load, f32v_lt, f32v_set, f32v_store,
    f32v_store_int,
)
from ..rows.panels cimport panel_rows
from ..rows.rows cimport Blocks
from ..rows.squared_distance cimport squared_distance
from .dense_nearest cimport DenseNearest
from .nearest_center cimport NearestCenter, Tally, note_change
from .nearest_tile cimport nearest_panel, score_rounding
from .open_centers cimport Open, Work, divide, keep_open
from .row_blocks cimport (
    LEAF_ROWS, MAX_BLOCK_FEATURES, NODE_LEAVES, NODE_ROWS, Box, RowBlocks, is_uniform,
)

cdef enum:
    TOP_ROWS = 24576            # rows of a box for which all centres are looked at
    MIN_SKIPPED = 3             # of eight pairs of a row and a centre: with fewer, blocks are left

cdef double MAX_SCORE = 1e30                # rounding of scores beyond which float32 may overflow


@cython.final
cdef class BlockNearest(DenseNearest):
    """Finds the nearest centre of rows in their order along a curve.

    Parameters
    ----------
    blocks, n_clusters
        As for `DenseNearest`.
    leaves : RowBlocks
        Of the same rows.
    other : NearestCenter
        Of the same rows and frame: goes on where boxes leave too many centres open.
    """

    cdef RowBlocks leaves
    cdef NearestCenter other
    cdef bint _active, _judged
    cdef Py_ssize_t _capacity
    cdef double[::1] _columns       # (n_features, capacity)
    cdef int32_t[::1] _numbers      # 0 .. n_clusters - 1

    def __init__(
        self, Blocks blocks, Py_ssize_t n_clusters, RowBlocks leaves, NearestCenter other
    ):
        DenseNearest.__init__(self, blocks, n_clusters)
        if leaves.rows is not self.rows or other.rows is not self.rows:
            raise ValueError("blocks, leaves and other must have the same rows")
        if other.frame is not self.frame or other.n_clusters != n_clusters:
            raise ValueError("other must have the same frame and number of clusters")
        self.leaves = leaves
        self.other = other
        self._capacity = (n_clusters + 15) // 8 * 8
        self._columns = np.zeros(self._capacity * self.n_features)
        self._numbers = np.arange(n_clusters, dtype=np.int32)
        self.work_rows = NODE_ROWS
        self.buffer_bytes = max(
            max(self.buffer_bytes, other.buffer_bytes),
            self._capacity * (2 * self.n_features * 12 + 48) + 16 * CACHE_LINE,
        )

    # ------------------------------------------------------------------ when

    cdef int begin(self, const double[:, ::1] centers) except -1:
        DenseNearest.begin(self, centers)
        self.other.begin(centers)
        self._active = True
        self._judged = False
        self.block_rows = TOP_ROWS
        return 0

    cdef int adapt(self, Py_ssize_t n_changed, Py_ssize_t n_measured) except -1 nogil:
        """Leave the blocks if they left too many pairs of a row and a centre open."""
        cdef double n_pairs = <double>self.rows.n_samples * self.n_clusters
        if self._active and self._judged and n_measured > n_pairs * (8 - MIN_SKIPPED) / 8:
            self._active = False
        self._judged = True
        if not self._active:
            self.other.adapt(n_changed, n_measured)
            self.block_rows = self.other.block_rows
        return 0

    cdef void prepare(self) noexcept nogil:
        cdef Py_ssize_t j, k
        DenseNearest.prepare(self)
        if not self._active:
            self.other.prepare()
            return
        for k in range(self.n_clusters):
            for j in range(self.n_features):
                self._columns[j * self._capacity + k] = self._centers[k, j]

    cdef void after_assign(self) noexcept nogil:
        if not self._active:
            self.other.after_assign()

    cdef void add_inertia(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, double* total, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t height, end = start + n
        if start % LEAF_ROWS:
            DenseNearest.add_inertia(self, start, n, labels, total, buffer)
            return
        while start < end:
            height = min(<Py_ssize_t>LEAF_ROWS, self.rows.n_samples - start)
            if start + height > end or not is_uniform(labels + start, height):
                height = min(height, end - start)
                DenseNearest.add_inertia(self, start, height, labels, total, buffer)
            else:
                total[0] += self.leaves.inertia(start // LEAF_ROWS, &self._framed[labels[start], 0])
            start += height

    # ------------------------------------------------------------------ a pass

    cdef int assign(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t node, leaf, end = (start + n + LEAF_ROWS - 1) // LEAF_ROWS
        cdef Work work
        cdef Open all_centers
        cdef Box box
        cdef int failed
        if not self._active:
            return self.other.assign(start, n, labels, tally, buffer)
        divide(&work, self._capacity, self.n_features, buffer)
        all_centers.n = self.n_clusters
        all_centers.capacity = self._capacity
        all_centers.centers = &self._numbers[0]
        all_centers.columns = &self._columns[0]
        node = start // LEAF_ROWS
        self.leaves.box(node, end, &box)
        self._restrict(&all_centers, &box, &work, &work.top)
        while node < end:
            leaf = node
            node = min(end, node + NODE_LEAVES)
            self.leaves.box(leaf, node, &box)
            self._restrict(&work.top, &box, &work, &work.node)
            if work.node.n == 1:
                failed = self._give(
                    leaf * LEAF_ROWS, min(node * LEAF_ROWS, start + n), work.node.centers[0],
                    labels, tally,
                )
                if failed:
                    return -1
                continue
            while leaf < node:
                if self._assign_leaf(leaf, start + n, &work, labels, tally) != 0:
                    return -1
                leaf += 1
        return 0

    cdef void _restrict(
        self, const Open* source, const Box* box, Work* work, Open* target
    ) noexcept nogil:
        """List the centres of `source` that are open for a box in `target`."""
        cdef Py_ssize_t j, r, nearest
        cdef double* column
        target.n = keep_open(source, box, self.n_features, work, &nearest)
        for r in range(target.n):
            target.centers[r] = source.centers[work.kept[r]]
        for j in range(self.n_features):
            column = source.columns + j * source.capacity
            for r in range(target.n):
                target.columns[j * target.capacity + r] = column[work.kept[r]]

    cdef int _give(
        self, Py_ssize_t i, Py_ssize_t end, int32_t label, int32_t* labels, Tally* tally
    ) noexcept nogil:
        """Give rows i..end a label."""
        cdef Py_ssize_t r
        cdef int32_t differs = 0
        for r in range(i, end):
            differs |= labels[r] ^ label
        if differs == 0:
            return 0
        for r in range(i, end):
            if labels[r] != label:
                if not tally.is_first and note_change(tally, r, labels[r]) != 0:
                    return -1
                labels[r] = label
        if tally.is_first:
            tally.n_changed += end - i
        return 0

    cdef int _assign_leaf(
        self, Py_ssize_t leaf, Py_ssize_t end, Work* work, int32_t* labels, Tally* tally
    ) noexcept nogil:
        """Label the rows of a leaf before row `end`, of centres that are open for its node."""
        cdef Py_ssize_t n_open, nearest = 0, r, start = leaf * LEAF_ROWS
        cdef Py_ssize_t n = min(<Py_ssize_t>LEAF_ROWS, end - start)
        cdef Box box
        cdef double error
        self.leaves.box(leaf, leaf + 1, &box)
        n_open = keep_open(&work.node, &box, self.n_features, work, &nearest)
        if n_open == 1:
            return self._give(start, start + n, work.node.centers[work.kept[0]], labels, tally)
        for r in range(n_open):
            work.centers[r] = work.node.centers[work.kept[r]]
        error = self._pack_open(n_open, nearest, &box, self.leaves.scales[leaf], work)
        tally.n_measured += n * n_open
        return self._measure_leaf(start, n, n_open, error, work, labels, tally)

    cdef double _pack_open(
        self, Py_ssize_t n_open, Py_ssize_t nearest, const Box* box, double scale, Work* work
    ) noexcept nogil:
        """Pack the open centres of a leaf relative to the nearest one.

        The score of centre k is half of ``|c_k - x|^2 - |c - x|^2``, times the square of `scale`.
        Returns the largest rounding of a score.
        """
        cdef Py_ssize_t j, r, d = self.n_features, C = work.node.capacity
        cdef double gamma = score_rounding(d), error = 0, apart, both, half, reach, size, length
        cdef double* column
        cdef float* group
        for r in range(n_open):
            group = work.packed + (r // 4) * d * 4 + r % 4
            half = reach = size = length = 0
            for j in range(d):
                column = work.node.columns + j * C
                apart = column[work.kept[r]] - column[nearest]
                both = (column[work.kept[r]] - box.middle[j]) + (column[nearest] - box.middle[j])
                half += apart * both
                size += fabs(apart) * fabs(both)
                reach += fabs(apart) * box.half[j]
                length += fabs(apart)
                group[4 * j] = <float>(apart * scale)
            work.half_norms[r] = <float>(half / 2 * scale * scale)
            error = max(
                error,
                (gamma * (reach + fabs(half)) + 2.0 ** -48 * size) * scale * scale
                + 1e-30 * (1 + length * scale),
            )
            if not error < MAX_SCORE:
                return INFINITY
        while r % 4 != 3 and n_open % 4:
            r += 1
            group = work.packed + (r // 4) * d * 4 + r % 4
            for j in range(d):
                group[4 * j] = 0
            work.half_norms[r] = INFINITY
        return error

    cdef int _measure_leaf(
        self, Py_ssize_t start, Py_ssize_t n, Py_ssize_t n_open, double error, Work* work,
        int32_t* labels, Tally* tally,
    ) noexcept nogil:
        """Measure the rows of a leaf against its open centres, and label them."""
        cdef Py_ssize_t p = 0, v, P = panel_rows(), d = self.n_features
        cdef float state[3 * 64]
        cdef f32v infinite = f32v_set(INFINITY)
        while p < n:
            for v in range(6):      # the best and the second best scores
                f32v_store(state + v * F32_LANES, infinite)
            for v in range(6, 9):
                f32v_store(state + v * F32_LANES, f32v_set(0))
            if error < MAX_SCORE:
                nearest_panel(
                    self.leaves.panels + (start + p) * d, d, work.packed, work.half_norms,
                    0, (n_open + 3) // 4, state, state + P, state + 2 * P,
                )
            if self._settle_panel(
                start + p, min(P, n - p), n_open, state, error, work, labels + start + p, tally
            ) != 0:
                return -1
            p += P
        return 0

    cdef int _settle_panel(
        self, Py_ssize_t start, Py_ssize_t n, Py_ssize_t n_open, const float* state, double error,
        Work* work, int32_t* labels, Tally* tally,
    ) noexcept nogil:
        """Label the rows of a panel by their scores; float64 decides where these are too close."""
        cdef Py_ssize_t t, v, P = panel_rows(), L = F32_LANES
        cdef int32_t index[64]
        cdef int32_t found[64]
        cdef int32_t differs = 0
        cdef uint64_t sure = 0
        cdef f32v margin = f32v_set(<float>(2 * error * (1 + 1e-6)))
        for v in range(3):
            f32v_store_int(index + v * L, f32v_load(state + 2 * P + v * L))
            sure |= <uint64_t>f32m_bits(f32v_lt(    # false for NaN
                margin, f32v_load(state + P + v * L) - f32v_load(state + v * L)
            )) << (v * L)
        for t in range(n):
            found[t] = work.centers[index[t]]
        for t in range(n):
            differs |= found[t] ^ labels[t]
        sure |= ~<uint64_t>0 << n if n < 64 else 0
        if differs == 0 and ~sure & (~<uint64_t>0 >> (64 - P)) == 0:
            return 0
        for t in range(n):
            if not sure >> t & 1:
                found[t] = self._decide_open(start + t, n_open, work, tally)
            if found[t] != labels[t]:
                if tally.is_first:
                    tally.n_changed += 1
                elif note_change(tally, start + t, labels[t]) != 0:
                    return -1
                else:
                    self.dense.prefetch_row(start + t)
                labels[t] = found[t]
        return 0

    cdef int32_t _decide_open(
        self, Py_ssize_t i, Py_ssize_t n_open, const Work* work, Tally* tally
    ) noexcept nogil:
        """The nearest of the open centres of row i, from differences in float64."""
        cdef Py_ssize_t r
        cdef int32_t label = work.centers[0]
        cdef double x[MAX_BLOCK_FEATURES]
        cdef double distance, smallest
        tally.n_decided += 1
        self.rows.read_plain(i, 1, x)
        smallest = squared_distance(x, &self._centers[label, 0], self.n_features)
        for r in range(1, n_open):
            distance = squared_distance(
                x, &self._centers[work.centers[r], 0], self.n_features
            )
            if distance < smallest:
                smallest = distance
                label = work.centers[r]
        tally.n_lost += not smallest < INFINITY
        return label
