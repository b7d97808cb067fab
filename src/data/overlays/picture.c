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

void overlay_hide(OverlayPicture *picture, size_t x, size_t y)
{
    picture->ink.pixels[y * picture->image.width + x] = 0;
}

/* The extent of the ink that is seen in a box; empty if there is none. */
static Box seen_of(const OverlayPicture *picture, const Box *box)
{
    Box seen = {box->x1, box->y1, box->x0, box->y0};
    for (float y = box->y0; y < box->y1; ++y)
        for (float x = box->x0; x < box->x1; ++x)
            if (picture->ink.pixels[(size_t)y * picture->image.width + (size_t)x])
                seen = (Box){fminf(seen.x0, x), fminf(seen.y0, y), fmaxf(seen.x1, x + 1),
                             fmaxf(seen.y1, y + 1)};
    return seen;
}

/* Letters that lie below a surround or an inset have the box of what is seen of them. */
static void cut_letters(OverlayPicture *picture)
{
    const size_t count = picture->count;
    picture->count = 0;
    for (size_t i = 0; i < count; ++i) {
        const OverlayBox item = picture->boxes[i];
        const bool written = item.kind == OVERLAY_TEXT || item.kind == OVERLAY_DIGITS;
        overlay_add(picture, item.kind, written ? seen_of(picture, &item.box) : item.box);
    }
}

static Status draw_parts(RandomStream *stream, OverlayPicture *picture)
{
    const uint32_t surround = random_below(stream, 10), inset = random_below(stream, 10);
    const bool lines = random_below(stream, 10)<8, below = random_below(stream, 3)> 0;
    if (lines && below)
        TRY(overlay_lines(stream, picture));
    if (surround < 7)
        TRY(overlay_surround(stream, picture));
    if (inset < 5)
        TRY(overlay_inset(stream, picture));
    if (lines && !below)
        TRY(overlay_lines(stream, picture));
    cut_letters(picture);
    return STATUS_OK;
}

Status overlay_picture_draw(RandomStream *stream, OverlayPicture *picture)
{
    picture->count = 0;
    if (random_below(stream, 10) == 0)
        return STATUS_OK;
    TRY(image_init(&picture->ink, picture->image.width, picture->image.height, 1));
    const Status status = draw_parts(stream, picture);
    image_clear(&picture->ink);
    return status;
}
