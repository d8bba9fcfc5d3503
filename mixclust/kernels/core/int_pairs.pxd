"""Vectors of pairs of 16-bit integers as Cython sees them: see int_pairs.h."""
from libc.stdint cimport int32_t

cdef extern from "core/int_pairs.h" nogil:
    ctypedef int i32v
    int I32_LANES

    i32v i32v_load(const int32_t* p)
    i32v i32v_set(int32_t a)
    i32v i32v_max(i32v a, i32v b)
    i32v i32v_add_products(i32v sum, i32v a, i32v b)
    int i32v_lt_bits(i32v a, i32v b)
    int32_t int_pair(int32_t low, int32_t high)
