/* See crop.h. For a pair of upper and lower edges the worth of a rectangle is a sum over columns,
 * so its best left edge and its best right edge do not depend on each other: each is found in one
 * pass from the core outwards. All pairs of edges are tried, the column sums growing by one row
 * from each to the next: (rows above the core) x (rows below it) x columns steps, one addition
 * each. Rows that are equal are only entered together: within a run of them the worth is linear in
 * the edge, so an end of the run is as good as any row inside.
 *
 * A square is as wide as its edges are apart, so it slides along the columns, its worth a
 * difference of two of their sums; every row is an edge of its own then, but pairs too close to
 * each other to reach the best worth so far are passed by.
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
    CropShape shape;
    int64_t *columns; /* width: worth of the columns between the present edges */
    int64_t *sums;    /* width: the same from the core's top on, as the upper edge alone has it */
    int64_t *before;  /* width + 1: worth of all columns before each, for squares */
} Search;

typedef struct {
    int64_t worth;
    int64_t aside; /* of a square: twice its distance from the core's middle, across and down */
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
        *best = (Best){.worth = worth, .box = box};
}

/* Twice the distance of the middle of [first, first + side) from that of [low, high). */
static int64_t aside(size_t first, size_t side, size_t low, size_t high)
{
    return llabs((int64_t)(2 * first + side) - (int64_t)(low + high));
}

/* The best square between the upper edge y0 and the lower y1. */
static void try_squares(const Search *search, size_t y0, size_t y1, Best *best)
{
    const PixelBox *core = &search->core;
    const size_t side = y1 - y0;
    if (side > search->width || (int64_t)(side * side) < best->worth)
        return;
    for (size_t x = 0; x < search->width; ++x)
        search->before[x + 1] = search->before[x] + search->columns[x];
    /* The square begins at the core's left edge or ends at its right one, or lies between. */
    const size_t ending = core->x1 > side ? core->x1 - side : 0;
    const size_t first = core->x0 < ending ? core->x0 : ending;
    const size_t rest = search->width - side, last = core->x0 > ending ? core->x0 : ending;
    const int64_t down = aside(y0, side, core->y0, core->y1);
    for (size_t x = first; x <= last && x <= rest; ++x) {
        const int64_t worth = search->before[x + side] - search->before[x];
        const int64_t away = down + aside(x, side, core->x0, core->x1);
        const size_t own = side * side, other = area(&best->box);
        if (worth > best->worth ||
            (worth == best->worth && (own > other || (own == other && away < best->aside))))
            *best = (Best){worth, away, {x, y0, x + side, y1}};
    }
}

static void try_pair(const Search *search, size_t y0, size_t y1, Best *best)
{
    if (search->shape == CROP_SQUARE)
        try_squares(search, y0, y1, best);
    else
        try_edges(search, y0, y1, best);
}

/* Whether the edge between the rows y and `other` is worth a try. */
static bool is_edge(const Search *search, size_t y, size_t other)
{
    return search->shape == CROP_SQUARE || rows_differ(search, y, other);
}

/* All lower edges below the core for one upper edge, whose column sums down to the core's end are
 * given. */
static void try_lower_edges(const Search *search, size_t y0, Best *best)
{
    const size_t height = search->height;
    memcpy(search->columns, search->sums, search->width * sizeof *search->sums);
    try_pair(search, y0, search->core.y1, best);
    for (size_t y = search->core.y1; y < height; ++y) {
        add_rows(search, y, y + 1, search->columns);
        if (y + 1 == height || is_edge(search, y, y + 1))
            try_pair(search, y0, y + 1, best);
    }
}

static void search_all(const Search *search, Best *best)
{
    const PixelBox *core = &search->core;
    add_rows(search, core->y0, core->y1, search->sums);
    try_lower_edges(search, core->y0, best);
    for (size_t y = core->y0; y-- > 0;) {
        add_rows(search, y, y + 1, search->sums);
        if (y == 0 || is_edge(search, y, y - 1))
            try_lower_edges(search, y, best);
    }
}

Status crop_find(size_t height, size_t width, const uint8_t *overlaid, size_t cost,
                 const PixelBox *core, CropShape shape, PixelBox *crop)
{
    Search search = {.height = height,
                     .width = width,
                     .overlaid = overlaid,
                     .cost = (int64_t)cost,
                     .core = *core,
                     .shape = shape};
    Best best = {.worth = INT64_MIN, .box = *core};
    TRY(MEMORY_NEW(&search.columns, 3 * width + 1));
    search.sums = search.columns + width;
    search.before = search.sums + width;
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
