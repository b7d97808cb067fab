/* See median.h. A selection network, many pixels side by side, in three steps:
 *
 *  1. The five pixels of each column are sorted; neighbouring windows share that.
 *  2. The five columns' pixels of equal rank are sorted: now rows and columns of the 5 x 5 window
 *     ascend (sorting rows leaves sorted columns sorted).
 *  3. Of such a window only three antidiagonals can hold the median, those of r + c = 3, 4 and 5 (r
 *     and c from 0): every pixel before them has 13 or more that are not smaller, every one behind
 *     them 13 that are not larger. Let a be sorted from the first (4 pixels), b from the second
 * (5), c from the third (4). k pixels of one diagonal have k + 1 neighbours on the longer one
 * beside it that are not smaller (or not larger), so a[i] <= b[i] and b[i + 1] <= c[i]. Counting
 * what then lies above and below, the 7th of the 13 can only be a[3], b[2] or c[0]; it is the
 * median of these.
 */
#include "image/median.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

enum { WINDOW = 5, REACH = WINDOW / 2 };

/* In the loops below, whose rows do not overlap, all of this comes to vector minima and
 * maxima, and what nobody reads of a sorted row is not computed. */
static inline uint8_t smaller(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

static inline uint8_t larger(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

static inline void order(uint8_t *a, uint8_t *b)
{
    const uint8_t low = smaller(*a, *b), high = larger(*a, *b);
    *a = low;
    *b = high;
}

/* Nine exchanges, the least there are. */
static inline void sort(uint8_t v[WINDOW])
{
    order(&v[0], &v[3]);
    order(&v[1], &v[4]);
    order(&v[0], &v[2]);
    order(&v[1], &v[3]);
    order(&v[0], &v[1]);
    order(&v[2], &v[4]);
    order(&v[1], &v[2]);
    order(&v[3], &v[4]);
    order(&v[2], &v[3]);
}

/* Step 1: sorted[k][i] is the k-th of rows[0 ... 4][i]. */
VECTORISED static void sort_columns(size_t count, const uint8_t *const rows[WINDOW],
                                    uint8_t *const sorted[WINDOW])
{
    const uint8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3], *r4 = rows[4];
    uint8_t *s0 = sorted[0], *s1 = sorted[1], *s2 = sorted[2], *s3 = sorted[3], *s4 = sorted[4];
    INDEPENDENT_TURNS
    for (size_t i = 0; i < count; ++i) {
        uint8_t v[WINDOW] = {r0[i], r1[i], r2[i], r3[i], r4[i]};
        sort(v);
        s0[i] = v[0];
        s1[i] = v[1];
        s2[i] = v[2];
        s3[i] = v[3];
        s4[i] = v[4];
    }
}

/* Steps 2 and 3, of a row of `count` numbers whose columns lie `step` numbers apart. */
VECTORISED static void select_medians(size_t count, size_t step, uint8_t *const sorted[WINDOW],
                                      uint8_t *restrict medians)
{
    const uint8_t *s0 = sorted[0], *s1 = sorted[1], *s2 = sorted[2], *s3 = sorted[3];
    const uint8_t *s4 = sorted[4];
    const size_t two = 2 * step, three = 3 * step, four = 4 * step;
    for (size_t i = 0; i < count; ++i) {
        uint8_t a[WINDOW] = {s0[i], s0[i + step], s0[i + two], s0[i + three], s0[i + four]};
        uint8_t b[WINDOW] = {s1[i], s1[i + step], s1[i + two], s1[i + three], s1[i + four]};
        uint8_t c[WINDOW] = {s2[i], s2[i + step], s2[i + two], s2[i + three], s2[i + four]};
        uint8_t d[WINDOW] = {s3[i], s3[i + step], s3[i + two], s3[i + three], s3[i + four]};
        uint8_t e[WINDOW] = {s4[i], s4[i + step], s4[i + two], s4[i + three], s4[i + four]};
        sort(a);
        sort(b);
        sort(c);
        sort(d);
        sort(e);
        const uint8_t first = larger(larger(a[3], b[2]), larger(c[1], d[0]));
        const uint8_t third = smaller(smaller(b[4], c[3]), smaller(d[2], e[1]));
        uint8_t second[WINDOW] = {a[4], b[3], c[2], d[1], e[0]};
        sort(second);
        medians[i] = larger(smaller(first, third), smaller(larger(first, third), second[2]));
    }
}

/* The row of `sorted` numbers, without `reach` numbers on each side, gets those of the border. */
static void replicate(size_t count, size_t channels, uint8_t *row)
{
    for (size_t i = 0; i < REACH; ++i) {
        memcpy(row + i * channels, row + REACH * channels, channels);
        memcpy(row + (REACH + i) * channels + count, row + (REACH - 1) * channels + count,
               channels);
    }
}

static void filter_row(const Image *image, size_t y, uint8_t *scratch, uint8_t *medians)
{
    const size_t channels = image->channels, count = image->width * channels;
    const size_t length = count + 2 * REACH * channels;
    const uint8_t *rows[WINDOW];
    uint8_t *sorted[WINDOW], *inner[WINDOW];
    for (size_t k = 0; k < WINDOW; ++k) {
        size_t row = y + k < REACH ? 0 : y + k - REACH;
        if (row >= image->height)
            row = image->height - 1;
        rows[k] = image->pixels + row * count;
        sorted[k] = scratch + k * length;
        inner[k] = sorted[k] + REACH * channels;
    }
    sort_columns(count, rows, inner);
    for (size_t k = 0; k < WINDOW; ++k)
        replicate(count, channels, sorted[k]);
    select_medians(count, channels, sorted, medians);
}

Status image_median(const Image *image, Image *filtered)
{
    const size_t count = image->width * image->channels;
    const size_t length = count + 2 * REACH * image->channels;
    Status status = STATUS_OK;
    TRY(image_init(filtered, image->width, image->height, image->channels));
#pragma omp parallel
    {
        uint8_t *scratch = NULL;
        const Status own = MEMORY_NEW(&scratch, WINDOW * length);
        if (own != STATUS_OK) {
#pragma omp critical
            status = own;
        }
#pragma omp for schedule(static)
        for (size_t y = 0; y < image->height; ++y)
            if (scratch)
                filter_row(image, y, scratch, filtered->pixels + y * count);
        free(scratch);
    }
    if (status != STATUS_OK) {
        image_clear(filtered);
        FAIL(status, "no memory to filter an image of %zu x %zu", image->width, image->height);
    }
    return STATUS_OK;
}
