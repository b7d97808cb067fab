/* A network: a graph of operations, built once for a batch and an input size, then planned, then
 * run forwards and backwards without allocation.
 *
 *     Net *net;
 *     TRY(net_new(&parameters, engine, true, &net));
 *     NodeId x = net_input(net, (Shape){4, 300, 300, 3});
 *     NodeId y = net_relu(net, net_convolution(net, x, "stem", &(ConvolutionSettings){...}));
 *     net_output(net, y);
 *     TRY(net_plan(net));          // shapes are known, memory is laid out
 *     ... fill net_value(net, x) ...
 *     TRY(net_forward(net));
 *     ... read net_value(net, y), fill net_gradient(net, y) ...
 *     TRY(net_backward(net, NULL, NULL));
 *
 * Builder calls return a node and keep the first error for net_plan() to report, so that they nest
 * and read like the figure of a paper. Recursion is the same parameter name used by several nodes.
 *
 * Parameters live in the caller's list, which must outlive the net. Which of them are trainable is
 * read by net_plan(): a frozen one gets no gradient, and nodes above which nothing trains have no
 * backward pass. The net holds no gradient longer than it takes to complete it.
 *
 * What a batch norm measures and a dropout draws is a function of the pass alone; parameters.h and
 * Pass below say how that makes the same bits on any number of ranks. One net for training a list
 * may run at a time. A net is used by one thread at a time; different nets by any, twins too.
 *
 * Operations share their work among as many OpenMP threads as there are where net_plan() is called.
 * The engine's rounding depends on that number: whoever wants the same bits on any processor plans,
 * and runs, where omp_set_num_threads(1) holds. A net for training refuses to run on fewer threads
 * than it is planned for.
 */
#ifndef GISD_NN_NET_H
#define GISD_NN_NET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "nn/bytes.h"
#include "nn/engine.h"
#include "nn/numbers.h"
#include "nn/parameters.h"
#include "nn/shape.h"

typedef struct Net Net;
typedef size_t NodeId;

enum { NODE_MAX_INPUTS = 8 };

Status net_new(ParameterList *parameters, const Engine *engine, bool training, Net **net);
void net_free(Net *net);

/* To be called before building: in what precision activations, their gradients and the packed
 * weights are kept. Parameters, their gradients, statistics of norms, inputs and outputs stay
 * float32. STATUS_UNSUPPORTED, with the reason, if the engine or the processor cannot. */
Status net_set_precision(Net *net, Precision precision);

/* To be called before building, too: what can be made again is not kept. The weights are packed
 * anew for each use, and of the maps between forward and backward only some are kept; from them
 * the others are made again in backward, stretch by stretch. The same bits for less memory and
 * half as much time again. */
void net_set_recompute(Net *net, bool recompute);

/* Of a net in PRECISION_INT8, before building: how far the inputs of its convolutions reach
 * (bytes.h); borrowed. One that lacks a convolution is refused when that is built. */
void net_set_ranges(Net *net, const InputRanges *ranges);

/* ---- building; every call is also in the file of its operation ---- */

typedef struct {
    size_t output_channels;
    size_t kernel_h, kernel_w;
    size_t stride, dilation; /* 0 stands for 1 */
    size_t pad_h, pad_w;
    bool bias;
    bool standardised; /* weight standardisation (BiT): zero mean, unit variance over each filter */
    Initial weight;    /* initial distribution of the weights; zeroed struct: He-normal */
    float bias_value;  /* initial value of the biases */
    float bias_bound;  /* as of a linear layer */
} ConvolutionSettings;

typedef struct {
    size_t outputs;
    bool no_bias;
    Initial weight;   /* as of a convolution */
    float bias_value; /* initial value of the biases, */
    float bias_bound; /* or, if not 0, they begin evenly from -bias_bound to bias_bound */
} LinearSettings;

typedef struct {
    double epsilon; /* added to the variance; 0 stands for 1e-5 */
    bool relu;      /* a ReLU after it */
} BatchNormSettings;

typedef struct {
    size_t kernel_h, kernel_w;
    size_t stride;       /* 0 stands for 1 */
    size_t pad_h, pad_w; /* on each side, at most half of the kernel */
    bool ceil_mode;      /* a last window that reaches over the end is kept, as PyTorch's */
    bool zero_border;    /* maximum: the padding is zeros, as in BiT, not minus infinity */
    bool without_border; /* average: the padding does not count in the divisor */
    bool same; /* maximum of stride 1, unpadded: as large as the map, since windows may reach over
                  its end, as darknet's */
} PoolSettings;

NodeId net_input(Net *net, Shape shape);

/* Parameters NAME.weight (O x I x KH x KW) and, if asked for, NAME.bias (O). */
NodeId net_convolution(Net *net, NodeId input, const char *name,
                       const ConvolutionSettings *settings);

