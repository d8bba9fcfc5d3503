"""A look in integers at which rows a trial of k-means++ may bring nearer to a seed.

Rows and trials are rounded to whole numbers of a small unit, X and C. The rounding moves a row by
an error e(x) that is known, and a trial by e(c). A trial c brings row x nearer than its distance D
to its nearest seed only if ``||X - C|| < D + e(x) + e(c)``, that is, only if the *score*
``X.C - ||C||^2 / 2`` is above ``(||X||^2 - (D + e(x) + e(c))^2) / 2``, the row's *bar*. Scores are
exact: numbers of 16 bits are multiplied in pairs and added up in 32 bits, at twice the speed of
float32. Rows that pass are measured in float64: the screen selects rows, and decides no result.

The largest integer M has ``M^2 d <= 2^29``, so that no score leaves 32 bits. Values beyond M units
are cut to M, which counts as an error of their rows.
"""
from libc.math cimport floor, sqrt
from libc.stdint cimport int32_t, int64_t, uint64_t

from ..core.int_pairs cimport (
    I32_LANES, i32v, i32v_add_products, i32v_load, i32v_lt_bits, i32v_max, i32v_set, int_pair,
)
from ..core.simd cimport (
    F32_LANES, f32v, f32v_load, f32v_max, f32v_min, f32v_set, f32v_sqrt, f32v_store, f32v_store_int,
    prefetch,
)
from ..rows.panels cimport panel_rows

cdef enum:
    MAX_PANEL_ROWS = 48
    PREFETCH_AHEAD_BYTES = 4096     # from the pair that is read to the one prefetched
    LARGEST_INTEGER = 16384     # of 16 bits, for few features
    MAX_SQUARE = 1 << 29        # of the length of a row in units
    # A bar that every score is above: scores are at least -1.5 * 2^29.
    MAX_HALF_SQUARE = 1200000000

cdef float ROUND_TO_INTEGER_F32 = 12582912      # 1.5 * 2^23: the sum with it has no fraction


cdef Py_ssize_t largest_integer(Py_ssize_t n_features) noexcept nogil:
    """The largest integer M that a value is rounded to."""
    return min(LARGEST_INTEGER, <Py_ssize_t>sqrt(<double>MAX_SQUARE / n_features))


