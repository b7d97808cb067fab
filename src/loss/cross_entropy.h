/* Softmax cross-entropy of the classification baselines. */
#ifndef GISD_LOSS_CROSS_ENTROPY_H
#define GISD_LOSS_CROSS_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

/* logits: N x K. labels: N class indices in 0 .. K - 1. *sum: the sum over the rows of
 * ln sum_j exp(logit_j) - logit_label, in double, in the order of the rows. gradient (N x K):
 * scale x d sum / d logit; overwritten; NULL if not wanted. Exact for logits of any size. */
void cross_entropy_loss(size_t rows, size_t classes, const float *logits, const int32_t *labels,
                        double scale, double *sum, float *gradient);

/* The truth of a row: `share` of it is `label`, the rest is `other`. Both are in 0 .. K - 1. */
typedef struct {
    int32_t label, other;
    double share; /* 0 to 1 */
} MixedLabel;

/* The same for a soft truth, as torch.nn.CrossEntropyLoss with weight and label_smoothing has it:
 * with c_k = weight_k (ln sum_j exp(logit_j) - logit_k), a row's loss is
 *
 *     (1 - smoothing) (share c_label + (1 - share) c_other) + smoothing / K sum_k c_k
 *
 * weights: K, NULL for ones. Divides by nothing: the caller's scale does. */
void smoothed_cross_entropy_loss(size_t rows, size_t classes, const float *logits,
                                 const MixedLabel *labels, const double *weights, double smoothing,
                                 double scale, double *sum, float *gradient);

/* Softmax of each row; probabilities (N x K) may be the logits themselves. */
void softmax(size_t rows, size_t classes, const float *logits, float *probabilities);

#endif
