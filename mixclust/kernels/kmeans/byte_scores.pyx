"""Lower bounds of scores from rows and centres that are rounded to bytes.

A row is a whole number of units, -127 .. 127, in each feature, and a rest: ``x = u q + r``. For a
row and a centre, ``x.c = (u q_x).(v q_c) + r_x.c + (u q_x).r_c``. The last two terms are at most
``|r_x| |c| + |u q_x| |r_c|``. The first one is computed in whole numbers, without rounding. The
norms of the rests are measured, so that the bound holds for any numbers, however they spread.
"""
cimport cython
from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int8_t, int32_t, uint8_t, uint32_t

import numpy as np

from ..core.simd cimport CACHE_LINE, cache_line
from ..rows.panels cimport padded_width, panel_rows
from ..rows.squared_distance cimport squared_distance
from .coarse_scores cimport CoarseScores

cdef extern from "core/byte_tile.h" nogil:
    ctypedef struct byte_center:
        int32_t bias
        float half_norm
        float unit
        float norm
        float rest
    int byte_tile_is_fast()
    void byte_tile(
        const uint8_t* panel, Py_ssize_t n, const int8_t* packed, const byte_center* centers,
        Py_ssize_t n_groups, float* scores,
    )
    float round_to_bytes(const float* values, Py_ssize_t n, int8_t* bytes, double* rest)

MAX_FEATURES = 32767
"""Number of features up to which sums of products of bytes stay below 2^31."""


def are_fast():
    """Whether this CPU multiplies bytes several times faster than float32."""
    return bool(byte_tile_is_fast())


@cython.final
cdef class ByteScores(CoarseScores):
    """Lower bounds of scores from bytes.

    Parameters
    ----------
    n_features : int
    """

    cdef Py_ssize_t _n_fours, _padded
    cdef signed char[::1] _packed
    cdef unsigned char[::1] _centers
    cdef double[::1] _zero_row

    def __init__(self, Py_ssize_t n_features):
        CoarseScores.__init__(self, n_features)
        if not 1 <= n_features <= MAX_FEATURES:
            raise ValueError(f"n_features must be 1 .. {MAX_FEATURES}")
        self._n_fours = (n_features + 3) // 4
        self._padded = (n_features + 15) // 16 * 16
        self._zero_row = np.zeros(padded_width(n_features))
        self.row_bytes = 4 * self._n_fours + 3 * sizeof(float)
        self.scratch_bytes = self._padded * (sizeof(float) + 1) + 2 * CACHE_LINE
        # The rounding of four terms of a score, each at most 4 |x| L.
        self.slope = 64 * 2.0 ** -24

    cdef int set_clusters(self, Py_ssize_t n_clusters) except -1:
        CoarseScores.set_clusters(self, n_clusters)
        self._packed = np.zeros(self.n_groups * 16 * self._n_fours, dtype=np.int8)
        self._centers = np.zeros(4 * self.n_groups * sizeof(byte_center), dtype=np.uint8)
        return 0

    cdef float _round(
        self, const double* row, double scale, double square, void* scratch, int8_t** bytes,
        float* rest,
    ) noexcept nogil:
        """Round a row to bytes; returns their unit, and a bound of the norm of the rest."""
        cdef Py_ssize_t j
        cdef float* values = <float*>cache_line(scratch)
        cdef double left
        cdef float unit
        bytes[0] = <int8_t*>(values + self._padded)
        for j in range(self.n_features):
            values[j] = <float>(row[j] * scale)
        for j in range(self.n_features, self._padded):
            values[j] = 0
        unit = round_to_bytes(values, self._padded, bytes[0], &left)
        left = sqrt(left * (1 + (self._padded + 16) * 2.0 ** -23)) + sqrt(square) * 2.0 ** -22
        rest[0] = <float>(left * (1 + 2.0 ** -22) + 1e-35)
        return unit

    cdef void pack_rows(
        self, const double* block, Py_ssize_t n_rows, double scale, char* panel,
        double* squares, void* scratch,
    ) noexcept nogil:
        cdef Py_ssize_t P = panel_rows(), d = self.n_features, i, j, b, n = self._n_fours
        cdef uint8_t* out = <uint8_t*>panel
        cdef float* rows = <float*>(panel + 4 * n * P)
        cdef int8_t* bytes
        for i in range(P):
            rows[i] = rows[P + i] = rows[2 * P + i] = 0
            squares[i] = 0
            if i >= n_rows:
                for j in range(n):
                    for b in range(4):
                        out[(j * P + i) * 4 + b] = 128
                continue
            squares[i] = scale * scale * squared_distance(
                block + i * padded_width(d), &self._zero_row[0], d
            )
            rows[i] = self._round(
                block + i * padded_width(d), scale, squares[i], scratch, &bytes, &rows[P + i]
            )
            rows[2 * P + i] = <float>((sqrt(squares[i]) + rows[P + i]) * (1 + 2.0 ** -22))
            # Four bytes at a time; 128 added to a signed byte flips its first bit.
            for j in range(n):
                (<uint32_t*>out)[j * P + i] = (<uint32_t*>bytes)[j] ^ <uint32_t>0x80808080

    cdef void pack_centers(
        self, const double* block, Py_ssize_t first, Py_ssize_t n_centers, double scale,
        double* squares, void* scratch,
    ) noexcept nogil:
        cdef Py_ssize_t P = panel_rows(), d = self.n_features, i, j, k, n = self._n_fours
        cdef byte_center* center
        cdef uint32_t* out
        cdef int8_t* bytes
        for i in range(min(P, 4 * self.n_groups - first)):
            k = first + i
            center = <byte_center*>&self._centers[0] + k
            squares[i] = 0
            if i >= n_centers:
                center.half_norm = <float>INFINITY
                center.bias = 0
                center.unit = center.norm = center.rest = 0
                continue
            squares[i] = scale * scale * squared_distance(
                block + i * padded_width(d), &self._zero_row[0], d
            )
            center.unit = self._round(
                block + i * padded_width(d), scale, squares[i], scratch, &bytes, &center.rest
            )
            center.half_norm = <float>(squares[i] / 2)
            center.norm = <float>(sqrt(squares[i]) * (1 + 2.0 ** -22))
            center.bias = 0
            for j in range(4 * n):
                center.bias -= 128 * bytes[j]
            out = <uint32_t*>&self._packed[0] + k // 4 * 4 * n + k % 4
            for j in range(n):
                out[4 * j] = (<uint32_t*>bytes)[j]

    cdef void score(
        self, const char* panel, Py_ssize_t group_lo, Py_ssize_t group_hi, float* scores
    ) noexcept nogil:
        byte_tile(
            <const uint8_t*>panel, self._n_fours,
            &self._packed[0] + group_lo * 16 * self._n_fours,
            <const byte_center*>&self._centers[0] + 4 * group_lo, group_hi - group_lo, scores,
        )
