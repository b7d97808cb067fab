/* Where a pixel of an enlarged map is interpolated from.
 *
 * Pixel centres lie at half-integers (PyTorch's align_corners = false): output pixel i of n stands
 * at max(0, (i + 1/2) m / n - 1/2) of the m source pixels, between `first` and its neighbour
 * `second`, which is `first` again at the border: (1 - weight) x [first] + weight x [second].
 */
#ifndef GISD_IMAGE_BILINEAR_H
#define GISD_IMAGE_BILINEAR_H

#include <stddef.h>

typedef struct {
    size_t first, second;
    float weight; /* of the second */
} BilinearTap;

/* The tap of a position, in source pixels from the centre of the first of m. */
static inline BilinearTap bilinear_tap_at(double position, size_t m)
{
    if (position < 0)
        position = 0;
    size_t first = (size_t)position;
    if (first > m - 1)
        first = m - 1;
    return (BilinearTap){first, first + 1 < m ? first + 1 : first,
                         (float)(position - (double)first)};
}

/* The tap of output pixel i, its position in float32 as PyTorch has it. */
static inline BilinearTap bilinear_tap(size_t i, size_t n, size_t m)
{
    float position = ((float)i + 0.5F) * ((float)m / (float)n) - 0.5F;
    return bilinear_tap_at((double)position, m);
}

#endif
