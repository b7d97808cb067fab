/* See yolo_detections.h. */
#include "loss/yolo_detections.h"

typedef struct {
    const YoloGrid *grid;
    size_t width; /* of a row */
    const float *outputs;
} Rows;

static Box box_of_row(const void *context, size_t row)
{
    const Rows *rows = context;
    const YoloPlace place = yolo_place(rows->grid, row);
    return yolo_box(rows->grid, &place, rows->outputs + row * rows->width);
}

/* Offers the rows of a class; returns the highest of their scores. No score is above its row's
 * objectness. */
static float offer_class(const Rows *rows, size_t class_index, Suppression *suppression)
{
    float best = 0;
    for (size_t i = 0; i < rows->grid->rows; ++i) {
        const float *row = rows->outputs + i * rows->width;
        const float objectness = yolo_sigmoid(row[YOLO_OBJECTNESS]);
        if (objectness <= best && objectness <= DETECTION_LOWEST_SCORE)
            continue;
        const float score = objectness * yolo_sigmoid(row[YOLO_CLASSES + class_index]);
        best = score > best ? score : best;
        suppression_offer(suppression, score, class_index, i);
    }
    return best;
}

void yolo_detect(const YoloGrid *grid, size_t classes, const float *outputs,
                 Suppression *suppression, Detection *detections, size_t *count,
                 float *image_scores)
{
    const Rows rows = {grid, YOLO_CLASSES + classes, outputs};
    suppression_begin(suppression);
    for (size_t k = 0; k < classes; ++k) {
        image_scores[k] = offer_class(&rows, k, suppression);
        suppression_end_class(suppression, box_of_row, &rows);
    }
    suppression_take(suppression, detections, count);
}

void yolo_average_mirrored(const YoloGrid *grid, size_t classes, float *outputs,
                           const float *mirrored)
{
    const size_t width = YOLO_CLASSES + classes;
    for (size_t i = 0; i < grid->rows; ++i) {
        const YoloPlace place = yolo_place(grid, i);
        const size_t other =
            i + (place.cells - 1 - place.x) * YOLO_ANCHORS_EACH - place.x * YOLO_ANCHORS_EACH;
        for (size_t c = 0; c < width; ++c) {
            const float turned = mirrored[other * width + c];
            float *own = &outputs[i * width + c];
            *own = 0.5F * (*own + (c == YOLO_X ? -turned : turned));
        }
    }
}
