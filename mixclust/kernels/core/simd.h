/* One vector of the target: the widest registers that the compiler was told it may use.
 *
 * Kernels are written once, in Cython, over these names. Cython believes that f32v is a float and
 * f64v a double, so `a - b * c` in a .pyx reaches the C compiler as vector arithmetic, and
 * -ffp-contract=fast makes it one fused multiply-add. Where there are no vector extensions (MSVC),
 * a "vector" is one scalar and the same sources compile.
 *
 * F32_LANES, F64_LANES   numbers in a vector
 * f32v_differ            bits of the lanes that are not the integer at p
 * f32m                   a comparison's result, one flag a lane; f32m_bits: as bits, lane 0 lowest
 * f64v_add_sums          adds to four numbers the sums of the lanes of four vectors
 * f64v_store_picked      writes the lanes with a bit set, in their order, and a whole vector at p
 * f64v_gather            the numbers of p at the places that are listed
 * f64v_max               b where a is not a number
 * f64v_power_of_two,
 * f64v_split             powers of two put together and taken out: the end of exp, the start of log
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

/* ---------------------------------------------------------------- AVX-512: 64 bytes */
#if defined(__AVX512F__) && defined(__AVX512DQ__) && (defined(__GNUC__) || defined(__clang__))
#include <immintrin.h>
typedef __m512 f32v;
typedef __m512d f64v;
typedef __mmask16 f32m;
#define F32_LANES 16
#define F64_LANES 8
SIMD_INLINE f32v f32v_load(const float *p) { return _mm512_loadu_ps(p); }
SIMD_INLINE void f32v_store(float *p, f32v a) { _mm512_storeu_ps(p, a); }
SIMD_INLINE f32v f32v_set(float a) { return _mm512_set1_ps(a); }
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
SIMD_INLINE f64v f64v_load_part(const double *p, int n) {
    return _mm512_maskz_loadu_pd((__mmask8)((1 << n) - 1), p);
}
SIMD_INLINE f64v f64v_from_f32_part(const float *p, int n) {
    return _mm512_cvtps_pd(_mm256_maskz_loadu_ps((__mmask8)((1 << n) - 1), p));
}
/* Of two vectors a pair of sums: lanes of the first and of the second by turns. */
SIMD_INLINE __m512d simd_pairs(__m512d a, __m512d b) {
    return _mm512_mask_blend_pd(0xAA, a, b) + _mm512_shuffle_pd(a, b, 0x55);
}
SIMD_INLINE void f64v_add_sums(double *out, f64v a, f64v b, f64v c, f64v d) {
    const __m512i crossed = _mm512_set_epi64(13, 12, 7, 6, 9, 8, 3, 2);
    const __m512d ab = simd_pairs(a, b), cd = simd_pairs(c, d);
    const __m512d sums = _mm512_mask_blend_pd(0xCC, ab, cd) + _mm512_permutex2var_pd(ab, crossed, cd);
    _mm256_storeu_pd(out, _mm256_loadu_pd(out)
        + (_mm512_castpd512_pd256(sums) + _mm512_extractf64x4_pd(sums, 1)));
}
#define SIMD_PICKED
SIMD_INLINE void f64v_store_picked(double *p, f64v a, int bits) {
    _mm512_storeu_pd(p, _mm512_maskz_compress_pd((__mmask8)bits, a));
}
SIMD_INLINE f64v f64v_gather(const double *p, const int64_t *at) {
    return _mm512_i64gather_pd(_mm512_loadu_si512((const void *)at), p, 8);
}

