/* Summaries of repeated measurements of seconds. */
#ifndef GISD_EVAL_TIMING_H
#define GISD_EVAL_TIMING_H

#include <stddef.h>

#include "base/status.h"

/* Of `count` measurements; all NaN when there are none. */
typedef struct {
    size_t count;
    double mean, median, minimum, maximum, percentile_5, percentile_95;
} TimingSummary;

/* The q-quantile (0 <= q <= 1) of n sorted numbers, linear between neighbours (numpy's default);
 * NaN for n = 0. */
double timing_quantile(const double *sorted /* n */, size_t n, double q);

/* Sorts n numbers in rising order, in place. None may be NaN. */
void timing_sort(double *values /* n */, size_t n);

/* Summarises n measurements, which stay as they are. */
Status timing_summarise(const double *seconds /* n */, size_t n, TimingSummary *summary);

#endif
