/* Softmax cross-entropy of the positive priors and the hardest negative ones (Liu et al. 2016), of
 * one image. */
#ifndef GISD_LOSS_HARD_NEGATIVES_H
#define GISD_LOSS_HARD_NEGATIVES_H

#include <stddef.h>
#include <stdint.h>

/* A prior that is background, and what it costs. */
typedef struct {
    double cost;
    size_t prior;
} HardNegative;

/* logits: P x (1 + K), background first. targets: P lesion classes from 0, negative for background.
 * Of the background's priors those with the largest cross-entropy count, three for each positive
 * one, of equals the first. In an image without a lesion three count, where SSD has none: its data
 * held an object in every image, and a network that learns nothing from normal frames cannot tell
 * them. room: P, for working. *sum: of the cross-entropy of all priors that count, in the order of
 * the priors. gradient (P x (1 + K)): scale x d sum / d logit, zero for priors that do not count;
 * overwritten. A logit that is not a number makes the sum NaN. */
void hard_negatives_loss(size_t priors, size_t classes, const float *logits, const int32_t *targets,
                         double scale, HardNegative *room, double *sum, float *gradient);

#endif
