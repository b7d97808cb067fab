/* See wavelet.h. With x~ the mirrored row, a level's low and high coefficients are
 *
 *     low[k] = sum over j of decompose_low[j] x~[2k + 1 - j],    high[k] likewise,
 *
 * so with the even numbers E[m] = x~[2m] and the odd ones O[m] = x~[2m + 1] of a row they are plain
 * filters of four taps each, sum of low[2i] O[k - i] + low[2i + 1] E[k - i]; and back
 *
 *     x[2m] = sum over i = 0 ... 3 of restore_low[2i] low[m + 3 - i] + restore_high[2i] high[...],
 *
 * x[2m + 1] with restore[2i + 1]. All loops run along rows over neighbouring numbers.
 */
#include "image/wavelet.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/vector.h"

enum { TAPS = 8, HALF = TAPS / 2 };

/* Sym4 as PyWavelets 1.1.1 tabulates it, exactly; the other three follow from it. */
static const double low_taps[TAPS] = {
    -0x1.36561c32d90eap-4, -0x1.e58c6982835bbp-6, 0x1.fd8fbf7d6f34ep-2,  0x1.9b83a54b118bfp-1,
    0x1.3101a24beeeb2p-2,  -0x1.96673b6c95efdp-4, -0x1.9d01bd985bfc2p-7, 0x1.07f8bd68a4817p-5};

/* high[j] = restore_high[7 - j], restore_low[j] = low[7 - j], restore_high[j] = (-1)^j low[j]. */
static double high_tap(size_t j)
{
    return (TAPS - 1 - j) % 2 ? -low_taps[TAPS - 1 - j] : low_taps[TAPS - 1 - j];
}

static double restore_low_tap(size_t j)
{
    return low_taps[TAPS - 1 - j];
}

static double restore_high_tap(size_t j)
{
    return j % 2 ? -low_taps[j] : low_taps[j];
}

/* ---- the tree ---- */

static size_t half_of(size_t count)
{
    return (count + TAPS - 1) / 2;
}

size_t wavelet_levels_most(size_t height, size_t width)
{
    size_t shorter = height < width ? height : width, levels = 0;
    while (levels < WAVELET_LEVELS_MOST && shorter >= (size_t)(TAPS - 1) << (levels + 1))
        ++levels;
    return levels;
}

/* A level is computed in strips of its rows, each a task, with rows of scratch of its own; each has
 * the room of a mirrored row. */
enum { STRIPS = 8, SCRATCH_ROWS = 2 * HALF + 1 };

static size_t strip_begin(size_t rows, size_t strip)
{
    return rows * strip / STRIPS;
}

/* Of a level: rows and columns of coefficients, or of the pairs of numbers that come back. */
typedef struct {
    size_t y0, y1, x0, x1;
} Part;

static Part strip_of(size_t rows, size_t columns, size_t strip)
{
    return (Part){strip_begin(rows, strip), strip_begin(rows, strip + 1), 0, columns};
}

static size_t scratch_row(const WaveletTree *tree)
{
    return tree->width[0] + 2 * TAPS;
}

static double *strip_scratch(const WaveletTree *tree, size_t strip)
{
    return tree->scratch + strip * SCRATCH_ROWS * scratch_row(tree);
}

Status wavelet_tree_init(WaveletTree *tree, size_t height, size_t width, size_t levels)
{
    *tree = (WaveletTree){.levels = levels};
    if (levels < 1 || levels > wavelet_levels_most(height, width))
        FAIL(STATUS_ARGUMENT, "%zu levels of wavelets on %zu x %zu pixels (expected 1 to %zu)",
             levels, width, height, wavelet_levels_most(height, width));
    tree->height[0] = height;
    tree->width[0] = width;
    size_t numbers = 0;
    for (size_t l = 1; l <= levels; ++l) {
        tree->height[l] = half_of(tree->height[l - 1]);
        tree->width[l] = half_of(tree->width[l - 1]);
        numbers += (WAVELET_BANDS + 1) * tree->height[l] * tree->width[l];
    }
    TRY(MEMORY_NEW(&tree->block, numbers + STRIPS * SCRATCH_ROWS * scratch_row(tree)));
    double *next = tree->block;
    for (size_t l = 1; l <= levels; ++l) {
        const size_t band = tree->height[l] * tree->width[l];
        for (size_t b = 0; b < WAVELET_BANDS; ++b, next += band)
            tree->details[l][b] = next;
        tree->approximation[l] = next;
        next += band;
    }
    tree->scratch = next;
    return STATUS_OK;
}

