/* The tile of k-means on bytes: products of rows and centres that are rounded to 8 bits.
 *
 * A panel has three vectors of F32_LANES rows. It holds, for every four features, four bytes of
 * each row: the rounded number plus 128. Behind them stand three floats a row: the unit of its
 * bytes, the norm of the rest that rounding took away, and a bound of its rounded norm. A group of
 * four centres has, for every four features, four signed bytes of each centre. */
#ifndef MIXCLUST_BYTE_TILE_H
#define MIXCLUST_BYTE_TILE_H
#include <stddef.h>
#include <stdint.h>

#include "core/simd.h"

/* Numbers of a centre behind its bytes. */
typedef struct {
    int32_t bias;       /* -128 times the sum of its bytes */
    float half_norm;    /* half its squared norm */
    float unit;         /* of its bytes */
    float norm, rest;   /* its norm, and that of the rest; both rounded up */
} byte_center;

/* Write lower bounds of the scores of groups of four centres: n = number of features / 4. */
#if F32_LANES == 16 && defined(__AVX512BW__) && (defined(__GNUC__) || defined(__clang__))
#include "cpu.h"

static inline int byte_tile_is_fast(void) { return cpu_level() == 4 && cpu_multiplies_bytes(); }

/* Add the products of 64 bytes x and of four bytes y, again and again, to 16 sums. The compiler's own
 * function for this instruction moves the sums to other registers and to memory. */
#define ADD_PRODUCTS(t, x, y) __asm__("vpdpbusd %2, %1, %0" : "+v"(t) : "v"(x), "v"(y))
#define ADD_CENTER(k, p) \
    memcpy(&four, p, 4); \
    y = _mm512_set1_epi32(four); \
    ADD_PRODUCTS(t##k##0, x0, y); \
    ADD_PRODUCTS(t##k##1, x1, y); \
    ADD_PRODUCTS(t##k##2, x2, y);
#define BEGIN_CENTER(k, from) t##k##0 = t##k##1 = t##k##2 = _mm512_set1_epi32((from)->bias);
#define END_CENTER(k) \
    store_bounds(centers + k, rows, t##k##0, scores + 48 * k); \
    store_bounds(centers + k, rows + 16, t##k##1, scores + 48 * k + 16); \
    store_bounds(centers + k, rows + 32, t##k##2, scores + 48 * k + 32);

SIMD_INLINE void store_bounds(
    const byte_center *center, const float *row, __m512i sum, float *scores
) {
    __m512 score = _mm512_set1_ps(center->half_norm);
    score -= _mm512_set1_ps(center->norm) * _mm512_loadu_ps(row + 48);
    score -= _mm512_set1_ps(center->rest) * _mm512_loadu_ps(row + 96);
    score -= _mm512_set1_ps(center->unit) * _mm512_loadu_ps(row) * _mm512_cvtepi32_ps(sum);
    _mm512_storeu_ps(scores, score);
}

__attribute__((target("avx512vnni"))) static void byte_tile(
    const uint8_t *panel, ptrdiff_t n, const int8_t *packed, const byte_center *centers,
    ptrdiff_t n_groups, float *scores
) {
    const float *rows = (const float *)(panel + n * 192);
    for (ptrdiff_t g = 0; g < n_groups; g += 2, centers += 8, scores += 384) {
        const int two = g + 1 < n_groups;
        const int8_t *c = packed + g * n * 16, *e = two ? c + n * 16 : c;
        const byte_center *others = two ? centers + 4 : centers;
        const uint8_t *x = panel;
        int32_t four;
        __m512i x0, x1, x2, y;
        __m512i t00, t01, t02, t10, t11, t12, t20, t21, t22, t30, t31, t32;
        __m512i t40, t41, t42, t50, t51, t52, t60, t61, t62, t70, t71, t72;
        BEGIN_CENTER(0, centers) BEGIN_CENTER(1, centers + 1)
        BEGIN_CENTER(2, centers + 2) BEGIN_CENTER(3, centers + 3)
        BEGIN_CENTER(4, others) BEGIN_CENTER(5, others + 1)
        BEGIN_CENTER(6, others + 2) BEGIN_CENTER(7, others + 3)
        for (ptrdiff_t j = 0; j < n; j++, x += 192, c += 16, e += 16) {
            x0 = _mm512_loadu_si512(x);
            x1 = _mm512_loadu_si512(x + 64);
            x2 = _mm512_loadu_si512(x + 128);
            ADD_CENTER(0, c) ADD_CENTER(1, c + 4) ADD_CENTER(2, c + 8) ADD_CENTER(3, c + 12)
            ADD_CENTER(4, e) ADD_CENTER(5, e + 4) ADD_CENTER(6, e + 8) ADD_CENTER(7, e + 12)
        }
        END_CENTER(0) END_CENTER(1) END_CENTER(2) END_CENTER(3)
        if (two) {
            END_CENTER(4) END_CENTER(5) END_CENTER(6) END_CENTER(7)
        }
    }
}
#else
static inline int byte_tile_is_fast(void) { return 0; }

static void byte_tile(
    const uint8_t *panel, ptrdiff_t n, const int8_t *packed, const byte_center *centers,
    ptrdiff_t n_groups, float *scores
) {
    const ptrdiff_t P = 3 * F32_LANES;
    const float *rows = (const float *)(panel + n * 4 * P);
    for (ptrdiff_t k = 0; k < 4 * n_groups; k++, centers++) {
        const int8_t *c = packed + k / 4 * n * 16 + k % 4 * 4;
        for (ptrdiff_t i = 0; i < P; i++) {
            int32_t sum = centers->bias;
            for (ptrdiff_t j = 0; j < n; j++)
                for (int b = 0; b < 4; b++) sum += panel[(j * P + i) * 4 + b] * c[j * 16 + b];
            *scores++ = centers->half_norm - centers->norm * rows[P + i] -
                        centers->rest * rows[2 * P + i] -
                        centers->unit * rows[i] * (float)sum;
        }
    }
}
#endif

/* Round n floats to whole numbers -127 .. 127 times a unit, and write these; returns the unit and
 * the norm of the rest. */
static float round_to_bytes(const float *values, ptrdiff_t n, int8_t *bytes, double *rest) {
    float largest[16] = {0}, sums[16] = {0}, most = 0;
    const float whole = 12582912.0f; /* 1.5 * 2^23: a number added to it loses its fraction */
    double sum = 0;
    ptrdiff_t j;
    f32v high = f32v_set(0), total = f32v_set(0);
    for (j = 0; j < n; j += F32_LANES) {
        const f32v v = f32v_load(values + j);
        high = f32v_max(high, f32v_max(v, f32v_set(0) - v));
    }
    f32v_store(largest, high);
    for (int i = 0; i < F32_LANES; i++) most = largest[i] > most ? largest[i] : most;
    const float unit = most > 1e-30f ? most / 127 : 0, per_unit = unit > 0 ? 1 / unit : 0;
    for (j = 0; j < n; j += F32_LANES) {
        float numbers[16];
        const f32v v = f32v_load(values + j);
        const f32v q = (v * f32v_set(per_unit) + f32v_set(whole)) - f32v_set(whole);
        const f32v left = v - q * f32v_set(unit);
        total = total + left * left;
        f32v_store(numbers, q);
        for (int i = 0; i < F32_LANES; i++) bytes[j + i] = (int8_t)numbers[i];
    }
    f32v_store(sums, total);
    for (int i = 0; i < F32_LANES; i++) sum += sums[i];
    *rest = sum;
    return unit;
}
#endif
