/* See facts.h. */
#include "data/page/facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { SET_FROM = 128 };

static size_t count_set(const uint8_t *mask, size_t count)
{
    size_t set = 0;
    for (size_t i = 0; i < count; ++i)
        set += mask[i] >= SET_FROM;
    return set;
}

/* The pixels whose centres lie in a box. */
static PixelBox pixels_of(const Image *mask, const Box *box)
{
    const float limits[4] = {(float)mask->width, (float)mask->height, (float)mask->width,
                             (float)mask->height};
    const float sides[4] = {box->x0, box->y0, box->x1, box->y1};
    size_t rounded[4];
    for (int i = 0; i < 4; ++i)
        rounded[i] = (size_t)fminf(fmaxf(ceilf(sides[i] - 0.5f), 0), limits[i]);
    return (PixelBox){rounded[0], rounded[1], rounded[2], rounded[3]};
}

/* The share of `box` that the smallest box about its set pixels fills; marks them in `seen`. */
static double fill_of(const Image *mask, const PixelBox *box, uint8_t *seen)
{
    PixelBox tight = {box->x1, box->y1, box->x0, box->y0};
    for (size_t y = box->y0; y < box->y1; ++y)
        for (size_t x = box->x0; x < box->x1; ++x) {
            if (mask->pixels[y * mask->width + x] < SET_FROM)
                continue;
            seen[y * mask->width + x] = 255;
            tight.x0 = x < tight.x0 ? x : tight.x0;
            tight.x1 = x + 1 > tight.x1 ? x + 1 : tight.x1;
            tight.y0 = y < tight.y0 ? y : tight.y0;
            tight.y1 = y + 1;
        }
    double area = (double)((box->x1 - box->x0) * (box->y1 - box->y0));
    if (tight.x0 >= tight.x1 || area == 0)
        return 0;
    return (double)((tight.x1 - tight.x0) * (tight.y1 - tight.y0)) / area;
}

double facts_overlap(const Image *mask, size_t box_count, const Box *boxes)
{
    size_t pixels = mask->width * mask->height;
    size_t set = mask->pixels ? count_set(mask->pixels, pixels) : 0;
    uint8_t *seen;
    if (box_count == 0 || set == 0 || MEMORY_NEW(&seen, pixels) != STATUS_OK)
        return (double)NAN;
    double least = 1;
    for (size_t i = 0; i < box_count; ++i) {
        const PixelBox box = pixels_of(mask, &boxes[i]);
        least = fmin(least, fill_of(mask, &box, seen));
    }
    least = fmin(least, (double)count_set(seen, pixels) / (double)set);
    free(seen);
    return least;
}

static double mean_luma(const LightPlanes *planes, const PixelBox *field)
{
    uint64_t sum = 0;
    for (size_t y = field->y0; y < field->y1; ++y)
        for (size_t x = field->x0; x < field->x1; ++x)
            sum += planes->luma[y * planes->width + x];
    return (double)sum / (double)((field->x1 - field->x0) * (field->y1 - field->y0));
}

Status facts_take(const Image *image, const Image *mask, size_t box_count, const Box *boxes,
                  PictureFacts *facts)
{
    LightPlanes planes;
    PixelBox field;
    TRY(light_planes_init(image, &planes));
    *facts = (PictureFacts){.known = true,
                            .width = (uint32_t)image->width,
                            .height = (uint32_t)image->height,
                            .box_count = box_count,
                            .mask_share = (double)NAN,
                            .overlap = facts_overlap(mask, box_count, boxes)};
    if (mask->pixels)
        facts->mask_share = (double)count_set(mask->pixels, mask->width * mask->height) /
                            (double)(mask->width * mask->height);
    Status status = bright_field_find(&planes, &field);
    if (status == STATUS_OK) {
        facts->brightness = mean_luma(&planes, &field);
        status = surround_find(&planes, &field, &facts->surround);
    }
    light_planes_clear(&planes);
    return status;
}
