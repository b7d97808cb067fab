/* See surround.h. The frame is reduced to 64 x 64 cells, each with its brightest pixel; the largest
 * rectangle of black cells is found row by row from the runs of black cells above. */
#include "image/surround.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    CELLS = 64,
    BLACK_MOST = 24,   /* the brightest pixel of a painted-out cell; JPEG leaves ripples */
    BRIGHT_LEAST = 40, /* of a cell beside it */
    REMNANT_MOST = 3,  /* cells */
};

typedef struct {
    uint8_t peaks[CELLS][CELLS]; /* row x column */
    size_t x0, y0, x1, y1;       /* the cells that lie in the field, half-open */
} Grid;

static size_t cell_edge(size_t index, size_t pixels)
{
    return index * pixels / CELLS;
}

static void fill_grid(const LightPlanes *planes, const PixelBox *field, Grid *grid)
{
    memset(grid->peaks, 0, sizeof grid->peaks);
    for (size_t row = 0; row < CELLS; ++row)
        for (size_t y = cell_edge(row, planes->height); y < cell_edge(row + 1, planes->height); ++y)
            for (size_t column = 0; column < CELLS; ++column) {
                const uint8_t *peak = planes->peak + y * planes->width;
                uint8_t most = grid->peaks[row][column];
                for (size_t x = cell_edge(column, planes->width);
                     x < cell_edge(column + 1, planes->width); ++x)
                    most = peak[x] > most ? peak[x] : most;
                grid->peaks[row][column] = most;
            }
    grid->x0 = (field->x0 * CELLS + planes->width - 1) / planes->width;
    grid->y0 = (field->y0 * CELLS + planes->height - 1) / planes->height;
    grid->x1 = field->x1 * CELLS / planes->width;
    grid->y1 = field->y1 * CELLS / planes->height;
}

static size_t area(const PixelBox *box)
{
    return (box->x1 - box->x0) * (box->y1 - box->y0);
}

/* The largest rectangle of black cells in the field, in cells; empty if there is none. */
static PixelBox largest_black(const Grid *grid)
{
    PixelBox best = {0};
    size_t depth[CELLS] = {0}; /* black cells above and with the row, by column */
    for (size_t row = grid->y0; row < grid->y1; ++row) {
        for (size_t column = grid->x0; column < grid->x1; ++column)
            depth[column] = grid->peaks[row][column] <= BLACK_MOST ? depth[column] + 1 : 0;
        for (size_t left = grid->x0; left < grid->x1; ++left) {
            size_t least = depth[left];
            for (size_t right = left; right < grid->x1 && depth[right] > 0; ++right) {
                least = depth[right] < least ? depth[right] : least;
                const PixelBox box = {left, row + 1 - least, right + 1, row + 1};
                if (area(&box) > area(&best))
                    best = box;
            }
        }
    }
    return best;
}

typedef enum { SIDE_NEITHER, SIDE_OPEN, SIDE_EDGE } Side;

/* A side from within, looked at in the lines of cells that leave it at a right angle: `count` of
 * them `depth` cells long; the cell `i` of the line `k` is at first + i x out + k x along. */
typedef struct {
    const uint8_t *peaks; /* the grid's */
    ptrdiff_t first, out, along;
    size_t count, depth;
} Outlook;

/* How many cells from the side the line's first bright one is; `depth` if none is. */
static size_t to_bright(const Outlook *outlook, size_t line)
{
    const ptrdiff_t first = outlook->first + (ptrdiff_t)line * outlook->along;
    size_t i = 0;
    while (i < outlook->depth && outlook->peaks[first + (ptrdiff_t)i * outlook->out] < BRIGHT_LEAST)
        ++i;
    return i;
}

/* Something bright lies beside three fifths of an edge. Beside four fifths it is enough that it
 * lies there or at one and the same distance: the edge of a second square that overlaps this one.
 */
