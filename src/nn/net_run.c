/* Running a graph that is planned: forward, backward, and what that costs. */
#include "nn/net.h"

#include <assert.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "nn/net_state.h"

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

static Status observe(const Net *net, const Node *node, Numbers input)
{
    return net->observer(net->observer_context, net->parameters->items[node->request.weight].name,
                         &node->request.settings.convolution, input);
}

Status net_forward(Net *net)
{
    TRY(check_threads(net));
    TRY(net_pack_weights(net, 0, 1));
    for (size_t i = 0; i < net->count; ++i) {
        const Node *node = &net->nodes[i];
        if (!node->request.operation->forward)
            continue;
        OperationCall call = prepare(net, node);
        if (net->observer && node->request.operation->packed)
            TRY(observe(net, node, call.input[0]));
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
            if (net_trains(net, used[k]))
                ++net->gradients_left[used[k]];
    }
}

/* Standardised or not, a parameter's gradient is turned back once, for the sum of its uses. */
static Status count_down(Net *net, size_t index, const WeightForm *form, GradientReady ready,
                         void *context)
{
    if (!net_trains(net, index) || --net->gradients_left[index] > 0)
        return STATUS_OK;
    if (form)
        form->finish_gradient(&net->parameters->items[index]);
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

Status net_backward(Net *net, GradientReady ready, void *context)
{
    assert(net->training);
    TRY(check_threads(net));
    for (size_t i = 0; i < net->parameters->count; ++i)
        if (net_trains(net, i) && !net->parameters->items[i].gradient)
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
        call.output_gradient = (Numbers){.data = node->gradient, .half = node->half};
        for (size_t k = 0; k < request->input_count; ++k)
            if (net_input_wants_gradient(net, node, k)) {
                const Node *input = &net->nodes[request->inputs[k]];
                call.input_gradient[k] = (Numbers){.data = input->gradient, .half = input->half};
                call.add_gradient[k] = !net_is_first_contribution(net, i, k);
            }
        if (net_trains(net, request->weight))
            call.weight_gradient = net->parameters->items[request->weight].gradient;
        if (net_trains(net, request->bias))
            call.bias_gradient = net->parameters->items[request->bias].gradient;
        TRY(run(net, i, true, request->operation->backward, &call));
        TRY(count_down(net, request->weight, request->weight_form, ready, context));
        TRY(count_down(net, request->bias, NULL, ready, context));
    }
    return STATUS_OK;
}
