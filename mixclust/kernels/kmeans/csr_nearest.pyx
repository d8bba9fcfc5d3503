"""The nearest centre of sparse rows, by scores from the numbers that a row stores.

Centres lie feature-major in float32, so that one stored number meets all centres in a few adjacent
vectors. As with dense rows, float32 decides a label where its rounding cannot reach the difference
of the two best scores, and float64 decides the others, to the same last bit as for dense rows.
"""
from cpython.pyport cimport PY_SSIZE_T_MAX
from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

import numpy as np

from ..rows.csr_rows cimport CSRRows, squared_norm
from ..rows.rows cimport Frame
from ..rows.squared_distance cimport squared_distance
from .nearest_center cimport NearestCenter, Tally, note_change
from ..core.simd cimport (
    F32_ALL, F32_LANES, f32m, f32m_bits, f32v, f32v_load, f32v_lt, f32v_max, f32v_min,
    f32v_select, f32v_set, f32v_store,
)

ctypedef fused real:
    float
    double

ctypedef fused integer:
    int32_t
    int64_t

cdef enum:
    BLOCK_ROWS = 512        # rows that meet a tile of centres while it stays in cache
    TILE_VECTORS = 4        # vectors of centres that a row is multiplied with at a time
    LINE_FEATURES = 8       # features that are packed at a time: a cache line of each centre


