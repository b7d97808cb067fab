/* Pooling: the 3x3 maximum of stride 2 behind BiT's stem, and the mean over all pixels.
 *
 * The maximum runs over the input with one row and column of zeros around it. saved: for each
 * output number the tap (0 to 8, row by row) that won, the first one on ties as in PyTorch, one
 * byte each. The gradient is gathered: each input number asks the at most four windows that hold
 * it.
 */
#include "nn/node.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static Status max_forward(const OperationCall *call)
{
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
    uint8_t *winner = (uint8_t *)call->saved;
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < out.n; ++n)
        for (size_t y = 0; y < out.h; ++y)
            for (size_t x = 0; x < out.w; ++x) {
                size_t at = ((n * out.h + y) * out.w + x) * out.c;
                float *best = call->output + at;
                for (size_t tap = 0; tap < 9; ++tap) {
                    size_t iy = 2 * y + tap / 3 - 1, ix = 2 * x + tap % 3 - 1; /* may wrap */
                    bool inside = iy < in.h && ix < in.w;
                    const float *pixel =
                        inside ? call->input[0] + ((n * in.h + iy) * in.w + ix) * in.c : NULL;
                    for (size_t c = 0; c < out.c; ++c) {
                        float value = pixel ? pixel[c] : 0;
                        if (tap == 0 || value > best[c] || isnan(value)) {
                            best[c] = value;
                            winner[at + c] = (uint8_t)tap;
                        }
                    }
                }
            }
    return STATUS_OK;
}

static Status max_backward(const OperationCall *call)
{
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
    const uint8_t *winner = (const uint8_t *)call->saved;
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < in.n; ++n)
        for (size_t iy = 0; iy < in.h; ++iy)
            for (size_t ix = 0; ix < in.w; ++ix) {
                float *dx = call->input_gradient[0] + ((n * in.h + iy) * in.w + ix) * in.c;
                if (!call->add_gradient[0])
                    memset(dx, 0, in.c * sizeof *dx);
                for (size_t y = iy / 2; y <= (iy + 1) / 2 && y < out.h; ++y)
                    for (size_t x = ix / 2; x <= (ix + 1) / 2 && x < out.w; ++x) {
                        size_t tap = (iy + 1 - 2 * y) * 3 + (ix + 1 - 2 * x);
                        size_t at = ((n * out.h + y) * out.w + x) * out.c;
                        for (size_t c = 0; c < in.c; ++c)
                            if (winner[at + c] == tap)
                                dx[c] += call->output_gradient[at + c];
                    }
            }
    return STATUS_OK;
}

NodeId net_max_pool(Net *net, NodeId input)
{
    static const Operation operation = {"max_pool", max_forward, max_backward};
    Shape shape = net_shape(net, input);
    Shape out = {shape.n, (shape.h - 1) / 2 + 1, (shape.w - 1) / 2 + 1, shape.c};
    return net_add_node(net, &(NodeRequest){
                                 .operation = &operation,
                                 .input_count = 1,
                                 .inputs = {input},
                                 .shape = out,
                                 .saved_floats = (shape_count(out) + 3) / 4,
                                 .weight = NO_PARAMETER,
                                 .bias = NO_PARAMETER,
                             });
}

static Status mean_forward(const OperationCall *call)
{
    Shape in = call->node->input_shape[0];
    size_t pixels = in.h * in.w;
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < in.n; ++n)
        for (size_t c = 0; c < in.c; ++c) {
            double sum = 0;
            for (size_t p = 0; p < pixels; ++p)
                sum += (double)call->input[0][(n * pixels + p) * in.c + c];
            call->output[n * in.c + c] = (float)(sum / (double)pixels);
        }
    return STATUS_OK;
}

static Status mean_backward(const OperationCall *call)
{
    Shape in = call->node->input_shape[0];
    size_t pixels = in.h * in.w;
    float share = 1.0f / (float)pixels;
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < in.n * pixels; ++p) {
        const float *dy = call->output_gradient + p / pixels * in.c;
        float *dx = call->input_gradient[0] + p * in.c;
        for (size_t c = 0; c < in.c; ++c)
            dx[c] = (call->add_gradient[0] ? dx[c] : 0) + share * dy[c];
    }
    return STATUS_OK;
}

NodeId net_mean(Net *net, NodeId input)
{
    static const Operation operation = {"mean", mean_forward, mean_backward};
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
