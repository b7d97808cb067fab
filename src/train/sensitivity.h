/* What each convolution in 8 bits does to a network's answers, and which ones are better left as
 * they are. */
#ifndef GISD_TRAIN_SENSITIVITY_H
#define GISD_TRAIN_SENSITIVITY_H

#include "train/checkpoint_evaluation.h"

typedef struct {
    size_t range; /* its place among the model's ranges */
    double error; /* of all outputs, in their variances, where this one alone is in 8 bits */
    double macs;  /* of an image */
} Sensitivity;

/* Runs the network on some of the images, evenly from all, as it is and with one convolution after
 * the other in 8 bits; `of` is in 8 bits, `before` is how it was, and the parameters are read.
 * *found (a row for each of the model's ranges) is released with free(). The worst come first: by
 * error for each multiply-add. */
Status sensitivity_measure(const CheckpointEvaluation *of, Precision before,
                           ParameterList *parameters, Sensitivity **found);

/* Leaves the first ones as they are, up to that share of the multiply-adds of all; the others are
 * in 8 bits. Returns how many are left. */
size_t sensitivity_leave(size_t count, const Sensitivity *found, double share, InputRanges *ranges);

#endif
