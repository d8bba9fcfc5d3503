"""The layouts in which tiles read rows and centres: blocks, panels and groups.

A *block* is a run of rows in float64, centred on a shift, one row behind the other at
`padded_width` numbers a row; column `n_features` holds 1, so that the sum of a block's rows is
also their count. Any stride and both dtypes of `X` end here: nothing behind it asks again.

A *panel* is the transpose of `panel_rows()` rows of a block in float32, features outermost, so
that the lanes of a vector are rows. A *group* is four centres, features outermost.
"""
from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int32_t

from ..core.simd cimport (
    F32_LANES, F64_LANES, f32v, f32v_load, f32v_set, f32v_sqrt, f32v_store, f64v, f64v_from_f32,
    f64v_from_f32_part, f64v_load, f64v_load_part, f64v_store, f64v_unit, transpose_to_f32,
)

ctypedef fused real:
    float
    double


cdef Py_ssize_t panel_rows() noexcept nogil:
    """Rows of a panel: three vectors."""
    return 3 * F32_LANES


cdef Py_ssize_t padded_width(Py_ssize_t n_features) noexcept nogil:
    """Numbers a row of a block: the features and the 1, up to a whole number of vectors."""
    return (n_features + F64_LANES) // F64_LANES * F64_LANES


cdef void _load(
    const char* X, Py_ssize_t row_stride, const real* kind, const int32_t* listed,
    Py_ssize_t n_rows, Py_ssize_t n_features, const double* shift, double* block,
) noexcept nogil:
    """Rows of adjacent features: the last vector of a row holds the last features and the 1."""
    cdef Py_ssize_t i, j, L = F64_LANES, width = padded_width(n_features), whole = width - L
    cdef int rest = <int>(n_features - whole)
    cdef f64v last = f64v_load_part(shift + whole, rest) - f64v_unit(rest)
    cdef const real* values
    cdef double* out
    for i in range(n_rows):
        values = <const real*>(X + (i if listed == NULL else listed[i]) * row_stride)
        out = block + i * width
        j = 0
        while j < whole:
            if real is float:
                f64v_store(out + j, f64v_from_f32(values + j) - f64v_load(shift + j))
            else:
                f64v_store(out + j, f64v_load(values + j) - f64v_load(shift + j))
            j += L
        if real is float:
            f64v_store(out + whole, f64v_from_f32_part(values + whole, rest) - last)
        else:
            f64v_store(out + whole, f64v_load_part(values + whole, rest) - last)


cdef void _load_strided(
    const char* X, Py_ssize_t row_stride, Py_ssize_t col_stride, const real* kind,
    const int32_t* listed, Py_ssize_t n_rows, Py_ssize_t n_features, const double* shift,
    double* block,
) noexcept nogil:
    cdef Py_ssize_t i, j, width = padded_width(n_features)
    cdef const char* row
    cdef double* out
    for i in range(n_rows):
        row = X + (i if listed == NULL else listed[i]) * row_stride
        out = block + i * width
        for j in range(n_features):
            out[j] = <double>(<const real*>(row + j * col_stride))[0] - shift[j]
        out[n_features] = 1.0
        for j in range(n_features + 1, width):
            out[j] = 0.0


cdef void load_rows(
    const char* X,              # IN   row 0, strides in bytes
    Py_ssize_t row_stride,
    Py_ssize_t col_stride,
    bint is_double,
    const int32_t* listed,      # IN   (n_rows,) numbers of the rows; NULL: the first n_rows
    Py_ssize_t n_rows,
    Py_ssize_t n_features,
    const double* shift,        # IN   (n_features,)
    double* block,              # OUT  (n_rows, padded_width)
) noexcept nogil:
    """Read rows of float32 or float64 at any stride into a block centred on `shift`."""
    cdef Py_ssize_t size = sizeof(double) if is_double else sizeof(float)
    if col_stride == size and is_double:
        _load[double](X, row_stride, NULL, listed, n_rows, n_features, shift, block)
    elif col_stride == size:
        _load[float](X, row_stride, NULL, listed, n_rows, n_features, shift, block)
    elif is_double:
        _load_strided[double](
            X, row_stride, col_stride, NULL, listed, n_rows, n_features, shift, block
        )
    else:
        _load_strided[float](
            X, row_stride, col_stride, NULL, listed, n_rows, n_features, shift, block
        )


cdef void pack_panel(
    const double* block,        # IN   (n_rows, padded_width)
    Py_ssize_t n_rows,          # IN   1 .. panel_rows(); lanes past it are zero
    Py_ssize_t n_features,
    double scale,
    float* panel,               # OUT  (n_features, panel_rows)
    float* norms,               # OUT  (panel_rows,) Euclidean norms of the scaled rows
) noexcept nogil:
    """Transpose rows of a block into a panel of float32, times `scale` (a power of two)."""
    cdef Py_ssize_t i, j, p, P = panel_rows(), width = padded_width(n_features)
    cdef Py_ssize_t whole = min(n_rows, P) // 4 * 4
    cdef int n
    cdef f32v x0, x1, x2
    cdef f32v s0 = f32v_set(0), s1 = f32v_set(0), s2 = f32v_set(0)
    for j in range(0, n_features, 4):
        n = <int>min(4, n_features - j)
        for p in range(0, whole, 4):
            transpose_to_f32(block + p * width + j, width, scale, panel + j * P + p, P, n)
    for i in range(whole, P):
        for j in range(n_features):
            panel[j * P + i] = <float>(block[i * width + j] * scale) if i < n_rows else 0
    for j in range(n_features):
        x0 = f32v_load(panel + j * P)
        x1 = f32v_load(panel + j * P + F32_LANES)
        x2 = f32v_load(panel + j * P + 2 * F32_LANES)
        s0 = s0 + x0 * x0
        s1 = s1 + x1 * x1
        s2 = s2 + x2 * x2
    f32v_store(norms, f32v_sqrt(s0))
    f32v_store(norms + F32_LANES, f32v_sqrt(s1))
    f32v_store(norms + 2 * F32_LANES, f32v_sqrt(s2))


cdef double pack_centers(
    const double* centers,      # IN   (n_clusters, n_features)
    const Py_ssize_t* order,    # IN   (4 * n_groups,) centre at each place, -1 for none
    Py_ssize_t n_groups,
    Py_ssize_t n_features,
    const double* shift,        # IN   (n_features,)
    double scale,
    float* packed,              # OUT  (n_groups, n_features, 4)
    float* half_norms,          # OUT  (4 * n_groups,) ||c||^2 / 2, infinite where there is none
) noexcept nogil:
    """Pack centres in groups of four; returns the largest norm, which bounds their error."""
    cdef Py_ssize_t j, p
    cdef float* group
    cdef double value, norm, largest = 0
    for p in range(4 * n_groups):
        group = packed + (p // 4) * n_features * 4 + p % 4
        if order[p] < 0:
            for j in range(n_features):
                group[4 * j] = 0
            half_norms[p] = INFINITY
            continue
        norm = 0
        for j in range(n_features):
            value = (centers[order[p] * n_features + j] - shift[j]) * scale
            norm += value * value
            group[4 * j] = <float>value
        half_norms[p] = <float>(norm / 2)
        if norm > largest:
            largest = norm
    return sqrt(largest)
