/* Connected regions of a mask. */
#ifndef GISD_IMAGE_REGIONS_H
#define GISD_IMAGE_REGIONS_H

#include <stddef.h>
#include <stdint.h>

#include "image/box.h"
#include "image/image.h"

typedef struct {
    size_t area; /* pixels */
    Box box;     /* the smallest that holds them, half-open */
} Region;

/* The regions of pixels >= threshold (at least 1) of a one-channel image that touch at sides or
 * corners, in the order in which a scan by rows meets them. *regions (*count of them) is released
 * with free(). labels, unless NULL, receives height x width numbers: 0 outside, else 1 + the
 * region's index. */
Status regions_find(const Image *mask, uint8_t threshold, Region **regions, size_t *count,
                    uint32_t *labels /* height x width, or NULL */);

#endif
