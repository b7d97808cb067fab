/* What stands around and over the picture in an endoscope's frame: the black surround, and a
 * painted-out square.
 *
 * Either may tell a network what the frame shows without a look at the mucosa, if it is commoner in
 * one class than in another.
 */
#ifndef GISD_IMAGE_SURROUND_H
#define GISD_IMAGE_SURROUND_H

#include <stdbool.h>

#include "image/bright_field.h"

typedef struct {
    double dark_border; /* share of the frame's outermost pixels that are dark: 0 a full frame,
                           1 a picture within a black surround */
    bool has_square;
    PixelBox square; /* the largest one, to a 64th of the frame */
} Surround;

/* Looks for both. A square is a black rectangle of at least 2 % of the field and an eighth of its
 * width and height with straight edges: along each side something bright lies beside three fifths
 * of it (or, where a second square overlaps, four fifths count with what is at one distance), or
 * nothing bright beyond four fifths of it up to the field's end, or that end is near; and
 * two sides are bright. A corner that the round field leaves has a slanting edge and a dark lumen a
 * soft one, so neither is a square. Measured on real frames: docs/experiments.md. */
Status surround_find(const LightPlanes *planes, const PixelBox *field, Surround *surround);

#endif
