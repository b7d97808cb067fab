/* Noise in the details of a wavelet transform: how much there is, and two ways to take it out.
 *
 * The standard deviation of the noise is the median magnitude of the finest diagonal band over that
 * of the normal distribution (Donoho and Johnstone 1994), exact zeros left out as scikit-image
 * does. It is to be estimated before any of the details are changed: a median of coefficients or a
 * threshold would leave an estimate near 0.
 */
#ifndef GISD_IMAGE_WAVELET_SHRINK_H
#define GISD_IMAGE_WAVELET_SHRINK_H

#include <stdbool.h>

#include "image/wavelet.h"

typedef enum { SHRINK_NONE, SHRINK_UNIVERSAL, SHRINK_BAYES } ShrinkRule;

/* Of the details of level 1. 0 of a plane without any. `scratch` is as large as a band of level 1.
 */
double wavelet_noise(const WaveletTree *tree, double *scratch);

/* Each detail becomes the median of itself and its eight neighbours in its band; at the border the
 * nearest stands for those that are not there. `scratch` is as large as the plane. Bands are OpenMP
 * tasks, here and in wavelet_shrink(). */
void wavelet_median(WaveletTree *tree, double *scratch);

/* Takes details of no more than a threshold for noise and makes them 0; the others keep their value
 * (hard) or lose the threshold of their magnitude (soft). The threshold for noise of `sigma`:
 *
 *   SHRINK_UNIVERSAL  sigma sqrt(2 ln N) for a plane of N numbers (Donoho and Johnstone 1994)
 *   SHRINK_BAYES      sigma^2 / sqrt(max(mean(c^2) - sigma^2, tiny)), of each band its own (Chang,
 * Yu and Vetterli 2000)
 */
void wavelet_shrink(WaveletTree *tree, ShrinkRule rule, bool hard, double sigma);

#endif
