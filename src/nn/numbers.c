/* See numbers.h. */
#include "nn/numbers.h"

#include <string.h>

#include "base/vector.h"
#include "nn/lanes.h"

const char *precision_name(Precision precision)
{
    static const char *const names[] = {"f32", "bf16", "int8"};
    return names[precision];
}

VECTORISED static void widen(size_t count, const uint16_t *restrict from, float *restrict to)
{
    for (size_t i = 0; i < count; ++i)
        to[i] = float_of(from[i]);
}

VECTORISED static void narrow(size_t count, const float *restrict from, uint16_t *restrict to)
{
    for (size_t i = 0; i < count; ++i)
        to[i] = bfloat16_of(from[i]);
}

VECTORISED static void widen_unsigned(size_t count, const uint8_t *restrict from, float step,
                                      float *restrict to)
{
    for (size_t i = 0; i < count; ++i)
        to[i] = step * (float)from[i];
}

VECTORISED static void widen_signed(size_t count, const int8_t *restrict from, float step,
                                    float *restrict to)
{
    for (size_t i = 0; i < count; ++i)
        to[i] = step * (float)from[i];
}

static void widen_bytes(Numbers from, size_t first, size_t count, float *to)
{
    if (from.sign)
        widen_signed(count, (const int8_t *)from.data + first, from.step, to);
    else
        widen_unsigned(count, (const uint8_t *)from.data + first, from.step, to);
}

/* Adding 1.5 x 2^23 rounds to nearest, ties to even, and leaves the whole number in the low bits.
 */
VECTORISED static void narrow_bytes(size_t count, const float *restrict from, float inverse,
                                    float least, float most, uint8_t *restrict to)
{
    for (size_t i = 0; i < count; ++i) {
        float steps = from[i] * inverse;
        uint32_t bits;
        steps = steps > least ? steps : least;
        steps = (steps < most ? steps : most) + 0x1.8p23F;
        memcpy(&bits, &steps, sizeof bits);
        to[i] = (uint8_t)bits;
    }
}

const float *numbers_read(Numbers from, size_t first, size_t count, float *tile)
{
    if (from.step > 0) {
        widen_bytes(from, first, count, tile);
        return tile;
    }
    if (!from.half)
        return (const float *)from.data + first;
    widen(count, (const uint16_t *)from.data + first, tile);
    return tile;
}

float *numbers_open(Numbers to, size_t first, size_t count, bool keep, float *tile)
{
    if (to.step > 0) {
        if (keep)
            widen_bytes(to, first, count, tile);
        return tile;
    }
    if (!to.half)
        return (float *)to.data + first;
    if (keep)
        widen(count, (const uint16_t *)to.data + first, tile);
    return tile;
}

void numbers_close(Numbers to, size_t first, size_t count, const float *run)
{
    if (to.step > 0)
        narrow_bytes(count, run, 1 / to.step, to.sign ? -127 : 0, to.sign ? 127 : 255,
                     (uint8_t *)to.data + first);
    else if (to.half)
        narrow(count, run, (uint16_t *)to.data + first);
}

VECTORISED static void narrow_halves(size_t count, const uint16_t *restrict from, float inverse,
                                     float least, float most, uint8_t *restrict to)
{
    for (size_t i = 0; i < count; ++i) {
        uint32_t bits = (uint32_t)from[i] << 16;
        float steps;
        memcpy(&steps, &bits, sizeof steps);
        steps *= inverse;
        steps = steps > least ? steps : least;
        steps = (steps < most ? steps : most) + 0x1.8p23F;
        memcpy(&bits, &steps, sizeof bits);
        to[i] = (uint8_t)bits;
    }
}

/* Where one of them is of 8 bits. */
static void copy_bytes(Numbers from, size_t from_first, Numbers to, size_t to_first, size_t count)
{
    if (from.half && to.step > 0) {
        narrow_halves(count, (const uint16_t *)from.data + from_first, 1 / to.step,
                      to.sign ? -127 : 0, to.sign ? 127 : 255, (uint8_t *)to.data + to_first);
        return;
    }
    for (size_t done = 0; done < count; done += NUMBERS_RUN) {
        const size_t size = count - done < NUMBERS_RUN ? count - done : NUMBERS_RUN;
        float tile_from[NUMBERS_RUN], tile_to[NUMBERS_RUN];
        float *run = numbers_open(to, to_first + done, size, false, tile_to);
        memcpy(run, numbers_read(from, from_first + done, size, tile_from), size * sizeof *run);
        numbers_close(to, to_first + done, size, run);
    }
}

void numbers_copy(Numbers from, size_t from_first, Numbers to, size_t to_first, size_t count)
{
    if (from.step > 0 || to.step > 0) {
        copy_bytes(from, from_first, to, to_first, count);
    } else if (from.half == to.half) {
        size_t bytes = numbers_bytes(1, from.half);
        memcpy((char *)to.data + to_first * bytes, (const char *)from.data + from_first * bytes,
               count * bytes);
    } else if (from.half) {
        widen(count, (const uint16_t *)from.data + from_first, (float *)to.data + to_first);
    } else {
        narrow(count, (const float *)from.data + from_first, (uint16_t *)to.data + to_first);
    }
}

VECTORISED static void sum(size_t count, const float *a, const float *b, float *to)
{
    INDEPENDENT_TURNS
    for (size_t i = 0; i < count; ++i)
        to[i] = a[i] + b[i];
}

/* The same over bfloat16; count is a multiple of LANES. */
INLINE void sum_lanes(size_t count, const uint16_t *a, const uint16_t *b, bool own, uint16_t *to)
{
    for (size_t i = 0; i < count; i += LANES) {
        Lanes one, other;
        lanes_read(a, true, i, &one);
        lanes_read(b, true, i, &other);
        one += other;
        lanes_round(to, own, i, &one);
    }
}

VECTORISED static void sum_halves(size_t count, const uint16_t *a, const uint16_t *b, uint16_t *to)
{
    sum_lanes(count, a, b, false, to);
}

OWN_ROUNDING static void sum_halves_own(size_t count, const uint16_t *a, const uint16_t *b,
                                        uint16_t *to)
{
    sum_lanes(count, a, b, true, to);
}

void numbers_sum(Numbers a, Numbers b, size_t first, size_t count, Numbers to)
{
    float tile_a[NUMBERS_RUN], tile_b[NUMBERS_RUN], tile_to[NUMBERS_RUN];
    if (a.half && b.half && to.half && count % LANES == 0) {
        (lanes_own_rounding() ? sum_halves_own : sum_halves)(
            count, (const uint16_t *)a.data + first, (const uint16_t *)b.data + first,
            (uint16_t *)to.data + first);
        return;
    }
    float *run = numbers_open(to, first, count, false, tile_to);
    sum(count, numbers_read(a, first, count, tile_a), numbers_read(b, first, count, tile_b), run);
    numbers_close(to, first, count, run);
}
