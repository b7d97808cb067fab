/* Which overlays a picture has. See overlays.h. */
#include <math.h>

#include "data/overlays/overlays.h"

OverlaySettings overlays_defaults(void)
{
    return (OverlaySettings){.images = 1000, .seed = 1, .width = 480, .height = 400};
}

void overlay_picture_clear(OverlayPicture *picture)
{
    image_clear(&picture->image);
    picture->count = 0;
}

void overlay_add(OverlayPicture *picture, OverlayKind kind, Box box)
{
    box.x0 = fmaxf(box.x0, 0);
    box.y0 = fmaxf(box.y0, 0);
    box.x1 = fminf(box.x1, (float)picture->image.width);
    box.y1 = fminf(box.y1, (float)picture->image.height);
    if (picture->count < OVERLAYS_MOST && box.x1 - box.x0 >= 3 && box.y1 - box.y0 >= 3)
        picture->boxes[picture->count++] = (OverlayBox){.kind = kind, .box = box, .score = 1};
}

Status overlay_picture_draw(RandomStream *stream, OverlayPicture *picture)
{
    picture->count = 0;
    if (random_below(stream, 10) == 0)
        return STATUS_OK;
    const uint32_t surround = random_below(stream, 10), inset = random_below(stream, 10);
    const uint32_t lines = random_below(stream, 10);
    if (surround < 7)
        TRY(overlay_surround(stream, picture));
    if (inset < 5)
        TRY(overlay_inset(stream, picture));
    if (lines < 8)
        TRY(overlay_lines(stream, picture));
    return STATUS_OK;
}
