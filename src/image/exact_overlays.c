/* See exact_overlays.h. */
#include "image/exact_overlays.h"

static OverlayBox overlay_of(OverlayKind kind, const PixelBox *box)
{
    return (OverlayBox){
        .kind = kind,
        .box = {(float)box->x0, (float)box->y0, (float)box->x1, (float)box->y1},
        .score = 1,
    };
}

static void add(OverlayKind kind, const PixelBox *box, ExactOverlays *exact)
{
    exact->overlays[exact->count++] = overlay_of(kind, box);
}

Status exact_overlays_find(const Image *image, uint8_t *surround, ExactOverlays *exact)
{
    PixelBox borders[BLACK_SURROUND_BOXES];
    Painted painted;
    TRY(black_surround_find(image, surround));
    TRY(painted_find(image, &painted));
    *exact = (ExactOverlays){.in_surround = painted.beside};
    const size_t border_count =
        black_surround_boxes(surround, image->width, image->height, borders);
    for (size_t i = 0; i < border_count; ++i)
        add(OVERLAY_BORDER, &borders[i], exact);
    for (size_t i = 0; i < painted.count; ++i)
        add(OVERLAY_TUBE, &painted.boxes[i], exact);
    return STATUS_OK;
}
