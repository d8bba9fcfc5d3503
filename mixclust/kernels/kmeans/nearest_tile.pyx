"""The register tile of k-means: four centres by three vectors of rows.

Twelve accumulators live in registers while the features stream past: three loads, four
broadcasts and twelve fused multiply-adds a feature. The results of a tile are the running
minimum, the second minimum and the centre of the minimum, lane by lane: scores never reach memory.
Where there are twice the registers (AVX-512) two groups of four centres go together, 11 loads for
24 multiply-adds. Beyond `MAX_UNSPLIT` features a few groups take a block of them at a time: its
part of the panel stays in the first cache, and shorter sums round less.

Scores enter in one of two ways. `nearest_panel` takes them two at a time and numbers the pair:
the score of its first centre is kept as well, and tells in the end which of the two it was.
`nearest_groups` compares groups only, in half as many operations a centre; `nearest_in_groups`
then looks once more at the four centres of each row's nearest group. That second look costs a
row as much as some centres do in the tile, and pays where there are many of few features.

The score of centre k is ``||c_k||^2 / 2 - x.c_k``, which orders centres as the distance does.
"""
from libc.math cimport INFINITY

from ..core.simd cimport (
    F32_LANES, f32m, f32v, f32v_load, f32v_lt, f32v_max, f32v_min, f32v_select, f32v_set,
    f32v_store, scores_in_groups,
)

cdef enum:
    MAX_UNSPLIT = 128       # features that are not split into blocks
    FEATURE_BLOCK = 96      # of more, the features of a panel that stay in the first cache
    GROUP_BLOCK = 16        # groups that share a block of features: an even number


# How scores enter, and how many groups go together: each has a `sweep` of its own.
ctypedef char by_pairs
ctypedef short by_groups
ctypedef int two_by_pairs
ctypedef fused manner:
    by_pairs
    by_groups
    two_by_pairs


cdef inline bint two_groups_fit(Py_ssize_t n_features) noexcept nogil:
    """Whether there are registers for two groups, and features that repay their spills."""
    return F32_LANES >= 16 and n_features >= 12


cdef bint worth_grouping(Py_ssize_t n_features, Py_ssize_t n_groups) noexcept nogil:
    """Whether so many groups are scanned sooner by `nearest_groups`, the second look included."""
    return (
        F32_LANES >= 4 and n_groups >= 8 + 4 * n_features and not two_groups_fit(n_features)
    )


cdef inline Py_ssize_t n_feature_blocks(Py_ssize_t n_features) noexcept nogil:
    return (n_features + FEATURE_BLOCK - 1) // FEATURE_BLOCK if n_features > MAX_UNSPLIT else 1


cdef double score_rounding(Py_ssize_t n_features) noexcept nogil:
    """A bound on the rounding of a score: times ``||x|| ||c|| + ||c||^2 / 2``."""
    cdef Py_ssize_t n_blocks = n_feature_blocks(n_features)
    return (min(n_features, MAX_UNSPLIT) + n_blocks + 7) * 2.0 ** -24


cdef inline void subtract(
    const float* c, f32v x0, f32v x1, f32v x2, f32v* t
) noexcept nogil:
    """Subtract the products of one feature of four centres and of the rows from twelve scores."""
    cdef f32v ck
    ck = f32v_set(c[0])
    t[0] = t[0] - ck * x0
    t[1] = t[1] - ck * x1
    t[2] = t[2] - ck * x2
    ck = f32v_set(c[1])
    t[3] = t[3] - ck * x0
    t[4] = t[4] - ck * x1
    t[5] = t[5] - ck * x2
    ck = f32v_set(c[2])
    t[6] = t[6] - ck * x0
    t[7] = t[7] - ck * x1
    t[8] = t[8] - ck * x2
    ck = f32v_set(c[3])
    t[9] = t[9] - ck * x0
    t[10] = t[10] - ck * x1
    t[11] = t[11] - ck * x2


