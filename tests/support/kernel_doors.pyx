# cython: language_level=3, boundscheck=True
"""A Python-visible door to each kernel that is a plain cdef function.

Compiled by tests/support/doors.py against the installed package; it binds to the level of
instructions that the package has chosen when it is imported.
"""
from libc.stdint cimport int32_t, uint64_t

import numpy as np

from mixclust.kernels.rows.squared_distance cimport (
    decide_row, distances_to_lanes, squared_distance,
)
from mixclust.kernels.kmeans.integer_screen cimport (
    largest_integer, round_panel, round_points, screen_integers, set_integer_bars,
)
from mixclust.kernels.kmeans.nearest_tile cimport (
    nearest_groups, nearest_in_groups, nearest_panel, score_rounding, worth_grouping,
)
from mixclust.kernels.rows.panels cimport (
    pack_centers, pack_panel, padded_width, panel_rows,
)
from mixclust.kernels.rows.dense_rows cimport DenseRows
from mixclust.kernels.rows.rows cimport Frame, Rows
from mixclust.kernels.kmeans.screen cimport screen_floor, screen_panel, set_bars


def sizes(Py_ssize_t n_features):
    """Rows of a panel, and numbers a row of a block."""
    return panel_rows(), padded_width(n_features)


def address_of_row(DenseRows rows, Py_ssize_t i):
    """Bytes from the first row to row i; nothing is read."""
    return rows.row(i) - rows.data


def read(Rows rows, Py_ssize_t lo, Py_ssize_t n):
    """Rows lo .. lo + n as they are."""
    cdef double[:, ::1] out = np.full((n + 1, rows.n_features), np.nan)
    rows.read_plain(lo, n, &out[0, 0])
    assert np.isnan(out[n]).all(), "read_plain wrote behind its rows"
    return np.asarray(out)[:n]


def strip(Rows rows, Frame frame, Py_ssize_t lo, Py_ssize_t n, Py_ssize_t height):
    """Rows lo .. lo + n as a strip."""
    cdef double[:, ::1] out = np.full((rows.n_features + 1, height), np.nan)
    rows.read_strip(frame, lo, n, height, &out[0, 0])
    assert np.isnan(out[rows.n_features]).all(), "read_strip wrote behind its strip"
    return np.asarray(out)[:rows.n_features]


def block(Rows rows, Py_ssize_t lo, Py_ssize_t n, const double[::1] shift):
    """Rows lo .. lo + n as a block."""
    cdef Frame frame = Frame(shift)
    cdef Py_ssize_t width = padded_width(rows.n_features)
    cdef double[:, ::1] out = np.full((n + 1, width), np.nan)
    rows.read_framed(frame, lo, n, &out[0, 0])
    assert np.isnan(out[n]).all(), "read_framed wrote behind its block"
    return np.asarray(out)[:n]


def panel(double[:, ::1] rows, Py_ssize_t n_features, double scale):
    """A block of at most `panel_rows()` rows through `pack_panel`, and the norms."""
    cdef Py_ssize_t P = panel_rows()
    cdef float[:, ::1] out = np.full((n_features, P), np.nan, dtype=np.float32)
    cdef float[::1] norms = np.full(P, np.nan, dtype=np.float32)
    pack_panel(&rows[0, 0], rows.shape[0], n_features, scale, &out[0, 0], &norms[0])
    return np.asarray(out), np.asarray(norms)


def groups(
    const double[:, ::1] centers, const Py_ssize_t[::1] order, const double[::1] shift,
    double scale,
):
    """Centres through `pack_centers`: groups, half norms, largest norm."""
    cdef Py_ssize_t n_groups = order.shape[0] // 4, d = centers.shape[1]
    cdef float[:, :, ::1] packed = np.full((n_groups, d, 4), np.nan, dtype=np.float32)
    cdef float[::1] half_norms = np.full(4 * n_groups, np.nan, dtype=np.float32)
    largest = pack_centers(
        &centers[0, 0], &order[0], n_groups, d, &shift[0], scale, &packed[0, 0, 0],
        &half_norms[0],
    )
    return np.asarray(packed), np.asarray(half_norms), largest


def two_smallest(
    const float[:, ::1] rows_panel, const float[:, :, ::1] packed, const float[::1] half_norms,
    splits, bint by_groups,
):
    """Smallest and second smallest score of each lane, and the index of the smallest.

    The groups are handed to `nearest_panel`, or to `nearest_groups` before the second look, in
    the ranges that `splits` bounds.
    """
    cdef Py_ssize_t P = panel_rows(), lo, hi, d = rows_panel.shape[0]
    cdef float[::1] best = np.full(P, np.inf, dtype=np.float32)
    cdef float[::1] second = np.full(P, np.inf, dtype=np.float32)
    cdef float[::1] index = np.zeros(P, dtype=np.float32)
    for lo, hi in zip(splits[:-1], splits[1:]):
        (nearest_groups if by_groups else nearest_panel)(
            &rows_panel[0, 0], d, &packed[0, 0, 0], &half_norms[0], lo, hi,
            &best[0], &second[0], &index[0],
        )
    if by_groups:
        nearest_in_groups(
            &rows_panel[0, 0], d, &packed[0, 0, 0], &half_norms[0],
            &best[0], &second[0], &index[0],
        )
    return np.asarray(best), np.asarray(second), np.asarray(index)


