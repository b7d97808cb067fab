/* See wavelet_shrink.h. */
#include "image/wavelet_shrink.h"

#include <float.h>
#include <math.h>
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

double wavelet_noise(const WaveletTree *tree, double *scratch)
{
    const double *band = tree->details[1][WAVELET_ALONG_BOTH];
    const size_t size = tree->height[1] * tree->width[1];
    size_t count = 0;
    for (size_t i = 0; i < size; ++i)
        if (band[i] != 0)
            scratch[count++] = fabs(band[i]);
    if (count == 0)
        return 0;
    double median = select(scratch, count, count / 2);
    if (count % 2 == 0)
        median = (median + select(scratch, count, count / 2 - 1)) / 2;
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

/* The nine around each of `count` numbers from at[1] on: columns are sorted first, then the median
 * is that of the largest low, the middle and the smallest high of them. */
VECTORISED static void median_row(size_t count, const double *above, const double *at,
                                  const double *below, double *restrict medians)
{
    for (size_t x = 1; x <= count; ++x) {
        double low[3], mid[3], high[3];
        for (size_t i = 0; i < 3; ++i) {
            const double a = above[x + i - 1], b = at[x + i - 1], c = below[x + i - 1];
            low[i] = smaller(smaller(a, b), c);
            mid[i] = middle(a, b, c);
            high[i] = larger(larger(a, b), c);
        }
        medians[x] = middle(larger(larger(low[0], low[1]), low[2]), middle(mid[0], mid[1], mid[2]),
                            smaller(smaller(high[0], high[1]), high[2]));
    }
}

/* At either end of a row, where a column stands twice. */
static double median_at_end(const double *const rows[3], size_t x, size_t neighbour)
{
    double low[2], mid[2], high[2];
    const size_t columns[2] = {x, neighbour};
    for (size_t i = 0; i < 2; ++i) {
        const double a = rows[0][columns[i]], b = rows[1][columns[i]], c = rows[2][columns[i]];
        low[i] = smaller(smaller(a, b), c);
        mid[i] = middle(a, b, c);
        high[i] = larger(larger(a, b), c);
    }
    return middle(larger(low[0], low[1]), middle(mid[0], mid[0], mid[1]),
                  smaller(high[0], high[1]));
}

/* Bands have four rows and columns at least, as planes of 14 and more have. */
static void median_band(size_t height, size_t width, double *band, double *scratch)
{
    for (size_t y = 0; y < height; ++y) {
        const double *rows[3] = {band + (y ? y - 1 : 0) * width, band + y * width,
                                 band + (y + 1 < height ? y + 1 : y) * width};
        double *medians = scratch + y * width;
        median_row(width - 2, rows[0], rows[1], rows[2], medians);
        medians[0] = median_at_end(rows, 0, 1);
        medians[width - 1] = median_at_end(rows, width - 1, width - 2);
    }
    memcpy(band, scratch, height * width * sizeof *band);
}

void wavelet_median(WaveletTree *tree, double *scratch)
{
    for (size_t l = 1; l <= tree->levels; ++l)
        for (size_t b = 0; b < WAVELET_BANDS; ++b)
            median_band(tree->height[l], tree->width[l], tree->details[l][b], scratch);
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
    for (size_t l = 1; rule != SHRINK_NONE && l <= tree->levels; ++l)
        for (size_t b = 0; b < WAVELET_BANDS; ++b) {
            const size_t count = tree->height[l] * tree->width[l];
            double *band = tree->details[l][b];
            const double threshold = rule == SHRINK_BAYES ? bayes(count, band, sigma) : universal;
            (hard ? shrink_hard : shrink_soft)(count, threshold, band);
        }
}
