/* Which prior answers for which lesion (SSD's matching, without its conflicts).
 *
 * First every ground truth takes one prior of its own: of all free pairs the one with the highest
 * overlap (IoU) first, ties to the lower ground truth, then to the lower prior. Then every other
 * prior whose best ground truth overlaps it by at least one half answers for that one. The rest is
 * background.
 */
#ifndef GISD_LOSS_MATCHING_H
#define GISD_LOSS_MATCHING_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/priors.h"

enum { TARGET_BACKGROUND = -1 };

/* An annotated lesion, in fractions of the image, x0 < x1 and y0 < y1. */
typedef struct {
    Box box;
    int32_t class_index; /* 0 .. K - 1 */
} GroundTruth;

/* The priors as corners, and room for one image; one matcher for each thread. */
typedef struct Matcher Matcher;

/* `priors` is borrowed and must outlive the matcher. `most` is the largest number of ground truths
 * that an image may have, at most the number of priors. */
Status matcher_new(const Priors *priors, size_t most, Matcher **matcher);
void matcher_free(Matcher *matcher);

/* Matches one image without allocating. targets: P class indices or TARGET_BACKGROUND. offsets:
 * P x 4, the numbers the box head should give (priors_encode()), zero for background. *positives:
 * how many priors are not background. STATUS_ARGUMENT names a box that is empty or not finite, or
 * a count above `most`. */
Status matcher_match(Matcher *matcher, size_t count, const GroundTruth *truths, int32_t *targets,
                     float (*offsets)[4], size_t *positives);

#endif
