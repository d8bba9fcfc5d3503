"""Rows as they were given, and their places in another order."""
from functools import partial

from libc.stdint cimport int32_t

import numpy as np

from .dense_rows cimport DenseRows

cdef enum:
    TAKEN_RANGES = 16       # ranges of labels that threads share


cdef class RowOrder:
    """Rows as they were given, and where each of them is in another order.

    Parameters
    ----------
    rows : DenseRows
        In the order in which they were given.
    places : ndarray of shape (n_samples,), int32
        The place of each in the other order.
    """

    def __init__(self, DenseRows rows, const int32_t[::1] places):
        if places.shape[0] != rows.n_samples:
            raise ValueError("places must have shape (n_samples,)")
        self.rows = rows
        self._places = places

    def first_rows(self, Py_ssize_t n_places):
        """The first row, as they were given, at each place of the other order."""
        cdef Py_ssize_t i
        rows = np.zeros(n_places, dtype=np.int32)
        cdef int32_t[::1] first = rows
        for i in range(self._places.shape[0] - 1, -1, -1):
            if not 0 <= self._places[i] < n_places:
                raise IndexError("places must be below n_places")
            first[self._places[i]] = <int32_t>i
        return rows

    cdef int take(
        self,
        const int32_t[::1] labels,  # IN   in the other order
        int32_t[::1] out,           # OUT  (n_samples,) in the order in which rows were given
        map_tasks,                  # as for `Pass`
    ) except -1:
        """Bring labels into the order in which rows were given."""
        cdef Py_ssize_t s
        take = partial(self.take_range, labels, out)
        if map_tasks is not None:
            map_tasks(take, TAKEN_RANGES)
        else:
            for s in range(TAKEN_RANGES):
                take(s)
        return 0

    def take_range(self, const int32_t[::1] labels, int32_t[::1] out, Py_ssize_t s):
        """Bring one of sixteen ranges of labels into order, in the calling thread."""
        cdef Py_ssize_t i, n = self._places.shape[0]
        cdef Py_ssize_t lo = s * n // TAKEN_RANGES, hi = (s + 1) * n // TAKEN_RANGES
        if out.shape[0] != n or not 0 <= s < TAKEN_RANGES:
            raise IndexError("out must have shape (n_samples,), and s be the number of a range")
        with nogil:
            for i in range(lo, hi):
                out[i] = labels[self._places[i]]
