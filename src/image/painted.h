/* Squares that somebody, or the video processor, put over a frame: black ones, and insets of a
 * colour that mucosa never has, by their exact pixels.
 *
 * A black square is that of surround.h, or one that hangs together with the surround in a corner of
 * the frame (corner_square.h), its sides moved to the pixel; it counts only if its pixels are of
 * one colour but for the ripples that JPEG leaves. A green or blue inset is a rectangle of pixels
 * of which nine in ten are more green (or blue) than red by a margin; what is drawn in it may be of
 * any colour. Both are checks beside a network that finds overlays, not in its place: they are sure
 * where they find something, and miss insets that show pictures.
 */
#ifndef GISD_IMAGE_PAINTED_H
#define GISD_IMAGE_PAINTED_H

#include "image/bright_field.h"
#include "image/image.h"

enum { PAINTED_MOST = 8 };

typedef struct {
    size_t count;
    size_t beside; /* the last ones: what stands out from the others of a black square in a corner,
                      all of it part of the black surround (black_surround.h) */
    PixelBox boxes[PAINTED_MOST];
} Painted;

/* The squares of an RGB image. */
Status painted_find(const Image *image, Painted *painted);

#endif
