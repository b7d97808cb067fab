/* The arithmetic of winograd_half.c in AVX-512. With the matrices of Lavin & Gray (2016) for
 * F(2x2, 3x3), whose entries are 0, 1, -1 and 1/2:
 *
 *     patch:    B^T d B      4x4 pixels to 16 points
 *     result:   A^T m A      16 points to 2x2 pixels
 *     spread:   A y A^T      2x2 pixels to 16 points: result turned round
 *     filter:   G g G^T      3x3 weights to 16 points
 *     gradient: G^T u G      16 points to 3x3 weights: filter turned round
 *
 * Sums are float32; what is multiplied is rounded to bfloat16, two vectors at once: of two runs of
 * channels one behind the other, or of two tiles or channels side by side ("zipped"), as the dot
 * products of pairs want them.
 */
#ifndef GISD_NN_ENGINES_WINOGRAD_HALF_KERNELS_H
#define GISD_NN_ENGINES_WINOGRAD_HALF_KERNELS_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/engine.h"
#include "nn/lanes.h"

enum {
    TILE = 2,
    TILE_PIXELS = TILE * TILE,
    PATCH = 4,
    POINTS = PATCH * PATCH,
    KERNEL = 3,
    TAPS = KERNEL * KERNEL,
    RUN = 2 * LANES, /* output channels of a panel, and channels that are rounded at once */
    ROWS = 18,       /* most tiles whose M is made at once */
    DOT_ROWS = 6,    /* of a step: the next one's products begin while its sums are stored */
    DEEP_ROWS = 13,  /* that fill the registers: where a panel is read from farther away */
    DEEP = 128,      /* pairs: a panel of more fills the first-level cache */
    SUMS = ROWS * RUN
};

#define DOT        __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define DOT_INLINE DOT INLINE

DOT_INLINE __m512 read_halves(const uint16_t *from)
{
    const __m256i halves = _mm256_loadu_si256((const __m256i *)(const void *)from);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

/* Rounded to nearest, ties to even, a NaN kept; one behind the other. */
DOT_INLINE __m512i round_both(__m512 first, __m512 second)
{
    return (__m512i)_mm512_cvtne2ps_pbh(second, first);
}

/* The order that brings both side by side. */
DOT_INLINE __m512i zip_order(void)
{
    const __m512i even = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_or_si512(even,
                           _mm512_slli_epi32(_mm512_add_epi32(even, _mm512_set1_epi32(LANES)), 16));
}

/* The same, but with the channels of a group in the order in which gradient_taps() takes them: each
 * fourth one after the other. */
DOT_INLINE __m512i fourth_order(void)
{
    const __m512i fourth = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    return _mm512_or_si512(
        fourth, _mm512_slli_epi32(_mm512_add_epi32(fourth, _mm512_set1_epi32(LANES)), 16));
}

DOT_INLINE __m512i zip_both(__m512 first, __m512 second, __m512i order)
{
    return _mm512_permutexvar_epi16(order, round_both(first, second));
}

/* ---- one dimension of each transform ---- */

DOT_INLINE void patch_four(const __m512 d[PATCH], __m512 to[PATCH])
{
    to[0] = d[0] - d[2];
    to[1] = d[1] + d[2];
    to[2] = d[2] - d[1];
    to[3] = d[1] - d[3];
}

DOT_INLINE void result_two(const __m512 m[PATCH], __m512 to[TILE])
{
    to[0] = m[0] + m[1] + m[2];
    to[1] = m[1] - m[2] - m[3];
}

DOT_INLINE void spread_four(const __m512 y[TILE], __m512 to[PATCH])
{
    to[0] = y[0];
    to[1] = y[0] + y[1];
    to[2] = y[0] - y[1];
    to[3] = -y[1];
}

DOT_INLINE void filter_four(const __m512 g[KERNEL], __m512 to[PATCH])
{
    const __m512 half = _mm512_set1_ps(0.5F), outer = (g[0] + g[2]) * half, inner = g[1] * half;
    to[0] = g[0];
    to[1] = outer + inner;
    to[2] = outer - inner;
    to[3] = g[2];
}

DOT_INLINE void gradient_three(const __m512 u[PATCH], __m512 to[KERNEL])
{
    const __m512 half = _mm512_set1_ps(0.5F), sum = (u[1] + u[2]) * half;
    to[0] = u[0] + sum;
    to[1] = (u[1] - u[2]) * half;
    to[2] = sum + u[3];
}

/* ---- tiles ---- */

/* LANES channels from `at` on of a patch whose pixels are given row by row. */
DOT_INLINE void patch_points(const uint16_t *const pixels[POINTS], size_t at,
                             __m512 to[PATCH][PATCH])
{
    for (size_t x = 0; x < PATCH; ++x) {
        __m512 from[PATCH], column[PATCH];
        for (size_t y = 0; y < PATCH; ++y)
            from[y] = read_halves(pixels[y * PATCH + x] + at);
        patch_four(from, column);
        for (size_t y = 0; y < PATCH; ++y)
            to[y][x] = column[y];
    }
    for (size_t y = 0; y < PATCH; ++y) {
        __m512 row[PATCH];
        patch_four(to[y], row);
        for (size_t x = 0; x < PATCH; ++x)
            to[y][x] = row[x];
    }
}

DOT_INLINE void spread_points(const uint16_t *const pixels[TILE_PIXELS], size_t at,
                              __m512 to[PATCH][PATCH])
{
    __m512 once[PATCH][TILE];
    for (size_t x = 0; x < TILE; ++x) {
        __m512 from[TILE], column[PATCH];
        for (size_t y = 0; y < TILE; ++y)
            from[y] = read_halves(pixels[y * TILE + x] + at);
        spread_four(from, column);
        for (size_t y = 0; y < PATCH; ++y)
            once[y][x] = column[y];
    }
    for (size_t y = 0; y < PATCH; ++y)
        spread_four(once[y], to[y]);
}

/* LANES channels of the results from their sums, the points SUMS floats apart. */
DOT_INLINE void result_points(const float *sums, __m512 to[TILE_PIXELS])
{
    __m512 once[TILE][PATCH];
    for (size_t x = 0; x < PATCH; ++x) {
        __m512 from[PATCH], column[TILE];
        for (size_t y = 0; y < PATCH; ++y)
            from[y] = _mm512_loadu_ps(sums + (y * PATCH + x) * SUMS);
        result_two(from, column);
        for (size_t y = 0; y < TILE; ++y)
            once[y][x] = column[y];
    }
    for (size_t y = 0; y < TILE; ++y)
        result_two(once[y], to + y * TILE);
}

/* What is left to do to LANES results. */
DOT_INLINE __m512 finish(const ConvolutionShape *shape, __m512 value, const float *bias,
                         const uint16_t *before)
{
    if (bias)
        value = value + _mm512_loadu_ps(bias);
    if (shape->residual)
        value = value + read_halves(before);
    if (shape->activation != ACTIVATION_NONE) {
        const float slope = shape->activation == ACTIVATION_RELU ? 0 : NET_LEAK;
        const __mmask16 negative = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LT_OQ);
        value = _mm512_mask_mul_ps(value, negative, value, _mm512_set1_ps(slope));
    }
    return value;
}

