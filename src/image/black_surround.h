/* The black surround of an endoscope's picture, to the pixel: what is black, hangs together with
 * the frame's edge and is of one colour but for the ripples that JPEG leaves.
 *
 * Exact where bright_field.h is rough: that finds the rectangle worth looking at, this the pixels
 * that show nothing. A dark lumen at the frame's edge is part of it only as far as it is as black
 * as the surround.
 */
#ifndef GISD_IMAGE_BLACK_SURROUND_H
#define GISD_IMAGE_BLACK_SURROUND_H

#include <stddef.h>
#include <stdint.h>

#include "image/box.h"
#include "image/image.h"

enum {
    BLACK_SURROUND_MOST = 24,  /* the level of a channel from which a surround is not black */
    BLACK_SURROUND_RIPPLE = 9, /* a channel's distance from its level */
    BLACK_SURROUND_BOXES = 8,
};

/* Sets mask (height x width, any content) to 1 on the surround of an RGB image, to 0 elsewhere. */
Status black_surround_find(const Image *image, uint8_t *mask);

/* The rectangles about a surround: its bands along the frame's sides, then its corners in what is
 * left. A band is at least 1 % of the frame, a corner at least 2 % of each side and at most half of
 * it. Returns how many there are. */
size_t black_surround_boxes(const uint8_t *mask, size_t width, size_t height,
                            PixelBox boxes[BLACK_SURROUND_BOXES]);

#endif
