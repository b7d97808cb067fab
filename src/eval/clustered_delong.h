/* Areas under the ROC curve of two programs that scored the same images, and whether they differ:
 * DeLong's test, with images of one patient taken for what they are.
 *
 * Each image has a component: a positive one the share of negatives that score below it (ties count
 * half), a negative one the share of positives above it; the area is the mean of either kind.
 * DeLong, DeLong and Clarke-Pearson (1988) take its variance from those of the components, as if
 * images were independent. Obuchowski (1997) adds the components up by patient first, and has a
 * further term for patients with images of both kinds:
 *
 *     var = S10 / M + S01 / N + 2 S11 / (M N)
 *     S10 = I10 / ((I10 - 1) M) sum over patients of (sum of positive components - m area)^2
 *     S01 = the same of negatives;  S11 = I / (I - 1) sum of the products of both
 *
 * with M positive and N negative images, m of them the patient's, I patients, I10 of them with
 * positives. With one image a patient this is DeLong's variance, number for number. Components are
 * found in one pass over sorted scores, as in Sun and Xu (2014).
 */
#ifndef GISD_EVAL_CLUSTERED_DELONG_H
#define GISD_EVAL_CLUSTERED_DELONG_H

#include <stdbool.h>

#include "base/status.h"
#include "eval/clusters.h"
#include "eval/interval.h"

typedef struct {
    double auc[2];
    double variance[2];
    double covariance;
    double difference;       /* auc[0] - auc[1] */
    double difference_error; /* its standard error */
    Interval interval;       /* 95 % of the difference: +- 1.96 standard errors */
    double z;                /* difference / difference_error */
    double p;                /* two-sided */
} ClusteredDelong;

/* Needs images of either kind from two patients at least; otherwise all but the areas are NaN, and
 * with no image of a kind the areas too. If the difference has no variance, equal areas give z = 0
 * and p = 1, unequal ones an infinite z and p = 0. Scores that are NaN are STATUS_ARGUMENT. */
Status clustered_delong(const double *scores_a /* rows */, const double *scores_b /* rows */,
                        const bool *positive /* rows */, const Clusters *clusters,
                        ClusteredDelong *test);

#endif
