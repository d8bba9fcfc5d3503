"""The centres that float32 cannot tell from a row's nearest: margins of scores, and a second look.

The first look, the tile, keeps the two best scores of each row. Where they lie closer together
than rounding reaches, the *margin*, the row is open. The second look computes the scores of a
vector of open rows once more and lists the centres within the margin of the best one. Only these
are measured in float64: two or three of any number of centres, in most cases.

A margin grows with the norm of the farthest centre that can be nearest to the row, and not with
the largest norm of all: a centre farther from the origin than the row and its nearest centre
together allow cannot be nearest, even with its rounding. So one far centre does not open all rows.
"""
from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int32_t, uint64_t
from libc.string cimport memcmp, memcpy

from ..core.simd cimport (
    F32_ALL, F32_LANES, f32m_bits, f32v, f32v_load, f32v_lt, f32v_max, f32v_min,
    f32v_select, f32v_set, f32v_sqrt, f32v_store, lowest_flag,
)
from ..rows.squared_distance cimport squared_distance
from .nearest_tile cimport score_rounding

cdef enum:
    MAX_UNSPLIT = 128       # features that are summed in one go, as in the tile
    FEATURE_BLOCK = 96      # features of a part, where there are more


cdef Rounding rounding_of(Py_ssize_t n_features, double largest_norm) noexcept nogil:
    """How scores of centres up to a norm are rounded."""
    cdef Rounding rounding
    cdef double gamma = score_rounding(n_features)
    rounding.gamma = <float>(2 * gamma)
    rounding.slope = <float>(2 * gamma * largest_norm)
    rounding.floor = <float>(gamma * largest_norm * largest_norm + 1e-30)
    rounding.widen = <float>(1 + 8 * sqrt(max(gamma, n_features * 2.0 ** -24)))
    rounding.reach = rounding.beyond = <float>largest_norm
    rounding.exact = <float>((n_features + 4) * 2.0 ** -52)
    return rounding


cdef Rounding rounding_within(Py_ssize_t n_features, double reach) noexcept nogil:
    """The same where centres of norms above `reach` are left out."""
    cdef Rounding rounding = rounding_of(n_features, reach)
    rounding.slope = rounding.floor = rounding.beyond = INFINITY
    return rounding


cdef inline f32v margin_of(const Rounding* rounding, f32v norm, f32v best) noexcept nogil:
    """Twice the rounding of scores near the best, for a vector of rows.

    A centre with ``||c|| > M = ||x|| + distance`` is farther than ``distance``. The M used here is
    wider by the rounding of the norm, of the best score and of the score of the centre itself.
    The last term is the rounding of squared distances in float64: centres that it does not tell
    apart are a tie, which the lowest index wins.
    """
    cdef f32v reach = f32v_set(rounding.reach)
    cdef f32v far, exact, square = f32v_set(1e-30) + norm * norm + f32v_set(2) * best
    far = f32v_set(rounding.widen) * (norm + f32v_sqrt(f32v_max(f32v_set(0), square)))
    exact = f32v_set(rounding.exact) * far * far
    far = f32v_select(f32v_lt(far, reach), far, f32v_set(rounding.beyond))
    return (
        far * (f32v_set(rounding.gamma) * (norm + f32v_set(0.5) * far)) + f32v_set(1e-30) + exact
    )


cdef Py_ssize_t find_open(
    const Rounding* rounding,
    Py_ssize_t n,
    const float* best,          # IN     (n, up to whole vectors) smallest scores
    float* second,              # INOUT  second smallest
    const float* norms,         # IN     norms of the rows
    int32_t* open,              # OUT    (n,)
) noexcept nogil:
    """List rows with a second score too close to the best for float32; returns how many.

    The second score of an open row is replaced by the largest score that may be the best.
    """
    cdef Py_ssize_t i = 0, r, L = F32_LANES, n_open = 0
    cdef f32v slope = f32v_set(rounding.slope), floor = f32v_set(rounding.floor)
    cdef f32v exact = f32v_set(rounding.exact), reach = f32v_set(rounding.reach)
    cdef f32v lowest, margin, norm, wide
    cdef float bars[16]
    cdef int sure
    while i < n:
        lowest, norm = f32v_load(best + i), f32v_load(norms + i)
        wide = norm + reach
        margin = floor + slope * norm + exact * wide * wide
        sure = f32m_bits(f32v_lt(margin, f32v_load(second + i) - lowest))
        if i + L > n:
            sure |= F32_ALL & ~((1 << (n - i)) - 1)
        if sure != F32_ALL:
            margin = margin_of(rounding, norm, lowest)
            sure |= f32m_bits(f32v_lt(margin, f32v_load(second + i) - lowest))
            sure = F32_ALL & ~sure
            f32v_store(bars, lowest + margin)
            while sure:
                r = lowest_flag(sure)
                second[i + r] = bars[r]
                open[n_open] = <int32_t>(i + r)
                n_open += 1
                sure &= sure - 1
        i += L
    return n_open


cdef inline void subtract(
    const float* c, const float* e, const float* x, Py_ssize_t n_features, f32v* t
) noexcept nogil:
    """Subtract the products of some features of a vector of rows and eight centres."""
    cdef Py_ssize_t j
    cdef f32v value
    cdef f32v t0 = t[0], t1 = t[1], t2 = t[2], t3 = t[3], t4 = t[4], t5 = t[5], t6 = t[6], t7 = t[7]
    for j in range(n_features):
        value = f32v_load(x + j * F32_LANES)
        t0 = t0 - f32v_set(c[4 * j]) * value
        t1 = t1 - f32v_set(c[4 * j + 1]) * value
        t2 = t2 - f32v_set(c[4 * j + 2]) * value
        t3 = t3 - f32v_set(c[4 * j + 3]) * value
        t4 = t4 - f32v_set(e[4 * j]) * value
        t5 = t5 - f32v_set(e[4 * j + 1]) * value
        t6 = t6 - f32v_set(e[4 * j + 2]) * value
        t7 = t7 - f32v_set(e[4 * j + 3]) * value
    t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7] = t0, t1, t2, t3, t4, t5, t6, t7


