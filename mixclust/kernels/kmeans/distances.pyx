"""Distances of rows to all centres, and to the nearest two, from differences in float64."""
from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int32_t
from libc.stdlib cimport free, malloc

from ..rows.squared_distance cimport decide_row, distances_to_lanes, squared_distance
from ..rows.dense_rows cimport DenseRows
from ..core.simd cimport F64_LANES

ctypedef fused real:
    float
    double


def lanes():
    """Centres that are measured at a time: `columns` below is padded to a multiple of it."""
    return F64_LANES


def to_nearest(DenseRows rows, const double[:, ::1] centers, int32_t[::1] labels):
    """Write the nearest centre of a few rows, without packing anything.

    Parameters
    ----------
    rows : DenseRows
    centers : ndarray of shape (n_clusters, n_features), float64
    labels : ndarray of shape (n_samples,), int32
        Written.

    Returns
    -------
    inertia : float
        Weighted sum of the squared distances; not finite if one of them is not.
    """
    cdef Py_ssize_t i, k, d = rows.n_features
    cdef double distance, inertia = 0
    cdef double* row
    if centers.shape[0] < 1 or centers.shape[1] != d or labels.shape[0] != rows.n_samples:
        raise ValueError("centers or labels do not fit the rows")
    row = <double*>malloc(d * sizeof(double))
    if row == NULL:
        raise MemoryError("no memory for a row")
    with nogil:
        for i in range(rows.n_samples):
            rows.read_plain(i, 1, row)
            k = decide_row(row, &centers[0, 0], centers.shape[0], d)
            labels[i] = <int32_t>k
            distance = squared_distance(row, &centers[k, 0], d)
            inertia += distance if rows.weights == NULL else rows.weights[i] * distance
    free(row)
    return inertia


def to_all(
    DenseRows rows, Py_ssize_t lo, Py_ssize_t hi, const double[:, ::1] columns, real[:, ::1] out
):
    """Write Euclidean distances of rows lo..hi to all centres.

    Parameters
    ----------
    rows : DenseRows
    lo, hi : int
        Range of rows.
    columns : ndarray of shape (n_features, padded), float64
        Centres, a column each; `padded` is at least n_clusters and a multiple of `lanes()`.
    out : ndarray of shape (n_samples, n_clusters), float32 or float64
        Rows lo..hi are written, in units of X.

    Returns
    -------
    finite : bool
        Whether all distances are, as they are written.
    """
    cdef Py_ssize_t i, r, k, n, K = out.shape[1], padded = columns.shape[1]
    cdef double* buffer
    cdef bint finite = True
    _check(rows, lo, hi, columns, out.shape[0], K)
    buffer = <double*>malloc(8 * (padded + rows.n_features) * sizeof(double))
    if buffer == NULL:
        raise MemoryError("no memory for the distances of eight rows")
    with nogil:
        i = lo
        while i < hi:
            n = min(8, hi - i)
            _measure_eight(rows, i, n, &columns[0, 0], padded, buffer, buffer + 8 * padded)
            for r in range(n):
                for k in range(K):
                    out[i + r, k] = <real>sqrt(buffer[r * padded + k])
                    finite = finite and out[i + r, k] < INFINITY
            i += n
    free(buffer)
    return finite


