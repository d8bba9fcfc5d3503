"""Sums in eight strands, which are the same numbers at every level of instructions."""
from .simd cimport F64_LANES, f64v, f64v_from_f32, f64v_load, f64v_set, f64v_store

ctypedef fused real:
    float
    double


cdef inline double sum_in_strands(const real* numbers, Py_ssize_t n) noexcept nogil:
    """Sum of numbers in eight strands at every level of instructions."""
    cdef Py_ssize_t i = 0, r, L = F64_LANES
    cdef f64v strands[8]
    cdef double lanes[8]
    cdef double total = 0
    for r in range(8 // L):
        strands[r] = f64v_set(0)
    while i + 8 <= n:
        for r in range(8 // L):
            if real is float:
                strands[r] = strands[r] + f64v_from_f32(numbers + i + r * L)
            else:
                strands[r] = strands[r] + f64v_load(numbers + i + r * L)
        i += 8
    for r in range(8 // L):
        f64v_store(lanes + r * L, strands[r])
    for r in range(n - i):
        lanes[r] += numbers[i + r]
    for r in range(8):
        total += lanes[r]
    return total
