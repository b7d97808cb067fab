/* Published weights: under which names, in which order of dimensions, other programs keep the
 * parameters of networks that are here too. */
#ifndef GISD_INFER_PUBLISHED_H
#define GISD_INFER_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>

#include "image/input_form.h"
#include "nn/parameters.h"

enum { PUBLISHED_NAME_BYTES = 128 };

/* How the numbers of a tensor lie. */
typedef enum {
    PUBLISHED_SAME, /* as here: O x I x H x W, O x I, or a vector */
    PUBLISHED_HWIO, /* TensorFlow's: H x W x I x O */
    PUBLISHED_FLAT, /* a convolution over the whole map, O x C x H x W, for a linear layer's O x I
                     */
    /* Of VGG16's linear layers the numbers that SSD's convolutions begin with: every fourth output;
     * for a 3 x 3 kernel every third place of the 7 x 7 map, for a 1 x 1 one every fourth input. */
    PUBLISHED_DECIMATED,
} PublishedLayout;

typedef struct {
    char name[PUBLISHED_NAME_BYTES];
    PublishedLayout layout;
} PublishedTensor;

typedef struct {
    const char *title;         /* for people */
    const char *architectures; /* whose parameters it has; names with a blank on both sides */
    const char *mark;          /* a tensor by which its files are known; NULL: darknet's .weights,
                                  of the network's first layers, however many */
    const char *head;          /* prefix of what belongs to the classes that it was trained on */
    /* The tensor of a parameter; false: the file has none. */
    bool (*place)(const char *parameter, PublishedTensor *tensor);
    const InputForm
        *input;        /* its pictures, where they are not those of the architecture; else NULL */
    const char *first; /* with `input`: the layer that sees them, NAME of NAME.weight */
} PublishedNames;

size_t published_count(void);
const PublishedNames *published_at(size_t position);

/* Whether it is for that architecture. */
bool published_serves(const PublishedNames *names, const char *architecture);

/* Whether a tensor of that shape holds the parameter in that layout. */
bool published_fits(const Parameter *parameter, PublishedLayout layout, size_t rank,
                    const size_t *dims);

/* Brings a tensor's numbers, in that layout, into the parameter's order. */
void published_arrange(const Parameter *parameter, PublishedLayout layout, const float *from,
                       float *to /* parameter->count */);

/* Makes the first layer, a convolution that learnt on pictures in the form `was`, answer to
 * pictures in the form `is` as it did to those. Only at the border, where zeros are padded, it
 * answers to the mean pixel of `is` in place of that of `was`. */
void published_adapt(const InputForm *was, const InputForm *is, Parameter *weight, Parameter *bias);

#endif
