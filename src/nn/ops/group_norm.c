/* Group normalisation with an optional ReLU behind it (Wu & He 2018; eps 1e-5, biased variance):
 * mean and variance over the H x W x C/groups numbers of an image and group. */
#include "nn/ops/norm.h"

#define EPSILON 1e-5

static Status backward(const OperationCall *call)
{
    return norm_backward(call, false);
}

NodeId net_group_norm(Net *net, NodeId input, const char *name, size_t groups, bool relu)
{
    static const Operation operation = {
        .name = "group_norm", .forward = norm_forward, .backward = backward, .again = norm_again};
    Shape shape = net_shape(net, input);
    if (groups == 0 || shape.c % groups != 0)
        return net_refuse(net, status_set(STATUS_ARGUMENT,
                                          "%s: %zu channels cannot be cut into %zu groups", name,
                                          shape.c, groups));
    NormSettings norm = {.parts = shape.n, .groups = groups, .epsilon = EPSILON, .relu = relu};
    NodeRequest request = {
        .operation = &operation,
        .input_count = 1,
        .inputs = {input},
        .shape = shape,
        .backward_reads_inputs = 1,
        .saved_floats = norm_saved_floats(&norm),
        .forward_scratch_floats = norm_scratch_floats(shape, &norm),
        .backward_scratch_floats = norm_scratch_floats(shape, &norm),
        .settings.norm = norm,
    };
    Initial one = {INITIAL_CONSTANT, 1}, zero = {INITIAL_CONSTANT, 0};
    if (!net_declare(net, name, "weight", 1, &shape.c, one, false, &request.weight) ||
        !net_declare(net, name, "bias", 1, &shape.c, zero, false, &request.bias))
        return 0;
    return net_add_node(net, &request);
}
