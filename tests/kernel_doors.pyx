# cython: language_level=3, boundscheck=True
"""A Python-visible door to each kernel that is a plain cdef function.

Compiled by tests/doors.py against the installed package; it binds to whatever level of
instructions that package has chosen when it is imported.
"""
import numpy as np

from mixclust.kernels.exact cimport (
    decide_row, distances_to_lanes, read_row, squared_distance,
)
from mixclust.kernels.nearest cimport (
    nearest_groups, nearest_in_groups, nearest_panel, score_rounding, worth_grouping,
)
from mixclust.kernels.panels cimport (
    load_rows, pack_centers, pack_panel, padded_width, panel_rows,
)
from mixclust.kernels.rows cimport Rows
from mixclust.kernels.screen cimport (
    frame_rows, pack_norm, pack_trials, screen_eight, screen_trials, screen_width, unpack_norm,
)


def sizes(Py_ssize_t n_features):
    """Rows of a panel, and numbers a row of a block."""
    return panel_rows(), padded_width(n_features)


def address_of_row(Rows rows, Py_ssize_t i):
    """Bytes from the first row to row i; nothing is read."""
    return rows.row(i) - rows.data


def read(Rows rows, Py_ssize_t i):
    """Row i through `read_row`."""
    cdef double[::1] out = np.full(rows.n_features, np.nan)
    read_row(rows.row(i), rows.col_stride, rows.is_double, rows.n_features, &out[0])
    return np.asarray(out)


def block(Rows rows, Py_ssize_t lo, Py_ssize_t n, const double[::1] shift):
    """Rows lo .. lo + n through `load_rows`."""
    cdef Py_ssize_t width = padded_width(rows.n_features)
    cdef double[:, ::1] out = np.full((n + 1, width), np.nan)
    load_rows(
        rows.row(lo), rows.row_stride, rows.col_stride, rows.is_double, n, rows.n_features,
        &shift[0], &out[0, 0],
    )
    assert np.isnan(out[n]).all(), "load_rows wrote behind its block"
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


def framed(Rows rows, const double[::1] origin, double scale):
    """All rows through `frame_rows`, and their squared norms through two bytes."""
    cdef Py_ssize_t i, n = rows.n_samples, d = rows.n_features
    cdef float[::1] origin_float = np.asarray(origin).astype(np.float32)
    cdef float[:, ::1] out = np.zeros((n, screen_width(d)), dtype=np.float32)
    cdef float[::1] norms = np.empty(n, dtype=np.float32)
    cdef const char* address
    for i in range(n):
        address = rows.row(i)
        frame_rows(
            &address, 1, rows.col_stride, rows.is_double, &origin_float[0], &origin[0], scale, d,
            &out[i, 0],
        )
        norms[i] = unpack_norm(pack_norm(&out[i, 0], d))
    return np.asarray(out), np.asarray(norms)


def screened(
    const float[:, ::1] rows, const double[:, ::1] trials, const double[::1] origin, double scale,
    const float[::1] bars,
):
    """Whether each of eight framed rows passes the screen, and the trials' largest squared norm."""
    cdef Py_ssize_t v, n = trials.shape[0], d = trials.shape[1], width = screen_width(d)
    cdef Py_ssize_t n_vectors = (n + screen_trials() - 1) // screen_trials()
    cdef Py_ssize_t lanes = screen_trials() * screen_width(1)  # of the level, not of this module
    cdef float[:, ::1] pairs = np.full(
        (n_vectors, width * screen_trials()), np.nan, np.float32
    )
    cdef float[:, ::1] halves = np.full((n_vectors, lanes), np.nan, np.float32)
    cdef int passed = 0
    largest = pack_trials(
        &trials[0, 0], n, d, &origin[0], scale, &pairs[0, 0], &halves[0, 0]
    )
    for v in range(n_vectors):
        passed |= screen_eight(&rows[0, 0], width, &pairs[v, 0], &halves[v, 0], &bars[0])
    return [passed >> r & 1 for r in range(8)], largest
