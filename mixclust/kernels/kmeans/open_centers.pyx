"""The centres that can be nearest to a row of a box.

For a box of rows with the middle m and the half-widths h, let c be the centre nearest to m. Centre
k is nearer than c to no point x of the box if

    |c_k - x|^2 - |c - x|^2 = |c_k - m|^2 - |c - m|^2 - 2 (c_k - c).(x - m) > 0,

and the last product is at most sum_j |c_k[j] - c[j]| h[j] (D. Pelleg and A. Moore 1999; T. Kanungo
et al. 2002). All is float64, with a margin far above its rounding.
"""
from libc.math cimport INFINITY, fabs, sqrt
from libc.stdint cimport int32_t

from ..core.simd cimport (
    F64_LANES, cache_line, f64v, f64v_load, f64v_max, f64v_min, f64v_set, f64v_store,
)
from .nearest_tile cimport score_rounding
from .row_blocks cimport Box

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
    cdef Py_ssize_t j, r, best = 0, n_open = 0, L = F64_LANES
    cdef Py_ssize_t n_vectors = (source.n + L - 1) // L
    cdef const double* column
    cdef double slack = 0
    cdef f64v t, middle, half, own, least
    for r in range(n_vectors):
        f64v_store(work.squares + r * L, f64v_set(0))
        f64v_store(work.excess + r * L, f64v_set(0))
    for j in range(n_features):
        column = source.columns + j * source.capacity
        middle = f64v_set(box.middle[j])
        slack += box.half[j] * box.half[j]
        for r in range(n_vectors):
            t = f64v_load(column + r * L) - middle
            f64v_store(work.squares + r * L, f64v_load(work.squares + r * L) + t * t)
    for r in range(1, source.n):
        if work.squares[r] < work.squares[best]:
            best = r
    nearest[0] = best
    for j in range(n_features):
        column = source.columns + j * source.capacity
        own = f64v_set(column[best])
        half = f64v_set(2 * box.half[j])
        for r in range(n_vectors):
            t = f64v_load(column + r * L) - own
            t = f64v_max(t, f64v_set(0) - t)
            f64v_store(work.excess + r * L, f64v_load(work.excess + r * L) + t * half)
    # Twice the rounding of a distance, and of the two parts of the excess.
    slack = BOX_ROUNDING * (slack + work.squares[best]) + work.squares[best] + 1e-320
    least = f64v_set(slack)
    for r in range(n_vectors):
        t = f64v_load(work.squares + r * L) * f64v_set(1 - BOX_ROUNDING)
        t = t - f64v_load(work.excess + r * L) - least
        f64v_store(work.excess + r * L, t)
    for r in range(source.n):
        work.kept[n_open] = <int32_t>r
        n_open += not work.excess[r] > 0     # true for NaN
    return n_open


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
