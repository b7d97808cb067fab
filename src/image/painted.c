/* See painted.h. */
#include "image/painted.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "image/corner_square.h"
#include "image/regions.h"
#include "image/surround.h"

enum { CHANNELS = 3, BLACK_MOST = 24, RIPPLE = 6, HUE_MARGIN = 16, JPEG_BLOCK = 8 };

static bool is_black(const Image *image, size_t x, size_t y)
{
    const uint8_t *pixel = image->pixels + CHANNELS * (y * image->width + x);
    return pixel[0] <= BLACK_MOST && pixel[1] <= BLACK_MOST && pixel[2] <= BLACK_MOST;
}

/* Whether 49 of 50 pixels of a row or column between first and end are black. */
static bool row_is_black(const Image *image, size_t y, size_t first, size_t end)
{
    size_t black = 0;
    for (size_t x = first; x < end; ++x)
        black += is_black(image, x, y);
    return 50 * black >= 49 * (end - first);
}

static bool column_is_black(const Image *image, size_t x, size_t first, size_t end)
{
    size_t black = 0;
    for (size_t y = first; y < end; ++y)
        black += is_black(image, x, y);
    return 50 * black >= 49 * (end - first);
}

/* Moves the sides of a rectangle of whole cells outwards to the last black line; a cell is a 64th
 * of the frame, so no side lies further away, but for the black surround behind it; those of a
 * square in a corner are nearer. */
static void grow(const Image *image, PixelBox *box)
{
    const size_t reach_x = image->width / 64 + 1, reach_y = image->height / 64 + 1;
    for (size_t i = 0; i < reach_x && box->x0 > 0; ++i)
        box->x0 -= column_is_black(image, box->x0 - 1, box->y0, box->y1);
    for (size_t i = 0; i < reach_x && box->x1 < image->width; ++i)
        box->x1 += column_is_black(image, box->x1, box->y0, box->y1);
    for (size_t i = 0; i < reach_y && box->y0 > 0; ++i)
        box->y0 -= row_is_black(image, box->y0 - 1, box->x0, box->x1);
    for (size_t i = 0; i < reach_y && box->y1 < image->height; ++i)
        box->y1 += row_is_black(image, box->y1, box->x0, box->x1);
}

/* What is left of a rectangle without JPEG's blocks along its sides, which may ripple. */
static PixelBox without_ripples(const PixelBox *box)
{
    if (box->x1 - box->x0 < 4 * JPEG_BLOCK || box->y1 - box->y0 < 4 * JPEG_BLOCK)
        return *box;
    return (PixelBox){box->x0 + JPEG_BLOCK, box->y0 + JPEG_BLOCK, box->x1 - JPEG_BLOCK,
                      box->y1 - JPEG_BLOCK};
}

/* Whether 99 of 100 pixels lie within RIPPLE of the rectangle's mean. */
static bool is_constant(const Image *image, const PixelBox *box)
{
    double mean[CHANNELS] = {0};
    const size_t count = (box->x1 - box->x0) * (box->y1 - box->y0);
    size_t near = 0;
    for (size_t y = box->y0; y < box->y1; ++y)
        for (size_t x = box->x0; x < box->x1; ++x)
            for (size_t c = 0; c < CHANNELS; ++c)
                mean[c] += image->pixels[CHANNELS * (y * image->width + x) + c];
    for (size_t c = 0; c < CHANNELS; ++c)
        mean[c] /= (double)count;
    for (size_t y = box->y0; y < box->y1; ++y)
        for (size_t x = box->x0; x < box->x1; ++x) {
            bool all = true;
            for (size_t c = 0; c < CHANNELS; ++c) {
                const double value = image->pixels[CHANNELS * (y * image->width + x) + c];
                all &= value - mean[c] <= RIPPLE && mean[c] - value <= RIPPLE;
            }
            near += all;
        }
    return 100 * near >= 99 * count;
}

/* Whether a square is of one colour. */
static bool is_black_square(const Image *image, const PixelBox *box)
{
    const PixelBox inner = without_ripples(box);
    return is_constant(image, &inner);
}

static void add_square(const Image *image, const Surround *surround, Painted *painted)
{
    PixelBox *box = &painted->boxes[painted->count];
    *box = surround->square;
    if (!surround->has_square)
        return;
    painted->count +=
        is_black_square(image, box); /* what it grows by may have the edge's ripples */
    grow(image, box);
}

static bool meet(const PixelBox *a, const PixelBox *b)
{
    return a->x0 < b->x1 && a->x1 > b->x0 && a->y0 < b->y1 && a->y1 > b->y0;
}

