/* Winograd's minimal filtering F(2x2, 3x3) in bfloat16, all three directions: an engine for 3x3
 * convolutions of stride 1 on processors with AVX-512's dot products of bfloat16 and without tiles
 * of AMX, which multiply so quickly that the transforms would not pay.
 */
#ifndef GISD_NN_ENGINES_WINOGRAD_HALF_H
#define GISD_NN_ENGINES_WINOGRAD_HALF_H

#include "nn/engine.h"

/* Whether this convolution on this processor is quicker so than directly: by shape alone. */
bool winograd_half_fits(const ConvolutionShape *shape);

/* As engine.h says, for shapes that fit; a convolution without the activation of 8 bits. NULL in
 * a build for another kind of processor. */
const Engine *engine_winograd_half(void);

#endif
