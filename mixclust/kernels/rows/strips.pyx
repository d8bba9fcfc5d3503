"""Strips: rows with the features outermost, as the mixture kernels read them.

A *strip* is the transpose of a run of rows in float64, centred on a shift: feature j of the rows
lies at ``strip + j * height``, so that the lanes of a vector are rows. `height` is a multiple of
`strip_unit()` rows; the places behind the last row hold zeros.
"""
from ..core.simd cimport F64_LANES, four_columns_f32, four_columns_f64

ctypedef fused real:
    float
    double

cdef enum:
    FEATURES_PER_READ = 8   # a cache line of float64
    MAX_ADJACENT = 3        # features that four columns at a time do not fit


cdef Py_ssize_t strip_unit() noexcept nogil:
    """Rows that a tile takes at a time: six vectors."""
    return 6 * F64_LANES


cdef void _load_part(
    const char* X, Py_ssize_t row_stride, Py_ssize_t col_stride, const real* kind,
    Py_ssize_t i, Py_ssize_t n_rows, Py_ssize_t first, Py_ssize_t n_features,
    const double* shift, Py_ssize_t height, double* strip,
) noexcept nogil:
    """Rows i.. and features first.. of a strip, number by number."""
    cdef Py_ssize_t j
    cdef const char* row
    while i < n_rows:
        row = X + i * row_stride
        for j in range(first, n_features):
            strip[j * height + i] = <double>(<const real*>(row + j * col_stride))[0] - shift[j]
        i += 1


cdef inline void _load_adjacent(
    const real* X,              # IN   (n_rows, n_features), one number behind the other
    Py_ssize_t n_rows,
    Py_ssize_t n_features,      # IN   a constant where this is called, so that lanes are loaded
    const double* shift, Py_ssize_t height, double* strip,
) noexcept nogil:
    """Few features of rows that lie close together."""
    cdef Py_ssize_t i, j
    cdef double less[MAX_ADJACENT]
    for j in range(n_features):
        less[j] = shift[j]
    for i in range(n_rows):
        for j in range(n_features):
            strip[j * height + i] = <double>X[i * n_features + j] - less[j]


cdef void _load(
    const char* X, Py_ssize_t row_stride, Py_ssize_t col_stride, const real* kind,
    Py_ssize_t n_rows, Py_ssize_t n_features, const double* shift,
    Py_ssize_t height, double* strip,
) noexcept nogil:
    """`kind` is NULL: its type alone tells the dtype of X."""
    cdef Py_ssize_t i, j, t, rows = 0
    if col_stride == sizeof(real) and n_features >= 4:
        rows = n_rows // 4 * 4
    for i in range(0, rows, 4):
        for t in range((n_features + 3) // 4):
            j = min(4 * t, n_features - 4)  # the last four may be read twice
            if real is double:
                four_columns_f64(
                    X + i * row_stride + j * col_stride, row_stride, shift + j,
                    strip + j * height + i, height,
                )
            else:
                four_columns_f32(
                    X + i * row_stride + j * col_stride, row_stride, shift + j,
                    strip + j * height + i, height,
                )
    j = 0
    if n_features <= MAX_ADJACENT and row_stride == n_features * <Py_ssize_t>sizeof(real) and (
        n_features == 1 or col_stride == sizeof(real)
    ):
        if n_features == 1:
            _load_adjacent(<const real*>X, n_rows, 1, shift, height, strip)
        elif n_features == 2:
            _load_adjacent(<const real*>X, n_rows, 2, shift, height, strip)
        else:
            _load_adjacent(<const real*>X, n_rows, 3, shift, height, strip)
        j = n_features
    while j < n_features:
        _load_part(
            X, row_stride, col_stride, kind, rows, n_rows,
            j, min(j + FEATURES_PER_READ, n_features), shift, height, strip,
        )
        j += FEATURES_PER_READ
    for j in range(n_features):
        for i in range(n_rows, height):
            strip[j * height + i] = 0


cdef void load_strip(
    const char* X,              # IN   first row, `row_stride` bytes before the second
    Py_ssize_t row_stride,
    Py_ssize_t col_stride,
    bint is_double,             # IN   float64, else float32
    Py_ssize_t n_rows,
    Py_ssize_t n_features,
    const double* shift,        # IN   (n_features,)
    Py_ssize_t height,          # IN   at least n_rows
    double* strip,              # OUT  (n_features, height)
) noexcept nogil:
    """Read rows of float32 or float64 at any stride into a strip centred on `shift`."""
    if is_double:
        _load[double](
            X, row_stride, col_stride, NULL, n_rows, n_features, shift, height, strip
        )
    else:
        _load[float](
            X, row_stride, col_stride, NULL, n_rows, n_features, shift, height, strip
        )
