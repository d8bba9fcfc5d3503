/* One vector of the target: the widest registers that the compiler was told it may use.
 *
 * Kernels are written once, in Cython, over these names. Cython believes that f32v is a float and
 * f64v a double, so `a - b * c` in a .pyx reaches the C compiler as vector arithmetic, and
 * -ffp-contract=fast makes it one fused multiply-add. Where there are no vector extensions (MSVC),
 * a "vector" is one scalar and the same sources compile.
 *
 * F32_LANES, F64_LANES   numbers in a vector
 * F32_SPLIT              features that lie side by side in a vector that holds pairs: 2, or 1 of scalars
 * f32v_set_pair          the F32_SPLIT numbers at p, again and again
 * f32v_add_pairs         in every lane the sum of its pair
 * f32v_differ            bits of the lanes that are not the integer at p
 * f32m                   a comparison's result, one flag a lane; f32m_bits: as bits, lane 0 lowest
 */
#ifndef MIXCLUST_SIMD_H
#define MIXCLUST_SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_MSC_VER) && !defined(__clang__)
#define SIMD_INLINE static __forceinline
#else
#define SIMD_INLINE static inline __attribute__((always_inline))
#endif

/* Two floats as the bits of one double, which compilers broadcast in one load. */
SIMD_INLINE double pair_bits(const float *p) {
    double bits;
    memcpy(&bits, p, sizeof bits);
    return bits;
}

