"""The centres that can be nearest to a row of a box.

For a box of rows with the middle m and the half-widths h, let c be the centre nearest to m. Centre
k is nearer than c to no point x of the box if

    |c_k - x|^2 - |c - x|^2 = |c_k - m|^2 - |c - m|^2 - 2 (c_k - c).(x - m) > 0,

and the last product is at most sum_j |c_k[j] - c[j]| h[j] (D. Pelleg and A. Moore 1999; T. Kanungo
et al. 2002). All is float64, with a margin far above its rounding.
"""
from libc.math cimport INFINITY, fabs, sqrt
from libc.stdint cimport int32_t, uint64_t

from ..core.simd cimport (
    F32_LANES, F64_LANES, cache_line, f32m, f32m_bits, f32v, f32v_load, f32v_lt, f32v_max, f32v_min,
    f32v_select, f32v_set, f32v_store, f64v, f64v_load, f64v_lt_bits, f64v_max, f64v_min, f64v_set,
    f64v_store, lowest_flag,
)
from .nearest_tile cimport nearest_panel, score_rounding
from .row_blocks cimport Box

cdef enum:
    MAX_FEW = 4         # open centres of a leaf that are measured in one go
    MAX_CHOSEN = 8      # open centres of a leaf that are told apart by comparisons

cdef double TIE_ROUNDING = 2.0 ** -46       # of squared distances in float64, and far above it
cdef double MAX_SCORE = 1e30                # rounding of scores beyond which float32 may overflow
cdef double BOX_ROUNDING = 2.0 ** -40       # of squared distances to a box, far above float64's


cdef void divide(
    Work* work, Py_ssize_t capacity, Py_ssize_t n_features, void* buffer
) noexcept nogil:
    """Divide a buffer among the parts of `work`."""
    cdef double* numbers = <double*>cache_line(buffer)
    work.top.capacity = work.node.capacity = capacity
    work.top.columns = numbers
    work.node.columns = work.top.columns + capacity * n_features
    work.squares = work.node.columns + capacity * n_features
    work.excess = work.squares + capacity
    work.packed = <float*>(work.excess + capacity)
    work.half_norms = work.packed + capacity * n_features
    work.top.centers = <int32_t*>(work.half_norms + capacity)
    work.node.centers = work.top.centers + capacity
    work.kept = work.node.centers + capacity
    work.centers = work.kept + capacity
    work.numbers = <float*>(work.centers + capacity)


cdef Py_ssize_t keep_open(
    const Open* source, const Box* box, Py_ssize_t n_features, Work* work, Py_ssize_t* nearest
) noexcept nogil:
    """List the places of the centres that are open for a box in `work.kept`; returns how many.

    `nearest` is the place of the centre that is nearest to the middle of the box.
    """
    cdef Py_ssize_t j, r, place = 0, best = 0, n_open = 0, L = F64_LANES
    cdef Py_ssize_t n_vectors = (source.n + L - 1) // L
    cdef int bits, all_bits = (1 << L) - 1
    cdef const double* column
    cdef double slack = 0
    cdef f64v t, square, least = f64v_set(INFINITY)
    for r in range(n_vectors):
        column = source.columns + r * L
        square = f64v_set(0)
        for j in range(n_features):
            t = f64v_load(column + j * source.capacity) - f64v_set(box.middle[j])
            square = square + t * t
        f64v_store(work.squares + r * L, square)
        least = f64v_min(square, least)
    least = f64v_set(lowest_lane(least))
    for r in range(n_vectors):
        bits = all_bits & ~f64v_lt_bits(least, f64v_load(work.squares + r * L))
        if bits:
            best = r * L + lowest_flag(bits)
            break
    nearest[0] = best
    for j in range(n_features):
        slack += box.half[j] * box.half[j]
    # Twice the rounding of a distance, and of the two parts of the excess.
    slack = BOX_ROUNDING * (slack + work.squares[best]) + work.squares[best] + 1e-320
    for r in range(n_vectors):
        column = source.columns + r * L
        square = f64v_load(work.squares + r * L) * f64v_set(1 - BOX_ROUNDING) - f64v_set(slack)
        for j in range(n_features):
            t = f64v_load(column + j * source.capacity)
            t = t - f64v_set(source.columns[j * source.capacity + best])
            square = square - f64v_max(t, f64v_set(0) - t) * f64v_set(2 * box.half[j])
        f64v_store(work.excess + r * L, square)
        bits = all_bits & ~f64v_lt_bits(f64v_set(0), square)    # true for NaN
        while bits:
            place = r * L + lowest_flag(bits)
            bits &= bits - 1
            if place < source.n:
                work.kept[n_open] = <int32_t>place
                n_open += 1
    return n_open


