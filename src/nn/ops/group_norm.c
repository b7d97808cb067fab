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
    static const Operation operation = {.name = "group_norm",
                                        .forward = norm_forward,
                                        .backward = backward,
                                        .again = norm_again,
                                        .takes_moments = true,
                                        .same = norm_same};
    Shape shape = net_shape(net, input);
    if (groups == 0 || shape.c % groups != 0)
        return net_refuse(net, status_set(STATUS_ARGUMENT,
                                          "%s: %zu channels cannot be cut into %zu groups", name,
                                          shape.c, groups));
    NormSettings norm = {.parts = shape.n, .groups = groups, .epsilon = EPSILON, .relu = relu};
    NodeRequest request;
    return norm_request(net, &operation, input, name, &norm, &request) ? net_add_node(net, &request)
                                                                       : 0;
}
