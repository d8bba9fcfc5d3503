"""The nearest centre of rows in blocks: the tile runs over the centres that a box leaves open.

The centres that are open for a node (`open_centers`) are the only ones that its leaves look at. A
leaf with a single open centre gives it to all its rows. The others measure their panels against
the open centres, relative to the nearest one and to the middle of the box, so that scores are as
small as the leaf, and their rounding with them. What float32 cannot decide, float64 does, among the
open centres.
"""
cimport cython
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, uint64_t
from libc.string cimport memcpy

import numpy as np

from ..core.simd cimport (
    CACHE_LINE, F32_LANES, F64_LANES, f32v_differ, f32v_load, lowest_flag, prefetch,
)
from ..rows.panels cimport panel_rows
from ..rows.rows cimport Blocks
from ..rows.squared_distance cimport squared_distance
from .dense_nearest cimport DenseNearest
from .nearest_center cimport NearestCenter, Tally, note_change
from .open_centers cimport (
    Open, Work, divide, keep_open, least_gap, length_of_move, nearest_of_open, pack_open,
)
from .row_blocks cimport (
    LEAF_ROWS, MAX_BLOCK_FEATURES, NODE_LEAVES, NODE_ROWS, Box, RowBlocks, is_uniform,
)

cdef enum:
    LEAVES_AHEAD = 3            # leaves that are on their way into the cache
    TOP_ROWS = 24576            # rows of a box for which all centres are looked at
    MAX_OPEN = 64               # open centres a row, and one more for each
    CENTERS_PER_OPEN = 32       # so many centres, beyond which bounds of rows do better later on

