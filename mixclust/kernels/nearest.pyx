"""The register tile of k-means: four centres by three vectors of rows.

Twelve accumulators live in registers while the features stream past: three loads, four
broadcasts and twelve fused multiply-adds a feature. What remains of a tile is the running
minimum, the second minimum and where the minimum was found, lane by lane: scores never reach
memory. Scores enter two at a time, and only the pair is numbered: the score of its first centre
is kept as well, and tells in the end which of the two it was.

The score of centre k is ``||c_k||^2 / 2 - x.c_k``, which orders centres as the distance does.
"""
from .simd cimport (
    F32_LANES, f32m, f32v, f32v_load, f32v_lt, f32v_max, f32v_min, f32v_select, f32v_set,
    f32v_store,
)


cdef inline void keep_two(
    f32v one, f32v other, f32v k, f32v* best, f32v* second, f32v* pair, f32v* first
) noexcept nogil:
    """Let the scores of centres k and k + 1 enter a lane's two smallest.

    Where the smallest is one of them, `pair` becomes k and `first` the score of centre k.
    """
    cdef f32v low = f32v_min(other, one), high = f32v_max(other, one)
    cdef f32m closer = f32v_lt(low, best[0])
    second[0] = f32v_min(second[0], f32v_min(high, f32v_max(low, best[0])))
    best[0] = f32v_min(low, best[0])
    pair[0] = f32v_select(closer, k, pair[0])
    first[0] = f32v_select(closer, one, first[0])


cdef inline f32v index_of(f32v best, f32v pair, f32v first) noexcept nogil:
    """The centre of the smallest score; the earlier one of a pair wins a tie."""
    return f32v_select(f32v_lt(best, first), pair + f32v_set(1), pair)


cdef void nearest_panel(
    const float* panel,         # IN     (n_features, 3 vectors)
    Py_ssize_t n_features,
    const float* packed,        # IN     (groups, n_features, 4)
    const float* half_norms,    # IN     (4 * groups,)
    Py_ssize_t group_lo,        # IN     groups lo..hi are looked at
    Py_ssize_t group_hi,
    float* best,                # INOUT  (3 vectors,) smallest score so far
    float* second,              # INOUT  (3 vectors,) second smallest
    float* index,               # INOUT  (3 vectors,) centre of the smallest, as a float
) noexcept nogil:
    """Lower each lane's best and second score by groups lo..hi of centres."""
    cdef Py_ssize_t g, _
    cdef Py_ssize_t L = F32_LANES
    cdef const float* x
    cdef const float* c
    cdef f32v x0, x1, x2, ck
    cdef f32v a0, a1, a2, b0, b1, b2, c0, c1, c2, d0, d1, d2
    cdef f32v best0 = f32v_load(best), best1 = f32v_load(best + L)
    cdef f32v best2 = f32v_load(best + 2 * L)
    cdef f32v second0 = f32v_load(second), second1 = f32v_load(second + L)
    cdef f32v second2 = f32v_load(second + 2 * L)
    cdef f32v index0 = f32v_load(index), index1 = f32v_load(index + L)
    cdef f32v index2 = f32v_load(index + 2 * L)
    cdef f32v first0 = best0, first1 = best1, first2 = best2
    cdef f32v k = f32v_set(<float>(4 * group_lo)), two = f32v_set(2)
    for g in range(group_lo, group_hi):
        c = packed + g * n_features * 4
        x = panel
        a0 = a1 = a2 = f32v_set(half_norms[4 * g])
        b0 = b1 = b2 = f32v_set(half_norms[4 * g + 1])
        c0 = c1 = c2 = f32v_set(half_norms[4 * g + 2])
        d0 = d1 = d2 = f32v_set(half_norms[4 * g + 3])
        for _ in range(n_features):
            x0 = f32v_load(x)
            x1 = f32v_load(x + L)
            x2 = f32v_load(x + 2 * L)
            ck = f32v_set(c[0])
            a0 = a0 - ck * x0
            a1 = a1 - ck * x1
            a2 = a2 - ck * x2
            ck = f32v_set(c[1])
            b0 = b0 - ck * x0
            b1 = b1 - ck * x1
            b2 = b2 - ck * x2
            ck = f32v_set(c[2])
            c0 = c0 - ck * x0
            c1 = c1 - ck * x1
            c2 = c2 - ck * x2
            ck = f32v_set(c[3])
            d0 = d0 - ck * x0
            d1 = d1 - ck * x1
            d2 = d2 - ck * x2
            x = x + 3 * L
            c = c + 4
        keep_two(a0, b0, k, &best0, &second0, &index0, &first0)
        keep_two(a1, b1, k, &best1, &second1, &index1, &first1)
        keep_two(a2, b2, k, &best2, &second2, &index2, &first2)
        k = k + two
        keep_two(c0, d0, k, &best0, &second0, &index0, &first0)
        keep_two(c1, d1, k, &best1, &second1, &index1, &first1)
        keep_two(c2, d2, k, &best2, &second2, &index2, &first2)
        k = k + two
    f32v_store(best, best0)
    f32v_store(best + L, best1)
    f32v_store(best + 2 * L, best2)
    f32v_store(second, second0)
    f32v_store(second + L, second1)
    f32v_store(second + 2 * L, second2)
    f32v_store(index, index_of(best0, index0, first0))
    f32v_store(index + L, index_of(best1, index1, first1))
    f32v_store(index + 2 * L, index_of(best2, index2, first2))
