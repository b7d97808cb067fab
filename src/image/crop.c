/* See crop.h. For a pair of upper and lower edges the worth of a rectangle is a sum over columns,
 * so its best left edge and its best right edge do not depend on each other: each is found in one
 * pass from the core outwards. All pairs of edges are tried, the column sums growing by one row
 * from each to the next: (rows above the core) x (rows below it) x columns steps, one addition
 * each. Rows that are equal are only entered together: within a run of them the worth is linear in
 * the edge, so an end of the run is as good as any row inside.
 */
#include "image/crop.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

typedef struct {
    size_t height, width;
    const uint8_t *overlaid;
    int64_t cost;
    PixelBox core;
    int64_t *columns; /* width: worth of the columns between the present edges */
    int64_t *sums;    /* width: the same from the core's top on, as the upper edge alone has it */
} Search;

typedef struct {
    int64_t worth;
    PixelBox box;
} Best;

VECTORISED static void add_row(size_t width, int64_t cost, const uint8_t *restrict row,
                               int64_t *restrict columns)
{
    for (size_t x = 0; x < width; ++x)
        columns[x] += row[x] ? -cost : 1;
}

static void add_rows(const Search *search, size_t first, size_t end, int64_t *columns)
{
    for (size_t y = first; y < end; ++y)
        add_row(search->width, search->cost, search->overlaid + y * search->width, columns);
}

static bool rows_differ(const Search *search, size_t y, size_t other)
{
    return memcmp(search->overlaid + y * search->width, search->overlaid + other * search->width,
                  search->width) != 0;
}

static size_t area(const PixelBox *box)
{
    return (box->x1 - box->x0) * (box->y1 - box->y0);
}

/* The best rectangle between the upper edge y0 and the lower y1. */
static void try_edges(const Search *search, size_t y0, size_t y1, Best *best)
{
    const PixelBox *core = &search->core;
    const int64_t *columns = search->columns;
    PixelBox box = {core->x0, y0, core->x1, y1};
    int64_t worth = 0, sum = 0, most = 0;
    for (size_t x = core->x0; x < core->x1; ++x)
        worth += columns[x];
    for (size_t x = core->x0; x-- > 0;) {
        sum += columns[x];
        if (sum >= most) {
            most = sum;
            box.x0 = x;
        }
    }
    worth += most;
    sum = most = 0;
    for (size_t x = core->x1; x < search->width; ++x) {
        sum += columns[x];
        if (sum >= most) {
            most = sum;
            box.x1 = x + 1;
        }
    }
    worth += most;
    if (worth > best->worth || (worth == best->worth && area(&box) > area(&best->box)))
        *best = (Best){worth, box};
}

/* All lower edges below the core for one upper edge, whose column sums down to the core's end are
 * given. */
static void try_lower_edges(const Search *search, size_t y0, Best *best)
{
    const size_t height = search->height;
    memcpy(search->columns, search->sums, search->width * sizeof *search->sums);
    try_edges(search, y0, search->core.y1, best);
    for (size_t y = search->core.y1; y < height; ++y) {
        add_rows(search, y, y + 1, search->columns);
        if (y + 1 == height || rows_differ(search, y, y + 1))
            try_edges(search, y0, y + 1, best);
    }
}

static void search_all(const Search *search, Best *best)
{
    const PixelBox *core = &search->core;
    add_rows(search, core->y0, core->y1, search->sums);
    try_lower_edges(search, core->y0, best);
    for (size_t y = core->y0; y-- > 0;) {
        add_rows(search, y, y + 1, search->sums);
        if (y == 0 || rows_differ(search, y, y - 1))
            try_lower_edges(search, y, best);
    }
}

Status crop_find(size_t height, size_t width, const uint8_t *overlaid, size_t cost,
                 const PixelBox *core, PixelBox *crop)
{
    Search search = {.height = height,
                     .width = width,
                     .overlaid = overlaid,
                     .cost = (int64_t)cost,
                     .core = *core};
    Best best = {.worth = INT64_MIN, .box = *core};
    TRY(MEMORY_NEW(&search.columns, 2 * width));
    search.sums = search.columns + width;
    search_all(&search, &best);
    free(search.columns);
    *crop = best.box;
    return STATUS_OK;
}

Status crop_cut(const Image *image, const PixelBox *crop, Image *part)
{
    const size_t width = crop->x1 - crop->x0, height = crop->y1 - crop->y0;
    TRY(image_init(part, width, height, image->channels));
    const size_t bytes = width * image->channels;
    for (size_t y = 0; y < height; ++y)
        memcpy(part->pixels + y * bytes,
               image->pixels + ((crop->y0 + y) * image->width + crop->x0) * image->channels, bytes);
    return STATUS_OK;
}
