/* Winograd's convolution in float32, an engine for some shapes beside the one that a net is given.
 */
#ifndef GISD_NN_ENGINES_WINOGRAD_H
#define GISD_NN_ENGINES_WINOGRAD_H

#include "nn/engine.h"

/* Whether it shall compute this shape in a net for inference: a rule of the shape alone, so that
 * the same network gives the same bits wherever it answers. */
bool winograd_fits(const ConvolutionShape *shape);

/* The same for a net for training; fewer shapes, since their weights take more memory there. */
bool winograd_trains(const ConvolutionShape *shape);

const Engine *engine_winograd(void);

#endif