cdef void round_panel(
    const float* panel,         # IN   (n_features, panel_rows)
    const float* norms,         # IN   (panel_rows,) of the rows
    Py_ssize_t n_features,
    float to_units,             # IN   units in one of the panel's numbers
    int32_t* pairs,             # OUT  (n_features / 2 rounded up, panel_rows)
    int32_t* half_squares,      # OUT  (panel_rows,) ||X||^2 / 2, rounded down
    float* errors,              # OUT  (panel_rows,) no less than ||x - X||
) noexcept nogil:
    """Round the rows of a panel.

    A number of the panel is 2^-22 of itself off at most, which counts as an error too.
    """
    cdef Py_ssize_t j, r, v, P = panel_rows(), L = F32_LANES
    cdef float largest = <float>largest_integer(n_features)
    cdef float slack = <float>(1 + (n_features + 8) * 2.0 ** -22)
    cdef float off = to_units * <float>(2.0 ** -21)
    cdef f32v x, rounded, magic = f32v_set(ROUND_TO_INTEGER_F32)
    cdef int32_t whole[2 * MAX_PANEL_ROWS]
    cdef float squares[MAX_PANEL_ROWS]
    for r in range(P):
        squares[r] = 0
        half_squares[r] = 0
    for j in range(n_features):
        for v in range(3):
            x = f32v_load(panel + j * P + v * L) * f32v_set(to_units)
            rounded = f32v_max(f32v_min(x, f32v_set(largest)), f32v_set(-largest))
            rounded = (rounded + magic) - magic
            f32v_store_int(whole + j % 2 * MAX_PANEL_ROWS + v * L, rounded)
            x = x - rounded
            f32v_store(squares + v * L, f32v_load(squares + v * L) + x * x)
        if j % 2 == 0:
            for r in range(P):
                half_squares[r] += whole[r] * whole[r]
                pairs[j // 2 * P + r] = int_pair(whole[r], 0)
        else:
            for r in range(P):
                half_squares[r] += whole[MAX_PANEL_ROWS + r] * whole[MAX_PANEL_ROWS + r]
                pairs[j // 2 * P + r] = int_pair(whole[r], whole[MAX_PANEL_ROWS + r])
    for v in range(3):
        f32v_store(errors + v * L, f32v_sqrt(f32v_load(squares + v * L)))
    for r in range(P):
        half_squares[r] //= 2
        errors[r] = errors[r] * slack + (norms[r] * off + <float>1e-3)


cdef double round_points(
    const double* points,       # IN   (n_points, n_features)
    Py_ssize_t n_points,
    Py_ssize_t n_features,
    const double* shift,        # IN   (n_features,)
    double to_units,            # IN   units in one of the points' numbers
    int32_t* pairs,             # OUT  (n_groups, n_pairs, 4) the points in groups of four
    int32_t* starts,            # OUT  (4 * n_groups,) -||C||^2 / 2, rounded up
) noexcept nogil:
    """Round points; the last stands for those that a group lacks. Returns the largest error."""
    cdef Py_ssize_t j, p, q, n_pairs = (n_features + 1) // 2
    cdef double largest = <double>largest_integer(n_features), x, square, size, error = 0
    cdef int64_t length
    cdef int32_t whole[2]
    for p in range((n_points + 3) // 4 * 4):
        square = size = 0
        length = 0
        for j in range(n_features):
            x = (points[min(p, n_points - 1) * n_features + j] - shift[j]) * to_units
            whole[j % 2] = <int32_t>floor(max(-largest, min(largest, x)) + 0.5)
            whole[1] = 0 if j % 2 == 0 else whole[1]
            q = (p // 4 * n_pairs + j // 2) * 4 + p % 4
            pairs[q] = int_pair(whole[0], whole[1])
            length += <int64_t>whole[j % 2] * whole[j % 2]
            square += (x - whole[j % 2]) * (x - whole[j % 2])
            size += x * x
        starts[p] = <int32_t>(-(length // 2))
        error = max(error, sqrt(square) + sqrt(size) * 2.0 ** -40)
    return error * (1 + 1e-6) + 1e-3


cdef void set_integer_bars(
    const int32_t* half_squares,    # IN   (panel_rows,)
    const float* errors,            # IN   (panel_rows,)
    const float* closest_float,     # IN   (n,) squared distances D^2 to the nearest seed, or NULL
    const double* closest_double,   # IN   (n,) the same where they are float64
    Py_ssize_t n,
    double to_units,                # IN   units in one of the rows' own numbers
    double point_error,             # IN   from `round_points`
    int32_t* bars,                  # OUT  (panel_rows,)
) noexcept nogil:
    """Scores below these say for certain that a trial does not bring a row nearer."""
    cdef Py_ssize_t r, v, P = panel_rows(), L = F32_LANES
    cdef float reach[MAX_PANEL_ROWS]
    cdef int32_t halves[MAX_PANEL_ROWS]
    cdef float units = <float>(to_units * (1 + 1e-6)), error = <float>(point_error * (1 + 1e-6))
    cdef const float* squares = closest_float
    cdef f32v x
    if closest_float == NULL or n < P:
        for r in range(P):
            if r >= n:
                reach[r] = 0
            elif closest_float == NULL:
                reach[r] = <float>(sqrt(closest_double[r]) * to_units)
            else:
                reach[r] = closest_float[r]
        squares = reach
    for v in range(3):
        x = f32v_load(squares + v * L)
        if closest_float != NULL:
            x = f32v_sqrt(x) * f32v_set(units)
        x = x + (f32v_load(errors + v * L) + f32v_set(error))
        x = x * x * f32v_set(<float>(0.5 + 1e-5)) + f32v_set(2)
        f32v_store_int(halves + v * L, f32v_min(x, f32v_set(<float>MAX_HALF_SQUARE)))
    for r in range(P):
        bars[r] = half_squares[r] - halves[r]


cdef uint64_t screen_integers(
    const int32_t* pairs,       # IN   (n_pairs, panel_rows)
    Py_ssize_t n_pairs,
    const int32_t* points,      # IN   (n_groups, n_pairs, 4)
    const int32_t* starts,      # IN   (4 * n_groups,)
    Py_ssize_t n_groups,
    const int32_t* bars,        # IN   (panel_rows,)
) noexcept nogil:
    """A bit for each row of a panel that has a score not below its bar."""
    cdef Py_ssize_t g, _, q, v = 0, L = I32_LANES, P = panel_rows()
    cdef uint64_t below = 0
    cdef const int32_t* x
    cdef const int32_t* c
    cdef i32v x0, x1, x2, point
    cdef i32v t[12]
    cdef i32v best[3]
    while v < P:
        best[0] = best[1] = best[2] = i32v_set(-2147483647)
        for g in range(n_groups):
            c = points + g * n_pairs * 4
            x = pairs + v
            for q in range(4):
                t[3 * q] = t[3 * q + 1] = t[3 * q + 2] = i32v_set(starts[4 * g + q])
            for _ in range(n_pairs):
                if g == 0:
                    for q in range(3):
                        prefetch(<const char*>(x + q * L) + PREFETCH_AHEAD_BYTES)
                x0 = i32v_load(x)
                x1 = i32v_load(x + L)
                x2 = i32v_load(x + 2 * L)
                for q in range(4):
                    point = i32v_set(c[q])
                    t[3 * q] = i32v_add_products(t[3 * q], x0, point)
                    t[3 * q + 1] = i32v_add_products(t[3 * q + 1], x1, point)
                    t[3 * q + 2] = i32v_add_products(t[3 * q + 2], x2, point)
                x += P
                c += 4
            for q in range(4):
                best[0] = i32v_max(best[0], t[3 * q])
                best[1] = i32v_max(best[1], t[3 * q + 1])
                best[2] = i32v_max(best[2], t[3 * q + 2])
        for q in range(3):
            below |= <uint64_t>i32v_lt_bits(best[q], i32v_load(bars + v + q * L)) << (v + q * L)
        v += 3 * L
    return ~below