/* ---------------------------------------------------------------- AVX-512: 64 bytes */
#if defined(__AVX512F__) && defined(__AVX512DQ__) && (defined(__GNUC__) || defined(__clang__))
#include <immintrin.h>
typedef __m512 f32v;
typedef __m512d f64v;
typedef __mmask16 f32m;
#define F32_LANES 16
#define F32_SPLIT 2
#define F64_LANES 8
SIMD_INLINE f32v f32v_load(const float *p) { return _mm512_loadu_ps(p); }
SIMD_INLINE void f32v_store(float *p, f32v a) { _mm512_storeu_ps(p, a); }
SIMD_INLINE f32v f32v_set(float a) { return _mm512_set1_ps(a); }
SIMD_INLINE f32v f32v_set_pair(const float *p) { return _mm512_castpd_ps(_mm512_set1_pd(pair_bits(p))); }
SIMD_INLINE f32v f32v_add_pairs(f32v a) { return _mm512_add_ps(a, _mm512_permute_ps(a, 0xb1)); }
SIMD_INLINE f32v f32v_min(f32v a, f32v b) { return _mm512_min_ps(a, b); }
SIMD_INLINE f32v f32v_max(f32v a, f32v b) { return _mm512_max_ps(a, b); }
SIMD_INLINE f32v f32v_sqrt(f32v a) { return _mm512_sqrt_ps(a); }
SIMD_INLINE f32m f32v_lt(f32v a, f32v b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
SIMD_INLINE f32v f32v_select(f32m m, f32v a, f32v b) { return _mm512_mask_blend_ps(m, b, a); }
SIMD_INLINE int f32m_bits(f32m m) { return (int)m; }
SIMD_INLINE void f32v_store_int(int32_t *p, f32v a) {
    _mm512_storeu_si512((void *)p, _mm512_cvttps_epi32(a));
}
SIMD_INLINE int f32v_differ(f32v a, const int32_t *p) {
    return (int)_mm512_cmpneq_epi32_mask(_mm512_cvttps_epi32(a), _mm512_loadu_si512((const void *)p));
}
SIMD_INLINE f64v f64v_load(const double *p) { return _mm512_loadu_pd(p); }
SIMD_INLINE void f64v_store(double *p, f64v a) { _mm512_storeu_pd(p, a); }
SIMD_INLINE f64v f64v_set(double a) { return _mm512_set1_pd(a); }
SIMD_INLINE f64v f64v_min(f64v a, f64v b) { return _mm512_min_pd(a, b); }
SIMD_INLINE f64v f64v_max(f64v a, f64v b) { return _mm512_max_pd(a, b); }
SIMD_INLINE int f64v_lt_bits(f64v a, f64v b) {
    return (int)_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
}
SIMD_INLINE f64v f64v_from_f32(const float *p) { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
SIMD_INLINE void f64v_store_f32(float *p, f64v a) { _mm256_storeu_ps(p, _mm512_cvtpd_ps(a)); }

/* ---------------------------------------------------------------- AVX and AVX2: 32 bytes */
#elif defined(__AVX__) && (defined(__GNUC__) || defined(__clang__))
#include <immintrin.h>
typedef __m256 f32v;
typedef __m256d f64v;
typedef __m256 f32m;
#define F32_LANES 8
#define F32_SPLIT 2
#define F64_LANES 4
SIMD_INLINE f32v f32v_load(const float *p) { return _mm256_loadu_ps(p); }
SIMD_INLINE void f32v_store(float *p, f32v a) { _mm256_storeu_ps(p, a); }
SIMD_INLINE f32v f32v_set(float a) { return _mm256_set1_ps(a); }
SIMD_INLINE f32v f32v_set_pair(const float *p) { return _mm256_castpd_ps(_mm256_set1_pd(pair_bits(p))); }
SIMD_INLINE f32v f32v_add_pairs(f32v a) { return _mm256_add_ps(a, _mm256_permute_ps(a, 0xb1)); }
SIMD_INLINE f32v f32v_min(f32v a, f32v b) { return _mm256_min_ps(a, b); }
SIMD_INLINE f32v f32v_max(f32v a, f32v b) { return _mm256_max_ps(a, b); }
SIMD_INLINE f32v f32v_sqrt(f32v a) { return _mm256_sqrt_ps(a); }
SIMD_INLINE f32m f32v_lt(f32v a, f32v b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
SIMD_INLINE f32v f32v_select(f32m m, f32v a, f32v b) { return _mm256_blendv_ps(b, a, m); }
SIMD_INLINE int f32m_bits(f32m m) { return _mm256_movemask_ps(m); }
SIMD_INLINE void f32v_store_int(int32_t *p, f32v a) {
    _mm256_storeu_si256((__m256i *)p, _mm256_cvttps_epi32(a));
}
SIMD_INLINE int f32v_differ(f32v a, const int32_t *p) {
    /* Small integers are exact as floats, so AVX without AVX2 can compare them. */
    const __m256 b = _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)p));
    return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_NEQ_OQ));
}
SIMD_INLINE f64v f64v_load(const double *p) { return _mm256_loadu_pd(p); }
SIMD_INLINE void f64v_store(double *p, f64v a) { _mm256_storeu_pd(p, a); }
SIMD_INLINE f64v f64v_set(double a) { return _mm256_set1_pd(a); }
SIMD_INLINE f64v f64v_min(f64v a, f64v b) { return _mm256_min_pd(a, b); }
SIMD_INLINE f64v f64v_max(f64v a, f64v b) { return _mm256_max_pd(a, b); }
SIMD_INLINE int f64v_lt_bits(f64v a, f64v b) {
    return _mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_LT_OQ));
}
SIMD_INLINE f64v f64v_from_f32(const float *p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
SIMD_INLINE void f64v_store_f32(float *p, f64v a) { _mm_storeu_ps(p, _mm256_cvtpd_ps(a)); }

/* ---------------------------------------------------------------- SSE2: 16 bytes */
#elif defined(__SSE2__) && (defined(__GNUC__) || defined(__clang__))
#include <emmintrin.h>
typedef __m128 f32v;
typedef __m128d f64v;
typedef __m128 f32m;
#define F32_LANES 4
#define F32_SPLIT 2
#define F64_LANES 2
SIMD_INLINE f32v f32v_load(const float *p) { return _mm_loadu_ps(p); }
SIMD_INLINE void f32v_store(float *p, f32v a) { _mm_storeu_ps(p, a); }
SIMD_INLINE f32v f32v_set(float a) { return _mm_set1_ps(a); }
SIMD_INLINE f32v f32v_set_pair(const float *p) { return _mm_castpd_ps(_mm_set1_pd(pair_bits(p))); }
SIMD_INLINE f32v f32v_add_pairs(f32v a) { return _mm_add_ps(a, _mm_shuffle_ps(a, a, 0xb1)); }
SIMD_INLINE f32v f32v_min(f32v a, f32v b) { return _mm_min_ps(a, b); }
SIMD_INLINE f32v f32v_max(f32v a, f32v b) { return _mm_max_ps(a, b); }
SIMD_INLINE f32v f32v_sqrt(f32v a) { return _mm_sqrt_ps(a); }
SIMD_INLINE f32m f32v_lt(f32v a, f32v b) { return _mm_cmplt_ps(a, b); }
SIMD_INLINE f32v f32v_select(f32m m, f32v a, f32v b) {
    return _mm_or_ps(_mm_and_ps(m, a), _mm_andnot_ps(m, b));
}
SIMD_INLINE int f32m_bits(f32m m) { return _mm_movemask_ps(m); }
SIMD_INLINE void f32v_store_int(int32_t *p, f32v a) {
    _mm_storeu_si128((__m128i *)p, _mm_cvttps_epi32(a));
}
SIMD_INLINE int f32v_differ(f32v a, const int32_t *p) {
    return _mm_movemask_ps(_mm_cmpneq_ps(a, _mm_cvtepi32_ps(_mm_loadu_si128((const __m128i *)p))));
}
SIMD_INLINE f64v f64v_load(const double *p) { return _mm_loadu_pd(p); }
SIMD_INLINE void f64v_store(double *p, f64v a) { _mm_storeu_pd(p, a); }
SIMD_INLINE f64v f64v_set(double a) { return _mm_set1_pd(a); }
SIMD_INLINE f64v f64v_min(f64v a, f64v b) { return _mm_min_pd(a, b); }
SIMD_INLINE f64v f64v_max(f64v a, f64v b) { return _mm_max_pd(a, b); }
SIMD_INLINE int f64v_lt_bits(f64v a, f64v b) { return _mm_movemask_pd(_mm_cmplt_pd(a, b)); }
SIMD_INLINE f64v f64v_from_f32(const float *p) {
    return _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)p)));
}
SIMD_INLINE void f64v_store_f32(float *p, f64v a) {
    _mm_storel_epi64((__m128i *)p, _mm_castps_si128(_mm_cvtpd_ps(a)));
}

