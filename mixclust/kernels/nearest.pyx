"""The register tile of k-means: four centres by three vectors of rows.

Twelve accumulators live in registers while the features stream past: three loads, four
broadcasts and twelve fused multiply-adds a feature. What remains of a tile is the running
minimum, its index and the second minimum of each lane: scores never reach memory.

The score of centre k is ``||c_k||^2 / 2 - x.c_k``, which orders centres as the distance does.
"""
from .simd cimport (
    F32_LANES, f32m, f32v, f32v_load, f32v_lt, f32v_max, f32v_min, f32v_select, f32v_set,
    f32v_store,
)


cdef inline void keep_two(
    f32v score, f32v k, f32v* best, f32v* second, f32v* index
) noexcept nogil:
    """Let `score` of centre k enter a lane's two smallest; the earlier centre wins a tie."""
    cdef f32m closer = f32v_lt(score, best[0])
    second[0] = f32v_min(f32v_max(score, best[0]), second[0])
    best[0] = f32v_min(score, best[0])
    index[0] = f32v_select(closer, k, index[0])


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
        ck = f32v_set(<float>(4 * g))
        keep_two(a0, ck, &best0, &second0, &index0)
        keep_two(a1, ck, &best1, &second1, &index1)
        keep_two(a2, ck, &best2, &second2, &index2)
        ck = f32v_set(<float>(4 * g + 1))
        keep_two(b0, ck, &best0, &second0, &index0)
        keep_two(b1, ck, &best1, &second1, &index1)
        keep_two(b2, ck, &best2, &second2, &index2)
        ck = f32v_set(<float>(4 * g + 2))
        keep_two(c0, ck, &best0, &second0, &index0)
        keep_two(c1, ck, &best1, &second1, &index1)
        keep_two(c2, ck, &best2, &second2, &index2)
        ck = f32v_set(<float>(4 * g + 3))
        keep_two(d0, ck, &best0, &second0, &index0)
        keep_two(d1, ck, &best1, &second1, &index1)
        keep_two(d2, ck, &best2, &second2, &index2)
    f32v_store(best, best0)
    f32v_store(best + L, best1)
    f32v_store(best + 2 * L, best2)
    f32v_store(second, second0)
    f32v_store(second + L, second1)
    f32v_store(second + 2 * L, second2)
    f32v_store(index, index0)
    f32v_store(index + L, index1)
    f32v_store(index + 2 * L, index2)
