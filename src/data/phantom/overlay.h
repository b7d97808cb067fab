/* What the video processor burns into a picture: dates and times, words, the inset that shows the
 * scope's tube, and the black border of the octagonal field of view.
 */
#ifndef GISD_DATA_PHANTOM_OVERLAY_H
#define GISD_DATA_PHANTOM_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"
#include "base/status.h"
#include "image/box.h"
#include "image/image.h"
#include "image/overlay_box.h"

enum { OVERLAY_MOST = 16, OVERLAY_TEXT_BYTES = 32 };

typedef struct {
    OverlayKind kind;
    Box box;                       /* of its pixels; a border has one for each black corner */
    char text[OVERLAY_TEXT_BYTES]; /* of text and digits */
} Overlay;

typedef struct {
    size_t count;
    Overlay items[OVERLAY_MOST];
    float cut,
        round;    /* side of the octagon's cut corners and their softness, pixels; 0: no border */
    float letter; /* height of a capital, pixels */
    bool yellow;  /* letters */
} OverlayPlan;

/* Draws which overlays an image of that size has, where; at least one. */
Status overlay_draw(RandomStream *stream, size_t width, size_t height, OverlayPlan *plan);

/* Sets `blocked` (one channel, allocated here) to 255 where border or tube hide the wall. */
Status overlay_block(const OverlayPlan *plan, size_t width, size_t height, Image *blocked);

/* Burns the overlays into an RGB picture. */
Status overlay_burn(const OverlayPlan *plan, const Image *blocked, Image *image);

#endif
