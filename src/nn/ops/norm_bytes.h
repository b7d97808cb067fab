/* The last step of a norm whose map is for convolutions in 8 bits; private to nn/. */
#ifndef GISD_NN_OPS_NORM_BYTES_H
#define GISD_NN_OPS_NORM_BYTES_H

#include "nn/node.h"

/* y = max(floor, a (x - mean) + beta); `channels`, a multiple of LANES, of each. */
typedef struct {
    size_t channels;
    const float *mean, *a, *beta;
    float floor;
} NormBytes;

/* Whether this processor can: else norm.c does it through tiles. */
bool norm_bytes_can(void);

/* So many pixels of bfloat16 to whole multiples of to.step, rounded to nearest, ties to even. */
void norm_to_bytes(size_t pixels, const uint16_t *from, Numbers to, const NormBytes *norm);

#endif
