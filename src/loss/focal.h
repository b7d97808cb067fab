/* Sigmoid focal loss (Lin et al. 2017), over all priors and classes of an image. */
#ifndef GISD_LOSS_FOCAL_H
#define GISD_LOSS_FOCAL_H

#include <stddef.h>
#include <stdint.h>

/* With p = sigmoid(logit), a positive entry (the prior's target is that class) costs
 * -alpha (1 - p)^gamma ln p, every other one -(1 - alpha) p^gamma ln(1 - p).
 *
 * logits: P x K. targets: P class indices, negative for background. gamma: any number >= 0.
 * *sum: the plain sum over all P x K entries, in double, always added up in the same order whatever
 * the number of threads. gradient (P x K): scale x d sum / d logit; overwritten; NULL if not
 * wanted. Exact to rounding for logits of any size; a logit that is not a number makes the sum NaN.
 */
void focal_loss(size_t priors, size_t classes, const float *logits, const int32_t *targets,
                double alpha, double gamma, double scale, double *sum, float *gradient);

#endif