cdef double MAX_MOVE = 0.1                  # mean half-widths of leaves, of the fastest centre


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
    cdef bint _active, _judged, _bounding
    cdef Py_ssize_t _capacity
    cdef double[::1] _columns       # (n_features, capacity)
    cdef int32_t[::1] _numbers      # 0 .. n_clusters - 1
    cdef double[:, ::1] _previous   # centres of the last pass
    cdef double[::1] _drift         # (n_clusters,) how far each centre has moved in all
    cdef double _fastest            # the longest move of any centre, added up over the passes
    cdef double[::1] _limits        # (n_leaves,) see `_is_settled`
    cdef int32_t[::1] _owners       # (n_leaves,) the centre of all rows of a leaf

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
        self._columns = np.full(self._capacity * self.n_features, INFINITY)
        self._numbers = np.arange(n_clusters, dtype=np.int32)
        self._previous = np.empty((n_clusters, self.n_features))
        self._drift = np.empty(n_clusters)
        self._limits = np.empty(leaves.n_leaves)
        self._owners = np.zeros(leaves.n_leaves, dtype=np.int32)
        self.work_rows = NODE_ROWS
        self.buffer_bytes = max(
            max(self.buffer_bytes, other.buffer_bytes),
            self._capacity * (2 * self.n_features * 12 + 52) + 16 * CACHE_LINE,
        )

    # ------------------------------------------------------------------ when

    cdef int begin(self, const double[:, ::1] centers) except -1:
        DenseNearest.begin(self, centers)
        self.other.begin(centers)
        self._active = True
        self._judged = False
        self.block_rows = TOP_ROWS
        self._previous[:, :] = centers
        self._drift[:] = 0
        self._fastest = 0
        self._limits[:] = -INFINITY
        return 0

    cdef int adapt(self, Py_ssize_t n_changed, Py_ssize_t n_measured) except -1 nogil:
        """Leave the blocks if they left too many pairs of a row and a centre open."""
        cdef Py_ssize_t n_open = n_measured // max(1, self.rows.n_samples)
        cdef bint few_changed = 8 * n_changed <= self.rows.n_samples
        if self._active and self._judged and (
            2 * n_open > self.n_clusters
            or (few_changed and n_open > MAX_OPEN + self.n_clusters // CENTERS_PER_OPEN)
        ):
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
            self.block_rows = self.other.block_rows
            return
        for k in range(self.n_clusters):
            for j in range(self.n_features):
                self._columns[j * self._capacity + k] = self._centers[k, j]
        self._add_drift()

    cdef void _add_drift(self) noexcept nogil:
        """Add how far each centre, and the fastest of all, has moved; sums are rounded up."""
        cdef Py_ssize_t k
        cdef double moved, fastest = 0
        for k in range(self.n_clusters):
            moved = length_of_move(
                &self._previous[k, 0], &self._centers[k, 0], self.n_features
            )
            fastest = max(fastest, moved)
            self._drift[k] = (self._drift[k] + moved) * (1 + 2.0 ** -52)
        # A gap is worth its time if it outlasts some moves.
        self._bounding = 0 < fastest <= MAX_MOVE * self.leaves.half_width
        self._fastest = (self._fastest + fastest) * (1 + 2.0 ** -52)
        self._previous[:, :] = self._centers

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
        cdef Py_ssize_t _, node, leaf, end = (start + n + LEAF_ROWS - 1) // LEAF_ROWS
        cdef Work work
        cdef Open all_centers
        cdef Box box
        if not self._active:
            return self.other.assign(start, n, labels, tally, buffer)
        divide(&work, self._capacity, self.n_features, buffer)
        all_centers.n = self.n_clusters
        all_centers.capacity = self._capacity
        all_centers.centers = &self._numbers[0]
        all_centers.columns = &self._columns[0]
        work.top.n = 0
        work.ahead = start // LEAF_ROWS
        for _ in range(LEAVES_AHEAD):
            self._look_ahead(&work, labels)
        node = start // LEAF_ROWS
        while node < end:
            leaf = node
            node = min(end, node + NODE_LEAVES)
            while leaf < node and self._is_settled(leaf):
                leaf += 1
            if leaf == node:
                continue
            if work.top.n == 0:     # The first node of the range that needs centres.
                self.leaves.box(start // LEAF_ROWS, end, &box)
                self._restrict(&all_centers, &box, &work, &work.top)
            leaf = leaf // NODE_LEAVES * NODE_LEAVES
            self.leaves.box(leaf, node, &box)
            self._restrict(&work.top, &box, &work, &work.node)
            work.node.gap = min(work.node.gap, work.top.gap)
            if self._assign_node(leaf, node, start + n, &work, labels, tally) != 0:
                return -1
        return 0

    cdef bint _is_settled(self, Py_ssize_t leaf) noexcept nogil:
        """Whether the centre of a leaf is still the nearest to all its rows, by a bound.

        When the leaf was looked at, every other centre was farther by some gap. Since then the own
        centre has moved by its drift, and no other one by more than the fastest.
        """
        return self._drift[self._owners[leaf]] + self._fastest < self._limits[leaf]

    cdef int _assign_node(
        self, Py_ssize_t first, Py_ssize_t last, Py_ssize_t end, Work* work, int32_t* labels,
        Tally* tally,
    ) noexcept nogil:
        """Label the rows of leaves first..last before row `end`."""
        cdef Py_ssize_t leaf
        cdef int32_t owner = work.node.centers[0]
        for leaf in range(first, last):
            if self._is_settled(leaf):
                continue
            if self._limits[leaf] == -INFINITY:
                self._look_ahead(work, labels)
            if work.node.n > 1:
                if self._assign_leaf(leaf, end, work, labels, tally) != 0:
                    return -1
                continue
            if self._give(leaf, end, owner, work.node.gap, labels, tally) != 0:
                return -1
        return 0

    cdef void _look_ahead(self, Work* work, const int32_t* labels) noexcept nogil:
        """Load the panels and labels of the next leaf with several open centres into the cache."""
        cdef Py_ssize_t byte = 0, leaf = work.ahead, d = self.n_features
        cdef const char* panels
        while leaf < self.leaves.n_leaves and self._limits[leaf] > -INFINITY:
            leaf += 1
        work.ahead = leaf + 1
        if leaf >= self.leaves.n_leaves:
            return
        panels = <const char*>(self.leaves.panels + leaf * LEAF_ROWS * d)
        while byte < LEAF_ROWS * 4 * d:
            prefetch(panels + byte)
            byte += CACHE_LINE
        byte = 0
        while byte < LEAF_ROWS * 4:
            prefetch(<const char*>(labels + leaf * LEAF_ROWS) + byte)
            byte += CACHE_LINE

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
            for r in range(target.n, (target.n + F64_LANES - 1) // F64_LANES * F64_LANES):
                target.columns[j * target.capacity + r] = INFINITY
        target.gap = 0
        if self._bounding:
            target.gap = least_gap(source, box, self.n_features, work, target.n, nearest)

    cdef int _give(
        self, Py_ssize_t leaf, Py_ssize_t end, int32_t owner, double gap, int32_t* labels,
        Tally* tally,
    ) noexcept nogil:
        """Give the rows of a leaf before row `end` to a centre, from which others are farther."""
        cdef Py_ssize_t i, start = leaf * LEAF_ROWS
        cdef bint known = self._owners[leaf] == owner and self._limits[leaf] > -INFINITY
        self._owners[leaf] = owner
        self._limits[leaf] = gap + self._drift[owner] + self._fastest
        end = min(end, start + LEAF_ROWS)
        if known:
            return 0
        for i in range(start, end):
            if labels[i] != owner:
                if not tally.is_first and note_change(tally, i, labels[i]) != 0:
                    return -1
                labels[i] = owner
        if tally.is_first:
            tally.n_changed += end - start
        return 0

    cdef int _assign_leaf(
        self, Py_ssize_t leaf, Py_ssize_t end, Work* work, int32_t* labels, Tally* tally
    ) noexcept nogil:
        """Label the rows of a leaf before row `end`, of centres that are open for its node."""
        cdef Py_ssize_t n_open, nearest = 0, r, start = leaf * LEAF_ROWS
        cdef Py_ssize_t n = min(<Py_ssize_t>LEAF_ROWS, end - start)
        cdef Box box
        cdef double error, gap
        cdef int32_t owner
        self.leaves.box(leaf, leaf + 1, &box)
        n_open = keep_open(&work.node, &box, self.n_features, work, &nearest)
        if n_open == 1:
            owner = work.node.centers[nearest]
            gap = work.node.gap
            if self._bounding:
                gap = min(gap, least_gap(&work.node, &box, self.n_features, work, 1, nearest))
            return self._give(leaf, end, owner, gap, labels, tally)
        self._limits[leaf] = -INFINITY
        for r in range(n_open):
            work.centers[r] = work.node.centers[work.kept[r]]
            work.numbers[r] = <float>work.centers[r]
        error = pack_open(
            n_open, nearest, &box, self.n_features, self.leaves.scales[leaf], work
        )
        tally.n_measured += n * n_open
        return self._measure_leaf(start, n, n_open, error, work, labels, tally)

    cdef int _measure_leaf(
        self, Py_ssize_t start, Py_ssize_t n, Py_ssize_t n_open, double error, Work* work,
        int32_t* labels, Tally* tally,
    ) noexcept nogil:
        """Measure the rows of a leaf against its open centres, and label them."""
        cdef Py_ssize_t p = 0, r, P = panel_rows(), d = self.n_features
        cdef const float* panel
        cdef float found[64]
        cdef uint64_t sure
        while p < n:
            panel = self.leaves.panels + (start + p) * d
            if not error < INFINITY:
                sure = 0
                for r in range(P):
                    found[r] = work.numbers[0]
            else:
                sure = nearest_of_open(panel, d, n_open, work, error, found)
            if self._settle_panel(
                start + p, min(P, n - p), n_open, found, sure, work, labels + start + p, tally
            ) != 0:
                return -1
            p += P
        return 0

    cdef int _settle_panel(
        self, Py_ssize_t start, Py_ssize_t n, Py_ssize_t n_open, const float* found, uint64_t sure,
        Work* work, int32_t* labels, Tally* tally,
    ) noexcept nogil:
        """Label the rows of a panel by the centres found; float64 decides the ones not sure."""
        cdef Py_ssize_t t, v, L = F32_LANES
        cdef int32_t before[64]
        cdef int32_t label
        cdef uint64_t open = 0
        cdef int32_t* old = labels
        if n < panel_rows():
            memcpy(before, labels, n * sizeof(int32_t))
            old = before
        for v in range(3):
            open |= <uint64_t>f32v_differ(f32v_load(found + v * L), old + v * L) << (v * L)
        open = (open | ~sure) & (~<uint64_t>0 >> (64 - n))
        while open:
            t = lowest_flag(open)
            open &= open - 1
            label = <int32_t>found[t]
            if not sure >> t & 1:
                label = self._decide_open(start + t, n_open, work, tally)
            if tally.is_first:
                tally.n_changed += 1
            elif label != labels[t]:
                if note_change(tally, start + t, labels[t]) != 0:
                    return -1
                self.dense.prefetch_row(start + t)      # it enters another sum next
            labels[t] = label
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