cdef inline void multiply(
    Py_ssize_t n_groups, const float* x, const float* c, const float* e,
    Py_ssize_t n_features, f32v* t,
) noexcept nogil:
    """Subtract the products of some features of four centres and of the rows from twelve scores.

    Of two groups, from twenty-four: `n_groups` is a constant where this is inlined.
    """
    cdef Py_ssize_t j, L = F32_LANES
    cdef f32v x0, x1, x2
    for j in range(n_features):
        x0 = f32v_load(x)
        x1 = f32v_load(x + L)
        x2 = f32v_load(x + 2 * L)
        subtract(c + 4 * j, x0, x1, x2, t)
        if n_groups == 2:
            subtract(e + 4 * j, x0, x1, x2, t + 12)
        x = x + 3 * L


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


cdef inline void keep_group(
    f32v a, f32v b, f32v c, f32v d, f32v g, f32v* best, f32v* second, f32v* group
) noexcept nogil:
    """Let the smallest score of group g enter a lane's two smallest of different groups."""
    cdef f32v low = f32v_min(f32v_min(d, c), f32v_min(b, a))
    cdef f32m closer = f32v_lt(low, best[0])
    second[0] = f32v_min(second[0], f32v_max(low, best[0]))
    best[0] = f32v_min(low, best[0])
    group[0] = f32v_select(closer, g, group[0])


cdef inline void begin(const float* half_norms, bint first_block, f32v* t) noexcept nogil:
    """Twelve scores before any product."""
    t[0] = t[1] = t[2] = f32v_set(half_norms[0] if first_block else 0)
    t[3] = t[4] = t[5] = f32v_set(half_norms[1] if first_block else 0)
    t[6] = t[7] = t[8] = f32v_set(half_norms[2] if first_block else 0)
    t[9] = t[10] = t[11] = f32v_set(half_norms[3] if first_block else 0)


cdef inline void add_part(const float* part, f32v* t) noexcept nogil:
    cdef Py_ssize_t L = F32_LANES
    t[0] = t[0] + f32v_load(part + 0 * L)
    t[1] = t[1] + f32v_load(part + 1 * L)
    t[2] = t[2] + f32v_load(part + 2 * L)
    t[3] = t[3] + f32v_load(part + 3 * L)
    t[4] = t[4] + f32v_load(part + 4 * L)
    t[5] = t[5] + f32v_load(part + 5 * L)
    t[6] = t[6] + f32v_load(part + 6 * L)
    t[7] = t[7] + f32v_load(part + 7 * L)
    t[8] = t[8] + f32v_load(part + 8 * L)
    t[9] = t[9] + f32v_load(part + 9 * L)
    t[10] = t[10] + f32v_load(part + 10 * L)
    t[11] = t[11] + f32v_load(part + 11 * L)


cdef inline void store_part(float* part, const f32v* t) noexcept nogil:
    cdef Py_ssize_t L = F32_LANES
    f32v_store(part + 0 * L, t[0])
    f32v_store(part + 1 * L, t[1])
    f32v_store(part + 2 * L, t[2])
    f32v_store(part + 3 * L, t[3])
    f32v_store(part + 4 * L, t[4])
    f32v_store(part + 5 * L, t[5])
    f32v_store(part + 6 * L, t[6])
    f32v_store(part + 7 * L, t[7])
    f32v_store(part + 8 * L, t[8])
    f32v_store(part + 9 * L, t[9])
    f32v_store(part + 10 * L, t[10])
    f32v_store(part + 11 * L, t[11])


cdef inline void keep_pairs(
    Py_ssize_t g, const f32v* t, f32v* best, f32v* second, f32v* pair, f32v* first
) noexcept nogil:
    """Let the twelve scores of group g enter two at a time."""
    cdef f32v k = f32v_set(<float>(4 * g))
    keep_two(t[0], t[3], k, best, second, pair, first)
    keep_two(t[1], t[4], k, best + 1, second + 1, pair + 1, first + 1)
    keep_two(t[2], t[5], k, best + 2, second + 2, pair + 2, first + 2)
    k = k + f32v_set(2)
    keep_two(t[6], t[9], k, best, second, pair, first)
    keep_two(t[7], t[10], k, best + 1, second + 1, pair + 1, first + 1)
    keep_two(t[8], t[11], k, best + 2, second + 2, pair + 2, first + 2)


