"""Log-densities of a strip of rows under one component: the E step's tiles.

One register tile serves full covariances and linear log-densities: six vectors of rows by two
columns of a matrix, twelve accumulators, in a loop over the features. For a full covariance the
matrix is the upper Cholesky factor P of the precision, ``maha = ||(x - mean) P||^2``; two columns
at a time waste few products on zeros of the triangle. For linear log-densities the two columns are
the slopes of two components. Rows are read less the frame's shift, and accumulators begin at minus
the product with the mean, or at a constant.
"""
from ..core.simd cimport F64_LANES, f64v, f64v_fetch, f64v_load, f64v_set, f64v_store


cdef Py_ssize_t packed_triangle_size(Py_ssize_t n_features) noexcept nogil:
    """Numbers of a packed triangle: an offset and 2 rows of 2, then 4, then 6 ..."""
    cdef Py_ssize_t pairs = (n_features + 1) // 2
    return 2 * pairs * (pairs + 2)


cdef void pack_triangle(
    const double* upper,        # IN   (n_features, n_features), upper triangular
    const double* mean,         # IN   (n_features,)
    Py_ssize_t n_features,
    double* packed,             # OUT  (packed_triangle_size(n_features),)
) noexcept nogil:
    """Lay out an upper triangle two columns at a time; minus their product with the mean first."""
    cdef Py_ssize_t c, i, d = n_features
    cdef double* offset
    c = 0
    while c < d:
        offset = packed
        offset[0] = offset[1] = 0
        packed += 2
        for i in range(min(c + 2, d)):
            packed[0] = upper[i * d + c] if i <= c else 0
            packed[1] = upper[i * d + c + 1] if c + 1 < d else 0
            offset[0] -= mean[i] * packed[0]
            offset[1] -= mean[i] * packed[1]
            packed += 2
        packed = offset + 2 * (c + 3)
        c += 2


cdef inline void two_columns(
    const double* x,            # IN   (n, 6 vectors), `stride` apart
    Py_ssize_t stride,
    const double* columns,      # IN   (n, 2)
    Py_ssize_t n,
    f64v* a,                    # INOUT (6,) products with the first column are added
    f64v* b,                    # INOUT (6,) and with the second
) noexcept nogil:
    """The register tile: a += x columns[:, 0], b += x columns[:, 1]."""
    cdef Py_ssize_t _, L = F64_LANES
    cdef f64v p, q, t
    cdef f64v a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5]
    cdef f64v b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3], b4 = b[4], b5 = b[5]
    for _ in range(n):
        p = f64v_set(columns[0])
        q = f64v_set(columns[1])
        t = f64v_fetch(x)
        a0 = a0 + p * t
        b0 = b0 + q * t
        t = f64v_fetch(x + L)
        a1 = a1 + p * t
        b1 = b1 + q * t
        t = f64v_fetch(x + 2 * L)
        a2 = a2 + p * t
        b2 = b2 + q * t
        t = f64v_fetch(x + 3 * L)
        a3 = a3 + p * t
        b3 = b3 + q * t
        t = f64v_fetch(x + 4 * L)
        a4 = a4 + p * t
        b4 = b4 + q * t
        t = f64v_fetch(x + 5 * L)
        a5 = a5 + p * t
        b5 = b5 + q * t
        x = x + stride
        columns = columns + 2
    a[0], a[1], a[2], a[3], a[4], a[5] = a0, a1, a2, a3, a4, a5
    b[0], b[1], b[2], b[3], b[4], b[5] = b0, b1, b2, b3, b4, b5


cdef void full_log_density(
    const double* strip,        # IN   (n_features, height)
    Py_ssize_t height,
    Py_ssize_t n_features,
    const double* packed,       # IN   the packed triangle of the component
    double constant,            # IN   log weight + log normaliser
    double* log_density,        # OUT  (height,)
) noexcept nogil:
    """``constant - ||(x - mean) P||^2 / 2`` of every row."""
    cdef Py_ssize_t start = 0, c, v, L = F64_LANES, d = n_features
    cdef const double* column
    cdef f64v a[6]
    cdef f64v b[6]
    cdef f64v square[6]
    while start < height:
        for v in range(6):
            square[v] = f64v_set(0)
        column = packed
        c = 0
        while c < d:
            for v in range(6):
                a[v] = f64v_set(column[0])
                b[v] = f64v_set(column[1])
            two_columns(strip + start, height, column + 2, min(c + 2, d), a, b)
            for v in range(6):
                square[v] = square[v] + a[v] * a[v] + b[v] * b[v]
            column = column + 2 * (c + 3)
            c += 2
        for v in range(6):
            f64v_store(
                log_density + start + v * L, f64v_set(constant) - f64v_set(0.5) * square[v]
            )
        start += 6 * L


cdef void diagonal_log_density(
    const double* strip,        # IN   (n_features, height)
    Py_ssize_t height,
    Py_ssize_t n_features,
    const double* mean,         # IN   (n_features,)
    const double* inverse_scales,  # IN (n_features,) square roots of the precisions
    double constant,            # IN   log weight + log normaliser
    double* log_density,        # OUT  (height,)
) noexcept nogil:
    """``constant - sum_j ((x_j - mean_j) p_j)^2 / 2`` of every row."""
    cdef Py_ssize_t start = 0, j, L = F64_LANES
    cdef const double* x
    cdef f64v m, p, t, a0, a1, a2, a3, a4, a5, half = f64v_set(0.5), offset = f64v_set(constant)
    cdef double* out
    while start < height:
        a0 = a1 = a2 = a3 = a4 = a5 = f64v_set(0)
        for j in range(n_features):
            x = strip + j * height + start
            p = f64v_set(inverse_scales[j])
            m = f64v_set(mean[j] * inverse_scales[j])
            t = f64v_load(x) * p - m
            a0 = a0 + t * t
            t = f64v_load(x + L) * p - m
            a1 = a1 + t * t
            t = f64v_load(x + 2 * L) * p - m
            a2 = a2 + t * t
            t = f64v_load(x + 3 * L) * p - m
            a3 = a3 + t * t
            t = f64v_load(x + 4 * L) * p - m
            a4 = a4 + t * t
            t = f64v_load(x + 5 * L) * p - m
            a5 = a5 + t * t
        out = log_density + start
        f64v_store(out, offset - half * a0)
        f64v_store(out + L, offset - half * a1)
        f64v_store(out + 2 * L, offset - half * a2)
        f64v_store(out + 3 * L, offset - half * a3)
        f64v_store(out + 4 * L, offset - half * a4)
        f64v_store(out + 5 * L, offset - half * a5)
        start += 6 * L


cdef void two_linear_scores(
    const double* strip,        # IN   (n_features, height)
    Py_ssize_t height,
    Py_ssize_t n_features,
    const double* slopes,       # IN   (n_features, 2)
    double first_constant,
    double second_constant,
    double* first,              # OUT  (height,)
    double* second,             # OUT  (height,)
) noexcept nogil:
    """``constant + x.slope`` of every row for two components."""
    cdef Py_ssize_t start = 0, v, L = F64_LANES
    cdef f64v a[6]
    cdef f64v b[6]
    while start < height:
        for v in range(6):
            a[v] = f64v_set(first_constant)
            b[v] = f64v_set(second_constant)
        two_columns(strip + start, height, slopes, n_features, a, b)
        for v in range(6):
            f64v_store(first + start + v * L, a[v])
            f64v_store(second + start + v * L, b[v])
        start += 6 * L
