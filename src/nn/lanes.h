/* Sixteen numbers at once of an array of either kind, for loops whose sums shall stay in registers.
 *
 * Bodies written with these are compiled into functions marked VECTORISED, with `half` a constant
 * there, so that each instruction set and kind of array gets a loop of its own. Vectors are handed
 * on by their address, as how they are returned depends on the instruction set. Arithmetic is that
 * of numbers.h: float32, written to bfloat16 rounded to nearest, ties to even, a NaN kept.
 */
#ifndef GISD_NN_LANES_H
#define GISD_NN_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 16 };

#define INLINE static inline __attribute__((always_inline))

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef uint32_t LaneBits __attribute__((vector_size(LANES * sizeof(uint32_t))));
typedef uint16_t LaneHalves __attribute__((vector_size(LANES * sizeof(uint16_t))));

/* The numbers from number `at` on. */
INLINE void lanes_read(const void *from, bool half, size_t at, Lanes *numbers)
{
    LaneHalves halves;
    if (!half) {
        memcpy(numbers, (const float *)from + at, sizeof *numbers);
        return;
    }
    memcpy(&halves, (const uint16_t *)from + at, sizeof halves);
    *numbers = (Lanes)(__builtin_convertvector(halves, LaneBits) << 16);
}

INLINE void lanes_write(void *to, bool half, size_t at, const Lanes *numbers)
{
    if (!half) {
        memcpy((float *)to + at, numbers, sizeof *numbers);
        return;
    }
    const LaneBits bits = (LaneBits)*numbers;
    const LaneBits rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16, nan = bits >> 16 | 0x40;
    const LaneBits is_nan = (LaneBits)((bits & 0x7FFFFFFF) > 0x7F800000);
    const LaneHalves halves =
        __builtin_convertvector((is_nan & nan) | (~is_nan & rounded), LaneHalves);
    memcpy((uint16_t *)to + at, &halves, sizeof halves);
}

#endif
