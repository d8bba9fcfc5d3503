"""Greedy k-means++ on dense rows of few features, in blocks that most trials cannot change.

Rows are sorted once along a curve that fills the space, and every 48 of them make a block with the
box around them and the largest squared distance of a row to its nearest seed. A trial that is at
least as far from the box brings none of the rows nearer: the block is passed over. The other
blocks measure all of their rows, in float64 and with the lanes as rows.

The distance to a box is computed as that to a row is, and rounding is monotonic, so that it is
never above the distance of a row of the block. Draws go over the rows in their own order, so that
distances are kept in both.
"""
cimport cython
from libc.stdint cimport int32_t, uint8_t, uint64_t
from libc.string cimport memset

import numpy as np

from ..core.simd cimport (
    F64_LANES, f64v, f64v_from_f32, f64v_load, f64v_lt_bits, f64v_max, f64v_min, f64v_set,
    f64v_store, f64v_sum, lowest_flag,
)
from ..rows.dense_rows cimport DenseRows
from ..rows.squared_distance cimport read_row
from .plusplus cimport FIRST, JOIN, PIECE_ROWS, TRY, GreedySeeding

cdef enum:
    BLOCK_ROWS = 48
    MAX_FEATURES = 8
    MAX_LANES = 8
    MASK_TRIALS = 64    # trials that have a bit of their own in a mask
    SUM = 3             # a mode: sums of the rows in their own order


cdef inline void three_distances(
    const double* rows, const double* point, Py_ssize_t n_features, f64v* distances
) noexcept nogil:
    """Squared distances of three vectors of rows of a block to a point."""
    cdef Py_ssize_t j, L = F64_LANES
    cdef f64v c, t, a0 = f64v_set(0), a1 = f64v_set(0), a2 = f64v_set(0)
    for j in range(n_features):
        c = f64v_set(point[j])
        t = c - f64v_load(rows)
        a0 = a0 + t * t
        t = c - f64v_load(rows + L)
        a1 = a1 + t * t
        t = c - f64v_load(rows + 2 * L)
        a2 = a2 + t * t
        rows += BLOCK_ROWS
    distances[0] = a0
    distances[1] = a1
    distances[2] = a2


cdef inline void to_float64(const float* numbers, Py_ssize_t n, double* out) noexcept nogil:
    """Numbers of whole vectors in float64."""
    cdef Py_ssize_t i = 0
    while i < n:
        f64v_store(out + i, f64v_from_f32(numbers + i))
        i += F64_LANES


