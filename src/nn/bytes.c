/* See bytes.h. */
#include "nn/bytes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { CHANNELS_LEAST = 32, PIXELS_LEAST = 16, MOST_UNSIGNED = 255, MOST_SIGNED = 127 };

void input_ranges_clear(InputRanges *ranges)
{
    for (size_t i = 0; i < ranges->count; ++i)
        free(ranges->items[i].weight);
    free(ranges->items);
    *ranges = (InputRanges){0};
}

const InputRange *input_ranges_find(const InputRanges *ranges, const char *weight)
{
    for (size_t i = 0; i < ranges->count; ++i)
        if (strcmp(ranges->items[i].weight, weight) == 0)
            return &ranges->items[i];
    return NULL;
}

Status input_ranges_add(InputRanges *ranges, const char *weight, float limit)
{
    TRY(MEMORY_GROW(&ranges->items, ranges->count + 1, &ranges->capacity));
    InputRange *range = &ranges->items[ranges->count];
    TRY(memory_copy_text(weight, &range->weight));
    range->limit = limit;
    ++ranges->count;
    return STATUS_OK;
}

bool bytes_fit(const ConvolutionShape *shape)
{
    const Shape out = convolution_output(shape);
    return shape->input.c >= CHANNELS_LEAST && out.c >= CHANNELS_LEAST &&
           out.h * out.w >= PIXELS_LEAST;
}

/* A map that is zero everywhere has a step, too. */
float bytes_step(float limit, bool sign)
{
    return (limit > 0 ? limit : 1) / (float)(sign ? MOST_SIGNED : MOST_UNSIGNED);
}

void bytes_weights(const ConvolutionShape *shape, const float *weights, int8_t *whole,
                   float *scales)
{
    const size_t count = shape->input.c * shape->kernel_h * shape->kernel_w;
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < shape->output_channels; ++o) {
        const float *filter = weights + o * count;
        float most = 0;
        for (size_t i = 0; i < count; ++i)
            most = fmaxf(most, fabsf(filter[i]));
        scales[o] = bytes_step(most, true);
        for (size_t i = 0; i < count; ++i)
            whole[o * count + i] = (int8_t)lrintf(filter[i] / scales[o]);
    }
}