void wavelet_tree_clear(WaveletTree *tree)
{
    free(tree->block);
    *tree = (WaveletTree){0};
}

/* ---- forward ---- */

/* Where x~[i] lies in 0 ... count - 1; count is at least 7. */
static size_t mirror(ptrdiff_t i, size_t count)
{
    if (i < 0)
        i = -1 - i;
    return (size_t)i < count ? (size_t)i : 2 * count - 1 - (size_t)i;
}

/* Low and high frequencies down eight rows. */
VECTORISED static void filter_down(size_t width, const double *const rows[TAPS], const double *low,
                                   const double *high, double *restrict low_row,
                                   double *restrict high_row)
{
    const double *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
    const double *r4 = rows[4], *r5 = rows[5], *r6 = rows[6], *r7 = rows[7];
    for (size_t x = 0; x < width; ++x) {
        low_row[x] = low[0] * r0[x] + low[1] * r1[x] + low[2] * r2[x] + low[3] * r3[x] +
                     low[4] * r4[x] + low[5] * r5[x] + low[6] * r6[x] + low[7] * r7[x];
        high_row[x] = high[0] * r0[x] + high[1] * r1[x] + high[2] * r2[x] + high[3] * r3[x] +
                      high[4] * r4[x] + high[5] * r5[x] + high[6] * r6[x] + high[7] * r7[x];
    }
}

/* The even and odd numbers of a mirrored row: even[HALF - 1 + m] = x~[2m], from m = 1 - HALF on. */
VECTORISED static void deal(size_t count, const double *restrict row, double *restrict even,
                            double *restrict odd)
{
    const size_t whole = count / 2;
    for (size_t m = 0; m < whole; ++m) {
        even[HALF - 1 + m] = row[2 * m];
        odd[HALF - 1 + m] = row[2 * m + 1];
    }
}

static void deal_borders(size_t count, const double *row, double *even, double *odd)
{
    const ptrdiff_t inner = (ptrdiff_t)(count / 2), end = (ptrdiff_t)half_of(count);
    for (ptrdiff_t m = 1 - HALF; m < 0; ++m) {
        even[HALF - 1 + m] = row[mirror(2 * m, count)];
        odd[HALF - 1 + m] = row[mirror(2 * m + 1, count)];
    }
    for (ptrdiff_t m = inner; m < end; ++m) {
        even[HALF - 1 + m] = row[mirror(2 * m, count)];
        odd[HALF - 1 + m] = row[mirror(2 * m + 1, count)];
    }
}

/* Low and high frequencies along a row of `half` coefficients. */
VECTORISED static void filter_along(size_t half, const double *even, const double *odd,
                                    const double *low, const double *high, double *restrict lows,
                                    double *restrict highs)
{
    for (size_t k = 0; k < half; ++k) {
        const double *e = even + k, *o = odd + k; /* e[3 - i] is E[k - i] */
        lows[k] = low[0] * o[3] + low[1] * e[3] + low[2] * o[2] + low[3] * e[2] + low[4] * o[1] +
                  low[5] * e[1] + low[6] * o[0] + low[7] * e[0];
        highs[k] = high[0] * o[3] + high[1] * e[3] + high[2] * o[2] + high[3] * e[2] +
                   high[4] * o[1] + high[5] * e[1] + high[6] * o[0] + high[7] * e[0];
    }
}

typedef struct {
    double low[TAPS], high[TAPS];
} Taps;

