/* What the operations and the graph know of each other; private to nn/.
 *
 * An operation is a file with a builder (declared in net.h), a forward and a backward function. The
 * builder fills a NodeRequest and hands it to net_add_node(); the graph then calls the functions
 * with every buffer in place.
 */
#ifndef GISD_NN_NODE_H
#define GISD_NN_NODE_H

#include "nn/net.h"

#define NO_PARAMETER ((size_t)-1)

typedef struct Node Node;

/* Buffers of one call. Gradients of inputs have no data where not wanted; where add_gradient is set
 * they are added to, else overwritten. Inputs and output_gradient are only read. */
typedef struct {
    const Node *node;
    Numbers input[NODE_MAX_INPUTS];
    Numbers output;
    Numbers output_gradient;
    Numbers input_gradient[NODE_MAX_INPUTS];
    bool add_gradient[NODE_MAX_INPUTS];
    float *saved;   /* from this node's forward to its backward */
    float *scratch; /* during this call only */
    const float *weight, *bias;
    float *weight_gradient, *bias_gradient; /* added to; NULL if frozen */
    ConvolutionPlan *convolution;
    const Engine *engine;
} OperationCall;

typedef struct {
    const char *name;
    Status (*forward)(const OperationCall *call);
    Status (*backward)(const OperationCall *call);
    /* Makes the output once more from inputs and `saved`, the same bits, at the cost of about one
     * pass over the map; NULL if the operation cannot. The graph then need not keep the output
     * from forward to backward. Gets backward's scratch. */
    Status (*again)(const OperationCall *call);
} Operation;

/* What an operation's builder asks for. */
typedef struct {
    const Operation *operation;
    size_t input_count;
    NodeId inputs[NODE_MAX_INPUTS];
    Shape shape;
    unsigned backward_reads_inputs; /* bit i: backward reads the value of input i, */
    bool reads_for_weights;         /* but only if the weights train */
    bool backward_reads_output;
    size_t saved_floats;
    size_t forward_scratch_floats, backward_scratch_floats;
    size_t
        add_scratch_floats; /* of backward too, but only if the gradient of input 0 is added to */
    size_t weight, bias;    /* indices of parameters, or NO_PARAMETER */
    union {
        ConvolutionShape convolution;
        struct {
            size_t groups;
            bool relu;
        } norm;
        size_t row_width; /* of concat_rows */
    } settings;
    bool standardised;
    bool single; /* the output is float32 also in a bfloat16 network */
} NodeRequest;

struct Node {
    NodeRequest request;
    Shape input_shape[NODE_MAX_INPUTS];
    bool output;          /* marked by net_output() */
    bool needs_gradient;  /* something trainable stands at or above it */
    NodeId last_consumer; /* 0: nobody reads this node */
    size_t weight_use;    /* of a convolution: index of its packed weights */
    bool half;            /* value and gradient are bfloat16 */
    void *value, *gradient;
    float *saved, *forward_scratch, *backward_scratch;
    /* Made once more for backward, by the node `again_for`, the first there that reads it; or 0. */
    NodeId again_for;
    void *value_again;
    float *again_scratch;
};

/* Adds the node; on an earlier error, or one of its own, keeps it and returns 0. */
NodeId net_add_node(Net *net, const NodeRequest *request);

/* Keeps the first error of building; returns 0 so that a builder may return it. */
NodeId net_refuse(Net *net, Status status);

/* Declares "NAME.SUFFIX"; false, with the error kept, if that fails. */
bool net_declare(Net *net, const char *name, const char *suffix, size_t rank, const size_t *dims,
                 Initial initial, bool decayed, size_t *index);

Precision net_precision(const Net *net);

/* Whether the node's value and gradient are bfloat16. */
bool net_is_half(const Net *net, NodeId node);

/* The same numbers in the other kind of array; the node itself if it is of that kind. */
NodeId net_convert(Net *net, NodeId input, Precision precision);

/* Weight standardisation, eps 1e-10 (see standardise.c). weights and result: filters x size. */
void standardise_weights(size_t filters, size_t size, const float *weights, float *result);

/* Turns the gradient with respect to the standardised weights into that of the weights, in place.
 */
void standardise_gradient(size_t filters, size_t size, const float *weights, float *gradient);

#endif
