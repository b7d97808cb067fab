/* The mean over all pixels of an image; sums in double precision. */
#include "nn/node.h"

#include "base/vector.h"

enum { MEAN_SLICE = 64 }; /* channels that a thread sums */

VECTORISED static void widen_and_add(size_t count, const float *restrict x, double *restrict sums)
{
    for (size_t c = 0; c < count; ++c)
        sums[c] += (double)x[c];
}

static void mean_slice(const OperationCall *call, size_t n, size_t first, size_t width)
{
    Shape in = call->node->input_shape[0];
    size_t pixels = in.h * in.w;
    double sums[MEAN_SLICE] = {0};
    for (size_t p = 0; p < pixels; ++p) {
        float tile[MEAN_SLICE];
        const float *x = numbers_read(call->input[0], (n * pixels + p) * in.c + first, width, tile);
        widen_and_add(width, x, sums);
    }
    float tile[MEAN_SLICE];
    float *y = numbers_open(call->output, n * in.c + first, width, false, tile);
    for (size_t c = 0; c < width; ++c)
        y[c] = (float)(sums[c] / (double)pixels);
    numbers_close(call->output, n * in.c + first, width, y);
}

static Status mean_forward(const OperationCall *call)
{
    Shape in = call->node->input_shape[0];
#pragma omp parallel for collapse(2) schedule(static) if (shape_count(in) > NUMBERS_FEW)
    for (size_t n = 0; n < in.n; ++n)
        for (size_t first = 0; first < in.c; first += MEAN_SLICE)
            mean_slice(call, n, first, in.c - first < MEAN_SLICE ? in.c - first : MEAN_SLICE);
    return STATUS_OK;
}

static Status mean_backward(const OperationCall *call)
{
    Shape in = call->node->input_shape[0];
    size_t pixels = in.h * in.w;
    float share = 1.0f / (float)pixels;
    bool add = call->add_gradient[0];
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < in.n * pixels; ++p) {
        float tile_dy[NUMBERS_TILE], tile_dx[NUMBERS_TILE];
        const float *dy = numbers_read(call->output_gradient, p / pixels * in.c, in.c, tile_dy);
        float *dx = numbers_open(call->input_gradient[0], p * in.c, in.c, add, tile_dx);
        for (size_t c = 0; c < in.c; ++c)
            dx[c] = (add ? dx[c] : 0) + share * dy[c];
        numbers_close(call->input_gradient[0], p * in.c, in.c, dx);
    }
    return STATUS_OK;
}

NodeId net_mean(Net *net, NodeId input)
{
    static const Operation operation = {
        .name = "mean", .forward = mean_forward, .backward = mean_backward, .keeps_sign = true};
    Shape shape = net_shape(net, input);
    return net_add_node(net, &(NodeRequest){
                                 .operation = &operation,
                                 .input_count = 1,
                                 .inputs = {input},
                                 .shape = {shape.n, 1, 1, shape.c},
                                 .weight = NO_PARAMETER,
                                 .bias = NO_PARAMETER,
                             });
}