static void forward_part(const WaveletTree *tree, size_t level, const Taps *taps,
                         const double *plane, const Part *part, double *scratch)
{
    const size_t height = tree->height[level - 1], width = tree->width[level - 1];
    const size_t half = tree->width[level], room = scratch_row(tree);
    const size_t x0 = part->x0, from = 2 * x0 < TAPS ? 0 : 2 * x0 - (TAPS - 2);
    const size_t to = 2 * part->x1 < width ? 2 * part->x1 : width;
    double *down[2] = {scratch, scratch + room};
    double *even = scratch + 2 * room, *odd = scratch + 3 * room;
    for (size_t k = part->y0; k < part->y1; ++k) {
        double *out[2][2] = {
            {tree->approximation[level] + k * half,
             tree->details[level][WAVELET_ALONG_ROWS] + k * half},
            {tree->details[level][WAVELET_ALONG_COLUMNS] + k * half,
             tree->details[level][WAVELET_ALONG_BOTH] + k * half},
        };
        const double *rows[TAPS];
        for (size_t j = 0; j < TAPS; ++j)
            rows[j] = plane + from + width * mirror((ptrdiff_t)(2 * k + 1) - (ptrdiff_t)j, height);
        filter_down(to - from, rows, taps->low, taps->high, down[0] + from, down[1] + from);
        for (size_t b = 0; b < 2; ++b) {
            deal(to - from, down[b] + from, even + from / 2, odd + from / 2);
            deal_borders(width, down[b], even, odd);
            filter_along(part->x1 - x0, even + x0, odd + x0, taps->low, taps->high, out[b][0] + x0,
                         out[b][1] + x0);
        }
    }
}

static Taps forward_taps(void)
{
    Taps taps;
    for (size_t j = 0; j < TAPS; ++j) {
        taps.low[j] = low_taps[j];
        taps.high[j] = high_tap(j);
    }
    return taps;
}

void wavelet_forward(WaveletTree *tree, const double *plane)
{
    const Taps taps = forward_taps();
    for (size_t l = 1; l <= tree->levels; ++l) {
        const double *from = l == 1 ? plane : tree->approximation[l - 1];
#pragma omp taskloop grainsize(1)
        for (size_t strip = 0; strip < STRIPS; ++strip) {
            const Part part = strip_of(tree->height[l], tree->width[l], strip);
            forward_part(tree, l, &taps, from, &part, strip_scratch(tree, strip));
        }
    }
}

/* ---- back ---- */

/* Two neighbouring numbers of each place from four low and four high coefficients, a number apart;
 * `pairs` of them. */
VECTORISED static void restore_along(size_t pairs, const double *lows, const double *highs,
                                     const double *low, const double *high, double *restrict row)
{
    for (size_t m = 0; m < pairs; ++m) {
        const double *l = lows + m, *h = highs + m;
        row[2 * m] = low[0] * l[3] + low[2] * l[2] + low[4] * l[1] + low[6] * l[0] +
                     high[0] * h[3] + high[2] * h[2] + high[4] * h[1] + high[6] * h[0];
        row[2 * m + 1] = low[1] * l[3] + low[3] * l[2] + low[5] * l[1] + low[7] * l[0] +
                         high[1] * h[3] + high[3] * h[2] + high[5] * h[1] + high[7] * h[0];
    }
}

/* Two neighbouring rows from four low and four high rows, of which [0] is the nearest to the top.
 */
VECTORISED static void restore_up(size_t width, const double *const lows[HALF],
                                  const double *const highs[HALF], const double *low,
                                  const double *high, double *restrict even, double *restrict odd)
{
    const double *l0 = lows[0], *l1 = lows[1], *l2 = lows[2], *l3 = lows[3];
    const double *h0 = highs[0], *h1 = highs[1], *h2 = highs[2], *h3 = highs[3];
    for (size_t x = 0; x < width; ++x) {
        even[x] = low[0] * l3[x] + low[2] * l2[x] + low[4] * l1[x] + low[6] * l0[x] +
                  high[0] * h3[x] + high[2] * h2[x] + high[4] * h1[x] + high[6] * h0[x];
        odd[x] = low[1] * l3[x] + low[3] * l2[x] + low[5] * l1[x] + low[7] * l0[x] +
                 high[1] * h3[x] + high[3] * h2[x] + high[5] * h1[x] + high[7] * h0[x];
    }
}

