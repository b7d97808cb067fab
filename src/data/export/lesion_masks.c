/* Parting a mask among boxes; see lesion_masks.h. */
#include "data/export/lesion_masks.h"

#include <stdlib.h>

#include "base/memory.h"
#include "image/regions.h"

/* The pixel's centre counts. */
static bool holds(const Box *box, size_t x, size_t y)
{
    float cx = (float)x + 0.5F, cy = (float)y + 0.5F;
    return cx >= box->x0 && cx < box->x1 && cy >= box->y0 && cy < box->y1;
}

/* counts[region * boxes + box]: pixels of the region in the box. */
static void count_pixels(const ExportImage *image, const uint32_t *labels, uint32_t *counts)
{
    for (size_t y = 0; y < image->height; ++y)
        for (size_t x = 0; x < image->width; ++x) {
            uint32_t label = labels[y * image->width + x];
            for (size_t box = 0; label && box < image->box_count; ++box)
                counts[(label - 1) * image->box_count + box] += holds(&image->boxes[box].box, x, y);
        }
}

static size_t choose_owner(const ExportImage *image, const uint32_t *counts)
{
    size_t best = 0;
    for (size_t box = 1; box < image->box_count; ++box)
        if (counts[box] > counts[best] ||
            (counts[box] == counts[best] &&
             box_area(&image->boxes[box].box) < box_area(&image->boxes[best].box)))
            best = box;
    return best;
}

/* The smallest box that holds the pixel, or `otherwise`. */
static size_t smallest_holder(const ExportImage *image, size_t x, size_t y, size_t otherwise)
{
    size_t best = SIZE_MAX;
    for (size_t box = 0; box < image->box_count; ++box)
        if (holds(&image->boxes[box].box, x, y) &&
            (best == SIZE_MAX ||
             box_area(&image->boxes[box].box) < box_area(&image->boxes[best].box)))
            best = box;
    return best == SIZE_MAX ? otherwise : best;
}

Status lesion_masks_part(const ExportImage *image, uint32_t *owners)
{
    Region *regions;
    size_t count, boxes = image->box_count;
    uint32_t *counts = NULL, *main_box = NULL;
    Status status;
    TRY(regions_find(&image->mask, 128, &regions, &count, owners));
    free(regions);
    TRY_GOTO(status, done, memory_new((void **)&counts, count, boxes * sizeof *counts));
    TRY_GOTO(status, done, MEMORY_NEW(&main_box, count));
    count_pixels(image, owners, counts);
    for (size_t region = 0; region < count; ++region)
        main_box[region] = (uint32_t)choose_owner(image, counts + region * boxes);
    for (size_t y = 0; y < image->height; ++y)
        for (size_t x = 0; x < image->width; ++x) {
            uint32_t *owner = &owners[y * image->width + x];
            if (*owner == 0)
                continue;
            size_t box = main_box[*owner - 1];
            if (!holds(&image->boxes[box].box, x, y))
                box = smallest_holder(image, x, y, box);
            *owner = 1 + (uint32_t)box;
        }
done:
    free(counts);
    free(main_box);
    return status;
}
