# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Kernels in a loop on data that stay in cache, and the FMA peak of the core.

Compiled by bench_kernels.py, once a level, with that level's flags.
"""
from libc.math cimport INFINITY
from libc.stdlib cimport free, malloc

from mixclust.kernels.core.elementary cimport exp_lanes
from mixclust.kernels.rows.squared_distance cimport distances_to_lanes
from mixclust.kernels.mixture.density_tiles cimport (
    diagonal_log_density, full_log_density, packed_triangle_size, two_linear_scores,
)
from mixclust.kernels.mixture.moment_tiles cimport add_diagonal_moments, add_outer_blocks
from mixclust.kernels.kmeans.nearest_center cimport nearest_groups, nearest_in_groups, nearest_panel
from mixclust.kernels.rows.panels cimport pack_panel, padded_width, panel_rows
from mixclust.kernels.core.simd cimport (
    F32_LANES, F64_LANES, f32v, f32v_set, f32v_store, f64v, f64v_load, f64v_set, f64v_store,
)
from mixclust.kernels.rows.strips cimport strip_unit

from time import perf_counter

import numpy as np

from mixclust.kernels.mixture import moment_tiles


def peak_f32(Py_ssize_t n=10_000_000):
    """Measure the peak of float32 operations, in billions a second: 12 chains of multiply-adds."""
    cdef f32v a, b, c, d, e, f, g, h, i, j, k, m, x = f32v_set(1e-9), y = f32v_set(0.5)
    cdef Py_ssize_t _step
    cdef float out[64]
    a, b, c, d = f32v_set(1), f32v_set(2), f32v_set(3), f32v_set(4)
    e, f, g, h = f32v_set(5), f32v_set(6), f32v_set(7), f32v_set(8)
    i, j, k, m = f32v_set(9), f32v_set(10), f32v_set(11), f32v_set(12)
    start = perf_counter()
    for _step in range(n):
        a, b, c, d = x - y * a, x - y * b, x - y * c, x - y * d
        e, f, g, h = x - y * e, x - y * f, x - y * g, x - y * h
        i, j, k, m = x - y * i, x - y * j, x - y * k, x - y * m
    seconds = perf_counter() - start
    f32v_store(out, a + b + c + d + e + f + g + h + i + j + k + m)
    return 2e-9 * 12 * F32_LANES * n / seconds, out[0]


def peak_f64(Py_ssize_t n=10_000_000):
    """Measure the peak of float64 operations, in billions a second."""
    cdef f64v a, b, c, d, e, f, g, h, i, j, k, m, x = f64v_set(1e-9), y = f64v_set(0.5)
    cdef Py_ssize_t _step
    cdef double out[64]
    a, b, c, d = f64v_set(1), f64v_set(2), f64v_set(3), f64v_set(4)
    e, f, g, h = f64v_set(5), f64v_set(6), f64v_set(7), f64v_set(8)
    i, j, k, m = f64v_set(9), f64v_set(10), f64v_set(11), f64v_set(12)
    start = perf_counter()
    for _step in range(n):
        a, b, c, d = x - y * a, x - y * b, x - y * c, x - y * d
        e, f, g, h = x - y * e, x - y * f, x - y * g, x - y * h
        i, j, k, m = x - y * i, x - y * j, x - y * k, x - y * m
    seconds = perf_counter() - start
    f64v_store(out, a + b + c + d + e + f + g + h + i + j + k + m)
    return 2e-9 * 12 * F64_LANES * n / seconds, out[0]


def nearest(Py_ssize_t n_features, Py_ssize_t n_clusters, bint by_groups, Py_ssize_t repeats):
    """Return the seconds and flops of one panel of rows against all centres, argmin included."""
    cdef Py_ssize_t P = panel_rows(), n_groups = (n_clusters + 3) // 4, i, _
    cdef float[::1] panel = aligned(P * n_features, dtype="f4")
    cdef float[::1] packed = aligned(4 * n_groups * n_features, 1, dtype="f4")
    cdef float[::1] norms = np.ones(4 * n_groups, dtype="f4")
    cdef float best[64]
    cdef float second[64]
    cdef float index[64]
    start = perf_counter()
    with nogil:
        for _ in range(repeats):
            for i in range(P):
                best[i] = second[i] = INFINITY
                index[i] = 0
            if by_groups:
                nearest_groups(
                    &panel[0], n_features, &packed[0], &norms[0], 0, n_groups,
                    best, second, index,
                )
                nearest_in_groups(
                    &panel[0], n_features, &packed[0], &norms[0], best, second, index
                )
            else:
                nearest_panel(
                    &panel[0], n_features, &packed[0], &norms[0], 0, n_groups,
                    best, second, index,
                )
    seconds = (perf_counter() - start) / repeats
    return seconds, 2.0 * P * n_features * n_clusters


def differences(Py_ssize_t n_features, Py_ssize_t repeats):
    """Return the seconds and flops of eight rows against a vector of points in float64."""
    cdef Py_ssize_t L = F64_LANES, r, _
    cdef double[:, ::1] rows = np.random.default_rng(0).normal(size=(8, n_features))
    cdef double[:, ::1] columns = np.random.default_rng(1).normal(size=(n_features, L))
    cdef const double* pointers[8]
    cdef double out[64]
    for r in range(8):
        pointers[r] = &rows[r, 0]
    start = perf_counter()
    with nogil:
        for _ in range(repeats):
            distances_to_lanes(pointers, &columns[0, 0], L, n_features, out)
    seconds = (perf_counter() - start) / repeats
    return seconds, 2.0 * 8 * L * n_features


def pack(Py_ssize_t n_features, Py_ssize_t repeats):
    """Return the seconds of packing one panel from a block, and the bytes read and written."""
    cdef Py_ssize_t P = panel_rows(), width = padded_width(n_features), _
    cdef double[::1] block = np.ones(P * width)
    cdef float* panel = <float*>malloc(P * n_features * sizeof(float))
    cdef float norms[64]
    if panel == NULL:
        raise MemoryError
    start = perf_counter()
    with nogil:
        for _ in range(repeats):
            pack_panel(&block[0], P, n_features, 1.0, panel, norms)
    seconds = (perf_counter() - start) / repeats
    free(panel)
    return seconds, 12.0 * P * n_features


def strip_height(Py_ssize_t n_features):
    """Return the rows of a strip of the same height as in a fit of a mixture."""
    n_rows = max(1600 // n_features, min(96, 8192 // n_features))
    return strip_unit() * max(1, min(16, n_rows // strip_unit()))


def aligned(Py_ssize_t n, Py_ssize_t seed=0, dtype="f8"):
    """Draw normal numbers into an array that is aligned to 64 bytes."""
    buffer = np.empty(n + 16, dtype=dtype)
    first = -buffer.ctypes.data % 64 // buffer.itemsize
    buffer[first:first + n] = np.random.default_rng(seed).normal(size=n)
    return buffer[first:first + n]


def full_density(Py_ssize_t n_features, Py_ssize_t repeats):
    """Return the seconds and flops of a strip under one component with a full covariance."""
    cdef Py_ssize_t H = strip_height(n_features), d = n_features, _
    cdef double[::1] strip = aligned((d + 2) * H)
    cdef double[::1] packed = np.random.default_rng(1).normal(size=packed_triangle_size(d))
    cdef double[::1] out = aligned(H)
    start = perf_counter()
    with nogil:
        for _ in range(repeats):
            full_log_density(&strip[0], H, d, &packed[0], 0.0, &out[0])
    seconds = (perf_counter() - start) / repeats
    return seconds, 1.0 * H * d * (d + 3)   # the triangle, and the square of each column


def diagonal_density(Py_ssize_t n_features, Py_ssize_t repeats):
    """Return the seconds and flops of a strip under one component with a diagonal covariance."""
    cdef Py_ssize_t H = strip_height(n_features), d = n_features, _
    cdef double[::1] strip = aligned((d + 2) * H)
    cdef double[::1] mean = np.ones(d + 2)
    cdef double[::1] out = aligned(H)
    start = perf_counter()
    with nogil:
        for _ in range(repeats):
            diagonal_log_density(&strip[0], H, d, &mean[0], &mean[0], 0.0, &out[0])
    seconds = (perf_counter() - start) / repeats
    return seconds, 4.0 * H * d


def linear_scores(Py_ssize_t n_features, Py_ssize_t repeats):
    """Return the seconds and flops of a strip under two components with one covariance."""
    cdef Py_ssize_t H = strip_height(n_features), d = n_features, _
    cdef double[::1] strip = aligned((d + 2) * H)
    cdef double[::1] slopes = np.ones(2 * d)
    cdef double[::1] out = aligned(2 * H)
    start = perf_counter()
    with nogil:
        for _ in range(repeats):
            two_linear_scores(&strip[0], H, d, &slopes[0], 0.0, 0.0, &out[0], &out[H])
    seconds = (perf_counter() - start) / repeats
    return seconds, 4.0 * H * d


def scatter(Py_ssize_t n_features, Py_ssize_t repeats):
    """Return the seconds and flops of the scatter, sums and size of a strip, for one component."""
    cdef Py_ssize_t H = strip_height(n_features), d = n_features, _
    cdef double[::1] left = aligned((d + 2) * H)
    cdef double[::1] right = aligned((d + 2) * H, 1)
    triangle = moment_tiles.blocks_in_threes((d + 2) // 2, (d + 2) // 2, True)
    cdef Py_ssize_t[:, ::1] blocks = triangle
    cdef Py_ssize_t n_blocks = len(triangle)
    cdef double[::1] sums = np.zeros(4 * n_blocks)
    start = perf_counter()
    with nogil:
        for _ in range(repeats):
            add_outer_blocks(&left[0], &right[0], H, H, &blocks[0, 0], n_blocks, &sums[0])
    seconds = (perf_counter() - start) / repeats
    return seconds, 1.0 * H * (d + 1) * (d + 2)     # the triangle of the features and the ones


def diagonal_moments(Py_ssize_t n_features, Py_ssize_t repeats):
    """Return the seconds and flops of the sums of a strip, for one diagonal covariance."""
    cdef Py_ssize_t H = strip_height(n_features), d = n_features, _
    cdef double[::1] strip = aligned((d + 2) * H)
    cdef double[::1] mean = np.ones(d + 2)
    cdef double[::1] resp = aligned(H)
    cdef double[::1] sums = np.zeros(2 * d + 4)
    start = perf_counter()
    with nogil:
        for _ in range(repeats):
            add_diagonal_moments(&strip[0], H, d, &mean[0], &resp[0], &sums[0])
    seconds = (perf_counter() - start) / repeats
    return seconds, 5.0 * H * d


def exponentials(Py_ssize_t n, Py_ssize_t repeats):
    """Return the seconds of n exponentials, and n."""
    cdef double[::1] x = -10 * np.abs(aligned(n))
    cdef double[::1] out = aligned(n)
    cdef Py_ssize_t i, _, L = F64_LANES
    start = perf_counter()
    with nogil:
        for _ in range(repeats):
            i = 0
            while i + L <= n:
                f64v_store(&out[i], exp_lanes(f64v_load(&x[i])))
                i += L
    seconds = (perf_counter() - start) / repeats
    return seconds, 1.0 * n
