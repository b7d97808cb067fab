/* A net for inference, made smaller before it is planned: a convolution does what stands behind it.
 *
 * A batch norm's statistics are constants there, so that it is folded into weights and bias
 * (net_weights.c); a ReLU or leaky ReLU, and the sum with a residual, are done on the way out of
 * the convolution's registers. The chain's last node becomes the convolution, the others are
 * absorbed:
 *
 *     convolution [-> batch norm] [-> sum with a residual] [-> ReLU | leaky ReLU]
 *
 * and in a net of 8 bits, what makes a map for convolutions alone writes it so:
 *
 *     any other operation -> quantise
 *
 * as far as nobody else reads what is between. The sum is made in place of the residual, so this
 * must be the last that reads it, and must not read it as its input, too. Without a batch norm a
 * sum is fused in bfloat16 alone, where it is then rounded once in place of twice: in float32
 * networks without such norms keep the bits of their answers.
 *
 * Behind a convolution whose engine can give the moments of what it makes, a group norm does not go
 * through the map for them.
 *
 * What is not finite stays so, but for 8 bits: activations pass NaN. Every net for inference is
 * treated alike, so that validation, test and detector give the same bits. */
#include "nn/net_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static Activation activation_of(FuseKind kind)
{
    return kind == FUSE_RELU         ? ACTIVATION_RELU
           : kind == FUSE_LEAKY_RELU ? ACTIVATION_LEAKY_RELU
                                     : ACTIVATION_NONE;
}

void net_absorb(Node *node)
{
    static const Operation absorbed = {.name = "absorbed"};
    node->absorbed = true;
    node->in_place_of = 0;
    node->norm.present = false;
    node->request = (NodeRequest){.operation = &absorbed,
                                  .shape = node->request.shape,
                                  .weight = NO_PARAMETER,
                                  .bias = NO_PARAMETER};
}

/* Node `at` takes the place of `next`, the only one that reads it. */
static void move(Net *net, NodeId at, NodeId next)
{
    Node *from = &net->nodes[at], *to = &net->nodes[next];
    to->request = from->request;
    to->norm = from->norm;
    to->in_place_of = from->in_place_of;
    for (size_t k = 0; k < to->request.input_count; ++k) {
        Node *input = &net->nodes[to->request.inputs[k]];
        to->input_shape[k] = input->request.shape;
        if (input->last_consumer < next)
            input->last_consumer = next;
    }
    net_absorb(from);
}

static bool fuse_norm(Node *convolution, const NodeRequest *next)
{
    ConvolutionShape *shape = &convolution->request.settings.convolution;
    if (convolution->norm.present)
        return false;
    convolution->norm = (FoldedNorm){.present = true,
                                     .weight = next->weight,
                                     .bias = next->bias,
                                     .mean = next->buffers[0],
                                     .variance = next->buffers[1],
                                     .epsilon = next->settings.norm.epsilon};
    shape->bias = true;
    shape->activation = next->settings.norm.relu ? ACTIVATION_RELU : ACTIVATION_NONE;
    return true;
}

/* Whether the sum may be made by the convolution, and is not left to another behind it. */
static bool may_sum(const Net *net, NodeId at, NodeId residual)
{
    const Node *convolution = &net->nodes[at];
    return convolution->norm.present ||
           (convolution->half &&
            (residual < at || !net->nodes[residual].request.operation->packed));
}

static bool fuse_sum(Net *net, NodeId at, NodeId next)
{
    Node *convolution = &net->nodes[at];
    const NodeRequest *sum = &net->nodes[next].request;
    NodeId residual = sum->inputs[0] == at ? sum->inputs[1] : sum->inputs[0];
    const Node *other = &net->nodes[residual];
    if (!may_sum(net, at, residual) || convolution->in_place_of || residual == at ||
        residual == convolution->request.inputs[0] || other->output ||
        other->request.input_count == 0 || other->last_consumer != next ||
        other->half != convolution->half)
        return false;
    convolution->request.inputs[convolution->request.input_count++] = residual;
    convolution->request.settings.convolution.residual = true;
    convolution->in_place_of = residual;
    return true;
}

/* Whether what the convolution reads is still there when `next` runs: no sum was made in its place.
 */
