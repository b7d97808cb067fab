/* The loss of YOLOv3's rows for one image, as darknet computes its gradients (yolo_layer.c).
 *
 * A truth belongs to one row: of all anchors that with the highest overlap (IoU) of its shape, in
 * the cell that holds the truth's centre. With t the row's numbers, s = 2 - w h of the truth and
 * BCE(t, p) = -p ln sigmoid(t) - (1 - p) ln(1 - sigmoid(t)):
 *
 *     box          of owned rows, s (BCE(x, x*) + BCE(y, y*) + (w - w*)^2 / 2 + (h - h*)^2 / 2)
 *     objectness   BCE(o, 1) of owned rows; BCE(o, 0) of all others, but for those whose box
 *                  overlaps some truth by more than 0.7
 *     classes      of owned rows, BCE(c_k, 1 if k is its class, else 0) for each class
 *
 * x*, y* are the truth's centre within its cell, w*, h* the logarithms of its size in anchors. Of
 * two truths of one row the later has the box and both the classes. What a row's box overlaps is
 * taken as a constant. darknet's own printed cost is another number, the sum of the squares of
 * these gradients.
 */
#ifndef GISD_LOSS_YOLO_LOSS_H
#define GISD_LOSS_YOLO_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "loss/matching.h"
#include "model/yolo_grid.h"

/* An image's truths and their rows; room for one image, one for each thread. */
typedef struct YoloTargets YoloTargets;

/* `grid` is borrowed and must outlive it. `most`: the largest number of truths of an image. */
Status yolo_targets_new(const YoloGrid *grid, size_t classes, size_t most, YoloTargets **targets);
void yolo_targets_free(YoloTargets *targets);

/* Settles which rows the truths (at most `most`; fractions of the square) own. Does not allocate.
 * STATUS_ARGUMENT names a box that is empty or not finite, or a count above `most`. */
Status yolo_targets_set(YoloTargets *targets, size_t count, const GroundTruth *truths);

typedef struct {
    double box, objectness, classes;
} YoloSums;

/* outputs: grid rows x (5 + classes). *sums: plain sums, in double, in the order of the rows.
 * gradient (as outputs): scale x d (box + objectness + classes) / d output; overwritten; NULL if
 * not wanted. */
void yolo_loss(const YoloTargets *targets, const float *outputs, double scale, YoloSums *sums,
               float *gradient);

#endif