cdef inline void keep_groups(
    Py_ssize_t g, const f32v* t, f32v* best, f32v* second, f32v* group
) noexcept nogil:
    """Let the twelve scores of group g enter, the four scores of a row together."""
    cdef f32v k = f32v_set(<float>g)
    keep_group(t[0], t[3], t[6], t[9], k, best, second, group)
    keep_group(t[1], t[4], t[7], t[10], k, best + 1, second + 1, group + 1)
    keep_group(t[2], t[5], t[8], t[11], k, best + 2, second + 2, group + 2)


cdef inline void load_three(const float* p, f32v* x) noexcept nogil:
    x[0] = f32v_load(p)
    x[1] = f32v_load(p + F32_LANES)
    x[2] = f32v_load(p + 2 * F32_LANES)


cdef inline void store_three(float* p, const f32v* x) noexcept nogil:
    f32v_store(p, x[0])
    f32v_store(p + F32_LANES, x[1])
    f32v_store(p + 2 * F32_LANES, x[2])


cdef inline void sweep(
    const manner* _, const float* panel, Py_ssize_t n_features,
    const float* packed, const float* half_norms, Py_ssize_t group_lo, Py_ssize_t group_hi,
    float* best, float* second, float* index,
) noexcept nogil:
    """The tile over groups lo..hi; their number is even if two go together.

    Of several blocks of features the scores so far wait in `parts`, and are added up at the end.
    """
    cdef Py_ssize_t g, end, j, n, L = F32_LANES
    cdef Py_ssize_t together = 2 if manner is two_by_pairs else 1
    cdef Py_ssize_t n_blocks = n_feature_blocks(n_features)
    cdef Py_ssize_t block = n_features
    cdef const float* c
    cdef const float* e
    cdef float* part
    cdef float parts[GROUP_BLOCK * 12 * 16]
    cdef f32v t[24]
    cdef f32v lowest[3]
    cdef f32v next_lowest[3]
    cdef f32v where[3]
    cdef f32v first[3]
    if n_blocks > 1:  # a division costs as much as a centre of few features does
        block = (n_features + n_blocks - 1) // n_blocks
    load_three(best, lowest)
    load_three(second, next_lowest)
    load_three(index, where)
    if manner is not by_groups:
        load_three(best, first)
    while group_lo < group_hi:
        end = min(group_lo + GROUP_BLOCK, group_hi)
        j = 0
        while j < n_features:
            n = min(block, n_features - j)
            g = group_lo
            while g < end:
                c = packed + (g * n_features + j) * 4
                e = c + 4 * n_features
                part = parts + (g - group_lo) * 12 * L
                begin(half_norms + 4 * g, j == 0, t)
                if manner is two_by_pairs:
                    begin(half_norms + 4 * g + 4, j == 0, t + 12)
                multiply(together, panel + j * 3 * L, c, e, n, t)
                if n_blocks > 1:
                    if j > 0:
                        add_part(part, t)
                        if manner is two_by_pairs:
                            add_part(part + 12 * L, t + 12)
                    if j + n < n_features:
                        store_part(part, t)
                        if manner is two_by_pairs:
                            store_part(part + 12 * L, t + 12)
                        g += together
                        continue
                if manner is by_groups:
                    keep_groups(g, t, lowest, next_lowest, where)
                else:
                    keep_pairs(g, t, lowest, next_lowest, where, first)
                    if manner is two_by_pairs:
                        keep_pairs(g + 1, t + 12, lowest, next_lowest, where, first)
                g += together
            j += n
        group_lo = end
    if manner is not by_groups:
        where[0] = index_of(lowest[0], where[0], first[0])
        where[1] = index_of(lowest[1], where[1], first[1])
        where[2] = index_of(lowest[2], where[2], first[2])
    store_three(best, lowest)
    store_three(second, next_lowest)
    store_three(index, where)


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
    cdef Py_ssize_t middle = group_lo
    if two_groups_fit(n_features):
        middle = group_hi - (group_hi - group_lo) % 2
        sweep[two_by_pairs](
            NULL, panel, n_features, packed, half_norms, group_lo, middle, best, second, index
        )
    if middle < group_hi:
        sweep[by_pairs](
            NULL, panel, n_features, packed, half_norms, middle, group_hi, best, second, index
        )


