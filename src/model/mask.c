/* See mask.h. */
#include "model/mask.h"

/* The two source positions around a target one, and the weight of the second. */
typedef struct {
    size_t lower, upper;
    float weight;
} Tap;

static Tap tap(size_t target, size_t out, size_t in)
{
    float scale = (float)in / (float)out;
    float position = ((float)target + 0.5F) * scale - 0.5F;
    if (position < 0)
        position = 0;
    size_t lower = (size_t)position;
    if (lower > in - 1)
        lower = in - 1;
    size_t upper = lower + 1 < in ? lower + 1 : lower;
    return (Tap){lower, upper, position - (float)lower};
}

size_t mask_from_logits(size_t low, const float *logits, size_t height, size_t width, uint8_t *mask)
{
    size_t ones = 0;
    for (size_t y = 0; y < height; ++y) {
        Tap row = tap(y, height, low);
        const float *a = logits + row.lower * low, *b = logits + row.upper * low;
        for (size_t x = 0; x < width; ++x) {
            Tap column = tap(x, width, low);
            float top = a[column.lower] + column.weight * (a[column.upper] - a[column.lower]);
            float bottom = b[column.lower] + column.weight * (b[column.upper] - b[column.lower]);
            uint8_t inside = top + row.weight * (bottom - top) > 0;
            mask[y * width + x] = inside;
            ones += inside;
        }
    }
    return ones;
}