static bool inputs_last(const Net *net, NodeId at, NodeId next)
{
    const NodeRequest *request = &net->nodes[at].request;
    for (NodeId i = at + 1; i < next; ++i)
        for (size_t k = 0; k < request->input_count; ++k)
            if (net->nodes[i].in_place_of && net->nodes[i].in_place_of == request->inputs[k])
                return false;
    return true;
}

/* Whether the convolution `at` does what `next` is for. */
static bool fuse(Net *net, NodeId at, NodeId next)
{
    Node *convolution = &net->nodes[at];
    const NodeRequest *request = &net->nodes[next].request;
    ConvolutionShape *shape = &convolution->request.settings.convolution;
    bool fused = false;
    if (shape->activation != ACTIVATION_NONE || net->nodes[next].half != convolution->half)
        return false;
    switch (request->operation->fuse) {
    case FUSE_BATCH_NORM:
        fused = fuse_norm(convolution, request);
        break;
    case FUSE_SUM:
        fused = fuse_sum(net, at, next);
        break;
    case FUSE_RELU:
    case FUSE_LEAKY_RELU:
        shape->activation = activation_of(request->operation->fuse);
        fused = true;
        break;
    case FUSE_QUANTISE:
    case FUSE_NOTHING:
        break;
    }
    return fused;
}

/* Whether what makes a map, and is no convolution, writes it in 8 bits itself. */
static bool fuse_quantise(const Net *net, NodeId at, NodeId next)
{
    return net->nodes[at].request.operation->forward &&
           net->nodes[next].request.operation->fuse == FUSE_QUANTISE;
}

/* Whether node `at` could take over `next`, the only one that reads it; it then does. */
static bool take_over(Net *net, NodeId at, NodeId next)
{
    const bool packed = net->nodes[at].request.operation->packed;
    if (!inputs_last(net, at, next) ||
        !(packed ? fuse(net, at, next) : fuse_quantise(net, at, next)))
        return false;
    move(net, at, next);
    return true;
}

/* The largest power of two, up to MOMENT_UNIT, that divides a number. */
static size_t unit_of(size_t number)
{
    size_t unit = MOMENT_UNIT;
    while (number % unit)
        unit /= 2;
    return unit;
}

/* A norm of one image's bfloat16 map has its moments from the convolution that makes it, if that
 * can give them; the convolution keeps them for all norms that want them. */
static void share_moments(Net *net, NodeId at)
{
    Node *node = &net->nodes[at];
    const NormSettings *norm = &node->request.settings.norm;
    if (!node->request.operation->takes_moments || norm->parts != 1)
        return;
    Node *input = &net->nodes[node->request.inputs[0]];
    const ConvolutionShape *shape = &input->request.settings.convolution;
    if (!input->request.operation->packed || !input->half || node->request.shape.c > NUMBERS_TILE)
        return;
    const Engine *engine = net_engine_for(net, shape);
    const size_t unit = unit_of(node->request.shape.c / norm->groups);
    node->moment_parts = engine->moment_parts ? engine->moment_parts(shape) : 0;
    if (!node->moment_parts)
        return;
    node->moments_of = node->request.inputs[0];
    if (!input->moment_unit || unit < input->moment_unit)
        input->moment_unit = unit;
    input->request.saved_floats =
        node->moment_parts * 2 * shape->output_channels / input->moment_unit;
}

Status net_fuse(Net *net)
{
    size_t *readers;
    if (net->training)
        return STATUS_OK;
    TRY(MEMORY_NEW(&net->built, net->count));
    memcpy(net->built, net->nodes, net->count * sizeof *net->built);
    net_merge_repeats(net);
    TRY(MEMORY_NEW(&readers, net->count));
    for (size_t i = 0; i < net->count; ++i)
        for (size_t k = 0; k < net->nodes[i].request.input_count; ++k)
            ++readers[net->nodes[i].request.inputs[k]];
    for (size_t i = 0; i < net->count; ++i) {
        NodeId at = i;
        while (!net->nodes[at].output && readers[at] == 1 &&
               take_over(net, at, net->nodes[at].last_consumer))
            at = net->nodes[at].last_consumer;
    }
    free(readers);
    for (size_t i = 0; i < net->count; ++i)
        share_moments(net, i);
    return STATUS_OK;
}
