"""Weighted sums of a strip: the M step's tiles.

A scatter is cut into blocks of two features by two; the tile takes three blocks at a time, in
twelve accumulators with rows in their lanes, and runs over all rows of the strip. Features are
followed by a row of ones, so that the same tile sums the rows and the responsibilities too. Rows
are centred on the component's current mean or, if that loses less than four of sixteen digits, on
the frame's origin; so no covariance is the difference of large numbers. Where features are few, all
sums of a component fit the registers, and one loop makes them without a copy of the rows.
"""
from libc.stdint cimport int64_t

from ..core.simd cimport (
    F64_LANES, count_bits, f64v, f64v_add_sums, f64v_fetch, f64v_gather, f64v_load, f64v_lt_bits,
    f64v_set, f64v_store, f64v_store_picked, f64v_sum,
)

import numpy as np

cdef enum:
    MOST_ROWS = 1024    # of a strip
    TILE_PAIRS = 15     # pairs of rows of a tile: their strips fit the first cache together
    MAX_FEW = 4         # features, so that their sums fit the registers
    MAX_FEW_SUMS = 15   # of so many features

# Rows are picked out if no more than this share of them is to be summed.
cdef double FEW = 0.7

# Places in a strip, of as many bits as a double, so that lanes can hold them.
cdef int64_t[MOST_ROWS] ROWS
for _row in range(MOST_ROWS):
    ROWS[_row] = _row


