/* See wavelet_shrink.h. */
#include "image/wavelet_shrink.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/vector.h"

/* Median magnitude of a standard normal number. */
static const double normal_median = 0.6744897501960817;

/* ---- how much noise ---- */

/* Hoare's selection: the k-th smallest of values[count], whose order changes. */
static double select(double *values, size_t count, size_t k)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        const double pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot)
                ++i;
            while (values[j] > pivot)
                --j;
            if (i >= j)
                break;
            const double swapped = values[i];
            values[i++] = values[j];
            values[j--] = swapped;
        }
        /* values[low ... j] <= pivot <= values[j + 1 ... high]; j is below high. */
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[k];
}

/* Numbers that are not negative are ordered as their bits are, so the leading bits (the exponent
 * and two more) sort them into buckets, and only the bucket of the median is looked at closely. */
enum { BUCKET_SHIFT = 50, BUCKETS = 1 << (63 - BUCKET_SHIFT) };

static size_t bucket_of(double magnitude)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    return (size_t)(bits >> BUCKET_SHIFT);
}

/* The bucket with the k-th number; *before of them lie in those before it. */
static size_t bucket_with(const uint32_t counts[BUCKETS], size_t k, size_t *before)
{
    size_t bucket = 0;
    for (*before = 0; *before + counts[bucket] <= k; ++bucket)
        *before += counts[bucket];
    return bucket;
}

double wavelet_noise(const WaveletTree *tree, double *scratch)
{
    const double *band = tree->details[1][WAVELET_ALONG_BOTH];
    const size_t size = tree->height[1] * tree->width[1];
    uint32_t counts[BUCKETS] = {0};
    size_t count = 0, before, unused, gathered = 0;
    for (size_t i = 0; i < size; ++i) {
        ++counts[bucket_of(fabs(band[i]))];
        count += band[i] != 0;
    }
    counts[0] -= (uint32_t)(size - count);
    if (count == 0)
        return 0;
    /* Of an odd number the two middle ones are the same. */
    const size_t lower = (count - 1) / 2, upper = count / 2;
    const size_t first = bucket_with(counts, lower, &before);
    const size_t last = bucket_with(counts, upper, &unused);
    for (size_t i = 0; i < size; ++i) {
        const double magnitude = fabs(band[i]);
        const size_t bucket = bucket_of(magnitude);
        if (bucket >= first && bucket <= last && magnitude != 0)
            scratch[gathered++] = magnitude;
    }
    const double median =
        (select(scratch, gathered, lower - before) + select(scratch, gathered, upper - before)) / 2;
    return median / normal_median;
}

/* ---- the median of coefficients ---- */

static inline double smaller(double a, double b)
{
    return a < b ? a : b;
}

static inline double larger(double a, double b)
{
    return a > b ? a : b;
}

static inline double middle(double a, double b, double c)
{
    return larger(smaller(a, b), smaller(larger(a, b), c));
}

/* The columns of three rows, sorted. */
VECTORISED static void sort_columns(size_t width, const double *above, const double *at,
                                    const double *below, double *restrict low, double *restrict mid,
                                    double *restrict high)
{
    for (size_t x = 0; x < width; ++x) {
        low[x] = smaller(smaller(above[x], at[x]), below[x]);
        mid[x] = middle(above[x], at[x], below[x]);
        high[x] = larger(larger(above[x], at[x]), below[x]);
    }
}

/* The median of nine is that of the largest low, the middle mid and the smallest high number of
 * their three columns. [0] is a column before the row. */
VECTORISED static void select_medians(size_t width, const double *low, const double *mid,
                                      const double *high, double *restrict medians)
{
    for (size_t x = 0; x < width; ++x)
        medians[x] = middle(larger(larger(low[x], low[x + 1]), low[x + 2]),
                            middle(mid[x], mid[x + 1], mid[x + 2]),
                            smaller(smaller(high[x], high[x + 1]), high[x + 2]));
}

/* Of scratch, each with two columns more than the band. Those of all bands at once, 12 `levels`
 * rows of level 1, fit into a plane, which has 14 2^(levels - 1) rows of its own at least. */
enum { MEDIAN_ROWS = 4 };

/* In place: of the rows that are done the last one is kept as it was. */
static void median_band(size_t height, size_t width, double *band, double *scratch)
{
    const size_t room = width + 2;
    double *kept = scratch, *sorted[3] = {scratch + room, scratch + 2 * room, scratch + 3 * room};
    memcpy(kept, band, width * sizeof *band);
    for (size_t y = 0; y < height; ++y) {
        double *row = band + y * width;
        sort_columns(width, kept, row, y + 1 < height ? row + width : row, sorted[0] + 1,
                     sorted[1] + 1, sorted[2] + 1);
        for (size_t i = 0; i < 3; ++i) {
            sorted[i][0] = sorted[i][1];
            sorted[i][width + 1] = sorted[i][width];
        }
        memcpy(kept, row, width * sizeof *row);
        select_medians(width, sorted[0], sorted[1], sorted[2], row);
    }
}

void wavelet_median(WaveletTree *tree, double *scratch)
{
    const size_t room = MEDIAN_ROWS * (tree->width[1] + 2);
#pragma omp taskloop grainsize(1)
    for (size_t i = 0; i < tree->levels * WAVELET_BANDS; ++i) {
        const size_t l = 1 + i / WAVELET_BANDS, b = i % WAVELET_BANDS;
        median_band(tree->height[l], tree->width[l], tree->details[l][b], scratch + i * room);
    }
}

/* ---- thresholds ---- */

VECTORISED static void shrink_soft(size_t count, double threshold, double *values)
{
    for (size_t i = 0; i < count; ++i)
        values[i] = copysign(larger(fabs(values[i]) - threshold, 0), values[i]);
}

VECTORISED static void shrink_hard(size_t count, double threshold, double *values)
{
    for (size_t i = 0; i < count; ++i)
        values[i] = fabs(values[i]) > threshold ? values[i] : 0;
}

static double bayes(size_t count, const double *values, double sigma)
{
    double squares = 0;
    for (size_t i = 0; i < count; ++i)
        squares += values[i] * values[i];
    const double variance = sigma * sigma, signal = squares / (double)count - variance;
    return variance / sqrt(larger(signal, DBL_EPSILON));
}

void wavelet_shrink(WaveletTree *tree, ShrinkRule rule, bool hard, double sigma)
{
    const double numbers = (double)tree->height[0] * (double)tree->width[0];
    const double universal = sigma * sqrt(2 * log(numbers));
    if (rule == SHRINK_NONE)
        return;
#pragma omp taskloop grainsize(1)
    for (size_t i = 0; i < tree->levels * WAVELET_BANDS; ++i) {
        const size_t l = 1 + i / WAVELET_BANDS, count = tree->height[l] * tree->width[l];
        double *band = tree->details[l][i % WAVELET_BANDS];
        const double threshold = rule == SHRINK_BAYES ? bayes(count, band, sigma) : universal;
        if (hard)
            shrink_hard(count, threshold, band);
        else
            shrink_soft(count, threshold, band);
    }
}
