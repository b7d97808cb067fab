/* See noise_filter.h. A colour is a plane of doubles. Threads take colours, and who has none left
 * takes strips of the others' (the tasks of wavelet.c). */
#include "image/noise_filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "image/median.h"

NoiseFilter noise_filter_defaults(void)
{
    return (NoiseFilter){.median = true,
                         .levels = 1,
                         .coefficient_median = true,
                         .rule = SHRINK_UNIVERSAL,
                         .hard = false};
}

/* Between the bytes of one colour, `channels` apart, and numbers, which are converted in runs. */
enum { RUN = 512 };

VECTORISED static void widen(size_t count, const uint8_t *restrict bytes, double *restrict values)
{
    for (size_t i = 0; i < count; ++i)
        values[i] = bytes[i];
}

VECTORISED static void narrow(size_t count, const double *restrict values, uint8_t *restrict bytes)
{
    for (size_t i = 0; i < count; ++i) {
        double value = values[i] < 0 ? 0 : values[i];
        value = value > 255 ? 255 : value;
        bytes[i] = (uint8_t)(int)(value + 0.5);
    }
}

static size_t run_from(size_t begin, size_t count)
{
    return count - begin < RUN ? count - begin : RUN;
}

static void take(size_t count, size_t channels, const uint8_t *pixels, double *plane)
{
#pragma omp taskloop grainsize(64)
    for (size_t begin = 0; begin < count; begin += RUN) {
        uint8_t bytes[RUN];
        const size_t run = run_from(begin, count);
        for (size_t i = 0; i < run; ++i)
            bytes[i] = pixels[(begin + i) * channels];
        widen(run, bytes, plane + begin);
    }
}

static void give(size_t count, size_t channels, const double *plane, uint8_t *pixels)
{
#pragma omp taskloop grainsize(64)
    for (size_t begin = 0; begin < count; begin += RUN) {
        uint8_t bytes[RUN];
        const size_t run = run_from(begin, count);
        narrow(run, plane + begin, bytes);
        for (size_t i = 0; i < run; ++i)
            pixels[(begin + i) * channels] = bytes[i];
    }
}

/* The plane through both transforms. Between the two ways it is scratch. */
static void filter_plane(const NoiseFilter *filter, WaveletTree *tree, double *plane)
{
    wavelet_forward(tree, plane);
    const double sigma = filter->rule == SHRINK_NONE ? 0 : wavelet_noise(tree, plane);
    if (filter->coefficient_median) {
        wavelet_median(tree, plane);
        if (filter->rule != SHRINK_NONE)
            wavelet_settle(tree, plane);
    }
    wavelet_shrink(tree, filter->rule, filter->hard, sigma);
    wavelet_inverse(tree, plane);
}

static void filter_channel(const NoiseFilter *filter, WaveletTree *tree, double *plane,
                           size_t channel, Image *image)
{
    const size_t count = image->height * image->width;
    take(count, image->channels, image->pixels + channel, plane);
    filter_plane(filter, tree, plane);
    give(count, image->channels, plane, image->pixels + channel);
}

static Status filter_channels(const NoiseFilter *filter, size_t levels, Image *image)
{
    Status status = STATUS_OK;
#pragma omp parallel
    {
        WaveletTree tree = {0};
        double *plane = NULL;
        Status own = MEMORY_NEW(&plane, image->height * image->width);
        if (own == STATUS_OK)
            own = wavelet_tree_init(&tree, image->height, image->width, levels);
        if (own != STATUS_OK) {
#pragma omp critical
            status = own;
        }
#pragma omp for schedule(dynamic)
        for (size_t c = 0; c < image->channels; ++c)
            if (own == STATUS_OK)
                filter_channel(filter, &tree, plane, c, image);
        wavelet_tree_clear(&tree);
        free(plane);
    }
    if (status != STATUS_OK)
        FAIL(status, "no memory to filter an image of %zu x %zu", image->width, image->height);
    return STATUS_OK;
}

static Status copy(const Image *image, Image *filtered)
{
    TRY(image_init(filtered, image->width, image->height, image->channels));
    memcpy(filtered->pixels, image->pixels, image->width * image->height * image->channels);
    return STATUS_OK;
}

Status noise_filter_apply(const NoiseFilter *filter, const Image *image, Image *filtered)
{
    const size_t most = wavelet_levels_most(image->height, image->width);
    const size_t levels = filter->levels < most ? filter->levels : most;
    TRY(filter->median ? image_median(image, filtered) : copy(image, filtered));
    if (levels == 0)
        return STATUS_OK;
    const Status status = filter_channels(filter, levels, filtered);
    if (status != STATUS_OK)
        image_clear(filtered);
    return status;
}
