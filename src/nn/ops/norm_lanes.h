/* The arithmetic of norm.c, LANES channels at once: bodies that are compiled into its functions,
 * for each instruction set and, where they are given `half`, each kind of array.
 */
#ifndef GISD_NN_OPS_NORM_LANES_H
#define GISD_NN_OPS_NORM_LANES_H

#include "nn/lanes.h"

/* Pixels whose numbers are added up together: sums are then fetched and put back less often, and
 * the map is still read from its beginning to its end. */
enum { ROWS = 4 };

INLINE float number_at(const void *x, bool half, size_t at)
{
    uint32_t bits;
    float number;
    if (!half)
        return ((const float *)x)[at];
    bits = (uint32_t)((const uint16_t *)x)[at] << 16;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Adds to sum and squares: of x - pivot, of `rows` pixels from pixel `p` on. */
INLINE void sum_rows(size_t rows, size_t p, size_t C, const void *x, bool half, const float *pivot,
                     float *sum, float *squares)
{
    size_t c = 0;
    for (; c + LANES <= C; c += LANES) {
        Lanes about, s, q, number;
        lanes_read(pivot, false, c, &about);
        lanes_read(sum, false, c, &s);
        lanes_read(squares, false, c, &q);
        for (size_t r = 0; r < rows; ++r) {
            lanes_read(x, half, (p + r) * C + c, &number);
            const Lanes distance = number - about;
            s += distance;
            q += distance * distance;
        }
        lanes_write(sum, false, c, &s);
        lanes_write(squares, false, c, &q);
    }
    for (; c < C; ++c)
        for (size_t r = 0; r < rows; ++r) {
            const float distance = number_at(x, half, (p + r) * C + c) - pivot[c];
            sum[c] += distance;
            squares[c] += distance * distance;
        }
}

INLINE void sum_channels(size_t pixels, size_t C, const void *x, bool half, const float *pivot,
                         float *sum, float *squares)
{
    size_t p = 0;
    memset(sum, 0, C * sizeof *sum);
    memset(squares, 0, C * sizeof *squares);
    for (; p + ROWS <= pixels; p += ROWS)
        sum_rows(ROWS, p, C, x, half, pivot, sum, squares);
    for (; p < pixels; ++p)
        sum_rows(1, p, C, x, half, pivot, sum, squares);
}

/* y = max(floor, a (x - mean) + beta) of one vector; a NaN passes. */
INLINE void normalise_lanes(const void *x, bool half, size_t c, const float *mean, const float *a,
                            const float *beta, float floor, Lanes *y)
{
    const Lanes least = floor + (Lanes){0};
    Lanes number, middle, factor, shift;
    lanes_read(x, half, c, &number);
    lanes_read(mean, false, c, &middle);
    lanes_read(a, false, c, &factor);
    lanes_read(beta, false, c, &shift);
    const Lanes value = factor * (number - middle) + shift;
    const LaneBits low = (LaneBits)(least > value);
    *y = (Lanes)((low & (LaneBits)least) | (~low & (LaneBits)value));
}

/* What a channel's gradients are computed with, LANES channels from `c` on. */
typedef struct {
    Lanes mean, a, beta, k, m;
} Factors;

/* Distances from the mean and the gradients that count, of number `at` on. */
INLINE void masked_lanes(const uint16_t *x, const uint16_t *dy, size_t at, const Factors *factors,
                         float floor, Lanes *distance, Lanes *gradient)
{
    const Lanes least = floor + (Lanes){0};
    Lanes number;
    lanes_read(x, true, at, &number);
    lanes_read(dy, true, at, gradient);
    *distance = number - factors->mean;
    const LaneBits counts = (LaneBits)(factors->a * *distance + factors->beta > least);
    *gradient = (Lanes)(counts & (LaneBits)*gradient);
}

INLINE void read_factors(size_t c, const float *mean, const float *a, const float *beta,
                         Factors *factors)
{
    lanes_read(mean, false, c, &factors->mean);
    lanes_read(a, false, c, &factors->a);
    lanes_read(beta, false, c, &factors->beta);
}

/* Adds to sum: of dy; to product: of dy (x - mean); dy masked; of `rows` pixels. */
INLINE void sum_gradient_rows(size_t rows, size_t C, const uint16_t *x, const uint16_t *dy,
                              const float *mean, const float *a, const float *beta, float floor,
                              float *sum, float *product)
{
    for (size_t c = 0; c < C; c += LANES) {
        Factors factors;
        Lanes s, q, distance, gradient;
        read_factors(c, mean, a, beta, &factors);
        lanes_read(sum, false, c, &s);
        lanes_read(product, false, c, &q);
        for (size_t r = 0; r < rows; ++r) {
            masked_lanes(x, dy, r * C + c, &factors, floor, &distance, &gradient);
            s += gradient;
            q += gradient * distance;
        }
        lanes_write(sum, false, c, &s);
        lanes_write(product, false, c, &q);
    }
}

/* dx = a dy' + k (x - mean) + m, dy' masked, of `rows` pixels; added to dx if `add`. */
INLINE void spread_gradient_rows(size_t rows, size_t C, const uint16_t *x, const uint16_t *dy,
                                 const float *mean, const float *a, const float *beta,
                                 const float *k, const float *m, float floor, bool add,
                                 uint16_t *dx)
{
    for (size_t c = 0; c < C; c += LANES) {
        Factors factors;
        Lanes distance, gradient, before = {0};
        read_factors(c, mean, a, beta, &factors);
        lanes_read(k, false, c, &factors.k);
        lanes_read(m, false, c, &factors.m);
        for (size_t r = 0; r < rows; ++r) {
            masked_lanes(x, dy, r * C + c, &factors, floor, &distance, &gradient);
            if (add)
                lanes_read(dx, true, r * C + c, &before);
            const Lanes result = before + (factors.a * gradient + factors.k * distance + factors.m);
            lanes_write(dx, true, r * C + c, &result);
        }
    }
}

#endif
