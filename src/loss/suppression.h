/* From scored boxes to detections, for one image: of each class the best 400 that score above 0.01,
 * greedy suppression of boxes that overlap a better one by more than 0.45; then the best 200 of all
 * classes. A box without extent is left out. Equal scores are ordered by class, then by place, so
 * that the result is a function of the scores and boxes alone.
 *
 *     suppression_begin(s);
 *     for each class:
 *         for each place that may score: suppression_offer(s, score, class, place);
 *         suppression_end_class(s, box_of, context);
 *     suppression_take(s, detections, &count);
 */
#ifndef GISD_LOSS_SUPPRESSION_H
#define GISD_LOSS_SUPPRESSION_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "image/box.h"

enum { DETECTIONS_MOST = 200 };

/* What a box must score to count. */
#define DETECTION_LOWEST_SCORE 0.01F

typedef struct {
    Box box;     /* inside the image */
    float score; /* probability of the class: see who makes it */
    int32_t class_index;
} Detection;

/* Room for one image; one for each thread. Nothing but suppression_new() allocates. */
typedef struct Suppression Suppression;

Status suppression_new(size_t classes, Suppression **suppression);
void suppression_free(Suppression *suppression);

void suppression_begin(Suppression *suppression);

/* A box of the class that is under way; it is asked for only where its score is among the best. */
void suppression_offer(Suppression *suppression, float score, size_t class_index, size_t place);

/* The box at a place, in fractions of the image; it may reach beyond it. */
typedef Box (*BoxOfPlace)(const void *context, size_t place);

void suppression_end_class(Suppression *suppression, BoxOfPlace box_of, const void *context);

/* detections: room for DETECTIONS_MOST, filled from the best down, boxes cut to the image. */
void suppression_take(Suppression *suppression, Detection *detections, size_t *count);

#endif