cdef inline double lowest_lane(f64v a) noexcept nogil:
    """The smallest number of a vector."""
    cdef double lanes[8]
    cdef int r, half = F64_LANES // 2
    f64v_store(lanes, a)
    while half:
        for r in range(half):
            lanes[r] = min(lanes[r], lanes[r + half])
        half //= 2
    return lanes[0]


cdef double least_gap(
    const Open* source, const Box* box, Py_ssize_t n_features, Work* work, Py_ssize_t n_open,
    Py_ssize_t nearest
) noexcept nogil:
    """How much farther than the nearest centre every other one is from any row of a box, at least.

    Called after `keep_open`, of the centres that it did not keep; it overwrites `work.excess`. With
    the excess e_k of the squared distance, the distances differ by e_k over their sum, and the
    square of this sum is at most 3 (|c_k - m|^2 + |c - m|^2 + 4 |h|^2).
    """
    cdef Py_ssize_t j, r, L = F64_LANES, n_vectors = (source.n + L - 1) // L
    cdef double half = 0, gap = INFINITY
    cdef double lanes[8]
    cdef f64v least = f64v_set(INFINITY), both, e
    for r in range(n_open):
        work.excess[work.kept[r]] = INFINITY
    for r in range(source.n, n_vectors * L):
        work.excess[r] = INFINITY
    for j in range(n_features):
        half += box.half[j] * box.half[j]
    both = f64v_set(work.squares[nearest] + 4 * half)
    for r in range(n_vectors):
        e = f64v_load(work.excess + r * L)
        least = f64v_min(e / (f64v_load(work.squares + r * L) + both) * e, least)
    f64v_store(lanes, least)
    for r in range(L):
        gap = min(gap, lanes[r])
    # Less what squared distances in float64 do not tell apart: they are ties.
    gap = sqrt(gap / 3) * (1 - 1e-9)
    return gap - TIE_ROUNDING * (sqrt(work.squares[nearest]) + sqrt(half))


cdef double length_of_move(
    const double* before, const double* now, Py_ssize_t n_features
) noexcept nogil:
    """The distance of two points, rounded up; small ones do not vanish when they are squared."""
    cdef Py_ssize_t j
    cdef double part, largest = 0, square = 0
    for j in range(n_features):
        largest = max(largest, fabs(now[j] - before[j]))
    if not largest > 0:
        return 0
    for j in range(n_features):
        part = (now[j] - before[j]) / largest
        square += part * part
    return largest * sqrt(square) * (1 + 1e-12)


