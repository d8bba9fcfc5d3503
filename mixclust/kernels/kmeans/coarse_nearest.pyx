"""Nearest centres by a first look at lower bounds, where rows have many features.

`CoarseScores` are lower bounds of the scores of all centres from little data: a few rotated
coordinates, or bytes. The centre of a row's last label is measured first, over all features in
float32; a centre with a bound above that score, widened for all rounding, is dropped. The few
others are measured one by one. Float64 decides between centres that rounding leaves open, from
differences of the rows as they are.

Where the bounds drop too little, `full` looks at every centre and every feature.
"""
cimport cython
from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int32_t, uint64_t

import numpy as np

from ..core.simd cimport (
    CACHE_LINE, F32_LANES, cache_line, f32m_bits, f32v, f32v_load, f32v_lt, f32v_set, f32v_store,
    lowest_flag,
)
from ..rows.panels cimport panel_rows
from ..rows.rows cimport Blocks
from ..rows.squared_distance cimport decide_row, squared_distance
from .coarse_scores cimport CoarseScores
from .nearest_center cimport NearestCenter, Tally, note_change

cdef enum:
    MAX_LANES = 48          # rows of the largest panel
    SCORE_GROUPS = 128      # groups of centres with scores that are kept until they are compared
    MAX_CLOSE = 8           # centres that float64 decides between, before it decides among all
    PAIR_COST = 3           # measuring one centre alone costs so many times its share of a tile

cdef double MAX_SQUARE = 1e36   # scores of float32 stay finite below it

cdef struct Lanes:
    # The rows of a panel, as far as they are measured.
    float limit[MAX_LANES]          # a centre with a bound above it is not the nearest
    double slack[MAX_LANES]         # what rounding may add to a bound
    double error[MAX_LANES]         # bound on the rounding of a score over all features
    double best[MAX_LANES]          # smallest score so far
    Py_ssize_t guess[MAX_LANES]     # the centre measured first, or -1
    int n_close[MAX_LANES]          # centres with scores that rounding cannot tell from `best`
    int32_t close[MAX_LANES][MAX_CLOSE]


