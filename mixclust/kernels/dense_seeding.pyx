"""Greedy k-means++ on dense rows: screened in float32, measured in float64 where it must be."""
cimport cython
from libc.stdint cimport uint16_t

import numpy as np

from .exact cimport distances_to_lanes, read_row, squared_distance
from .rows cimport Rows
from .screen cimport (
    frame_rows, pack_norm, pack_trials, screen_eight, screen_trials, screen_width, unpack_norm,
)
from .seeding cimport GreedySeeding
from .simd cimport F32_LANES, F32_SPLIT, F64_LANES, prefetch

cdef enum:
    SCREEN_FEATURES = 8     # with fewer, measuring costs no more than screening
    AHEAD_BYTES = 4096      # how far ahead of what is read the cache is told of rows


@cython.final
cdef class PlusPlus(GreedySeeding):
    """Seeding on dense rows, those that no trial can bring nearer screened out in float32.

    Parameters
    ----------
    rows : Rows
        With the frame (shift and scale) that the screen uses.
    shard_bounds, map_tasks
        As for `Pass`.
    n_clusters, n_trials : int
    """

    cdef Rows rows
    cdef Py_ssize_t _width, _n_vectors, _ahead, _row_bytes
    cdef double _scale, _gamma, _slope, _floor
    cdef float[::1] _origin_float, _pairs, _halves
    cdef double[::1] _origin
    cdef uint16_t[::1] _norms

    def __init__(
        self, Rows rows, shard_bounds, Py_ssize_t n_clusters, Py_ssize_t n_trials, map_tasks=None
    ):
        cdef Py_ssize_t j, d = rows.n_features
        GreedySeeding.__init__(
            self, rows.n_samples, d, rows.is_double, shard_bounds, n_clusters, n_trials, map_tasks
        )
        self.rows = rows
        self.weights = rows.weights
        self._width = screen_width(d)
        self._n_vectors = (n_trials + screen_trials() - 1) // screen_trials()
        self.buffer_size = 8 * d + 4 * self._width      # eight rows in float64 and in float32
        # Rows of float32 are framed in float32, which must hold the scale and the origin.
        self._scale = rows.scale
        if not rows.is_double:
            self._scale = min(2.0 ** 126, max(2.0 ** -126, rows.scale))
        self._origin_float = np.empty(d, dtype=np.float32)
        self._origin = np.empty(d)
        for j in range(d):
            self._origin[j] = rows.shift[j] * self._scale
            self._origin_float[j] = <float>self._origin[j]
            if not rows.is_double:
                self._origin[j] = self._origin_float[j]
        # Rows that will be read soon, as long as whole lines of the cache are read of them.
        self._row_bytes = d * rows.col_stride if 0 < rows.col_stride <= 8 else 0
        self._ahead = 8 + AHEAD_BYTES // max(1, self._row_bytes)
        self._pairs = np.empty(self._n_vectors * F32_LANES * self._width, dtype=np.float32)
        self._halves = np.empty(self._n_vectors * F32_LANES, dtype=np.float32)
        self._norms = np.empty(rows.n_samples, dtype=np.uint16)
        self._gamma = (d + 16) * 2.0 ** -24
        self._slope = self._scale * self._scale / 2 * (1 + 1e-6)
        self.set_work(2 * self.lanes * d, 8)

    cdef void read(self, Py_ssize_t i, double* out) noexcept nogil:
        read_row(self.rows.row(i), self.rows.col_stride, self.is_double, self.n_features, out)

    cdef const double* _plain_row(self, Py_ssize_t i, double* buffer) noexcept nogil:
        """Row i as contiguous float64: where it lies if it is so, else read into the buffer."""
        if self.is_double and self.rows.col_stride == sizeof(double):
            return <const double*>self.rows.row(i)
        self.read(i, buffer)
        return buffer

    cdef void _read_framed(
        self, const Py_ssize_t* indices, Py_ssize_t n, float* out
    ) noexcept nogil:
        """Read up to eight rows in the screen's frame, and let those that may follow come."""
        cdef Py_ssize_t r, byte, ahead = self._ahead
        cdef const char* rows[8]
        for r in range(n):
            rows[r] = self.rows.row(indices[r])
            if indices[r] + ahead < self.n_samples:
                byte = 0
                while byte < self._row_bytes:
                    prefetch(rows[r] + ahead * self.rows.row_stride + byte)
                    byte += 64
        frame_rows(
            rows, n, self.rows.col_stride, self.is_double, &self._origin_float[0],
            &self._origin[0], self._scale, self.n_features, out,
        )

    cdef void draw_trials(self, const double* uniforms) noexcept nogil:
        cdef double largest
        GreedySeeding.draw_trials(self, uniforms)
        largest = pack_trials(
            &self._trials[0, 0], self.n_trials, self.n_features, &self._origin[0], self._scale,
            &self._pairs[0], &self._halves[0],
        )
        self._floor = self._gamma * largest + 1e-30

    cdef double distance_to_newest(self, Py_ssize_t i, double* buffer) noexcept nogil:
        cdef float* framed = <float*>(buffer + 8 * self.n_features)
        if self.n_seeds == 1 and self.n_features >= SCREEN_FEATURES:
            self._read_framed(&i, 1, framed)
            self._norms[i] = pack_norm(framed, self.n_features)
        return squared_distance(
            self._plain_row(i, buffer), &self._seeds[self.n_seeds - 1, 0], self.n_features
        )

    cdef void distances_to_trials(
        self, const Py_ssize_t* indices, Py_ssize_t n, double* buffer, double* distances
    ) noexcept nogil:
        cdef Py_ssize_t d = self.n_features, L = F64_LANES, r, v
        cdef const double* eight[8]
        for r in range(8):
            eight[r] = self._plain_row(indices[r], buffer + r * d) if r < n else eight[r - 1]
        for v in range(self.lanes // L):
            distances_to_lanes(eight, &self._columns[v * L], self.lanes, d, distances + v * 8 * L)

    cdef int screen(
        self, const Py_ssize_t* indices, Py_ssize_t n, double* buffer
    ) noexcept nogil:
        cdef Py_ssize_t v
        cdef float* framed = <float*>(buffer + 8 * self.n_features)
        cdef float bars[8]
        cdef int passed = 0
        if self.n_features < SCREEN_FEATURES:
            return (1 << n) - 1
        self._read_framed(indices, n, framed)
        self._set_bars(indices, n, bars)
        for v in range(self._n_vectors):
            passed |= screen_eight(
                framed, self._width, &self._pairs[v * F32_LANES * self._width // F32_SPLIT],
                &self._halves[v * F32_LANES], bars,
            )
        return passed & ((1 << n) - 1)

    cdef void _set_bars(
        self, const Py_ssize_t* indices, Py_ssize_t n, float* bars
    ) noexcept nogil:
        """Scores above these say for certain that a trial does not bring a row nearer.

        They are ``gamma (||x|| ||c|| + ||c||^2 / 2) <= gamma (||x||^2 / 2 + ||c||^2)`` off. Of a
        norm without bound the bar is not a number, which no score is above.
        """
        cdef Py_ssize_t r
        cdef float norm, gamma = <float>self._gamma, floor = <float>self._floor
        cdef double slope = self._slope
        cdef const uint16_t* norms = &self._norms[0]
        for r in range(n):
            norm = unpack_norm(norms[indices[r]])
            bars[r] = (<float>(slope * self._closest(indices[r])) - norm / 2) + (
                gamma * norm + floor
            )
        for r in range(n, 8):
            bars[r] = 0
