/* Two gradients of one parameter in bfloat16, of sibling shards, in the memory of one in float32.
 *
 * They lie side by side in blocks, the lower one's part of a block before the upper one's. So each
 * is gone through without the other, in half the memory traffic, and by one thread while another
 * has the other; and what both come to can take their place, block by block.
 *
 * `array` (count) is borrowed by all functions.
 */
#ifndef GISD_TRAIN_HALVES_H
#define GISD_TRAIN_HALVES_H

#include <stdbool.h>
#include <stddef.h>

/* Rounds numbers first .. first + run - 1 of a gradient, which begin at `numbers`, to the half's
 * place. `soon`: what is there was just read, or soon will be. */
void halves_keep(float *array, size_t count, bool upper, size_t first, size_t run,
                 const float *numbers, bool soon);

/* Adds to numbers what is kept of these. */
void halves_add(const float *array, size_t count, bool upper, size_t first, size_t run,
                float *numbers);

/* The array becomes the sum of both, or what the upper half is, in float32. */
void halves_sum(float *array, size_t count);
void halves_widen(float *array, size_t count);

#endif
