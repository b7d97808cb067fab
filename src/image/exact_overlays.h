/* All overlays of a frame that its exact pixels tell: the black surround, painted squares and
 * insets of one colour (black_surround.h, painted.h). Text and pictures in pictures are for a
 * network. */
#ifndef GISD_IMAGE_EXACT_OVERLAYS_H
#define GISD_IMAGE_EXACT_OVERLAYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "image/black_surround.h"
#include "image/image.h"
#include "image/overlay_box.h"
#include "image/painted.h"

enum { EXACT_OVERLAYS_MOST = BLACK_SURROUND_BOXES + PAINTED_MOST };

typedef struct {
    size_t count;
    size_t in_surround; /* the last ones: squares of which the surround has every pixel */
    OverlayBox overlays[EXACT_OVERLAYS_MOST];
} ExactOverlays;

/* The overlays of an RGB image, each with score 1. `surround` (height x width, any content) becomes
 * 1 on the black surround, 0 elsewhere. */
Status exact_overlays_find(const Image *image, uint8_t *surround, ExactOverlays *exact);

#endif
