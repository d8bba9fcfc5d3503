"""The order of rows along a space-filling curve (Morton, 1966): rows that are close get neighbours.

Each value becomes a cell number of its column; the bits of the cell numbers of a row, interleaved,
are its key. Pairs of a key and a row number are sorted by radix, one digit after the other. Where
many rows share a cell, as most rows do where a few lie far away, the rows of the cell are sorted in
turn by the cells of their own box. So the order suits any distribution.

Functions take a range of rows or of pairs, so that several threads can share the work; the result
does not depend on the ranges.
"""
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

import numpy as np

from .dense_rows cimport DenseRows

cdef enum:
    KEY_BITS = 24           # bits of a key
    DIGIT_BITS = 12         # bits that are sorted at a time
    DIGITS = 4096           # values of a digit
    MAX_CURVE_FEATURES = 8
    MAX_CELL_ROWS = 192     # rows of one key that are not sorted any further
    MAX_RUN_ROWS = 2097152  # nor are more than these: one thread takes 0.2 s, deaf to Ctrl-C
    MAX_DEPTH = 12          # boxes within boxes

N_DIGITS = DIGITS
N_PASSES = KEY_BITS // DIGIT_BITS
MAX_FEATURES = MAX_CURVE_FEATURES


cdef inline void read_one(DenseRows rows, Py_ssize_t i, double* x) noexcept nogil:
    """Read row i, of few features, with one look at the dtype."""
    cdef Py_ssize_t j
    cdef const char* values = rows.row(i)
    if rows.is_double:
        for j in range(rows.n_features):
            x[j] = (<const double*>(values + j * rows.col_stride))[0]
    else:
        for j in range(rows.n_features):
            x[j] = (<const float*>(values + j * rows.col_stride))[0]