/* ---- filters ---- */

/* Rows become columns. */
DOT_INLINE void turn(__m512 rows[LANES])
{
    __m512 t[LANES];
    for (size_t i = 0; i < LANES; i += 2) {
        t[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
    }
    for (size_t i = 0; i < LANES; i += 4) {
        const __m512d a = (__m512d)t[i], b = (__m512d)t[i + 1];
        const __m512d c = (__m512d)t[i + 2], d = (__m512d)t[i + 3];
        rows[i] = (__m512)_mm512_unpacklo_pd(a, c);
        rows[i + 1] = (__m512)_mm512_unpackhi_pd(a, c);
        rows[i + 2] = (__m512)_mm512_unpacklo_pd(b, d);
        rows[i + 3] = (__m512)_mm512_unpackhi_pd(b, d);
    }
    for (size_t i = 0; i < 4; ++i) {
        t[i] = _mm512_shuffle_f32x4(rows[i], rows[4 + i], 0x88);
        t[4 + i] = _mm512_shuffle_f32x4(rows[i], rows[4 + i], 0xDD);
        t[8 + i] = _mm512_shuffle_f32x4(rows[8 + i], rows[12 + i], 0x88);
        t[12 + i] = _mm512_shuffle_f32x4(rows[8 + i], rows[12 + i], 0xDD);
    }
    for (size_t i = 0; i < 4; ++i) {
        rows[i] = _mm512_shuffle_f32x4(t[i], t[8 + i], 0x88);
        rows[8 + i] = _mm512_shuffle_f32x4(t[i], t[8 + i], 0xDD);
        rows[4 + i] = _mm512_shuffle_f32x4(t[4 + i], t[12 + i], 0x88);
        rows[12 + i] = _mm512_shuffle_f32x4(t[4 + i], t[12 + i], 0xDD);
    }
}

enum { TAPS_MASK = (1 << TAPS) - 1 };

/* Of LANES filters of TAPS floats each, `step` floats apart, the points; turned by half a turn if
 * `turned`. */
DOT_INLINE void filter_points(const float *filters, size_t step, bool turned,
                              __m512 to[PATCH][PATCH])
{
    __m512 taps[LANES], once[PATCH][KERNEL];
    for (size_t l = 0; l < LANES; ++l)
        taps[l] = _mm512_maskz_loadu_ps(TAPS_MASK, filters + l * step);
    turn(taps);
    for (size_t x = 0; x < KERNEL; ++x) {
        __m512 from[KERNEL], column[PATCH];
        for (size_t y = 0; y < KERNEL; ++y) {
            const size_t tap = y * KERNEL + x;
            from[y] = taps[turned ? TAPS - 1 - tap : tap];
        }
        filter_four(from, column);
        for (size_t y = 0; y < PATCH; ++y)
            once[y][x] = column[y];
    }
    for (size_t y = 0; y < PATCH; ++y)
        filter_four(once[y], to[y]);
}

/* Taps 0 to 7 of filters in fourth order (lane 4 b + a: filter 4 a + b) become vectors of two
 * filters one behind the other: taps 0 to 3 of both, then 4 to 7 of both. */
DOT_INLINE void turn_taps(const __m512 taps[TAPS], __m512 pairs[TAPS - 1])
{
    __m512 t[TAPS - 1];
    for (size_t i = 0; i < TAPS - 1; i += 2) {
        t[i] = _mm512_unpacklo_ps(taps[i], taps[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(taps[i], taps[i + 1]);
    }
    for (size_t a = 0; a < 4; ++a) {
        const __m512d first = (__m512d)t[a / 2], second = (__m512d)t[a / 2 + 2];
        const __m512d third = (__m512d)t[a / 2 + 4], fourth = (__m512d)t[a / 2 + 6];
        const __m512 low =
            (__m512)(a % 2 ? _mm512_unpackhi_pd(first, second) : _mm512_unpacklo_pd(first, second));
        const __m512 high =
            (__m512)(a % 2 ? _mm512_unpackhi_pd(third, fourth) : _mm512_unpacklo_pd(third, fourth));
        pairs[2 * a] = _mm512_shuffle_f32x4(low, high, 0x44);
        pairs[2 * a + 1] = _mm512_shuffle_f32x4(low, high, 0xEE);
    }
}

/* Number n of LANES filters side by side is tap n % TAPS of filter n / TAPS. Vector v of them has
 * its taps 0 to 7 from pairs v - 1 and v, the others by their filter's lane. */
#define FILTER(v, n) ((LANES * (v) + (n)) / TAPS)
#define TAP(v, n)    ((LANES * (v) + (n)) % TAPS)
#define PAIRED(v, n)                                                                               \
    ((FILTER(v, n) / 2 == (v) ? LANES : 0) + FILTER(v, n) % 2 * 4 + TAP(v, n) % 8 / 4 * 8 +        \
     TAP(v, n) % 4)
#define LANE(v, n)     (FILTER(v, n) % 4 * 4 + FILTER(v, n) / 4)
#define FOUR(of, v, n) of(v, n), of(v, (n) + 1), of(v, (n) + 2), of(v, (n) + 3)
#define ALL(of, v)                                                                                 \
    {                                                                                              \
        FOUR(of, v, 0), FOUR(of, v, 4), FOUR(of, v, 8), FOUR(of, v, 12)                            \
    }
#define VECTORS(of)                                                                                \
    {                                                                                              \
        ALL(of, 0), ALL(of, 1), ALL(of, 2), ALL(of, 3), ALL(of, 4), ALL(of, 5), ALL(of, 6),        \
            ALL(of, 7), ALL(of, 8)                                                                 \
    }

/* From the points of LANES filters in fourth order, `step` floats apart, to the filters, which are
 * added to what is there if `add`. */
DOT_INLINE void gradient_taps(const float *points, size_t step, bool add, float *filters)
{
    static const _Alignas(64) int32_t paired[TAPS][LANES] = VECTORS(PAIRED);
    static const _Alignas(64) int32_t lane[TAPS][LANES] = VECTORS(LANE);
    static const uint16_t last[TAPS] = {0x0100, 0x0402, 0x1008, 0x4020, 0x0080,
                                        0x0201, 0x0804, 0x2010, 0x8040};
    __m512 once[KERNEL][PATCH], taps[TAPS], pairs[TAPS - 1];
    for (size_t x = 0; x < PATCH; ++x) {
        __m512 from[PATCH], column[KERNEL];
        for (size_t y = 0; y < PATCH; ++y)
            from[y] = _mm512_loadu_ps(points + (y * PATCH + x) * step);
        gradient_three(from, column);
        for (size_t y = 0; y < KERNEL; ++y)
            once[y][x] = column[y];
    }
    for (size_t y = 0; y < KERNEL; ++y)
        gradient_three(once[y], taps + y * KERNEL);
    turn_taps(taps, pairs);
#pragma GCC unroll 9
    for (size_t v = 0; v < TAPS; ++v) {
        __m512 numbers = _mm512_permutex2var_ps(pairs[v ? v - 1 : 0], _mm512_load_si512(paired[v]),
                                                pairs[v < TAPS - 1 ? v : v - 1]);
        numbers = _mm512_mask_permutexvar_ps(numbers, last[v], _mm512_load_si512(lane[v]),
                                             taps[TAPS - 1]);
        if (add)
            numbers = numbers + _mm512_loadu_ps(filters + v * LANES);
        _mm512_storeu_ps(filters + v * LANES, numbers);
    }
}

/* ---- the products ---- */

/* sums += pairs of numbers of a tile or filter and of a panel. The intrinsic is the same, but gcc
 * 12 copies the sums about. */
DOT_INLINE void add_products(__m512 *sums, __m512i pair, __m512i panel)
{
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(*sums) : "v"(pair), "v"(panel));
}

/* sums (count x RUN) = from (count x depth pairs, `step` pairs from row to row) . panel (depth x
 * RUN pairs). Loops over rows are unrolled, so that sums are registers and no array. */
DOT_INLINE void multiply_rows(size_t count, size_t depth, const uint32_t *restrict from,
                              size_t step, const uint32_t *restrict panel, float *restrict sums)
{
    __m512 first[DEEP_ROWS], second[DEEP_ROWS];
#pragma GCC unroll 13
    for (size_t r = 0; r < count; ++r)
        first[r] = second[r] = _mm512_setzero_ps();
    for (size_t k = 0; k < depth; ++k, ++from, panel += RUN) {
        const __m512i a = _mm512_loadu_si512(panel), b = _mm512_loadu_si512(panel + LANES);
#pragma GCC unroll 13
        for (size_t r = 0; r < count; ++r) {
            const __m512i pair = _mm512_set1_epi32((int)from[r * step]);
            add_products(&first[r], pair, a);
            add_products(&second[r], pair, b);
        }
    }
#pragma GCC unroll 13
    for (size_t r = 0; r < count; ++r, sums += RUN) {
        _mm512_storeu_ps(sums, first[r]);
        _mm512_storeu_ps(sums + LANES, second[r]);
    }
}

/* All rows, in steps as even as can be; the cases keep the sums in registers. */
DOT static void multiply_all_rows(size_t rows, size_t depth, const uint32_t *from, size_t step,
                                  const uint32_t *panel, float *sums)
{
    const size_t most = depth > DEEP ? DEEP_ROWS : DOT_ROWS, steps = (rows + most - 1) / most;
    for (size_t s = 0; s < steps; ++s) {
        const size_t first = rows * s / steps, count = rows * (s + 1) / steps - first;
        const uint32_t *x = from + first * step;
        float *y = sums + first * RUN;
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        multiply_rows(n, depth, x, step, panel, y);                                                \
        break;
        switch (count) {
            CASE(1)
            CASE(2)
            CASE(3)
            CASE(4)
            CASE(5)
            CASE(6)
            CASE(7)
            CASE(8)
            CASE(9)
            CASE(10)
            CASE(11)
            CASE(12)
        default:
            multiply_rows(DEEP_ROWS, depth, x, step, panel, y);
        }
#undef CASE
    }
}

/* sums (LANES x LANES) = rows^T (LANES x depth pairs) . panel (depth x LANES pairs). */
DOT_INLINE void multiply_square(size_t depth, const uint32_t *restrict rows,
                                const uint32_t *restrict panel, float *restrict sums)
{
    __m512 s[LANES];
#pragma GCC unroll 16
    for (size_t r = 0; r < LANES; ++r)
        s[r] = _mm512_setzero_ps();
    for (size_t k = 0; k < depth; ++k, rows += LANES, panel += LANES) {
        const __m512i pairs = _mm512_loadu_si512(panel);
#pragma GCC unroll 16
        for (size_t r = 0; r < LANES; ++r)
            add_products(&s[r], _mm512_set1_epi32((int)rows[r]), pairs);
    }
#pragma GCC unroll 16
    for (size_t r = 0; r < LANES; ++r)
        _mm512_storeu_ps(sums + r * LANES, s[r]);
}

#endif
