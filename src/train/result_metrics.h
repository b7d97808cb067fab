/* Every number that is reported of a test split, each with its 95 % bootstrap interval over
 * patients (or images, where patients are not known).
 *
 * Classification comes from eval/outcome; here the numbers of masks, boxes and time join it:
 * dice, mask_iou (means over annotated images), ap_50, ap_50_95 (means over classes), overlap_60,
 * overlap_70, overlap_80, overlap_90 (share of lesion images whose best box of the right class
 * overlaps its lesion by at least so much), median_seconds and mean_seconds an image.
 */
#ifndef GISD_TRAIN_RESULT_METRICS_H
#define GISD_TRAIN_RESULT_METRICS_H

#include "eval/outcome.h"
#include "train/evaluation.h"

/* Owned through result_metrics_clear(). */
typedef struct {
    Outcome outcome;
    double *box_overlap;    /* images: of the best box of the right class; NaN without a lesion */
    OutcomeMetric *metrics; /* metric_count: the outcome's, then those of masks, boxes and time */
    size_t metric_count;
} ResultMetrics;

/* `seed` is the bootstrap's. */
Status result_metrics_init(const Evaluation *evaluation, double operating_point, uint64_t seed,
                           ResultMetrics *metrics);
void result_metrics_clear(ResultMetrics *metrics);

#endif
