/* Sixteen numbers at once of an array of either kind, for loops whose sums shall stay in registers.
 *
 * Bodies written with these are compiled into functions marked VECTORISED, with `half` a constant
 * there, so that each instruction set and kind of array gets a loop of its own. Vectors are handed
 * on by their address, as how they are returned depends on the instruction set. Arithmetic is that
 * of numbers.h: float32, written to bfloat16 rounded to nearest, ties to even, a NaN kept.
 *
 * Processors with AVX512_BF16 round so in one instruction in place of ten, but that they make zero
 * of what is below 2^-126. A body that is given `own` takes it, and is compiled into two functions:
 * a VECTORISED one, and an OWN_ROUNDING one for where lanes_own_rounding() holds.
 */
#ifndef GISD_NN_LANES_H
#define GISD_NN_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/processor.h"

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

#ifdef __x86_64__
#define OWN_ROUNDING __attribute__((target("arch=x86-64-v4,avx512bf16")))

static inline bool lanes_own_rounding(void)
{
    return processor_has_avx512() && processor_has_half();
}
#else
#define OWN_ROUNDING

static inline bool lanes_own_rounding(void)
{
    return false;
}
#endif

/* As lanes_write() to bfloat16. */
INLINE void lanes_round(uint16_t *to, bool own, size_t at, const Lanes *numbers)
{
#ifdef __x86_64__
    if (own) {
        LaneHalves halves;
        __asm__("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"(*numbers));
        memcpy(to + at, &halves, sizeof halves);
        return;
    }
#endif
    lanes_write(to, true, at, numbers);
}

#endif
