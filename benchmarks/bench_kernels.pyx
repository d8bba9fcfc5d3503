# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Kernels in a loop on data that stay in cache, and the FMA peak of the core beside them.

Compiled by bench_kernels.py, once a level, with that level's flags.
"""
from libc.math cimport INFINITY
from libc.stdlib cimport free, malloc

from mixclust.kernels.exact cimport distances_to_lanes
from mixclust.kernels.nearest cimport nearest_panel
from mixclust.kernels.panels cimport pack_panel, padded_width, panel_rows
from mixclust.kernels.simd cimport (
    F32_LANES, F64_LANES, f32v, f32v_set, f32v_store, f64v, f64v_set, f64v_store,
)

from time import perf_counter

import numpy as np


def peak_f32(Py_ssize_t n=10_000_000):
    """Billions of float32 operations a second: 12 independent chains of fused multiply-adds."""
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
    """Billions of float64 operations a second."""
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


def nearest(Py_ssize_t n_features, Py_ssize_t n_clusters, Py_ssize_t repeats):
    """Seconds of one panel of rows against all centres, argmin included, and its flops."""
    cdef Py_ssize_t P = panel_rows(), n_groups = (n_clusters + 3) // 4, i, _
    cdef float[::1] panel = np.random.default_rng(0).normal(size=P * n_features).astype("f4")
    cdef float[::1] packed = np.random.default_rng(1).normal(
        size=4 * n_groups * n_features
    ).astype("f4")
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
            nearest_panel(
                &panel[0], n_features, &packed[0], &norms[0], 0, n_groups, best, second, index
            )
    seconds = (perf_counter() - start) / repeats
    return seconds, 2.0 * P * n_features * n_clusters


def differences(Py_ssize_t n_features, Py_ssize_t repeats):
    """Seconds of eight rows against a vector of points in float64, and its flops."""
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
    """Seconds of packing one panel from a block, and the bytes that it reads and writes."""
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
