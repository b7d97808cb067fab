/* Counting colours; see colour_histogram.h. Counts are whole numbers, so their order is no matter.
 */
#include "data/colour_histogram.h"

#include <math.h>
#include <stdint.h>

enum {
    CHANNEL_BINS = 16,
    JOINT_FROM = 48,
    HUE_FROM = JOINT_FROM + 64,
    MOMENTS_FROM = HUE_FROM + 24
};

/* The bin of hue in sixths of the circle, each cut into four; -1: grey. In whole numbers. */
static int hue_bin(int red, int green, int blue)
{
    int most = red > green ? red : green, least = red < green ? red : green;
    most = most > blue ? most : blue;
    least = least < blue ? least : blue;
    int span = most - least, sixth, over;
    if (span == 0)
        return -1;
    if (most == red) {
        sixth = 0;
        over = green - blue;
    } else if (most == green) {
        sixth = 2;
        over = blue - red;
    } else {
        sixth = 4;
        over = red - green;
    }
    int quarters = 4 * over; /* of a sixth, times span, rounded down */
    int quarter = quarters >= 0 ? quarters / span : -((-quarters + span - 1) / span);
    return (4 * sixth + quarter + 24) % 24;
}

void colour_histogram(const Image *image, double numbers[COLOUR_NUMBERS])
{
    const size_t pixels = image->width * image->height;
    uint64_t counts[MOMENTS_FROM] = {0}, sum[3] = {0}, squares[3] = {0};
    for (size_t i = 0; i < pixels; ++i) {
        const uint8_t *pixel = image->pixels + 3 * i;
        for (size_t c = 0; c < 3; ++c) {
            ++counts[c * CHANNEL_BINS + pixel[c] / 16];
            sum[c] += pixel[c];
            squares[c] += (uint64_t)pixel[c] * pixel[c];
        }
        ++counts[JOINT_FROM + pixel[0] / 64 * 16 + pixel[1] / 64 * 4 + pixel[2] / 64];
        int hue = hue_bin(pixel[0], pixel[1], pixel[2]);
        if (hue >= 0)
            ++counts[HUE_FROM + hue];
    }
    for (size_t i = 0; i < MOMENTS_FROM; ++i)
        numbers[i] = (double)counts[i] / (double)pixels;
    for (size_t c = 0; c < 3; ++c) {
        double mean = (double)sum[c] / (double)pixels;
        double variance = (double)squares[c] / (double)pixels - mean * mean;
        numbers[MOMENTS_FROM + c] = mean / 255;
        numbers[MOMENTS_FROM + 3 + c] = variance > 0 ? sqrt(variance) / 255 : 0;
    }
}
