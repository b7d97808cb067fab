/* Quantiles of sorted numbers: replicates of a bootstrap, repeated measurements of seconds. */
#ifndef GISD_EVAL_QUANTILE_H
#define GISD_EVAL_QUANTILE_H

#include <stddef.h>

/* The q-quantile (0 <= q <= 1) of n sorted numbers, linear between neighbours (numpy's default);
 * NaN for n = 0. */
double quantile(const double *sorted /* n */, size_t n, double q);

/* Sorts n numbers in rising order, in place. None may be NaN. */
void quantile_sort(double *values /* n */, size_t n);

#endif
