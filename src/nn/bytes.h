/* Convolutions in 8 bits: which ones, what their inputs reach up to, and their weights.
 *
 * The input is kept as whole multiples of one step for the whole map (Numbers), 0 to 255 where it
 * cannot be negative, as behind a ReLU, else -127 to 127. How far it reaches is measured beforehand
 * on images (infer/calibration.h). Weights, as they are packed (standardised, with a norm folded
 * in), are -127 to 127 times a scale for each output channel. Sums are whole 32-bit numbers, exact,
 * and become float32 times step and scale on their way out; everything else stays as it is.
 */
#ifndef GISD_NN_BYTES_H
#define GISD_NN_BYTES_H

#include "nn/engine.h"

/* How far the input of a convolution reaches, by the name of its weights. */
typedef struct {
    char *weight;
    float limit; /* the magnitude from which on the input is cut off */
    bool left;   /* it is not computed in 8 bits after all: that would cost too much */
} InputRange;

/* Owned through input_ranges_clear(). */
typedef struct {
    size_t count, capacity;
    InputRange *items;
} InputRanges;

void input_ranges_clear(InputRanges *ranges);

/* NULL if there is none. */
const InputRange *input_ranges_find(const InputRanges *ranges, const char *weight);

/* Adds one; the name is copied. */
Status input_ranges_add(InputRanges *ranges, const char *weight, float limit);

/* Whether a convolution of this shape is computed in 8 bits: by its channels and pixels alone. What
 * has few of them, as the first layer and those that give the answers, takes little time and is
 * left as it is. */
bool bytes_fit(const ConvolutionShape *shape);

/* What one step of the input stands for. */
float bytes_step(float limit, bool sign);

/* Weights (O x I x KH x KW) as whole numbers and the scale of each output channel (O). */
void bytes_weights(const ConvolutionShape *shape, const float *weights, int8_t *whole,
                   float *scales);

#endif
