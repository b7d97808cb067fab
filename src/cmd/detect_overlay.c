/* See detect_overlay.h. */
#include "cmd/detect_overlay.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "image/draw.h"

enum { TEXT_BYTES = 128 };
static const Colour mask_colour = {0, 255, 160}, text_colour = {255, 255, 255};
static const float mask_opacity = 0.18F; /* the lesion's own colour still shows */

Status overlay_mask(const GisdResult *result, Image *mask)
{
    TRY(image_init(mask, result->width, result->height, 1));
    for (size_t i = 0; i < result->width * result->height; ++i)
        mask->pixels[i] = result->mask[i] ? 255 : 0;
    return STATUS_OK;
}

static Status tint_mask(const GisdResult *result, Image *image)
{
    Image mask;
    TRY(overlay_mask(result, &mask));
    Status status = draw_mask(image, &mask, mask_colour, mask_opacity);
    image_clear(&mask);
    return status;
}

static Status draw_found(const GisdDetector *detector, const GisdResult *result,
                         const FoundRule *rule, Image *image)
{
    DrawBox boxes[FOUND_MOST];
    char tags[FOUND_MOST][TEXT_BYTES];
    Found found;
    const FoundRule merged = {rule->threshold, rule->share_of_best, false};
    TRY(found_init(&merged, result, &found));
    for (size_t i = 0; i < found.count; ++i) {
        const GisdBox *box = &result->boxes[found.boxes[found.count - 1 - i]];
        snprintf(tags[i], TEXT_BYTES, "%s %.2f", gisd_class_name(detector, box->class_index),
                 box->score);
        boxes[i] = (DrawBox){.box = {box->x0, box->y0, box->x1, box->y1},
                             .tag = tags[i],
                             .colour = draw_class_colour((size_t)box->class_index)};
    }
    Status status = draw_boxes(image, found.count, boxes);
    found_clear(&found);
    return status;
}

/* In the lower left corner, where endoscopes leave the frame black and tags of boxes seldom are. */
static Status draw_verdict(const GisdDetector *detector, const GisdResult *result, Image *image)
{
    char text[TEXT_BYTES];
    const float side = (float)(image->width < image->height ? image->width : image->height);
    float height = side / 28 > 8 ? side / 28 : 8, width = 0;
    snprintf(text, sizeof text, "%s: lesion score %.3f, threshold %.3f",
             gisd_class_name(detector, result->predicted_class), result->lesion_score,
             gisd_operating_point(detector));
    TRY(draw_text_width(height, text, &width));
    const float room = (float)image->width - 2 * height;
    if (width > room && room > 0)
        height *= room / width;
    return draw_text(image, height, (float)image->height - 2 * height, height, text_colour, text);
}

Status overlay_draw(const GisdDetector *detector, const GisdResult *result, const FoundRule *rule,
                    Image *image)
{
    if (result->predicted_class != GISD_NORMAL) {
        if (result->mask)
            TRY(tint_mask(result, image));
        TRY(draw_found(detector, result, rule, image));
    }
    return draw_verdict(detector, result, image);
}
