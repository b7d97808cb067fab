/* Before a graph runs: what needs a gradient, what is observed, what is made again instead of kept,
 * and where every array lies. From the arrays' lifetimes memory_plan() lays them out in one block.
 */
#include "nn/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nn/memory_plan.h"
#include "nn/net_state.h"

static Status settle_gradients(Net *net)
{
    for (size_t i = 0; i < net->count; ++i) {
        Node *node = &net->nodes[i];
        node->needs_gradient = net->training && (net_trains(net, node->request.weight) ||
                                                 net_trains(net, node->request.bias));
        for (size_t k = 0; k < node->request.input_count; ++k)
            node->needs_gradient |= net->training && net_input_wants_gradient(net, node, k);
        if (node->needs_gradient && node->last_consumer == 0 && !node->output)
            FAIL(STATUS_ARGUMENT,
                 "node %zu (%s%s%s) trains but is neither read by another node nor an output", i,
                 node->request.operation->name, node->request.weight != NO_PARAMETER ? " " : "",
                 node->request.weight != NO_PARAMETER
                     ? net->parameters->items[node->request.weight].name
                     : "");
    }
    return STATUS_OK;
}

/* What trains with its norm is observed, everything else only read. */
static Status settle_buffers(Net *net)
{
    for (size_t i = 0; net->training && i < net->count; ++i) {
        const NodeRequest *request = &net->nodes[i].request;
        bool observed = net_trains(net, request->weight) || net_trains(net, request->bias);
        for (size_t k = 0; k < request->buffer_count; ++k) {
            Parameter *buffer = &net->parameters->items[request->buffers[k]];
            if (observed && shape_pixels(request->shape) < 2)
                FAIL(STATUS_ARGUMENT,
                     "%s: one number a channel has no variance (expected more images in a shard or "
                     "a larger map)",
                     buffer->name);
            TRY(parameters_observe(buffer, observed));
        }
    }
    return STATUS_OK;
}

/* Values that backward reads but need not be kept: they are made again from what is kept, in the
 * last node of the graph that reads them, the first one in backward. */
static void settle_again(Net *net)
{
    for (size_t i = 0; i < net->count; ++i) {
        const Node *node = &net->nodes[i];
        for (size_t k = 0; k < node->request.input_count; ++k) {
            Node *input = &net->nodes[node->request.inputs[k]];
            if (!net_reads_input(net, node, k) || !input->request.operation->again ||
                !input->needs_gradient || input->output)
                continue;
            bool kept = true;
            for (size_t j = 0; j < input->request.input_count; ++j)
                kept &= !net->nodes[input->request.inputs[j]].request.operation->again;
            if (kept)
                input->again_for = i;
        }
    }
}

/* What a node has in the plan. */
enum {
    BUFFER_VALUE,
    BUFFER_GRADIENT,
    BUFFER_SAVED,
    BUFFER_FORWARD_SCRATCH,
    BUFFER_BACKWARD_SCRATCH,
    BUFFER_AGAIN,
    BUFFER_AGAIN_SCRATCH,
    BUFFER_REMADE,
    BUFFER_REMADE_SCRATCH,
    BUFFER_WEIGHT_GRADIENT,
    BUFFER_BIAS_GRADIENT,
    BUFFERS_PER_NODE
};

static void extend(PlannedBuffer *buffer, size_t instant)
{
    if (buffer->last < instant)
        buffer->last = instant;
}

/* The node whose place a node's value has: its own, or that which it overwrites. */
static NodeId place_of(const Net *net, NodeId node)
{
    while (net->nodes[node].in_place_of)
        node = net->nodes[node].in_place_of;
    return node;
}

/* Which value of a node backward finds. */
static size_t kept_value(const Node *node)
{
    return node->remade ? BUFFER_REMADE : BUFFER_VALUE;
}

static void describe_remade(const Node *node, size_t bytes, PlannedBuffer *own)
{
    const size_t instant = node->remade_at;
    extend(&own[BUFFER_REMADE], instant);
    own[BUFFER_REMADE].bytes = bytes;
    own[BUFFER_REMADE].first = instant;
    own[BUFFER_REMADE_SCRATCH] =
        (PlannedBuffer){node->request.forward_scratch_floats * 4, instant, instant, 0};
}

/* Bytes and lifetimes of node i's buffers; consumers, which come later, extend the lifetimes of the
 * value and bring forward the first use of the gradient. */
