/* Counting colours; see colour_histogram.h. Counts are whole numbers, so their order is no matter.
 */
#include "data/colour_histogram.h"

#include <math.h>
#include <stdint.h>

void colour_histogram(const Image *image, double numbers[COLOUR_NUMBERS])
{
    const size_t pixels = image->width * image->height;
    uint64_t counts[COLOUR_NUMBERS] = {0};
    for (size_t i = 0; i < pixels; ++i) {
        const uint8_t *pixel = image->pixels + 3 * i;
        ++counts[pixel[0] / 32 * 64 + pixel[1] / 32 * 8 + pixel[2] / 32];
    }
    for (size_t i = 0; i < COLOUR_NUMBERS; ++i)
        numbers[i] = sqrt((double)counts[i] / (double)pixels);
}
