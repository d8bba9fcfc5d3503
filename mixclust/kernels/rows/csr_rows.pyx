"""Sparse rows: read in place, and measured without being filled up.

Distances never come from the expanded square. A stored number contributes its squared difference.
The features that a row does not store contribute ``||c||^2`` less the squares of c at the stored
features; this remainder loses digits only where it is small, and there the row is filled up.
"""
from libc.math cimport NAN, fabs, sqrt
from libc.stdlib cimport calloc, free
from libc.string cimport memset

import numpy as np

from .panels cimport padded_width
from .rows cimport Frame, Rows
from .squared_distance cimport squared_distance
from ..core.simd cimport (
    F64_LANES, f64v, f64v_load, f64v_lt_bits, f64v_max, f64v_set, f64v_store,
    f64v_sum,
)

ctypedef fused real:
    float
    double

cdef enum:
    # A remainder below ||c||^2 / MAX_NORM_PER_REST has lost more than three of its 16 digits.
    MAX_NORM_PER_REST = 1024


cdef class CSRRows(Rows):
    """Rows of a canonical CSR matrix of float32 or float64, with weights.

    Parameters
    ----------
    X : scipy.sparse CSR matrix or array of shape (n_samples, n_features)
        Canonical; indices of either width. Read in place; never written.
    sample_weight : buffer of shape (n_samples,), float64, contiguous, or None
    """

    def __init__(self, X, const double[::1] sample_weight=None):
        if X.data.dtype not in (np.float32, np.float64):
            raise TypeError("X must hold float32 or float64")
        if X.indices.dtype != X.indptr.dtype or X.indices.dtype not in (np.int32, np.int64):
            raise TypeError("X must have indices of one width, int32 or int64")
        self.n_samples, self.n_features = X.shape
        self.n_stored = X.indptr[self.n_samples]
        if not 0 <= self.n_stored <= min(len(X.data), len(X.indices)):
            raise ValueError("X stores fewer numbers than its indptr says")
        self.is_double = X.data.dtype == np.float64
        self.is_long = X.indices.dtype == np.int64
        self._owners = (X.data, X.indices, X.indptr)
        self.data = _address(X.data)
        self.indices = _address(X.indices)
        self.indptr = _address(X.indptr)
        self.set_weights(sample_weight)

    cdef void read_plain(self, Py_ssize_t start, Py_ssize_t n, double* out) noexcept nogil:
        cdef Py_ssize_t i
        memset(out, 0, n * self.n_features * sizeof(double))
        for i in range(n):
            self.scatter(start + i, out + i * self.n_features)

    cdef void read_framed(
        self, Frame frame, Py_ssize_t start, Py_ssize_t n, double* block
    ) noexcept nogil:
        cdef Py_ssize_t i, j, p, d = self.n_features, width = padded_width(d)
        for i in range(start, start + n):
            for j in range(d):
                block[j] = 0.0 - frame.shift[j]
            block[d] = 1.0
            for j in range(d + 1, width):
                block[j] = 0.0
            for p in range(self.begin(i), self.begin(i + 1)):
                j = self.column(p)
                block[j] = self.value(p) - frame.shift[j]
            block += width

    cdef void read_strip(
        self, Frame frame, Py_ssize_t start, Py_ssize_t n, Py_ssize_t height, double* strip
    ) noexcept nogil:
        cdef Py_ssize_t i, j, p
        for j in range(self.n_features):
            for i in range(n):
                strip[j * height + i] = 0.0 - frame.shift[j]
            for i in range(n, height):
                strip[j * height + i] = 0.0
        for i in range(n):
            for p in range(self.begin(start + i), self.begin(start + i + 1)):
                j = self.column(p)
                strip[j * height + i] = self.value(p) - frame.shift[j]

    cdef void scatter(self, Py_ssize_t i, double* out) noexcept nogil:
        """Write the stored numbers of row i to their places in `out`."""
        cdef Py_ssize_t p
        for p in range(self.begin(i), self.begin(i + 1)):
            out[self.column(p)] = self.value(p)

    cdef void unscatter(self, Py_ssize_t i, double* out) noexcept nogil:
        """Write zeros there."""
        cdef Py_ssize_t p
        for p in range(self.begin(i), self.begin(i + 1)):
            out[self.column(p)] = 0

    cdef double distance_to(
        self,
        Py_ssize_t i,
        const double* center,       # IN     (n_features,)
        double squared_norm,        # IN     of the centre
        double* zeros,              # INOUT  (n_features,) zeros, before and after
    ) noexcept nogil:
        """Squared distance of row i to a centre."""
        cdef Py_ssize_t p
        cdef double c, t, stored = 0, covered = 0, rest
        for p in range(self.begin(i), self.begin(i + 1)):
            c = center[self.column(p)]
            t = self.value(p) - c
            stored += t * t
            covered += c * c
        rest = squared_norm - covered
        if MAX_NORM_PER_REST * rest >= squared_norm:
            return stored + rest
        self.scatter(i, zeros)
        stored = squared_distance(zeros, center, self.n_features)
        self.unscatter(i, zeros)
        return stored

    cdef int distances_to_lanes(
        self,
        Py_ssize_t i,
        const double* columns,      # IN   (n_features, padded) one point a lane
        Py_ssize_t padded,
        const double* squared_norms,    # IN   (F64_LANES,) by `squared_norms_of_lanes`
        double* distances,          # OUT  (F64_LANES,)
    ) noexcept nogil:
        """Squared distances of row i to one vector of points; exactly zero for an equal point.

        The squares of an equal point's features are added up here as they were for its norm, so
        the rest is zero to the last bit. Others are as exact as ``||c||^2`` in float64. Returns
        the bits of the lanes that have lost digits.
        """
        cdef Py_ssize_t p
        cdef f64v c, t, norm, rest, stored = f64v_set(0), covered = f64v_set(0)
        for p in range(self.begin(i), self.begin(i + 1)):
            c = f64v_load(columns + self.column(p) * padded)
            t = f64v_set(self.value(p)) - c
            stored = stored + t * t
            covered = covered + c * c
        norm = f64v_load(squared_norms)
        rest = norm - covered
        f64v_store(distances, stored + f64v_max(rest, f64v_set(0)))
        return f64v_lt_bits(f64v_set(MAX_NORM_PER_REST) * rest, norm)


