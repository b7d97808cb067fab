/* See quantile.h. */
#include "eval/quantile.h"

#include <math.h>
#include <stdlib.h>

double quantile(const double *sorted, size_t n, double q)
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

void quantile_sort(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare_rising);
}
