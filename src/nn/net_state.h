/* The graph as the files net*.c share it; private to them.
 *
 * Time runs from 0 to 2n for n nodes: forward of node i at i, the loss at n, backward of i at 2n -
 * i, or later where nodes are made again. From that each buffer's lifetime follows.
 */
#ifndef GISD_NN_NET_STATE_H
#define GISD_NN_NET_STATE_H

#include "nn/node.h"

/* Packed weights: one for each pair of parameter and shape, and norm folded in; the recursion's
 * passes share them. */
typedef struct {
    size_t parameter;
    size_t parameter_bias; /* or NO_PARAMETER */
    ConvolutionShape shape;
    const WeightForm *form; /* NULL: as they are */
    bool data_gradient;
    const Engine *engine; /* the net's, or Winograd's */
    FoldedNorm norm;
    void *packed[PACKS]; /* NULL in a net that packs anew for each use */
    float *bias;         /* of the convolution with its norm; NULL without one */
    uint64_t version;    /* of the parameters when packed; 0: never */
} WeightUse;

/* The gradient of a parameter while a backward pass is about it. */
typedef struct {
    float
        *sum; /* over its uses so far: the taker's; or in the block, of the node that is at work */
    size_t uses, left; /* nodes that add to it, and those still to come in this pass */
    bool opened; /* several uses add to memory of the taker's, which does not keep it for them */
} WeightGradient;

struct Net {
    ParameterList *parameters; /* borrowed */
    const Engine *engine;
    bool training, planned;
    bool is_twin; /* the uses and what they packed are another net's */
    int threads;  /* for which the engine's plans are made */
    Precision precision;
    bool recomputes;           /* what can be made again is not kept: net_set_recompute() */
    const InputRanges *ranges; /* borrowed; of a net in 8 bits */
    NetObserver observer;      /* or NULL */
    void *observer_context;
    Pass pass;
    Status status; /* first error of building */
    char *message;
    size_t count, capacity;
    size_t end; /* the last instant */
    Node *nodes;
    Node *built; /* a copy from before net_fuse(), by which the graph is told to others; or NULL */
    size_t use_count;
    WeightUse *uses;           /* at most count */
    ConvolutionPlan **plans;   /* use_count */
    WeightGradient *gradients; /* by parameter */
    float *prepared_weights;   /* scratch for the largest parameter with a form of its own */
    void *packed;              /* scratch for the largest packed weights, if it recomputes; in 8
                                  bits all packed weights, in large pages */
    const Net *room;           /* whose memory it takes where it fits; NULL: none's */
    float *workspace;          /* shared by all plans of the engine */
    size_t workspace_bytes;
    float *block; /* all buffers of the plan */
    size_t block_bytes;
    bool workspace_is_lent, block_is_lent; /* they are the room's */
    double (*seconds)[2];                  /* by node: forward, backward; NULL: not timed */
    double packing_seconds;
};

static inline bool net_trains(const Net *net, size_t parameter)
{
    return parameter != NO_PARAMETER && parameter_trains(&net->parameters->items[parameter]);
}

static inline bool net_input_wants_gradient(const Net *net, const Node *node, size_t input)
{
    return net->nodes[node->request.inputs[input]].needs_gradient;
}

/* A gradient is overwritten by the first of its node's consumers that runs backwards, the last one
 * in the graph's order, and added to by the others. Outputs hold the caller's gradient already. */
static inline bool net_is_first_contribution(const Net *net, size_t consumer, size_t slot)
{
    NodeId input = net->nodes[consumer].request.inputs[slot];
    if (net->nodes[input].output || net->nodes[input].last_consumer != consumer)
        return false;
    for (size_t k = 0; k < slot; ++k)
        if (net->nodes[consumer].request.inputs[k] == input)
            return false;
    return true;
}

/* Whether backward of the node reads the value of its input k. */
static inline bool net_reads_input(const Net *net, const Node *node, size_t k)
{
    return node->needs_gradient && (node->request.backward_reads_inputs >> k & 1) &&
           (!node->request.reads_for_weights || net_trains(net, node->request.weight));
}

/* In a net for inference, lets convolutions do what stands behind them (net_fuse.c). */
Status net_fuse(Net *net);

/* In a net for inference, lets nodes that do the same be one (net_repeat.c). */
void net_merge_repeats(Net *net);

/* What computes a convolution: a rule of shape and processor. */
const Engine *net_engine_for(const Net *net, const ConvolutionShape *shape);

/* The node has no work and no value any more; others do it. */
void net_absorb(Node *node);

/* When everything runs, and, in a net that recomputes, what is made again (net_stretches.c). */
Status net_settle_stretches(Net *net);

/* In a net for training, which gradients lie in the same place (net_gradients.c). */
void net_share_gradients(Net *net);

/* Which packed operations share weights; makes the engine's plans and their workspace, or only
 * counts what they would take. */
Status net_plan_weights(Net *net);
Status net_count_weights(Net *net, NetNeeds *needs);

/* Twins of the other's plans, and a workspace. */
Status net_twin_weights(const Net *of, Net *twin);

/* In a net that recomputes, before node calls its engine: the weights for that direction. */
Status net_pack_for(Net *net, const Node *node, Pack pack);

#endif
