"""The first coordinates of rows in a rotated basis, and the norm of the rest.

With Q the orthonormal basis, ``x = Q Q'x + r``. For two points, ``x.c = (Q'x).(Q'c) + r_x.r_c``,
and ``r_x.r_c <= |r_x| |r_c|``. So the coordinates together with the norm of the rest, as one more
coordinate, give an upper bound of ``x.c``, and a lower bound of the distance, from a few numbers.
Every norm of a rest is rounded up, so that the bound holds for the numbers that are stored.
"""
from libc.math cimport sqrt

import numpy as np

from ..core.simd cimport CACHE_LINE, cache_line
from ..rows.panels cimport pack_panel, padded_width, panel_rows
from ..rows.squared_distance cimport squared_distance
from .nearest_tile cimport score_panel

cdef enum:
    AXES_BLOCK = 48     # features that are summed in float32 before float64 adds the sums up


cdef class Rotation:
    """Turns panels of rows into coordinates on a few orthonormal axes.

    Parameters
    ----------
    axes : ndarray of shape (n_axes, n_features), float32
        Orthonormal but for rounding; their number is a multiple of four.

    Attributes
    ----------
    error : float
        The coordinates of x on axes that are exactly orthonormal differ by a vector no longer
        than ``error * |x|`` from the coordinates that `rotate` writes.
    """

    def __init__(self, const float[:, ::1] axes):
        cdef Py_ssize_t P = panel_rows(), first, a, j, n
        cdef float[::1] packed
        cdef float* out
        self.n_axes = axes.shape[0]
        self.n_features = axes.shape[1]
        if self.n_axes < 4 or self.n_axes % 4 or self.n_axes > self.n_features:
            raise ValueError("the number of axes must be a multiple of four, and at most n_features")
        exact = np.asarray(axes, dtype=np.float64)
        skew = np.linalg.norm(exact @ exact.T - np.eye(self.n_axes))
        # The terms: axes that are not orthonormal; the rounding of x, of sums over a block of
        # features in each coordinate, and of the coordinates.
        self.error = 1.01 * (
            skew + (2 + sqrt(<double>self.n_axes) * (AXES_BLOCK + 2)) * 2.0 ** -24
        )
        packed = np.empty(self.n_axes * self.n_features, dtype=np.float32)
        out = &packed[0]
        first = 0
        while first < self.n_features:
            n = min(<Py_ssize_t>AXES_BLOCK, self.n_features - first)
            for a in range(self.n_axes):
                for j in range(n):
                    out[(a // 4 * n + j) * 4 + a % 4] = axes[a, first + j]
            out += n * self.n_axes
            first += n
        self._packed = packed
        self._zeros = np.zeros(self.n_axes, dtype=np.float32)
        self._zero_row = np.zeros(padded_width(self.n_features))
        self.scratch_bytes = (
            (self.n_features + self.n_axes + 1) * P * sizeof(float)
            + self.n_axes * P * sizeof(double) + 3 * CACHE_LINE
        )

    cdef void rotate(
        self,
        const double* block,        # IN   (n_rows, padded_width), less the shift
        Py_ssize_t n_rows,          # IN   1 .. panel_rows()
        double scale,               # IN   the rows are multiplied by it
        float* panel,               # OUT  (n_axes + 1, panel_rows): coordinates, norm of the rest
        double* squares,            # OUT  (panel_rows,) squared norms; zero behind the last row
        void* scratch,              # (scratch_bytes,)
    ) noexcept nogil:
        cdef Py_ssize_t P = panel_rows(), d = self.n_features, q = self.n_axes, first = 0, a, i, n
        cdef float* rows = <float*>cache_line(scratch)
        cdef float* parts = <float*>cache_line(rows + d * P)
        cdef double* sums = <double*>cache_line(parts + (q + 1) * P)
        cdef const float* packed = &self._packed[0]
        cdef double square, held
        pack_panel(block, n_rows, d, scale, rows, parts)
        for i in range(q * P):
            sums[i] = 0
        while first < d:
            n = min(<Py_ssize_t>AXES_BLOCK, d - first)
            score_panel(rows + first * P, n, packed, &self._zeros[0], 0, q // 4, parts)
            for i in range(q * P):
                sums[i] -= parts[i]
            packed += n * q
            first += n
        for i in range(P):
            squares[i] = 0
        for i in range(n_rows):
            squares[i] = scale * scale * squared_distance(
                block + i * padded_width(d), &self._zero_row[0], d
            )
        for i in range(P):
            held = 0
            for a in range(q):
                panel[a * P + i] = <float>sums[a * P + i]
                held += <double>panel[a * P + i] * panel[a * P + i]
            square = squares[i] * (1 + 1e-12) - held
            square += 2 * self.error * sqrt(squares[i] * held)
            panel[q * P + i] = <float>(sqrt(max(0.0, square)) * (1 + 2.0 ** -22))
