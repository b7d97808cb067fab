/* Operating points for images that have to choose their own.
 *
 * A point that is judged on the images that chose it looks better than it is: it is fitted to their
 * chance. Where there are no others, it is cross-fitted: the patients are dealt into folds, and the
 * images of a fold are judged at the point that the patients of all other folds choose
 * (outcome_operating_point()). What comes out is the rule's performance with a little fewer images
 * to choose by, and no image has a say in its own judgement.
 *
 * The folds follow from the images alone: patients with images of both kinds are dealt first, then
 * those with lesions only, then those without, each in the order of their first image, one a fold
 * in turn. So every fold leaves both kinds to choose by as far as there are such.
 */
#ifndef GISD_EVAL_CROSS_FIT_H
#define GISD_EVAL_CROSS_FIT_H

#include <stdint.h>

#include "base/status.h"
#include "eval/clusters.h"

enum { CROSS_FIT_FOLDS = 5 }; /* or as many as there are patients */

/* The fold of each patient, from 0, in folds[clusters->count]; how many there are in *count. */
Status cross_fit_folds(const int64_t *truth /* rows: -1 normal */, const Clusters *clusters,
                       size_t *folds, size_t *count);

/* The operating point for each image; NaN where there is but one patient. */
Status cross_fit_points(const double *lesion_score /* rows */, const int64_t *truth /* rows */,
                        const Clusters *clusters, double *points /* rows */);

#endif
