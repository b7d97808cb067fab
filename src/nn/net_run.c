/* Running a graph that is planned: forward, backward, and what that costs. */
#include "nn/net.h"

#include <assert.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "nn/net_state.h"

/* Numbers of a gradient. */
enum { CLOSED_AT_ONCE = 1 << 13 };

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
    if (!request->operation->packed)
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

static Numbers value_of(const Node *node)
{
    return (Numbers){node->value, node->half, node->step, node->sign};
}

static OperationCall prepare(Net *net, const Node *node)
{
    const NodeRequest *request = &node->request;
    OperationCall call = {
        .node = node,
        .output = value_of(node),
        .saved = node->saved,
        .pass = &net->pass,
        .convolution = request->operation->packed ? net->plans[node->weight_use] : NULL,
        .engine = request->operation->packed ? net->uses[node->weight_use].engine : NULL,
    };
    for (size_t k = 0; k < request->input_count; ++k)
        call.input[k] = value_of(&net->nodes[request->inputs[k]]);
    if (node->moments_of) {
        call.moments = net->nodes[node->moments_of].saved;
        call.moment_parts = node->moment_parts;
        call.moment_unit = net->nodes[node->moments_of].moment_unit;
    }
    if (request->weight != NO_PARAMETER)
        call.weight = net->parameters->items[request->weight].value;
    if (request->bias != NO_PARAMETER)
        call.bias = net->parameters->items[request->bias].value;
    if (node->norm.present)
        call.bias = net->uses[node->weight_use].bias;
    for (size_t k = 0; k < request->buffer_count; ++k) {
        const Parameter *buffer = &net->parameters->items[request->buffers[k]];
        call.buffer[k] = buffer->value;
        call.observed[k] = net->training ? buffer->observed : NULL;
    }
    return call;
}

void net_set_pass(Net *net, Pass pass)
{
    net->pass = pass;
}

/* On fewer threads than they are made for, oneDNN's gradients of the weights would be those of a
 * part of the map. */
static Status check_threads(const Net *net)
{
    const int threads = omp_get_active_level() > 0 ? 1 : omp_get_max_threads();
    if (net->training && net->use_count > 0 && threads < net->threads)
        FAIL(STATUS_ARGUMENT,
             "a network that is planned for %d threads runs on %d (expected at least as many)",
             net->threads, threads);
    return STATUS_OK;
}

void net_observe(Net *net, NetObserver observer, void *context)
{
    net->observer = observer;
    net->observer_context = context;
}

NetObserver net_observer(const Net *net, void **context)
{
    *context = net->observer_context;
    return net->observer;
}

static Status observe(const Net *net, const Node *node, Numbers input)
{
    return net->observer(net->observer_context, net->parameters->items[node->request.weight].name,
                         &node->request.settings.convolution, input);
}

/* Forward of a node, where it is made again to its other place. */
static Status run_forward(Net *net, size_t i, bool again)
{
    Node *node = &net->nodes[i];
    if (!node->request.operation->forward)
        return STATUS_OK;
    if (node->remade) {
        node->value = node->values[again];
        node->forward_scratch = node->scratches[again];
    }
    OperationCall call = prepare(net, node);
    if (net->observer && node->request.operation->packed)
        TRY(observe(net, node, call.input[0]));
    call.scratch = node->forward_scratch;
    if (net->recomputes && node->request.operation->packed)
        TRY(net_pack_for(net, node, PACK_FORWARD));
    return run(net, i, again, node->request.operation->forward, &call);
}

Status net_forward(Net *net)
{
    TRY(check_threads(net));
    TRY(net_pack_weights(net, NULL));
    for (size_t i = 0; i < net->count; ++i)
        TRY(run_forward(net, i, false));
    return STATUS_OK;
}

/* Where a node shall add its part of a parameter's gradient, or write if it is the first there and
 * `writes`; NULL if it does not train. `own`: the node's place for it in the block. */
static float *open_gradient(const Net *net, size_t index, const GradientTaker *taker, float *own,
                            bool writes, bool *add)
{
    *add = true;
    if (!net_trains(net, index))
        return NULL;
    const Parameter *parameter = &net->parameters->items[index];
    WeightGradient *gradient = &net->gradients[index];
    if (!taker)
        return parameter->gradient;
    if (gradient->opened && gradient->left < gradient->uses)
        return gradient->sum;
    gradient->sum = gradient->opened ? taker->open(taker->context, index) : own;
    *add = false;
    if (!writes)
        memset(gradient->sum, 0, parameter->count * sizeof(float));
    return gradient->sum;
}

