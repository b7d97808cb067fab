/* Loss of the box corrections over the positive priors of an image. */
#ifndef GISD_LOSS_BOX_REGRESSION_H
#define GISD_LOSS_BOX_REGRESSION_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    BOX_LOSS_SMOOTH_L1, /* d^2 / 2 where |d| < 1, else |d| - 1/2 (beta 1) */
    BOX_LOSS_L1,        /* |d|; slope 0 at 0 */
} BoxLoss;

/* predictions, offsets: P x 4. targets: P, negative for priors that do not count. *sum: the plain
 * sum over the positives' four numbers, in double, in the order of the priors. gradient (P x 4):
 * scale x d sum / d prediction, zero for the others; overwritten; NULL if not wanted. */
void box_regression_loss(BoxLoss kind, size_t priors, const float (*predictions)[4],
                         const int32_t *targets, const float (*offsets)[4], double scale,
                         double *sum, float (*gradient)[4]);

#endif
