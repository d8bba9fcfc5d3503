"""A cheap look in float32 at which rows a trial of k-means++ may bring nearer to a seed.

About the origin of the frame, ``||x - c||^2 = ||x||^2 + 2 (||c||^2 / 2 - x.c)``. A trial c can
bring row x nearer than its squared distance D to its nearest seed only if the *score*
``||c||^2 / 2 - x.c`` is not above the row's *bar* ``(D - ||x||^2) / 2``, widened by a bound on the
rounding. The tile of k-means makes the scores, of trials instead of centres; rows that pass are
measured from differences in float64: the screen selects rows, and never decides a result.

A row near enough to its seed is not even looked at: `measure_reach` tells how near (Raff 2021).
"""
from libc.math cimport INFINITY
from libc.stdint cimport uint64_t

from ..rows.squared_distance cimport distances_to_lanes
from .nearest_tile cimport nearest_groups
from ..rows.panels cimport panel_rows
from ..core.simd cimport F32_LANES, F64_LANES, f32m_bits, f32v_load, f32v_lt

ctypedef fused real:
    float
    double

cdef enum:
    MAX_PANEL_ROWS = 48
    LARGE_EXPONENT = 120    # of a squared norm: beyond, scores could overflow float32


cdef float screen_floor(double gamma, double largest_norm) noexcept nogil:
    """Margin that the trials add to every bar; infinite where their scores could overflow."""
    cdef double square = largest_norm * largest_norm
    return <float>(gamma * square + 1e-30) if square < 2.0 ** LARGE_EXPONENT else <float>INFINITY


cdef void _set_bars(
    const float* norms, const real* closest, Py_ssize_t n, double scale, double gamma,
    float floor, float* bars,
) noexcept nogil:
    cdef Py_ssize_t r
    cdef double slope = scale * scale / 2 * (1 + 1e-6)
    cdef float square, up = <float>(2.0 ** (128 - LARGE_EXPONENT))
    cdef float margin = <float>(gamma * 2.0 ** (LARGE_EXPONENT - 128))
    for r in range(n):
        square = norms[r] * norms[r]
        bars[r] = (<float>(slope * closest[r]) - square / 2) + (margin * (up * square) + floor)


cdef void set_bars(
    const float* norms,         # IN   (n,) of the scaled rows
    const float* closest_float,     # IN   (n,) squared distances D to the nearest seed, or NULL
    const double* closest_double,   # IN   (n,) the same where they are float64
    Py_ssize_t n,
    double scale,
    double gamma,
    float floor,                # IN   from `screen_floor`
    float* bars,                # OUT  (n,)
) noexcept nogil:
    """Scores above these say for certain that a trial does not bring a row nearer.

    They are ``gamma (||x|| ||c|| + ||c||^2 / 2) <= gamma (||x||^2 / 2 + ||c||^2)`` off, the norm
    in a bar by as much again. If scores of a norm could overflow, no score is above its bar.
    """
    if closest_float != NULL:
        _set_bars[float](norms, closest_float, n, scale, gamma, floor, bars)
    else:
        _set_bars[double](norms, closest_double, n, scale, gamma, floor, bars)


cdef uint64_t screen_panel(
    const float* panel,         # IN   (n_features, panel_rows)
    Py_ssize_t n_features,
    const float* packed,        # IN   (n_groups, n_features, 4) the trials
    const float* half_norms,    # IN   (4 * n_groups,)
    Py_ssize_t n_groups,
    const float* bars,          # IN   (panel_rows,)
) noexcept nogil:
    """A bit for each row of a panel that has a score not above its bar."""
    cdef Py_ssize_t i, v, L = F32_LANES, P = panel_rows()
    cdef uint64_t above = 0
    cdef float best[MAX_PANEL_ROWS]
    cdef float second[MAX_PANEL_ROWS]
    cdef float group[MAX_PANEL_ROWS]
    for i in range(P):
        best[i] = INFINITY
        second[i] = INFINITY
        group[i] = 0
    nearest_groups(panel, n_features, packed, half_norms, 0, n_groups, best, second, group)
    for v in range(3):
        above |= <uint64_t>f32m_bits(
            f32v_lt(f32v_load(bars + v * L), f32v_load(best + v * L))
        ) << (v * L)
    return ~above


cdef void measure_reach(
    const double* seeds,        # IN   (n_seeds, n_features)
    Py_ssize_t n_seeds,
    const double* columns,      # IN   (n_features, lanes) the trials
    Py_ssize_t lanes,
    Py_ssize_t n_features,
    double* reach,              # OUT  (n_seeds,) squared distances
) noexcept nogil:
    """How near to its seed a row must be to keep it: a quarter of the squared distance between the
    seed and the nearest trial."""
    cdef Py_ssize_t k = 0, t, v, r, L = F64_LANES
    cdef const double* eight[8]
    cdef double out[64]
    while k < n_seeds:
        for r in range(8):
            eight[r] = seeds + min(k + r, n_seeds - 1) * n_features
            if k + r < n_seeds:
                reach[k + r] = INFINITY
        for v in range(lanes // L):
            distances_to_lanes(eight, columns + v * L, lanes, n_features, out)
            for r in range(min(8, n_seeds - k)):
                for t in range(L):
                    # Float32 distances are rounded: a part in a million is the safe side.
                    reach[k + r] = min(reach[k + r], out[r * L + t] / 4 * (1 - 1e-6))
        k += 8
