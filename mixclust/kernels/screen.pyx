"""A cheap look in float32 at which rows a trial of k-means++ may bring nearer to a seed.

About the origin of the frame, ``||x - c||^2 = ||x||^2 + 2 (||c||^2 / 2 - x.c)``. A trial c can
bring row x nearer than its squared distance D to its nearest seed only if the *score*
``||c||^2 / 2 - x.c`` is not above the row's *bar* ``(D - ||x||^2) / 2``, widened by what rounding
can reach. So a row costs one multiply-add a number and trial, and only what passes is measured
from differences in float64: the screen decides what is looked at, never a result.

Rows lie as they do in memory and the lanes are the trials. A vector holds F32_SPLIT features of
each trial side by side, since there are few trials: half as many vectors stream past.
"""
from libc.math cimport INFINITY
from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memcpy

from .simd cimport (
    F32_ALL, F32_LANES, F32_SPLIT, F64_LANES, f32m_bits, f32v, f32v_add_pairs, f32v_load,
    f32v_lt, f32v_set, f32v_set_pair, f32v_store, f64v_load, f64v_set, f64v_store_f32,
)

ctypedef fused real:
    float
    double

cdef enum:
    TOO_LARGE_EXPONENT = 120    # of a squared norm: beyond, scores could overflow float32


cdef Py_ssize_t screen_width(Py_ssize_t n_features) noexcept nogil:
    """Numbers of a framed row: the features, up to a whole number of pairs."""
    return (n_features + F32_SPLIT - 1) // F32_SPLIT * F32_SPLIT


cdef Py_ssize_t screen_trials() noexcept nogil:
    """Trials of a vector."""
    return F32_LANES // F32_SPLIT


cdef void _frame(
    const char* const* rows, Py_ssize_t n_rows, Py_ssize_t col_stride, const real* origin,
    real scale, Py_ssize_t n_features, float* out,
) noexcept nogil:
    cdef Py_ssize_t r, j, width = screen_width(n_features)
    cdef Py_ssize_t contiguous = n_features if col_stride == sizeof(real) else 0
    cdef const real* values
    for r in range(n_rows):
        values = <const real*>rows[r]
        j = 0
        if real is float:
            while j + F32_LANES <= contiguous:
                f32v_store(
                    out + j, f32v_load(values + j) * f32v_set(scale) - f32v_load(origin + j)
                )
                j += F32_LANES
        else:
            while j + F64_LANES <= contiguous:
                f64v_store_f32(
                    out + j, f64v_load(values + j) * f64v_set(scale) - f64v_load(origin + j)
                )
                j += F64_LANES
        while j < n_features:
            out[j] = <float>((<const real*>(rows[r] + j * col_stride))[0] * scale - origin[j])
            j += 1
        out = out + width


cdef void frame_rows(
    const char* const* rows,        # IN   (n_rows,)
    Py_ssize_t n_rows,
    Py_ssize_t col_stride,
    bint is_double,
    const float* origin_float,      # IN   (n_features,) where rows are float32: shift * scale
    const double* origin_double,    # IN   (n_features,) where they are float64
    double scale,                   # a power of two that float32 holds where rows are float32
    Py_ssize_t n_features,
    float* out,                     # OUT  (n_rows, screen_width) but for what is past the features
) noexcept nogil:
    """Read rows of either dtype, scaled and less the origin, rounded once to float32."""
    if is_double:
        _frame[double](rows, n_rows, col_stride, origin_double, scale, n_features, out)
    else:
        _frame[float](rows, n_rows, col_stride, origin_float, <float>scale, n_features, out)


cdef uint16_t pack_norm(
    const float* framed,            # IN   (n_features,)
    Py_ssize_t n_features,
) noexcept nogil:
    """Squared norm of a framed row in two bytes, rounded down: the upper half of a float32."""
    cdef Py_ssize_t j
    cdef double total = 0
    cdef float norm
    cdef uint32_t bits
    for j in range(n_features):
        total += <double>framed[j] * framed[j]
    norm = <float>total if total < 2.0 ** TOO_LARGE_EXPONENT else <float>INFINITY
    memcpy(&bits, &norm, sizeof(bits))
    return <uint16_t>(bits >> 16)