static bool is_edge(const Outlook *outlook)
{
    size_t at[CELLS + 1] = {0}, most = 0;
    for (size_t k = 0; k < outlook->count; ++k)
        ++at[to_bright(outlook, k)];
    const size_t beside = at[0] + at[1];
    for (size_t d = 2; d + 1 < outlook->depth; ++d)
        most = at[d] + at[d + 1] > most ? at[d] + at[d + 1] : most;
    return 5 * beside >= 3 * outlook->count ||
           (beside > 0 && 5 * (beside + most) >= 4 * outlook->count);
}

/* A remnant of what was painted over may stand between the square and the field's end. */
static Side side_of(const Outlook *outlook)
{
    size_t bright = 0;
    for (size_t k = 0; k < outlook->count; ++k)
        bright += to_bright(outlook, k) < outlook->depth;
    if (outlook->depth <= REMNANT_MOST || 5 * bright <= outlook->count)
        return SIDE_OPEN;
    return is_edge(outlook) ? SIDE_EDGE : SIDE_NEITHER;
}

/* The four sides; a cell that an edge crosses may be neither black nor bright, so two cells beside
 * it count. */
static void find_sides(const Grid *grid, const PixelBox *box, Side sides[4])
{
    const size_t width = box->x1 - box->x0, height = box->y1 - box->y0;
    const uint8_t *peaks = grid->peaks[0];
    const ptrdiff_t first = (ptrdiff_t)(box->y0 * CELLS + box->x0);
    const ptrdiff_t last = (ptrdiff_t)((box->y1 - 1) * CELLS + box->x1 - 1);
    const Outlook left = {peaks, first - 1, -1, CELLS, height, box->x0 - grid->x0};
    const Outlook right = {peaks, last + 1, 1, -CELLS, height, grid->x1 - box->x1};
    const Outlook above = {peaks, first - CELLS, -CELLS, 1, width, box->y0 - grid->y0};
    const Outlook below = {peaks, last + CELLS, CELLS, -1, width, grid->y1 - box->y1};
    sides[0] = side_of(&left);
    sides[1] = side_of(&right);
    sides[2] = side_of(&above);
    sides[3] = side_of(&below);
}

/* Whether a rectangle of black cells has a square's size and edges. */
static bool is_square(const Grid *grid, const PixelBox *box)
{
    size_t width = box->x1 - box->x0, height = box->y1 - box->y0;
    size_t field_width = grid->x1 - grid->x0, field_height = grid->y1 - grid->y0;
    if (8 * width < field_width || 8 * height < field_height ||
        50 * area(box) < field_width * field_height)
        return false;
    Side sides[4];
    int edges = 0;
    find_sides(grid, box, sides);
    for (int side = 0; side < 4; ++side) {
        if (sides[side] == SIDE_NEITHER)
            return false;
        edges += sides[side] == SIDE_EDGE;
    }
    return edges >= 2;
}

static double dark_border(const LightPlanes *planes)
{
    size_t width = planes->width, height = planes->height, dark = 0;
    const uint8_t *first = planes->peak, *last = first + (height - 1) * width;
    for (size_t x = 0; x < width; ++x) {
        dark += first[x] < BRIGHT_FIELD_LEAST;
        dark += last[x] < BRIGHT_FIELD_LEAST;
    }
    for (size_t y = 0; y < height; ++y) {
        dark += first[y * width] < BRIGHT_FIELD_LEAST;
        dark += first[y * width + width - 1] < BRIGHT_FIELD_LEAST;
    }
    return (double)dark / (double)(2 * (width + height));
}

Status surround_find(const LightPlanes *planes, const PixelBox *field, Surround *surround)
{
    Grid *grid;
    *surround = (Surround){.dark_border = dark_border(planes)};
    if (planes->width < CELLS || planes->height < CELLS)
        return STATUS_OK;
    TRY(MEMORY_NEW(&grid, 1));
    fill_grid(planes, field, grid);
    const PixelBox cells = largest_black(grid);
    surround->has_square = is_square(grid, &cells);
    if (surround->has_square)
        surround->square =
            (PixelBox){cell_edge(cells.x0, planes->width), cell_edge(cells.y0, planes->height),
                       cell_edge(cells.x1, planes->width), cell_edge(cells.y1, planes->height)};
    free(grid);
    return STATUS_OK;
}
