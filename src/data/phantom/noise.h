/* Smooth noise: gradient noise (Perlin) on a hashed lattice. */
#ifndef GISD_DATA_PHANTOM_NOISE_H
#define GISD_DATA_PHANTOM_NOISE_H

#include <stddef.h>
#include <stdint.h>

/* out[i] += amplitude * noise(frequency * x[i], frequency * y[i]); the noise is a function of its
 * seed and place alone, about -1 to 1 with mean 0, and varies over a length of 1. */
void noise_add(size_t count, const float *x, const float *y, float frequency, uint32_t seed,
               float amplitude, float *out);

/* A well-mixed number from three. */
static inline uint32_t noise_hash(uint32_t a, uint32_t b, uint32_t seed)
{
    uint32_t h = a * 0x8da6b343u ^ b * 0xd8163841u ^ seed * 0xcb1ab31fu;
    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    h *= 0x846ca68bu;
    return h ^ h >> 16;
}

#endif
