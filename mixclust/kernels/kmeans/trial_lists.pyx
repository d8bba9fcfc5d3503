"""The rows that each trial of k-means++ brings nearer, and the distances.

Once a trial is chosen, the rows that it takes need not be looked for and measured again. A pair of
a row and a trial takes 13 bytes, and there is room for one pair for two rows. After c seeds each
trial brings about one in c rows nearer, so the first steps do without lists.
"""
cimport cython
from cpython.pyport cimport PY_SSIZE_T_MAX

import numpy as np

from ..core.simd cimport lowest_flag

cdef enum:
    MAX_LISTED_TRIALS = 256


@cython.final
cdef class TrialLists:
    """Lists of pairs of a row and a trial, one of each shard, in ascending order of the rows of a
    trial.

    Parameters
    ----------
    shard_bounds : ndarray of shape (n_shards + 1,), intp
    n_trials : int
    has_room : bool
        Whether there is room for pairs; otherwise none are listed.
    """

    def __init__(self, const Py_ssize_t[::1] shard_bounds, Py_ssize_t n_trials, bint has_room):
        n_pairs = shard_bounds[shard_bounds.shape[0] - 1] // 2 if has_room else 0
        self._bounds = shard_bounds
        self._n_trials = n_trials
        self._min_seeds = 2 * n_trials
        if not has_room or n_trials > MAX_LISTED_TRIALS:
            self._min_seeds = PY_SSIZE_T_MAX
        self.counts = np.full(shard_bounds.shape[0] - 1, -1, dtype=np.intp)
        self.rows = np.empty(n_pairs, dtype=np.int32)
        self.trials = np.empty(n_pairs, dtype=np.uint8)
        self.distances = np.empty(n_pairs)

    cdef bint lists_after(self, Py_ssize_t n_seeds) noexcept nogil:
        """Whether pairs are listed in the step after so many seeds."""
        return n_seeds >= self._min_seeds

    cdef void begin(self, Py_ssize_t s, Py_ssize_t n_seeds) noexcept nogil:
        """Clear the list of shard s for the step after so many seeds."""
        self.counts[s] = 0 if self.lists_after(n_seeds) else -1

    cdef Py_ssize_t n_unlisted_rows(self) noexcept nogil:
        """Number of rows in shards with too many pairs."""
        cdef Py_ssize_t s, n = 0
        for s in range(self.counts.shape[0]):
            if self.counts[s] < 0:
                n += self._bounds[s + 1] - self._bounds[s]
        return n

    cdef void add(
        self,
        Py_ssize_t s,               # IN  shard with a list
        Py_ssize_t i,               # IN  row
        Py_ssize_t first,           # IN  trial of the lowest bit
        int better,                 # IN  a bit for each trial that brings the row nearer
        const double* distances,    # IN  squared, to the trials of the bits
    ) noexcept nogil:
        """List a row with the trials that bring it nearer."""
        cdef Py_ssize_t t, q
        while better:
            t = lowest_flag(better)
            better &= better - 1
            if first + t >= self._n_trials:     # the last trial fills the vector
                return
            q = self.first(s) + self.counts[s]
            if q == self.first(s + 1):
                self.counts[s] = -1
                return
            self.rows[q] = <int32_t>(i - self._bounds[s])
            self.trials[q] = <uint8_t>(first + t)
            self.distances[q] = distances[t]
            self.counts[s] += 1
