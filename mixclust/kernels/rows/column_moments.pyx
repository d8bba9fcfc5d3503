"""Moments and range of each column in one pass, which also tells whether all values are finite."""
from libc.stdlib cimport free, malloc

from .panels cimport padded_width
from .rows cimport Frame, Rows
from ..core.simd cimport (
    F64_LANES, f64v, f64v_load, f64v_max, f64v_min, f64v_set, f64v_store,
)

cdef enum:
    BLOCK_DOUBLES = 2048    # numbers of a block: half of the smallest first-level cache


def column_sums(
    Rows rows, Py_ssize_t lo, Py_ssize_t hi, const double[::1] origin, double[:, ::1] sums,
):
    """Sums over rows lo..hi of the columns, about `origin`.

    Parameters
    ----------
    rows : Rows
    lo, hi : int
        Range of rows.
    origin : ndarray of shape (n_features,), float64
        Subtracted before squaring: a row of the data, so that an offset costs no digits.
    sums : ndarray of shape (6, n_features), float64
        Written: weighted sums of ``x - origin`` and of its square; smallest and largest
        ``x - origin`` of rows of positive weight, and zero; sums of ``0 * x`` (NaN where a column
        holds anything that is not finite); and largest ``|x - origin|`` of any row.
    """
    if origin.shape[0] != rows.n_features or sums.shape[1] != rows.n_features or sums.shape[0] != 6:
        raise ValueError("origin and sums must have n_features columns")
    if not 0 <= lo <= hi <= rows.n_samples:
        raise IndexError("lo..hi is not a range of rows")
    if rows.n_features == 0:
        return
    cdef int failed
    cdef Frame frame = Frame(origin)
    with nogil:
        failed = _column_sums(rows, frame, lo, hi, &sums[0, 0])
    if failed:
        raise MemoryError("no memory for a block of rows")


def merge_sums(const double[:, :, ::1] sums, double total_weight):
    """Range and variance of columns by the sums over all shards of their rows.

    Parameters
    ----------
    sums : ndarray of shape (n_shards, 6, n_features), float64
        As `column_sums` writes them; merged in shard order.
    total_weight : float
        Of the rows of all shards together: their number where they have no weights.

    Returns
    -------
    size : float
        Largest distance of any number from its column's origin; NaN if one is not finite.
    mean_variance : float
        Mean of the columns' weighted variances.
    """
    cdef Py_ssize_t s, j
    cdef double total, square, zero = 0, size = 0, variances = 0
    if sums.shape[1] != 6 or sums.shape[2] == 0 or not total_weight > 0:
        raise ValueError("sums must have shape (n_shards, 6, n_features), of rows with weight")
    for j in range(sums.shape[2]):
        total = square = 0
        for s in range(sums.shape[0]):
            total += sums[s, 0, j]
            square += sums[s, 1, j]
            size = max(size, sums[s, 5, j])
            zero += sums[s, 4, j]
        total /= total_weight
        variances += max(0.0, square / total_weight - total * total)
    return size + zero, variances / sums.shape[2]


def merge_extremes(const double[:, :, ::1] sums, double[:, ::1] extremes):
    """Smallest and largest value of each column, less its origin, in rows of positive weight.

    Parameters
    ----------
    sums : ndarray of shape (n_shards, 6, n_features), float64
        As `column_sums` writes them.
    extremes : ndarray of shape (2, n_features), float64
        Written.
    """
    cdef Py_ssize_t s, j
    if extremes.shape[0] != 2 or extremes.shape[1] != sums.shape[2] or sums.shape[1] != 6:
        raise ValueError("extremes must have shape (2, n_features)")
    for j in range(sums.shape[2]):
        extremes[0, j] = extremes[1, j] = 0
        for s in range(sums.shape[0]):
            extremes[0, j] = min(extremes[0, j], sums[s, 2, j])
            extremes[1, j] = max(extremes[1, j], sums[s, 3, j])


cdef int _column_sums(
    Rows rows, Frame frame, Py_ssize_t lo, Py_ssize_t hi, double* sums,
) noexcept nogil:
    cdef Py_ssize_t i, j, q, n, d = rows.n_features, L = F64_LANES
    cdef Py_ssize_t width = padded_width(d), height = max(1, BLOCK_DOUBLES // width)
    cdef double* block = <double*>malloc(height * width * sizeof(double))
    cdef double* columns = <double*>malloc(6 * width * sizeof(double))
    cdef f64v value, weighted, total, square, smallest, largest, zero, farthest
    if block == NULL or columns == NULL:
        free(block)
        free(columns)
        return -1
    for j in range(6 * width):
        columns[j] = 0
    while lo < hi:
        n = min(height, hi - lo)
        rows.read_framed(frame, lo, n, block)
        for q in range(width // L):
            total = f64v_load(columns + q * L)
            square = f64v_load(columns + width + q * L)
            smallest = f64v_load(columns + 2 * width + q * L)
            largest = f64v_load(columns + 3 * width + q * L)
            zero = f64v_load(columns + 4 * width + q * L)
            farthest = f64v_load(columns + 5 * width + q * L)
            for i in range(n):
                value = f64v_load(block + i * width + q * L)
                weighted = value
                if rows.weights != NULL:
                    weighted = f64v_set(rows.weights[lo + i]) * value
                total = total + weighted
                square = square + weighted * value
                if rows.weights == NULL or rows.weights[lo + i] > 0:
                    smallest = f64v_min(value, smallest)
                    largest = f64v_max(value, largest)
                zero = zero + value * f64v_set(0)
                farthest = f64v_max(f64v_max(value, f64v_set(0) - value), farthest)
            f64v_store(columns + q * L, total)
            f64v_store(columns + width + q * L, square)
            f64v_store(columns + 2 * width + q * L, smallest)
            f64v_store(columns + 3 * width + q * L, largest)
            f64v_store(columns + 4 * width + q * L, zero)
            f64v_store(columns + 5 * width + q * L, farthest)
        lo += n
    for i in range(6):
        for j in range(d):
            sums[i * d + j] = columns[i * width + j]
    free(block)
    free(columns)
    return 0
