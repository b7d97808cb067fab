/* The report's own intervals of the metrics that images tell by themselves (eval/image_metrics.h),
 * in place of those that a result was written with: of the kind that covers best
 * (docs/verification.md), also for results of earlier versions.
 */
#ifndef GISD_REPORT_INTERVALS_H
#define GISD_REPORT_INTERVALS_H

#include "report/experiment.h"

/* Makes them anew for every finished cell, on its own test set and on others. What cannot be
 * computed again to the value that the result has keeps its interval. */
Status intervals_renew(Experiment *experiment);

#endif
