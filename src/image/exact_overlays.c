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

Status exact_overlays_find(const Image *image, uint8_t *surround,
                           OverlayBox overlays[EXACT_OVERLAYS_MOST], size_t *count)
{
    PixelBox borders[BLACK_SURROUND_BOXES], squares[PAINTED_MOST];
    size_t square_count;
    *count = 0;
    TRY(black_surround_find(image, surround));
    TRY(painted_find(image, squares, &square_count));
    const size_t border_count =
        black_surround_boxes(surround, image->width, image->height, borders);
    for (size_t i = 0; i < border_count; ++i)
        overlays[(*count)++] = overlay_of(OVERLAY_BORDER, &borders[i]);
    for (size_t i = 0; i < square_count; ++i)
        overlays[(*count)++] = overlay_of(OVERLAY_TUBE, &squares[i]);
    return STATUS_OK;
}
