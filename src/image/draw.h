/* Drawing on pictures: boxes with their tags, masks, text. For people to look at.
 *
 * Sizes of lines and letters follow the picture's. Letters come from the font that is built into
 * cairo, so that a picture is the same on machines with other fonts or none; it knows ASCII.
 */
#ifndef GISD_IMAGE_DRAW_H
#define GISD_IMAGE_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "image/box.h"
#include "image/image.h"

typedef struct {
    uint8_t red, green, blue;
} Colour;

/* A colour for class `index`: eight that can be told apart, by colour-blind eyes too (Okabe and
 * Ito), then from the first again. */
Colour draw_class_colour(size_t index);

typedef struct {
    Box box;
    const char *tag; /* "GC 0.93"; NULL or "": none */
    Colour colour;
} DrawBox;

/* Boxes on an RGB image, the last one on top; tags stand above their box, or within where the
 * picture ends. */
Status draw_boxes(Image *image, size_t count, const DrawBox *boxes);

/* Tints an RGB image where the mask (one channel, same size) is >= 128, with `opacity` of 0 to 1,
 * and draws the mask's outline. */
Status draw_mask(Image *image, const Image *mask, Colour colour, float opacity);

/* One line of text with a dark halo on an RGB image; x, y is its upper left corner and `height` the
 * height of a capital, in pixels. */
Status draw_text(Image *image, float x, float y, float height, Colour colour, const char *text);

/* The width in pixels that draw_text() would need. */
Status draw_text_width(float height, const char *text, float *width);

#endif