cdef void squared_norms_of_lanes(
    const double* columns,          # IN   (n_features, padded)
    Py_ssize_t n_features,
    Py_ssize_t padded,              # a multiple of F64_LANES
    double* squared_norms,          # OUT  (padded,)
) noexcept nogil:
    """Squared norms of columns, added up feature by feature."""
    cdef Py_ssize_t j, v, L = F64_LANES
    cdef f64v c, covered
    for v in range(padded // L):
        covered = f64v_set(0)
        for j in range(n_features):
            c = f64v_load(columns + j * padded + v * L)
            covered = covered + c * c
        f64v_store(squared_norms + v * L, covered)


cdef double squared_norm(
    const double* x,            # IN (n,)
    Py_ssize_t n,
) noexcept nogil:
    """Sum of squares in float64."""
    cdef Py_ssize_t j, L = F64_LANES, whole = n - n % L
    cdef f64v a, total = f64v_set(0)
    cdef double rest = 0
    for j in range(whole // L):
        a = f64v_load(x + j * L)
        total = total + a * a
    for j in range(whole, n):
        rest += x[j] * x[j]
    return f64v_sum(total) + rest


cdef const void* _address(array):
    """Where a contiguous array begins, read-only ones included."""
    cdef const unsigned char[::1] octets
    if array.ndim != 1 or not array.flags.c_contiguous:
        raise ValueError("X must consist of contiguous arrays")
    if array.size == 0:
        return NULL
    octets = array.view(np.uint8)
    return &octets[0]


def column_sums(
    CSRRows rows, Py_ssize_t lo, Py_ssize_t hi, const double[::1] origin, double[:, ::1] sums,
):
    """Sums over the numbers that rows lo..hi store, about `origin`.

    Parameters
    ----------
    rows : CSRRows
    lo, hi : int
        Range of rows.
    origin : ndarray of shape (n_features,), float64
        Subtracted before squaring: a row of the data, so that an offset costs no digits.
    sums : ndarray of shape (n_features, 4), float64
        Written: weighted sums of ``x - origin`` and of its square, and the weight of the rows that
        store a number.

    Returns
    -------
    size : float
        The largest magnitude; NaN if any number is NaN or infinite.
    """
    cdef Py_ssize_t i, j, p, d = rows.n_features
    cdef double x, t, weight = 1, size = 0, zero = 0
    cdef double* column
    if origin.shape[0] != d or sums.shape[0] != d or sums.shape[1] != 4:
        raise ValueError("origin and sums must have n_features rows")
    if not 0 <= lo <= hi <= rows.n_samples:
        raise IndexError("lo..hi is not a range of rows")
    with nogil:
        for j in range(d):
            sums[j, 0] = sums[j, 1] = sums[j, 2] = sums[j, 3] = 0
        for i in range(lo, hi):
            if rows.weights != NULL:
                weight = rows.weights[i]
            for p in range(rows.begin(i), rows.begin(i + 1)):
                x = rows.value(p)
                j = rows.column(p)
                column = &sums[j, 0]
                t = x - origin[j]
                column[0] += weight * t
                column[1] += weight * t * t
                column[2] += weight
                size = max(size, fabs(x))
                zero += 0 * x
    return size if zero == 0 else NAN


def to_all(
    CSRRows rows, Py_ssize_t lo, Py_ssize_t hi, const double[:, ::1] columns,
    const double[:, ::1] centers, real[:, ::1] out,
):
    """Write Euclidean distances of rows lo..hi to all centres.

    Parameters
    ----------
    rows : CSRRows
    lo, hi : int
        Range of rows.
    columns : ndarray of shape (n_features, padded), float64
        Centres, a column each; `padded` is a multiple of the lanes of a vector.
    centers : ndarray of shape (n_clusters, n_features), float64
        The same centres, a row each.
    out : ndarray of shape (hi - lo, n_clusters), float32 or float64
        Written, in units of X.
    """
    cdef Py_ssize_t i, k, t, v, d = rows.n_features, K = centers.shape[0]
    cdef Py_ssize_t padded = columns.shape[1], L = F64_LANES
    cdef int lossy
    cdef double lanes[16]
    cdef double* zeros
    if not 0 <= lo <= hi <= rows.n_samples or out.shape[0] != hi - lo:
        raise IndexError("lo..hi is not a range of rows, or not that of out")
    if columns.shape[0] != d or centers.shape[1] != d or padded % L or not 1 <= K <= padded:
        raise ValueError("columns and centers must hold the same points of n_features numbers")
    if out.shape[1] != K:
        raise ValueError("out must have a column for each centre")
    zeros = <double*>calloc(d + padded, sizeof(double))
    if zeros == NULL:
        raise MemoryError("no memory for the distances of a row")
    with nogil:
        squared_norms_of_lanes(&columns[0, 0], d, padded, zeros + d)
        for i in range(lo, hi):
            for v in range(padded // L):
                lossy = rows.distances_to_lanes(
                    i, &columns[0, v * L], padded, zeros + d + v * L, lanes
                )
                for t in range(min(L, K - v * L)):
                    k = v * L + t
                    if lossy >> t & 1:
                        rows.scatter(i, zeros)
                        lanes[t] = squared_distance(zeros, &centers[k, 0], d)
                        rows.unscatter(i, zeros)
                    out[i - lo, k] = <real>sqrt(lanes[t])
    free(zeros)
