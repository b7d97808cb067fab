/* See truth.h. */
#include "data/phantom/truth.h"

#include <stdlib.h>
#include <string.h>

#include "image/regions.h"

/* Leaves only the largest region of the mask that is not hidden, and measures it. */
static Status finish_mask(Image *mask, const Image *blocked, Box *box)
{
    size_t pixels = mask->width * mask->height, count;
    for (size_t i = 0; blocked->pixels && i < pixels; ++i)
        if (blocked->pixels[i])
            mask->pixels[i] = 0;
    Image labels; /* holds uint32 numbers */
    TRY(image_init(&labels, 4 * mask->width, mask->height, 1));
    uint32_t *label = (uint32_t *)(void *)labels.pixels, largest = 0;
    Region *regions = NULL;
    Status status = regions_find(mask, 128, &regions, &count, label);
    if (status == STATUS_OK && count > 0) {
        for (uint32_t i = 1; i < count; ++i)
            if (regions[i].area > regions[largest].area)
                largest = i;
        *box = regions[largest].box;
        for (size_t i = 0; i < pixels; ++i)
            mask->pixels[i] = label[i] == largest + 1 ? 255 : 0;
    }
    free(regions);
    image_clear(&labels);
    return status;
}

Status truth_add_lesion(Scene *scene, const LesionShape *shape, const LesionPlace *place,
                        const Image *blocked, PhantomImage *result)
{
    size_t pixels = scene->width * scene->height, seen = 0;
    Image mask;
    TRY(image_init(&mask, scene->width, scene->height, 1));
    memset(scene->mask, 0, pixels);
    lesion_lay(scene, shape, place);
    memcpy(mask.pixels, scene->mask, pixels);
    Status status = finish_mask(&mask, blocked, &result->boxes[result->box_count]);
    for (size_t i = 0; status == STATUS_OK && i < pixels; ++i)
        if (mask.pixels[i]) {
            result->mask.pixels[i] = 255;
            ++seen;
        }
    image_clear(&mask);
    result->box_count += seen > 0;
    return status;
}

void truth_hide(Image *taken, const LesionPlace *place)
{
    float reach = 1.9f * place->long_axis;
    for (size_t y = 0; y < taken->height; ++y)
        for (size_t x = 0; x < taken->width; ++x) {
            float dx = (float)x - place->x, dy = (float)y - place->y;
            if (dx * dx + dy * dy < reach * reach)
                taken->pixels[y * taken->width + x] = 255;
        }
}
