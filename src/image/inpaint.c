/* See inpaint.h. */
#include "image/inpaint.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

enum { SWEEPS = 40, CHANNELS_MOST = 3 };

/* One size of the picture, its pixels as floats. */
typedef struct {
    size_t width, height, channels;
    float *values; /* height x width x channels */
    uint8_t *missing;
} Level;

static Status level_init(Level *level, size_t width, size_t height, size_t channels)
{
    *level = (Level){.width = width, .height = height, .channels = channels};
    TRY(MEMORY_NEW(&level->values, width * height * channels));
    return MEMORY_NEW(&level->missing, width * height);
}

static void level_clear(Level *level)
{
    free(level->values);
    free(level->missing);
    *level = (Level){0};
}

/* A pixel of half the size is the mean of those known of its four, and missing where none is. */
static void halve(const Level *fine, Level *coarse)
{
    for (size_t y = 0; y < coarse->height; ++y)
        for (size_t x = 0; x < coarse->width; ++x) {
            float sum[CHANNELS_MOST] = {0};
            unsigned known = 0;
            for (size_t i = 0; i < 4; ++i) {
                const size_t fx = 2 * x + i % 2, fy = 2 * y + i / 2;
                const size_t at = fy * fine->width + fx;
                if (fx >= fine->width || fy >= fine->height || fine->missing[at])
                    continue;
                ++known;
                for (size_t c = 0; c < fine->channels; ++c)
                    sum[c] += fine->values[at * fine->channels + c];
            }
            const size_t at = y * coarse->width + x;
            coarse->missing[at] = known == 0;
            for (size_t c = 0; c < fine->channels && known > 0; ++c)
                coarse->values[at * fine->channels + c] = sum[c] / (float)known;
        }
}

static void take_start(const Level *coarse, Level *fine)
{
    for (size_t y = 0; y < fine->height; ++y)
        for (size_t x = 0; x < fine->width; ++x) {
            const size_t at = y * fine->width + x, from = y / 2 * coarse->width + x / 2;
            for (size_t c = 0; c < fine->channels && fine->missing[at]; ++c)
                fine->values[at * fine->channels + c] = coarse->values[from * fine->channels + c];
        }
}

/* Sets a missing pixel to the mean of its neighbours; beyond the border there are none. */
static void relax(Level *level, size_t x, size_t y)
{
    const size_t width = level->width, channels = level->channels, at = y * width + x;
    for (size_t c = 0; c < channels; ++c) {
        float sum = 0, count = 0;
        if (x > 0)
            sum += level->values[(at - 1) * channels + c], ++count;
        if (x + 1 < width)
            sum += level->values[(at + 1) * channels + c], ++count;
        if (y > 0)
            sum += level->values[(at - width) * channels + c], ++count;
        if (y + 1 < level->height)
            sum += level->values[(at + width) * channels + c], ++count;
        level->values[at * channels + c] = sum / count;
    }
}

/* There and back, so that no direction is preferred. */
static void sweep(Level *level)
{
    const size_t count = level->width * level->height;
    for (size_t i = 0; i < count; ++i)
        if (level->missing[i])
            relax(level, i % level->width, i / level->width);
    for (size_t i = count; i-- > 0;)
        if (level->missing[i])
            relax(level, i % level->width, i / level->width);
}

static bool any(const Level *level, bool missing)
{
    for (size_t i = 0; i < level->width * level->height; ++i)
        if ((level->missing[i] != 0) == missing)
            return true;
    return false;
}

/* As deep as the logarithm of the picture's size. Something is known. */
static Status solve(Level *level)
{
    if (!any(level, true))
        return STATUS_OK;
    Level coarse;
    Status status =
        level_init(&coarse, (level->width + 1) / 2, (level->height + 1) / 2, level->channels);
    if (status == STATUS_OK) {
        halve(level, &coarse);
        status = solve(&coarse);
    }
    if (status == STATUS_OK) {
        take_start(&coarse, level);
        for (int i = 0; i < SWEEPS; ++i)
            sweep(level);
    }
    level_clear(&coarse);
    return status;
}

static uint8_t rounded(float value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5f);
}

Status inpaint(Image *image, const uint8_t *missing)
{
    const size_t count = image->width * image->height, channels = image->channels;
    Level level;
    Status status = level_init(&level, image->width, image->height, channels);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < count; ++i)
            level.missing[i] = missing[i] != 0;
        for (size_t i = 0; i < count * channels; ++i)
            level.values[i] = image->pixels[i];
        if (any(&level, false))
            status = solve(&level);
    }
    for (size_t i = 0; status == STATUS_OK && i < count * channels; ++i)
        if (level.missing[i / channels])
            image->pixels[i] = rounded(level.values[i]);
    level_clear(&level);
    return status;
}
