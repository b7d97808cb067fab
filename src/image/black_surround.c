/* See black_surround.h. Pixels are taken in from the frame's edge on, a stack holding those whose
 * neighbours are still to be looked at. */
#include "image/black_surround.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    CHANNELS = 3,
    LEVELS = BLACK_SURROUND_MOST + 1,
    SLANT_MOST = 4, /* a slant's length along one side for its depth from it */
};

typedef struct {
    const Image *image;
    uint8_t *mask;
    int level[CHANNELS];
    uint32_t *stack; /* height x width; each pixel comes here once */
    size_t depth;
} Flood;

static bool is_dark(const uint8_t *pixel)
{
    return pixel[0] < LEVELS && pixel[1] < LEVELS && pixel[2] < LEVELS;
}

/* The i-th pixel of the frame's edge, of 2 (width + height). */
static size_t edge_pixel(const Image *image, size_t i)
{
    const size_t width = image->width, height = image->height;
    if (i < width)
        return i;
    if (i < 2 * width)
        return (height - 1) * width + (i - width);
    i -= 2 * width;
    return i < height ? i * width : (i - height) * width + width - 1;
}

static size_t edge_count(const Image *image)
{
    return 2 * (image->width + image->height);
}

/* The median of each channel over the dark pixels of the edge; false if hardly any is dark. */
static bool find_level(Flood *flood)
{
    const Image *image = flood->image;
    size_t counts[CHANNELS][LEVELS] = {{0}}, dark = 0;
    for (size_t i = 0; i < edge_count(image); ++i) {
        const uint8_t *pixel = image->pixels + CHANNELS * edge_pixel(image, i);
        for (size_t c = 0; c < CHANNELS && is_dark(pixel); ++c)
            ++counts[c][pixel[c]];
        dark += is_dark(pixel);
    }
    for (size_t c = 0; c < CHANNELS; ++c) {
        size_t below = 0;
        for (int level = 0; level < LEVELS && 2 * below <= dark; ++level) {
            below += counts[c][level];
            flood->level[c] = level;
        }
    }
    return 100 * dark >= edge_count(image);
}

static void take(Flood *flood, size_t at)
{
    const uint8_t *pixel = flood->image->pixels + CHANNELS * at;
    for (size_t c = 0; c < CHANNELS; ++c)
        if (abs(pixel[c] - flood->level[c]) > BLACK_SURROUND_RIPPLE)
            return;
    if (flood->mask[at])
        return;
    flood->mask[at] = 1;
    flood->stack[flood->depth++] = (uint32_t)at;
}

static void spread(Flood *flood)
{
    const size_t width = flood->image->width, height = flood->image->height;
    while (flood->depth > 0) {
        const size_t at = flood->stack[--flood->depth], x = at % width, y = at / width;
        if (x > 0)
            take(flood, at - 1);
        if (x + 1 < width)
            take(flood, at + 1);
        if (y > 0)
            take(flood, at - width);
        if (y + 1 < height)
            take(flood, at + width);
    }
}

Status black_surround_find(const Image *image, uint8_t *mask)
{
    Flood flood = {.image = image, .mask = mask};
    assert(image->channels == CHANNELS);
    memset(mask, 0, image->width * image->height);
    if (!find_level(&flood))
        return STATUS_OK;
    TRY(MEMORY_NEW(&flood.stack, image->width * image->height));
    for (size_t i = 0; i < edge_count(image); ++i) {
        take(&flood, edge_pixel(image, i));
        spread(&flood);
    }
    free(flood.stack);
    return STATUS_OK;
}

/* ---- rectangles ---- */

/* A line of pixels of the mask: `count` of them from `first` on, `step` apart. */
typedef struct {
    const uint8_t *first;
    ptrdiff_t step;
    size_t count;
} Line;

/* Nineteen of twenty pixels. */
static bool is_black(Line line)
{
    size_t black = 0;
    for (size_t i = 0; i < line.count; ++i)
        black += line.first[(ptrdiff_t)i * line.step];
    return line.count > 0 && 20 * black >= 19 * line.count;
}

/* How far the line is black; letters that stand there part it in no more than 4 pixels. */
static size_t black_run(Line line)
{
    size_t run = 0;
    for (size_t i = 0; i < line.count && i < run + 4; ++i)
        if (line.first[(ptrdiff_t)i * line.step])
            run = i + 1;
    return run;
}

typedef struct {
    const uint8_t *mask;
    size_t width;
    PixelBox inner; /* what is left of the frame without the bands */
} Layout;

static Line row_of(const Layout *layout, size_t y)
{
    const PixelBox *inner = &layout->inner;
    return (Line){layout->mask + y * layout->width + inner->x0, 1, inner->x1 - inner->x0};
}

static Line column_of(const Layout *layout, size_t x)
{
    const PixelBox *inner = &layout->inner;
    return (Line){layout->mask + inner->y0 * layout->width + x, (ptrdiff_t)layout->width,
                  inner->y1 - inner->y0};
}

static Line reversed(Line line)
{
    line.first += (ptrdiff_t)(line.count - 1) * line.step;
    line.step = -line.step;
    return line;
}

static void take_bands_off(Layout *layout)
{
    PixelBox *inner = &layout->inner;
    while (inner->x0 < inner->x1 && is_black(column_of(layout, inner->x0)))
        ++inner->x0;
    while (inner->x0 < inner->x1 && is_black(column_of(layout, inner->x1 - 1)))
        --inner->x1;
    while (inner->y0 < inner->y1 && is_black(row_of(layout, inner->y0)))
        ++inner->y0;
    while (inner->y0 < inner->y1 && is_black(row_of(layout, inner->y1 - 1)))
        --inner->y1;
}

static size_t at_most(size_t value, size_t most)
{
    return value < most ? value : most;
}

