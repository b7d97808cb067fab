/* Every number that is computed of a split: validation after each epoch, the test at the end, and
 * of the latter also the 95 % bootstrap intervals over patients (or images, where patients are not
 * known).
 *
 * One table says what there is: a metric's name, what it needs of the task's answers, and the
 * function that computes it from a list of images. Values and intervals come from that function, so
 * both are the same arithmetic. Metrics of the confusion matrix and of ROC curves are
 * eval/outcome's.
 */
#ifndef GISD_TRAIN_SPLIT_METRICS_H
#define GISD_TRAIN_SPLIT_METRICS_H

#include "eval/outcome.h"
#include "train/evaluation.h"

/* What a metric can need of a task's answers. */
enum { METRIC_NEEDS_BOXES = 1, METRIC_NEEDS_MASKS = 2 };

typedef struct MetricRows MetricRows; /* the images that are drawn, and what is known of them */

typedef struct {
    const char *name, *description;
    unsigned needs;
    bool each_epoch;                                            /* validation_NAME in the history */
    const char *label;                                          /* in the log; NULL: not there */
    double (*compute)(const MetricRows *rows, double argument); /* NULL: eval/outcome's */
    double argument;
    bool bca; /* its interval is BCa, else of percentiles (eval/interval.h) */
} SplitMetric;

size_t split_metric_count(void);
const SplitMetric *split_metric_at(size_t position);

/* Whether answers have what the metric needs. */
bool split_metric_is_given(const SplitMetric *metric, TaskGives gives);

/* Owned through split_metrics_clear(). */
typedef struct {
    Outcome outcome;
    double *box_overlap;    /* images: of the best box of the right class; NaN without a lesion */
    OutcomeMetric *metrics; /* metric_count: the outcome's, then the table's that the task gives,
                               then of each class CLASS_ap_50 where there are boxes */
    size_t metric_count;
} SplitMetrics;

/* `replicates` and `seed` are the bootstrap's; without replicates there are no intervals. */
Status split_metrics_init(const Evaluation *evaluation, double operating_point, size_t replicates,
                          uint64_t seed, SplitMetrics *metrics);
void split_metrics_clear(SplitMetrics *metrics);

/* The value of a metric; NaN if there is none of that name. */
double split_metrics_value(const SplitMetrics *metrics, const char *name);

#endif