def to_nearest_two(
    DenseRows rows, Py_ssize_t lo, Py_ssize_t hi, const double[:, ::1] columns,
    const double[:, ::1] centers, int32_t[:, ::1] labels, double[:, ::1] distances,
):
    """Write the nearest and the second nearest centre of rows lo..hi, and their distances.

    Parameters
    ----------
    rows, lo, hi, columns
        As in `to_all`.
    centers : ndarray of shape (n_clusters, n_features), float64
        The same centres, a row each; at least two.
    labels : ndarray of shape (n_samples, 2), int32
        Rows lo..hi are written.
    distances : ndarray of shape (n_samples, 2), float64
        Rows lo..hi are written: Euclidean distances, in units of X.

    Returns
    -------
    finite : bool
        Whether all distances are.
    """
    cdef Py_ssize_t i, r, k, n, first, second, K = centers.shape[0], padded = columns.shape[1]
    cdef double* buffer
    cdef double* row
    cdef bint finite = True
    _check(rows, lo, hi, columns, min(labels.shape[0], distances.shape[0]), K)
    if K < 2 or centers.shape[1] != rows.n_features:
        raise ValueError("centers must hold two rows of n_features numbers at least")
    buffer = <double*>malloc(8 * (padded + rows.n_features) * sizeof(double))
    if buffer == NULL:
        raise MemoryError("no memory for the distances of eight rows")
    with nogil:
        i = lo
        while i < hi:
            n = min(8, hi - i)
            _measure_eight(rows, i, n, &columns[0, 0], padded, buffer, buffer + 8 * padded)
            for r in range(n):
                row = buffer + r * padded
                first, second = _smallest_two(row, K)
                # As close as rounding: the order of `predict` holds. Zero is exact.
                if row[first] != 0 and row[second] - row[first] <= 1e-12 * row[second]:
                    k = _decide_among(
                        buffer + 8 * padded + r * rows.n_features, &centers[0, 0], K,
                        rows.n_features, row, row[first],
                    )
                    if k != first:
                        second = first
                        first = k
                labels[i + r, 0] = <int32_t>first
                labels[i + r, 1] = <int32_t>second
                distances[i + r, 0] = sqrt(row[first])
                distances[i + r, 1] = sqrt(row[second])
                finite = finite and row[second] < INFINITY
            i += n
    free(buffer)
    return finite


cdef int _check(
    DenseRows rows, Py_ssize_t lo, Py_ssize_t hi, const double[:, ::1] columns, Py_ssize_t n_out,
    Py_ssize_t n_clusters,
) except -1:
    if not 0 <= lo <= hi <= min(rows.n_samples, n_out):
        raise IndexError("lo..hi is not a range of rows")
    if columns.shape[0] != rows.n_features or columns.shape[1] < max(n_clusters, 1):
        raise ValueError("columns must have shape (n_features, n_clusters) or be wider")
    if columns.shape[1] % F64_LANES:
        raise ValueError("columns must be padded to a multiple of lanes()")
    return 0


cdef void _measure_eight(
    DenseRows rows, Py_ssize_t i, Py_ssize_t n, const double* columns, Py_ssize_t padded,
    double* squares,            # OUT (8, padded)
    double* eight,              # OUT (8, n_features) the rows themselves
) noexcept nogil:
    """Squared distances of rows i .. i + n, at most eight, to all columns."""
    cdef Py_ssize_t r, v, t, d = rows.n_features, L = F64_LANES
    cdef const double* pointers[8]
    cdef double lanes_out[64]
    for r in range(8):
        pointers[r] = eight + min(r, n - 1) * d
    rows.read_plain(i, n, eight)
    for v in range(padded // L):
        distances_to_lanes(pointers, columns + v * L, padded, d, lanes_out)
        for r in range(n):
            for t in range(L):
                squares[r * padded + v * L + t] = lanes_out[r * L + t]


cdef Py_ssize_t _decide_among(
    const double* x, const double* centers, Py_ssize_t n_clusters, Py_ssize_t n_features,
    const double* squares, double smallest,
) noexcept nogil:
    """The nearest centre, as `decide_row` finds it, of the ones with squares near the smallest."""
    cdef Py_ssize_t k, nearest = 0
    cdef double distance, least = INFINITY
    for k in range(n_clusters):
        if squares[k] - smallest <= 1e-12 * squares[k]:
            distance = squared_distance(x, centers + k * n_features, n_features)
            if distance < least:
                least = distance
                nearest = k
    return nearest


cdef (Py_ssize_t, Py_ssize_t) _smallest_two(const double* values, Py_ssize_t n) noexcept nogil:
    """Indices of the smallest and the second smallest value; the earlier of equals first."""
    cdef Py_ssize_t k, first = 0, second = 0
    cdef double least = INFINITY, next_least = INFINITY
    for k in range(n):
        if values[k] < least:
            second, next_least = first, least
            first, least = k, values[k]
        elif values[k] < next_least:
            second, next_least = k, values[k]
    return first, second