cdef double pack_trials(
    const double* trials,           # IN   (n_trials, n_features)
    Py_ssize_t n_trials,
    Py_ssize_t n_features,
    const double* origin,           # IN   (n_features,)
    double scale,
    float* pairs,                   # OUT  (vectors, screen_width / F32_SPLIT, F32_LANES)
    float* halves,                  # OUT  (vectors, F32_LANES) ||c||^2 / 2, where scores begin
) noexcept nogil:
    """Lay out the trials for `screen_eight`; returns the largest squared norm."""
    cdef Py_ssize_t t, j, lane, L = F32_LANES, P = F32_SPLIT, width = screen_width(n_features)
    cdef double value, norm, largest = 0
    cdef float* vector
    for t in range((n_trials + L // P - 1) // (L // P) * (L // P)):
        lane = t % (L // P) * P
        vector = pairs + t // (L // P) * (width // P) * L + lane
        norm = 0 if t < n_trials else INFINITY
        for j in range(width):
            value = 0
            if t < n_trials and j < n_features:
                value = trials[t * n_features + j] * scale - origin[j]
            norm += value * value
            vector[j // P * L + j % P] = <float>value
        for j in range(P):
            halves[t // (L // P) * L + lane + j] = 0
        halves[t // (L // P) * L + lane] = <float>(norm / 2)
        if t < n_trials and not norm <= largest:
            largest = norm
    return largest if largest < 2.0 ** TOO_LARGE_EXPONENT else INFINITY


cdef int screen_eight(
    const float* framed,            # IN   (8, width)
    Py_ssize_t width,
    const float* pairs,             # IN   (width / F32_SPLIT, F32_LANES) one vector of trials
    const float* halves,            # IN   (F32_LANES,)
    const float* bars,              # IN   (8,)
) noexcept nogil:
    """A bit for each of eight rows that has a score not above its bar, for a vector of trials."""
    cdef Py_ssize_t j = 0
    cdef const float* r0 = framed
    cdef const float* r1 = r0 + width
    cdef const float* r2 = r1 + width
    cdef const float* r3 = r2 + width
    cdef const float* r4 = r3 + width
    cdef const float* r5 = r4 + width
    cdef const float* r6 = r5 + width
    cdef const float* r7 = r6 + width
    cdef f32v c, a0, a1, a2, a3, a4, a5, a6, a7
    a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = f32v_load(halves)
    while j < width:
        c = f32v_load(pairs)
        a0 = a0 - c * f32v_set_pair(r0 + j)
        a1 = a1 - c * f32v_set_pair(r1 + j)
        a2 = a2 - c * f32v_set_pair(r2 + j)
        a3 = a3 - c * f32v_set_pair(r3 + j)
        a4 = a4 - c * f32v_set_pair(r4 + j)
        a5 = a5 - c * f32v_set_pair(r5 + j)
        a6 = a6 - c * f32v_set_pair(r6 + j)
        a7 = a7 - c * f32v_set_pair(r7 + j)
        pairs = pairs + F32_LANES
        j += F32_SPLIT
    return (
        _not_above(bars[0], a0) | _not_above(bars[1], a1) << 1 | _not_above(bars[2], a2) << 2
        | _not_above(bars[3], a3) << 3 | _not_above(bars[4], a4) << 4
        | _not_above(bars[5], a5) << 5 | _not_above(bars[6], a6) << 6
        | _not_above(bars[7], a7) << 7
    )


cdef inline bint _not_above(float bar, f32v score) noexcept nogil:
    """Whether the sum of any pair is not above the bar; what is not a number is not above."""
    return f32m_bits(f32v_lt(f32v_set(bar), f32v_add_pairs(score))) != F32_ALL
