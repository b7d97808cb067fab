/* oneDNN's convolution with the weights' gradient as matrix products of its own, an engine for some
 * shapes beside the one that a net is given. */
#ifndef GISD_NN_ENGINES_PRODUCTS_H
#define GISD_NN_ENGINES_PRODUCTS_H

#include "nn/engine.h"

/* Whether it shall compute this shape in a net for training that is given oneDNN: a rule of the
 * shape and the kind of processor alone. */
bool products_fit(const ConvolutionShape *shape);

/* NULL in a build without oneDNN. */
const Engine *engine_products(void);

#endif
