/* Every metric of two networks, each of one or several seeds, with intervals over patients: on the
 * same images both are drawn together, so that what the images make harder for both cancels. */
#ifndef GISD_REPORT_METRIC_DIFFERENCES_H
#define GISD_REPORT_METRIC_DIFFERENCES_H

#include "eval/cluster_bootstrap.h"
#include "report/all_answers.h"

/* Seeds of one network, all of the same images. */
typedef struct {
    const AllAnswers *seeds; /* count */
    size_t count;
} AnsweredSeeds;

/* A metric that both have, as means over the seeds. */
typedef struct {
    char name[OUTCOME_NAME_BYTES];
    BootstrapIntervals sides[2];
    BootstrapIntervals difference; /* the second's less the first's; only if drawn together, else
                                      its value alone, and the intervals NaN */
} MetricDifference;

/* Owned through metric_differences_clear(). */
typedef struct {
    size_t count;
    MetricDifference *items; /* count: in the order of set_metrics.h */
} MetricDifferences;

/* `together`: both are of the same images in the same order. */
Status metric_differences_draw(AnsweredSeeds first, AnsweredSeeds second, bool together,
                               MetricDifferences *differences);
void metric_differences_clear(MetricDifferences *differences);

/* NULL: there is no such metric. */
const MetricDifference *metric_differences_find(const MetricDifferences *differences,
                                                const char *name);

#endif