static void inverse_part(const WaveletTree *tree, size_t level, const Taps *taps, double *plane,
                         const Part *part, double *scratch)
{
    const size_t height = tree->height[level - 1], width = tree->width[level - 1];
    const size_t half = tree->width[level], room = scratch_row(tree);
    const size_t begin = 2 * part->x0, end = 2 * part->x1 < width ? 2 * part->x1 : width;
    /* The last four rows of coefficients, restored along themselves: row k lies at k % HALF. */
    double *low_rows = scratch + begin, *high_rows = low_rows + HALF * room;
    double *beyond = high_rows + HALF * room;
    for (size_t k = part->y0; k < part->y1 + HALF - 1; ++k) {
        const size_t at = k * half + part->x0, pairs = part->x1 - part->x0;
        restore_along(pairs, tree->approximation[level] + at,
                      tree->details[level][WAVELET_ALONG_ROWS] + at, taps->low, taps->high,
                      low_rows + k % HALF * room);
        restore_along(pairs, tree->details[level][WAVELET_ALONG_COLUMNS] + at,
                      tree->details[level][WAVELET_ALONG_BOTH] + at, taps->low, taps->high,
                      high_rows + k % HALF * room);
        if (k < part->y0 + HALF - 1)
            continue;
        const double *lows[HALF], *highs[HALF];
        for (size_t i = 0; i < HALF; ++i) {
            lows[i] = low_rows + (k + 1 + i) % HALF * room;
            highs[i] = high_rows + (k + 1 + i) % HALF * room;
        }
        /* Of an odd height the last row of all is one too many. */
        const size_t y = 2 * (k + 1 - HALF);
        double *rows = plane + y * width + begin;
        restore_up(end - begin, lows, highs, taps->low, taps->high, rows,
                   y + 1 < height ? rows + width : beyond);
    }
}

static Taps inverse_taps(void)
{
    Taps taps;
    for (size_t j = 0; j < TAPS; ++j) {
        taps.low[j] = restore_low_tap(j);
        taps.high[j] = restore_high_tap(j);
    }
    return taps;
}

void wavelet_inverse(WaveletTree *tree, double *plane)
{
    const Taps taps = inverse_taps();
    for (size_t l = tree->levels; l >= 1; --l) {
        double *to = l == 1 ? plane : tree->approximation[l - 1];
#pragma omp taskloop grainsize(1)
        for (size_t strip = 0; strip < STRIPS; ++strip) {
            const Part part =
                strip_of(tree->height[l] - (HALF - 1), tree->width[l] - (HALF - 1), strip);
            inverse_part(tree, l, &taps, to, &part, strip_scratch(tree, strip));
        }
    }
}

/* ---- back and forth again ---- */

/* The wavelets are orthonormal, so where no window reaches over the border, coefficients come back
 * as they were. One of level 1 whose window does is among the first 3 or the last 4 of its row or
 * column; what is changed there changes the first 6 or the last 7 of the levels above, and never
 * more. A frame of 8 needs 16 numbers along the border of the level below, and these come from a
 * frame of 8 pairs. */
enum { FRAME = 8, FRAME_PARTS = 4 };

/* The frame's parts, the last ones without rows where it is all there is. */
static void frame_of(size_t rows, size_t columns, Part parts[FRAME_PARTS])
{
    for (size_t i = 0; i < FRAME_PARTS; ++i)
        parts[i] = (Part){0};
    if (rows <= 2 * FRAME || columns <= 2 * FRAME) {
        parts[0] = (Part){0, rows, 0, columns};
        return;
    }
    parts[0] = (Part){0, FRAME, 0, columns};
    parts[1] = (Part){rows - FRAME, rows, 0, columns};
    parts[2] = (Part){FRAME, rows - FRAME, 0, FRAME};
    parts[3] = (Part){FRAME, rows - FRAME, columns - FRAME, columns};
}

void wavelet_settle(WaveletTree *tree, double *plane)
{
    const Taps back = inverse_taps(), forth = forward_taps();
    Part parts[FRAME_PARTS];
    for (size_t l = tree->levels; l >= 1; --l) {
        double *to = l == 1 ? plane : tree->approximation[l - 1];
        frame_of(tree->height[l] - (HALF - 1), tree->width[l] - (HALF - 1), parts);
        for (size_t i = 0; i < FRAME_PARTS && parts[i].y1 > 0; ++i)
            inverse_part(tree, l, &back, to, &parts[i], tree->scratch);
    }
    for (size_t l = 1; l <= tree->levels; ++l) {
        const double *from = l == 1 ? plane : tree->approximation[l - 1];
        frame_of(tree->height[l], tree->width[l], parts);
        for (size_t i = 0; i < FRAME_PARTS && parts[i].y1 > 0; ++i)
            forward_part(tree, l, &forth, from, &parts[i], tree->scratch);
    }
}
