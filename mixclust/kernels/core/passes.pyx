"""A pass over the rows: shards, in the calling thread or on a pool, interruptible.

A subclass defines the work on rows lo..hi (`process`) and the state in which a shard starts
(`begin_shard`); both run without the GIL and write only to the data of their shard. The results of
a pass lie in buffers of the subclass, one entry a shard, and are merged in shard order, so that the
number of threads changes no bit of them.
"""
from cpython.exc cimport PyErr_CheckSignals

cdef enum:
    SLICE_MULTIPLY_ADDS = 40000000     # about 10 ms, between two looks for Ctrl-C


cdef class Pass:
    """Rows cut into shards, and who maps a function over them.

    Parameters
    ----------
    n_samples : int
    shard_bounds : ndarray of shape (n_shards + 1,), intp
        Rows of shard s are ``shard_bounds[s]:shard_bounds[s + 1]``; all but the last bound are
        multiples of 48, so that panels of every width fit.
    map_tasks : callable or None
        ``map_tasks(function, n)`` calls ``function(0) .. function(n - 1)``, on any threads in
        any order. None: the calling thread runs them.
    """

    def __init__(
        self, Py_ssize_t n_samples, const Py_ssize_t[::1] shard_bounds, map_tasks=None
    ):
        if shard_bounds[0] != 0 or shard_bounds[shard_bounds.shape[0] - 1] != n_samples:
            raise ValueError("shard_bounds must cover all rows")
        self.n_samples = n_samples
        self.n_shards = shard_bounds.shape[0] - 1
        self._bounds = shard_bounds
        self._map = map_tasks
        self.set_work(1, 1)

    def shard(self, Py_ssize_t s):
        """Run the current pass over shard s, in the calling thread."""
        with nogil:
            self.run_shard(s)

    cdef void set_work(self, Py_ssize_t work_per_row, Py_ssize_t block_rows) noexcept nogil:
        """Say how many multiply-adds a row costs, and how many rows `process` takes at a time."""
        self.slice_rows = max(1, SLICE_MULTIPLY_ADDS // work_per_row // block_rows) * block_rows

    cdef int map_shards(self) except -1 nogil:
        """Run the current pass over all shards."""
        cdef Py_ssize_t s
        if self._map is None:
            for s in range(self.n_shards):
                self.run_shard(s)
        else:
            with gil:
                self._map(self.shard, self.n_shards)
        return 0

    cdef int run_shard(self, Py_ssize_t s) except -1 nogil:
        cdef Py_ssize_t lo = self._bounds[s], end = self._bounds[s + 1], hi
        self.begin_shard(s)
        while lo < end:
            hi = min(end, lo + self.slice_rows)
            if self.process(s, lo, hi) != 0:
                with gil:
                    raise MemoryError("no memory for the buffers of a pass")
            # Short work looks for Ctrl-C where it ends: taking the GIL costs more than a pass.
            if 16 * (hi - self._bounds[s]) > self.slice_rows:
                with gil:
                    PyErr_CheckSignals()
            lo = hi
        return 0

    cdef void begin_shard(self, Py_ssize_t s) noexcept nogil:
        """Clear the sums of shard s."""

    cdef int process(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
        """Run the current pass over rows lo..hi of shard s; returns -1 where memory is short."""
        return 0
