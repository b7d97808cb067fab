/* Putting tensors side by side: channels of a pixel, or rows of an image. Both copy runs of
 * numbers: a unit (pixel or image) of the output is the inputs' units one after the other. */
#include "nn/node.h"

#include <string.h>

/* Numbers of one unit of `shape`: a pixel's channels, or a whole image where rows are concatenated.
 */
static size_t run_of(const Node *node, Shape shape)
{
    return node->request.settings.row_width ? shape.h * shape.w * shape.c : shape.c;
}

static Status forward(const OperationCall *call)
{
    const Node *node = call->node;
    size_t total = run_of(node, node->request.shape);
    size_t units = shape_count(node->request.shape) / total, offset = 0;
    for (size_t k = 0; k < node->request.input_count; ++k) {
        size_t run = run_of(node, node->input_shape[k]);
#pragma omp parallel for schedule(static)
        for (size_t u = 0; u < units; ++u)
            memcpy(call->output + u * total + offset, call->input[k] + u * run,
                   run * sizeof(float));
        offset += run;
    }
    return STATUS_OK;
}

static Status backward(const OperationCall *call)
{
    const Node *node = call->node;
    size_t total = run_of(node, node->request.shape);
    size_t units = shape_count(node->request.shape) / total, offset = 0;
    for (size_t k = 0; k < node->request.input_count; ++k) {
        size_t run = run_of(node, node->input_shape[k]);
        float *target = call->input_gradient[k];
        bool add = call->add_gradient[k];
        if (target)
#pragma omp parallel for schedule(static)
            for (size_t u = 0; u < units; ++u) {
                const float *dy = call->output_gradient + u * total + offset;
                float *dx = target + u * run;
                for (size_t i = 0; i < run; ++i)
                    dx[i] = (add ? dx[i] : 0) + dy[i];
            }
        offset += run;
    }
    return STATUS_OK;
}

static NodeId add_concat(Net *net, const Operation *operation, size_t count, const NodeId *inputs,
                         Shape shape, size_t row_width)
{
    if (count > NODE_MAX_INPUTS)
        return net_refuse(net, status_set(STATUS_ARGUMENT, "%s: %zu inputs, expected at most %d",
                                          operation->name, count, NODE_MAX_INPUTS));
    NodeRequest request = {
        .operation = operation,
        .input_count = count,
        .shape = shape,
        .weight = NO_PARAMETER,
        .bias = NO_PARAMETER,
        .settings.row_width = row_width,
    };
    for (size_t k = 0; k < count; ++k)
        request.inputs[k] = inputs[k];
    return net_add_node(net, &request);
}

NodeId net_concat_channels(Net *net, size_t count, const NodeId *inputs)
{
    static const Operation operation = {"concat_channels", forward, backward};
    Shape shape = net_shape(net, inputs[0]);
    shape.c = 0;
    for (size_t k = 0; k < count; ++k) {
        Shape input = net_shape(net, inputs[k]);
        if (input.n != shape.n || input.h != shape.h || input.w != shape.w)
            return net_refuse(net,
                              status_set(STATUS_ARGUMENT, "concat_channels: map sizes differ"));
        shape.c += input.c;
    }
    return add_concat(net, &operation, count, inputs, shape, 0);
}

NodeId net_concat_rows(Net *net, size_t count, const NodeId *inputs, size_t k)
{
    static const Operation operation = {"concat_rows", forward, backward};
    Shape shape = {net_shape(net, inputs[0]).n, 0, 1, k};
    for (size_t i = 0; i < count; ++i) {
        Shape input = net_shape(net, inputs[i]);
        if (input.n != shape.n || k == 0 || input.c % k != 0)
            return net_refuse(net, status_set(STATUS_ARGUMENT,
                                              "concat_rows: %zu channels are not rows of %zu",
                                              input.c, k));
        shape.h += input.h * input.w * (input.c / k);
    }
    return add_concat(net, &operation, count, inputs, shape, k);
}
