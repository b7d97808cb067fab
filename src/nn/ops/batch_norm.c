/* Batch normalisation with an optional ReLU behind it (Ioffe & Szegedy 2015).
 *
 * Where weight or bias train, mean and biased variance are those of the pass, over the N x H x W
 * numbers of a channel, and the pass leaves mean and unbiased variance as observed. Elsewhere, in
 * inference and in a frozen norm, they are the running buffers, constants to the backward pass.
 */
#include "nn/ops/norm.h"

#define DEFAULT_EPSILON 1e-5

enum { MEAN, VARIANCE }; /* the buffers */

static Status forward(const OperationCall *call)
{
    if (call->observed[MEAN])
        return norm_forward(call);
    for (size_t c = 0; c < call->node->request.shape.c; ++c)
        norm_save_moments(call, c, (double)call->buffer[MEAN][c],
                          (double)call->buffer[VARIANCE][c]);
    return norm_again(call);
}

static Status backward(const OperationCall *call)
{
    return norm_backward(call, !call->observed[MEAN]);
}

NodeId net_batch_norm(Net *net, NodeId input, const char *name, const BatchNormSettings *settings)
{
    static const Operation operation = {
        .name = "batch_norm",
        .forward = forward,
        .backward = backward,
        .again = norm_again,
        .fuse = FUSE_BATCH_NORM,
    };
    Shape shape = net_shape(net, input);
    NormSettings norm = {.parts = 1,
                         .groups = shape.c,
                         .epsilon = settings->epsilon > 0 ? settings->epsilon : DEFAULT_EPSILON,
                         .relu = settings->relu};
    NodeRequest request;
    Initial one = {INITIAL_CONSTANT, 1}, zero = {INITIAL_CONSTANT, 0};
    if (!norm_request(net, &operation, input, name, &norm, &request) ||
        !net_declare_buffer(net, name, "running_mean", 1, &shape.c, zero, &request) ||
        !net_declare_buffer(net, name, "running_var", 1, &shape.c, one, &request))
        return 0;
    return net_add_node(net, &request);
}
