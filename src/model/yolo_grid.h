/* What YOLOv3's rows of numbers stand for: the cells of its scales, their anchors, and the boxes.
 *
 * At an input of S x S the scales are maps of S / 32, S / 16 and, of the full network, S / 8 cells
 * a side, the coarsest first. Each cell gives a row for each of three anchors: x, y, w, h,
 * objectness and the classes. Rows are ordered by scale, y, x, anchor. The anchors are numbered
 * from the smallest on, and the coarsest scale has the largest three. A box is
 *
 *     centre = (cell + sigmoid(x, y)) / cells        size = exp(w, h) x anchor
 *
 * in fractions of the square (Redmon & Farhadi 2018).
 */
#ifndef GISD_MODEL_YOLO_GRID_H
#define GISD_MODEL_YOLO_GRID_H

#include <stddef.h>

#include "image/box.h"
#include "model/architecture.h"

enum { YOLO_SCALES_MOST = 3, YOLO_ANCHORS_EACH = 3, YOLO_ANCHORS_MOST = 9 };

/* Places of a row's numbers; classes begin at YOLO_CLASSES. */
enum { YOLO_X, YOLO_Y, YOLO_W, YOLO_H, YOLO_OBJECTNESS, YOLO_CLASSES };

typedef struct {
    size_t scale_count;                  /* anchors are three times as many */
    size_t cells[YOLO_SCALES_MOST];      /* a side */
    size_t rows;                         /* of an image */
    float anchors[YOLO_ANCHORS_MOST][2]; /* width and height, fractions of the square */
} YoloGrid;

/* Where a row stands. */
typedef struct {
    size_t x, y, cells; /* its cell, and how many there are a side */
    size_t anchor;
} YoloPlace;

/* Of a network of yolov3.c. */
YoloGrid yolo_grid(const ModelSettings *settings);

/* The grid of that input size; anchors (3 a scale, smallest first) are in its pixels. */
YoloGrid yolo_grid_make(size_t size, size_t scale_count, const size_t (*anchors)[2]);

YoloPlace yolo_place(const YoloGrid *grid, size_t row);

/* The row of an anchor in the cell in which a point lies (fractions of the square); a point on the
 * far border lies in the last cell. */
size_t yolo_row(const YoloGrid *grid, size_t anchor, float x, float y);

/* The box of a row's first four numbers; it may reach beyond the square. Sizes of more than e^40
 * anchors are taken as that, so that wild outputs give finite boxes. */
Box yolo_box(const YoloGrid *grid, const YoloPlace *place, const float numbers[4]);

/* 1 / (1 + exp(-x)), rounded once. */
float yolo_sigmoid(float x);

#endif
