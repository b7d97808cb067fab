/* Putting tensors side by side: channels of a pixel, or rows of an image. Both copy runs of
 * numbers: a unit (pixel or image) of the output is the inputs' units one after the other. */
#include "nn/node.h"

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
    size_t units = shape_count(node->request.shape) / total;
#pragma omp parallel for schedule(static) if (units > 1 && units * total > NUMBERS_FEW)
    for (size_t u = 0; u < units; ++u) {
        size_t offset = u * total;
        for (size_t k = 0; k < node->request.input_count; ++k) {
            const size_t run = run_of(node, node->input_shape[k]);
            numbers_copy(call->input[k], u * run, call->output, offset, run);
            offset += run;
        }
    }
    return STATUS_OK;
}

/* dx = dy, or dx += dy, over a run of any length. */
static void pass_run(const OperationCall *call, size_t k, size_t from, size_t to, size_t run)
{
    Numbers dy = call->output_gradient, dx = call->input_gradient[k];
    if (!call->add_gradient[k]) {
        numbers_copy(dy, from, dx, to, run);
        return;
    }
    for (size_t first = 0; first < run; first += NUMBERS_TILE) {
        size_t size = run - first < NUMBERS_TILE ? run - first : NUMBERS_TILE;
        float tile_dy[NUMBERS_TILE], tile_dx[NUMBERS_TILE];
        const float *source = numbers_read(dy, from + first, size, tile_dy);
        float *target = numbers_open(dx, to + first, size, true, tile_dx);
        for (size_t i = 0; i < size; ++i)
            target[i] += source[i];
        numbers_close(dx, to + first, size, target);
    }
}

static Status backward(const OperationCall *call)
{
    const Node *node = call->node;
    size_t total = run_of(node, node->request.shape);
    size_t units = shape_count(node->request.shape) / total, offset = 0;
    for (size_t k = 0; k < node->request.input_count; ++k) {
        size_t run = run_of(node, node->input_shape[k]);
        if (call->input_gradient[k].data)
#pragma omp parallel for schedule(static)
            for (size_t u = 0; u < units; ++u)
                pass_run(call, k, u * total + offset, u * run, run);
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
        .single = row_width > 0, /* rows are what the heads give: outputs */
    };
    for (size_t k = 0; k < count; ++k)
        request.inputs[k] = inputs[k];
    return net_add_node(net, &request);
}

NodeId net_concat_channels(Net *net, size_t count, const NodeId *inputs)
{
    static const Operation operation = {
        .name = "concat_channels", .forward = forward, .backward = backward, .keeps_sign = true};
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
    static const Operation operation = {
        .name = "concat_rows", .forward = forward, .backward = backward};
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
