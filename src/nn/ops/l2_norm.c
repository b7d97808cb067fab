/* Each pixel divided by its length over the channels, times a learned scale for each channel
 * (ParseNet, Liu et al. 2015; conv4_3 of SSD): y_c = g_c x_c / n, n = sqrt(sum of x^2).
 *
 * Backward, with u = x / n: dg_c = sum of dy_c u_c, dx_c = (g_c dy_c - u_c sum_j g_j dy_j u_j) / n.
 * A pixel of zeros stays one and passes no gradient on; nor does the ReLU that made it. saved: 1 /
 * n of each pixel, 0 for such a one. Sums are in double precision and in a fixed order.
 */
#include <math.h>

#include "nn/node.h"

enum { SLICE = 16 }; /* channels whose scales a thread sums */

static Status forward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < shape_pixels(shape); ++p) {
        float tile_x[NUMBERS_TILE], tile_y[NUMBERS_TILE];
        const float *x = numbers_read(call->input[0], p * shape.c, shape.c, tile_x);
        float *y = numbers_open(call->output, p * shape.c, shape.c, false, tile_y);
        double squares = 0;
        for (size_t c = 0; c < shape.c; ++c)
            squares += (double)x[c] * (double)x[c];
        float inverse = squares == 0 ? 0 : (float)(1 / sqrt(squares));
        call->saved[p] = inverse;
        for (size_t c = 0; c < shape.c; ++c)
            y[c] = call->weight[c] * x[c] * inverse;
        numbers_close(call->output, p * shape.c, shape.c, y);
    }
    return STATUS_OK;
}

static void sum_scale_gradients(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < shape.c; first += SLICE) {
        size_t width = shape.c - first < SLICE ? shape.c - first : SLICE;
        double sums[SLICE] = {0};
        for (size_t p = 0; p < shape_pixels(shape); ++p) {
            float tile_x[SLICE], tile_dy[SLICE];
            size_t at = p * shape.c + first;
            const float *x = numbers_read(call->input[0], at, width, tile_x);
            const float *dy = numbers_read(call->output_gradient, at, width, tile_dy);
            for (size_t c = 0; c < width; ++c)
                sums[c] += (double)dy[c] * (double)x[c] * (double)call->saved[p];
        }
        for (size_t c = 0; c < width; ++c)
            call->weight_gradient[first + c] += (float)sums[c];
    }
}

static Status backward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    bool add = call->add_gradient[0];
    if (call->weight_gradient)
        sum_scale_gradients(call);
    if (!call->input_gradient[0].data)
        return STATUS_OK;
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < shape_pixels(shape); ++p) {
        float tile_x[NUMBERS_TILE], tile_dy[NUMBERS_TILE], tile_dx[NUMBERS_TILE];
        size_t at = p * shape.c;
        const float *x = numbers_read(call->input[0], at, shape.c, tile_x);
        const float *dy = numbers_read(call->output_gradient, at, shape.c, tile_dy);
        float *dx = numbers_open(call->input_gradient[0], at, shape.c, add, tile_dx);
        double inverse = (double)call->saved[p], along = 0;
        for (size_t c = 0; c < shape.c; ++c)
            along += (double)call->weight[c] * (double)dy[c] * (double)x[c] * inverse;
        for (size_t c = 0; c < shape.c; ++c) {
            double slope = (double)call->weight[c] * (double)dy[c] - (double)x[c] * inverse * along;
            dx[c] = (add ? dx[c] : 0) + (float)(slope * inverse);
        }
        numbers_close(call->input_gradient[0], at, shape.c, dx);
    }
    return STATUS_OK;
}

NodeId net_l2_norm(Net *net, NodeId input, const char *name, float scale)
{
    static const Operation operation = {
        .name = "l2_norm", .forward = forward, .backward = backward};
    Shape shape = net_shape(net, input);
    const Initial initial = {INITIAL_CONSTANT, scale};
    if (shape.c > NUMBERS_TILE)
        return net_refuse(net, status_set(STATUS_UNSUPPORTED,
                                          "%s: l2_norm over %zu channels (expected at most %d)",
                                          name, shape.c, NUMBERS_TILE));
    NodeRequest request = {
        .operation = &operation,
        .input_count = 1,
        .inputs = {input},
        .shape = shape,
        .backward_reads_inputs = 1,
        .saved_floats = shape_pixels(shape),
        .bias = NO_PARAMETER,
    };
    return net_declare(net, name, "scale_weight", 1, &shape.c, initial, false, &request.weight)
               ? net_add_node(net, &request)
               : 0;
}