/* Those in corners that are not the square that was found already, nor part of it or around it. */
static void add_corners(const Image *image, const CornerSquares *corners, Painted *painted)
{
    const size_t before = painted->count;
    for (size_t i = 0; i < corners->count && painted->count < PAINTED_MOST; ++i) {
        PixelBox box = corners->boxes[i];
        if (corners->is_second[i] || (before > 0 && meet(&painted->boxes[0], &box)) ||
            !is_black_square(image, &box))
            continue;
        grow(image, &box);
        painted->boxes[painted->count++] = box;
    }
}

/* Cuts off a rectangle in a corner of the frame what another one covers of it, and what lies behind
 * that towards the frame's edge; false if no rectangle of some size is left. */
static bool cut_off(const Image *image, const PixelBox *other, size_t least, PixelBox *box)
{
    if (!meet(other, box))
        return true;
    const bool left = box->x0 == 0 || other->x0 <= box->x0;
    const bool right = box->x1 == image->width || other->x1 >= box->x1;
    const bool above = box->y0 == 0 || other->y0 <= box->y0;
    const bool below = box->y1 == image->height || other->y1 >= box->y1;
    if (above && below && left != right) {
        box->x0 = left ? other->x1 : box->x0;
        box->x1 = left ? box->x1 : other->x0;
    } else if (left && right && above != below) {
        box->y0 = above ? other->y1 : box->y0;
        box->y1 = above ? box->y1 : other->y0;
    } else {
        return false;
    }
    return box->x1 >= box->x0 + least && box->y1 >= box->y0 + least;
}

/* Those in corners, as far as they stand out from the squares that were found already. */
static void add_beside(const Image *image, const CornerSquares *corners, Painted *painted)
{
    const size_t least = (image->width < image->height ? image->width : image->height) / 20;
    for (size_t i = 0; i < corners->count && painted->count < PAINTED_MOST; ++i) {
        PixelBox box = corners->boxes[i];
        bool left = is_black_square(image, &box);
        grow(image, &box);
        for (size_t k = 0; k < painted->count && left; ++k)
            left = cut_off(image, &painted->boxes[k], least, &box);
        if (left) {
            painted->boxes[painted->count++] = box;
            ++painted->beside;
        }
    }
}

static Status find_black(const Image *image, CornerSquares *corners, Painted *painted)
{
    LightPlanes planes;
    PixelBox field;
    Surround surround = {0};
    TRY(light_planes_init(image, &planes));
    Status status = bright_field_find(&planes, &field);
    if (status == STATUS_OK)
        status = surround_find(&planes, &field, &surround);
    if (status == STATUS_OK)
        status = corner_squares_find(&planes, corners);
    light_planes_clear(&planes);
    TRY(status);
    add_square(image, &surround, painted);
    add_corners(image, corners, painted);
    return STATUS_OK;
}

/* Of pixels that are more green or blue than red. */
static void find_hues(const Image *image, Image *hues)
{
    for (size_t i = 0; i < image->width * image->height; ++i) {
        const uint8_t *pixel = image->pixels + CHANNELS * i;
        const int most = pixel[1] > pixel[2] ? pixel[1] : pixel[2];
        hues->pixels[i] = most >= pixel[0] + HUE_MARGIN ? 255 : 0;
    }
}

/* A region that fills nine tenths of its box, of at least 1 % of the frame and a tenth of its
 * width and height. */
static bool is_inset(const Image *image, const Region *region)
{
    const double width = (double)region->box.x1 - (double)region->box.x0;
    const double height = (double)region->box.y1 - (double)region->box.y0;
    return 10 * width >= (double)image->width && 10 * height >= (double)image->height &&
           width * height * 100 >= (double)image->width * (double)image->height &&
           10 * (double)region->area >= 9 * width * height;
}

static Status find_coloured(const Image *image, Painted *painted)
{
    Image hues;
    Region *regions = NULL;
    size_t found = 0;
    TRY(image_init(&hues, image->width, image->height, 1));
    find_hues(image, &hues);
    const Status status = regions_find(&hues, 128, &regions, &found, NULL);
    for (size_t i = 0; status == STATUS_OK && i < found && painted->count < PAINTED_MOST; ++i)
        if (is_inset(image, &regions[i]))
            painted->boxes[painted->count++] =
                (PixelBox){(size_t)regions[i].box.x0, (size_t)regions[i].box.y0,
                           (size_t)regions[i].box.x1, (size_t)regions[i].box.y1};
    free(regions);
    image_clear(&hues);
    return status;
}

Status painted_find(const Image *image, Painted *painted)
{
    CornerSquares corners;
    *painted = (Painted){0};
    TRY(find_black(image, &corners, painted));
    TRY(find_coloured(image, painted));
    add_beside(image, &corners, painted);
    return STATUS_OK;
}
