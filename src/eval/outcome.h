/* From the scores of a test split's images to everything that is reported about them.
 *
 * An image has one score for each of K lesion classes; its lesion score is the largest. It is
 * called lesion if that reaches the operating point and is above 0 (a score of 0 speaks for no
 * lesion, whatever the operating point), and then its class is the one with the largest score (the
 * first of equals); otherwise it is normal. In confusion matrices normal is class 0 and lesion
 * class c is class c + 1.
 */
#ifndef GISD_EVAL_OUTCOME_H
#define GISD_EVAL_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "eval/confusion.h"
#include "eval/roc.h"

enum { OUTCOME_NORMAL = -1, OUTCOME_NAME_BYTES = 96 };

/* Whether an image of that lesion score is called lesion; see above. */
static inline bool outcome_is_lesion(double lesion_score, double operating_point)
{
    return lesion_score >= operating_point && lesion_score > 0;
}

/* Everything is borrowed. */
typedef struct {
    size_t images, classes;
    const double *scores;           /* images x classes */
    const int32_t *truth;           /* images: OUTCOME_NORMAL or a class below `classes` */
    const uint32_t *groups;         /* images: patient numbers; NULL: every image by itself */
    const char *const *class_names; /* classes: names of the lesion classes */
    double operating_point;
    size_t replicates; /* of the bootstrap; 0: intervals are NaN */
    uint64_t seed;     /* of the bootstrap */
} OutcomeInput;

/* One reported number with its 95 % bootstrap interval; NaN where undefined.
 * Names: accuracy (share of images), f1, sensitivity, specificity, precision (macro means over
 * normal and the lesion classes), auc (lesion score against lesion or normal), class_auc (mean over
 * classes), the two-class versions lesion_accuracy, lesion_f1, lesion_sensitivity,
 * lesion_specificity, lesion_precision, and for each class NAME, normal included, NAME_sensitivity,
 * NAME_specificity, NAME_precision, NAME_f1; NAME_auc (one against the rest) for lesion classes. */
typedef struct {
    char name[OUTCOME_NAME_BYTES];
    double value, low, high;
    bool bca; /* the interval is BCa, else of percentiles (interval.h) */
} OutcomeMetric;

/* Owned by the caller through outcome_clear(). */
typedef struct {
    size_t images, classes;
    double *lesion_score;       /* images */
    int32_t *predicted;         /* images: OUTCOME_NORMAL or a class */
    Confusion confusion;        /* normal and the lesion classes */
    Confusion lesion_confusion; /* lesion images only, by their largest score alone: K x K */
    Roc roc;                    /* lesion score against lesion or normal */
    Roc *class_roc;             /* classes: a class's score against that class or any other */
    OutcomeMetric *metrics;     /* metric_count */
    size_t metric_count;
} Outcome;

/* Scores that are not numbers, truths out of range: STATUS_ARGUMENT naming the image. */
Status outcome_init(Outcome *outcome, const OutcomeInput *input);
void outcome_clear(Outcome *outcome);

/* The operating point for a validation split: the largest Youden index of the lesion score (tie
 * rule: roc_youden()). A split of lesions only has no false alarms to avoid and gives
 * OUTCOME_POINT_ANY, the smallest score that a box can have; one without lesions gives
 * OUTCOME_POINT_DEFAULT. */
#define OUTCOME_POINT_ANY     0.01
#define OUTCOME_POINT_DEFAULT 0.5
Status outcome_operating_point(const double *scores /* images x classes */,
                               const int32_t *truth /* images */, size_t images, size_t classes,
                               double *operating_point);

#endif
