/* Logistic regression of one class against the rest, with a penalty on the weights' squares.
 *
 * Minimises  sum_i log(1 + exp(-s_i (w . x_i + b))) + |w|^2 / 2,  s_i = 1 for the class and -1
 * otherwise; the bias b bears no penalty. x are the numbers less their mean and divided by their
 * standard deviation over the images learnt from (by 1 where that is 0). This is scikit-learn's
 * StandardScaler and LogisticRegression(C=1). Newton's method with halved steps: the function is
 * strictly convex, so there is one answer, and no draw of numbers.
 */
#ifndef GISD_EVAL_LOGISTIC_H
#define GISD_EVAL_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Brings every column of `rows` (count x width) to mean 0 and deviation 1 over the rows that are
 * learnt from, at least one. */
Status logistic_standardise(double *rows, const bool *learnt /* count */, size_t count,
                            size_t width);

/* Learns the class from rows with `learnt`; scores[i] = w . x_i + b of all rows. STATUS_ARGUMENT:
 * the rows to learn from are all of the class, or none is. */
Status logistic_scores(const double *rows /* count x width */, const bool *learnt /* count */,
                       const bool *of_class /* count */, size_t count, size_t width,
                       double *scores /* count */);

#endif