@cython.final
cdef class BlockPlusPlus(GreedySeeding):
    """Seeding on dense rows of at most eight features.

    Parameters
    ----------
    rows : DenseRows
    order : ndarray of shape (n_samples,), int32
        The rows in the order of the blocks: a permutation of close neighbours.
    shard_bounds, map_tasks
        As for `Pass`.
    n_clusters, n_trials : int
    """

    cdef DenseRows dense    # the rows
    cdef const int32_t[::1] _order
    cdef Py_ssize_t _n_blocks, _padded
    cdef bint _filled
    cdef float[::1] _values_float, _near_float      # by place in the order
    cdef double[::1] _values_double, _near_double
    cdef double[::1] _placed_weights
    cdef double[:, :, ::1] _boxes       # (n_features, 2, _padded)
    cdef double[::1] _farthest          # (_padded,)
    cdef uint8_t[::1] _stale            # (_n_blocks,) pieces with another sum than is known
    cdef uint64_t[::1] _reached         # (_n_blocks,) trials that a block was measured for

    def __init__(
        self, DenseRows rows, const int32_t[::1] order, shard_bounds, Py_ssize_t n_clusters,
        Py_ssize_t n_trials, map_tasks=None,
    ):
        cdef Py_ssize_t d = rows.n_features, n = rows.n_samples, n_places, i
        if d > MAX_FEATURES:
            raise ValueError("blocks have at most eight features")
        if order.shape[0] != n:
            raise ValueError("order must have shape (n_samples,)")
        for i in range(n):
            if not 0 <= order[i] < n:
                raise IndexError("order must be a permutation of the rows")
        GreedySeeding.__init__(
            self, rows, shard_bounds, n_clusters, n_trials, map_tasks, keeps_notes=False
        )
        self.dense = rows
        self._order = order
        self._filled = False
        self._n_blocks = (n + BLOCK_ROWS - 1) // BLOCK_ROWS
        self._padded = self._n_blocks + MAX_LANES
        n_places = self._n_blocks * BLOCK_ROWS
        if rows.is_double:
            self._values_double = np.empty(n_places * d)
            self._near_double = np.zeros(n_places)
        else:
            self._values_float = np.empty(n_places * d, dtype=np.float32)
            self._near_float = np.zeros(n_places, dtype=np.float32)
        if rows.weights != NULL:
            self._placed_weights = np.zeros(n_places)
        self._boxes = np.zeros((d, 2, self._padded))
        self._farthest = np.zeros(self._padded)
        self._stale = np.zeros(self._n_blocks, dtype=np.uint8)
        self._reached = np.zeros(self._n_blocks, dtype=np.uint64)
        self.buffer_size = BLOCK_ROWS * (d + 1)
        self.set_work(2 * self.lanes * d, PIECE_ROWS)

    cdef int update_shards(self) except -1 nogil:
        cdef Py_ssize_t s
        self.map_shards()
        self._filled = True
        self._mode = SUM
        for s in range(self.n_shards):
            self.run_shard(s)
        return 0

    cdef void process_rows(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, double* buffer
    ) noexcept nogil:
        cdef Py_ssize_t b, end = (hi + BLOCK_ROWS - 1) // BLOCK_ROWS
        if self._mode == SUM:
            for b in range(lo // PIECE_ROWS, end):
                if self._stale[b]:
                    self.sum_piece(b)
                    self._stale[b] = False
            self.add_pieces(s, lo, hi)
            return
        if self._mode == TRY:
            self._try_blocks(s, lo // BLOCK_ROWS, end, buffer)
            return
        for b in range(lo // BLOCK_ROWS, end):
            if self._mode == FIRST:
                if not self._filled:
                    self._fill(b, buffer)
                self._update(b, buffer)
            elif self._mode == JOIN or self._reached[b] >> (self._chosen % MASK_TRIALS) & 1:
                self._update(b, buffer)

    # ------------------------------------------------------------------ blocks

    cdef Py_ssize_t _n_rows(self, Py_ssize_t b) noexcept nogil:
        return min(BLOCK_ROWS, self.n_samples - b * BLOCK_ROWS)

    cdef void _fill(self, Py_ssize_t b, double* row) noexcept nogil:
        """Copy the rows of block b side by side; behind the last row it stands again."""
        cdef Py_ssize_t r, j, i, d = self.n_features, n = self._n_rows(b)
        cdef Py_ssize_t at = b * BLOCK_ROWS * d
        for r in range(BLOCK_ROWS):
            i = self._order[b * BLOCK_ROWS + min(r, n - 1)]
            read_row(self.dense.row(i), self.dense.col_stride, self.is_double, d, row)
            for j in range(d):
                if self.is_double:
                    self._values_double[at + j * BLOCK_ROWS + r] = row[j]
                else:
                    self._values_float[at + j * BLOCK_ROWS + r] = <float>row[j]
                if r == 0 or row[j] < self._boxes[j, 0, b]:
                    self._boxes[j, 0, b] = row[j]
                if r == 0 or row[j] > self._boxes[j, 1, b]:
                    self._boxes[j, 1, b] = row[j]
            if self.weights != NULL and r < n:
                self._placed_weights[b * BLOCK_ROWS + r] = self.weights[i]

    cdef const double* _values(self, Py_ssize_t b, double* buffer) noexcept nogil:
        """Rows of block b, features outermost, in float64."""
        cdef Py_ssize_t n = BLOCK_ROWS * self.n_features
        if self.is_double:
            return &self._values_double[b * n]
        to_float64(&self._values_float[b * n], n, buffer)
        return buffer

    cdef const double* _near(self, Py_ssize_t b, double* buffer) noexcept nogil:
        """Squared distances of the rows of block b to their nearest seeds, in float64."""
        if self.is_double:
            return &self._near_double[b * BLOCK_ROWS]
        to_float64(&self._near_float[b * BLOCK_ROWS], BLOCK_ROWS, buffer)
        return buffer

    # ------------------------------------------------------------------ trials

    cdef void _try_blocks(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, double* buffer
    ) noexcept nogil:
        """Add up the gain of each trial over blocks lo..hi."""
        cdef Py_ssize_t b = lo, r, n, first, L = F64_LANES
        cdef uint64_t[MAX_LANES] masks
        memset(&self._reached[lo], 0, (hi - lo) * sizeof(uint64_t))
        while b < hi:
            n = min(L, hi - b)
            first = 0
            while first < self.n_trials:
                self._find_reached(b, n, first, masks)
                for r in range(n):
                    if masks[r]:
                        self._reached[b + r] |= self._try_block(
                            s, b + r, first, masks[r], buffer
                        )
                first += MASK_TRIALS
            b += n

    cdef void _find_reached(
        self, Py_ssize_t b, Py_ssize_t n, Py_ssize_t first, uint64_t* masks
    ) noexcept nogil:
        """For each of n blocks, a bit for each trial from `first` on that may reach it."""
        cdef Py_ssize_t r, t
        cdef int bits
        for r in range(n):
            masks[r] = 0
        for t in range(min(MASK_TRIALS, self.n_trials - first)):
            bits = self._blocks_reached(b, &self._trials[first + t, 0]) & ((1 << n) - 1)
            while bits:
                masks[lowest_flag(bits)] |= <uint64_t>1 << t
                bits &= bits - 1

    cdef int _blocks_reached(self, Py_ssize_t b, const double* trial) noexcept nogil:
        """A bit for each of a vector of blocks that the trial may bring a row of nearer."""
        cdef Py_ssize_t j
        cdef f64v c, gap, square = f64v_set(0), zero = f64v_set(0)
        cdef const double* box = &self._boxes[0, 0, b]
        for j in range(self.n_features):
            c = f64v_set(trial[j])
            gap = f64v_max(f64v_max(f64v_load(box) - c, c - f64v_load(box + self._padded)), zero)
            square = square + gap * gap
            box += 2 * self._padded
        return f64v_lt_bits(square, f64v_load(&self._farthest[b]))

    cdef uint64_t _try_block(
        self, Py_ssize_t s, Py_ssize_t b, Py_ssize_t first, uint64_t mask, double* buffer
    ) noexcept nogil:
        """Add the gains of the trials of the mask over block b; returns the trials that gain.

        A gain may underflow where there are weights: then all trials of the mask count.
        """
        cdef Py_ssize_t d = self.n_features, t
        cdef uint64_t gaining = 0 if self.weights == NULL else mask
        cdef const double* values = self._values(b, buffer)
        cdef const double* near = self._near(b, buffer + BLOCK_ROWS * d)
        cdef double gain
        while mask:
            t = lowest_flag(mask)
            gain = self._gain(b, values, near, &self._trials[first + t, 0])
            self._gains[s, first + t] += gain
            gaining |= <uint64_t>(gain > 0) << t
            mask &= mask - 1
        return gaining

    cdef double _gain(
        self, Py_ssize_t b, const double* values, const double* near, const double* trial
    ) noexcept nogil:
        """By how much a trial lowers the potential of block b."""
        cdef Py_ssize_t v = 0, L = F64_LANES
        cdef f64v distances[3]
        cdef f64v gain0, gain1, gain2, total = f64v_set(0), zero = f64v_set(0)
        cdef const double* weights
        while v < BLOCK_ROWS:
            three_distances(values + v, trial, self.n_features, distances)
            gain0 = f64v_max(f64v_load(near + v) - distances[0], zero)
            gain1 = f64v_max(f64v_load(near + v + L) - distances[1], zero)
            gain2 = f64v_max(f64v_load(near + v + 2 * L) - distances[2], zero)
            if self.weights == NULL:
                total = total + (gain0 + gain1 + gain2)
            else:
                weights = &self._placed_weights[b * BLOCK_ROWS + v]
                total = total + f64v_load(weights) * gain0
                total = total + f64v_load(weights + L) * gain1
                total = total + f64v_load(weights + 2 * L) * gain2
            v += 3 * L
        return f64v_sum(total)

    # ------------------------------------------------------------------ seeds

    cdef void _update(self, Py_ssize_t b, double* buffer) noexcept nogil:
        """Let the newest seed take the rows of block b that it is nearest to."""
        cdef Py_ssize_t v = 0, q, r, d = self.n_features, L = F64_LANES, n = self._n_rows(b)
        cdef const double* values = self._values(b, buffer)
        cdef const double* near = self._near(b, buffer + BLOCK_ROWS * d)
        cdef double found[3 * MAX_LANES]
        cdef f64v distances[3]
        cdef f64v lowest, farthest = f64v_set(0)
        cdef double largest = 0
        cdef uint64_t bits
        cdef bint first = self._mode == FIRST
        while v < n:
            three_distances(values + v, &self._seeds[self.n_seeds - 1, 0], d, distances)
            bits = 0
            for q in range(3):
                lowest = f64v_load(near + v + q * L)
                bits |= <uint64_t>f64v_lt_bits(distances[q], lowest) << (q * L)
                if first:
                    lowest = distances[q]
                farthest = f64v_max(farthest, f64v_min(lowest, distances[q]))
                f64v_store(found + q * L, distances[q])
            if first:
                bits = (<uint64_t>1 << (3 * L)) - 1
            if n - v < 3 * L:
                bits &= (<uint64_t>1 << (n - v)) - 1
            while bits:
                r = lowest_flag(bits)
                self._take(b * BLOCK_ROWS + v + r, found[r])
                bits &= bits - 1
            v += 3 * L
        f64v_store(found, farthest)
        for r in range(L):
            largest = max(largest, found[r])
        # Distances of float32 may have been rounded up.
        self._farthest[b] = largest * (1 + 1e-6)

    cdef inline void _take(self, Py_ssize_t place, double distance) noexcept nogil:
        self._set_closest(self._order[place], distance)
        self._stale[self._order[place] // PIECE_ROWS] = True
        if self.is_double:
            self._near_double[place] = distance
        else:
            self._near_float[place] = <float>distance
