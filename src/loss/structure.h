/* Structure loss of the segmentation branch (Fan et al. 2020): weighted binary cross-entropy plus
 * weighted IoU, both heavier near the mask's border.
 *
 * The network's s x s logits are resized bilinearly (half-pixel centres, clamped at the border) to
 * the S x S mask m. With w = 1 + 5 |a - m|, a = mean of m over 31 x 31 pixels (pixels outside count
 * as 0, the divisor stays 961), and p = sigmoid(logit):
 *     L = sum w BCE(p, m) / sum w + 1 - (sum w p m + 1) / (sum w (p + m) - sum w p m + 1)
 */
#ifndef GISD_LOSS_STRUCTURE_H
#define GISD_LOSS_STRUCTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Tables and room for one image; one for each thread that computes losses side by side. */
typedef struct StructureLoss StructureLoss;

/* For masks of `size` x `size` and logits of `low` x `low`, 1 <= low <= size. */
Status structure_loss_new(size_t size, size_t low, StructureLoss **loss);
void structure_loss_free(StructureLoss *loss);

/* The loss of one image, without allocating. logits: low x low. mask: size x size of 0 and 1.
 * *value: L, the same bits for any number of threads. gradient (low x low): scale x dL / d logit;
 * overwritten; NULL if not wanted. */
void structure_loss(StructureLoss *loss, const float *logits, const uint8_t *mask, double scale,
                    double *value, float *gradient);

#endif
