"""Greedy k-means++ on dense rows: screened in few bits, measured in float64 where it must be."""
cimport cython
from libc.math cimport sqrt
from libc.stdint cimport int32_t, uint64_t

import numpy as np

from ..rows.squared_distance cimport distances_to_lanes, read_row, squared_distance
from ..rows.panels cimport pack_centers, pack_panel, padded_width, panel_rows
from ..rows.dense_rows cimport DenseRows
from ..rows.rows cimport Frame, check_frame
from .integer_screen cimport (
    largest_integer, round_panel, round_points, screen_integers, set_integer_bars,
)
from .screen cimport screen_floor, screen_panel, set_bars
from .plusplus cimport PIECE_ROWS, GreedySeeding
from ..core.simd cimport F64_LANES, count_bits

cdef enum:
    MIN_SCREEN_COST = 24    # multiply-adds of measuring a row that a screen pays for
    MIN_SCREENED_SHARE = 4  # one row in so many of a panel; fewer are measured without a screen
    UNIT_ROWS = 64          # evenly spaced rows that tell the unit of integers
    MAX_DEVIATIONS = 5      # of the widest feature from its middle that an integer holds


@cython.final
cdef class PlusPlus(GreedySeeding):
    """Seeding on dense rows; a screen leaves out rows that no trial can bring nearer.

    Rows that are kept from step to step are screened in integers, others in float32.

    Parameters
    ----------
    rows : DenseRows
    frame : Frame
        By which the screen reads rows.
    shard_bounds, map_tasks
        As for `Pass`.
    n_clusters, n_trials : int
    keep_panels : bool
        Keep rounded rows from step to step instead of packing them in each, and lists (2 bytes a
        number, 15 a row).
    """

    cdef DenseRows dense    # the rows
    cdef Frame frame
    cdef Py_ssize_t _width, _n_groups
    cdef double _gamma
    cdef float _floor
    cdef bint _screening, _keep_panels
    cdef Py_ssize_t[::1] _order
    cdef float[::1] _packed, _half_norms
    cdef float _panel_units     # units of integers in one of a panel's numbers
    cdef double _units, _trial_error
    cdef int32_t[::1] _pairs, _half_squares, _trial_pairs, _starts
    cdef float[::1] _errors

    def __init__(
        self, DenseRows rows, Frame frame, shard_bounds, Py_ssize_t n_clusters, Py_ssize_t n_trials,
        map_tasks=None, bint keep_panels=False,
    ):
        cdef Py_ssize_t d = rows.n_features, P = panel_rows(), n_kept
        GreedySeeding.__init__(
            self, rows, shard_bounds, n_clusters, n_trials, map_tasks, keeps_lists=keep_panels
        )
        check_frame(frame, d)
        self.dense = rows
        self.frame = frame
        self._width = padded_width(d)
        self._screening = n_trials * d >= MIN_SCREEN_COST
        self._keep_panels = keep_panels and self._screening and self._choose_unit()
        # Eight rows in float64, or a panel's rows in float64 and in float32.
        self.buffer_size = max(8 * d, P * (self._width + d))
        self._n_groups = (n_trials + 3) // 4
        if self._keep_panels:
            n_kept = (rows.n_samples + P - 1) // P * P
            self._pairs = np.empty(n_kept * ((d + 1) // 2), dtype=np.int32)
            self._half_squares = np.empty(n_kept, dtype=np.int32)
            self._errors = np.empty(n_kept, dtype=np.float32)
            self._trial_pairs = np.empty(4 * self._n_groups * ((d + 1) // 2), dtype=np.int32)
            self._starts = np.empty(4 * self._n_groups, dtype=np.int32)
        else:
            order = np.full(4 * self._n_groups, -1, dtype=np.intp)
            order[:n_trials] = np.arange(n_trials)
            self._order = order
            self._packed = np.empty(4 * self._n_groups * d, dtype=np.float32)
            self._half_norms = np.empty(4 * self._n_groups, dtype=np.float32)
        self._gamma = (d + 16) * 2.0 ** -24
        self.set_work(2 * self.lanes * d, PIECE_ROWS)

    cdef bint _choose_unit(self):
        """Choose the unit of the integers by a few rows; returns whether there is one."""
        cdef Py_ssize_t i, j, d = self.n_features, n = self.n_samples
        cdef Py_ssize_t step = (n + UNIT_ROWS - 1) // UNIT_ROWS, n_rows = 0
        cdef double[::1] row = np.empty(self._width + d)
        cdef double* squares = &row[self._width]
        cdef double largest = 0
        i = 0
        for j in range(d):
            squares[j] = 0
        while i < n:
            self.rows.read_framed(self.frame, i, 1, &row[0])
            for j in range(d):
                squares[j] += (row[j] * self.frame.scale) * (row[j] * self.frame.scale)
            n_rows += 1
            i += step
        for j in range(d):
            largest = max(largest, squares[j] / n_rows)
        if not 1e-40 < largest < 1e40:
            return False
        self._panel_units = <float>(largest_integer(d) / (MAX_DEVIATIONS * sqrt(largest)))
        self._units = self._panel_units * self.frame.scale
        return self.is_double or 1e-30 < self._units < 1e30

    cdef const double* _plain_row(self, Py_ssize_t i, double* buffer) noexcept nogil:
        """Row i as contiguous float64: where it lies if it is so, else read into the buffer."""
        if self.is_double and self.dense.col_stride == sizeof(double):
            return <const double*>self.dense.row(i)
        return self._read_row(i, buffer)

    cdef const double* _read_row(self, Py_ssize_t i, double* buffer) noexcept nogil:
        """Read row i into the buffer: apart, so that compilers inline `_plain_row`."""
        read_row(self.dense.row(i), self.dense.col_stride, self.is_double, self.n_features, buffer)
        return buffer

    cdef void _pack(
        self, Py_ssize_t i, Py_ssize_t n, double* block, float* panel, float* norms
    ) noexcept nogil:
        """Pack the n rows of a panel from row i on."""
        self.rows.read_framed(self.frame, i, n, block)
        pack_panel(block, n, self.n_features, self.frame.scale, panel, norms)

    cdef void first_look(self, Py_ssize_t lo, Py_ssize_t hi, double* buffer) noexcept nogil:
        cdef Py_ssize_t i = lo, d = self.n_features, P = panel_rows()
        cdef float* panel = <float*>(buffer + P * self._width)
        cdef float norms[48]
        if not self._keep_panels:
            return
        while i < hi:
            self._pack(i, min(P, hi - i), buffer, panel, norms)
            round_panel(
                panel, norms, d, self._panel_units, &self._pairs[i * ((d + 1) // 2)],
                &self._half_squares[i], &self._errors[i],
            )
            i += P

    cdef void prefetch_row(self, Py_ssize_t i) noexcept nogil:
        self.dense.prefetch_row(i)

    cdef void draw_trials(self, const double* uniforms) noexcept nogil:
        GreedySeeding.draw_trials(self, uniforms)
        if self._keep_panels:
            self._trial_error = round_points(
                &self._trials[0, 0], self.n_trials, self.n_features, self.frame.shift, self._units,
                &self._trial_pairs[0], &self._starts[0],
            )
            return
        self._floor = screen_floor(self._gamma, pack_centers(
            &self._trials[0, 0], &self._order[0], self._n_groups, self.n_features,
            self.frame.shift, self.frame.scale, &self._packed[0], &self._half_norms[0],
        ))

    cdef double distance_to_newest(self, Py_ssize_t i, double* buffer) noexcept nogil:
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

    cdef uint64_t screen(
        self, Py_ssize_t i, Py_ssize_t n, uint64_t wanted, double* buffer
    ) noexcept nogil:
        cdef const float* singles = NULL if self.is_double else &self._closest_float[i]
        cdef const double* doubles = &self._closest_double[i] if self.is_double else NULL
        cdef float* panel = <float*>(buffer + panel_rows() * self._width)
        cdef float norms[48]
        cdef float bars[48]
        if not self._screening or MIN_SCREENED_SHARE * count_bits(wanted) < n:
            return wanted
        if self._keep_panels:
            return wanted & self._screen_in_integers(i, n, singles, doubles)
        self._pack(i, n, buffer, panel, norms)
        set_bars(
            norms, singles, doubles, n, self.frame.scale, self._gamma, self._floor, bars
        )
        return wanted & screen_panel(
            panel, self.n_features, &self._packed[0], &self._half_norms[0], self._n_groups, bars
        )

    cdef uint64_t _screen_in_integers(
        self, Py_ssize_t i, Py_ssize_t n, const float* singles, const double* doubles
    ) noexcept nogil:
        """Which rows of the panel of row i pass the screen in integers."""
        cdef Py_ssize_t n_pairs = (self.n_features + 1) // 2
        cdef int32_t bars[48]
        set_integer_bars(
            &self._half_squares[i], &self._errors[i], singles, doubles, n, self._units,
            self._trial_error, bars,
        )
        return screen_integers(
            &self._pairs[i * n_pairs], n_pairs, &self._trial_pairs[0], &self._starts[0],
            self._n_groups, bars,
        )