cdef inline int bits_per_feature(Py_ssize_t n_features) noexcept nogil:
    return <int>min(12, KEY_BITS // n_features)


cdef struct Cells:
    # The cells of a box: cell numbers of column j are (value - low[j]) * scale[j].
    double low[MAX_CURVE_FEATURES]
    double scale[MAX_CURVE_FEATURES]
    double last                                 # number of the last cell
    uint32_t spread[MAX_CURVE_FEATURES][4096]   # bits of a cell number at their places in a key


cdef void set_cells(
    Cells* cells, const double* low, const double* high, Py_ssize_t n_features
) noexcept nogil:
    """Divide a box into cells; `spread` is left as it is."""
    cdef Py_ssize_t j
    cells.last = (1 << bits_per_feature(n_features)) - 1
    for j in range(n_features):
        cells.low[j] = low[j]
        cells.scale[j] = cells.last / (high[j] - low[j]) if high[j] > low[j] else 0
        if not cells.scale[j] < 1e300:
            cells.scale[j] = 0


cdef void set_spread(Cells* cells, Py_ssize_t n_features) noexcept nogil:
    cdef Py_ssize_t j
    cdef int bit, n_bits = bits_per_feature(n_features)
    cdef uint32_t cell, key
    for cell in range(<uint32_t>1 << n_bits):
        key = 0
        for bit in range(n_bits):
            key |= (cell >> bit & 1) << (bit * <int>n_features)
        for j in range(n_features):
            cells.spread[j][cell] = key << j


cdef inline uint64_t key_of(
    const Cells* cells, const double* x, Py_ssize_t n_features
) noexcept nogil:
    cdef Py_ssize_t j
    cdef uint32_t key = 0
    cdef double cell
    for j in range(n_features):
        cell = (x[j] - cells.low[j]) * cells.scale[j]
        cell = cells.last if cell > cells.last else cell
        cell = cell if cell > 0 else 0      # NaN too
        key |= cells.spread[j][<int32_t>cell]
    return key


def write_keys(
    DenseRows rows, Py_ssize_t lo, Py_ssize_t hi, const double[::1] low, const double[::1] high,
    uint64_t[::1] pairs,
):
    """Write the pairs of rows lo..hi: the key in the upper half, the number of the row below.

    Parameters
    ----------
    rows : DenseRows
    lo, hi : int
    low, high : ndarray of shape (n_features,), float64
        Box of the rows; rows outside are in its outermost cells.
    pairs : ndarray of shape (n_samples,), uint64
        Written.
    """
    cdef Py_ssize_t i, d = rows.n_features
    cdef double x[MAX_CURVE_FEATURES]
    cdef Cells* cells
    if d > MAX_CURVE_FEATURES or low.shape[0] != d or high.shape[0] != d:
        raise ValueError("rows must have at most 8 features, and the box as many")
    if not 0 <= lo <= hi <= min(rows.n_samples, pairs.shape[0]):
        raise IndexError("lo and hi must be numbers of rows")
    cells = <Cells*>malloc(sizeof(Cells))
    if cells == NULL:
        raise MemoryError("no memory for the cells of a curve")
    with nogil:
        set_cells(cells, &low[0], &high[0], d)
        set_spread(cells, d)
        for i in range(lo, hi):
            read_one(rows, i, x)
            pairs[i] = key_of(cells, x, d) << 32 | <uint64_t>i
        free(cells)


cdef inline Py_ssize_t row_of(uint64_t pair) noexcept nogil:
    return <uint32_t>pair


cdef inline Py_ssize_t digit_of(uint64_t pair, int digit) noexcept nogil:
    return pair >> (32 + digit * DIGIT_BITS) & (DIGITS - 1)


def count_digits(
    const uint64_t[::1] pairs, Py_ssize_t lo, Py_ssize_t hi, int digit, Py_ssize_t[::1] counts
):
    """Count how often each value of a digit occurs in pairs lo..hi."""
    cdef Py_ssize_t i
    if not 0 <= lo <= hi <= pairs.shape[0] or counts.shape[0] != DIGITS:
        raise IndexError("lo and hi must be numbers of pairs, and counts one of each digit")
    counts[:] = 0
    with nogil:
        for i in range(lo, hi):
            counts[digit_of(pairs[i], digit)] += 1


def move_pairs(
    const uint64_t[::1] pairs, Py_ssize_t lo, Py_ssize_t hi, int digit, Py_ssize_t[::1] places,
    uint64_t[::1] out,
):
    """Write pairs lo..hi where they belong by a digit.

    Parameters
    ----------
    pairs : ndarray of shape (n,), uint64
    lo, hi, digit : int
    places : ndarray of shape (4096,), intp
        Place of the first of the pairs with each digit, changed in place.
    out : ndarray of shape (n,), uint64
        Written at these places.
    """
    cdef Py_ssize_t i, value
    if not 0 <= lo <= hi <= pairs.shape[0] or places.shape[0] != DIGITS:
        raise IndexError("lo and hi must be numbers of pairs, and places one of each digit")
    if not 0 <= np.min(places) <= np.max(places) <= out.shape[0]:
        raise IndexError("places must be numbers of pairs")
    with nogil:
        for i in range(lo, hi):
            value = digit_of(pairs[i], digit)
            out[places[value]] = pairs[i]
            places[value] += 1


def next_key(const uint64_t[::1] pairs, Py_ssize_t i):
    """The first pair from i on with another key than the pair before; the end if there is none."""
    if not 0 <= i <= pairs.shape[0]:
        raise IndexError("i must be the number of a pair")
    while 0 < i < pairs.shape[0] and pairs[i] >> 32 == pairs[i - 1] >> 32:
        i += 1
    return i


def sort_cells(
    DenseRows rows, uint64_t[::1] pairs, Py_ssize_t lo, Py_ssize_t hi, uint64_t[::1] spare
):
    """Sort the rows of each key among pairs lo..hi, where there are many.

    Parameters
    ----------
    rows : DenseRows
    pairs : ndarray of shape (n_samples,), uint64
        Sorted by keys; changed in place.
    lo, hi : int
        As from `next_key`.
    spare : ndarray of shape (n_samples,), uint64
        Memory, written in lo..hi.
    """
    cdef Py_ssize_t[::1] places = np.empty(DIGITS, dtype=np.intp)
    cdef Cells* cells
    if not 0 <= lo <= hi <= min(pairs.shape[0], spare.shape[0]):
        raise IndexError("lo and hi must be numbers of pairs")
    cells = <Cells*>malloc(sizeof(Cells))
    if cells == NULL:
        raise MemoryError("no memory for the cells of a curve")
    if lo < hi:
        with nogil:
            set_spread(cells, rows.n_features)
            sort_runs(rows, &pairs[0], lo, hi, &spare[0], cells, &places[0], 0)
    free(cells)


cdef void sort_runs(
    DenseRows rows, uint64_t* pairs, Py_ssize_t lo, Py_ssize_t hi, uint64_t* spare, Cells* cells,
    Py_ssize_t* places, int depth,
) noexcept nogil:
    """Sort within each run of one key among pairs lo..hi."""
    cdef Py_ssize_t i = lo, end
    while i < hi:
        end = i + 1
        while end < hi and pairs[end] >> 32 == pairs[i] >> 32:
            end += 1
        if MAX_CELL_ROWS < end - i <= MAX_RUN_ROWS:
            sort_run(rows, pairs, i, end, spare, cells, places, depth)
        i = end


cdef void sort_run(
    DenseRows rows, uint64_t* pairs, Py_ssize_t lo, Py_ssize_t hi, uint64_t* spare, Cells* cells,
    Py_ssize_t* places, int depth,
) noexcept nogil:
    """Sort the rows of one key by the cells of their own box, and so on within these."""
    cdef Py_ssize_t i, j, d = rows.n_features
    cdef Py_ssize_t row
    cdef double low[MAX_CURVE_FEATURES]
    cdef double high[MAX_CURVE_FEATURES]
    cdef double x[MAX_CURVE_FEATURES]
    cdef bint extended = False
    for j in range(d):
        low[j], high[j] = INFINITY, -INFINITY
    for i in range(lo, hi):
        read_one(rows, row_of(pairs[i]), x)
        for j in range(d):
            low[j] = min(low[j], x[j])
            high[j] = max(high[j], x[j])
    for j in range(d):
        extended = extended or high[j] > low[j]
    if not extended or depth == MAX_DEPTH:
        return
    set_cells(cells, low, high, d)
    for i in range(lo, hi):
        row = row_of(pairs[i])
        read_one(rows, row, x)
        pairs[i] = key_of(cells, x, d) << 32 | <uint64_t>row
    sort_pairs(pairs + lo, hi - lo, spare + lo, places)
    sort_runs(rows, pairs, lo, hi, spare, cells, places, depth + 1)


cdef void sort_pairs(
    uint64_t* pairs, Py_ssize_t n, uint64_t* spare, Py_ssize_t* places
) noexcept nogil:
    """Sort pairs by their keys; the order of equal keys is kept."""
    cdef int digit
    cdef Py_ssize_t i, value, total, count
    cdef uint64_t* source = pairs
    cdef uint64_t* target = spare
    for digit in range(KEY_BITS // DIGIT_BITS):
        for value in range(DIGITS):
            places[value] = 0
        for i in range(n):
            places[digit_of(source[i], digit)] += 1
        total = 0
        for value in range(DIGITS):
            count = places[value]
            places[value] = total
            total += count
        for i in range(n):
            value = digit_of(source[i], digit)
            target[places[value]] = source[i]
            places[value] += 1
        source, target = target, source
    if source != pairs:
        memcpy(pairs, source, n * sizeof(uint64_t))


ctypedef fused real:
    float
    double


def gather(
    DenseRows rows, const uint64_t[::1] pairs, Py_ssize_t lo, Py_ssize_t hi, real[:, ::1] out
):
    """Copy the rows of pairs lo..hi, in their order, to rows lo..hi of `out`."""
    cdef Py_ssize_t i, j, d = rows.n_features, stride = rows.col_stride
    cdef const char* values
    if out.shape[1] != d or sizeof(real) != (8 if rows.is_double else 4):
        raise ValueError("out must have as many features as rows, and their dtype")
    if not 0 <= lo <= hi <= min(pairs.shape[0], out.shape[0]):
        raise IndexError("lo and hi must be numbers of pairs")
    with nogil:
        for i in range(lo, hi):
            if i + 16 < hi:
                rows.prefetch_row(row_of(pairs[i + 16]))
            values = rows.row(row_of(pairs[i]))
            for j in range(d):
                out[i, j] = (<const real*>(values + j * stride))[0]


def mark_distinct(const real[:, ::1] X, Py_ssize_t lo, Py_ssize_t hi, uint8_t[::1] distinct):
    """Mark the rows lo..hi that differ from the row before; returns their number."""
    cdef Py_ssize_t i, j, count = 0
    cdef bint differs
    if not 0 <= lo <= hi <= min(X.shape[0], distinct.shape[0]):
        raise IndexError("lo and hi must be numbers of rows")
    with nogil:
        for i in range(lo, hi):
            differs = i == 0
            if i:
                for j in range(X.shape[1]):
                    differs = differs | (X[i, j] != X[i - 1, j])
            distinct[i] = differs
            count += differs
    return count


def next_distinct(const uint8_t[::1] distinct, Py_ssize_t i):
    """The first row from i on that is marked as distinct; the end if there is none."""
    if not 0 <= i <= distinct.shape[0]:
        raise IndexError("i must be the number of a row")
    while i < distinct.shape[0] and not distinct[i]:
        i += 1
    return i


def merge_equal(
    const real[:, ::1] X, const uint64_t[::1] pairs, const uint8_t[::1] distinct, Py_ssize_t lo,
    Py_ssize_t hi, Py_ssize_t first, const double[::1] weights, int32_t[::1] places,
    real[:, ::1] out, double[::1] out_weights,
):
    """Write each row of lo..hi that differs from the one before, and its weight with its copies.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows in their order along the curve.
    pairs : ndarray of shape (n_samples,), uint64
        The numbers of these rows.
    distinct : ndarray of shape (n_samples,), uint8
        As `mark_distinct` wrote it.
    lo, hi : int
        Row lo differs from the row before.
    first : int
        Number of distinct rows before the range.
    weights : ndarray of shape (n_samples,), float64, or None
        Weight of each row by its number.
    places : ndarray of shape (n_samples,), int32
        Place of each row by its number; written.
    out : ndarray of shape (n_distinct, n_features)
    out_weights : ndarray of shape (n_distinct,), float64
    """
    cdef Py_ssize_t i, j, row, at = first - 1
    if not 0 <= lo <= hi <= min(X.shape[0], min(pairs.shape[0], distinct.shape[0])):
        raise IndexError("lo and hi must be numbers of rows")
    if lo < hi and not distinct[lo]:
        raise ValueError("a range must begin with a row that differs from the one before")
    with nogil:
        for i in range(lo, hi):
            if distinct[i]:
                at += 1
                for j in range(X.shape[1]):
                    out[at, j] = X[i, j]
                out_weights[at] = 0
            row = row_of(pairs[i])
            places[row] = <int32_t>at
            out_weights[at] += 1.0 if weights is None else weights[row]


def list_places(
    const uint64_t[::1] pairs, Py_ssize_t lo, Py_ssize_t hi, const double[::1] weights,
    int32_t[::1] places, double[::1] out_weights,
):
    """Write the place of each row of pairs lo..hi, and its weight there."""
    cdef Py_ssize_t i, row
    if not 0 <= lo <= hi <= pairs.shape[0]:
        raise IndexError("lo and hi must be numbers of pairs")
    with nogil:
        for i in range(lo, hi):
            row = row_of(pairs[i])
            places[row] = <int32_t>i
            if weights is not None:
                out_weights[i] = weights[row]
