/* The part of an endoscope's frame that shows something: what is left without the black surround.
 *
 * A row or column of pixels belongs to the field where at least a quarter of it is not dark, so
 * text and symbols beside the picture do not; the field is the longest run of such columns by the
 * longest run of such rows.
 */
#ifndef GISD_IMAGE_BRIGHT_FIELD_H
#define GISD_IMAGE_BRIGHT_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "image/box.h"
#include "image/image.h"

enum { BRIGHT_FIELD_LEAST = 32 }; /* a pixel whose largest channel is below is dark */

/* Two views of a picture that everything about its light is computed from. */
typedef struct {
    size_t width, height;
    uint8_t *luma; /* height x width: (77 R + 150 G + 29 B) / 256; owned, peak is part of it */
    uint8_t *peak; /* height x width: the largest of R, G and B */
} LightPlanes;

/* Computes the planes of an RGB image; light_planes_clear() releases them. */
Status light_planes_init(const Image *image, LightPlanes *planes);
void light_planes_clear(LightPlanes *planes);

/* The bright field; the whole frame where less than a quarter of its width or height is bright. */
Status bright_field_find(const LightPlanes *planes, PixelBox *field);

#endif
