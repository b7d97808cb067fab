/* What winograd_words.c computes most: V of a patch, and M, the products of V with U.
 *
 * U of a slice of two panels (at the end of the channels, one) lies as it is read, pair of inputs
 * by pair, and is read once for a block of tiles; a piece of what comes AHEAD_BYTES later is
 * fetched meanwhile: U of a whole net is more than a third-level cache holds, and the processor by
 * itself asks for it too late. */
#ifndef GISD_NN_ENGINES_WINOGRAD_WORDS_KERNELS_H
#define GISD_NN_ENGINES_WINOGRAD_WORDS_KERNELS_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "nn/engines/winograd_kernels.h"

enum {
    WORDS = 2 * LANES,       /* of a vector */
    DOT_ROWS = 6,            /* of a step: the next one begins while its sums are stored */
    SLICE = 2 * LANES,       /* output channels that are made at once: two panels */
    SUM_ROW = SLICE + LANES, /* numbers from a tile's M to the next, no power of two, as of V */
    AHEAD_BYTES = 1 << 13    /* how far ahead U is fetched */
};

typedef int16_t Words __attribute__((vector_size(WORDS * sizeof(int16_t))));
typedef int8_t SignedBytes __attribute__((vector_size(WORDS)));
typedef uint8_t Bytes __attribute__((vector_size(WORDS)));
typedef int32_t Sums __attribute__((vector_size(LANES * sizeof(int32_t))));

#define TARGET __attribute__((target("arch=x86-64-v4,avx512vnni")))

/* ---- V ---- */

INLINE void patch_six_words(const Words d[PATCH], Words to[PATCH])
{
    const Words even = d[4] - 4 * d[2], odd = d[3] - 4 * d[1];
    const Words outer = d[4] - d[2], inner = 2 * (d[3] - d[1]);
    to[0] = 4 * (d[0] - d[2]) - d[2] + d[4];
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = outer + inner;
    to[4] = outer - inner;
    to[5] = 4 * (d[1] - d[3]) - d[3] + d[5];
}

INLINE void read_words(const uint8_t *from, bool sign, Words *to)
{
    Bytes bytes;
    memcpy(&bytes, from, sizeof bytes);
    *to = sign ? __builtin_convertvector((SignedBytes)bytes, Words)
               : __builtin_convertvector(bytes, Words);
}

INLINE void transform_patch(size_t channels, const uint8_t *const pixels[POINTS], bool sign,
                            size_t step, int16_t *to)
{
    for (size_t c = 0; c < channels; c += WORDS, to += WORDS) {
        Words once[PATCH][PATCH];
        for (size_t x = 0; x < PATCH; ++x) {
            Words from[PATCH], column[PATCH];
            for (size_t y = 0; y < PATCH; ++y)
                read_words(pixels[y * PATCH + x] + c, sign, &from[y]);
            patch_six_words(from, column);
            for (size_t y = 0; y < PATCH; ++y)
                once[y][x] = column[y];
        }
        for (size_t y = 0; y < PATCH; ++y) {
            Words row[PATCH];
            patch_six_words(once[y], row);
            for (size_t x = 0; x < PATCH; ++x)
                memcpy(to + (y * PATCH + x) * step, &row[x], sizeof row[x]);
        }
    }
}

TARGET static void transform_signed(size_t channels, const uint8_t *const pixels[POINTS],
                                    size_t step, int16_t *to)
{
    transform_patch(channels, pixels, true, step, to);
}

TARGET static void transform_unsigned(size_t channels, const uint8_t *const pixels[POINTS],
                                      size_t step, int16_t *to)
{
    transform_patch(channels, pixels, false, step, to);
}

/* ---- M ---- */

/* sums += pairs of words of V and U. The intrinsic is the same, but gcc 12 copies the sums about.
 */
TARGET INLINE void add_products(__m512i *sums, __m512i pair, __m512i weights)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(*sums) : "v"(pair), "v"(weights));
}

/* `count` rows of V with a slice of one or two panels, of which a piece of what comes next is
 * fetched meanwhile, `fetch` bytes for each pair of inputs. */
TARGET INLINE void dot_rows(size_t count, size_t panels, size_t pairs, const int16_t *restrict from,
                            size_t from_row, const int16_t *restrict slice, const char *ahead,
                            size_t fetch, int32_t *restrict to)
{
    __m512i first[DOT_ROWS], second[DOT_ROWS];
#pragma GCC unroll 6
    for (size_t r = 0; r < count; ++r)
        first[r] = second[r] = _mm512_setzero_si512();
    for (size_t k = 0; k < pairs; ++k, from += 2, slice += panels * WORDS, ahead += fetch) {
        const __m512i a = _mm512_loadu_si512(slice);
        const __m512i b = panels > 1 ? _mm512_loadu_si512(slice + WORDS) : a;
        _mm_prefetch(ahead, _MM_HINT_T1);
#pragma GCC unroll 6
        for (size_t r = 0; r < count; ++r) {
            int32_t pair;
            memcpy(&pair, from + r * from_row, sizeof pair);
            const __m512i x = _mm512_set1_epi32(pair);
            add_products(&first[r], x, a);
            if (panels > 1)
                add_products(&second[r], x, b);
        }
    }
#pragma GCC unroll 6
    for (size_t r = 0; r < count; ++r) {
        _mm512_storeu_si512(to + r * SUM_ROW, first[r]);
        if (panels > 1)
            _mm512_storeu_si512(to + r * SUM_ROW + LANES, second[r]);
    }
}

/* All rows, in steps as even as can be; the cases keep the sums in registers. */
TARGET INLINE void dot_all_rows(size_t rows, size_t panels, size_t pairs, const int16_t *from,
                                size_t from_row, const int16_t *slice, int32_t *to)
{
    const size_t steps = (rows + DOT_ROWS - 1) / DOT_ROWS;
    const size_t fetch = panels * WORDS * sizeof *slice / steps;
    for (size_t s = 0; s < steps; ++s) {
        const size_t first = rows * s / steps, count = rows * (s + 1) / steps - first;
        const int16_t *a = from + first * from_row;
        const char *ahead = (const char *)slice + AHEAD_BYTES + s * pairs * fetch;
        int32_t *c = to + first * SUM_ROW;
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        dot_rows(n, panels, pairs, a, from_row, slice, ahead, fetch, c);                           \
        break;
        switch (count) {
            CASE(1)
            CASE(2)
            CASE(3)
            CASE(4)
            CASE(5)
        default:
            dot_rows(DOT_ROWS, panels, pairs, a, from_row, slice, ahead, fetch, c);
        }
    }
}

TARGET static void dot_pair(size_t rows, size_t pairs, const int16_t *from, size_t from_row,
                            const int16_t *slice, int32_t *to)
{
    dot_all_rows(rows, 2, pairs, from, from_row, slice, to);
}

TARGET static void dot_panel(size_t rows, size_t pairs, const int16_t *from, size_t from_row,
                             const int16_t *slice, int32_t *to)
{
    dot_all_rows(rows, 1, pairs, from, from_row, slice, to);
}

#endif