static void describe_buffers(const Net *net, size_t i, PlannedBuffer *all)
{
    const Node *node = &net->nodes[i];
    const NodeRequest *request = &node->request;
    PlannedBuffer *own = all + BUFFERS_PER_NODE * i;
    const size_t end = net->end, backward = node->backward_at;
    size_t bytes = numbers_bytes_of((Numbers){.half = node->half, .step = node->step},
                                    shape_count(request->shape));
    bool is_input = request->input_count == 0;
    if (node->absorbed)
        return;
    own[BUFFER_VALUE] = (PlannedBuffer){.bytes = bytes, .first = is_input ? 0 : i, .last = i};
    own[BUFFER_GRADIENT] = (PlannedBuffer){.first = backward, .last = backward};
    if (node->needs_gradient && !node->gradient_at)
        own[BUFFER_GRADIENT].bytes = bytes;
    own[BUFFER_SAVED] = (PlannedBuffer){.bytes = request->saved_floats * 4, .first = i, .last = i};
    own[BUFFER_FORWARD_SCRATCH] =
        (PlannedBuffer){.bytes = request->forward_scratch_floats * 4, .first = i, .last = i};
    own[BUFFER_BACKWARD_SCRATCH] = (PlannedBuffer){.first = backward, .last = backward};
    if (node->needs_gradient) {
        own[BUFFER_SAVED].last = backward;
        own[BUFFER_BACKWARD_SCRATCH].bytes = request->backward_scratch_floats * 4;
        if (request->add_scratch_floats && net_input_wants_gradient(net, node, 0) &&
            !net_is_first_contribution(net, i, 0))
            own[BUFFER_BACKWARD_SCRATCH].bytes += request->add_scratch_floats * 4;
        if (request->backward_reads_output)
            own[kept_value(node)].last = backward;
    }
    if (node->again_for) {
        const size_t instant = net->nodes[node->again_for].backward_at;
        own[BUFFER_AGAIN] = (PlannedBuffer){.bytes = bytes, .first = instant, .last = instant};
        own[BUFFER_AGAIN_SCRATCH] =
            (PlannedBuffer){request->backward_scratch_floats * 4, instant, instant, 0};
    }
    if (node->remade)
        describe_remade(node, bytes, own);
    if (node->in_place_of)
        own[BUFFER_VALUE].bytes = 0;
    if (node->output || is_input)
        extend(&all[BUFFERS_PER_NODE * place_of(net, i) + BUFFER_VALUE], end);
    if (node->output) {
        own[BUFFER_GRADIENT].first = 0;
        own[BUFFER_GRADIENT].last = end;
    }
    if (node->moments_of)
        extend(&all[BUFFERS_PER_NODE * node->moments_of + BUFFER_SAVED], i);
    for (size_t k = 0; k < request->input_count; ++k) {
        PlannedBuffer *input = all + BUFFERS_PER_NODE * place_of(net, request->inputs[k]);
        extend(&input[BUFFER_VALUE], i);
        if (node->remade)
            extend(&input[kept_value(&net->nodes[request->inputs[k]])], node->remade_at);
        if (net_reads_input(net, node, k))
            extend(&input[net->nodes[request->inputs[k]].again_for
                              ? BUFFER_AGAIN
                              : kept_value(&net->nodes[request->inputs[k]])],
                   backward);
        if (node->needs_gradient && net_input_wants_gradient(net, node, k) &&
            backward < input[BUFFER_GRADIENT].first)
            input[BUFFER_GRADIENT].first = backward;
    }
}

/* How many nodes add to each parameter's gradient. */
static Status count_gradients(Net *net)
{
    TRY(MEMORY_NEW(&net->gradients, net->parameters->count));
    for (size_t i = 0; net->training && i < net->count; ++i) {
        const NodeRequest *request = &net->nodes[i].request;
        const size_t used[2] = {request->weight, request->bias};
        for (int k = 0; k < 2; ++k)
            if (net_trains(net, used[k]))
                ++net->gradients[used[k]].uses;
    }
    for (size_t i = 0; i < net->parameters->count; ++i)
        net->gradients[i].opened = net->gradients[i].uses > 1 &&
                                   !net_rounds_gradient(net->precision, &net->parameters->items[i]);
    return STATUS_OK;
}

/* The gradients of node i's parameters, where they do not lie at the taker. */
static void describe_gradients(const Net *net, size_t i, PlannedBuffer *all)
{
    const Node *node = &net->nodes[i];
    const size_t used[2] = {node->request.weight, node->request.bias};
    PlannedBuffer *gradients = all + BUFFERS_PER_NODE * i + BUFFER_WEIGHT_GRADIENT;
    for (int k = 0; k < 2; ++k)
        if (net_trains(net, used[k]) && !net->gradients[used[k]].opened)
            gradients[k] = (PlannedBuffer){net->parameters->items[used[k]].count * sizeof(float),
                                           node->backward_at, node->backward_at, 0};
}

/* Where everything shall lie: BUFFERS_PER_NODE x net->count, released by the caller, also after an
 * error. */
