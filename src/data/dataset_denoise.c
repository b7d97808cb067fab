/* See dataset_denoise.h. */
#include "data/dataset_denoise.h"

#include <math.h>

#include "data/augment.h"
#include "data/denoise/denoise.h"
#include "image/crop.h"

static OverlaySummary summary_of(const DenoisedFrame *frame)
{
    const double width = (double)frame->image.width, height = (double)frame->image.height;
    OverlaySummary summary = {.boxes = (double)frame->surround_count};
    for (size_t i = 0; i < frame->surround_count; ++i) {
        const PixelBox *box = &frame->surround[i];
        const double across = (double)(box->x1 - box->x0) / width,
                     down = (double)(box->y1 - box->y0) / height;
        summary.area += across * down;
        summary.x += across * down * (double)(box->x0 + box->x1) / 2 / width;
        summary.y += across * down * (double)(box->y0 + box->y1) / 2 / height;
    }
    if (summary.area > 0) {
        summary.x /= summary.area;
        summary.y /= summary.area;
    }
    return summary;
}

/* A box of the whole image in the crop's pixels. */
static Box clip(const Box *box, const PixelBox *crop)
{
    const float x = (float)crop->x0, y = (float)crop->y0;
    const Box clipped = {fmaxf(box->x0 - x, 0), fmaxf(box->y0 - y, 0),
                         fminf(box->x1 - x, (float)(crop->x1 - crop->x0)),
                         fminf(box->y1 - y, (float)(crop->y1 - crop->y0))};
    if (box_is_empty(&clipped) ||
        box_area(&clipped) < augment_defaults().visible_least * box_area(box))
        return (Box){0};
    return clipped;
}

static Status move_annotation(const PixelBox *crop, Source *source)
{
    for (size_t i = 0; i < source->box_count; ++i)
        source->boxes[i] = clip(&source->boxes[i], crop);
    if (!source->mask.pixels)
        return STATUS_OK;
    Image mask;
    TRY(crop_cut(&source->mask, crop, &mask));
    image_clear(&source->mask);
    source->mask = mask;
    return STATUS_OK;
}

Status dataset_denoise(const Dataset *dataset, Source *source, Example *example)
{
    const DenoiseSettings settings = denoise_settings_of(dataset->denoise);
    DenoisedFrame frame;
    TRY(denoise_frame(&settings, &source->image, NULL, NULL, &frame));
    example->crop = frame.crop;
    example->surround = summary_of(&frame);
    image_clear(&source->image);
    source->image = frame.image;
    frame.image = (Image){0};
    denoised_frame_clear(&frame);
    return example->split == SPLIT_TRAIN ? move_annotation(&example->crop, source) : STATUS_OK;
}

Status dataset_drop_cut(const Manifest *manifest, const ManifestRow *row, Findings *findings,
                        Example *example)
{
    size_t count = 0;
    for (size_t i = 0; i < example->lesion_count; ++i)
        if (!box_is_empty(&example->lesions[i].box))
            example->lesions[count++] = example->lesions[i];
    const bool all = count == 0 && example->lesion_count > 0;
    example->lesion_count = count;
    return all ? findings_warn(findings, manifest->path, row->line, row->image,
                               "its lesion lies outside the crop of data.denoise, and is not "
                               "learnt from")
               : STATUS_OK;
}
