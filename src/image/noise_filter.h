/* What is left of noise in a picture is taken out: the 5 x 5 median, then Sym4 wavelets.
 *
 * For each colour: the median of pixels (median.h); the transform, whose details become medians of
 * their neighbours, and back; the transform again, whose small details are taken for noise
 * (wavelet_shrink.h), and back; rounded to 8 bits. The noise is estimated in the first transform,
 * before its details are changed. Each step may be left out.
 */
#ifndef GISD_IMAGE_NOISE_FILTER_H
#define GISD_IMAGE_NOISE_FILTER_H

#include <stdbool.h>

#include "image/image.h"
#include "image/wavelet_shrink.h"

typedef struct {
    bool median;             /* of pixels */
    size_t levels;           /* of wavelets; 0: none. Small pictures have fewer */
    bool coefficient_median; /* of details */
    ShrinkRule rule;
    bool hard; /* threshold */
} NoiseFilter;

/* All steps, on one level of wavelets. On more levels the medians of details blur what is no noise:
 * on clean colonoscopy frames two levels cost 2.5 dB against the median of pixels alone, one 0.35
 * dB, and on noisy ones one level has the better structural similarity. */
NoiseFilter noise_filter_defaults(void);

/* A new image in *filtered, for image_clear(). On all OpenMP threads; the same bits on any number.
 */
Status noise_filter_apply(const NoiseFilter *filter, const Image *image, Image *filtered);

#endif
