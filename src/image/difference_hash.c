/* See difference_hash.h. */
#include "image/difference_hash.h"

#include <math.h>

enum { LONG = 17, SHORT = 8, CELLS = LONG * SHORT };

/* Fewer neighbours that differ by a grey level than this: a blank picture. */
enum { LEAST_DIFFERENCES = 64 };

/* Where cell `index` of `cells` begins between `first` and `end`; at least one pixel before the
 * last possible place, so that cells of tiny pictures repeat pixels and are never empty. */
static size_t edge(size_t first, size_t end, size_t index, size_t cells)
{
    return first + index * (end - first) / cells;
}

static uint32_t sum_of(const uint8_t *luma, size_t count)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; ++i)
        sum += luma[i];
    return sum;
}

/* Mean luma of columns x rows cells of the field. */
static void average(const LightPlanes *planes, const PixelBox *field, size_t columns, size_t rows,
                    double *means /* rows x columns */)
{
    for (size_t row = 0; row < rows; ++row) {
        size_t top = edge(field->y0, field->y1, row, rows);
        size_t bottom = edge(field->y0, field->y1, row + 1, rows);
        bottom = bottom > top ? bottom : top + 1;
        for (size_t column = 0; column < columns; ++column) {
            size_t left = edge(field->x0, field->x1, column, columns);
            size_t right = edge(field->x0, field->x1, column + 1, columns);
            right = right > left ? right : left + 1;
            uint64_t sum = 0;
            for (size_t y = top; y < bottom; ++y)
                sum += sum_of(planes->luma + y * planes->width + left, right - left);
            means[row * columns + column] = (double)sum / (double)((bottom - top) * (right - left));
        }
    }
}

/* Bit `bit` of the hash: is cell `a` brighter than `b`? */
static void compare(DifferenceHash *hash, size_t bit, double a, double b, size_t *differences)
{
    if (a > b)
        hash->words[bit / 64] |= UINT64_C(1) << (bit % 64);
    *differences += fabs(a - b) >= 1;
}

DifferenceHash difference_hash(const LightPlanes *planes, const PixelBox *field)
{
    DifferenceHash hash = {0};
    double means[CELLS];
    size_t bit = 0, differences = 0;
    average(planes, field, LONG, SHORT, means);
    for (size_t i = 0; i < CELLS; ++i)
        if (i % LONG != 0)
            compare(&hash, bit++, means[i], means[i - 1], &differences);
    average(planes, field, SHORT, LONG, means);
    for (size_t i = SHORT; i < CELLS; ++i)
        compare(&hash, bit++, means[i], means[i - SHORT], &differences);
    hash.telling = differences >= LEAST_DIFFERENCES;
    return hash;
}
