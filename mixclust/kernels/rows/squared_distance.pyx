"""Distances from differences, in float64: they decide the labels that float32 cannot.

The expanded square ``||x||^2 - 2 x.c + ||c||^2`` loses every digit when the offset of the data is
large against its spread; a sum of squared differences does not.
"""
from ..core.simd cimport F64_LANES, f64v, f64v_load, f64v_set, f64v_store


cdef Py_ssize_t decide_row(
    const double* x,            # IN (n_features,)
    const double* centers,      # IN (n_clusters, n_features)
    Py_ssize_t n_clusters,
    Py_ssize_t n_features,
) noexcept nogil:
    """The nearest centre of one row; the lowest index wins an exact tie."""
    cdef Py_ssize_t k, nearest = 0
    cdef double distance, smallest = squared_distance(x, centers, n_features)
    for k in range(1, n_clusters):
        distance = squared_distance(x, centers + k * n_features, n_features)
        if distance < smallest:
            smallest = distance
            nearest = k
    return nearest


cdef void distances_to_lanes(
    const double* const* rows,  # IN (8,) pointers to rows of n_features numbers
    const double* columns,      # IN (n_features, lanes) one point a lane, features outermost
    Py_ssize_t lanes,
    Py_ssize_t n_features,
    double* distances,          # OUT (8, F64_LANES)
) noexcept nogil:
    """Squared distances of eight rows to one vector of points, from differences.

    The lanes are the points, so rows are broadcast from where they lie: nothing is packed.
    """
    cdef Py_ssize_t j, L = F64_LANES
    cdef f64v c, t
    cdef f64v a0, a1, a2, a3, a4, a5, a6, a7
    cdef const double* r0 = rows[0]
    cdef const double* r1 = rows[1]
    cdef const double* r2 = rows[2]
    cdef const double* r3 = rows[3]
    cdef const double* r4 = rows[4]
    cdef const double* r5 = rows[5]
    cdef const double* r6 = rows[6]
    cdef const double* r7 = rows[7]
    a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = f64v_set(0)
    for j in range(n_features):
        c = f64v_load(columns + j * lanes)
        t = c - f64v_set(r0[j])
        a0 = a0 + t * t
        t = c - f64v_set(r1[j])
        a1 = a1 + t * t
        t = c - f64v_set(r2[j])
        a2 = a2 + t * t
        t = c - f64v_set(r3[j])
        a3 = a3 + t * t
        t = c - f64v_set(r4[j])
        a4 = a4 + t * t
        t = c - f64v_set(r5[j])
        a5 = a5 + t * t
        t = c - f64v_set(r6[j])
        a6 = a6 + t * t
        t = c - f64v_set(r7[j])
        a7 = a7 + t * t
    f64v_store(distances, a0)
    f64v_store(distances + L, a1)
    f64v_store(distances + 2 * L, a2)
    f64v_store(distances + 3 * L, a3)
    f64v_store(distances + 4 * L, a4)
    f64v_store(distances + 5 * L, a5)
    f64v_store(distances + 6 * L, a6)
    f64v_store(distances + 7 * L, a7)
