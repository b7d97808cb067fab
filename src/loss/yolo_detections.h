/* From YOLOv3's rows to detections, for one image. A class's score is its sigmoid times that of the
 * objectness; boxes are sifted as suppression.h says, before they are cut to the square. */
#ifndef GISD_LOSS_YOLO_DETECTIONS_H
#define GISD_LOSS_YOLO_DETECTIONS_H

#include "loss/suppression.h"
#include "model/yolo_grid.h"

/* outputs: grid rows x (5 + classes). detections: room for DETECTIONS_MOST, filled from the best
 * down; *count: how many. image_scores (classes): the highest score of each class over all rows,
 * whatever its box. Does not allocate. */
void yolo_detect(const YoloGrid *grid, size_t classes, const float *outputs,
                 Suppression *suppression, Detection *detections, size_t *count,
                 float *image_scores);

/* Averages the outputs for one image with those for its mirror image: row by row, of the cell on
 * the other side, whose centre differs from its cell's the other way across. */
void yolo_average_mirrored(const YoloGrid *grid, size_t classes, float *outputs,
                           const float *mirrored);

#endif
