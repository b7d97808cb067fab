/* Logistic regression of one class against the rest, with a penalty on the weights' squares.
 *
 * Minimises  C sum_i log(1 + exp(-s_i (w . x_i + b))) + |w|^2 / 2,  s_i = 1 for the class and -1
 * otherwise; the bias b bears no penalty. This is scikit-learn's LogisticRegression(C). Newton's
 * method with halved steps: the function is strictly convex, so there is one answer, and no draw
 * of numbers.
 */
#ifndef GISD_EVAL_LOGISTIC_H
#define GISD_EVAL_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Learns the class from rows with `learnt`, with C > 0 of how much they count against the penalty;
 * scores[i] = w . x_i + b of all rows. STATUS_ARGUMENT: the rows to learn from are all of the
 * class, or none is. */
Status logistic_scores(const double *rows /* count x width */, const bool *learnt /* count */,
                       const bool *of_class /* count */, size_t count, size_t width, double c,
                       double *scores /* count */);

/* log(1 + exp(-s score)), the loss of one row. */
double logistic_loss(double score, bool of_class);

#endif
