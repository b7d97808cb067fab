/* Building, planning and running a graph of operations; see net.h and node.h.
 *
 * Time runs from 0 to 2n for n nodes: forward of node i at i, the loss at n, backward of i at 2n -
 * i. From that each buffer's lifetime follows, and memory_plan() lays them out in one block.
 */
#include "nn/net.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "nn/memory_plan.h"
#include "nn/node.h"

/* Packed weights: one for each pair of parameter and convolution shape; the recursion's passes
 * share them. */
typedef struct {
    size_t parameter;
    ConvolutionShape shape;
    bool standardised, data_gradient;
    uint64_t version; /* of the parameter when packed; 0: never */
    ConvolutionPlan *plan;
} WeightUse;

struct Net {
    ParameterList *parameters; /* borrowed */
    const Engine *engine;
    bool training, planned;
    Precision precision;
    Status status; /* first error of building */
    char *message;
    size_t count, capacity;
    Node *nodes;
    size_t use_count;
    WeightUse *uses;        /* at most count */
    size_t *gradients_left; /* by parameter: contributions still to come in this backward pass */
    bool *standardised;     /* by parameter */
    float *standardised_weights; /* scratch for the largest standardised parameter */
    float *workspace;            /* shared by all convolution plans */
    size_t workspace_bytes;
    float *block; /* all buffers of the plan */
    size_t block_bytes;
    double (*seconds)[2]; /* by node: forward, backward; NULL: not timed */
    double packing_seconds;
};

Status net_new(ParameterList *parameters, const Engine *engine, bool training, Net **net)
{
    TRY(MEMORY_NEW(net, 1));
    (*net)->parameters = parameters;
    (*net)->engine = engine;
    (*net)->training = training;
    return STATUS_OK;
}

void net_free(Net *net)
{
    if (!net)
        return;
    for (size_t i = 0; i < net->use_count; ++i)
        net->engine->plan_free(net->uses[i].plan);
    free(net->uses);
    free(net->message);
    free(net->nodes);
    free(net->gradients_left);
    free(net->standardised);
    free(net->standardised_weights);
    free(net->workspace);
    free(net->block);
    free(net->seconds);
    free(net);
}

Status net_set_precision(Net *net, Precision precision)
{
    assert(net->count == 0);
    if (precision == PRECISION_BF16 && !net->engine->has_half())
        FAIL(STATUS_UNSUPPORTED,
             "precision bf16: engine %s has no such arithmetic on this processor (expected "
             "instructions AVX512_BF16 or AMX and oneDNN); use precision f32",
             net->engine->name);
    net->precision = precision;
    return STATUS_OK;
}

Precision net_precision(const Net *net)
{
    return net->precision;
}

bool net_is_half(const Net *net, NodeId node)
{
    return net->status == STATUS_OK && net->nodes[node].half;
}

/* ---- building ---- */

NodeId net_refuse(Net *net, Status status)
{
    if (net->status == STATUS_OK) {
        net->status = status;
        net->message = strdup(status_message());
    }
    return 0;
}

bool net_declare(Net *net, const char *name, const char *suffix, size_t rank, const size_t *dims,
                 Initial initial, bool decayed, size_t *index)
{
    char full[256];
    snprintf(full, sizeof full, "%s.%s", name, suffix);
    Status status = net->status != STATUS_OK ? net->status
                                             : parameters_declare(net->parameters, full, rank, dims,
                                                                  initial, decayed, index);
    if (status != STATUS_OK)
        net_refuse(net, status);
    return status == STATUS_OK;
}

static Status grow(Net *net)
{
    if (net->count < net->capacity)
        return STATUS_OK;
    size_t capacity = net->capacity ? 2 * net->capacity : 256;
    Node *nodes;
    TRY(MEMORY_NEW(&nodes, capacity));
    if (net->count)
        memcpy(nodes, net->nodes, net->count * sizeof *nodes);
    free(net->nodes);
    net->nodes = nodes;
    net->capacity = capacity;
    return STATUS_OK;
}

NodeId net_add_node(Net *net, const NodeRequest *request)
{
    assert(!net->planned);
    if (net->status != STATUS_OK)
        return 0;
    Status status = grow(net);
    if (status != STATUS_OK)
        return net_refuse(net, status);
    Node *node = &net->nodes[net->count];
    *node =
        (Node){.request = *request, .half = net->precision == PRECISION_BF16 && !request->single};
    /* An operation reads a pixel's channels into one tile. */
    if (node->half && request->shape.c > NUMBERS_TILE)
        return net_refuse(net, status_set(STATUS_UNSUPPORTED,
                                          "%zu channels in bf16 (expected at most %d); use f32",
                                          request->shape.c, NUMBERS_TILE));
    for (size_t i = 0; i < request->input_count; ++i) {
        assert(request->inputs[i] < net->count);
        node->input_shape[i] = net->nodes[request->inputs[i]].request.shape;
        net->nodes[request->inputs[i]].last_consumer = net->count;
    }
    return net->count++;
}

