/* How far the views of an image agree: SimSiam's loss (Chen & He 2021), and the deviation by which
 * a collapse of it is seen. */
#ifndef GISD_LOSS_AGREEMENT_H
#define GISD_LOSS_AGREEMENT_H

#include <stddef.h>

/* projections z and predictions p: 2 pairs x width, rows 2 i and 2 i + 1 of image i. *sum: the sum
 * over the images, in double and in their order, of
 *
 *     -1/2 cos(p_2i, z_2i+1) - 1/2 cos(p_2i+1, z_2i)
 *
 * with cos(a, b) = a b / (max(|a|, 1e-8) max(|b|, 1e-8)), as torch.nn.functional.cosine_similarity.
 * gradient (2 pairs x width): scale x d sum / d p; overwritten. z counts as a constant: without
 * this "stop-gradient" all views would soon agree on one vector. */
void agreement_loss(size_t pairs, size_t width, const float *projections, const float *predictions,
                    double scale, double *sum, float *gradient);

/* The standard deviation of the components of rows that are divided by their lengths, its mean over
 * the components, times the root of their number: 1 where the rows fill the sphere evenly, 0 where
 * they are one vector. rows x width; 0 for fewer than two rows. */
double agreement_deviation(size_t rows, size_t width, const float *vectors);

#endif
