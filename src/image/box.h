/* A rectangle, half-open: x0 <= x < x1, y0 <= y < y1. In pixels of an image or in fractions of its
 * width and height; who holds one says which. */
#ifndef GISD_IMAGE_BOX_H
#define GISD_IMAGE_BOX_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    float x0, y0, x1, y1;
} Box;

/* Whole pixels, half-open too. */
typedef struct {
    size_t x0, y0, x1, y1;
} PixelBox;

/* A box in pixels of a part of an image, in pixels of the image. A part that begins with the image
 * leaves it as it is, to the sign of a zero. */
Box box_moved(const Box *box, const PixelBox *part);

enum { BOX_TEXT_BYTES = 128 };

/* "x0 y0 x1 y1", each with the digits that tell it from other floats; returns text. */
const char *box_text(const Box *box, char text[BOX_TEXT_BYTES]);

float box_area(const Box *box);

/* Whether nothing lies in it. */
static inline bool box_is_empty(const Box *box)
{
    return !(box->x0 < box->x1 && box->y0 < box->y1);
}

/* Intersection over union; 0 if either box is empty. What metrics are made of. */
double box_iou(const Box *a, const Box *b);

/* The same in float32: what a network's own decisions (matching, suppression) are made of. Near a
 * threshold the two may differ, so neither can stand for the other. */
float box_iou_f32(const Box *a, const Box *b);

#endif