cdef Py_ssize_t weigh_rows(
    const double* strip,        # IN   (n_features, height)
    Py_ssize_t height,
    Py_ssize_t n_features,
    const double* mean,         # IN   (n_features,)
    const double* resp,         # IN   (height,) responsibilities times weights
    const double* reach,        # IN   (height,) bound of its factors, see `measure_reach`
    double threshold,           # IN   rows are left out if resp times reach is no more
    int64_t* picked,            # (height,) scratch: their places
    double* differences,        # OUT  (n_features + 2, height) ``x - mean``, then 1, then 0; places
                                # behind the rows that were picked hold another row's
    double* weighted,           # OUT  (n_features + 2, height) the same times responsibility
) noexcept nogil:
    """Collect the rows to be summed, less the mean, and the same times their responsibility.

    Returns the number of places of `height` that are filled: a whole number of vectors.
    """
    cdef Py_ssize_t i, v, L = F64_LANES, d = n_features, length = height, n = 0
    cdef int bits
    for v in range(height // L):
        i = v * L
        bits = f64v_lt_bits(f64v_set(threshold), f64v_load(resp + i) * f64v_load(reach + i))
        f64v_store_picked(<double*>(picked + n), f64v_load(<const double*>(ROWS + i)), bits)
        n += count_bits(bits)
    if n == 0:
        return 0
    if n > FEW * height:
        # To sum all rows costs less than to pick most of them out.
        _weigh_all(strip, height, d, mean, resp, differences, weighted)
    else:
        length = (n + L - 1) // L * L
        for i in range(n, length):
            picked[i] = picked[0]
        _weigh_picked(strip, height, d, mean, resp, picked, n, differences, weighted)
    for i in range(length):
        differences[d * height + i] = 1
        differences[(d + 1) * height + i] = 0
        weighted[(d + 1) * height + i] = 0
    return length


cdef void _weigh_all(
    const double* strip, Py_ssize_t height, Py_ssize_t n_features, const double* mean,
    const double* resp, double* differences, double* weighted,
) noexcept nogil:
    cdef Py_ssize_t i, j, v, L = F64_LANES
    cdef f64v m, t
    for j in range(n_features):
        m = f64v_set(mean[j])
        for v in range(height // L):
            i = v * L
            t = f64v_load(strip + j * height + i) - m
            f64v_store(differences + j * height + i, t)
            f64v_store(weighted + j * height + i, f64v_load(resp + i) * t)
    for v in range(height // L):
        f64v_store(weighted + n_features * height + v * L, f64v_load(resp + v * L))


cdef void _weigh_picked(
    const double* strip, Py_ssize_t height, Py_ssize_t n_features, const double* mean,
    const double* resp, const int64_t* picked, Py_ssize_t n_picked,
    double* differences, double* weighted,
) noexcept nogil:
    cdef Py_ssize_t i, j, v, L = F64_LANES, n_vectors = (n_picked + L - 1) // L
    cdef double* r = weighted + n_features * height
    cdef f64v m, t
    for v in range(n_vectors):
        f64v_store(r + v * L, f64v_gather(resp, picked + v * L))
    for i in range(n_picked, n_vectors * L):
        r[i] = 0
    for j in range(n_features):
        m = f64v_set(mean[j])
        for v in range(n_vectors):
            i = v * L
            t = f64v_gather(strip + j * height, picked + i) - m
            f64v_store(differences + j * height + i, t)
            f64v_store(weighted + j * height + i, f64v_load(r + i) * t)


cdef void add_outer_blocks(
    const double* left,         # IN   rows `stride` apart
    const double* right,        # IN   rows `stride` apart
    Py_ssize_t stride,
    Py_ssize_t length,          # IN   a multiple of the lanes
    const Py_ssize_t* blocks,   # IN   (n_blocks, 2) first of two rows of `left` and of `right`
    Py_ssize_t n_blocks,        # IN   a multiple of three
    double* sums,               # INOUT (n_blocks, 2, 2)
) noexcept nogil:
    """Add ``left[a] . right[b]`` for the two by two rows of every block."""
    cdef Py_ssize_t t
    cdef const Py_ssize_t* three
    for t in range(0, n_blocks, 3):
        three = blocks + 2 * t
        if (
            three[0] == three[2] == three[4]
            and three[3] == three[1] + 2 and three[5] == three[1] + 4
        ):
            _add_two_by_six(
                left + three[0] * stride, right + three[1] * stride, stride, length, sums + 4 * t
            )
        else:
            _add_three_blocks(left, right, stride, length, three, sums + 4 * t)


cdef void _add_two_by_six(
    const double* a,            # IN   two rows
    const double* b,            # IN   six rows
    Py_ssize_t stride,
    Py_ssize_t length,
    double* sums,               # INOUT (3, 2, 2)
) noexcept nogil:
    """Three blocks that share their rows of the left: eight loads for twelve products."""
    cdef Py_ssize_t _, L = F64_LANES
    cdef const double* c = b + stride
    cdef f64v x, y, t
    cdef f64v p0, q0, r0, s0, p1, q1, r1, s1, p2, q2, r2, s2
    p0 = q0 = r0 = s0 = p1 = q1 = r1 = s1 = p2 = q2 = r2 = s2 = f64v_set(0)
    for _ in range(length // L):
        x, y = f64v_load(a), f64v_load(a + stride)
        t = f64v_fetch(b)
        p0, r0 = p0 + x * t, r0 + y * t
        t = f64v_fetch(c)
        q0, s0 = q0 + x * t, s0 + y * t
        t = f64v_fetch(b + 2 * stride)
        p1, r1 = p1 + x * t, r1 + y * t
        t = f64v_fetch(c + 2 * stride)
        q1, s1 = q1 + x * t, s1 + y * t
        t = f64v_fetch(b + 4 * stride)
        p2, r2 = p2 + x * t, r2 + y * t
        t = f64v_fetch(c + 4 * stride)
        q2, s2 = q2 + x * t, s2 + y * t
        a, b, c = a + L, b + L, c + L
    f64v_add_sums(sums, p0, q0, r0, s0)
    f64v_add_sums(sums + 4, p1, q1, r1, s1)
    f64v_add_sums(sums + 8, p2, q2, r2, s2)


cdef void _add_three_blocks(
    const double* left, const double* right, Py_ssize_t stride, Py_ssize_t length,
    const Py_ssize_t* blocks,   # IN   (3, 2)
    double* sums,               # INOUT (3, 2, 2)
) noexcept nogil:
    """Three blocks from anywhere: twelve loads for twelve products."""
    cdef Py_ssize_t _, L = F64_LANES
    cdef const double* a0 = left + blocks[0] * stride
    cdef const double* b0 = right + blocks[1] * stride
    cdef const double* a1 = left + blocks[2] * stride
    cdef const double* b1 = right + blocks[3] * stride
    cdef const double* a2 = left + blocks[4] * stride
    cdef const double* b2 = right + blocks[5] * stride
    cdef f64v x, y, t
    cdef f64v p0, q0, r0, s0, p1, q1, r1, s1, p2, q2, r2, s2
    p0 = q0 = r0 = s0 = p1 = q1 = r1 = s1 = p2 = q2 = r2 = s2 = f64v_set(0)
    for _ in range(length // L):
        x, y, t = f64v_load(a0), f64v_load(a0 + stride), f64v_fetch(b0)
        p0, r0 = p0 + x * t, r0 + y * t
        t = f64v_fetch(b0 + stride)
        q0, s0 = q0 + x * t, s0 + y * t
        x, y, t = f64v_load(a1), f64v_load(a1 + stride), f64v_fetch(b1)
        p1, r1 = p1 + x * t, r1 + y * t
        t = f64v_fetch(b1 + stride)
        q1, s1 = q1 + x * t, s1 + y * t
        x, y, t = f64v_load(a2), f64v_load(a2 + stride), f64v_fetch(b2)
        p2, r2 = p2 + x * t, r2 + y * t
        t = f64v_fetch(b2 + stride)
        q2, s2 = q2 + x * t, s2 + y * t
        a0, a1, a2 = a0 + L, a1 + L, a2 + L
        b0, b1, b2 = b0 + L, b1 + L, b2 + L
    f64v_add_sums(sums, p0, q0, r0, s0)
    f64v_add_sums(sums + 4, p1, q1, r1, s1)
    f64v_add_sums(sums + 8, p2, q2, r2, s2)


cdef bint are_few(Py_ssize_t n_features) noexcept nogil:
    """Whether `add_few_features` sums so many features."""
    return n_features <= MAX_FEW


cdef void add_few_features(
    const double* strip,        # IN   (n_features, height)
    Py_ssize_t height,
    Py_ssize_t n_features,      # IN   at most `MAX_FEW`
    const double* mean,         # IN   (n_features,)
    const double* resp,         # IN   (height,) responsibilities times weights
    double* sums,               # INOUT the lower triangle of ``r (x - mean) (x - mean)``, row by
                                # row, then ``r (x - mean)`` and ``r``
) noexcept nogil:
    """Add one component's sums about its mean; no row is left out."""
    if n_features == 1:
        _add_few(strip, height, 1, mean, resp, sums)
    elif n_features == 2:
        _add_few(strip, height, 2, mean, resp, sums)
    elif n_features == 3:
        _add_few(strip, height, 3, mean, resp, sums)
    else:
        _add_few(strip, height, 4, mean, resp, sums)


cdef inline void _add_few(
    const double* strip, Py_ssize_t height,
    Py_ssize_t n_features,      # IN   a constant where this is called: four loops are compiled
    const double* mean, const double* resp, double* sums,
) noexcept nogil:
    cdef Py_ssize_t i, j, s, _, L = F64_LANES, n_sums = (n_features + 1) * (n_features + 2) // 2
    cdef f64v m[MAX_FEW]
    cdef f64v t[MAX_FEW]
    cdef f64v total[MAX_FEW_SUMS]
    cdef f64v r, w
    for j in range(n_features):
        m[j] = f64v_set(mean[j])
    for s in range(n_sums):
        total[s] = f64v_set(0)
    for _ in range(height // L):
        r = f64v_load(resp)
        s = 0
        for j in range(n_features):
            t[j] = f64v_load(strip + j * height) - m[j]
        for j in range(n_features):
            w = r * t[j]
            for i in range(n_features):
                if i <= j:
                    total[s] = total[s] + w * t[i]
                    s += 1
        for j in range(n_features):
            total[s + j] = total[s + j] + r * t[j]
        total[s + n_features] = total[s + n_features] + r
        strip, resp = strip + L, resp + L
    for s in range(n_sums):
        sums[s] += f64v_sum(total[s])


def blocks_in_threes(Py_ssize_t n_left, Py_ssize_t n_right, bint is_triangle=False):
    """List blocks for `add_outer_blocks`, ordered so that threes share their rows of the left.

    Parameters
    ----------
    n_left, n_right : int
        Pairs of rows of the left and of the right.
    is_triangle : bool
        Whether only blocks on and below the diagonal count.

    Returns
    -------
    blocks : ndarray of shape (n_blocks, 2), intp
        First row of each pair; the last blocks stand again where that fills up a three.
    """
    cdef Py_ssize_t i, n = _list_blocks(n_left, n_right, is_triangle, NULL)
    found = np.empty(((n + 2) // 3 * 3, 2), dtype=np.intp)
    cdef Py_ssize_t[:, ::1] blocks = found
    _list_blocks(n_left, n_right, is_triangle, &blocks[0, 0])
    for i in range(n, blocks.shape[0]):
        blocks[i, 0], blocks[i, 1] = blocks[n - 1, 0], blocks[n - 1, 1]
    return found


cdef Py_ssize_t _list_blocks(
    Py_ssize_t n_left, Py_ssize_t n_right, bint is_triangle,
    Py_ssize_t* blocks,         # OUT  (n_blocks, 2), or NULL
) noexcept nogil:
    """List the blocks, first in threes, then the others; returns their number.

    Triangles are cut into tiles; the rows of a tile stay in the first cache together.
    """
    cdef Py_ssize_t height = TILE_PAIRS if is_triangle else n_left
    cdef Py_ssize_t width = TILE_PAIRS if is_triangle else n_right
    cdef Py_ssize_t part, i, j, a, b, start, stop, middle, n = 0
    for part in range(2):
        for i in range((n_left + height - 1) // height):
            for j in range(i + 1 if is_triangle else 1):
                for a in range(i * height, min((i + 1) * height, n_left)):
                    start = j * width
                    stop = min(start + width, a + 1 if is_triangle else n_right)
                    middle = stop - (stop - start) % 3
                    for b in range(start if part == 0 else middle, middle if part == 0 else stop):
                        if blocks != NULL:
                            blocks[2 * n], blocks[2 * n + 1] = 2 * a, 2 * b
                        n += 1
    return n


cdef void add_diagonal_moments(
    const double* strip,        # IN   (n_features + 2, height), ones and zeros behind the features
    Py_ssize_t height,          # IN   a multiple of six vectors
    Py_ssize_t n_features,
    const double* mean,         # IN   (n_features + 2,), zeros behind the features
    const double* resp,         # IN   (height,) responsibilities times weights
    double* moments,            # INOUT (n_features + 2, 2) sums of r (x - mean) and r (x - mean)^2;
                                # behind the features, the sum of r
) noexcept nogil:
    """Add one component's sums about its mean, two features at a time.

    An odd feature has the ones beside it, which are summed by themselves otherwise.
    """
    cdef Py_ssize_t j, _, L = F64_LANES
    cdef const double* x
    cdef const double* y
    cdef const double* r
    cdef f64v m, n, t, u, w, s0, s1, q0, q1, a0, a1, b0, b1
    for j in range(0, n_features, 2):
        x = strip + j * height
        y = x + height
        r = resp
        m, n = f64v_set(mean[j]), f64v_set(mean[j + 1])
        s0 = s1 = q0 = q1 = a0 = a1 = b0 = b1 = f64v_set(0)
        for _ in range(height // (2 * L)):
            w = f64v_load(r)
            t, u = f64v_load(x) - m, f64v_load(y) - n
            s0, a0 = s0 + w * t, a0 + w * u
            q0, b0 = q0 + w * t * t, b0 + w * u * u
            w = f64v_load(r + L)
            t, u = f64v_load(x + L) - m, f64v_load(y + L) - n
            s1, a1 = s1 + w * t, a1 + w * u
            q1, b1 = q1 + w * t * t, b1 + w * u * u
            x, y, r = x + 2 * L, y + 2 * L, r + 2 * L
        f64v_add_sums(moments + 2 * j, s0 + s1, q0 + q1, a0 + a1, b0 + b1)
    if n_features % 2 == 0:
        r = resp
        s0 = s1 = f64v_set(0)
        for _ in range(height // (2 * L)):
            s0, s1 = s0 + f64v_load(r), s1 + f64v_load(r + L)
            r = r + 2 * L
        moments[2 * n_features] += f64v_sum(s0 + s1)
