/* See view_filter.h. */
#include "data/view_filter.h"

#include <math.h>
#include <string.h>

enum { REACH_MOST = 64 }; /* of the blur's taps to either side, pixels */

void view_gamma(float gamma, size_t size, const InputForm *form, float *input)
{
    for (size_t i = 0; i < size * size; ++i)
        for (size_t c = 0; c < 3; ++c) {
            float *value = &input[i * 3 + c];
            const float share = (*value * form->scale[c] + form->offset[c]) / 255;
            *value = (255 * powf(fmaxf(share, 0), gamma) - form->offset[c]) / form->scale[c];
        }
}

/* Blurs a row or column of `size` pixels that lie `stride` floats apart, with taps[0 .. reach] to
 * either side; beyond its ends it goes on as at them. line: room for size x 3. */
static void blur_line(size_t reach, const float *taps, size_t size, size_t stride, float *pixels,
                      float *line)
{
    for (size_t i = 0; i < size; ++i)
        memcpy(line + i * 3, pixels + i * stride, 3 * sizeof *line);
    for (size_t i = 0; i < size; ++i) {
        float sums[3] = {taps[0] * line[i * 3], taps[0] * line[i * 3 + 1],
                         taps[0] * line[i * 3 + 2]};
        for (size_t t = 1; t <= reach; ++t) {
            const float *before = line + (i > t ? i - t : 0) * 3;
            const float *after = line + (i + t < size ? i + t : size - 1) * 3;
            for (size_t c = 0; c < 3; ++c)
                sums[c] += taps[t] * (before[c] + after[c]);
        }
        memcpy(pixels + i * stride, sums, sizeof sums);
    }
}

void view_blur(double sigma, size_t size, float *input, float *line)
{
    float taps[REACH_MOST + 1];
    const size_t reach = (size_t)fmin(ceil(3 * sigma), REACH_MOST);
    double sum = 1;
    for (size_t t = 1; t <= reach; ++t)
        sum += 2 * exp(-(double)(t * t) / (2 * sigma * sigma));
    for (size_t t = 0; t <= reach; ++t)
        taps[t] = (float)(exp(-(double)(t * t) / (2 * sigma * sigma)) / sum);
    for (size_t y = 0; y < size; ++y)
        blur_line(reach, taps, size, 3, input + y * size * 3, line);
    for (size_t x = 0; x < size; ++x)
        blur_line(reach, taps, size, size * 3, input + x * 3, line);
}
