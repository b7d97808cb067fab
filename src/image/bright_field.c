/* See bright_field.h. */
#include "image/bright_field.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/vector.h"

VECTORISED static void convert(const uint8_t *rgb, size_t count, uint8_t *luma, uint8_t *peak)
{
    for (size_t i = 0; i < count; ++i) {
        uint8_t red = rgb[3 * i], green = rgb[3 * i + 1], blue = rgb[3 * i + 2];
        uint8_t most = red > green ? red : green;
        luma[i] = (uint8_t)((77U * red + 150U * green + 29U * blue) >> 8);
        peak[i] = most > blue ? most : blue;
    }
}

Status light_planes_init(const Image *image, LightPlanes *planes)
{
    assert(image->channels == 3);
    size_t count = image->width * image->height;
    *planes = (LightPlanes){.width = image->width, .height = image->height};
    TRY(memory_new((void **)&planes->luma, count, 2));
    planes->peak = planes->luma + count;
    convert(image->pixels, count, planes->luma, planes->peak);
    return STATUS_OK;
}

void light_planes_clear(LightPlanes *planes)
{
    free(planes->luma);
    *planes = (LightPlanes){0};
}

/* Adds a row's bright pixels to those of its columns; returns how many it has. */
VECTORISED static uint32_t count_bright(const uint8_t *peak, size_t width, uint32_t *columns)
{
    uint32_t sum = 0;
    for (size_t x = 0; x < width; ++x) {
        uint32_t bright = peak[x] >= BRIGHT_FIELD_LEAST;
        columns[x] += bright;
        sum += bright;
    }
    return sum;
}

/* The longest run of lines of which a quarter is bright, `across` pixels being a whole one. */
static void longest_run(const uint32_t *bright, size_t lines, size_t across, size_t *first,
                        size_t *end)
{
    *first = *end = 0;
    for (size_t start = 0; start < lines;) {
        size_t stop = start;
        while (stop < lines && 4 * (size_t)bright[stop] >= across)
            ++stop;
        if (stop - start > *end - *first) {
            *first = start;
            *end = stop;
        }
        start = stop + 1;
    }
    if (4 * (*end - *first) < lines) {
        *first = 0;
        *end = lines;
    }
}

Status bright_field_find(const LightPlanes *planes, PixelBox *field)
{
    size_t width = planes->width, height = planes->height;
    uint32_t *columns;
    TRY(MEMORY_NEW(&columns, width + height));
    uint32_t *rows = columns + width;
    for (size_t y = 0; y < height; ++y)
        rows[y] = count_bright(planes->peak + y * width, width, columns);
    longest_run(columns, width, height, &field->x0, &field->x1);
    longest_run(rows, height, width, &field->y0, &field->y1);
    free(columns);
    return STATUS_OK;
}
