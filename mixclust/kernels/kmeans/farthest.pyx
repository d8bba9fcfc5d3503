"""The rows that lie farthest from their centres: they refill empty clusters."""
from libc.stdint cimport int32_t

import numpy as np

from ..core.simd cimport CACHE_LINE, cache_line
from .nearest_center cimport NearestCenter

cdef enum:
    CHUNK_ROWS = 16320      # rows that are measured at a time: whole panels of any height
    MIN_LISTED = 4096       # rows that are listed before they are ranked


cdef object farthest_rows(
    NearestCenter nearest, const int32_t* labels, Py_ssize_t count, const int32_t[::1] given
):
    """Find rows of positive weight farthest from the centres of their labels.

    Parameters
    ----------
    nearest : NearestCenter
        Under the centres of its last pass.
    labels : int32_t*
        (n_samples,) of all rows.
    count : int
        Rows that are wanted.
    given : ndarray of shape (n_samples,), int32, or None
        The number of each row in the order in which rows were given, if it is another one.

    Returns
    -------
    indices : ndarray of at most `count` numbers of rows, intp
        The farthest first; of equally far rows the one that was given earlier.
    distances : ndarray of float64
        Squared, in squared units of X.
    """
    cdef Py_ssize_t i, start, n, n_listed = 0, lo = 0, hi, n_samples = nearest.rows.n_samples
    cdef Py_ssize_t capacity = max(2 * count, <Py_ssize_t>MIN_LISTED)
    cdef double least = -1
    cdef unsigned char[::1] buffer = np.empty(nearest.buffer_bytes + CACHE_LINE, dtype=np.uint8)
    cdef double[::1] out = np.empty(CHUNK_ROWS)
    indices, distances = np.empty(capacity, dtype=np.intp), np.empty(capacity)
    cdef Py_ssize_t[::1] listed = indices
    cdef double[::1] listed_distances = distances
    while lo < n_samples:
        hi = min(lo + CHUNK_ROWS, n_samples)
        with nogil:
            start = lo
            while start < hi:
                n = min(nearest.block_rows, hi - start)
                nearest.measure(start, n, labels, &out[start - lo], cache_line(&buffer[0]))
                start += n
        i = lo
        while i < hi:
            while i < hi and n_listed < capacity:
                if (
                    out[i - lo] > least or given is not None and out[i - lo] == least
                ) and nearest.rows.weight(i) > 0:
                    listed[n_listed] = i
                    listed_distances[n_listed] = out[i - lo]
                    n_listed += 1
                i += 1
            if n_listed == capacity:
                n_listed = rank(indices, distances, n_listed, count, given)
                least = listed_distances[count - 1]
        lo = hi
    n_listed = rank(indices, distances, n_listed, count, given)
    return indices[:n_listed], distances[:n_listed]


cdef Py_ssize_t rank(
    indices, distances, Py_ssize_t n_listed, Py_ssize_t count, const int32_t[::1] given
) except -1:
    """Bring the largest distances to the front of both lists; returns how many there are."""
    rows = indices[:n_listed] if given is None else np.asarray(given)[indices[:n_listed]]
    order = np.lexsort((rows, -distances[:n_listed]))[:count]
    n_ranked = len(order)
    indices[:n_ranked], distances[:n_ranked] = indices[order], distances[order]
    return n_ranked
