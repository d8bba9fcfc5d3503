"""The nearest centre of rows of one feature: a search among sorted centres, in float64.

The squared distance as float64 rounds it never falls with the distance, so the nearest centres,
ties by rounding included, are adjacent in the sorted order: the two around a row are looked at,
and further ones while they are as near.
"""
cimport cython
from libc.math cimport INFINITY
from libc.stdint cimport int32_t
from libc.stdlib cimport qsort

import numpy as np

from ..rows.rows cimport Blocks
from .dense_nearest cimport DenseNearest
from .nearest_center cimport Tally

cdef enum:
    ROWS_TOGETHER = 16      # searches that run side by side


cdef struct Entry:
    double value
    Py_ssize_t k            # the first centre with this value


@cython.final
cdef class SortedNearest(DenseNearest):
    """Finds the nearest centre of rows of one feature in sorted centres.

    Parameters
    ----------
    blocks : Blocks
        Rows of one feature.
    n_clusters : int
    """

    cdef Py_ssize_t _n_values, _n_padded
    cdef double[::1] _values            # (2^n - 1,) in ascending order, then infinity
    cdef int32_t[::1] _first, _copied
    cdef unsigned char[::1] _entries

    def __init__(self, Blocks blocks, Py_ssize_t n_clusters):
        DenseNearest.__init__(self, blocks, n_clusters)
        if self.n_features != 1:
            raise ValueError("rows must have one feature")
        self._n_padded = 1 << n_clusters.bit_length()
        self._values = np.empty(self._n_padded)
        self._first = np.empty(n_clusters, dtype=np.int32)
        self._copied = np.empty(n_clusters, dtype=np.int32)
        self._entries = np.empty(n_clusters * sizeof(Entry), dtype=np.uint8)

    cdef void prepare(self) noexcept nogil:
        """Sort the centres, and keep the first of equals."""
        cdef Py_ssize_t k, n = 0, K = self.n_clusters
        cdef Entry* entries = <Entry*>&self._entries[0]
        for k in range(K):
            self._framed[k, 0] = self._centers[k, 0] - self.frame.shift[0]
            self._framed[k, 1] = 1.0    # as in a block: adds nothing to a distance
            entries[k].value = self._centers[k, 0]
            entries[k].k = k
        qsort(entries, K, sizeof(Entry), by_value)
        for k in range(K):
            if n and self._values[n - 1] == entries[k].value:
                self._copied[n - 1] = True
                continue
            self._values[n] = entries[k].value
            self._first[n] = <int32_t>entries[k].k
            self._copied[n] = False
            n += 1
        for k in range(n, self._n_padded):
            self._values[k] = INFINITY
        self._n_values = n

    cdef int assign(
        self, Py_ssize_t start, Py_ssize_t n, int32_t* labels, Tally* tally, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t i, p, B = self.tile_rows
        cdef double* rows = <double*>buffer
        cdef float* found = <float*>(rows + B)
        cdef double distance
        self._search(start, n, rows, found)
        for i in range(n):
            p = self._nearest_place(rows[i], <Py_ssize_t>found[i])
            found[i] = <float>self._first_of_equals(rows[i], p)
            distance = (rows[i] - self._values[p]) * (rows[i] - self._values[p])
            tally.n_lost += not distance < INFINITY
        return self._settle(start, n, labels, found, tally)

    cdef void _search(
        self, Py_ssize_t start, Py_ssize_t n, double* rows, float* places
    ) noexcept nogil:
        """Read rows, and find the place of the last centre below each, or 0."""
        cdef Py_ssize_t i = 0, r, half, m
        cdef const double* at[ROWS_TOGETHER]
        cdef double x[ROWS_TOGETHER]
        cdef const double* values = &self._values[0]
        self.rows.read_plain(start, n, rows)
        while i < n:
            m = min(ROWS_TOGETHER, n - i)
            for r in range(ROWS_TOGETHER):
                at[r] = values
                x[r] = rows[i + min(r, m - 1)]
            half = self._n_padded // 2
            while half > 0:
                for r in range(ROWS_TOGETHER):
                    at[r] += half * (at[r][half - 1] < x[r])
                half //= 2
            for r in range(m):
                places[i + r] = <float>max(0, at[r] - values - 1)
            i += m

    cdef Py_ssize_t _nearest_place(self, double x, Py_ssize_t p) noexcept nogil:
        """The place of the nearest value, if it is p or the next; p of equals."""
        cdef Py_ssize_t q = min(p + 1, self._n_values - 1)
        cdef double here = x - self._values[p], after = x - self._values[q]
        return p + (q - p) * (after * after < here * here)  # no branch: it is hard to predict

    cdef Py_ssize_t _first_of_equals(self, double x, Py_ssize_t p) noexcept nogil:
        """The lowest number of the centres that are as near as the one at place p."""
        cdef double t = x - self._values[p], square = t * t
        cdef Py_ssize_t q = p + 1, k = self._first[p]
        while q < self._n_values and (x - self._values[q]) * (x - self._values[q]) <= square:
            k = min(k, self._first[q])
            q += 1
        q = p - 1
        while q >= 0 and (x - self._values[q]) * (x - self._values[q]) <= square:
            k = min(k, self._first[q])
            q -= 1
        return k

    cdef void measure_margins(
        self, Py_ssize_t start, Py_ssize_t n, double* out, void* buffer
    ) noexcept nogil:
        cdef Py_ssize_t lo = 0, i, p, q, B = self.tile_rows
        cdef double* rows = <double*>buffer
        cdef float* found = <float*>(rows + B)
        cdef double square, second
        while lo < n:
            self._search(start + lo, min(B, n - lo), rows, found)
            for i in range(min(B, n - lo)):
                p = self._nearest_place(rows[i], <Py_ssize_t>found[i])
                square = (rows[i] - self._values[p]) * (rows[i] - self._values[p])
                second = INFINITY
                for q in range(max(0, p - 1), min(p + 2, self._n_values)):
                    if q != p:
                        second = min(
                            second, (rows[i] - self._values[q]) * (rows[i] - self._values[q])
                        )
                out[lo + i] = second - square
                if self._copied[p] or not second < INFINITY:
                    out[lo + i] = 0
            lo += B


cdef int by_value(const void* a, const void* b) noexcept nogil:
    """Order by value, and equal values by centre."""
    cdef const Entry* x = <const Entry*>a
    cdef const Entry* y = <const Entry*>b
    if x.value != y.value:
        return (x.value > y.value) - (x.value < y.value)
    return (x.k > y.k) - (x.k < y.k)
