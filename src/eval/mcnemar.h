/* Whether two readers of the same images, programs or people, are right equally often.
 *
 * Only images count on which one is right and the other wrong (discordant): if both are equally
 * good, either is the right one as often as the other (McNemar 1947). Images of one patient are not
 * independent, so patients are the units: a patient's difference is the number of its images that
 * only the first got right less those that only the second did, and if both are equally good its
 * sign is as likely one as the other.
 *
 * Exact: the chance, over all 2^k ways to choose the signs of the k patients with a difference,
 * that the sum of all differences is at least as far from 0 as the one observed. Approximate: that
 * sum squared over the sum of the squared differences, as chi-square with one degree of freedom;
 * corrected: 1 less in the sum. With one image a patient these are McNemar's exact binomial test
 * and his chi-square without and with the correction for continuity (Edwards 1948); with several
 * the statistic is Obuchowski's (1998) in the form of Yang, Sun and Hardin (2010), without the
 * factor (K - 1)/K. With few patients the exact test is taken; with more the uncorrected one, which
 * keeps to 5 % where the corrected finds too little (Fagerland, Lydersen and Laake 2013;
 * tools/statistics).
 */
#ifndef GISD_EVAL_MCNEMAR_H
#define GISD_EVAL_MCNEMAR_H

#include <stdbool.h>

#include "base/status.h"
#include "eval/clusters.h"

/* Fewer patients with a difference than this: the exact test is taken. */
enum { MCNEMAR_EXACT_BELOW = 25 };

typedef struct {
    size_t only_first, only_second;  /* images that one of them got right, and not the other */
    size_t patients;                 /* with a difference */
    double chi_square, chi_square_p; /* NaN without a difference */
    double corrected, corrected_p;   /* the same with the correction for continuity */
    bool exact;                      /* which test `p` is of */
    double p;                        /* two-sided: exact, or chi_square_p; 1 without a difference */
} McnemarTest;

/* first, second: whether each image was judged rightly. */
Status mcnemar_test(const bool *first /* rows */, const bool *second /* rows */,
                    const Clusters *clusters, McnemarTest *test);

#endif
