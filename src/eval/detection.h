/* Boxes found against boxes annotated: overlap and average precision.
 *
 * Overlap is the intersection over the union (IoU) of two boxes' areas. Average precision of one
 * class at an IoU threshold follows PASCAL VOC 2010 and later: boxes of the class from all images
 * are visited by falling score; each looks at the annotated box of the class in its image that it
 * overlaps most, and is right if the overlap reaches the threshold and no box before took that one.
 * So two boxes on one lesion are one right and one wrong. The area is taken under the precision
 * made monotone from the right, at all recalls ("all points").
 */
#ifndef GISD_EVAL_DETECTION_H
#define GISD_EVAL_DETECTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "image/box.h"

/* A box that a network found. `image` is any number that tells images apart. */
typedef struct {
    uint32_t image;
    uint32_t class_index; /* lesion classes from 0 */
    double score;
    Box box;
} FoundBox;

/* A box that was annotated. */
typedef struct {
    uint32_t image;
    uint32_t class_index;
    Box box;
} AnnotatedBox;

/* A test set's boxes, in any order; both arrays are borrowed. Boxes of one score are visited in the
 * order of the array. */
typedef struct {
    const FoundBox *found;
    size_t found_count;
    const AnnotatedBox *annotated;
    size_t annotated_count;
} DetectionSet;

/* Average precision of one class at one IoU threshold; NaN if the class has no annotated box, 0 if
 * nothing of it was found. Scores that are NaN are STATUS_ARGUMENT. */
Status detection_average_precision(const DetectionSet *set, uint32_t class_index, double iou,
                                   double *average_precision);

/* The mean of the above over the IoU thresholds 0.50, 0.55, ... 0.95. */
Status detection_average_precision_50_95(const DetectionSet *set, uint32_t class_index,
                                         double *average_precision);

/* Means over the classes that have annotated boxes (NaN if none has): at IoU 0.5 and over 0.5:0.95.
 * each (classes): what the first is the mean of, NaN for a class without; NULL: not wanted. */
typedef struct {
    double ap_50, ap_50_95;
} DetectionMeans;
Status detection_means(const DetectionSet *set, uint32_t classes, DetectionMeans *means,
                       double *each);

/* The same means for sets in which images stand several times or not at all, as a bootstrap draws
 * them: what does not depend on the drawing is worked out once. An image that stands w times brings
 * w copies of each of its boxes, found and annotated. */
typedef struct DetectionRepeats DetectionRepeats;

/* Images are numbered below `images`. */
Status detection_repeats_new(const DetectionSet *set, uint32_t classes, size_t images,
                             DetectionRepeats **repeats);
void detection_repeats_free(DetectionRepeats *repeats);
DetectionMeans detection_repeats_means(const DetectionRepeats *repeats,
                                       const size_t *weights /* images */, double *each);

/* The overlap by which a lesion counts as found in the right place: of the boxes found in `image`
 * with class `class_index`, the one with the highest score (the first of equals) is compared with
 * the annotated boxes of that image and class, and the largest IoU returned. 0 if no such box was
 * found; NaN if none was annotated. */
double detection_overlap(const DetectionSet *set, uint32_t image, uint32_t class_index);

#endif
