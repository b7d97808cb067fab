/* The discrete wavelet transform of a plane with Sym4 (Daubechies' least asymmetric wavelet of four
 * vanishing moments), over several levels, and back.
 *
 * At the borders the plane goes on mirrored, each border number once more (... x1 x0 | x0 x1 ...),
 * so a level of n numbers has (n + 7) / 2 coefficients in each direction, and the transform of a
 * plane is not the only one that comes back to it. Coefficients and planes agree with PyWavelets'
 * wavedec2(plane, "sym4", "symmetric", levels) and waverec2() to about 1e-12, which is what the
 * filter is known to.
 *
 * A level costs 16 multiply-adds a number in each direction; rows are taken through both directions
 * while they are in the cache. Strips of rows are OpenMP tasks: inside a parallel region all its
 * threads share in a transform, and no number depends on how many there are.
 */
#ifndef GISD_IMAGE_WAVELET_H
#define GISD_IMAGE_WAVELET_H

#include <stddef.h>

#include "base/status.h"

enum { WAVELET_LEVELS_MOST = 12 };

/* The bands of details of a level: high frequencies along the columns, along the rows, along both.
 */
typedef enum {
    WAVELET_ALONG_COLUMNS, /* PyWavelets' cH */
    WAVELET_ALONG_ROWS,    /* cV */
    WAVELET_ALONG_BOTH,    /* cD, HH */
    WAVELET_BANDS
} WaveletBand;

/* Owned through wavelet_tree_clear(). Level l from 1 has bands of height[l] x width[l]; height[0] x
 * width[0] is the plane's. */
typedef struct {
    size_t levels;
    size_t height[WAVELET_LEVELS_MOST + 1], width[WAVELET_LEVELS_MOST + 1];
    double *details[WAVELET_LEVELS_MOST + 1][WAVELET_BANDS]; /* of level l */
    double *approximation[WAVELET_LEVELS_MOST + 1]; /* of level l; after the transform that of the
                                                       last level counts */
    double *scratch, *block;
} WaveletTree;

/* The most levels at which the border does not rule everything: floor(log2(n / 7)) of the shorter
 * side, as PyWavelets has it; 0 below 14 pixels. */
size_t wavelet_levels_most(size_t height, size_t width);

/* Room for the transform of a plane. STATUS_ARGUMENT: no such number of levels (1 to
 * wavelet_levels_most()). */
Status wavelet_tree_init(WaveletTree *tree, size_t height, size_t width, size_t levels);
void wavelet_tree_clear(WaveletTree *tree);

/* Fills the tree from plane[height x width]. */
void wavelet_forward(WaveletTree *tree, const double *plane);

/* The plane of details and last approximation; the approximations of lower levels are overwritten.
 */
void wavelet_inverse(WaveletTree *tree, double *plane);

/* Makes of coefficients that are no plane's, such as medians, those of the plane that they come
 * back to: as wavelet_inverse() and wavelet_forward() do, to rounding, but only along the borders
 * is there anything to compute. plane[height x width] is scratch. */
void wavelet_settle(WaveletTree *tree, double *plane);

#endif
