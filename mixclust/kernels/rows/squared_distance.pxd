"""Distances from differences, in float64. See squared_distance.pyx."""
from ..core.simd cimport F64_LANES, f64v, f64v_from_f32, f64v_load, f64v_set, f64v_store, f64v_sum


cdef inline void read_row(
    const char* row, Py_ssize_t col_stride, bint is_double, Py_ssize_t n_features,
    double* out,                # OUT (n_features,)
) noexcept nogil:
    """Read one row of either dtype as it is, neither centred nor scaled."""
    cdef Py_ssize_t j, L = F64_LANES, whole = 0
    if not is_double and col_stride == sizeof(float):
        while whole + L <= n_features:
            f64v_store(out + whole, f64v_from_f32(<const float*>row + whole))
            whole += L
    for j in range(whole, n_features):
        if is_double:
            out[j] = (<const double*>(row + j * col_stride))[0]
        else:
            out[j] = <double>(<const float*>(row + j * col_stride))[0]


cdef inline double squared_distance(
    const double* x,            # IN (n_features,)
    const double* c,            # IN (n_features,)
    Py_ssize_t n_features,
) noexcept nogil:
    """``sum_j (x_j - c_j)^2``, in an order that depends on `n_features` alone."""
    cdef Py_ssize_t j = 0, L = F64_LANES, whole = n_features - n_features % (2 * L)
    cdef f64v even = f64v_set(0), odd = f64v_set(0), u, v
    cdef double rest = 0, t
    while j < whole:
        u = f64v_load(x + j) - f64v_load(c + j)
        v = f64v_load(x + j + L) - f64v_load(c + j + L)
        even = even + u * u
        odd = odd + v * v
        j += 2 * L
    for j in range(whole, n_features):
        t = x[j] - c[j]
        rest += t * t
    if whole == 0:
        return rest
    return f64v_sum(even + odd) + rest


cdef Py_ssize_t decide_row(
    const double* x, const double* centers, Py_ssize_t n_clusters, Py_ssize_t n_features
) noexcept nogil
cdef void distances_to_lanes(
    const double* const* rows, const double* columns, Py_ssize_t lanes, Py_ssize_t n_features,
    double* distances,
) noexcept nogil
