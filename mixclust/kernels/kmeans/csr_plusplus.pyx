"""Greedy k-means++ on sparse rows: trials are columns, and a row reads the features it stores."""
cimport cython

import numpy as np

from ..rows.csr_rows cimport CSRRows, squared_norm, squared_norms_of_lanes
from .plusplus cimport PIECE_ROWS, GreedySeeding
from ..core.simd cimport F64_LANES


@cython.final
cdef class CSRPlusPlus(GreedySeeding):
    """Seeding on sparse rows.

    Parameters
    ----------
    rows : CSRRows
    shard_bounds, map_tasks
        As for `Pass`.
    n_clusters, n_trials : int
    """

    cdef CSRRows stored     # the rows
    cdef double[::1] _squared_norms
    cdef double _newest_norm

    def __init__(
        self, CSRRows rows, shard_bounds, Py_ssize_t n_clusters, Py_ssize_t n_trials,
        map_tasks=None,
    ):
        GreedySeeding.__init__(
            self, rows, shard_bounds, n_clusters, n_trials, map_tasks
        )
        self.stored = rows
        self.buffer_size = rows.n_features
        self.clears_buffer = True
        self._squared_norms = np.empty(self.lanes)
        self.set_work((4 * rows.n_stored // max(1, rows.n_samples) + 4) * self.lanes, PIECE_ROWS)
        # Seeds and trials are dense: with many features, the distances between them cost more
        # than the distances of rows that they could save.
        self.prune = 8 * n_clusters * rows.n_features < rows.n_stored

    cdef void draw_trials(self, const double* uniforms) noexcept nogil:
        GreedySeeding.draw_trials(self, uniforms)
        squared_norms_of_lanes(
            &self._columns[0], self.n_features, self.lanes, &self._squared_norms[0]
        )

    cdef void add_seed(self, Py_ssize_t c, const double* given, Py_ssize_t i) noexcept nogil:
        GreedySeeding.add_seed(self, c, given, i)
        self._newest_norm = squared_norm(&self._seeds[c, 0], self.n_features)

    cdef double distance_to_newest(self, Py_ssize_t i, double* buffer) noexcept nogil:
        return self.stored.distance_to(
            i, &self._seeds[self.n_seeds - 1, 0], self._newest_norm, buffer
        )

    cdef void distances_to_trials(
        self, const Py_ssize_t* indices, Py_ssize_t n, double* buffer, double* distances
    ) noexcept nogil:
        cdef Py_ssize_t L = F64_LANES, r, v
        for r in range(n):
            for v in range(self.lanes // L):
                self.stored.distances_to_lanes(
                    indices[r], &self._columns[v * L], self.lanes, &self._squared_norms[v * L],
                    distances + (v * 8 + r) * L,
                )