def rounding(Py_ssize_t n_features):
    """The bound on a score's rounding, times the norms."""
    return score_rounding(n_features)


def grouping_pays(Py_ssize_t n_features, Py_ssize_t n_groups):
    """Whether the tile compares groups only."""
    return worth_grouping(n_features, n_groups)


def distance(const double[::1] x, const double[::1] c):
    """Squared distance of two points of at least one feature."""
    return squared_distance(&x[0], &c[0], x.shape[0])


def decide(const double[::1] x, const double[:, ::1] centers):
    """Index of the nearest centre."""
    return decide_row(&x[0], &centers[0, 0], centers.shape[0], centers.shape[1])


def eight_rows(const double[:, ::1] rows, const double[:, ::1] points, Py_ssize_t lanes_of_vector):
    """Squared distances of eight rows to all points, one vector of points at a time."""
    cdef Py_ssize_t r, v, padded = -(-points.shape[0] // lanes_of_vector) * lanes_of_vector
    cdef double[:, ::1] columns = np.zeros((points.shape[1], padded))
    cdef double[:, ::1] out = np.empty((8, lanes_of_vector))
    cdef const double* eight[8]
    np.asarray(columns)[:, :points.shape[0]] = np.asarray(points).T
    for r in range(8):
        eight[r] = &rows[r, 0]
    result = np.empty((8, padded))
    for v in range(0, padded, lanes_of_vector):
        distances_to_lanes(eight, &columns[0, v], padded, points.shape[1], &out[0, 0])
        result[:, v:v + lanes_of_vector] = out
    return result[:, :points.shape[0]]


def screened(
    const float[:, ::1] rows_panel, const float[:, :, ::1] packed, const float[::1] half_norms,
    const float[::1] bars,
):
    """Whether each row of a panel passes the screen."""
    cdef uint64_t passed = screen_panel(
        &rows_panel[0, 0], rows_panel.shape[0], &packed[0, 0, 0], &half_norms[0],
        packed.shape[0], &bars[0],
    )
    return [passed >> r & 1 for r in range(panel_rows())]


def bars(
    const float[::1] norms, closest, double scale, double gamma, double largest_norm
):
    """The bars of rows by their norms and squared distances, of either dtype."""
    cdef float[::1] out = np.full(norms.shape[0], np.nan, dtype=np.float32)
    cdef const float[::1] singles
    cdef const double[::1] doubles
    cdef float floor = screen_floor(gamma, largest_norm)
    if closest.dtype == np.float32:
        singles = closest
        set_bars(&norms[0], &singles[0], NULL, norms.shape[0], scale, gamma, floor, &out[0])
    else:
        doubles = closest
        set_bars(&norms[0], NULL, &doubles[0], norms.shape[0], scale, gamma, floor, &out[0])
    return np.asarray(out)


def rounded(const float[:, ::1] rows_panel, const float[::1] norms, float to_units):
    """A panel through `round_panel`: integers (panel_rows, 2 * n_pairs), half squares, errors."""
    cdef Py_ssize_t P = panel_rows(), d = rows_panel.shape[0]
    cdef int32_t[:, ::1] pairs = np.zeros(((d + 1) // 2, P), dtype=np.int32)
    cdef int32_t[::1] half_squares = np.zeros(P, dtype=np.int32)
    cdef float[::1] errors = np.zeros(P, dtype=np.float32)
    round_panel(
        &rows_panel[0, 0], &norms[0], d, to_units, &pairs[0, 0], &half_squares[0], &errors[0]
    )
    low = np.asarray(pairs).view(np.int16).reshape((d + 1) // 2, P, 2)
    integers = low.transpose(1, 0, 2).reshape(P, -1)
    return integers, np.asarray(half_squares), np.asarray(errors), np.asarray(pairs)


def screened_in_integers(
    const int32_t[:, ::1] pairs, const int32_t[::1] half_squares, const float[::1] errors,
    closest, const double[:, ::1] points, const double[::1] shift, double to_units,
):
    """Whether each row of a rounded panel passes the screen in integers."""
    cdef Py_ssize_t n_groups = (points.shape[0] + 3) // 4, n_pairs = pairs.shape[0]
    cdef int32_t[::1] packed = np.zeros(4 * n_groups * n_pairs, dtype=np.int32)
    cdef int32_t[::1] starts = np.zeros(4 * n_groups, dtype=np.int32)
    cdef int32_t[::1] bars = np.zeros(panel_rows(), dtype=np.int32)
    cdef const float[::1] singles
    cdef const double[::1] doubles
    cdef double error = round_points(
        &points[0, 0], points.shape[0], points.shape[1], &shift[0], to_units, &packed[0], &starts[0]
    )
    cdef Py_ssize_t n = closest.shape[0]
    if closest.dtype == np.float32:
        singles = closest
        set_integer_bars(
            &half_squares[0], &errors[0], &singles[0], NULL, n, to_units, error, &bars[0]
        )
    else:
        doubles = closest
        set_integer_bars(
            &half_squares[0], &errors[0], NULL, &doubles[0], n, to_units, error, &bars[0]
        )
    cdef uint64_t passed = screen_integers(
        &pairs[0, 0], n_pairs, &packed[0], &starts[0], n_groups, &bars[0]
    )
    return np.array([bool(passed >> r & 1) for r in range(n)])


def largest_of_integers(Py_ssize_t n_features):
    """The largest integer that a value is rounded to."""
    return largest_integer(n_features)
