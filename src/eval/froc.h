/* Free-response operating characteristic: how many lesions a detector finds for how many false
 * marks a frame.
 *
 * At each score the sensitivity is the share of lesions with a mark of at least that score, and the
 * false positives a frame are the marks of at least that score on no lesion, over all frames, with
 * and without lesions (Bunch et al. 1978; Chakraborty 1989). A further mark on a lesion that is
 * found counts as neither. The curve is straight between the points of distinct scores, and level
 * behind the last: a detector that makes fewer false marks than asked for finds no more. Its area
 * is that below it, up to a number of false positives a frame, over that number: the mean
 * sensitivity there, 0 to 1.
 *
 * Weights say how often each image stands in the test set, for the bootstrap; NULL: once.
 */
#ifndef GISD_EVAL_FROC_H
#define GISD_EVAL_FROC_H

#include "eval/marks.h"

/* Of the lesions of one group: its marks that find others are no false ones, and count as nothing.
 */
typedef struct {
    const Marks *marks;  /* borrowed */
    const bool *lesions; /* lesion_count, borrowed: which are of the group; NULL: all */
} FrocGroup;

/* Points of a curve, owned through froc_clear(): (0, 0) first. */
typedef struct {
    size_t count;
    double *false_positives; /* a frame; count, rising */
    double *sensitivity;     /* count */
} Froc;
Status froc_init(Froc *froc, const FrocGroup *group);
void froc_clear(Froc *froc);

/* The area up to a number of false positives a frame, and the sensitivity there; NaN where the
 * group has no lesion. Limits are above 0 and rise. */
typedef struct {
    double area, sensitivity;
} FrocArea;
void froc_areas(const FrocGroup *group, const size_t *weights /* images */,
                const double *limits /* count */, size_t count, FrocArea *areas /* count */);

/* What marks of at least `score` come to: lesions found and false marks a frame (NaN without
 * lesions, without frames), and the share of the marks that hit a lesion, again or not (NaN without
 * marks). */
typedef struct {
    double sensitivity, false_positives, precision;
} FrocPoint;
FrocPoint froc_at(const FrocGroup *group, const size_t *weights /* images */, double score);

#endif
