/* Building a graph of operations; see net.h and node.h. */
#include "nn/net.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nn/net_state.h"

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
    for (size_t i = 0; net->plans && i < net->use_count; ++i)
        if (net->plans[i])
            net->uses[i].engine->plan_free(net->plans[i]);
    free(net->plans);
    if (!net->is_twin) {
        for (size_t i = 0; i < net->use_count; ++i) {
            free(net->uses[i].bias);
            for (Pack pack = 0; pack < PACKS; ++pack)
                free(net->uses[i].packed[pack]);
        }
        free(net->uses);
        free(net->message);
        free(net->built);
    }
    free(net->nodes);
    free(net->gradients);
    free(net->prepared_weights);
    free(net->packed);
    if (!net->workspace_is_lent)
        free(net->workspace);
    if (!net->block_is_lent)
        free(net->block);
    free(net->seconds);
    free(net);
}

void net_rest(Net *net)
{
    memory_let_go(net->block, net->block_bytes);
    memory_let_go(net->workspace, net->workspace_bytes);
    for (size_t i = 0; i < net->use_count && !net->is_twin; ++i) {
        WeightUse *use = &net->uses[i];
        for (Pack pack = 0; pack < PACKS; ++pack)
            if (use->packed[pack])
                memory_let_go(use->packed[pack], use->engine->packed_bytes(net->plans[i], pack));
        use->version = 0;
    }
}

static Status net_set_bytes(Net *net)
{
    assert(!net->training);
    if (!net->engine->has_bytes || !net->engine->has_bytes())
        FAIL(STATUS_UNSUPPORTED,
             "precision int8: engine %s has no such arithmetic on this processor (expected "
             "instructions AVX512_VNNI and oneDNN); use the checkpoint that it was made of",
             net->engine->name);
    net->precision = PRECISION_INT8;
    return STATUS_OK;
}

void net_set_ranges(Net *net, const InputRanges *ranges)
{
    net->ranges = ranges;
}

Status net_set_precision(Net *net, Precision precision)
{
    assert(net->count == 0);
    if (precision == PRECISION_INT8)
        return net_set_bytes(net);
    if (precision == PRECISION_BF16 && !net->engine->has_half())
        FAIL(STATUS_UNSUPPORTED,
             "precision bf16: engine %s has no such arithmetic on this processor (expected "
             "instructions AVX512_BF16 or AMX and oneDNN); use precision f32",
             net->engine->name);
    net->precision = precision;
    return STATUS_OK;
}

void net_set_room(Net *net, const Net *room)
{
    assert(!net->planned);
    net->room = room;
}

void net_set_recompute(Net *net, bool recompute)
{
    assert(net->count == 0 && net->training);
    net->recomputes = recompute;
}

bool net_is_training(const Net *net)
{
    return net->training;
}

Precision net_precision(const Net *net)
{
    return net->precision;
}

bool net_has_half(const Net *net)
{
    return net->precision == PRECISION_BF16 ||
           (net->precision == PRECISION_INT8 && net->engine->has_half());
}

const InputRanges *net_ranges(const Net *net)
{
    return net->ranges;
}

bool net_is_non_negative(const Net *net, NodeId node)
{
    return net->status == STATUS_OK && net->nodes[node].non_negative;
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

static bool uses_buffer(const Net *net, size_t index)
{
    for (size_t i = 0; i < net->count; ++i)
        for (size_t k = 0; k < net->nodes[i].request.buffer_count; ++k)
            if (net->nodes[i].request.buffers[k] == index)
                return true;
    return false;
}

bool net_declare_buffer(Net *net, const char *name, const char *suffix, size_t rank,
                        const size_t *dims, Initial initial, NodeRequest *request)
{
    char full[256];
    snprintf(full, sizeof full, "%s.%s", name, suffix);
    size_t index;
    Status status =
        net->status != STATUS_OK
            ? net->status
            : parameters_declare_buffer(net->parameters, full, rank, dims, initial, &index);
    if (status == STATUS_OK && uses_buffer(net, index))
        status = status_set(STATUS_ARGUMENT,
                            "%s is used by two nodes of one graph (expected a name of its own for "
                            "each norm: their statistics differ)",
                            full);
    if (status != STATUS_OK) {
        net_refuse(net, status);
        return false;
    }
    assert(request->buffer_count < NODE_MAX_BUFFERS);
    request->buffers[request->buffer_count++] = index;
    return true;
}

NodeId net_add_node(Net *net, const NodeRequest *request)
{
    assert(!net->planned);
    if (net->status != STATUS_OK)
        return 0;
    Status status = MEMORY_GROW(&net->nodes, net->count + 1, &net->capacity);
    if (status != STATUS_OK)
        return net_refuse(net, status);
    Node *node = &net->nodes[net->count];
    *node = (Node){.request = *request,
                   .half = net_has_half(net) && !request->single,
                   .step = request->step,
                   .sign = request->sign,
                   .non_negative = request->non_negative || request->operation->keeps_sign ||
                                   request->operation->non_negative};
    /* An operation reads a pixel's channels into one tile. */
    if (node->half && request->shape.c > NUMBERS_TILE)
        return net_refuse(net, status_set(STATUS_UNSUPPORTED,
                                          "%zu channels in bf16 (expected at most %d); use f32",
                                          request->shape.c, NUMBERS_TILE));
    for (size_t i = 0; i < request->input_count; ++i) {
        assert(request->inputs[i] < net->count);
        node->input_shape[i] = net->nodes[request->inputs[i]].request.shape;
        net->nodes[request->inputs[i]].last_consumer = net->count;
        node->non_negative &= request->non_negative || request->operation->non_negative ||
                              net->nodes[request->inputs[i]].non_negative;
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
    node = net_convert(net, node, false);
    if (net->status == STATUS_OK)
        net->nodes[node].output = true;
    return node;
}

Shape net_shape(const Net *net, NodeId node)
{
    return net->status == STATUS_OK ? net->nodes[node].request.shape : (Shape){1, 1, 1, 1};
}
