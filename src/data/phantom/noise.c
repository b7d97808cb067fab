/* Gradient noise without tables, so that it vectorises: the gradient of a lattice point is made of
 * the two halves of its hash. See noise.h.
 */
#include "data/phantom/noise.h"

#include "base/vector.h"

/* Gradient at lattice point (i, j) times the way from it. */
static inline float corner(int32_t i, int32_t j, uint32_t seed, float dx, float dy)
{
    uint32_t h = noise_hash((uint32_t)i, (uint32_t)j, seed);
    float gx = (float)(int32_t)(h & 0xffff) * (1.0f / 32768) - 1;
    float gy = (float)(int32_t)(h >> 16) * (1.0f / 32768) - 1;
    return gx * dx + gy * dy;
}

static inline float fade(float t)
{
    return t * t * t * (t * (t * 6 - 15) + 10);
}

VECTORISED void noise_add(size_t count, const float *restrict x, const float *restrict y,
                          float frequency, uint32_t seed, float amplitude, float *restrict out)
{
    for (size_t n = 0; n < count; ++n) {
        float px = x[n] * frequency, py = y[n] * frequency;
        int32_t i = (int32_t)px, j = (int32_t)py;
        i -= px < (float)i;
        j -= py < (float)j;
        float dx = px - (float)i, dy = py - (float)j;
        float a = fade(dx), b = fade(dy);
        float top = corner(i, j, seed, dx, dy);
        top += a * (corner(i + 1, j, seed, dx - 1, dy) - top);
        float bottom = corner(i, j + 1, seed, dx, dy - 1);
        bottom += a * (corner(i + 1, j + 1, seed, dx - 1, dy - 1) - bottom);
        out[n] += amplitude * 1.6f * (top + b * (bottom - top));
    }
}
