/* A map in 8 bits, for the convolutions behind it (bytes.h): the same numbers, rounded to whole
 * multiples of a step and cut off at the limit. In a net that is planned most of these are absorbed
 * by what makes the map, which then writes it so (net_fuse.c). */
#include "nn/bytes.h"
#include "nn/node.h"

static Status forward(const OperationCall *call)
{
    const size_t count = shape_count(call->node->request.shape);
#pragma omp parallel for schedule(static) if (count > NUMBERS_FEW)
    for (size_t first = 0; first < count; first += NUMBERS_RUN)
        numbers_copy(call->input[0], first, call->output, first,
                     count - first < NUMBERS_RUN ? count - first : NUMBERS_RUN);
    return STATUS_OK;
}

/* Step and sign are the nodes' own. */
static bool same(const NodeRequest *a, const NodeRequest *b)
{
    (void)a;
    (void)b;
    return true;
}

NodeId net_quantise(Net *net, NodeId input, float limit)
{
    static const Operation operation = {
        .name = "quantise", .forward = forward, .fuse = FUSE_QUANTISE, .same = same};
    const bool sign = !net_is_non_negative(net, input);
    return net_add_node(net, &(NodeRequest){.operation = &operation,
                                            .input_count = 1,
                                            .inputs = {input},
                                            .shape = net_shape(net, input),
                                            .weight = NO_PARAMETER,
                                            .bias = NO_PARAMETER,
                                            .single = true,
                                            .step = bytes_step(limit, sign),
                                            .sign = sign});
}
