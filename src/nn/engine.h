/* Convolution engines: the heavy arithmetic behind one small table of functions.
 *
 * A plan is made once for a shape; it borrows memory for the engine's packed copies of the weights,
 * one for each direction, which set_weights() fills, and a workspace. Activations are plain NHWC,
 * float32 or bfloat16, plain weights O x I x KH x KW float32. A plan is used by one thread at a
 * time, different plans by any; what engines keep for the whole process is guarded. Both engines
 * give the same numbers up to rounding and are tested against the same naive loop.
 *
 * An engine may cut its work for as many OpenMP threads as there are where the plan is made, and so
 * round differently with another number of them. Backward must run with that number (net_run.c sees
 * to it).
 */
#ifndef GISD_NN_ENGINE_H
#define GISD_NN_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "nn/numbers.h"
#include "nn/shape.h"

/* What becomes of each number of the result. Written so that a NaN passes: a network that has gone
 * astray must be seen at its outputs. */
typedef enum { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_LEAKY_RELU } Activation;

/* A negative number times NET_LEAK, as darknet's "leaky". */
#define NET_LEAK 0.1F

typedef struct {
    Shape input;
    size_t output_channels;
    size_t kernel_h, kernel_w;
    size_t stride;
    size_t pad_h, pad_w; /* zeros on each side */
    size_t dilation;     /* 1: dense */
    bool bias;
    bool half; /* activations and their gradients are bfloat16, else float32 */
    /* Only without backward directions: */
    float step;    /* the input is of 8 bits, and this is what one stands for (bytes.h); else 0 */
    bool sign;     /* of 8 bits: with a sign */
    bool residual; /* what the output holds before is added to */
    Activation activation;
} ConvolutionShape;

/* Shape of the convolution's result. */
Shape convolution_output(const ConvolutionShape *shape);

bool convolution_same(const ConvolutionShape *a, const ConvolutionShape *b);

/* Adds the sums over all pixels of the output's gradient, which has this shape, to the bias' (O):
 * over runs of pixels in float, over the runs in double. */
void convolution_bias_gradient(Shape shape, Numbers output_gradient, float *bias_gradient);

typedef struct ConvolutionPlan ConvolutionPlan; /* each engine's own */

/* The directions that compute with weights. */
typedef enum { PACK_FORWARD, PACK_DATA, PACKS } Pack;

/* Bytes of a plan. */
typedef struct {
    size_t packed[PACKS]; /* as packed_bytes() */
    size_t workspace;     /* as workspace_bytes() */
    size_t kernels;       /* routines that the engine compiles for it */
} EngineNeeds;

enum { ENGINE_VERSION_BYTES = 64, MOMENT_UNIT = 16 };

typedef struct {
    const char *name;

    /* The version of the library that computes, in `text`. */
    void (*version)(char text[ENGINE_VERSION_BYTES]);

    /* Whether this build on this processor computes with bfloat16 activations. */
    bool (*has_half)(void);

    /* Whether it computes with inputs of 8 bits, and quickly; NULL: it does not. */
    bool (*has_bytes)(void);

    /* Makes a plan; `data_gradient` and `weight_gradient` say which backward directions will be
     * used. */
    Status (*plan_new)(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                       ConvolutionPlan **plan);
    void (*plan_free)(ConvolutionPlan *plan);

    /* A plan that shares what the other computes with, and needs a workspace of its own, so that
     * both may run at the same time. It begins with the other's packed weights, too. The other one
     * must outlive it. */
    Status (*plan_twin)(const ConvolutionPlan *of, ConvolutionPlan **plan);

    /* What a plan would take, without making it. */
    Status (*count_needs)(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                          EngineNeeds *needs);

    /* Memory that one call works in, and its place (64-byte aligned, borrowed), to be given before
     * the first call. Plans whose calls never run at the same time may share one. */
    size_t (*workspace_bytes)(const ConvolutionPlan *plan);
    void (*set_workspace)(ConvolutionPlan *plan, void *workspace);

    /* Memory of the packed weights of a direction, and its place (64-byte aligned, borrowed). No
     * bytes for PACK_DATA: the direction is not used, or computes with what PACK_FORWARD is. */
    size_t (*packed_bytes)(const ConvolutionPlan *plan, Pack pack);
    void (*set_packed)(ConvolutionPlan *plan, Pack pack, void *packed);

    /* Packs weights (O x I x KH x KW) into that memory. Plans that have the same place share what
     * is packed there; none of them may run meanwhile. */
    Status (*set_weights)(ConvolutionPlan *plan, Pack pack, const float *weights);

    /* Of so many parts of the result forward can give the moments; 0, or NULL for all shapes: it
     * cannot. */
    size_t (*moment_parts)(const ConvolutionShape *shape);
    /* Where forward puts them from now on (parts x 2 x O / unit: of a part's pixels the sum of the
     * numbers, as the output holds them, of each `unit` channels, 1, 2, 4, 8 or MOMENT_UNIT, and of
     * their squares); NULL, as in a new plan: nowhere. */
    void (*set_moments)(ConvolutionPlan *plan, float *moments, size_t unit);

    /* output (N x OH x OW x O; float32 or bfloat16) = convolution(input) + bias (O, NULL if the
     * shape has none), plus what it held if the shape says so, then the activation. */
    Status (*forward)(ConvolutionPlan *plan, const void *input, const float *bias, void *output);

    /* input_gradient (as input) from output_gradient (as output); overwrites. */
    Status (*backward_data)(ConvolutionPlan *plan, const void *output_gradient,
                            void *input_gradient);

    /* weight_gradient (O x I x KH x KW), which is added to if `add`, else overwritten, and
     * bias_gradient (O; NULL if it is not wanted or the shape has none), which is added to. */
    Status (*backward_weights)(ConvolutionPlan *plan, const void *input,
                               const void *output_gradient, bool add, float *weight_gradient,
                               float *bias_gradient);
} Engine;

/* Gives a plan memory for all of its packed weights, to be released with free() one by one: NULL
 * where there are none. */
Status engine_give_packed(const Engine *engine, ConvolutionPlan *plan, void *packed[PACKS]);

/* The plan packs the weights for all that it does. */
Status engine_pack_all(const Engine *engine, ConvolutionPlan *plan, const float *weights);

/* Adds up `count` sums of channels, a multiple of `unit`, unit by unit. */
void engine_join_sums(size_t count, size_t unit, const float *sums, float *joined);

/* im2col and OpenBLAS' sgemm. */
const Engine *engine_blas(void);

/* oneDNN; NULL in a build without it. */
const Engine *engine_onednn(void);

/* By name ("onednn", "blas", or "auto": the best there is). */
Status engine_find(const char *name, const Engine **engine);

#endif
