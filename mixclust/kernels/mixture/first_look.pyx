"""The first look at the rows of a run, in a pass that evaluates all components for all of them.

It shows whether few components matter to a row and, if so, how far the rows of each label are from
each component: a table of labels and components, which bounds the first pass over sorted rows.
"""
from libc.stdint cimport int32_t

import numpy as np

from ..core.simd cimport F64_LANES, count_bits, f64v, f64v_load, f64v_lt_bits, f64v_set
from .drift cimport Drift
from .strip_pass cimport Strip

# Of the tables, one a shard: if they take more, there are none.
cdef double MAX_BYTES = 33554432

# Share of the pairs of a row and a component that may matter, up to which it pays to sort the rows.
cdef double MAX_SHARE = 0.125

cdef enum:
    ROWS_AT_A_TIME = 4


cdef class FirstLook:
    """The look at the rows of all shards.

    Parameters
    ----------
    n_components, n_shards : int
    """

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_shards):
        self.n_components, self.n_shards = n_components, n_shards
        self.is_declined = np.zeros(n_shards, dtype=np.uint8)

    cdef int begin(self) except -1:
        """Make room for the tables, unless there are too many components."""
        cdef Py_ssize_t K = self.n_components
        self.tables = None
        if 4.0 * self.n_shards * (K + 1) * K <= MAX_BYTES:
            self.tables = np.full((self.n_shards, K + 1, K), -np.inf, dtype=np.float32)
        return 0

    cdef int end(self) except -1:
        """Give the room back."""
        self.tables = None
        return 0

    cdef bint has_found_few(self) noexcept nogil:
        """Whether few components matter to rows of all shards."""
        cdef Py_ssize_t s
        for s in range(self.n_shards):
            if self.is_declined[s]:
                return False
        return True

    cdef Py_ssize_t count(self, Py_ssize_t s, const Strip* strip, double depth) noexcept nogil:
        """Count the pairs of a row and a component that matter in the first strip of a shard.

        The shard looks no further if these are many. `strip.spare` has the largest log-densities.
        """
        cdef Py_ssize_t i, k, v, n = 0, H = strip.height, L = F64_LANES
        cdef f64v below = f64v_set(depth)
        for k in range(self.n_components):
            for v in range(H // L):
                i = v * L
                n += count_bits(f64v_lt_bits(
                    f64v_load(strip.spare + H + i) - below, f64v_load(strip.resp + k * H + i)
                ))
        self.is_declined[s] = n > MAX_SHARE * self.n_components * H
        return n

    cdef void note(
        self, Py_ssize_t s, const Strip* strip,
        const int32_t* labels,      # IN   (strip.n,)
    ) noexcept nogil:
        """Raise the largest log-densities of the rows of each label under each component."""
        cdef Py_ssize_t i = 0, j, k, H = strip.height, K = self.n_components
        cdef const double* column
        cdef float* rows[ROWS_AT_A_TIME]
        cdef double terms[ROWS_AT_A_TIME]
        cdef float value
        while i < strip.n:
            for j in range(ROWS_AT_A_TIME):
                # Rows far from their component have no part in the table, nor have the places
                # behind the last row: the last line takes their numbers.
                k = min(<Py_ssize_t>labels[i + j], K) if i + j < strip.n else K
                rows[j] = &self.tables[s, k, 0]
                terms[j] = strip.spare[i + j]
            for k in range(K):
                column = strip.resp + k * H + i
                for j in range(ROWS_AT_A_TIME):
                    value = <float>(column[j] + terms[j])
                    rows[j][k] = value if value > rows[j][k] else rows[j][k]
            i += ROWS_AT_A_TIME

    cdef void merge(self, Drift drift) noexcept nogil:
        """Turn the largest log-densities of all shards into least distances, in the first table.

        Nothing is known of rows far from their component: the last line is zero.
        """
        cdef Py_ssize_t s, a, k, K = self.n_components
        cdef float* largest
        cdef const float* other
        for a in range(K):
            largest = &self.tables[0, a, 0]
            for s in range(1, self.n_shards):
                other = &self.tables[s, a, 0]
                for k in range(K):
                    largest[k] = other[k] if other[k] > largest[k] else largest[k]
            for k in range(K):
                largest[k] = drift.distance(k, largest[k])
        for k in range(K):
            self.tables[0, K, k] = 0
