/* Several tests at once: Holm's correction (Holm 1979).
 *
 * Of m tests of which none is of anything real, one in twenty would come out below 0.05 each; over
 * all of them, one much more often than that. Holm's step-down procedure keeps the chance of even
 * one false finding in the whole family at 5 %, whatever the tests have to do with each other, and
 * finds no less than Bonferroni's.
 */
#ifndef GISD_EVAL_HOLM_H
#define GISD_EVAL_HOLM_H

#include <stddef.h>

#include "base/status.h"

/* Adjusted p-values, to be compared with 0.05 as they stand: the k-th smallest p times m - k + 1,
 * never below a smaller one's, at most 1. A p that is NaN is no test: it stays and does not count.
 * `adjusted` may be `p`. */
Status holm_adjust(const double *p /* count */, size_t count, double *adjusted /* count */);

#endif
