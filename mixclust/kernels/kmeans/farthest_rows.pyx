"""The rows that lie farthest from their centres: they refill empty clusters."""
from libc.stdint cimport int32_t

import numpy as np

from ..core.simd cimport CACHE_LINE, cache_line
from .nearest_center cimport NearestCenter

cdef enum:
    CHUNK_ROWS = 16320      # rows that are ranked at a time: whole panels of any height


cdef object farthest_rows(
    NearestCenter nearest, const int32_t[::1] labels, Py_ssize_t count
):
    """Indices and squared distances of the rows farthest from their centres, farthest first."""
    cdef Py_ssize_t i, start, n, lo = 0, hi, chunk = CHUNK_ROWS
    cdef unsigned char[::1] buffer = np.empty(
        nearest.buffer_bytes + CACHE_LINE, dtype=np.uint8
    )
    cdef double[::1] out = np.empty(chunk)
    indices, distances = np.empty(0, dtype=np.intp), np.empty(0)
    while lo < labels.shape[0]:
        hi = min(lo + chunk, labels.shape[0])
        with nogil:
            start = lo
            while start < hi:
                n = min(nearest.block_rows, hi - start)
                nearest.measure(
                    start, n, &labels[0], &out[start - lo], cache_line(&buffer[0])
                )
                start += n
            for i in range(lo, hi):
                if not nearest.rows.weight(i) > 0:
                    out[i - lo] = -1
        indices = np.concatenate([indices, np.arange(lo, hi)])
        distances = np.concatenate([distances, np.asarray(out[:hi - lo])])
        order = np.argsort(-distances, kind="stable")[:count]
        indices, distances = indices[order], distances[order]
        lo = hi
    return indices[distances >= 0], distances[distances >= 0]
