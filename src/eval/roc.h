/* Receiver operating characteristic: how sensitivity is bought with false alarms.
 *
 * An image is called positive at threshold t if its score is >= t. The curve has one point for
 * every distinct score, so that images with tied scores move together, after a first point at
 * threshold +infinity (nothing is positive). The area is that of the trapezoids between the points,
 * which equals the Mann-Whitney statistic with ties counted half.
 */
#ifndef GISD_EVAL_ROC_H
#define GISD_EVAL_ROC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* A curve of `count` points, thresholds falling; arrays of length count, owned. If all images are
 * of one kind there is no curve: count is 0 and auc is NaN. */
typedef struct {
    size_t count;
    double *threshold;           /* the first is +infinity */
    double *false_positive_rate; /* 1 - specificity */
    double *true_positive_rate;  /* sensitivity */
    size_t positives, negatives; /* images of each kind */
    double auc;
} Roc;

/* The curve of n images. Scores must not be NaN (STATUS_ARGUMENT). roc_clear() releases it. */
Status roc_init(Roc *roc, const double *scores /* n */, const bool *positive /* n */, size_t n);
void roc_clear(Roc *roc);

/* Only the area, as roc_init() finds it; NaN if all images are of one kind. `order` is scratch
 * space. */
double roc_auc(const double *scores /* n */, const bool *positive /* n */, size_t n,
               size_t *order /* n */);

/* The index of the point with the largest Youden index J = sensitivity + specificity - 1 among the
 * finite thresholds; of equal ones the highest threshold, that is the fewest false alarms. J is
 * compared in whole numbers, so ties are exact. The curve must have points. */
size_t roc_youden(const Roc *roc);

#endif