@cython.final
cdef class CoarseNearest(NearestCenter):
    """Finds the nearest centre of dense rows by lower bounds from little data, where that pays.

    Parameters
    ----------
    blocks : Blocks
        Dense rows and their frame.
    n_clusters : int
    full : NearestCenter
        Of the same rows; it labels them where bounds do not pay, and measures distances.
    choose_scores : callable
        ``choose_scores(centers)`` returns `CoarseScores`, or None where none pay.
    max_bytes : int
        The data of rows for the bounds are kept between passes if they take no more.
    always : bool, default=False
        Keep to the bounds, however much they leave open.
    """

    cdef Blocks blocks
    cdef NearestCenter full
    cdef CoarseScores _coarse
    cdef object _choose_scores
    cdef Py_ssize_t _max_bytes, _full_bytes, _n_passes
    cdef Py_ssize_t _padded         # features up to whole vectors
    cdef bint _always, _active, _kept, _filled
    cdef unsigned char[::1] _panels, _scratch
    cdef float[::1] _half_norms, _values
    cdef double[::1] _squares, _work_squares
    cdef double[:, ::1] _center_block
    cdef double _largest, _gamma

    def __init__(
        self, Blocks blocks, Py_ssize_t n_clusters, NearestCenter full, choose_scores,
        Py_ssize_t max_bytes, bint always=False,
    ):
        NearestCenter.__init__(self, blocks.rows, blocks.frame, n_clusters)
        self.blocks = blocks
        self.full = full
        self._choose_scores = choose_scores
        self._max_bytes = max_bytes
        self._always = always
        self.work_rows = full.work_rows
        self.block_rows = full.block_rows
        self.buffer_bytes = self._full_bytes = full.buffer_bytes
        self._padded = (self.n_features + F32_LANES - 1) // F32_LANES * F32_LANES
        # A score is one sum over each lane of four accumulators, and the sum of these in float64.
        self._gamma = (self._padded // (4 * F32_LANES) + 12) * 2.0 ** -24

    # ------------------------------------------------------------------ when

    cdef int begin(self, const double[:, ::1] centers) except -1:
        NearestCenter.begin(self, centers)
        self.full.begin(centers)
        self._n_passes = 0
        self._active = False
        self.block_rows = self.full.block_rows
        return 0

    cdef int adapt(self, Py_ssize_t n_changed, Py_ssize_t n_measured) except -1 nogil:
        """Choose bounds before the first pass; give them up if they leave too much open."""
        cdef double n = <double>self.rows.n_samples
        if self._n_passes == 0:
            with gil:
                self._enter()
        elif self._active and not self._always and (
            PAIR_COST * n_measured > n * self.n_clusters / 2
        ):
            with gil:
                self._leave()
        self._n_passes += 1
        if not self._active:
            self.full.adapt(n_changed, n_measured)
            self.block_rows = self.full.block_rows
        return 0

    cdef int _leave(self) except -1:
        """Look at all features from now on."""
        self._active = False
        self._coarse = None
        self._panels = np.empty(0, dtype=np.uint8)
        self._squares = np.empty(0)
        return 0

    cdef int _enter(self) except -1:
        """Ask for bounds, and make room for the data of rows and centres."""
        cdef Py_ssize_t P = panel_rows(), n_panels = (self.rows.n_samples + P - 1) // P
        scores = self._choose_scores(np.asarray(self._centers))
        self._active = scores is not None
        if not self._active or scores is self._coarse:
            return 0
        self._coarse = scores
        self._coarse.set_clusters(self.n_clusters)
        self._kept = n_panels * P * (self._coarse.row_bytes + 8) <= self._max_bytes
        self._filled = False
        if not self._kept:
            n_panels = 0
        self._panels = np.empty(n_panels * P * self._coarse.row_bytes + CACHE_LINE, dtype=np.uint8)
        self._squares = np.empty(max(1, n_panels * P))
        self._half_norms = np.empty(self.n_clusters, dtype=np.float32)
        self._values = np.zeros(self.n_clusters * self._padded + CACHE_LINE, dtype=np.float32)
        self._center_block = np.zeros((P, self.blocks.width))
        self._work_squares = np.empty(P)
        self._scratch = np.empty(self._coarse.scratch_bytes, dtype=np.uint8)
        self.buffer_bytes = max(self._full_bytes, self._own_bytes())
        return 0

    cdef Py_ssize_t _own_bytes(self) except -1:
        """Bytes of the buffer of `assign`, as `_assign_panel` divides it."""
        cdef Py_ssize_t P = panel_rows(), numbers = (P + 1) * self.blocks.width + P
        cdef Py_ssize_t floats = P * (self._padded + 4 * SCORE_GROUPS)
        return (
            sizeof(Lanes) + numbers * sizeof(double) + floats * sizeof(float)
            + P * self._coarse.row_bytes + self._coarse.scratch_bytes + 8 * CACHE_LINE
        )

    # ------------------------------------------------------------------ centres

    cdef void prepare(self) noexcept nogil:
        cdef Py_ssize_t first = 0, P = panel_rows()
        self.full.prepare()
        if not self._active:
            self.block_rows = self.full.block_rows
            return
        self._largest = 0
        while first < self.n_clusters:
            self._pack_centers(first, min(P, self.n_clusters - first))
            first += P
        self._largest = sqrt(self._largest) * (1 + 1e-9)

    cdef void _pack_centers(self, Py_ssize_t first, Py_ssize_t n) noexcept nogil:
        """Pack n centres from centre `first` on: for the bounds, and one behind the other."""
        cdef Py_ssize_t i, j
        cdef float* values = <float*>cache_line(&self._values[0]) + first * self._padded
        cdef double value, scale = self.frame.scale
        cdef double* squares = &self._work_squares[0]
        for i in range(n):
            for j in range(self.n_features):
                value = self._centers[first + i, j] - self.frame.shift[j]
                self._center_block[i, j] = value
                values[i * self._padded + j] = <float>(value * scale)
        self._coarse.pack_centers(
            &self._center_block[0, 0], first, n, scale, squares, &self._scratch[0]
        )
        for i in range(n):
            self._half_norms[first + i] = <float>(squares[i] / 2)
            self._largest = max(self._largest, squares[i])

    # ------------------------------------------------------------------ a pass

    cdef void after_assign(self) noexcept nogil:
        self._filled = self._active and self._kept
        if not self._active:
            self.full.after_assign()

    cdef int assign(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t p = 0, P = panel_rows()
        if not self._active:
            return self.full.assign(start, n, labels, tally, buffer)
        if tally.is_first:
            tally.n_changed += n
        while p < n:
            if self._assign_panel(start + p, min(P, n - p), labels, tally, buffer) != 0:
                return -1
            p += P
        return 0

    cdef int _assign_panel(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil:
        """Label up to a panel of rows."""
        cdef Py_ssize_t P = panel_rows(), g = 0, last, t
        cdef Lanes* lanes = <Lanes*>buffer
        cdef double* block = <double*>cache_line(lanes + 1)
        cdef double* row = block + P * self.blocks.width
        cdef float* values = <float*>cache_line(row + self.blocks.width)
        cdef float* scores = values + P * self._padded
        cdef char* panel = <char*>cache_line(scores + 4 * SCORE_GROUPS * P)
        cdef double* squares = <double*>cache_line(panel + P * self._coarse.row_bytes)
        cdef void* scratch = squares + P
        if self._kept:
            panel = <char*>cache_line(&self._panels[0]) + start * self._coarse.row_bytes
            squares = &self._squares[start]
        if not self._filled:
            self.rows.read_framed(self.frame, start, n, block)
            self._coarse.pack_rows(block, n, self.frame.scale, panel, squares, scratch)
        self._begin_lanes(start, n, labels, squares, lanes, values, row, tally)
        while g < self._coarse.n_groups:
            last = min(g + SCORE_GROUPS, self._coarse.n_groups)
            self._coarse.score(panel, g, last, scores)
            if tally.is_first:
                self._guess(4 * g, min(4 * last, self.n_clusters), n, scores, lanes, values)
            tally.n_measured += self._compare(
                4 * g, min(4 * last, self.n_clusters), n, scores, lanes, values
            )
            g = last
        for t in range(n):
            if self._settle(start + t, t, lanes, labels, tally, row) != 0:
                return -1
        return 0

    cdef void _begin_lanes(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, const double* squares,
        Lanes* lanes, float* values, double* row, const Tally* tally,
    ) noexcept nogil:
        """Read n rows, and measure the centre that each had before."""
        cdef Py_ssize_t j, t, P = panel_rows()
        cdef double norm, scale = self.frame.scale, largest = self._largest
        cdef float* value
        for t in range(P):
            lanes.limit[t] = -INFINITY
        for t in range(n):
            self.rows.read_framed(self.frame, start + t, 1, row)
            value = values + t * self._padded
            for j in range(self.n_features):
                value[j] = <float>(row[j] * scale)
            for j in range(self.n_features, self._padded):
                value[j] = 0
            norm = sqrt(squares[t]) * (1 + 1e-9)
            lanes.error[t] = self._gamma * largest * (norm + largest / 2) + 1e-30
            # Float64 rounds distances too: rows far from all centres see it.
            lanes.error[t] += self._padded * 2.0 ** -52 * (norm * norm + largest * largest)
            lanes.slack[t] = self._coarse.slope * largest * (norm + largest / 2) + 1e-30
            lanes.best[t] = INFINITY
            lanes.n_close[t] = 0
            lanes.guess[t] = -1
            if not (norm + largest) * (norm + largest) < MAX_SQUARE:
                continue    # no centre is measured, and float64 decides
            lanes.limit[t] = INFINITY
            if not tally.is_first:
                self._measure(labels[start + t], t, lanes, value)
                lanes.guess[t] = labels[start + t]

    cdef void _measure(
        self, Py_ssize_t k, Py_ssize_t t, Lanes* lanes, const float* row
    ) noexcept nogil:
        """Let centre k, measured over all features, enter the best of row t."""
        cdef const float* center = <const float*>cache_line(&self._values[0]) + k * self._padded
        cdef double score = self._half_norms[k] - dot(row, center, self._padded)
        cdef double ahead = lanes.best[t] - score, most = 2 * lanes.error[t]
        if not ahead >= -most:      # farther, or not a number: then no centre is close
            return
        if ahead > most:
            lanes.n_close[t] = 0
        if lanes.n_close[t] < MAX_CLOSE:
            lanes.close[t][lanes.n_close[t]] = <int32_t>k
        lanes.n_close[t] += 1
        if ahead > 0:
            lanes.best[t] = score
            score += lanes.error[t] + lanes.slack[t]
            lanes.limit[t] = <float>(score + (score if score > 0 else -score) * 2.0 ** -22)

    cdef void _guess(
        self, Py_ssize_t lo, Py_ssize_t hi, Py_ssize_t n, const float* scores, Lanes* lanes,
        const float* values,
    ) noexcept nogil:
        """Measure the centre with the smallest bound among lo..hi, row by row."""
        cdef Py_ssize_t k, t, P = panel_rows()
        cdef float least[MAX_LANES]
        cdef Py_ssize_t where[MAX_LANES]
        for t in range(n):
            least[t] = INFINITY
            where[t] = -1
        for k in range(lo, hi):
            for t in range(n):
                if scores[t] < least[t]:
                    least[t] = scores[t]
                    where[t] = k
            scores += P
        for t in range(n):
            if where[t] >= 0 and least[t] <= lanes.limit[t]:
                self._measure(where[t], t, lanes, values + t * self._padded)
                lanes.guess[t] = where[t]

    cdef Py_ssize_t _compare(
        self, Py_ssize_t lo, Py_ssize_t hi, Py_ssize_t n, const float* scores, Lanes* lanes,
        const float* values,
    ) noexcept nogil:
        """Measure the centres among lo..hi that the limits leave open; returns their number."""
        cdef Py_ssize_t k, t, P = panel_rows(), L = F32_LANES, n_measured = 0
        cdef uint64_t all_rows = (<uint64_t>1 << n) - 1, open
        cdef f32v l0 = f32v_load(lanes.limit), l1 = f32v_load(lanes.limit + L)
        cdef f32v l2 = f32v_load(lanes.limit + 2 * L)
        for k in range(lo, hi):
            # A score that is not a number is not above the limit.
            open = <uint64_t>f32m_bits(f32v_lt(l0, f32v_load(scores)))
            open |= <uint64_t>f32m_bits(f32v_lt(l1, f32v_load(scores + L))) << L
            open |= <uint64_t>f32m_bits(f32v_lt(l2, f32v_load(scores + 2 * L))) << 2 * L
            open = ~open & all_rows
            scores += P
            if open == 0:
                continue
            while open:
                t = lowest_flag(open)
                open &= open - 1
                if k != lanes.guess[t]:
                    n_measured += 1
                    self._measure(k, t, lanes, values + t * self._padded)
            l0 = f32v_load(lanes.limit)
            l1 = f32v_load(lanes.limit + L)
            l2 = f32v_load(lanes.limit + 2 * L)
        return n_measured

    cdef int _settle(
        self, Py_ssize_t i, Py_ssize_t t, const Lanes* lanes, int32_t* labels, Tally* tally,
        double* row,
    ) noexcept nogil:
        """Label row i: float64 decides where several centres are close, or none is."""
        cdef int32_t label = lanes.close[t][0], old = labels[i]
        if lanes.n_close[t] != 1:
            label = self._decide(i, lanes.close[t], lanes.n_close[t], tally, row)
        if label == old:
            return 0
        labels[i] = label
        return 0 if tally.is_first else note_change(tally, i, old)

    cdef int32_t _decide(
        self, Py_ssize_t i, const int32_t* close, int n_close, Tally* tally, double* row
    ) noexcept nogil:
        """The nearest of a few centres, or of all where these are too many or none."""
        cdef Py_ssize_t c, d = self.n_features, nearest = 0
        cdef double distance, smallest = INFINITY
        tally.n_decided += 1
        self.rows.read_plain(i, 1, row)
        if 1 < n_close <= MAX_CLOSE:
            for c in range(n_close):
                distance = squared_distance(row, &self._centers[close[c], 0], d)
                if distance < smallest or distance == smallest and close[c] < nearest:
                    smallest = distance
                    nearest = close[c]
        if not smallest < INFINITY:
            nearest = decide_row(row, &self._centers[0, 0], self.n_clusters, d)
            smallest = squared_distance(row, &self._centers[nearest, 0], d)
            tally.n_lost += not smallest < INFINITY
        return <int32_t>nearest

    # ------------------------------------------------------------------ distances

    cdef void add_inertia(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, double* total, void* buffer
    ) noexcept nogil:
        self.full.add_inertia(start, n, labels, total, buffer)

    cdef void measure(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, double* out, void* buffer
    ) noexcept nogil:
        self.full.measure(start, n, labels, out, buffer)

    cdef void measure_margins(
        self, Py_ssize_t start, Py_ssize_t n, double* out, void* buffer
    ) noexcept nogil:
        self.full.measure_margins(start, n, out, buffer)


cdef inline double dot(const float* x, const float* c, Py_ssize_t n) noexcept nogil:
    """The product of two points of n features, a multiple of a vector."""
    cdef Py_ssize_t j = 0, L = F32_LANES
    cdef f32v a0 = f32v_set(0), a1 = a0, a2 = a0, a3 = a0
    cdef float lanes[16]
    cdef double total = 0
    while j + 4 * L <= n:
        a0 = a0 + f32v_load(x + j) * f32v_load(c + j)
        a1 = a1 + f32v_load(x + j + L) * f32v_load(c + j + L)
        a2 = a2 + f32v_load(x + j + 2 * L) * f32v_load(c + j + 2 * L)
        a3 = a3 + f32v_load(x + j + 3 * L) * f32v_load(c + j + 3 * L)
        j += 4 * L
    while j < n:
        a0 = a0 + f32v_load(x + j) * f32v_load(c + j)
        j += L
    f32v_store(lanes, (a0 + a1) + (a2 + a3))
    for j in range(L):
        total += lanes[j]
    return total
