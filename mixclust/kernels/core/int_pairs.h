/* Vectors of pairs of 16-bit integers, whose products are added up exactly in 32 bits.
 *
 * A vector holds I32_LANES numbers of 32 bits; a pair is two numbers of 16 bits in one of them. The
 * vectors are the widest that have the multiplication, and so may be narrower than those of simd.h.
 *
 * i32v_add_products   a lane of `sum`, and the products of both numbers of the pairs of a and b
 * i32v_lt_bits        a comparison's result as bits, lane 0 lowest
 */
#ifndef MIXCLUST_INT_PAIRS_H
#define MIXCLUST_INT_PAIRS_H

#include "simd.h"

#if F32_LANES == 16 && defined(__AVX512BW__)
typedef __m512i i32v;
#define I32_LANES 16
SIMD_INLINE i32v i32v_load(const int32_t *p) { return _mm512_loadu_si512((const void *)p); }
SIMD_INLINE i32v i32v_set(int32_t a) { return _mm512_set1_epi32(a); }
SIMD_INLINE i32v i32v_max(i32v a, i32v b) { return _mm512_max_epi32(a, b); }
SIMD_INLINE i32v i32v_add_products(i32v sum, i32v a, i32v b) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
}
SIMD_INLINE int i32v_lt_bits(i32v a, i32v b) { return (int)_mm512_cmplt_epi32_mask(a, b); }

#elif F32_LANES == 8 && defined(__AVX2__)
typedef __m256i i32v;
#define I32_LANES 8
SIMD_INLINE i32v i32v_load(const int32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
SIMD_INLINE i32v i32v_set(int32_t a) { return _mm256_set1_epi32(a); }
SIMD_INLINE i32v i32v_max(i32v a, i32v b) { return _mm256_max_epi32(a, b); }
SIMD_INLINE i32v i32v_add_products(i32v sum, i32v a, i32v b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}
SIMD_INLINE int i32v_lt_bits(i32v a, i32v b) {
    return _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a)));
}

#elif F32_LANES >= 4 && defined(__SSE2__)
typedef __m128i i32v;
#define I32_LANES 4
SIMD_INLINE i32v i32v_load(const int32_t *p) { return _mm_loadu_si128((const __m128i *)p); }
SIMD_INLINE i32v i32v_set(int32_t a) { return _mm_set1_epi32(a); }
SIMD_INLINE i32v i32v_max(i32v a, i32v b) {
    const __m128i m = _mm_cmpgt_epi32(a, b);
    return _mm_or_si128(_mm_and_si128(m, a), _mm_andnot_si128(m, b));
}
SIMD_INLINE i32v i32v_add_products(i32v sum, i32v a, i32v b) {
    return _mm_add_epi32(sum, _mm_madd_epi16(a, b));
}
SIMD_INLINE int i32v_lt_bits(i32v a, i32v b) {
    return _mm_movemask_ps(_mm_castsi128_ps(_mm_cmplt_epi32(a, b)));
}

#elif F32_LANES == 4 /* NEON */
typedef int32x4_t i32v;
#define I32_LANES 4
SIMD_INLINE i32v i32v_load(const int32_t *p) { return vld1q_s32(p); }
SIMD_INLINE i32v i32v_set(int32_t a) { return vdupq_n_s32(a); }
SIMD_INLINE i32v i32v_max(i32v a, i32v b) { return vmaxq_s32(a, b); }
SIMD_INLINE i32v i32v_add_products(i32v sum, i32v a, i32v b) {
    const int16x8_t c = vreinterpretq_s16_s32(a), d = vreinterpretq_s16_s32(b);
    const int32x4_t low = vmull_s16(vget_low_s16(c), vget_low_s16(d));
    return vaddq_s32(sum, vpaddq_s32(low, vmull_high_s16(c, d)));
}
SIMD_INLINE int i32v_lt_bits(i32v a, i32v b) { return f32m_bits(vcltq_s32(a, b)); }

#else
typedef int32_t i32v;
#define I32_LANES 1
SIMD_INLINE i32v i32v_load(const int32_t *p) { return *p; }
SIMD_INLINE i32v i32v_set(int32_t a) { return a; }
SIMD_INLINE i32v i32v_max(i32v a, i32v b) { return a > b ? a : b; }
SIMD_INLINE i32v i32v_add_products(i32v sum, i32v a, i32v b) {
    return sum + (int16_t)a * (int16_t)b + (a >> 16) * (b >> 16);
}
SIMD_INLINE int i32v_lt_bits(i32v a, i32v b) { return a < b; }
#endif

/* Two numbers of 16 bits as a pair. */
SIMD_INLINE int32_t int_pair(int32_t low, int32_t high) {
    return (int32_t)(((uint32_t)high << 16) | ((uint32_t)low & 0xFFFF));
}

#endif
