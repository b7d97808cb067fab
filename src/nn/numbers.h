/* Arrays of activations and gradients: float32, bfloat16 at half the memory traffic, or, in a net
 * for inference, 8 bits.
 *
 * bfloat16 is the upper half of a float32: the same range, 8 bits of precision. An array of 8 bits
 * holds whole multiples of its step, 0 to 255, or -127 to 127 if it has a sign; what is beyond
 * becomes the last of them. Arithmetic is always float32: an operation works on runs of at most
 * NUMBERS_TILE numbers, read into a tile that stays in the first-level cache and written back from
 * one. Runs of float32 are read and written in place, so that an operation is written once for
 * both:
 *
 *     float tile_x[NUMBERS_TILE], tile_y[NUMBERS_TILE];
 *     const float *x = numbers_read(input, at, count, tile_x);
 *     float *y = numbers_open(output, at, count, false, tile_y);
 *     ... y[0 .. count) from x[0 .. count) ...
 *     numbers_close(output, at, count, y);
 */
#ifndef GISD_NN_NUMBERS_H
#define GISD_NN_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* INT8: of inference alone, the inputs of convolutions in 8 bits where that is worth it, the rest
 * as in bfloat16, or, on a processor without it, in float32. */
typedef enum { PRECISION_F32, PRECISION_BF16, PRECISION_INT8 } Precision;

/* "f32", "bf16" or "int8", as files have it. */
const char *precision_name(Precision precision);

/* The longest run, and that of operations that can choose: the tiles of two operands and a result
 * stay in the first-level cache together. */
enum { NUMBERS_TILE = 8192, NUMBERS_RUN = 1024 };

/* Of a map that one thread goes through sooner than several would meet for it. */
enum { NUMBERS_FEW = 1 << 16 };

/* Borrowed. `data` is NULL for an array that is not there (a gradient nobody wants). */
typedef struct {
    void *data;
    bool half;  /* bfloat16, else float32, */
    float step; /* unless it is of 8 bits: what one stands for; else 0 */
    bool sign;  /* of 8 bits: may be negative */
} Numbers;

static inline size_t numbers_bytes(size_t count, bool half)
{
    return count * (half ? sizeof(uint16_t) : sizeof(float));
}

static inline size_t numbers_bytes_of(Numbers numbers, size_t count)
{
    return numbers.step > 0 ? count : numbers_bytes(count, numbers.half);
}

/* Rounded to nearest, ties to even: by adding half a unit, less one where the last kept bit is
 * even. A NaN stays one: its upper half is kept, with the quiet bit set. */
static inline uint16_t bfloat16_of(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    const uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16, nan = bits >> 16 | 0x40;
    return (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? nan : rounded);
}

static inline float float_of(uint16_t half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Numbers first .. first + count - 1 as float32; in `tile` (count), or in place. */
const float *numbers_read(Numbers from, size_t first, size_t count, float *tile);

/* Room for the same run to be written; holds the present numbers if `keep`, else anything. */
float *numbers_open(Numbers to, size_t first, size_t count, bool keep, float *tile);

/* Stores what numbers_open() gave, rounded to nearest, ties to even. */
void numbers_close(Numbers to, size_t first, size_t count, const float *run);

/* Numbers first .. first + count - 1, at most NUMBERS_RUN, of a and b added up; the result may be
 * one of them. */
void numbers_sum(Numbers a, Numbers b, size_t first, size_t count, Numbers to);

/* Copies a run between arrays of any two kinds. */
void numbers_copy(Numbers from, size_t from_first, Numbers to, size_t to_first, size_t count);

#endif
