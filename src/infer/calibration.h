/* How far the inputs of a network's convolutions reach, measured on images, so that they can be
 * kept in 8 bits (nn/bytes.h).
 *
 * A network in float32 or bfloat16 is run on images while a Calibration observes it. Magnitudes are
 * counted in bins of an eighth of a power of two. Few numbers reach very far, and steps so wide
 * would cost all others; so the limit is the bin's end at which the mean squared error is least: a
 * twelfth of the squared step for what is below it, the squared distance for what is cut off.
 */
#ifndef GISD_INFER_CALIBRATION_H
#define GISD_INFER_CALIBRATION_H

#include "nn/net.h"

typedef struct Calibration Calibration;

Status calibration_new(Calibration **calibration);
void calibration_free(Calibration *calibration);

/* A NetObserver (nn/net.h) whose context is the Calibration: counts what a convolution in 8 bits
 * would read. STATUS_DIVERGED if that is no finite number. */
Status calibration_observe(void *calibration, const char *weight, const ConvolutionShape *shape,
                           Numbers input);

/* The limits of all that was observed. */
Status calibration_ranges(const Calibration *calibration, InputRanges *ranges);

#endif