cdef class CSRNearest(NearestCenter):
    """Finds the nearest centre of sparse rows.

    Parameters
    ----------
    rows : CSRRows
    frame : Frame
        Its shift is zero: centring would fill the rows up.
    n_clusters : int
    """

    def __init__(self, CSRRows rows, Frame frame, Py_ssize_t n_clusters):
        cdef Py_ssize_t d = rows.n_features, n = rows.n_samples, width = TILE_VECTORS * F32_LANES
        NearestCenter.__init__(self, rows, frame, n_clusters)
        self.stored = rows
        self.padded = (n_clusters + width - 1) // width * width
        self.work_per_row = (4 * rows.n_stored // max(1, n) + 8) * self.padded
        self.work_rows = BLOCK_ROWS
        self.block_rows = PY_SSIZE_T_MAX    # the inertia of all rows of a call is one sum
        self.buffer_bytes = (
            d * sizeof(double) + (self.padded + BLOCK_ROWS * 3 * F32_LANES) * sizeof(float)
        )
        self._packed = np.zeros(self.padded * d, dtype=np.float32)
        self._half_norms = np.empty(self.padded, dtype=np.float32)
        self._squared_norms = np.empty(n_clusters)
        self._row_norms = np.empty(n, dtype=np.float32)
        self._norms_known = False

    cdef void after_assign(self) noexcept nogil:
        self._norms_known = True

    # ------------------------------------------------------------------ centres

    cdef void prepare(self) noexcept nogil:
        """Pack the centres in tiles, features outermost, and take their norms."""
        cdef Py_ssize_t d = self.n_features, T = TILE_VECTORS * F32_LANES, block, j, k
        cdef double scale = self.frame.scale, largest = 0, norm
        cdef const double* center
        cdef float* tile
        for k in range(self.padded):
            self._half_norms[k] = INFINITY
        for k in range(self.n_clusters):
            center = &self._centers[k, 0]
            norm = squared_norm(center, d)
            self._squared_norms[k] = norm
            norm *= scale * scale
            self._half_norms[k] = <float>(norm / 2)
            largest = max(largest, norm)
        self._largest_norm = sqrt(largest)
        for block in range((d + LINE_FEATURES - 1) // LINE_FEATURES):
            for k in range(self.n_clusters):
                center = &self._centers[k, 0]
                tile = &self._packed[k // T * T * d + k % T]
                for j in range(block * LINE_FEATURES, min((block + 1) * LINE_FEATURES, d)):
                    tile[j * T] = <float>(center[j] * scale)

    # ------------------------------------------------------------------ rows

    cdef void _measure_rows(self, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
        """Take the norms of rows lo..hi, scaled: the error of their scores grows with them."""
        cdef Py_ssize_t i, p
        cdef double value, norm
        for i in range(lo, hi):
            norm = 0
            for p in range(self.stored.begin(i), self.stored.begin(i + 1)):
                value = self.stored.value(p) * self.frame.scale
                norm += value * value
            self._row_norms[i] = <float>sqrt(norm)

    # ------------------------------------------------------------------ a pass

    cdef int assign(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t lo = start, end = start + n, hi
        cdef double* zeros = <double*>buffer
        cdef float* scores = <float*>(zeros + self.n_features)
        memset(zeros, 0, self.n_features * sizeof(double))
        if not self._norms_known:
            self._measure_rows(start, end)
        while lo < end:
            hi = min(end, lo + BLOCK_ROWS)
            if self._assign(lo, hi, labels, tally, scores + self.padded, scores, zeros) != 0:
                return -1
            lo = hi
        return 0

    cdef int _assign(
        self, Py_ssize_t lo, Py_ssize_t hi, int32_t* labels, Tally* tally,
        float* state,           # (hi - lo, 3, F32_LANES) best, second and index of each lane
        float* scores,          # (padded,)
        double* zeros,          # (n_features,)
    ) noexcept nogil:
        """Find the nearest centre of rows lo..hi, at most BLOCK_ROWS."""
        cdef Py_ssize_t i, L = F32_LANES
        cdef int32_t label, old
        self._score_rows(lo, hi, state, scores)
        for i in range(lo, hi):
            label = self._settle(i, tally, state + (i - lo) * 3 * L, scores, zeros)
            old = labels[i]
            labels[i] = label
            if label != old and note_change(tally, i, old) != 0:
                return -1
        return 0

    cdef void _score_rows(
        self, Py_ssize_t lo, Py_ssize_t hi, float* state, float* scores
    ) noexcept nogil:
        """Find the two best scores of rows lo..hi, lane by lane, for `state` of `_assign`."""
        cdef Py_ssize_t i, t = 0, L = F32_LANES
        for i in range(3 * L * (hi - lo)):
            state[i] = INFINITY
        while t < self.padded:
            for i in range(lo, hi):
                self._score(i, t, scores)
                keep_two(scores, t, state + (i - lo) * 3 * L)
            t += TILE_VECTORS * L

    cdef void add_inertia(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, double* total, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t i
        cdef double part = 0
        cdef double* zeros = <double*>buffer
        memset(zeros, 0, self.n_features * sizeof(double))
        for i in range(start, start + n):
            part += self.rows.weight(i) * self._distance(i, labels[i], zeros)
        total[0] += part

    cdef void measure(
        self, Py_ssize_t start, Py_ssize_t n, const int32_t* labels, double* out, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t i
        memset(buffer, 0, self.n_features * sizeof(double))
        for i in range(start, start + n):
            out[i - start] = self._distance(i, labels[i], <double*>buffer)

    cdef void measure_margins(
        self, Py_ssize_t start, Py_ssize_t n, double* out, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t lo = start, end = start + n, hi, i, lane, L = F32_LANES
        cdef double scale = self.frame.scale, margin
        cdef float* scores = <float*>(<double*>buffer + self.n_features)
        cdef float* states = scores + self.padded
        cdef float* state
        cdef float best, second
        while lo < end:
            hi = min(end, lo + BLOCK_ROWS)
            self._score_rows(lo, hi, states, scores)
            for i in range(lo, hi):
                state = states + (i - lo) * 3 * L
                best = second = <float>INFINITY
                for lane in range(L):
                    second = min(second, max(best, state[lane]), state[L + lane])
                    best = min(best, state[lane])
                margin = 2 * (<double>second - best) / scale / scale
                out[i - start] = margin if margin < INFINITY else 0
            lo = hi

    cdef double _distance(self, Py_ssize_t i, Py_ssize_t k, double* zeros) noexcept nogil:
        return self.stored.distance_to(i, &self._centers[k, 0], self._squared_norms[k], zeros)

    cdef void _score(self, Py_ssize_t i, Py_ssize_t k, float* scores) noexcept nogil:
        """Scores of row i and the tile of centres that begins with k."""
        score_row(
            self.stored, i, self.frame.scale, &self._packed[k * self.n_features],
            &self._half_norms[k], scores,
        )

    cdef int32_t _settle(
        self, Py_ssize_t i, Tally* tally, const float* state, float* scores, double* zeros
    ) noexcept nogil:
        """The label of row i: certified where only one score lies within reach of the best."""
        cdef Py_ssize_t lane, L = F32_LANES
        cdef double gamma = (self.stored.begin(i + 1) - self.stored.begin(i) + 8) * 2.0 ** -24
        cdef double size = self._largest_norm * (2 * self._row_norms[i] + self._largest_norm)
        cdef double reach = self._row_norms[i] + self._largest_norm
        cdef float best = state[0], bound
        cdef int near
        for lane in range(1, L):
            best = min(best, state[lane])
        # The last term: squared distances that float64 does not tell apart are a tie.
        bound = best + <float>(
            gamma * size + 1e-30 + (self.n_features + 16) * 2.0 ** -52 * reach * reach
        )
        near = F32_ALL & ~f32m_bits(f32v_lt(f32v_set(bound), f32v_load(state)))
        if (
            near & (near - 1) == 0
            and f32m_bits(f32v_lt(f32v_set(bound), f32v_load(state + L))) == F32_ALL
        ):
            lane = 0
            while near >> lane != 1:
                lane += 1
            return <int32_t>state[2 * L + lane] + <int32_t>lane
        tally.n_decided += 1
        return self._decide(i, bound, scores, zeros)

    cdef int32_t _decide(
        self, Py_ssize_t i, float bound, float* scores, double* zeros
    ) noexcept nogil:
        """The nearest of the centres within the bound, from differences in float64."""
        cdef Py_ssize_t k, nearest = -1
        cdef double distance, smallest = INFINITY
        k = 0
        while k < self.padded:
            self._score(i, k, scores + k)
            k += TILE_VECTORS * F32_LANES
        self.stored.scatter(i, zeros)
        for k in range(self.n_clusters):
            if scores[k] > bound:
                continue
            distance = squared_distance(zeros, &self._centers[k, 0], self.n_features)
            if distance < smallest or nearest < 0:
                smallest = distance
                nearest = k
        self.stored.unscatter(i, zeros)
        return <int32_t>nearest


cdef void keep_two(
    const float* scores,        # IN     (TILE_VECTORS * F32_LANES,) of centres k ..
    Py_ssize_t k,
    float* state,               # INOUT  (3, F32_LANES) best, second, first centre of best's vector
) noexcept nogil:
    """Let a tile's scores enter each lane's two smallest; the earlier centre wins a tie."""
    cdef Py_ssize_t v, L = F32_LANES
    cdef f32v best = f32v_load(state), second = f32v_load(state + L), score
    cdef f32v index = f32v_load(state + 2 * L)
    cdef f32m closer
    for v in range(TILE_VECTORS):
        score = f32v_load(scores + v * L)
        closer = f32v_lt(score, best)
        second = f32v_min(f32v_max(score, best), second)
        best = f32v_min(score, best)
        index = f32v_select(closer, f32v_set(<float>(k + v * L)), index)
    f32v_store(state, best)
    f32v_store(state + L, second)
    f32v_store(state + 2 * L, index)


cdef void score_row(
    CSRRows rows, Py_ssize_t i, double scale, const float* tile, const float* half_norms,
    float* scores,
) noexcept nogil:
    """`score_tile` for the types of the rows."""
    if rows.is_long:
        score_row_of(rows, i, <const int64_t*>rows.indices, scale, tile, half_norms, scores)
    else:
        score_row_of(rows, i, <const int32_t*>rows.indices, scale, tile, half_norms, scores)


cdef inline void score_row_of(
    CSRRows rows, Py_ssize_t i, const integer* columns, double scale, const float* tile,
    const float* half_norms, float* scores,
) noexcept nogil:
    cdef Py_ssize_t begin = rows.begin(i), end = rows.begin(i + 1)
    if rows.is_double:
        score_tile(
            <const double*>rows.data, columns, begin, end, scale, tile, half_norms, scores
        )
    else:
        score_tile(
            <const float*>rows.data, columns, begin, end, scale, tile, half_norms, scores
        )


cdef void score_tile(
    const real* values,         # IN   stored numbers
    const integer* columns,     # IN   and their features
    Py_ssize_t begin,           # IN   begin .. end are the row's
    Py_ssize_t end,
    double scale,
    const float* tile,          # IN   (n_features, TILE_VECTORS * F32_LANES)
    const float* half_norms,    # IN   (TILE_VECTORS * F32_LANES,)
    float* scores,              # OUT  (TILE_VECTORS * F32_LANES,)
) noexcept nogil:
    """``||c||^2 / 2 - x.c`` of one row and a tile of centres.

    Stored numbers at even and at odd places have accumulators of their own, so that eight
    multiply-adds are under way at a time.
    """
    cdef Py_ssize_t p = begin, L = F32_LANES, W = TILE_VECTORS * F32_LANES
    cdef const float* c
    cdef f32v x
    cdef f32v a0 = f32v_load(half_norms), a1 = f32v_load(half_norms + L)
    cdef f32v a2 = f32v_load(half_norms + 2 * L), a3 = f32v_load(half_norms + 3 * L)
    cdef f32v b0, b1, b2, b3
    b0 = b1 = b2 = b3 = f32v_set(0)
    while p + 1 < end:
        c = tile + <Py_ssize_t>columns[p] * W
        x = f32v_set(<float>(values[p] * <real>scale))
        a0 = a0 - x * f32v_load(c)
        a1 = a1 - x * f32v_load(c + L)
        a2 = a2 - x * f32v_load(c + 2 * L)
        a3 = a3 - x * f32v_load(c + 3 * L)
        c = tile + <Py_ssize_t>columns[p + 1] * W
        x = f32v_set(<float>(values[p + 1] * <real>scale))
        b0 = b0 - x * f32v_load(c)
        b1 = b1 - x * f32v_load(c + L)
        b2 = b2 - x * f32v_load(c + 2 * L)
        b3 = b3 - x * f32v_load(c + 3 * L)
        p += 2
    if p < end:
        c = tile + <Py_ssize_t>columns[p] * W
        x = f32v_set(<float>(values[p] * <real>scale))
        a0 = a0 - x * f32v_load(c)
        a1 = a1 - x * f32v_load(c + L)
        a2 = a2 - x * f32v_load(c + 2 * L)
        a3 = a3 - x * f32v_load(c + 3 * L)
    f32v_store(scores, a0 + b0)
    f32v_store(scores + L, a1 + b1)
    f32v_store(scores + 2 * L, a2 + b2)
    f32v_store(scores + 3 * L, a3 + b3)
