/* Every metric of a test set, for lists in which images stand several times or not at all, as a
 * bootstrap draws them: names and definitions are those of /test/metrics in result.h5 (outcome.h,
 * detection.h, docs/results.md), but for seconds. What does not depend on the drawing is worked out
 * once. image_metrics.h has the few that most tables need.
 */
#ifndef GISD_EVAL_SET_METRICS_H
#define GISD_EVAL_SET_METRICS_H

#include "eval/detection.h"
#include "eval/image_metrics.h"
#include "eval/outcome.h"

/* What a network said of each image; borrowed. What its task does not give is NULL, and metrics
 * that need it are left out. */
typedef struct {
    ImageClasses given;
    const double *scores;           /* images x classes */
    const char *const *class_names; /* classes: of the lesion classes */
    const double *dice, *mask_iou;  /* images: NaN where no mask is annotated */
    const double *mask_share;       /* images: share of the frame that the mask covers */
    const double *box_overlap;      /* images: of the best box; NaN where no box is annotated */
    const DetectionSet *boxes;
} SetAnswers;

typedef struct SetMetrics SetMetrics;

/* Classes out of range and scores that are NaN are STATUS_ARGUMENT. The answers must outlive it. */
Status set_metrics_new(const SetAnswers *answers, SetMetrics **metrics);
void set_metrics_free(SetMetrics *metrics);

size_t set_metrics_count(const SetMetrics *metrics);
const char *set_metrics_name(const SetMetrics *metrics, size_t position);

/* The values, NaN where undefined, of a list in which image i stands weights[i] times. */
Status set_metrics_compute(const SetMetrics *metrics, const size_t *weights /* images */,
                           double *values /* set_metrics_count() */);

#endif