/* Group normalisation (Wu & He 2018, eps 1e-5) with NAME.weight and NAME.bias (C each), and a ReLU
 * after it if `relu`. */
NodeId net_group_norm(Net *net, NodeId input, const char *name, size_t groups, bool relu);

/* Batch normalisation (Ioffe & Szegedy 2015) with NAME.weight and NAME.bias (C each) and the
 * buffers NAME.running_mean and NAME.running_var (C each; see parameters.h). A net for training
 * normalises with mean and biased variance over the N x H x W numbers of a channel in this pass,
 * and leaves mean and unbiased variance as observed. With the buffers instead normalise a net for
 * inference, and one for training in which weight and bias are frozen. Refused by net_plan():
 * training on one number a channel. */
NodeId net_batch_norm(Net *net, NodeId input, const char *name, const BatchNormSettings *settings);

/* Every pixel divided by its length over the channels, times NAME.scale_weight (C), which begins as
 * `scale`. */
NodeId net_l2_norm(Net *net, NodeId input, const char *name, float scale);

/* In a net for training, each number becomes 0 with that probability (0 <= probability < 1), else
 * it is divided by 1 - probability. Which ones is a function of the Pass's seed and step, the
 * image's place in the whole batch, NAME and the number's place in the image, so that neither ranks
 * nor shards show. A net for inference gets no node: the input is returned. */
NodeId net_dropout(Net *net, NodeId input, const char *name, double probability);

/* Every number of an image with every output: N x 1 x 1 x outputs. NAME.weight is outputs x (C H
 * W), in the order of PyTorch's flattened C x H x W maps; NAME.bias (outputs) unless without. */
NodeId net_linear(Net *net, NodeId input, const char *name, const LinearSettings *settings);

NodeId net_relu(Net *net, NodeId input);

/* A negative number times NET_LEAK (engine.h). */
NodeId net_leaky_relu(Net *net, NodeId input);

NodeId net_sigmoid(Net *net, NodeId input);
NodeId net_add(Net *net, NodeId a, NodeId b);
NodeId net_multiply(Net *net, NodeId a, NodeId b);

/* gate x a + (1 - gate) x b; gate has one channel, a and b have one shape. */
NodeId net_blend(Net *net, NodeId gate, NodeId a, NodeId b);

/* 3x3 maximum of stride 2 over the input with a border of zeros (not of minus infinity), as BiT. */
NodeId net_max_pool(Net *net, NodeId input);

/* Maximum over windows, as torch.nn.MaxPool2d; of equal numbers the first gets the gradient. At
 * most 256 pixels a window. */
NodeId net_max_pool_2d(Net *net, NodeId input, const PoolSettings *settings);

/* Mean over windows, as torch.nn.AvgPool2d. */
NodeId net_average_pool(Net *net, NodeId input, const PoolSettings *settings);

/* Mean over h x w windows that cover the map, as torch.nn.AdaptiveAvgPool2d: row y of the result
 * averages rows floor(y H / h) to ceil((y + 1) H / h) - 1. */
NodeId net_adaptive_average_pool(Net *net, NodeId input, size_t h, size_t w);

/* Mean over the pixels of each image: N x 1 x 1 x C. */
NodeId net_mean(Net *net, NodeId input);

/* Nearest neighbour, source = floor(target x in / out); from 1 x 1 it broadcasts. */
NodeId net_resize_nearest(Net *net, NodeId input, size_t h, size_t w);

/* Bilinear with half-pixel centres (align_corners false), clamped at the border. */
NodeId net_resize_bilinear(Net *net, NodeId input, size_t h, size_t w);

/* Channels of all inputs one after the other; same N, H, W. */
NodeId net_concat_channels(Net *net, size_t count, const NodeId *inputs);

/* Each input (N x H x W x A*k) read as rows of k numbers, the rows of all inputs of an image one
 * after the other: N x rows x 1 x k. */
NodeId net_concat_rows(Net *net, size_t count, const NodeId *inputs, size_t k);

/* Keeps the node's value, as float32, for the caller and lets the caller give its gradient. Returns
 * the node to ask for, another one than `node` in a bfloat16 network. */
NodeId net_output(Net *net, NodeId node);

Shape net_shape(const Net *net, NodeId node);

/* ---- planning and running ---- */

/* Settles which nodes run backwards, makes the convolution plans and lays out the memory. Returns
 * the first error of the building calls, if any. */
Status net_plan(Net *net);

/* To be called before net_plan(): the net's arrays then lie in the memory of `room`, a planned net,
 * where they fit there. So only one of the two may be between its forward and its backward pass,
 * and what the caller fills and reads of one is lost when the other runs. `room` must outlive it.
 */
void net_set_room(Net *net, const Net *room);

/* A twin of a planned net: the same graph over buffers of its own, with the same packed weights, so
 * that both may run at the same time. `parameters`: a twin of the other's list, or the list itself
 * for a net that does not train; borrowed. The other net must outlive it. `room`: as above, or
 * NULL.
 */
