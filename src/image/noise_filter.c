/* See noise_filter.h. A colour is a plane of doubles, and each thread takes colours. */
#include "image/noise_filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "image/median.h"

enum { CHANNELS_MOST = 3 };

NoiseFilter noise_filter_defaults(void)
{
    return (NoiseFilter){.median = true,
                         .levels = 1,
                         .coefficient_median = true,
                         .rule = SHRINK_UNIVERSAL,
                         .hard = false};
}

VECTORISED static void take(size_t count, size_t channels, const uint8_t *restrict pixels,
                            double *restrict plane)
{
    for (size_t i = 0; i < count; ++i)
        plane[i] = pixels[i * channels];
}

VECTORISED static void give(size_t count, size_t channels, const double *restrict plane,
                            uint8_t *restrict pixels)
{
    for (size_t i = 0; i < count; ++i) {
        double value = plane[i] < 0 ? 0 : plane[i];
        value = value > 255 ? 255 : value;
        pixels[i * channels] = (uint8_t)(value + 0.5);
    }
}

/* The plane in the tree's room, through both transforms. */
static void filter_plane(const NoiseFilter *filter, WaveletTree *tree, double *plane,
                         double *scratch)
{
    wavelet_forward(tree, plane);
    const double sigma = filter->rule == SHRINK_NONE ? 0 : wavelet_noise(tree, scratch);
    if (filter->coefficient_median) {
        wavelet_median(tree, scratch);
        wavelet_inverse(tree, plane);
        if (filter->rule == SHRINK_NONE)
            return;
        wavelet_forward(tree, plane);
    }
    wavelet_shrink(tree, filter->rule, filter->hard, sigma);
    wavelet_inverse(tree, plane);
}

static Status filter_channel(const NoiseFilter *filter, size_t levels, size_t channel, Image *image)
{
    const size_t count = image->height * image->width;
    WaveletTree tree = {0};
    double *plane = NULL;
    Status status = MEMORY_NEW(&plane, 2 * count); /* a band of level 1 is smaller than a plane */
    if (status == STATUS_OK)
        status = wavelet_tree_init(&tree, image->height, image->width, levels);
    if (status == STATUS_OK) {
        take(count, image->channels, image->pixels + channel, plane);
        filter_plane(filter, &tree, plane, plane + count);
        give(count, image->channels, plane, image->pixels + channel);
    }
    wavelet_tree_clear(&tree);
    free(plane);
    return status;
}

static Status filter_channels(const NoiseFilter *filter, size_t levels, Image *image)
{
    Status statuses[CHANNELS_MOST] = {STATUS_OK};
#pragma omp parallel for schedule(dynamic)
    for (size_t c = 0; c < image->channels; ++c)
        statuses[c] = filter_channel(filter, levels, c, image);
    for (size_t c = 0; c < image->channels; ++c)
        if (statuses[c] != STATUS_OK)
            FAIL(statuses[c], "no memory to filter an image of %zu x %zu", image->width,
                 image->height);
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
