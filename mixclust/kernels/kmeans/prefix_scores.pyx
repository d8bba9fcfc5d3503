"""Lower bounds of scores from the first coordinates in a rotated basis, and the norm of the rest.

With Q the orthonormal basis, ``x = Q Q'x + r``. For two points, ``x.c = (Q'x).(Q'c) + r_x.r_c``,
and ``r_x.r_c <= |r_x| |r_c|``. So the coordinates together with the norm of the rest, as one more
coordinate, give an upper bound of ``x.c``, and a lower bound of the distance, from a few numbers.
Every norm of a rest is rounded up, so that the bound holds for the numbers that are stored.
"""
cimport cython
from libc.math cimport INFINITY, sqrt

import numpy as np

from ..core.simd cimport CACHE_LINE, cache_line
from ..rows.panels cimport pack_panel, padded_width, panel_rows
from ..rows.squared_distance cimport squared_distance
from .coarse_scores cimport CoarseScores
from .nearest_tile cimport score_panel

cdef enum:
    AXES_BLOCK = 48     # features that are summed in float32 before float64 adds the sums up


@cython.final
cdef class PrefixScores(CoarseScores):
    """Lower bounds of scores from coordinates on a few orthonormal axes.

    Parameters
    ----------
    axes : ndarray of shape (n_axes, n_features), float32
        Orthonormal but for rounding; their number is a multiple of four.

    Attributes
    ----------
    error : float
        The coordinates of x on axes that are exactly orthonormal differ by a vector no longer
        than ``error * |x|`` from the coordinates of a panel.
    """

    cdef readonly Py_ssize_t n_axes
    cdef readonly double error
    cdef float[::1] _axes, _zeros, _packed, _half_norms
    cdef double[::1] _zero_row

    def __init__(self, const float[:, ::1] axes):
        cdef Py_ssize_t P = panel_rows(), first, a, j, n
        cdef float[::1] packed
        cdef float* out
        CoarseScores.__init__(self, axes.shape[1])
        self.n_axes = axes.shape[0]
        if self.n_axes < 4 or self.n_axes % 4 or self.n_axes > self.n_features:
            raise ValueError("the number of axes must be a multiple of four up to n_features")
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
        self._axes = packed
        self._zeros = np.zeros(self.n_axes, dtype=np.float32)
        self._zero_row = np.zeros(padded_width(self.n_features))
        self.row_bytes = (self.n_axes + 1) * sizeof(float)
        self.scratch_bytes = P * (
            (self.n_features + 2 * self.n_axes + 2) * sizeof(float) + self.n_axes * sizeof(double)
        ) + 4 * CACHE_LINE
        # The rounding of coordinates of rows and centres, and of the tile.
        self.slope = 2 * self.error + 3 * self.error * self.error
        self.slope += (self.n_axes + 9) * 2.0 ** -24 * (1 + 3 * self.error)

    cdef int set_clusters(self, Py_ssize_t n_clusters) except -1:
        CoarseScores.set_clusters(self, n_clusters)
        self._packed = np.empty(4 * self.n_groups * (self.n_axes + 1), dtype=np.float32)
        self._half_norms = np.empty(4 * self.n_groups, dtype=np.float32)
        return 0

    cdef void pack_rows(
        self, const double* block, Py_ssize_t n_rows, double scale, char* panel,
        double* squares, void* scratch,
    ) noexcept nogil:
        self._rotate(block, n_rows, scale, <float*>panel, squares, scratch)

    cdef void pack_centers(
        self, const double* block, Py_ssize_t first, Py_ssize_t n_centers, double scale,
        double* squares, void* scratch,
    ) noexcept nogil:
        cdef Py_ssize_t P = panel_rows(), q = self.n_axes, a, i, k
        cdef float* panel = <float*>cache_line(scratch)
        self._rotate(block, max(1, n_centers), scale, panel, squares, panel + (q + 1) * P)
        for i in range(min(P, 4 * self.n_groups - first)):
            k = first + i
            for a in range(q + 1):
                self._packed[(k // 4 * (q + 1) + a) * 4 + k % 4] = (
                    panel[a * P + i] if i < n_centers else 0
                )
            self._half_norms[k] = (
                <float>(squares[i] / 2) if i < n_centers else <float>INFINITY
            )

    cdef void score(
        self, const char* panel, Py_ssize_t group_lo, Py_ssize_t group_hi, float* scores
    ) noexcept nogil:
        score_panel(
            <const float*>panel, self.n_axes + 1, &self._packed[0], &self._half_norms[0],
            group_lo, group_hi, scores,
        )

    cdef void _rotate(
        self,
        const double* block,        # IN   (n_rows, padded_width), less the shift
        Py_ssize_t n_rows,          # IN   1 .. panel_rows()
        double scale,               # IN   the rows are multiplied by it
        float* panel,               # OUT  (n_axes + 1, panel_rows): coordinates, norm of the rest
        double* squares,            # OUT  (panel_rows,) squared norms; zero behind the last row
        void* scratch,              # (scratch_bytes,)
    ) noexcept nogil:
        """Compute the coordinates of rows, and the norm of the rest."""
        cdef Py_ssize_t P = panel_rows(), d = self.n_features, q = self.n_axes, first = 0, a, i, n
        cdef float* rows = <float*>cache_line(scratch)
        cdef float* parts = <float*>cache_line(rows + d * P)
        cdef double* sums = <double*>cache_line(parts + (q + 1) * P)
        cdef const float* packed = &self._axes[0]
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
