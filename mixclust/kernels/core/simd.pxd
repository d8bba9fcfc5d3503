"""The vector type of the target as Cython sees it: see simd.h."""
from libc.stdint cimport int32_t, int64_t, uint64_t

cdef extern from "core/simd.h" nogil:
    ctypedef float f32v
    ctypedef double f64v
    ctypedef int f32m
    int F32_LANES
    int F64_LANES
    int F32_ALL

    f32v f32v_load(const float* p)
    void f32v_store(float* p, f32v a)
    f32v f32v_set(float a)
    f32v f32v_min(f32v a, f32v b)
    f32v f32v_max(f32v a, f32v b)
    f32v f32v_sqrt(f32v a)
    f32m f32v_lt(f32v a, f32v b)
    f32v f32v_select(f32m m, f32v a, f32v b)
    int f32m_bits(f32m m)
    void f32v_store_int(int32_t* p, f32v a)
    int f32v_differ(f32v a, const int32_t* p)

    f64v f64v_load(const double* p)
    f64v f64v_fetch(const double* p)
    void f64v_store(double* p, f64v a)
    f64v f64v_set(double a)
    f64v f64v_min(f64v a, f64v b)
    f64v f64v_max(f64v a, f64v b)
    int f64v_lt_bits(f64v a, f64v b)
    f64v f64v_from_f32(const float* p)
    f64v f64v_load_part(const double* p, int n)
    f64v f64v_from_f32_part(const float* p, int n)
    f64v f64v_unit(int n)
    double f64v_sum(f64v a)
    f64v f64v_gather(const double* p, const int64_t* at)
    void f64v_store_picked(double* p, f64v a, int bits)
    void f64v_add_sums(double* out, f64v a, f64v b, f64v c, f64v d)
    double ROUND_TO_INTEGER
    f64v f64v_where_less(f64v x, f64v y, f64v a, f64v b)
    f64v f64v_power_of_two(f64v shifted)
    f64v f64v_split(f64v a, f64v* exponent)

    int CACHE_LINE
    void* cache_line(void* buffer)
    int count_bits(uint64_t bits)
    int lowest_flag(uint64_t flags)
    void prefetch(const char* p)
    void four_columns_f64(
        const char* row, Py_ssize_t stride, const double* shift, double* out, Py_ssize_t height
    )
    void four_columns_f32(
        const char* row, Py_ssize_t stride, const double* shift, double* out, Py_ssize_t height
    )
    void scores_in_groups(
        const float* x, Py_ssize_t stride, Py_ssize_t n, const float* const* c,
        const float* const* h, float* out, Py_ssize_t apart
    )
    void transpose_to_f32(
        const double* rows, Py_ssize_t width, double scale, float* columns, Py_ssize_t stride,
        int n
    )
