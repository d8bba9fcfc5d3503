"""The rows that each trial of k-means++ brings nearer. See trial_lists.pyx."""
from libc.stdint cimport int32_t, uint8_t


cdef class TrialLists:
    cdef Py_ssize_t[::1] counts         # (n_shards,) listed pairs, -1 if there are too many
    cdef int32_t[::1] rows              # counted from the first row of the shard
    cdef uint8_t[::1] trials
    cdef double[::1] distances          # squared
    cdef const Py_ssize_t[::1] _bounds
    cdef Py_ssize_t _n_trials, _min_seeds

    cdef inline Py_ssize_t first(self, Py_ssize_t s) noexcept nogil:
        """Place of the first pair of shard s."""
        return self._bounds[s] // 2

    cdef void begin(self, Py_ssize_t s, Py_ssize_t n_seeds) noexcept nogil
    cdef bint lists_after(self, Py_ssize_t n_seeds) noexcept nogil
    cdef Py_ssize_t n_unlisted_rows(self) noexcept nogil
    cdef void add(
        self, Py_ssize_t s, Py_ssize_t i, Py_ssize_t first, int better, const double* distances
    ) noexcept nogil
