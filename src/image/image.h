/* An 8-bit picture in memory. */
#ifndef GISD_IMAGE_IMAGE_H
#define GISD_IMAGE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* channels is 1 (grey, masks) or 3 (RGB). pixels is height x width x channels, owned. */
typedef struct {
    size_t width, height, channels;
    uint8_t *pixels;
} Image;

/* Allocates a black image; image_clear() releases it and zeroes the struct. */
Status image_init(Image *image, size_t width, size_t height, size_t channels);
void image_clear(Image *image);

#endif