/* How far a corner is black along a side: `lines` are the side's own and one that lies a hundredth
 * of the frame further in. Where a slant ends both are black for much the same length; what is
 * thinner than that, such as the ragged end of a band or the sliver beside a round field, is no
 * part of the corner. */
static size_t corner_run(const Line lines[2], size_t apart)
{
    const size_t own = black_run(lines[0]), inside = black_run(lines[1]);
    return own > inside + SLANT_MOST * apart ? inside : own;
}

enum { CORNER_STEPS = 32 };

/* How far the corner is black from its side on, in CORNER_STEPS rows of its box, the outermost
 * first. */
static void corner_runs(const Layout *layout, const PixelBox *box, bool right, bool lower,
                        size_t runs[CORNER_STEPS])
{
    const size_t width = box->x1 - box->x0, height = box->y1 - box->y0;
    for (size_t i = 0; i < CORNER_STEPS; ++i) {
        const size_t depth = (2 * i + 1) * height / (2 * CORNER_STEPS);
        const size_t y = lower ? box->y1 - 1 - depth : box->y0 + depth;
        const Line row = {layout->mask + y * layout->width + box->x0, 1, width};
        runs[i] = black_run(right ? reversed(row) : row);
    }
}

/* Whether the triangle between the corner and the ends of `width` pixels and `steps` rows of the
 * runs is black: nine rows of ten. */
static bool is_black_triangle(const size_t runs[CORNER_STEPS], size_t width, size_t steps)
{
    size_t black = 0;
    for (size_t i = 0; i < steps; ++i) /* at the row's middle; two pixels for a soft edge */
        black += 2 * steps * (runs[i] + 2) >= (2 * (steps - i) - 1) * width;
    return 10 * black >= 9 * steps;
}

/* Width and steps of the largest black triangle. */
static void largest_triangle(const size_t runs[CORNER_STEPS], size_t *width, size_t *steps)
{
    const size_t whole = *width;
    *width = *steps = 0;
    for (size_t k = 1; k <= CORNER_STEPS; ++k)
        for (size_t j = 1; j <= CORNER_STEPS; ++j) {
            const size_t wide = k * whole / CORNER_STEPS;
            if (wide * j > *width * *steps && is_black_triangle(runs, wide, j)) {
                *width = wide;
                *steps = j;
            }
        }
}

/* The corner of the inner rectangle, where its first or last row meets its first or last column.
 * Where an inset interrupts a band, what is left of it makes one of these lines black far beyond
 * the corner. Black is at least half of the way to the corner's slant, be that straight or round;
 * where less is, the largest black triangle is the corner. */
static bool corner_box(const Layout *layout, bool right, bool lower, PixelBox *box)
{
    const PixelBox *inner = &layout->inner;
    const size_t wide = inner->x1 - inner->x0, high = inner->y1 - inner->y0;
    const size_t down = high / 100, across = wide / 100;
    Line rows[2] = {row_of(layout, lower ? inner->y1 - 1 : inner->y0),
                    row_of(layout, lower ? inner->y1 - 1 - down : inner->y0 + down)};
    Line columns[2] = {column_of(layout, right ? inner->x1 - 1 : inner->x0),
                       column_of(layout, right ? inner->x1 - 1 - across : inner->x0 + across)};
    for (int i = 0; i < 2; ++i) {
        rows[i] = right ? reversed(rows[i]) : rows[i];
        columns[i] = lower ? reversed(columns[i]) : columns[i];
    }
    size_t width = corner_run(rows, down), height = corner_run(columns, across);
    const bool beyond = width > wide / 2 || height > high / 2;
    width = at_most(width, wide / 2);
    height = at_most(height, high / 2);
    size_t runs[CORNER_STEPS];
    *box =
        (PixelBox){right ? inner->x1 - width : inner->x0, lower ? inner->y1 - height : inner->y0,
                   right ? inner->x1 : inner->x0 + width, lower ? inner->y1 : inner->y0 + height};
    if (50 * width < wide || 50 * height < high || width <= 2 || height <= 2)
        return false;
    corner_runs(layout, box, right, lower, runs);
    if (!beyond && is_black_triangle(runs, width / 2, CORNER_STEPS / 2))
        return true;
    size_t steps;
    largest_triangle(runs, &width, &steps);
    height = steps * height / CORNER_STEPS;
    box->x0 = right ? inner->x1 - width : inner->x0;
    box->x1 = box->x0 + width;
    box->y0 = lower ? inner->y1 - height : inner->y0;
    box->y1 = box->y0 + height;
    return 50 * width >= wide && 50 * height >= high;
}

size_t black_surround_boxes(const uint8_t *mask, size_t width, size_t height,
                            PixelBox boxes[BLACK_SURROUND_BOXES])
{
    Layout layout = {.mask = mask, .width = width, .inner = {0, 0, width, height}};
    size_t count = 0;
    take_bands_off(&layout);
    const PixelBox inner = layout.inner;
    if (inner.x0 >= inner.x1 || inner.y0 >= inner.y1) {
        boxes[0] = (PixelBox){0, 0, width, height};
        return 1;
    }
    const PixelBox bands[4] = {{0, 0, inner.x0, height},
                               {inner.x1, 0, width, height},
                               {inner.x0, 0, inner.x1, inner.y0},
                               {inner.x0, inner.y1, inner.x1, height}};
    for (size_t i = 0; i < 4; ++i)
        if (100 * (bands[i].x1 - bands[i].x0) >= width &&
            100 * (bands[i].y1 - bands[i].y0) >= height)
            boxes[count++] = bands[i];
    for (size_t i = 0; i < 4; ++i)
        count += corner_box(&layout, i % 2, i / 2, &boxes[count]);
    return count;
}