NodeId net_input(Net *net, Shape shape)
{
    static const Operation input = {.name = "input"};
    return net_add_node(net, &(NodeRequest){.operation = &input,
                                            .shape = shape,
                                            .weight = NO_PARAMETER,
                                            .bias = NO_PARAMETER,
                                            .single = true});
}

NodeId net_output(Net *net, NodeId node)
{
    node = net_convert(net, node, PRECISION_F32);
    if (net->status == STATUS_OK)
        net->nodes[node].output = true;
    return node;
}

Shape net_shape(const Net *net, NodeId node)
{
    return net->status == STATUS_OK ? net->nodes[node].request.shape : (Shape){1, 1, 1, 1};
}

/* ---- planning ---- */

static bool trains(const Net *net, size_t parameter)
{
    return parameter != NO_PARAMETER && net->parameters->items[parameter].trainable;
}

static bool input_wants_gradient(const Net *net, const Node *node, size_t input)
{
    return net->nodes[node->request.inputs[input]].needs_gradient;
}

static Status settle_gradients(Net *net)
{
    for (size_t i = 0; i < net->count; ++i) {
        Node *node = &net->nodes[i];
        node->needs_gradient =
            net->training && (trains(net, node->request.weight) || trains(net, node->request.bias));
        for (size_t k = 0; k < node->request.input_count; ++k)
            node->needs_gradient |= net->training && input_wants_gradient(net, node, k);
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

static bool same_shape(const ConvolutionShape *a, const ConvolutionShape *b)
{
    return a->input.n == b->input.n && a->input.h == b->input.h && a->input.w == b->input.w &&
           a->input.c == b->input.c && a->output_channels == b->output_channels &&
           a->kernel_h == b->kernel_h && a->kernel_w == b->kernel_w && a->stride == b->stride &&
           a->pad_h == b->pad_h && a->pad_w == b->pad_w && a->dilation == b->dilation &&
           a->bias == b->bias && a->half == b->half;
}

/* Standardised or not, a parameter's gradient is turned back once, for the sum of its uses. */
static Status check_standardised(const Net *net, const NodeRequest *request)
{
    for (size_t i = 0; i < net->use_count; ++i)
        if (net->uses[i].parameter == request->weight &&
            net->uses[i].standardised != request->standardised)
            FAIL(STATUS_ARGUMENT, "parameter %s is used both standardised and plain",
                 net->parameters->items[request->weight].name);
    return STATUS_OK;
}

static size_t find_use(Net *net, size_t parameter, const ConvolutionShape *shape)
{
    size_t i = 0;
    while (i < net->use_count &&
           (net->uses[i].parameter != parameter || !same_shape(&net->uses[i].shape, shape)))
        ++i;
    return i;
}

static Status plan_convolutions(Net *net)
{
    TRY(MEMORY_NEW(&net->uses, net->count));
    size_t largest = 0;
    for (size_t i = 0; i < net->count; ++i) {
        Node *node = &net->nodes[i];
        const NodeRequest *request = &node->request;
        if (!request->settings.convolution.output_channels ||
            strcmp(request->operation->name, "convolution") != 0)
            continue;
        TRY(check_standardised(net, request));
        node->weight_use = find_use(net, request->weight, &request->settings.convolution);
        WeightUse *use = &net->uses[node->weight_use];
        if (node->weight_use == net->use_count) {
            *use = (WeightUse){.parameter = request->weight,
                               .shape = request->settings.convolution,
                               .standardised = request->standardised};
            ++net->use_count;
        }
        use->data_gradient |= net->training && input_wants_gradient(net, node, 0);
        net->standardised[request->weight] |= request->standardised;
        size_t count = net->parameters->items[request->weight].count;
        if (request->standardised && count > largest)
            largest = count;
    }
    for (size_t i = 0; i < net->use_count; ++i) {
        TRY(net->engine->plan_new(&net->uses[i].shape, net->uses[i].data_gradient,
                                  net->training && trains(net, net->uses[i].parameter),
                                  &net->uses[i].plan));
        size_t bytes = net->engine->workspace_bytes(net->uses[i].plan);
        net->workspace_bytes = bytes > net->workspace_bytes ? bytes : net->workspace_bytes;
    }
    TRY(MEMORY_NEW(&net->workspace, net->workspace_bytes / sizeof(float) + 1));
    for (size_t i = 0; i < net->use_count; ++i)
        net->engine->set_workspace(net->uses[i].plan, net->workspace);
    return MEMORY_NEW(&net->standardised_weights, largest);
}

/* A gradient is overwritten by the first of its node's consumers that runs backwards, the last one
 * in the graph's order, and added to by the others. Outputs hold the caller's gradient already. */
static bool is_first_contribution(const Net *net, size_t consumer, size_t slot)
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
static bool reads_input(const Net *net, const Node *node, size_t k)
{
    return node->needs_gradient && (node->request.backward_reads_inputs >> k & 1) &&
           (!node->request.reads_for_weights || trains(net, node->request.weight));
}

/* Values that backward reads but need not be kept: they are made again from what is kept, in the
 * last node of the graph that reads them, the first one in backward. */
static void settle_again(Net *net)
{
    for (size_t i = 0; i < net->count; ++i) {
        const Node *node = &net->nodes[i];
        for (size_t k = 0; k < node->request.input_count; ++k) {
            Node *input = &net->nodes[node->request.inputs[k]];
            if (!reads_input(net, node, k) || !input->request.operation->again ||
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
    BUFFERS_PER_NODE
};

static void extend(PlannedBuffer *buffer, size_t instant)
{
    if (buffer->last < instant)
        buffer->last = instant;
}

/* Bytes and lifetimes of node i's buffers; consumers, which come later, extend the lifetimes of the
 * value and bring forward the first use of the gradient. */
static void describe_buffers(const Net *net, size_t i, PlannedBuffer *all)
{
    const Node *node = &net->nodes[i];
    const NodeRequest *request = &node->request;
    PlannedBuffer *own = all + BUFFERS_PER_NODE * i;
    size_t end = 2 * net->count, backward = end - i;
    size_t bytes = numbers_bytes(shape_count(request->shape), node->half);
    bool is_input = request->input_count == 0;
    own[BUFFER_VALUE] = (PlannedBuffer){.bytes = bytes, .first = is_input ? 0 : i, .last = i};
    own[BUFFER_GRADIENT] = (PlannedBuffer){.first = backward, .last = backward};
    if (node->needs_gradient)
        own[BUFFER_GRADIENT].bytes = bytes;
    own[BUFFER_SAVED] = (PlannedBuffer){.bytes = request->saved_floats * 4, .first = i, .last = i};
    own[BUFFER_FORWARD_SCRATCH] =
        (PlannedBuffer){.bytes = request->forward_scratch_floats * 4, .first = i, .last = i};
    own[BUFFER_BACKWARD_SCRATCH] = (PlannedBuffer){.first = backward, .last = backward};
    if (node->needs_gradient) {
        own[BUFFER_SAVED].last = backward;
        own[BUFFER_BACKWARD_SCRATCH].bytes = request->backward_scratch_floats * 4;
        if (request->add_scratch_floats && input_wants_gradient(net, node, 0) &&
            !is_first_contribution(net, i, 0))
            own[BUFFER_BACKWARD_SCRATCH].bytes += request->add_scratch_floats * 4;
        if (request->backward_reads_output)
            own[BUFFER_VALUE].last = backward;
    }
    if (node->again_for) {
        size_t instant = end - node->again_for;
        own[BUFFER_AGAIN] = (PlannedBuffer){.bytes = bytes, .first = instant, .last = instant};
        own[BUFFER_AGAIN_SCRATCH] =
            (PlannedBuffer){request->backward_scratch_floats * 4, instant, instant, 0};
    }
    if (node->output || is_input)
        own[BUFFER_VALUE].last = end;
    if (node->output) {
        own[BUFFER_GRADIENT].first = 0;
        own[BUFFER_GRADIENT].last = end;
    }
    for (size_t k = 0; k < request->input_count; ++k) {
        PlannedBuffer *input = all + BUFFERS_PER_NODE * request->inputs[k];
        extend(&input[BUFFER_VALUE], i);
        if (reads_input(net, node, k))
            extend(&input[net->nodes[request->inputs[k]].again_for ? BUFFER_AGAIN : BUFFER_VALUE],
                   backward);
        if (node->needs_gradient && input_wants_gradient(net, node, k) &&
            backward < input[BUFFER_GRADIENT].first)
            input[BUFFER_GRADIENT].first = backward;
    }
}

static Status plan_memory(Net *net)
{
    size_t count = BUFFERS_PER_NODE * net->count;
    PlannedBuffer *buffers;
    TRY(MEMORY_NEW(&buffers, count));
    for (size_t i = 0; i < net->count; ++i)
        describe_buffers(net, i, buffers);
    Status status = memory_plan(count, buffers, &net->block_bytes);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&net->block, net->block_bytes / sizeof(float));
    for (size_t i = 0; status == STATUS_OK && i < net->count; ++i) {
        Node *node = &net->nodes[i];
        void *places[BUFFERS_PER_NODE];
        for (size_t k = 0; k < BUFFERS_PER_NODE; ++k) {
            const PlannedBuffer *buffer = &buffers[BUFFERS_PER_NODE * i + k];
            places[k] = buffer->bytes ? net->block + buffer->offset / sizeof(float) : NULL;
        }
        node->value = places[BUFFER_VALUE];
        node->gradient = places[BUFFER_GRADIENT];
        node->saved = places[BUFFER_SAVED];
        node->forward_scratch = places[BUFFER_FORWARD_SCRATCH];
        node->backward_scratch = places[BUFFER_BACKWARD_SCRATCH];
        node->value_again = places[BUFFER_AGAIN];
        node->again_scratch = places[BUFFER_AGAIN_SCRATCH];
    }
    free(buffers);
    return status;
}

Status net_plan(Net *net)
{
    if (net->status != STATUS_OK)
        FAIL(net->status, "%s", net->message ? net->message : "cannot build the network");
    net->planned = true;
    TRY(MEMORY_NEW(&net->gradients_left, net->parameters->count));
    TRY(MEMORY_NEW(&net->standardised, net->parameters->count));
    TRY(settle_gradients(net));
    settle_again(net);
    TRY(plan_convolutions(net));
    return plan_memory(net);
}

/* ---- running ---- */

float *net_value(Net *net, NodeId node)
{
    assert(!net->nodes[node].half);
    return net->nodes[node].value;
}

float *net_gradient(Net *net, NodeId node)
{
    assert(!net->nodes[node].half);
    return net->nodes[node].gradient;
}

size_t net_memory_bytes(const Net *net)
{
    return net->block_bytes + net->workspace_bytes;
}

static double node_macs(const Node *node)
{
    const NodeRequest *request = &node->request;
    const ConvolutionShape *shape = &request->settings.convolution;
    if (strcmp(request->operation->name, "convolution") != 0)
        return 0;
    return (double)shape_count(request->shape) *
           (double)(shape->kernel_h * shape->kernel_w * shape->input.c);
}

double net_forward_macs(const Net *net)
{
    double macs = 0;
    for (size_t i = 0; i < net->count; ++i)
        macs += node_macs(&net->nodes[i]);
    return macs;
}

Status net_time_nodes(Net *net)
{
    free(net->seconds);
    net->packing_seconds = 0;
    return MEMORY_NEW(&net->seconds, net->count);
}

size_t net_node_count(const Net *net)
{
    return net->count;
}

NodeCost net_node_cost(const Net *net, size_t node)
{
    const NodeRequest *request = &net->nodes[node].request;
    NodeCost cost = {
        .operation = request->operation->name,
        .parameter =
            request->weight == NO_PARAMETER ? "" : net->parameters->items[request->weight].name,
        .shape = request->shape,
        .macs = node_macs(&net->nodes[node]),
    };
    if (cost.macs > 0) {
        const ConvolutionShape *shape = &request->settings.convolution;
        cost.kernel_h = shape->kernel_h;
        cost.kernel_w = shape->kernel_w;
        cost.stride = shape->stride;
        cost.input_channels = shape->input.c;
    }
    if (net->seconds) {
        cost.forward_seconds = net->seconds[node][0];
        cost.backward_seconds = net->seconds[node][1];
    }
    return cost;
}

double net_packing_seconds(const Net *net)
{
    return net->packing_seconds;
}

/* Runs one of an operation's functions, on the clock if asked for. */
static Status run(Net *net, size_t node, bool backward, Status (*function)(const OperationCall *),
                  const OperationCall *call)
{
    double started = net->seconds ? clock_seconds() : 0;
    TRY(function(call));
    if (net->seconds)
        net->seconds[node][backward] += clock_seconds() - started;
    return STATUS_OK;
}

static Status refresh_weights(Net *net)
{
    for (size_t i = 0; i < net->use_count; ++i) {
        WeightUse *use = &net->uses[i];
        const Parameter *parameter = &net->parameters->items[use->parameter];
        if (use->version == parameter->version + 1)
            continue;
        const float *weights = parameter->value;
        if (use->standardised) {
            standardise_weights(parameter->dims[0], parameter->count / parameter->dims[0], weights,
                                net->standardised_weights);
            weights = net->standardised_weights;
        }
        TRY(net->engine->set_weights(use->plan, weights));
        use->version = parameter->version + 1;
    }
    return STATUS_OK;
}

static OperationCall prepare(Net *net, const Node *node)
{
    const NodeRequest *request = &node->request;
    OperationCall call = {
        .node = node,
        .output = {node->value, node->half},
        .saved = node->saved,
        .convolution = net->use_count ? net->uses[node->weight_use].plan : NULL,
        .engine = net->engine,
    };
    for (size_t k = 0; k < request->input_count; ++k)
        call.input[k] =
            (Numbers){net->nodes[request->inputs[k]].value, net->nodes[request->inputs[k]].half};
    if (request->weight != NO_PARAMETER)
        call.weight = net->parameters->items[request->weight].value;
    if (request->bias != NO_PARAMETER)
        call.bias = net->parameters->items[request->bias].value;
    return call;
}

Status net_forward(Net *net)
{
    double started = net->seconds ? clock_seconds() : 0;
    TRY(refresh_weights(net));
    if (net->seconds)
        net->packing_seconds += clock_seconds() - started;
    for (size_t i = 0; i < net->count; ++i) {
        const Node *node = &net->nodes[i];
        if (!node->request.operation->forward)
            continue;
        OperationCall call = prepare(net, node);
        call.scratch = node->forward_scratch;
        TRY(run(net, i, false, node->request.operation->forward, &call));
    }
    return STATUS_OK;
}

static void count_contributions(Net *net)
{
    memset(net->gradients_left, 0, net->parameters->count * sizeof *net->gradients_left);
    for (size_t i = 0; i < net->count; ++i) {
        const NodeRequest *request = &net->nodes[i].request;
        size_t used[2] = {request->weight, request->bias};
        for (int k = 0; k < 2; ++k)
            if (trains(net, used[k]))
                ++net->gradients_left[used[k]];
    }
}

static Status count_down(Net *net, size_t index, GradientReady ready, void *context)
{
    if (!trains(net, index) || --net->gradients_left[index] > 0)
        return STATUS_OK;
    Parameter *parameter = &net->parameters->items[index];
    if (net->standardised[index])
        standardise_gradient(parameter->dims[0], parameter->count / parameter->dims[0],
                             parameter->value, parameter->gradient);
    return ready ? ready(context, index) : STATUS_OK;
}

/* Makes the inputs again that node i is the first to read, and points its call at what was made
 * again, by it or before. */
static Status make_again(Net *net, size_t i, OperationCall *call)
{
    const Node *node = &net->nodes[i];
    for (size_t k = 0; k < node->request.input_count; ++k) {
        NodeId at = node->request.inputs[k];
        const Node *input = &net->nodes[at];
        if (!input->again_for || !reads_input(net, node, k))
            continue;
        if (input->again_for == i) {
            OperationCall again = prepare(net, input);
            again.output.data = input->value_again;
            again.scratch = input->again_scratch;
            TRY(run(net, at, true, input->request.operation->again, &again));
        }
        call->input[k].data = input->value_again;
    }
    return STATUS_OK;
}

Status net_backward(Net *net, GradientReady ready, void *context)
{
    assert(net->training);
    for (size_t i = 0; i < net->parameters->count; ++i)
        if (net->parameters->items[i].trainable && !net->parameters->items[i].gradient)
            FAIL(STATUS_ARGUMENT, "parameter %s trains but has no gradient buffer",
                 net->parameters->items[i].name);
    count_contributions(net);
    for (size_t i = net->count; i-- > 0;) {
        const Node *node = &net->nodes[i];
        const NodeRequest *request = &node->request;
        if (!node->needs_gradient)
            continue;
        OperationCall call = prepare(net, node);
        TRY(make_again(net, i, &call));
        call.scratch = node->backward_scratch;
        call.output_gradient = (Numbers){node->gradient, node->half};
        for (size_t k = 0; k < request->input_count; ++k)
            if (input_wants_gradient(net, node, k)) {
                const Node *input = &net->nodes[request->inputs[k]];
                call.input_gradient[k] = (Numbers){input->gradient, input->half};
                call.add_gradient[k] = !is_first_contribution(net, i, k);
            }
        if (trains(net, request->weight))
            call.weight_gradient = net->parameters->items[request->weight].gradient;
        if (trains(net, request->bias))
            call.bias_gradient = net->parameters->items[request->bias].gradient;
        TRY(run(net, i, true, request->operation->backward, &call));
        TRY(count_down(net, request->weight, ready, context));
        TRY(count_down(net, request->bias, ready, context));
    }
    return STATUS_OK;
}