Status net_twin(const Net *of, ParameterList *parameters, const Net *room, Net **twin);

/* Buffers of an input or output node, in the net's memory; valid until net_free(). The gradient is
 * NULL in a net for inference and for a node that nothing trainable feeds. */
float *net_value(Net *net, NodeId node);
float *net_gradient(Net *net, NodeId node);

/* Where a forward pass stands in the training; what operations draw at random depends on nothing
 * else. */
typedef struct {
    uint64_t seed; /* of the run */
    uint64_t step; /* of the training; counts modulo 2^32 */
    size_t
        first_image; /* place of the pass's first image in the batch, over all ranks and shards */
} Pass;

/* Holds for the passes to come; all zero before the first call. */
void net_set_pass(Net *net, Pass pass);

/* Packs the weights whose parameters changed since they were last packed. net_forward() packs what
 * is left; only where twins are about to run at the same time must everything be packed before, by
 * one net, or by several at the same time: each takes one of the weights after the other, `next`
 * (from 0) of them all. NULL: alone.
 */
Status net_pack_weights(Net *net, atomic_size_t *next);

Status net_forward(Net *net);

/* Told what every convolution of net_forward() is about to read, by the name of its weights. */
typedef Status (*NetObserver)(void *context, const char *weight, const ConvolutionShape *shape,
                              Numbers input);
void net_observe(Net *net, NetObserver observer, void *context);

/* Who is told, or NULL. */
NetObserver net_observer(const Net *net, void **context);

/* Who gets the gradients, while backward goes on. */
typedef struct {
    void *context;
    /* Memory for the gradient of a parameter (index in the list) that several nodes use, from the
     * first of them in backward to the last. */
    float *(*open)(void *context, size_t parameter);
    /* Of parameters whose gradient is rounded, in place of that, after each of the nodes: keeps
     * numbers first .. first + count - 1 of what it has come to, rounded, in place of what was kept
     * before (`last`: it has come to all of it); and adds what was kept to another part of it. */
    void (*keep)(void *context, size_t parameter, size_t first, size_t count, const float *numbers,
                 bool last);
    void (*add_kept)(void *context, size_t parameter, size_t first, size_t count, float *numbers);
    /* The gradient of a parameter, complete: in that memory, or in the net's, where it is soon
     * overwritten, or, NULL, what is kept. */
    Status (*ready)(void *context, size_t parameter, const float *gradient);
} GradientTaker;

/* Whether such a gradient may be rounded to bfloat16 wherever it waits: that of weights in a
 * bfloat16 net, whose parts are sums of products of numbers that were rounded so. */
static inline bool net_rounds_gradient(Precision precision, const Parameter *parameter)
{
    return precision == PRECISION_BF16 && parameter->rank > 1;
}

/* Needs net_forward() before it and every output's gradient filled. Without a taker, NULL, the
 * gradients are added to the parameters' arrays, which must be zero before the pass. */
Status net_backward(Net *net, const GradientTaker *taker);

/* Gives back the memory of activations, scratch and packed weights until the next net_forward() or
 * net_pack_weights(); the contents are lost. */
void net_rest(Net *net);

/* Bytes of activations, gradients and scratch in the plan. */
size_t net_memory_bytes(const Net *net);

/* Bytes that a net takes. */
typedef struct {
    size_t block;     /* activations, gradients and scratch */
    size_t workspace; /* of the engine */
    size_t prepared;  /* the largest weights with a form of their own */
    size_t place;     /* the largest of the packed weights, in a net that recomputes */
    size_t packed;  /* the engine's copies of the weights, which twins share; they have the rest */
    size_t kernels; /* number of routines that the engine compiles */
    size_t reused;  /* numbers of the parameters whose gradients are opened (GradientTaker) */
} NetNeeds;

/* What a net that is only looked at would take, in place of net_plan() and for the threads that
 * there are: nothing is allocated for it. */
Status net_count_needs(Net *net, NetNeeds *needs);

/* What one node cost since net_time_nodes(). */
typedef struct {
    const char *operation;                             /* "convolution", ... */
    const char *parameter;                             /* its weights' name, or "" */
    Shape shape;                                       /* of the result */
    size_t kernel_h, kernel_w, stride, input_channels; /* of a convolution, else 0 */
    double macs; /* multiply-adds of one forward pass; 0 but for convolutions */
    double forward_seconds, backward_seconds;
} NodeCost;

/* Starts timing every node, from zero; costs two clock readings a node and pass. */
Status net_time_nodes(Net *net);

/* Nodes are numbered from 0 in the graph's order. */
size_t net_node_count(const Net *net);
NodeCost net_node_cost(const Net *net, size_t node);

/* Seconds spent packing weights since net_time_nodes(). */
double net_packing_seconds(const Net *net);

/* Multiply-adds of the convolutions of one forward pass. */
double net_forward_macs(const Net *net);

#endif