/* ---------------------------------------------------------------- AVX and AVX2: 32 bytes */
#elif defined(__AVX__) && (defined(__GNUC__) || defined(__clang__))
#include <immintrin.h>
typedef __m256 f32v;
typedef __m256d f64v;
typedef __m256 f32m;
#define F32_LANES 8
#define F64_LANES 4
SIMD_INLINE f32v f32v_load(const float *p) { return _mm256_loadu_ps(p); }
SIMD_INLINE void f32v_store(float *p, f32v a) { _mm256_storeu_ps(p, a); }
SIMD_INLINE f32v f32v_set(float a) { return _mm256_set1_ps(a); }
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
static const long long simd_first[8] = {-1, -1, -1, -1, 0, 0, 0, 0};
static const int32_t simd_first_int[8] = {-1, -1, -1, -1, 0, 0, 0, 0};
SIMD_INLINE f64v f64v_load_part(const double *p, int n) {
    return _mm256_maskload_pd(p, _mm256_loadu_si256((const __m256i *)(simd_first + 4 - n)));
}
SIMD_INLINE f64v f64v_from_f32_part(const float *p, int n) {
    return _mm256_cvtps_pd(
        _mm_maskload_ps(p, _mm_loadu_si128((const __m128i *)(simd_first_int + 4 - n)))
    );
}
SIMD_INLINE f64v f64v_gather(const double *p, const int64_t *at) {
    return _mm256_set_pd(p[at[3]], p[at[2]], p[at[1]], p[at[0]]);
}
/* Of two vectors a pair of sums: lanes of the first and of the second by turns. */
SIMD_INLINE __m256d simd_pairs(__m256d a, __m256d b) {
    return _mm256_blend_pd(a, b, 0xA) + _mm256_shuffle_pd(a, b, 0x5);
}
SIMD_INLINE void f64v_add_sums(double *out, f64v a, f64v b, f64v c, f64v d) {
    const __m256d ab = simd_pairs(a, b), cd = simd_pairs(c, d);
    const __m256d sums = _mm256_blend_pd(ab, cd, 0xC) + _mm256_permute2f128_pd(ab, cd, 0x21);
    _mm256_storeu_pd(out, _mm256_loadu_pd(out) + sums);
}

#if defined(__AVX2__)
#define SIMD_PICKED
#define SIMD_LANES(a, b, c, d) {2*a, 2*a + 1, 2*b, 2*b + 1, 2*c, 2*c + 1, 2*d, 2*d + 1}
static const int32_t simd_picked[16][8] = {
    SIMD_LANES(0, 0, 0, 0), SIMD_LANES(0, 0, 0, 0), SIMD_LANES(1, 0, 0, 0),
    SIMD_LANES(0, 1, 0, 0), SIMD_LANES(2, 0, 0, 0), SIMD_LANES(0, 2, 0, 0),
    SIMD_LANES(1, 2, 0, 0), SIMD_LANES(0, 1, 2, 0), SIMD_LANES(3, 0, 0, 0),
    SIMD_LANES(0, 3, 0, 0), SIMD_LANES(1, 3, 0, 0), SIMD_LANES(0, 1, 3, 0),
    SIMD_LANES(2, 3, 0, 0), SIMD_LANES(0, 2, 3, 0), SIMD_LANES(1, 2, 3, 0),
    SIMD_LANES(0, 1, 2, 3),
};
SIMD_INLINE void f64v_store_picked(double *p, f64v a, int bits) {
    const __m256i order = _mm256_loadu_si256((const __m256i *)simd_picked[bits]);
    const __m256 picked = _mm256_permutevar8x32_ps(_mm256_castpd_ps(a), order);
    _mm256_storeu_pd(p, _mm256_castps_pd(picked));
}
#endif

/* ---------------------------------------------------------------- SSE2: 16 bytes */
#elif defined(__SSE2__) && (defined(__GNUC__) || defined(__clang__))
#include <emmintrin.h>
typedef __m128 f32v;
typedef __m128d f64v;
typedef __m128 f32m;
#define F32_LANES 4
#define F64_LANES 2
SIMD_INLINE f32v f32v_load(const float *p) { return _mm_loadu_ps(p); }
SIMD_INLINE void f32v_store(float *p, f32v a) { _mm_storeu_ps(p, a); }
SIMD_INLINE f32v f32v_set(float a) { return _mm_set1_ps(a); }
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
SIMD_INLINE f64v f64v_load_part(const double *p, int n) {
    return n ? _mm_load_sd(p) : _mm_setzero_pd();
}
SIMD_INLINE f64v f64v_from_f32_part(const float *p, int n) {
    return _mm_cvtps_pd(n ? _mm_load_ss(p) : _mm_setzero_ps());
}
SIMD_INLINE f64v f64v_gather(const double *p, const int64_t *at) {
    return _mm_set_pd(p[at[1]], p[at[0]]);
}
SIMD_INLINE void f64v_add_sums(double *out, f64v a, f64v b, f64v c, f64v d) {
    const __m128d ab = _mm_add_pd(_mm_unpacklo_pd(a, b), _mm_unpackhi_pd(a, b));
    const __m128d cd = _mm_add_pd(_mm_unpacklo_pd(c, d), _mm_unpackhi_pd(c, d));
    _mm_storeu_pd(out, _mm_add_pd(_mm_loadu_pd(out), ab));
    _mm_storeu_pd(out + 2, _mm_add_pd(_mm_loadu_pd(out + 2), cd));
}

