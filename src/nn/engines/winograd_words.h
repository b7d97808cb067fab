/* Winograd's convolution of maps in 8 bits, an engine for some shapes beside the one that a net is
 * given. */
#ifndef GISD_NN_ENGINES_WINOGRAD_WORDS_H
#define GISD_NN_ENGINES_WINOGRAD_WORDS_H

#include "nn/engine.h"

/* Whether it shall compute this shape in a net for inference: a rule of the shape and the kind of
 * processor alone. */
bool winograd_words_fits(const ConvolutionShape *shape);

/* Whether it can: 3x3 of stride 1 with an input in 8 bits, whatever it takes. */
bool winograd_words_can(const ConvolutionShape *shape);

/* NULL where the program was built for other processors. */
const Engine *engine_winograd_words(void);

#endif
