/* One mask of all lesions parted into one for each box. */
#ifndef GISD_DATA_EXPORT_LESION_MASKS_H
#define GISD_DATA_EXPORT_LESION_MASKS_H

#include <stdint.h>

#include "data/export/export.h"

/* For each pixel of the image's mask, in owners (height x width): 0 outside, else 1 + the index of
 * the box it belongs to. A connected region goes to the box that holds most of its pixels, the
 * smaller of two that hold as many; those of its pixels that lie outside of that box and within
 * others go to the smallest of these. At least one box. */
Status lesion_masks_part(const ExportImage *image, uint32_t *owners);

#endif