cdef inline void score_eight(
    const float* panel, Py_ssize_t n_features, const float* c, const float* e, f32v* t
) noexcept nogil:
    """Scores of a vector of rows and eight centres, from ``||c||^2 / 2`` in `t` on."""
    cdef Py_ssize_t r, j = 0, n, n_blocks, block = n_features
    cdef f32v part[8]
    if n_features <= MAX_UNSPLIT:
        subtract(c, e, panel, n_features, t)
        return
    n_blocks = (n_features + FEATURE_BLOCK - 1) // FEATURE_BLOCK
    block = (n_features + n_blocks - 1) // n_blocks
    while j < n_features:
        n = min(block, n_features - j)
        for r in range(8):
            part[r] = f32v_set(0)
        subtract(c + 4 * j, e + 4 * j, panel + j * F32_LANES, n, part)
        for r in range(8):
            t[r] = t[r] + part[r]
        j += n


cdef Py_ssize_t near_pairs(
    const float* panel,         # IN     (n_features, one vector)
    Py_ssize_t n_features,
    const float* packed,        # IN     (groups, n_features, 4)
    const float* half_norms,    # IN     (4 * groups,)
    Py_ssize_t group_lo,        # IN     groups lo..hi are looked at
    Py_ssize_t group_hi,
    const float* bars,          # IN     (one vector,) scores up to these are near
    Pair* pairs,                # OUT    (n_pairs,) in ascending order of places
    Py_ssize_t n_pairs,
) noexcept nogil:
    """List pairs of a row and a centre near it; returns their number, or -1 if it is larger."""
    cdef Py_ssize_t g = group_lo, h, r, found = 0
    cdef f32v bar = f32v_load(bars), low
    cdef f32v t[8]
    cdef int near
    while g < group_hi:
        h = min(g + 1, group_hi - 1)
        for r in range(4):
            t[r] = f32v_set(half_norms[4 * g + r])
            t[4 + r] = f32v_set(half_norms[4 * h + r])
        score_eight(
            panel, n_features, packed + 4 * g * n_features, packed + 4 * h * n_features, t
        )
        low = f32v_min(
            f32v_min(f32v_min(t[0], t[1]), f32v_min(t[2], t[3])),
            f32v_min(f32v_min(t[4], t[5]), f32v_min(t[6], t[7])),
        )
        if f32m_bits(f32v_lt(bar, low)) != F32_ALL:
            for r in range(8 if h > g else 4):
                # A score that is not a number is near.
                near = F32_ALL & ~f32m_bits(f32v_lt(bar, t[r]))
                while near:
                    if found == n_pairs:
                        return -1
                    pairs[found].lane = lowest_flag(near)
                    pairs[found].place = <int32_t>(4 * g + r)
                    found += 1
                    near &= near - 1
        g += 2
    return found


cdef Py_ssize_t nearest_of_pairs(
    const Pair* pairs,
    Py_ssize_t first,           # IN   first pair of the row
    const Py_ssize_t* order,    # IN   centre at each place
    const double* x,            # IN   (n_features,) the row
    const double* centers,      # IN   (n_clusters, n_features)
    Py_ssize_t n_features,
) noexcept nogil:
    """The nearest of the centres of a row's pairs, in float64; the lowest index wins a tie."""
    cdef Py_ssize_t k, nearest = -1
    cdef double distance, smallest = INFINITY
    cdef bint closer
    while first >= 0:
        k = order[pairs[first].place]
        if k >= 0:
            distance = squared_distance(x, centers + k * n_features, n_features)
            # No branch: which of two is nearer is hard to predict.
            closer = (distance < smallest) | (nearest < 0) | (distance == smallest) & (k < nearest)
            smallest = distance if closer else smallest
            nearest = k if closer else nearest
        first = pairs[first].next
    return nearest


cdef Py_ssize_t mark_copies(
    const double* centers,      # IN   (n_clusters, n_features)
    Py_ssize_t n_clusters,
    Py_ssize_t n_features,
    int32_t* table,             # (table_size,)
    Py_ssize_t table_size,      # a power of two, larger than n_clusters
    int32_t* original,          # OUT  (n_clusters,) the first centre with the same numbers
) noexcept nogil:
    """Find centres that equal an earlier one; returns how many do."""
    cdef Py_ssize_t k, j, n_copies = 0
    cdef uint64_t code, bits
    cdef const double* center
    for j in range(table_size):
        table[j] = -1
    for k in range(n_clusters):
        center = centers + k * n_features
        code = 0
        for j in range(n_features):
            memcpy(&bits, center + j, sizeof(double))
            code = (code ^ bits) * <uint64_t>0x9E3779B97F4A7C15
            code ^= code >> 32
        j = <Py_ssize_t>(code & <uint64_t>(table_size - 1))
        while table[j] >= 0 and memcmp(
            centers + table[j] * n_features, center, n_features * sizeof(double)
        ) != 0:
            j = (j + 1) & (table_size - 1)
        if table[j] < 0:
            table[j] = <int32_t>k
        original[k] = table[j]
        n_copies += table[j] != k
    return n_copies