cdef double pack_open(
    Py_ssize_t n_open, Py_ssize_t nearest, const Box* box, Py_ssize_t n_features, double scale,
    Work* work,
) noexcept nogil:
    """Pack the open centres of a leaf relative to the nearest one.

    Called after `keep_open` on the open centres of a node. The score of centre k is half of
    ``|c_k - x|^2 - |c - x|^2``, times the square of `scale`. Returns the largest rounding of a
    score; it is infinite where float32 might overflow.
    """
    cdef Py_ssize_t j, r, d = n_features, C = work.node.capacity
    cdef double gamma = score_rounding(d), error = 0, apart, both, half, reach, size, length
    cdef double tie = work.squares[nearest]
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
    for j in range(d):
        tie += box.half[j] * box.half[j]
    error += TIE_ROUNDING * tie * scale * scale
    if not error < MAX_SCORE:
        return INFINITY
    for r in range(n_open, (n_open + 3) // 4 * 4):
        group = work.packed + (r // 4) * d * 4 + r % 4
        for j in range(d):
            group[4 * j] = 0
        work.half_norms[r] = INFINITY
    return error


cdef struct Best:
    # Of a vector of rows: the two smallest scores, and the number of the centre of the smallest.
    f32v lowest, second, number


cdef inline void enter(Best* best, f32v score, f32v number) noexcept nogil:
    """Let the score of a centre enter."""
    cdef f32m closer = f32v_lt(score, best.lowest)
    best.second = f32v_min(best.second, f32v_max(score, best.lowest))
    best.lowest = f32v_min(score, best.lowest)
    best.number = f32v_select(closer, number, best.number)


cdef inline uint64_t nearest_of_few(
    const float* panel, Py_ssize_t n_features, Py_ssize_t n_open, const Work* work, f32v margin,
    float* found,
) noexcept nogil:
    """As `nearest_of_open`, of up to four open centres, without a way through memory."""
    cdef Py_ssize_t j, r, L = F32_LANES
    cdef f32v t0, t1, t2, c
    cdef Best b0, b1, b2
    b0.lowest = b0.second = b1.lowest = b1.second = b2.lowest = b2.second = f32v_set(INFINITY)
    b0.number = b1.number = b2.number = f32v_set(work.numbers[0])
    for r in range(n_open):
        t0 = t1 = t2 = f32v_set(work.half_norms[r])
        for j in range(n_features):
            c = f32v_set(work.packed[4 * j + r])
            t0 = t0 - c * f32v_load(panel + 3 * j * L)
            t1 = t1 - c * f32v_load(panel + 3 * j * L + L)
            t2 = t2 - c * f32v_load(panel + 3 * j * L + 2 * L)
        c = f32v_set(work.numbers[r])
        enter(&b0, t0, c)
        enter(&b1, t1, c)
        enter(&b2, t2, c)
    f32v_store(found, b0.number)
    f32v_store(found + L, b1.number)
    f32v_store(found + 2 * L, b2.number)
    return (    # false for NaN
        <uint64_t>f32m_bits(f32v_lt(margin, b0.second - b0.lowest))
        | <uint64_t>f32m_bits(f32v_lt(margin, b1.second - b1.lowest)) << L
        | <uint64_t>f32m_bits(f32v_lt(margin, b2.second - b2.lowest)) << 2 * L
    )


cdef uint64_t nearest_of_open(
    const float* panel,         # IN   (n_features, panel_rows) of a leaf
    Py_ssize_t n_features,
    Py_ssize_t n_open,
    const Work* work,           # IN   as `pack_open` left it
    double error,               # IN   rounding of a score, finite
    float* found,               # OUT  (panel_rows,) number of the nearest centre
) noexcept nogil:
    """The nearest of the open centres to each row of a panel; returns which of them are certain."""
    cdef Py_ssize_t t, v, P = 3 * F32_LANES, L = F32_LANES
    cdef f32v margin = f32v_set(<float>(2 * error * (1 + 1e-6)))
    cdef uint64_t sure = 0
    cdef float state[3 * 64]
    if n_open <= MAX_FEW:
        return nearest_of_few(panel, n_features, n_open, work, margin, found)
    for v in range(6):      # the best and the second best scores
        f32v_store(state + v * L, f32v_set(INFINITY))
    for v in range(6, 9):
        f32v_store(state + v * L, f32v_set(0))
    nearest_panel(
        panel, n_features, work.packed, work.half_norms, 0, (n_open + 3) // 4,
        state, state + P, state + 2 * P,
    )
    if n_open > MAX_CHOSEN:
        for t in range(P):
            found[t] = work.numbers[<int32_t>state[2 * P + t]]
    for v in range(3):
        if n_open <= MAX_CHOSEN:
            f32v_store(found + v * L, chosen(f32v_load(state + 2 * P + v * L), n_open, work))
        sure |= <uint64_t>f32m_bits(f32v_lt(    # false for NaN
            margin, f32v_load(state + P + v * L) - f32v_load(state + v * L)
        )) << (v * L)
    return sure


cdef inline f32v chosen(f32v index, Py_ssize_t n_open, const Work* work) noexcept nogil:
    """The numbers of the centres at places `index` of the open ones: of a few, without memory."""
    cdef Py_ssize_t r
    cdef f32v number = f32v_set(work.numbers[0])
    for r in range(1, n_open):
        number = f32v_select(
            f32v_lt(f32v_set(<float>r - 0.5), index), f32v_set(work.numbers[r]), number
        )
    return number
