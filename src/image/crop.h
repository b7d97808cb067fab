/* The part of a picture worth keeping: a rectangle that holds the core and as little as possible of
 * what was laid over the frame.
 *
 * Every pixel of the frame's own is worth 1, every overlaid one costs `cost` pixels. Of all
 * rectangles that hold the core the one with the largest sum is found, exactly; of equals the
 * largest. So an overlay is cut away wherever less than `cost` times its pixels of the frame goes
 * with it, and stays where it lies across the core.
 */
#ifndef GISD_IMAGE_CROP_H
#define GISD_IMAGE_CROP_H

#include <stdint.h>

#include "base/status.h"
#include "image/box.h"
#include "image/image.h"

enum { CROP_COST_MOST = 1000 };

/* What crops may look like. A rectangle's proportions follow from where overlays are, so they tell
 * of them still; squares have nothing to tell but their size. */
typedef enum { CROP_RECTANGLE, CROP_SQUARE } CropShape;

/* overlaid: height x width, other than 0 where something lies over the frame. The core lies in the
 * frame and is not empty; cost is 1 to CROP_COST_MOST. A square holds all rows of the core, and of
 * its columns as many as it is wide; of equals it is the one nearest to the core's middle. Where no
 * square is narrow enough for the frame the crop is the core. */
Status crop_find(size_t height, size_t width, const uint8_t *overlaid, size_t cost,
                 const PixelBox *core, CropShape shape, PixelBox *crop);

/* A copy of the part of an image; image_clear() releases it. */
Status crop_cut(const Image *image, const PixelBox *crop, Image *part);

#endif