/* ---------------------------------------------------------------- arm64: 16 bytes */
#elif defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
#include <arm_neon.h>
typedef float32x4_t f32v;
typedef float64x2_t f64v;
typedef uint32x4_t f32m;
#define F32_LANES 4
#define F32_SPLIT 2
#define F64_LANES 2
SIMD_INLINE f32v f32v_load(const float *p) { return vld1q_f32(p); }
SIMD_INLINE void f32v_store(float *p, f32v a) { vst1q_f32(p, a); }
SIMD_INLINE f32v f32v_set(float a) { return vdupq_n_f32(a); }
SIMD_INLINE f32v f32v_set_pair(const float *p) {
    return vreinterpretq_f32_f64(vdupq_n_f64(pair_bits(p)));
}
SIMD_INLINE f32v f32v_add_pairs(f32v a) { return vaddq_f32(a, vrev64q_f32(a)); }
SIMD_INLINE f32v f32v_min(f32v a, f32v b) { return vminq_f32(a, b); }
SIMD_INLINE f32v f32v_max(f32v a, f32v b) { return vmaxq_f32(a, b); }
SIMD_INLINE f32v f32v_sqrt(f32v a) { return vsqrtq_f32(a); }
SIMD_INLINE f32m f32v_lt(f32v a, f32v b) { return vcltq_f32(a, b); }
SIMD_INLINE f32v f32v_select(f32m m, f32v a, f32v b) { return vbslq_f32(m, a, b); }
SIMD_INLINE int f32m_bits(f32m m) {
    const uint32x4_t bit = {1, 2, 4, 8};
    return (int)vaddvq_u32(vandq_u32(m, bit));
}
SIMD_INLINE void f32v_store_int(int32_t *p, f32v a) { vst1q_s32(p, vcvtq_s32_f32(a)); }
SIMD_INLINE int f32v_differ(f32v a, const int32_t *p) {
    return f32m_bits(vmvnq_u32(vceqq_f32(a, vcvtq_f32_s32(vld1q_s32(p)))));
}
SIMD_INLINE f64v f64v_load(const double *p) { return vld1q_f64(p); }
SIMD_INLINE void f64v_store(double *p, f64v a) { vst1q_f64(p, a); }
SIMD_INLINE f64v f64v_set(double a) { return vdupq_n_f64(a); }
SIMD_INLINE f64v f64v_min(f64v a, f64v b) { return vminq_f64(a, b); }
SIMD_INLINE f64v f64v_max(f64v a, f64v b) { return vmaxq_f64(a, b); }
SIMD_INLINE int f64v_lt_bits(f64v a, f64v b) {
    const uint64x2_t m = vcltq_f64(a, b);
    return (int)((vgetq_lane_u64(m, 0) & 1) | (vgetq_lane_u64(m, 1) & 2));
}
SIMD_INLINE f64v f64v_from_f32(const float *p) { return vcvt_f64_f32(vld1_f32(p)); }
SIMD_INLINE void f64v_store_f32(float *p, f64v a) { vst1_f32(p, vcvt_f32_f64(a)); }

