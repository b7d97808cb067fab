/* Run-length masks; see runs.h.
 *
 * A polygon is drawn on a grid five times as fine, edge by edge, each edge in steps of one along
 * its longer axis. Wherever the outline crosses the middle of a pixel column, it turns 0 into 1 or
 * back for all that follows in that column: the sorted crossings are the ends of the runs. The
 * roundings are those of COCO's program, in its order.
 *
 * The packed text holds 5 bits in a character from '0' on, low ones first, a sixth bit saying that
 * more follow and the highest of the last being the sign; from the third run on it is the
 * difference to the run before the last, which is mostly small.
 */
#include "image/runs.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { FINENESS = 5, OUTLINE_MOST = 1 << 24 };

void runs_clear(Runs *runs)
{
    free(runs->lengths);
    *runs = (Runs){0};
}

static Status check_size(size_t width, size_t height)
{
    if (width == 0 || height == 0 || width > UINT32_MAX / 2 / height)
        FAIL(STATUS_FORMAT, "a mask of %zu x %zu pixels, expected at least one and below 2^31",
             width, height);
    return STATUS_OK;
}

/* ---- polygons ---- */

/* The crossings of an outline, as positions in the order of the runs. */
typedef struct {
    size_t width, height, count, capacity;
    uint32_t *positions;
    bool begun;
    int x, y; /* the point before, on the fine grid */
} Outline;

/* Takes the outline's next point. */
static Status step(Outline *outline, int x, int y)
{
    int last_x = outline->x, last_y = outline->y;
    bool moved = outline->begun && x != last_x;
    outline->begun = true;
    outline->x = x;
    outline->y = y;
    if (!moved)
        return STATUS_OK;
    double column = ((double)(x < last_x ? x : x - 1) + .5) / FINENESS - .5;
    if (floor(column) != column || column < 0 || column > (double)outline->width - 1)
        return STATUS_OK;
    double row = ((double)(y < last_y ? y : last_y) + .5) / FINENESS - .5;
    row = row < 0 ? 0 : row > (double)outline->height ? (double)outline->height : row;
    TRY(MEMORY_GROW(&outline->positions, outline->count + 1, &outline->capacity));
    outline->positions[outline->count++] =
        (uint32_t)((size_t)column * outline->height + (size_t)ceil(row));
    return STATUS_OK;
}

/* One edge. Steps run from the lesser end on, so that an edge has the same points both ways. */
static Status draw_edge(Outline *outline, int x0, int y0, int x1, int y1)
{
    int dx = abs(x1 - x0), dy = abs(y1 - y0), length = dx >= dy ? dx : dy;
    bool flip = dx >= dy ? x0 > x1 : y0 > y1;
    int from_x = flip ? x1 : x0, from_y = flip ? y1 : y0;
    int to_x = flip ? x0 : x1, to_y = flip ? y0 : y1;
    double slope = length == 0 ? 0
                   : dx >= dy  ? (double)(to_y - from_y) / dx
                               : (double)(to_x - from_x) / dy;
    for (int i = 0; i <= length; ++i) {
        int along = flip ? length - i : i;
        if (dx >= dy)
            TRY(step(outline, along + from_x, (int)(from_y + slope * along + .5)));
        else
            TRY(step(outline, (int)(from_x + slope * along + .5), along + from_y));
    }
    return STATUS_OK;
}

static Status check_corners(const double *corners, size_t points, size_t width, size_t height)
{
    double outline = 0;
    if (points < 3)
        FAIL(STATUS_FORMAT, "a polygon of %zu points, expected at least 3", points);
    for (size_t i = 0; i < points; ++i) {
        double x = corners[2 * i], y = corners[2 * i + 1], w = (double)width, h = (double)height;
        if (!(x >= -w && x <= 2 * w && y >= -h && y <= 2 * h))
            FAIL(STATUS_FORMAT, "point %zu of a polygon is %g %g, expected it in %zu x %zu pixels",
                 i + 1, x, y, width, height);
        size_t next = 2 * ((i + 1) % points);
        outline += FINENESS * fmax(fabs(x - corners[next]), fabs(y - corners[next + 1]));
    }
    if (outline > OUTLINE_MOST)
        FAIL(STATUS_FORMAT, "a polygon with an outline of %.0f pixels, expected at most %d",
             outline / FINENESS, OUTLINE_MOST / FINENESS);
    return STATUS_OK;
}

