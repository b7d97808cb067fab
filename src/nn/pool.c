/* Pooling: the 3x3 maximum of stride 2 behind BiT's stem, and the mean over all pixels.
 *
 * The maximum runs over the input with one row and column of zeros around it. saved: for each
 * output number the tap (0 to 8, row by row) that won, the first one on ties as in PyTorch, one
 * byte each. The gradient is gathered: each input number asks the at most four windows that hold
 * it.
 */
#include "nn/node.h"

#include <stdint.h>
#include <string.h>

#include "base/vector.h"

/* Channels of one window's tap against the best so far; a NaN wins. */
VECTORISED static void keep_larger(size_t C, uint8_t tap, const float *restrict pixel,
                                   float *restrict best, uint8_t *restrict winner)
{
    if (tap == 0) {
        memcpy(best, pixel, C * sizeof *best);
        memset(winner, 0, C);
        return;
    }
    for (size_t c = 0; c < C; ++c) {
        bool larger = pixel[c] > best[c] || pixel[c] != pixel[c];
        best[c] = larger ? pixel[c] : best[c];
        winner[c] = larger ? tap : winner[c];
    }
}

static Status max_forward(const OperationCall *call)
{
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
    uint8_t *winner = (uint8_t *)call->saved;
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < out.n; ++n)
        for (size_t y = 0; y < out.h; ++y)
            for (size_t x = 0; x < out.w; ++x) {
                static const float zeros[NUMBERS_TILE];
                float tile_pixel[NUMBERS_TILE], tile_best[NUMBERS_TILE];
                size_t at = ((n * out.h + y) * out.w + x) * out.c;
                float *best = numbers_open(call->output, at, out.c, false, tile_best);
                for (size_t tap = 0; tap < 9; ++tap) {
                    size_t iy = 2 * y + tap / 3 - 1, ix = 2 * x + tap % 3 - 1; /* may wrap */
                    bool inside = iy < in.h && ix < in.w;
                    const float *pixel =
                        inside ? numbers_read(call->input[0], ((n * in.h + iy) * in.w + ix) * in.c,
                                              in.c, tile_pixel)
                               : zeros;
                    keep_larger(out.c, (uint8_t)tap, pixel, best, winner + at);
                }
                numbers_close(call->output, at, out.c, best);
            }
    return STATUS_OK;
}

VECTORISED static void add_where(size_t C, uint8_t tap, const uint8_t *restrict winner,
                                 const float *restrict dy, float *restrict dx)
{
    for (size_t c = 0; c < C; ++c)
        dx[c] += winner[c] == tap ? dy[c] : 0.0f;
}

static Status max_backward(const OperationCall *call)
{
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
    const uint8_t *winner = (const uint8_t *)call->saved;
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < in.n; ++n)
        for (size_t iy = 0; iy < in.h; ++iy)
            for (size_t ix = 0; ix < in.w; ++ix) {
                float tile_dx[NUMBERS_TILE], tile_dy[NUMBERS_TILE];
                size_t to = ((n * in.h + iy) * in.w + ix) * in.c;
                float *dx =
                    numbers_open(call->input_gradient[0], to, in.c, call->add_gradient[0], tile_dx);
                if (!call->add_gradient[0])
                    memset(dx, 0, in.c * sizeof *dx);
                for (size_t y = iy / 2; y <= (iy + 1) / 2 && y < out.h; ++y)
                    for (size_t x = ix / 2; x <= (ix + 1) / 2 && x < out.w; ++x) {
                        size_t tap = (iy + 1 - 2 * y) * 3 + (ix + 1 - 2 * x);
                        size_t at = ((n * out.h + y) * out.w + x) * out.c;
                        add_where(in.c, (uint8_t)tap, winner + at,
                                  numbers_read(call->output_gradient, at, in.c, tile_dy), dx);
                    }
                numbers_close(call->input_gradient[0], to, in.c, dx);
            }
    return STATUS_OK;
}

NodeId net_max_pool(Net *net, NodeId input)
{
    static const Operation operation = {"max_pool", max_forward, max_backward, NULL};
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

enum { MEAN_SLICE = 64 }; /* channels that a thread sums */

static void mean_slice(const OperationCall *call, size_t n, size_t first, size_t width)
{
    Shape in = call->node->input_shape[0];
    size_t pixels = in.h * in.w;
    double sums[MEAN_SLICE] = {0};
    for (size_t p = 0; p < pixels; ++p) {
        float tile[MEAN_SLICE];
        const float *x = numbers_read(call->input[0], (n * pixels + p) * in.c + first, width, tile);
        for (size_t c = 0; c < width; ++c)
            sums[c] += (double)x[c];
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
#pragma omp parallel for collapse(2) schedule(static)
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
    static const Operation operation = {"mean", mean_forward, mean_backward, NULL};
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
