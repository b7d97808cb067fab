/* See mask.h. */
#include "model/mask.h"

#include "image/bilinear.h"

size_t mask_from_logits(size_t low, const float *logits, size_t height, size_t width, uint8_t *mask)
{
    size_t ones = 0;
    for (size_t y = 0; y < height; ++y) {
        BilinearTap row = bilinear_tap(y, height, low);
        const float *a = logits + row.first * low, *b = logits + row.second * low;
        for (size_t x = 0; x < width; ++x) {
            BilinearTap column = bilinear_tap(x, width, low);
            float top = a[column.first] + column.weight * (a[column.second] - a[column.first]);
            float bottom = b[column.first] + column.weight * (b[column.second] - b[column.first]);
            uint8_t inside = top + row.weight * (bottom - top) > 0;
            mask[y * width + x] = inside;
            ones += inside;
        }
    }
    return ones;
}
