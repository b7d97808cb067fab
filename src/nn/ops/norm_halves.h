/* The passes of a norm over bfloat16 maps in whole vectors of channels; private to nn/.
 *
 * `pixels` are those of a map that lie one behind the other. dy' is dy where a (x - mean) + beta >
 * floor, else 0.
 */
#ifndef GISD_NN_OPS_NORM_HALVES_H
#define GISD_NN_OPS_NORM_HALVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `channels`, a multiple of LANES but in norm_sum_squares(), of each. */
typedef struct {
    size_t channels;
    const float *mean, *a, *beta;
    const float *k, *m; /* of norm_spread_gradients() alone */
    float floor;
} NormFactors;

/* The sums and squares of x - pivot, channel by channel. */
void norm_sum_squares(size_t pixels, size_t channels, const uint16_t *x, const float *pivot,
                      float *sum, float *squares);

/* y = max(floor, a (x - mean) + beta); a NaN passes. */
void norm_normalise(size_t pixels, const NormFactors *factors, const uint16_t *x, uint16_t *y);

/* Adds to sum: of dy'; to product: of dy' (x - mean). */
void norm_sum_gradients(size_t pixels, const NormFactors *factors, const uint16_t *x,
                        const uint16_t *dy, float *sum, float *product);

/* dx = a dy' + k (x - mean) + m; added to dx if `add`. */
void norm_spread_gradients(size_t pixels, const NormFactors *factors, const uint16_t *x,
                           const uint16_t *dy, bool add, uint16_t *dx);

#endif