/* Standardised or not, a parameter's gradient is turned back once, for the sum of its uses. Rows
 * are added to, turned back and rounded while they are in the cache. */
static Status close_gradient(Net *net, size_t index, const WeightForm *form,
                             const GradientTaker *taker)
{
    if (!net_trains(net, index))
        return STATUS_OK;
    WeightGradient *gradient = &net->gradients[index];
    const Parameter *parameter = &net->parameters->items[index];
    const size_t rows = parameter->dims[0], size = parameter->count / rows;
    const size_t some = size < CLOSED_AT_ONCE ? CLOSED_AT_ONCE / size : 1;
    const bool rounds = taker && net_rounds_gradient(net->precision, parameter);
    const bool first_use = gradient->left == gradient->uses, last_use = --gradient->left == 0;
    float *sum = taker ? gradient->sum : parameter->gradient;
    for (size_t row = 0; row < rows; row += some) {
        const size_t end = row + some < rows ? row + some : rows;
        const size_t at = row * size, count = (end - row) * size;
        if (rounds && !first_use)
            taker->add_kept(taker->context, index, at, count, sum + at);
        if (form && last_use)
            form->finish_gradient(parameter, row, end - row, sum + at);
        if (rounds)
            taker->keep(taker->context, index, at, count, sum + at, last_use);
    }
    return taker && last_use ? taker->ready(taker->context, index, rounds ? NULL : sum) : STATUS_OK;
}

/* `kept`: in the parameters' own arrays. */
static Status start_gradients(Net *net, bool kept)
{
    for (size_t i = 0; i < net->parameters->count; ++i) {
        net->gradients[i].left = net->gradients[i].uses;
        if (kept && net_trains(net, i) && !net->parameters->items[i].gradient)
            FAIL(STATUS_ARGUMENT, "parameter %s trains but has no gradient buffer",
                 net->parameters->items[i].name);
    }
    return STATUS_OK;
}

/* Makes the inputs again that node i is the first to read, and points its call at what was made
 * again, by it or before. */
static Status make_again(Net *net, size_t i, OperationCall *call)
{
    const Node *node = &net->nodes[i];
    for (size_t k = 0; k < node->request.input_count; ++k) {
        NodeId at = node->request.inputs[k];
        const Node *input = &net->nodes[at];
        if (!input->again_for || !net_reads_input(net, node, k))
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

Status net_backward(Net *net, const GradientTaker *taker)
{
    assert(net->training);
    TRY(check_threads(net));
    TRY(start_gradients(net, !taker));
    for (size_t i = net->count; i-- > 0;) {
        const Node *node = &net->nodes[i];
        const NodeRequest *request = &node->request;
        for (size_t k = i + 1 - node->stretch; k <= i; ++k)
            if (net->nodes[k].remade)
                TRY(run_forward(net, k, true));
        if (!node->needs_gradient)
            continue;
        OperationCall call = prepare(net, node);
        TRY(make_again(net, i, &call));
        if (net->recomputes && request->operation->packed && net_input_wants_gradient(net, node, 0))
            TRY(net_pack_for(net, node, PACK_DATA));
        call.scratch = node->backward_scratch;
        call.output_gradient = (Numbers){.data = node->gradient, .half = node->half};
        for (size_t k = 0; k < request->input_count; ++k)
            if (net_input_wants_gradient(net, node, k)) {
                const Node *input = &net->nodes[request->inputs[k]];
                call.input_gradient[k] = (Numbers){.data = input->gradient, .half = input->half};
                call.add_gradient[k] = !net_is_first_contribution(net, i, k);
            }
        bool add_bias;
        call.weight_gradient =
            open_gradient(net, request->weight, taker, node->parameter_gradient[0],
                          request->operation->packed, &call.add_weight_gradient);
        call.bias_gradient =
            open_gradient(net, request->bias, taker, node->parameter_gradient[1], false, &add_bias);
        TRY(run(net, i, true, request->operation->backward, &call));
        TRY(close_gradient(net, request->weight, request->weight_form, taker));
        TRY(close_gradient(net, request->bias, NULL, taker));
    }
    return STATUS_OK;
}