static int by_position(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorted positions to lengths; crossings at the same place cancel each other. */
static Status join_crossings(const Outline *outline, Runs *runs)
{
    size_t pixels = outline->width * outline->height;
    TRY(MEMORY_NEW(&runs->lengths, outline->count + 1));
    uint32_t last = 0;
    for (size_t i = 0; i <= outline->count; ++i) {
        uint32_t position = i < outline->count ? outline->positions[i] : (uint32_t)pixels;
        uint32_t length = position - last;
        last = position;
        if (length == 0 && runs->count > 0 && i < outline->count) {
            /* the run before goes on */
            position = i + 1 < outline->count ? outline->positions[i + 1] : (uint32_t)pixels;
            runs->lengths[runs->count - 1] += position - last;
            last = position;
            ++i;
        } else if (length > 0 || runs->count == 0) {
            runs->lengths[runs->count++] = length;
        }
    }
    return STATUS_OK;
}

Status runs_of_polygon(const double *corners, size_t points, size_t width, size_t height,
                       Runs *runs)
{
    Outline outline = {.width = width, .height = height};
    Status status;
    *runs = (Runs){.width = width, .height = height};
    TRY(check_size(width, height));
    TRY(check_corners(corners, points, width, height));
    for (size_t i = 0; i < points; ++i) {
        const double *from = corners + 2 * i, *to = corners + 2 * ((i + 1) % points);
        TRY_GOTO(status, done,
                 draw_edge(&outline, (int)(FINENESS * from[0] + .5), (int)(FINENESS * from[1] + .5),
                           (int)(FINENESS * to[0] + .5), (int)(FINENESS * to[1] + .5)));
    }
    if (outline.count > 0)
        qsort(outline.positions, outline.count, sizeof *outline.positions, by_position);
    status = join_crossings(&outline, runs);
done:
    free(outline.positions);
    if (status != STATUS_OK)
        runs_clear(runs);
    return status;
}

/* ---- masks ---- */

Status runs_of_mask(const Image *mask, Runs *runs)
{
    assert(mask->channels == 1);
    *runs = (Runs){.width = mask->width, .height = mask->height};
    TRY(check_size(mask->width, mask->height));
    size_t capacity = 0;
    uint32_t length = 0;
    bool set = false;
    for (size_t i = 0; i <= mask->width * mask->height; ++i) {
        bool end = i == mask->width * mask->height;
        if (!end) {
            size_t place = i % mask->height * mask->width + i / mask->height;
            if ((mask->pixels[place] >= 128) == set) {
                ++length;
                continue;
            }
        }
        Status status = MEMORY_GROW(&runs->lengths, runs->count + 1, &capacity);
        if (status != STATUS_OK) {
            runs_clear(runs);
            return status;
        }
        runs->lengths[runs->count++] = length;
        length = 1;
        set = !set;
    }
    return STATUS_OK;
}

void runs_paint(const Runs *runs, Image *mask)
{
    assert(mask->channels == 1 && mask->width == runs->width && mask->height == runs->height);
    size_t position = 0;
    for (size_t i = 0; i < runs->count; ++i)
        for (uint32_t k = 0; k < runs->lengths[i]; ++k, ++position)
            if (i % 2 == 1)
                mask->pixels[position % mask->height * mask->width + position / mask->height] = 255;
}

/* ---- COCO's two ways of writing them ---- */

Status runs_of_lengths(const uint32_t *lengths, size_t count, size_t width, size_t height,
                       Runs *runs)
{
    *runs = (Runs){.width = width, .height = height};
    TRY(check_size(width, height));
    size_t sum = 0;
    for (size_t i = 0; i < count && sum <= width * height; ++i)
        sum += lengths[i];
    if (sum != width * height)
        FAIL(STATUS_FORMAT, "run lengths add up to %s%zu pixels, expected %zu x %zu = %zu",
             sum > width * height ? "more than " : "", sum > width * height ? width * height : sum,
             width, height, width * height);
    TRY(MEMORY_NEW(&runs->lengths, count));
    memcpy(runs->lengths, lengths, count * sizeof *lengths);
    runs->count = count;
    return STATUS_OK;
}

/* Reads one number; *text is advanced. */
static Status unpack(const char **text, int64_t *value)
{
    *value = 0;
    for (unsigned shift = 0;; shift += 5) {
        int digit = **text - '0';
        if (**text == '\0' || digit < 0 || digit > 63 || shift > 35)
            FAIL(STATUS_FORMAT, "packed run lengths end or hold an unknown character at \"%.8s\"",
                 *text);
        ++*text;
        *value |= (int64_t)(digit & 31) << shift;
        if (digit & 32)
            continue;
        if (digit & 16)
            *value -= (int64_t)1 << (shift + 5);
        return STATUS_OK;
    }
}

Status runs_of_text(const char *text, size_t width, size_t height, Runs *runs)
{
    uint32_t *lengths;
    size_t count = 0;
    *runs = (Runs){0};
    TRY(MEMORY_NEW(&lengths, strlen(text)));
    Status status = STATUS_OK;
    while (*text && status == STATUS_OK) {
        int64_t value;
        TRY_GOTO(status, done, unpack(&text, &value));
        if (count > 2)
            value += lengths[count - 2];
        if (value < 0 || value > UINT32_MAX)
            status = status_set(STATUS_FORMAT, "run length %zu is %lld, expected 0 or more",
                                count + 1, (long long)value);
        else
            lengths[count++] = (uint32_t)value;
    }
    if (status == STATUS_OK)
        status = runs_of_lengths(lengths, count, width, height, runs);
done:
    free(lengths);
    return status;
}

Status runs_to_text(const Runs *runs, char **text)
{
    TRY(MEMORY_NEW(text, 8 * runs->count + 1)); /* 33 bits are 7 characters */
    char *to = *text;
    for (size_t i = 0; i < runs->count; ++i) {
        int64_t value = runs->lengths[i];
        if (i > 2)
            value -= runs->lengths[i - 2];
        for (bool more = true; more;) {
            int digit = (int)(value & 31);
            value >>= 5;
            more = digit & 16 ? value != -1 : value != 0;
            *to++ = (char)('0' + digit + (more ? 32 : 0));
        }
    }
    return STATUS_OK;
}
