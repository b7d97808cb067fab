/* How far simple numbers of an image tell its class, without a network: colours, or what was laid
 * over the frame.
 *
 * A logistic regression for each class (logistic.h) learns from the training images, with the C, of
 * five, whose loss on the validation images is least. The predicted class is that of the largest
 * score; the lesion's score is how far an image is from normal. A network that is no better has
 * learnt no more than these numbers.
 */
#ifndef GISD_EVAL_LINEAR_BASELINE_H
#define GISD_EVAL_LINEAR_BASELINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/split.h"

typedef struct {
    size_t count, classes;  /* images; classes with normal, which is 0 */
    size_t width;           /* numbers an image */
    double *numbers;        /* count x width; their order is lost */
    const size_t *truth;    /* count: class */
    const Split *splits;    /* count */
    Split test;             /* what is tested on */
    const uint32_t *groups; /* count: patients; NULL: an image is its own */
} BaselineInput;

/* With the 95 % interval over the groups (interval.h); NaN where not defined. */
typedef struct {
    double value, low, high;
} BaselineFigure;

typedef struct {
    BaselineFigure auc; /* lesion against normal */
    BaselineFigure f1;  /* macro, of all classes */
} BaselineFigures;

/* Learns and tests, on all OpenMP threads. STATUS_ARGUMENT: a class that no training image has, or
 * all have, or no image to test on. */
Status linear_baseline(const BaselineInput *input, BaselineFigures *figures);

#endif