/* ---------------------------------------------------------------- arm64: 16 bytes */
#elif defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
#include <arm_neon.h>
typedef float32x4_t f32v;
typedef float64x2_t f64v;
typedef uint32x4_t f32m;
#define F32_LANES 4
#define F64_LANES 2
SIMD_INLINE f32v f32v_load(const float *p) { return vld1q_f32(p); }
SIMD_INLINE void f32v_store(float *p, f32v a) { vst1q_f32(p, a); }
SIMD_INLINE f32v f32v_set(float a) { return vdupq_n_f32(a); }
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
SIMD_INLINE f64v f64v_max(f64v a, f64v b) { return vmaxnmq_f64(a, b); }
SIMD_INLINE int f64v_lt_bits(f64v a, f64v b) {
    const uint64x2_t m = vcltq_f64(a, b);
    return (int)((vgetq_lane_u64(m, 0) & 1) | (vgetq_lane_u64(m, 1) & 2));
}
SIMD_INLINE f64v f64v_from_f32(const float *p) { return vcvt_f64_f32(vld1_f32(p)); }
SIMD_INLINE f64v f64v_load_part(const double *p, int n) {
    return vsetq_lane_f64(n ? *p : 0.0, vdupq_n_f64(0.0), 0);
}
SIMD_INLINE f64v f64v_from_f32_part(const float *p, int n) {
    return vsetq_lane_f64(n ? (double)*p : 0.0, vdupq_n_f64(0.0), 0);
}
SIMD_INLINE f64v f64v_gather(const double *p, const int64_t *at) {
    return vsetq_lane_f64(p[at[1]], vdupq_n_f64(p[at[0]]), 1);
}
SIMD_INLINE void f64v_add_sums(double *out, f64v a, f64v b, f64v c, f64v d) {
    vst1q_f64(out, vaddq_f64(vld1q_f64(out), vpaddq_f64(a, b)));
    vst1q_f64(out + 2, vaddq_f64(vld1q_f64(out + 2), vpaddq_f64(c, d)));
}

/* ---------------------------------------------------------------- anything else: scalars */
#else
#include <math.h>
typedef float f32v;
typedef double f64v;
typedef int f32m;
#define F32_LANES 1
#define F64_LANES 1
SIMD_INLINE f32v f32v_load(const float *p) { return *p; }
SIMD_INLINE void f32v_store(float *p, f32v a) { *p = a; }
SIMD_INLINE f32v f32v_set(float a) { return a; }
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
SIMD_INLINE f64v f64v_load_part(const double *p, int n) { return n ? *p : 0.0; }
SIMD_INLINE f64v f64v_from_f32_part(const float *p, int n) { return n ? (double)*p : 0.0; }
SIMD_INLINE f64v f64v_gather(const double *p, const int64_t *at) { return p[*at]; }
SIMD_INLINE void f64v_add_sums(double *out, f64v a, f64v b, f64v c, f64v d) {
    out[0] += a;
    out[1] += b;
    out[2] += c;
    out[3] += d;
}
#endif

#ifndef SIMD_PICKED
SIMD_INLINE void f64v_store_picked(double *p, f64v a, int bits) {
    double lanes[F64_LANES];
    f64v_store(lanes, a);
    for (int i = 0; i < F64_LANES; i++) {
        memcpy(p, lanes + i, sizeof(double)); /* p may hold integers as wide */
        p += bits >> i & 1;
    }
}
#endif

/* A vector that stays in its register: GCC would read it again for every product with it. */
SIMD_INLINE f64v f64v_fetch(const double *p) {
    f64v a = f64v_load(p);
#if F64_LANES == 8
    __asm__("" : "+v"(a));
#elif F64_LANES == 4
    __asm__("" : "+x"(a));
#endif
    return a;
}

/* Ask for the cache line at p, which will be read soon. */
#if defined(__GNUC__) || defined(__clang__)
SIMD_INLINE void prefetch(const char *p) { __builtin_prefetch(p); }
SIMD_INLINE int count_bits(uint64_t bits) { return __builtin_popcountll(bits); }
#else
SIMD_INLINE void prefetch(const char *p) { (void)p; }
SIMD_INLINE int count_bits(uint64_t bits) {
    int count = 0;
    for (; bits; bits &= bits - 1) count++;
    return count;
}
#endif

/* One in lane n, zero in the others. */
static const double simd_one[15] = {0, 0, 0, 0, 0, 0, 0, 1};
SIMD_INLINE f64v f64v_unit(int n) { return f64v_load(simd_one + 7 - n); }

