/* Whether a number differs between subgroups of the frames: centres, devices, sexes.
 *
 * Each level has its share of right answers, or its area under the ROC curve. What a frame moves
 * its level's number by (its influence: for a share (x - share) / frames, for an area its placement
 * less the area over frames of its kind) is summed over each patient, whose frames may lie in
 * several levels, and the products of those sums are added up: the covariance of the levels'
 * numbers, times K / (K - 1) with K patients (Liang and Zeger's sandwich; for areas see
 * clustered_delong.h). All differences to the first level together give Wald's statistic; over
 * their number, L - 1, it is held against F with L - 1 and K - 1 degrees of freedom, which few
 * patients make careful.
 */
#ifndef GISD_EVAL_SUBGROUPS_H
#define GISD_EVAL_SUBGROUPS_H

#include <stdbool.h>

#include "eval/clusters.h"

#define SUBGROUP_NONE SIZE_MAX /* the level of a frame that takes no part */

/* All of it NaN (p too) where the numbers of a level do not vary, or have none: nothing to test. */
typedef struct {
    double f;
    double levels_freedom, patients_freedom; /* L - 1, K - 1; K: patients that take part */
    double p;
} SubgroupTest;

/* Whether the levels, numbered below `levels`, have the same share of rows that are right. */
Status subgroups_test_shares(const bool *right /* rows */, const size_t *level /* rows */,
                             size_t levels, const Clusters *patients, SubgroupTest *test);

/* Whether they have the same area; NaN where a level lacks a kind. */
Status subgroups_test_areas(const double *scores /* rows */, const bool *positive /* rows */,
                            const size_t *level /* rows */, size_t levels, const Clusters *patients,
                            SubgroupTest *test);

#endif
