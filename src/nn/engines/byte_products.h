/* 1x1 convolutions of maps in 8 bits, an engine for some shapes beside the one that a net is given.
 */
#ifndef GISD_NN_ENGINES_BYTE_PRODUCTS_H
#define GISD_NN_ENGINES_BYTE_PRODUCTS_H

#include "nn/engine.h"

/* Whether it shall compute this shape in a net for inference: a rule of the shape and the kind of
 * processor alone. */
bool byte_products_fit(const ConvolutionShape *shape);

/* NULL where the program was built for other processors. */
const Engine *engine_byte_products(void);

#endif