cdef void nearest_groups(
    const float* panel, Py_ssize_t n_features,
    const float* packed, const float* half_norms, Py_ssize_t group_lo, Py_ssize_t group_hi,
    float* best,                # INOUT  (3 vectors,) smallest score so far
    float* second,              # INOUT  (3 vectors,) smallest score of any other group
    float* group,               # INOUT  (3 vectors,) group of the smallest, as a float
) noexcept nogil:
    """Lower each lane's best score and that of the other groups by groups lo..hi of centres."""
    sweep[by_groups](
        NULL, panel, n_features, packed, half_norms, group_lo, group_hi, best, second, group
    )


cdef void nearest_in_groups(
    const float* panel, Py_ssize_t n_features,
    const float* packed, const float* half_norms,
    float* best, float* second, float* index,   # INOUT  from `nearest_groups`' to `nearest_panel`'s
) noexcept nogil:
    """Look once more at the four centres of each lane's nearest group."""
    cdef Py_ssize_t lane, g, r, v, L = F32_LANES, P = 3 * L
    cdef float scores[4 * 48]
    cdef const float* c[4]
    cdef const float* h[4]
    cdef f32v low, high, pair, first
    for lane in range(0, P // 4 * 4, 4):
        for r in range(4):
            g = <Py_ssize_t>index[lane + r]
            c[r] = packed + 4 * g * n_features
            h[r] = half_norms + 4 * g
        scores_in_groups(panel + lane, P, n_features, c, h, scores + lane, P)
    for v in range(3):
        low, high, pair = f32v_set(INFINITY), f32v_load(second), f32v_load(index) * f32v_set(4)
        first = low
        keep_two(
            f32v_load(scores + v * L), f32v_load(scores + P + v * L), pair,
            &low, &high, &pair, &first,
        )
        keep_two(
            f32v_load(scores + 2 * P + v * L), f32v_load(scores + 3 * P + v * L),
            f32v_load(index) * f32v_set(4) + f32v_set(2), &low, &high, &pair, &first,
        )
        f32v_store(best, low)
        f32v_store(second, high)
        f32v_store(index, index_of(low, pair, first))
        best += L
        second += L
        index += L


cdef void score_panel(
    const float* panel, Py_ssize_t n_features,
    const float* packed, const float* half_norms, Py_ssize_t group_lo, Py_ssize_t group_hi,
    float* scores,              # OUT    (4 * (group_hi - group_lo), 3 vectors)
) noexcept nogil:
    """Write the scores of groups lo..hi of centres: for callers that compare them themselves."""
    cdef Py_ssize_t g = group_lo, size = 12 * F32_LANES
    cdef bint two = two_groups_fit(n_features)
    cdef const float* c = packed + 4 * g * n_features
    cdef f32v t[24]
    while g < group_hi:
        begin(half_norms + 4 * g, True, t)
        if two and g + 1 < group_hi:
            begin(half_norms + 4 * g + 4, True, t + 12)
            multiply(2, panel, c, c + 4 * n_features, n_features, t)
            store_part(scores, t)
            store_part(scores + size, t + 12)
            scores += 2 * size
            c += 8 * n_features
            g += 2
        else:
            multiply(1, panel, c, c, n_features, t)
            store_part(scores, t)
            scores += size
            c += 4 * n_features
            g += 1