/* The number of the lowest flag set; there must be one. */
#if defined(__GNUC__) || defined(__clang__)
SIMD_INLINE int lowest_flag(uint64_t flags) { return __builtin_ctzll(flags); }
#else
SIMD_INLINE int lowest_flag(uint64_t flags) {
    int lane = 0;
    while (!(flags >> lane & 1)) lane++;
    return lane;
}
#endif

/* Four rows by four features, less a shift, written as four columns of doubles that lie `height`
 * apart: the inner step of reading a strip. */
#if defined(__AVX__) && (defined(__GNUC__) || defined(__clang__))
SIMD_INLINE void columns_of(
    __m256d a, __m256d b, __m256d c, __m256d d, const double *shift, double *out, ptrdiff_t height
) {
    const __m256d s = _mm256_loadu_pd(shift);
    const __m256d ab = _mm256_unpacklo_pd(a - s, b - s), ba = _mm256_unpackhi_pd(a - s, b - s);
    const __m256d cd = _mm256_unpacklo_pd(c - s, d - s), dc = _mm256_unpackhi_pd(c - s, d - s);
    _mm256_storeu_pd(out, _mm256_permute2f128_pd(ab, cd, 0x20));
    _mm256_storeu_pd(out + height, _mm256_permute2f128_pd(ba, dc, 0x20));
    _mm256_storeu_pd(out + 2 * height, _mm256_permute2f128_pd(ab, cd, 0x31));
    _mm256_storeu_pd(out + 3 * height, _mm256_permute2f128_pd(ba, dc, 0x31));
}
SIMD_INLINE void four_columns_f64(
    const char *row, ptrdiff_t stride, const double *shift, double *out, ptrdiff_t height
) {
    columns_of(
        _mm256_loadu_pd((const double *)row), _mm256_loadu_pd((const double *)(row + stride)),
        _mm256_loadu_pd((const double *)(row + 2 * stride)),
        _mm256_loadu_pd((const double *)(row + 3 * stride)), shift, out, height);
}
SIMD_INLINE void four_columns_f32(
    const char *row, ptrdiff_t stride, const double *shift, double *out, ptrdiff_t height
) {
    columns_of(
        _mm256_cvtps_pd(_mm_loadu_ps((const float *)row)),
        _mm256_cvtps_pd(_mm_loadu_ps((const float *)(row + stride))),
        _mm256_cvtps_pd(_mm_loadu_ps((const float *)(row + 2 * stride))),
        _mm256_cvtps_pd(_mm_loadu_ps((const float *)(row + 3 * stride))), shift, out, height);
}
#else
SIMD_INLINE void four_columns_f64(
    const char *row, ptrdiff_t stride, const double *shift, double *out, ptrdiff_t height
) {
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            out[j * height + i] = ((const double *)(row + i * stride))[j] - shift[j];
}
SIMD_INLINE void four_columns_f32(
    const char *row, ptrdiff_t stride, const double *shift, double *out, ptrdiff_t height
) {
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            out[j * height + i] = (double)((const float *)(row + i * stride))[j] - shift[j];
}
#endif

/* The scores of four rows, each against the four centres of a group of its own: row r has its
 * features `stride` apart from x + r on, its group's half norms at h[r] and products at c[r]. The
 * score of its centre q goes to out[q * apart + r]. */
#if defined(__SSE2__) && (defined(__GNUC__) || defined(__clang__))
SIMD_INLINE void scores_in_groups(
    const float *x, ptrdiff_t stride, ptrdiff_t n, const float *const *c, const float *const *h,
    float *out, ptrdiff_t apart
) {
    __m128 s = _mm_loadu_ps(h[0]), t = _mm_loadu_ps(h[1]);
    __m128 u = _mm_loadu_ps(h[2]), v = _mm_loadu_ps(h[3]);
    for (ptrdiff_t j = 0; j < n; j++, x += stride) {
        s = s - _mm_set1_ps(x[0]) * _mm_loadu_ps(c[0] + 4 * j);
        t = t - _mm_set1_ps(x[1]) * _mm_loadu_ps(c[1] + 4 * j);
        u = u - _mm_set1_ps(x[2]) * _mm_loadu_ps(c[2] + 4 * j);
        v = v - _mm_set1_ps(x[3]) * _mm_loadu_ps(c[3] + 4 * j);
    }
    _MM_TRANSPOSE4_PS(s, t, u, v);
    _mm_storeu_ps(out, s);
    _mm_storeu_ps(out + apart, t);
    _mm_storeu_ps(out + 2 * apart, u);
    _mm_storeu_ps(out + 3 * apart, v);
}
#else
SIMD_INLINE void scores_in_groups(
    const float *x, ptrdiff_t stride, ptrdiff_t n, const float *const *c, const float *const *h,
    float *out, ptrdiff_t apart
) {
    for (int r = 0; r < 4; r++)
        for (int q = 0; q < 4; q++) {
            float score = h[r][q];
            for (ptrdiff_t j = 0; j < n; j++) score -= x[j * stride + r] * c[r][4 * j + q];
            out[q * apart + r] = score;
        }
}
#endif

