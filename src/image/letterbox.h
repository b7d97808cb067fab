/* Where a picture lies in the square that a network sees: stretched over all of it, or fitted into
 * it with its own proportions, centred, and grey beside it. */
#ifndef GISD_IMAGE_LETTERBOX_H
#define GISD_IMAGE_LETTERBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "image/box.h"

enum { LETTERBOX_GREY = 127 }; /* of the pixels beside the picture */

/* The picture's place, in fractions of the square. */
typedef struct {
    float x0, y0, width, height;
} Letterbox;

static inline Letterbox letterbox_of(bool fitted, size_t width, size_t height)
{
    if (!fitted)
        return (Letterbox){0, 0, 1, 1};
    float longest = (float)(width > height ? width : height);
    Letterbox place = {.width = (float)width / longest, .height = (float)height / longest};
    place.x0 = (1 - place.width) / 2;
    place.y0 = (1 - place.height) / 2;
    return place;
}

/* A box in fractions of the picture, in fractions of the square; and back. */
static inline Box letterbox_in(const Letterbox *place, const Box *box)
{
    return (Box){place->x0 + place->width * box->x0, place->y0 + place->height * box->y0,
                 place->x0 + place->width * box->x1, place->y0 + place->height * box->y1};
}

static inline float letterbox_clamp(float fraction)
{
    return fraction < 0 ? 0 : fraction > 1 ? 1 : fraction;
}

static inline Box letterbox_out(const Letterbox *place, const Box *box)
{
    return (Box){letterbox_clamp((box->x0 - place->x0) / place->width),
                 letterbox_clamp((box->y0 - place->y0) / place->height),
                 letterbox_clamp((box->x1 - place->x0) / place->width),
                 letterbox_clamp((box->y1 - place->y0) / place->height)};
}

#endif
