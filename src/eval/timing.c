/* Medians, means and percentiles; definitions in timing.h. */
#include "eval/timing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

double timing_quantile(const double *sorted, size_t n, double q)
{
    if (n == 0)
        return (double)NAN;
    double position = q * (double)(n - 1);
    size_t below = (size_t)position;
    if (below + 1 >= n)
        return sorted[n - 1];
    double part = position - (double)below;
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

static int compare_rising(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void timing_sort(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare_rising);
}

Status timing_summarise(const double *seconds, size_t n, TimingSummary *summary)
{
    double nan = (double)NAN;
    *summary = (TimingSummary){0, nan, nan, nan, nan, nan, nan};
    if (n == 0)
        return STATUS_OK;
    double *sorted = NULL;
    TRY(MEMORY_NEW(&sorted, n));
    memcpy(sorted, seconds, n * sizeof *sorted);
    timing_sort(sorted, n);
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum += sorted[i];
    *summary = (TimingSummary){
        .count = n,
        .mean = sum / (double)n,
        .median = timing_quantile(sorted, n, 0.5),
        .minimum = sorted[0],
        .maximum = sorted[n - 1],
        .percentile_5 = timing_quantile(sorted, n, 0.05),
        .percentile_95 = timing_quantile(sorted, n, 0.95),
    };
    free(sorted);
    return STATUS_OK;
}