/* Four rows by n <= 4 columns of doubles, scaled and rounded, written as n columns of floats that
 * lie `stride` apart: the inner step of packing. With AVX four columns are read for any n. */
#if defined(__AVX__) && (defined(__GNUC__) || defined(__clang__))
SIMD_INLINE void transpose_to_f32(
    const double *rows, ptrdiff_t width, double scale, float *columns, ptrdiff_t stride, int n
) {
    const __m256d s = _mm256_set1_pd(scale);
    __m128 a = _mm256_cvtpd_ps(_mm256_mul_pd(s, _mm256_loadu_pd(rows)));
    __m128 b = _mm256_cvtpd_ps(_mm256_mul_pd(s, _mm256_loadu_pd(rows + width)));
    __m128 c = _mm256_cvtpd_ps(_mm256_mul_pd(s, _mm256_loadu_pd(rows + 2 * width)));
    __m128 d = _mm256_cvtpd_ps(_mm256_mul_pd(s, _mm256_loadu_pd(rows + 3 * width)));
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(columns, a);
    if (n > 1) _mm_storeu_ps(columns + stride, b);
    if (n > 2) _mm_storeu_ps(columns + 2 * stride, c);
    if (n > 3) _mm_storeu_ps(columns + 3 * stride, d);
}
#else
SIMD_INLINE void transpose_to_f32(
    const double *rows, ptrdiff_t width, double scale, float *columns, ptrdiff_t stride, int n
) {
    int i, j;
    for (j = 0; j < n; j++)
        for (i = 0; i < 4; i++) columns[j * stride + i] = (float)(rows[i * width + j] * scale);
}
#endif

/* The first cache line that begins in a buffer: a vector that crosses two costs twice. */
#define CACHE_LINE 64
SIMD_INLINE void *cache_line(void *buffer) {
    return (void *)(((uintptr_t)buffer + CACHE_LINE - 1) & ~(uintptr_t)(CACHE_LINE - 1));
}

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

/* The bits of doubles. GCC and Clang spell arithmetic on vectors of integers alike at every width;
 * the scalar of all other compilers goes through a union. */
#define ROUND_TO_INTEGER 6755399441055744.0 /* 1.5 * 2^52: a number added to it loses its fraction */
#define SQRT_HALF_BITS 0x3FE6A09E667F3BCDLL
#if F64_LANES > 1
typedef int64_t i64v __attribute__((vector_size(8 * F64_LANES)));
/* a where x < y, else b. */
SIMD_INLINE f64v f64v_where_less(f64v x, f64v y, f64v a, f64v b) {
    const i64v less = (i64v)(x < y);
    return (f64v)(((i64v)a & less) | ((i64v)b & ~less));
}
/* 2^n for the whole number n (-1022 .. 1023) that `shifted` = n + ROUND_TO_INTEGER + 1023 holds; 0
 * for -1023. */
SIMD_INLINE f64v f64v_power_of_two(f64v shifted) { return (f64v)((i64v)shifted << 52); }
/* Split a positive normal number into 2^exponent times the result, sqrt(1/2) .. sqrt(2). */
SIMD_INLINE f64v f64v_split(f64v a, f64v *exponent) {
    const i64v e = ((i64v)a - SQRT_HALF_BITS) >> 52;
    *exponent = (f64v)(e + (i64v)f64v_set(ROUND_TO_INTEGER)) - f64v_set(ROUND_TO_INTEGER);
    return (f64v)((i64v)a - (e << 52));
}
#else
typedef union { double number; int64_t bits; } f64_bits;
SIMD_INLINE f64v f64v_where_less(f64v x, f64v y, f64v a, f64v b) { return x < y ? a : b; }
SIMD_INLINE f64v f64v_power_of_two(f64v shifted) {
    f64_bits u;
    u.number = shifted;
    u.bits = (int64_t)((uint64_t)u.bits << 52);
    return u.number;
}
SIMD_INLINE f64v f64v_split(f64v a, f64v *exponent) {
    f64_bits u;
    int64_t e;
    u.number = a;
    e = (u.bits - SQRT_HALF_BITS) >> 52;
    u.bits -= e * ((int64_t)1 << 52);
    *exponent = (double)e;
    return u.number;
}
#endif

#endif
