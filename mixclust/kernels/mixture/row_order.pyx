"""The order in which sorted rows are read, and the strips that they are cut into.

Rows are sorted by label within windows, each of some consecutive shards, so that the rows of a
strip share their few labels, and lie near each other in memory. Shards are ranges of places of the
order. The order depends on labels, and on the cut into shards, alone.
"""
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t

import numpy as np


cdef class RowOrder:
    """Labels of rows, and the order that they give.

    Holds 8 bytes a row, and 4 more while rows are sorted.

    Parameters
    ----------
    n_labels : int
    shard_bounds : ndarray of shape (n_shards + 1,), intp
        As for `Pass`.
    height : int
        Rows of a strip.
    """

    def __init__(
        self, Py_ssize_t n_labels, const Py_ssize_t[::1] shard_bounds not None, Py_ssize_t height
    ):
        cdef Py_ssize_t s
        self.n_shards = shard_bounds.shape[0] - 1
        self.n_samples, self.n_labels = shard_bounds[self.n_shards], n_labels
        self.shard_bounds, self.height = shard_bounds, height
        self._first_strips = np.zeros(self.n_shards + 1, dtype=np.intp)
        for s in range(self.n_shards):
            self._first_strips[s + 1] = self._first_strips[s] + (
                shard_bounds[s + 1] - shard_bounds[s] + height - 1
            ) // height
        self.n_strips = self._first_strips[self.n_shards]
        self.labels = np.zeros(self.n_samples, dtype=np.int32)
        self.ranges = np.zeros((self.n_strips, 2), dtype=np.int32)

    cdef Py_ssize_t strip(self, Py_ssize_t s, Py_ssize_t start) noexcept nogil:
        """Number of the strip of shard s that holds a place."""
        return self._first_strips[s] + (start - self.shard_bounds[s]) // self.height

    cdef int find_places(self, Py_ssize_t window) except -1:
        """Find the places of the rows, sorted by label in windows of no fewer rows."""
        cdef Py_ssize_t s = 0, end, lo, hi, i, label
        cdef const Py_ssize_t[::1] bounds = self.shard_bounds
        cdef Py_ssize_t[::1] starts = np.empty(self.n_labels + 1, dtype=np.intp)
        self.places = np.empty(self.n_samples, dtype=np.int32)
        while s < self.n_shards:
            PyErr_CheckSignals()
            end = s + 1
            while end < self.n_shards and (
                bounds[end] - bounds[s] < window or self.n_samples - bounds[end] < window
            ):
                end += 1
            lo, hi = bounds[s], bounds[end]
            starts[:] = 0
            for i in range(lo, hi):
                starts[self.labels[i] + 1] += 1
            starts[0] = lo
            for label in range(self.n_labels):
                starts[label + 1] += starts[label]
            for i in range(lo, hi):
                label = self.labels[i]
                self.places[starts[label]] = <int32_t>i
                starts[label] += 1
            s = end
        return 0

    cdef int sort(self, bint from_rows) except -1:
        """Take the places that were found, of rows in their own order or in the last one."""
        cdef Py_ssize_t i
        self._note_ranges()
        if not from_rows:
            for i in range(self.n_samples):
                self.places[i] = self.rows[self.places[i]]
        self.rows, self.places = self.places, None
        return 0

    cdef int _note_ranges(self) except -1:
        """Note the first and the last label of the rows that come to each strip."""
        cdef Py_ssize_t s, start, t = 0
        for s in range(self.n_shards):
            start = self.shard_bounds[s]
            while start < self.shard_bounds[s + 1]:
                self.ranges[t, 0] = self.labels[self.places[start]]
                start = min(start + self.height, self.shard_bounds[s + 1])
                self.ranges[t, 1] = self.labels[self.places[start - 1]]
                t += 1
        return 0

    cdef int least_of_strips(
        self,
        const float[:, ::1] old,    # IN   (n_strips, n_columns) bounds of the strips before
        float[:, ::1] new,          # OUT  (n_strips, n_columns)
    ) except -1:
        """Bound each strip that is to come by the strips that its rows come from."""
        cdef Py_ssize_t s, i, k, place, before, last = -1, t = -1, source = 0
        for s in range(self.n_shards):
            PyErr_CheckSignals()
            for i in range(self.shard_bounds[s], self.shard_bounds[s + 1]):
                if (i - self.shard_bounds[s]) % self.height == 0:
                    t, last = t + 1, -1
                place = self.places[i]
                while place >= self.shard_bounds[source + 1]:
                    source += 1
                while place < self.shard_bounds[source]:
                    source -= 1
                before = self.strip(source, place)
                if before == last:
                    continue
                for k in range(old.shape[1]):
                    new[t, k] = (
                        old[before, k] if last < 0 or old[before, k] < new[t, k] else new[t, k]
                    )
                last = before
        return 0

    cdef int least_of_labels(
        self,
        const float[:, ::1] table,  # IN   (n, n_columns) bounds of rows of each label
        float[:, ::1] new,          # OUT  (n_strips, n_columns)
    ) except -1:
        """Bound each strip that is to come by the labels of its rows; the last line of the table
        is for all labels that have none."""
        cdef Py_ssize_t s, i, k, label, last = -1, t = -1
        for s in range(self.n_shards):
            PyErr_CheckSignals()
            for i in range(self.shard_bounds[s], self.shard_bounds[s + 1]):
                if (i - self.shard_bounds[s]) % self.height == 0:
                    t, last = t + 1, -1
                label = min(<Py_ssize_t>self.labels[self.places[i]], table.shape[0] - 1)
                if label == last:
                    continue
                for k in range(table.shape[1]):
                    new[t, k] = (
                        table[label, k] if last < 0 or table[label, k] < new[t, k] else new[t, k]
                    )
                last = label
        return 0
