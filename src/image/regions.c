/* Connected components by one scan with union-find: each pixel takes the label of a neighbour
 * already seen (left, or the three above), joins those that differ, and a second scan replaces
 * labels by the rank of their root. Invariant: a label's parent is never larger than itself, so
 * roots are the labels met first and one ascending pass resolves all of them.
 */
#include "image/regions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static uint32_t root_of(uint32_t *parents, uint32_t label)
{
    while (parents[label] != label) {
        parents[label] = parents[parents[label]];
        label = parents[label];
    }
    return label;
}

static uint32_t join(uint32_t *parents, uint32_t a, uint32_t b)
{
    a = root_of(parents, a);
    b = root_of(parents, b);
    uint32_t least = a < b ? a : b;
    parents[a] = least;
    parents[b] = least;
    return least;
}

/* First scan; returns the number of labels used, parents[1..that]. */
static uint32_t scan(const Image *mask, uint8_t threshold, uint32_t *labels, uint32_t *parents)
{
    size_t width = mask->width;
    uint32_t used = 0;
    for (size_t y = 0; y < mask->height; ++y) {
        for (size_t x = 0; x < width; ++x) {
            uint32_t *here = labels + y * width + x;
            *here = 0;
            if (mask->pixels[y * width + x] < threshold)
                continue;
            uint32_t label = x > 0 ? here[-1] : 0;
            for (size_t column = x > 0 ? x - 1 : 0; y > 0 && column <= x + 1 && column < width;
                 ++column) {
                uint32_t above = labels[(y - 1) * width + column];
                if (above && label && above != label)
                    label = join(parents, above, label);
                else if (above)
                    label = above;
            }
            if (!label) {
                label = ++used;
                parents[label] = label;
            }
            *here = label;
        }
    }
    return used;
}

static void measure(const Image *mask, const uint32_t *labels, Region *regions)
{
    for (size_t y = 0; y < mask->height; ++y) {
        for (size_t x = 0; x < mask->width; ++x) {
            uint32_t label = labels[y * mask->width + x];
            if (!label)
                continue;
            Region *region = &regions[label - 1];
            float left = (float)x, top = (float)y;
            if (region->area++ == 0) {
                region->box = (Box){left, top, left + 1, top + 1};
                continue;
            }
            if (left < region->box.x0)
                region->box.x0 = left;
            if (left + 1 > region->box.x1)
                region->box.x1 = left + 1;
            region->box.y1 = top + 1;
        }
    }
}

Status regions_find(const Image *mask, uint8_t threshold, Region **regions, size_t *count,
                    uint32_t *labels)
{
    assert(mask->channels == 1 && threshold > 0);
    *regions = NULL;
    *count = 0;
    size_t pixels = mask->width * mask->height;
    if (pixels >= UINT32_MAX)
        FAIL(STATUS_ARGUMENT, "a mask of %zu x %zu pixels is too large", mask->width, mask->height);
    uint32_t *own_labels = NULL, *parents = NULL;
    Status status;
    if (!labels) {
        TRY_GOTO(status, done, MEMORY_NEW(&own_labels, pixels));
        labels = own_labels;
    }
    /* New labels are at least two pixels apart in x and in y. */
    TRY_GOTO(status, done,
             MEMORY_NEW(&parents, ((mask->width + 1) / 2) * ((mask->height + 1) / 2) + 1));
    uint32_t used = scan(mask, threshold, labels, parents), found = 0;
    for (uint32_t label = 1; label <= used; ++label) /* parents become ranks */
        parents[label] = parents[label] == label ? ++found : parents[parents[label]];
    for (size_t i = 0; i < pixels; ++i)
        labels[i] = parents[labels[i]];
    TRY_GOTO(status, done, MEMORY_NEW(regions, found));
    *count = found;
    measure(mask, labels, *regions);
done:
    free(own_labels);
    free(parents);
    return status;
}