static Status lay_out(const Net *net, PlannedBuffer **buffers, size_t *bytes)
{
    const size_t count = BUFFERS_PER_NODE * net->count;
    TRY(MEMORY_NEW(buffers, count));
    for (size_t i = 0; i < net->count; ++i) {
        describe_buffers(net, i, *buffers);
        if (net->training)
            describe_gradients(net, i, *buffers);
    }
    for (size_t i = 0; i < net->count; ++i)
        if (net->nodes[i].gradient_at)
            extend(&(*buffers)[BUFFERS_PER_NODE * net->nodes[i].gradient_at + BUFFER_GRADIENT],
                   net->nodes[i].backward_at);
    return memory_plan(count, *buffers, bytes);
}

static Status settle(Net *net)
{
    if (net->status != STATUS_OK)
        FAIL(net->status, "%s", net->message ? net->message : "cannot build the network");
    TRY(settle_gradients(net));
    TRY(settle_buffers(net));
    TRY(count_gradients(net));
    TRY(net_fuse(net));
    settle_again(net);
    TRY(net_settle_stretches(net));
    net_share_gradients(net);
    return STATUS_OK;
}

Status net_count_needs(Net *net, NetNeeds *needs)
{
    PlannedBuffer *buffers = NULL;
    *needs = (NetNeeds){0};
    TRY(settle(net));
    for (size_t i = 0; i < net->parameters->count; ++i)
        if (net->gradients[i].opened)
            needs->reused += net->parameters->items[i].count;
    Status status = lay_out(net, &buffers, &needs->block);
    free(buffers);
    TRY(status);
    return net_count_weights(net, needs);
}

static Status plan_memory(Net *net)
{
    PlannedBuffer *buffers = NULL;
    Status status = lay_out(net, &buffers, &net->block_bytes);
    net->block_is_lent = net->room && net->room->block_bytes >= net->block_bytes;
    if (net->block_is_lent)
        net->block = net->room->block;
    else if (status == STATUS_OK && net->precision == PRECISION_INT8)
        status = memory_new_large((void **)&net->block, net->block_bytes);
    else if (status == STATUS_OK)
        status = MEMORY_NEW(&net->block, net->block_bytes / sizeof(float));
    for (size_t i = 0; status == STATUS_OK && i < net->count; ++i) {
        Node *node = &net->nodes[i];
        void *places[BUFFERS_PER_NODE];
        for (size_t k = 0; k < BUFFERS_PER_NODE; ++k) {
            const PlannedBuffer *buffer = &buffers[BUFFERS_PER_NODE * i + k];
            places[k] = buffer->bytes ? net->block + buffer->offset / sizeof(float) : NULL;
        }
        node->value =
            node->in_place_of ? net->nodes[node->in_place_of].value : places[BUFFER_VALUE];
        node->gradient = places[BUFFER_GRADIENT];
        node->saved = places[BUFFER_SAVED];
        node->forward_scratch = places[BUFFER_FORWARD_SCRATCH];
        node->values[0] = node->value;
        node->values[1] = places[BUFFER_REMADE];
        node->scratches[0] = node->forward_scratch;
        node->scratches[1] = places[BUFFER_REMADE_SCRATCH];
        node->backward_scratch = places[BUFFER_BACKWARD_SCRATCH];
        node->value_again = places[BUFFER_AGAIN];
        node->again_scratch = places[BUFFER_AGAIN_SCRATCH];
        node->parameter_gradient[0] = places[BUFFER_WEIGHT_GRADIENT];
        node->parameter_gradient[1] = places[BUFFER_BIAS_GRADIENT];
    }
    for (size_t i = 0; i < net->count; ++i)
        if (net->nodes[i].gradient_at)
            net->nodes[i].gradient = net->nodes[net->nodes[i].gradient_at].gradient;
    free(buffers);
    return status;
}

Status net_plan(Net *net)
{
    TRY(settle(net));
    net->planned = true;
    TRY(net_plan_weights(net));
    return plan_memory(net);
}

static Status fill_twin(const Net *of, Net *twin)
{
    TRY(MEMORY_NEW(&twin->nodes, of->count));
    memcpy(twin->nodes, of->nodes, of->count * sizeof *twin->nodes);
    TRY(count_gradients(twin));
    TRY(net_twin_weights(of, twin));
    return plan_memory(twin);
}

Status net_twin(const Net *of, ParameterList *parameters, const Net *room, Net **twin)
{
    TRY(MEMORY_NEW(twin, 1));
    **twin = (Net){.parameters = parameters,
                   .engine = of->engine,
                   .training = of->training,
                   .planned = true,
                   .is_twin = true,
                   .room = room,
                   .threads = of->threads,
                   .precision = of->precision,
                   .recomputes = of->recomputes,
                   .count = of->count,
                   .end = of->end,
                   .use_count = of->use_count,
                   .uses = of->uses,
                   .workspace_bytes = of->workspace_bytes};
    Status status = fill_twin(of, *twin);
    if (status != STATUS_OK) {
        net_free(*twin);
        *twin = NULL;
    }
    return status;
}
