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

enum { NODE_MAX_BUFFERS = 2, NODE_NAME_BYTES = 64 };

/* Normalisation (ops/norm.h). */
typedef struct {
    size_t parts;  /* of the map's pixels; each is normalised by itself */
    size_t groups; /* of a part's channels, likewise */
    double epsilon;
    bool relu;
} NormSettings;

typedef struct {
    double probability;
    char name[NODE_NAME_BYTES];
} DropoutSettings;

typedef struct Node Node;

/* Memory of one call. Gradients of inputs have no data where not wanted; where add_gradient is set
 * they are added to, else overwritten. Inputs and output_gradient are only read. */
typedef struct {
    const Node *node;
    Numbers input[NODE_MAX_INPUTS];
    Numbers output;
    Numbers output_gradient;
    Numbers input_gradient[NODE_MAX_INPUTS];
    bool add_gradient[NODE_MAX_INPUTS];
    float *saved;         /* from this node's forward to its backward */
    float *scratch;       /* during this call only */
    const float *moments; /* of input 0, as its engine gives them (engine.h); or NULL */
    size_t moment_parts, moment_unit;
    const float *weight, *bias;
    float *weight_gradient, *bias_gradient; /* added to; NULL if frozen */
    bool add_weight_gradient; /* of a packed operation: else overwritten, it may hold anything */
    const float *buffer[NODE_MAX_BUFFERS]; /* values of the node's buffers (parameters.h) */
    float *observed[NODE_MAX_BUFFERS];     /* what this pass measures; NULL if it only reads */
    const Pass *pass;
    ConvolutionPlan *convolution; /* of a packed operation */
    const Engine *engine;
} OperationCall;

/* What a convolution can do itself on its way out, in a net for inference (net_fuse.c). */
typedef enum {
    FUSE_NOTHING,
    FUSE_BATCH_NORM,
    FUSE_RELU,
    FUSE_LEAKY_RELU,
    FUSE_SUM,
    FUSE_QUANTISE /* this one by what is no convolution */
} FuseKind;

typedef struct NodeRequest NodeRequest;

typedef struct {
    const char *name;
    Status (*forward)(const OperationCall *call);
    Status (*backward)(const OperationCall *call);
    /* Makes the output once more from inputs and `saved`, the same bits, at the cost of about one
     * pass over the map; NULL if the operation cannot. The graph then need not keep the output
     * from forward to backward. Gets backward's scratch. */
    Status (*again)(const OperationCall *call);
    /* The engine computes it, with weights that it packs: settings.convolution is its shape, and
     * the graph makes the plan and keeps the packed weights up to date. */
    bool packed;
    bool non_negative;  /* no number of the output is negative, */
    bool keeps_sign;    /* or none if none of the inputs is */
    bool takes_moments; /* of its one input, in a net for inference, if they are there */
    bool hands_on;      /* each input's gradient is the output's; where both lie in one place (they
                           have the same data) there is nothing to do */
    FuseKind fuse;
    /* Whether two nodes with the same inputs, parameters and buffers do the same; NULL: never
     * looked for (net_repeat.c). */
    bool (*same)(const NodeRequest *a, const NodeRequest *b);
} Operation;

/* Weights that an operation does not use as the parameter holds them. */
typedef struct {
    const char *name; /* for messages */
    /* Makes from the parameter's value what the operation computes with, as many numbers. */
    void (*prepare)(const Parameter *parameter, float *prepared);
    /* The gradient of that many rows (of the first dimension) from `first` on, complete and still
     * with respect to what prepare() made, becomes that with respect to the parameter's value, in
     * place: `gradient` is where they begin. */
    void (*finish_gradient)(const Parameter *parameter, size_t first, size_t rows, float *gradient);
} WeightForm;

/* What an operation's builder asks for. */
struct NodeRequest {
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
    const WeightForm *weight_form; /* NULL: the weights as they are */
    size_t buffer_count;
    size_t buffers[NODE_MAX_BUFFERS]; /* indices of parameters */
    union {
        ConvolutionShape convolution; /* of every packed operation */
        NormSettings norm;
        DropoutSettings dropout;
        PoolSettings pool; /* kernel 0: adaptive */
        size_t row_width;  /* of concat_rows */
    } settings;
    bool single;       /* the output is float32 also in a bfloat16 network */
    bool non_negative; /* the output is, also where its operation does not say so */
    float step;        /* the output is kept in 8 bits (Numbers); else 0 */
    bool sign;
};

/* A batch norm by its running statistics, which a convolution's weights and bias take in. */
typedef struct {
    bool present;
    size_t weight, bias, mean, variance; /* indices of parameters */
    double epsilon;
} FoldedNorm;

struct Node {
    NodeRequest request;
    Shape input_shape[NODE_MAX_INPUTS];
    bool output;          /* marked by net_output() */
    bool needs_gradient;  /* something trainable stands at or above it */
    NodeId last_consumer; /* 0: nobody reads this node */
    size_t weight_use;    /* of a packed operation: index of its packed weights */
    bool half;            /* value and gradient are bfloat16 */
    float step;           /* the value is of 8 bits (Numbers); else 0 */
    bool sign;            /* of 8 bits: with a sign */
    bool non_negative;    /* whatever the network is shown */
    FoldedNorm norm;      /* of a packed operation in a net for inference */
    bool absorbed;        /* a later node does its work; it has no value */
    NodeId in_place_of;   /* its value takes the place of that node's; 0: has its own */
    NodeId moments_of;    /* the convolution that gives its input's moments; 0: none does */
    size_t moment_parts;  /* of these, and of a convolution that gives them: */
    size_t moment_unit;   /* how many channels' are added up; 0: it does not */
    /* In a net that recomputes: value and scratch have another place when the node is made again
     * for backward. Instants are those of net_state.h. */
    bool remade;
    size_t remade_at, backward_at;
    size_t stretch;     /* so many nodes up to this one are, where remade, made again before its
                           backward */
    NodeId gradient_at; /* its gradient lies where that node's does; 0: has its own place */
    void *value, *gradient;
    float *saved, *forward_scratch, *backward_scratch;
    float *parameter_gradient[2]; /* of weight and bias, where they are made in the block */
    void *values[2];              /* of the forward pass; made again */
    float *scratches[2];          /* likewise, of forward */
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

/* The same for a buffer, which is added to the request's. A buffer belongs to one node of a graph:
 * what two nodes saw could not be told apart. */
bool net_declare_buffer(Net *net, const char *name, const char *suffix, size_t rank,
                        const size_t *dims, Initial initial, NodeRequest *request);

/* Whether the net was made for training. */
bool net_is_training(const Net *net);

Precision net_precision(const Net *net);

/* Whether maps are bfloat16 where nothing else is said. */
bool net_has_half(const Net *net);

/* NULL if none were given. */
const InputRanges *net_ranges(const Net *net);

/* Whether the node's value and gradient are bfloat16. */
bool net_is_half(const Net *net, NodeId node);

/* The same numbers in the other kind of array; the node itself if it is of that kind. */
NodeId net_convert(Net *net, NodeId input, bool half);

/* The same numbers in 8 bits, up to `limit` (ops/quantise.c). */
NodeId net_quantise(Net *net, NodeId input, float limit);

bool net_is_non_negative(const Net *net, NodeId node);

#endif