/* ---------------------------------------------------------------- anything else: scalars */
#else
#include <math.h>
typedef float f32v;
typedef double f64v;
typedef int f32m;
#define F32_LANES 1
#define F32_SPLIT 1
#define F64_LANES 1
SIMD_INLINE f32v f32v_load(const float *p) { return *p; }
SIMD_INLINE void f32v_store(float *p, f32v a) { *p = a; }
SIMD_INLINE f32v f32v_set(float a) { return a; }
SIMD_INLINE f32v f32v_set_pair(const float *p) { return *p; }
SIMD_INLINE f32v f32v_add_pairs(f32v a) { return a; }
SIMD_INLINE f32v f32v_min(f32v a, f32v b) { return a < b ? a : b; }
SIMD_INLINE f32v f32v_max(f32v a, f32v b) { return a > b ? a : b; }
SIMD_INLINE f32v f32v_sqrt(f32v a) { return sqrtf(a); }
SIMD_INLINE f32m f32v_lt(f32v a, f32v b) { return a < b; }
SIMD_INLINE f32v f32v_select(f32m m, f32v a, f32v b) { return m ? a : b; }
SIMD_INLINE int f32m_bits(f32m m) { return m; }
SIMD_INLINE void f32v_store_int(int32_t *p, f32v a) { *p = (int32_t)a; }
SIMD_INLINE int f32v_differ(f32v a, const int32_t *p) { return (int32_t)a != *p; }
SIMD_INLINE f64v f64v_load(const double *p) { return *p; }
SIMD_INLINE void f64v_store(double *p, f64v a) { *p = a; }
SIMD_INLINE f64v f64v_set(double a) { return a; }
SIMD_INLINE f64v f64v_min(f64v a, f64v b) { return a < b ? a : b; }
SIMD_INLINE f64v f64v_max(f64v a, f64v b) { return a > b ? a : b; }
SIMD_INLINE int f64v_lt_bits(f64v a, f64v b) { return a < b; }
SIMD_INLINE f64v f64v_from_f32(const float *p) { return (double)*p; }
SIMD_INLINE void f64v_store_f32(float *p, f64v a) { *p = (float)a; }
#endif

/* Ask for the cache line at p, which will be read soon. */
#if defined(__GNUC__) || defined(__clang__)
SIMD_INLINE void prefetch(const char *p) { __builtin_prefetch(p); }
#else
SIMD_INLINE void prefetch(const char *p) { (void)p; }
#endif

/* Four rows by four columns of doubles, scaled and rounded, written as four columns of floats that
 * lie `stride` apart: what packing does all day. */
#if defined(__AVX__) && (defined(__GNUC__) || defined(__clang__))
SIMD_INLINE void transpose_to_f32(
    const double *rows, ptrdiff_t width, double scale, float *columns, ptrdiff_t stride
) {
    const __m256d s = _mm256_set1_pd(scale);
    __m128 a = _mm256_cvtpd_ps(_mm256_mul_pd(s, _mm256_loadu_pd(rows)));
    __m128 b = _mm256_cvtpd_ps(_mm256_mul_pd(s, _mm256_loadu_pd(rows + width)));
    __m128 c = _mm256_cvtpd_ps(_mm256_mul_pd(s, _mm256_loadu_pd(rows + 2 * width)));
    __m128 d = _mm256_cvtpd_ps(_mm256_mul_pd(s, _mm256_loadu_pd(rows + 3 * width)));
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(columns, a);
    _mm_storeu_ps(columns + stride, b);
    _mm_storeu_ps(columns + 2 * stride, c);
    _mm_storeu_ps(columns + 3 * stride, d);
}
#else
SIMD_INLINE void transpose_to_f32(
    const double *rows, ptrdiff_t width, double scale, float *columns, ptrdiff_t stride
) {
    int i, j;
    for (j = 0; j < 4; j++)
        for (i = 0; i < 4; i++) columns[j * stride + i] = (float)(rows[i * width + j] * scale);
}
#endif

/* Every lane's flag set. */
#define F32_ALL ((1 << F32_LANES) - 1)

/* The sum of the lanes, in lane order. */
SIMD_INLINE double f64v_sum(f64v a) {
    double lanes[F64_LANES], total = 0.0;
    int i;
    f64v_store(lanes, a);
    for (i = 0; i < F64_LANES; i++) total += lanes[i];
    return total;
}

#endif
