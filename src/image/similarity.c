/* See similarity.h. Both pictures have the same size and channels. */
#include "image/similarity.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

enum { RADIUS = 5, WINDOW = 2 * RADIUS + 1 };

static void assert_alike(const Image *a, const Image *b)
{
    assert(a->width == b->width && a->height == b->height && a->channels == b->channels);
    (void)a;
    (void)b;
}

double similarity_psnr(const Image *a, const Image *b)
{
    assert_alike(a, b);
    const size_t count = a->width * a->height * a->channels;
    double squares = 0;
    for (size_t i = 0; i < count; ++i) {
        const int difference = a->pixels[i] - b->pixels[i];
        squares += difference * difference;
    }
    return 10 * log10(255.0 * 255.0 * (double)count / squares);
}

/* What is averaged over a window: both pictures, their squares, their product. */
enum { MEAN_A, MEAN_B, MEAN_AA, MEAN_BB, MEAN_AB, MEANS };

static void make_window(double window[WINDOW])
{
    const double sigma = 1.5;
    double sum = 0;
    for (int i = 0; i < WINDOW; ++i)
        sum += window[i] = exp(-0.5 * (i - RADIUS) * (i - RADIUS) / (sigma * sigma));
    for (int i = 0; i < WINDOW; ++i)
        window[i] /= sum;
}

/* Weighted sums down the eleven rows from `top` on, of one colour: sums[MEANS][width]. */
static void sum_down(const Image *a, const Image *b, size_t channel, size_t top,
                     const double window[WINDOW], double *sums)
{
    const size_t width = a->width;
    for (size_t x = 0; x < MEANS * width; ++x)
        sums[x] = 0;
    for (size_t j = 0; j < WINDOW; ++j)
        for (size_t x = 0; x < width; ++x) {
            const size_t at = ((top + j) * width + x) * a->channels + channel;
            const double one = a->pixels[at], other = b->pixels[at];
            sums[MEAN_A * width + x] += window[j] * one;
            sums[MEAN_B * width + x] += window[j] * other;
            sums[MEAN_AA * width + x] += window[j] * (one * one);
            sums[MEAN_BB * width + x] += window[j] * (other * other);
            sums[MEAN_AB * width + x] += window[j] * (one * other);
        }
}

/* Of the window whose left edge is at `left`. */
static double window_ssim(size_t width, size_t left, const double window[WINDOW],
                          const double *sums)
{
    const double c1 = (0.01 * 255) * (0.01 * 255), c2 = (0.03 * 255) * (0.03 * 255);
    double means[MEANS] = {0};
    for (size_t m = 0; m < MEANS; ++m)
        for (size_t i = 0; i < WINDOW; ++i)
            means[m] += window[i] * sums[m * width + left + i];
    const double a = means[MEAN_A], b = means[MEAN_B];
    const double variances = means[MEAN_AA] - a * a + means[MEAN_BB] - b * b;
    const double covariance = means[MEAN_AB] - a * b;
    return (2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (variances + c2));
}

Status similarity_ssim(const Image *a, const Image *b, double *ssim)
{
    double window[WINDOW], *sums, total = 0;
    assert_alike(a, b);
    if (a->width < WINDOW || a->height < WINDOW)
        FAIL(STATUS_ARGUMENT,
             "structural similarity of %zu x %zu pixels (expected %d x %d at least)", a->width,
             a->height, WINDOW, WINDOW);
    make_window(window);
    TRY(MEMORY_NEW(&sums, MEANS * a->width));
    const size_t rows = a->height - WINDOW + 1, columns = a->width - WINDOW + 1;
    for (size_t c = 0; c < a->channels; ++c)
        for (size_t y = 0; y < rows; ++y) {
            sum_down(a, b, c, y, window, sums);
            for (size_t x = 0; x < columns; ++x)
                total += window_ssim(a->width, x, window, sums);
        }
    free(sums);
    *ssim = total / (double)(rows * columns * a->channels);
    return STATUS_OK;
}
