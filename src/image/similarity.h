/* How alike two pictures of one size are: one that is clean, and one that was disturbed or mended.
 */
#ifndef GISD_IMAGE_SIMILARITY_H
#define GISD_IMAGE_SIMILARITY_H

#include "image/image.h"

/* Peak signal-to-noise ratio in decibels, over all pixels and colours: 10 log10(255^2 / mean
 * squared difference). INFINITY of equal pictures. */
double similarity_psnr(const Image *a, const Image *b);

/* Structural similarity, -1 to 1 (Wang, Bovik, Sheikh and Simoncelli 2004): Gaussian windows of
 * standard deviation 1.5 and 11 x 11 pixels, K1 0.01, K2 0.03, mean over the windows that lie
 * inside the picture and over the colours, as scikit-image's structural_similarity() computes it
 * with these settings. STATUS_ARGUMENT: a side is shorter than 11 pixels. */
Status similarity_ssim(const Image *a, const Image *b, double *ssim);

#endif
