/* See corner_square.h. Each corner is looked at as if it were the upper left one: `across` runs
 * from the corner along the frame's width, `down` along its height. Of every pixel in the corner's
 * quarter and a bit more it is counted how many before it in its row, and in its column, are edges
 * and how many are black, so a place where two edges may meet is judged by a few differences. */
#include "image/corner_square.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

enum {
    BLACK_MOST = 24,   /* as in surround.h */
    BRIGHT_LEAST = 32, /* of the picture beside an edge */
    BLUR = 2,          /* pixels either side of an edge that may be anything */
};

/* A quarter of the frame as seen from its corner, to three fifths of each side. */
typedef struct {
    const LightPlanes *planes;
    bool right, below;    /* which corner */
    size_t width, height; /* of what is looked at */
    size_t length;        /* the least of an edge */
    uint32_t *upright; /* (height + 1) x width: edges of a square's far side in each column above */
    uint32_t *level;   /* height x (width + 1): edges of its lower side in each row before */
    uint32_t *black;   /* (height + 1) x (width + 1): black pixels above and before */
} Corner;

static uint8_t peak_at(const Corner *corner, size_t across, size_t down)
{
    const LightPlanes *planes = corner->planes;
    const size_t x = corner->right ? planes->width - 1 - across : across;
    const size_t y = corner->below ? planes->height - 1 - down : down;
    return planes->peak[y * planes->width + x];
}

static bool parts(const Corner *corner, size_t across, size_t down, size_t step_across,
                  size_t step_down)
{
    return peak_at(corner, across - (BLUR + 1) * step_across, down - (BLUR + 1) * step_down) <=
               BLACK_MOST &&
           peak_at(corner, across + BLUR * step_across, down + BLUR * step_down) >= BRIGHT_LEAST;
}

static void count_all(Corner *corner)
{
    const size_t width = corner->width, height = corner->height, wide = width + 1;
    for (size_t y = 0; y < height; ++y)
        for (size_t x = 0; x < width; ++x) {
            const bool within = x > BLUR && y > BLUR;
            corner->upright[(y + 1) * width + x] =
                corner->upright[y * width + x] + (within && parts(corner, x, y, 1, 0));
            corner->level[y * wide + x + 1] =
                corner->level[y * wide + x] + (within && parts(corner, x, y, 0, 1));
            corner->black[(y + 1) * wide + x + 1] =
                corner->black[y * wide + x + 1] + corner->black[(y + 1) * wide + x] -
                corner->black[y * wide + x] + (peak_at(corner, x, y) <= BLACK_MOST);
        }
}

/* How many pixels of the two edges that meet at (x, y) are edges, of 2 * length; 0 unless 19 of 20
 * of each are, and the picture goes on where they meet. */
static size_t edge_pixels(const Corner *corner, size_t x, size_t y)
{
    const size_t length = corner->length, end_x = x - BLUR, end_y = y - BLUR;
    const size_t upright = corner->upright[end_y * corner->width + x] -
                           corner->upright[(end_y - length) * corner->width + x];
    const uint32_t *row = corner->level + y * (corner->width + 1);
    const size_t level = row[end_x] - row[end_x - length];
    const bool straight = 20 * upright >= 19 * length && 20 * level >= 19 * length;
    return straight && peak_at(corner, x + BLUR, y + BLUR) >= BRIGHT_LEAST ? upright + level : 0;
}

static bool is_black(const Corner *corner, size_t x, size_t y)
{
    return 30 * (size_t)corner->black[y * (corner->width + 1) + x] >= 29 * x * y;
}

/* Where the edges of a square meet, seen from its corner; 0, 0 of none. */
typedef struct {
    size_t across, down;
} Meeting;

/* Whether a square whose edges meet at (x, y) stands out from another one on one side alone, by an
 * edge's length at least. */
static bool stands_out(const Corner *corner, const Meeting *other, size_t x, size_t y)
{
    const size_t least = corner->length + 2 * BLUR;
    return (x > other->across + least && y + least < other->down) ||
           (x + least < other->across && y > other->down + least);
}

/* The square with the best edges, the largest of equals; where there is another one, of those that
 * stand out from it. Nowhere if there is none. */
static Meeting find(const Corner *corner, const Meeting *other)
{
    const size_t first = corner->length + 2 * BLUR + 1;
    size_t best = 0;
    Meeting meeting = {0};
    for (size_t y = first; y + BLUR < corner->height; ++y)
        for (size_t x = first; x + BLUR < corner->width; ++x) {
            const size_t pixels = edge_pixels(corner, x, y);
            if (pixels > 0 && pixels >= best && is_black(corner, x, y) &&
                (pixels > best || x * y > meeting.across * meeting.down) &&
                (other->across == 0 || stands_out(corner, other, x, y))) {
                best = pixels;
                meeting = (Meeting){x, y};
            }
        }
    return meeting;
}

static PixelBox box_of(const Corner *corner, const Meeting *meeting)
{
    const size_t across = meeting->across - BLUR,
                 down = meeting->down - BLUR; /* black for certain */
    const size_t width = corner->planes->width, height = corner->planes->height;
    return (PixelBox){corner->right ? width - across : 0, corner->below ? height - down : 0,
                      corner->right ? width : across, corner->below ? height : down};
}

static void add(const Corner *corner, const Meeting *meeting, bool second, CornerSquares *squares)
{
    squares->is_second[squares->count] = second;
    squares->boxes[squares->count++] = box_of(corner, meeting);
}

static Status look_at(Corner *corner, CornerSquares *squares)
{
    const size_t all = (corner->width + 1) * (corner->height + 1);
    TRY(MEMORY_NEW(&corner->upright, 3 * all));
    corner->level = corner->upright + all;
    corner->black = corner->level + all;
    count_all(corner);
    const Meeting first = find(corner, &(Meeting){0, 0});
    if (first.across > 0) {
        add(corner, &first, false, squares);
        const Meeting second = find(corner, &first);
        if (second.across > 0)
            add(corner, &second, true, squares);
    }
    free(corner->upright);
    return STATUS_OK;
}

Status corner_squares_find(const LightPlanes *planes, CornerSquares *squares)
{
    const size_t shorter = planes->width < planes->height ? planes->width : planes->height;
    squares->count = 0;
    for (int i = 0; i < 4; ++i) {
        Corner corner = {.planes = planes,
                         .right = i % 2 == 1,
                         .below = i >= 2,
                         .width = planes->width * 3 / 5,
                         .height = planes->height * 3 / 5,
                         .length = shorter / 16};
        if (corner.length >= 8)
            TRY(look_at(&corner, squares));
    }
    return STATUS_OK;
}
