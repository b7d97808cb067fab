/* Sides of a network's square input, pixels, of which each step of a training sees one.
 *
 * Which one is a function of seed and step alone: the same on every rank, and after a resume.
 */
#ifndef GISD_DATA_INPUT_SIZES_H
#define GISD_DATA_INPUT_SIZES_H

#include <stddef.h>
#include <stdint.h>

enum { INPUT_SIZES_MOST = 8 };

typedef struct {
    size_t count;
    size_t sides[INPUT_SIZES_MOST]; /* count, ascending, each once */
} InputSizes;

/* There must be at least one. */
size_t input_sizes_largest(const InputSizes *sizes);

/* That of step `step` of the training, counted from 0; all are drawn equally often. */
size_t input_sizes_draw(const InputSizes *sizes, uint64_t seed, size_t step);

/* Puts one more in its place, unless it is there; there must be room. */
void input_sizes_add(InputSizes *sizes, size_t side);

#endif
