/* How well a predicted mask covers the annotated one.
 *
 * Masks are one byte a pixel, 0 outside and anything else inside. Dice = 2 |A and B| / (|A| + |B|),
 * IoU = |A and B| / |A or B|. They are of lesions that are annotated: where no pixel of one is
 * left, as a small lesion's mask can lose all at a network's size, both numbers are 0, whatever is
 * predicted. A 1 for finding nothing would be one that nobody has earned.
 */
#ifndef GISD_EVAL_SEGMENTATION_H
#define GISD_EVAL_SEGMENTATION_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    double dice, iou;
} SegmentationScore;

/* Compares two masks of n pixels. */
SegmentationScore segmentation_score(const uint8_t *predicted /* n */,
                                     const uint8_t *annotated /* n */, size_t n);

#endif
