/* See numbers.h. */
#include "nn/numbers.h"

#include <string.h>

#include "base/vector.h"

VECTORISED static void widen(size_t count, const uint16_t *restrict from, float *restrict to)
{
    for (size_t i = 0; i < count; ++i) {
        uint32_t bits = (uint32_t)from[i] << 16;
        memcpy(&to[i], &bits, sizeof bits);
    }
}

/* Rounding by adding half a unit, less one where the last kept bit is even. A NaN stays one: its
 * upper half is kept, with the quiet bit set. */
VECTORISED static void narrow(size_t count, const float *restrict from, uint16_t *restrict to)
{
    for (size_t i = 0; i < count; ++i) {
        uint32_t bits;
        memcpy(&bits, &from[i], sizeof bits);
        uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
        uint32_t nan = bits >> 16 | 0x40;
        to[i] = (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? nan : rounded);
    }
}

const float *numbers_read(Numbers from, size_t first, size_t count, float *tile)
{
    if (!from.half)
        return (const float *)from.data + first;
    widen(count, (const uint16_t *)from.data + first, tile);
    return tile;
}

float *numbers_open(Numbers to, size_t first, size_t count, bool keep, float *tile)
{
    if (!to.half)
        return (float *)to.data + first;
    if (keep)
        widen(count, (const uint16_t *)to.data + first, tile);
    return tile;
}

void numbers_close(Numbers to, size_t first, size_t count, const float *run)
{
    if (to.half)
        narrow(count, run, (uint16_t *)to.data + first);
}

void numbers_copy(Numbers from, size_t from_first, Numbers to, size_t to_first, size_t count)
{
    if (from.half == to.half) {
        size_t bytes = numbers_bytes(1, from.half);
        memcpy((char *)to.data + to_first * bytes, (const char *)from.data + from_first * bytes,
               count * bytes);
    } else if (from.half) {
        widen(count, (const uint16_t *)from.data + from_first, (float *)to.data + to_first);
    } else {
        narrow(count, (const float *)from.data + from_first, (uint16_t *)to.data + to_first);
    }
}
