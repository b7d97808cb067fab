/* The mean over windows, of a fixed size or adaptive. The divisor counts the pixels of a window
 * and, unless asked otherwise, the border that it reaches over, as PyTorch's. The gradient is
 * gathered: each input number asks the windows that hold it, always in the same order.
 */
#include <string.h>

#include "base/vector.h"
#include "nn/ops/window.h"

VECTORISED static void add(size_t C, const float *restrict x, float *restrict sum)
{
    for (size_t c = 0; c < C; ++c)
        sum[c] += x[c];
}

VECTORISED static void divide(size_t C, float divisor, float *y)
{
    for (size_t c = 0; c < C; ++c)
        y[c] /= divisor;
}

VECTORISED static void add_share(size_t C, float divisor, const float *restrict dy,
                                 float *restrict dx)
{
    for (size_t c = 0; c < C; ++c)
        dx[c] += dy[c] / divisor;
}

/* Pixels that window o counts along an axis. */
static size_t counted(Axis axis, size_t o, bool without_border)
{
    Range inside = window_inputs(axis, o);
    if (axis.kernel == 0 || without_border)
        return inside.end - inside.first;
    size_t first = o * axis.stride, end = first + axis.kernel, most = axis.input + 2 * axis.pad;
    return (end < most ? end : most) - first;
}

static float divisor_of(const OperationCall *call, size_t y, size_t x)
{
    bool without = call->node->request.settings.pool.without_border;
    return (float)(counted(axis_h(call), y, without) * counted(axis_w(call), x, without));
}

static void mean_window(const OperationCall *call, size_t n, size_t y, size_t x)
{
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
    float tile_x[NUMBERS_TILE], tile_y[NUMBERS_TILE];
    size_t at = ((n * out.h + y) * out.w + x) * out.c;
    float *sum = numbers_open(call->output, at, out.c, false, tile_y);
    memset(sum, 0, out.c * sizeof *sum);
    Range rows = window_inputs(axis_h(call), y), columns = window_inputs(axis_w(call), x);
    for (size_t iy = rows.first; iy < rows.end; ++iy)
        for (size_t ix = columns.first; ix < columns.end; ++ix)
            add(in.c,
                numbers_read(call->input[0], ((n * in.h + iy) * in.w + ix) * in.c, in.c, tile_x),
                sum);
    divide(out.c, divisor_of(call, y, x), sum);
    numbers_close(call->output, at, out.c, sum);
}

static Status forward(const OperationCall *call)
{
    return for_pixels(call, call->node->request.shape, mean_window);
}

static void gather_pixel(const OperationCall *call, size_t n, size_t iy, size_t ix)
{
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
    float tile_dx[NUMBERS_TILE], tile_dy[NUMBERS_TILE];
    size_t to = ((n * in.h + iy) * in.w + ix) * in.c;
    float *dx = numbers_open(call->input_gradient[0], to, in.c, call->add_gradient[0], tile_dx);
    if (!call->add_gradient[0])
        memset(dx, 0, in.c * sizeof *dx);
    Range rows = window_outputs(axis_h(call), iy), columns = window_outputs(axis_w(call), ix);
    for (size_t y = rows.first; y < rows.end; ++y)
        for (size_t x = columns.first; x < columns.end; ++x)
            add_share(in.c, divisor_of(call, y, x),
                      numbers_read(call->output_gradient, ((n * out.h + y) * out.w + x) * out.c,
                                   out.c, tile_dy),
                      dx);
    numbers_close(call->input_gradient[0], to, in.c, dx);
}

static Status backward(const OperationCall *call)
{
    return for_pixels(call, call->node->input_shape[0], gather_pixel);
}

static NodeId add_average(Net *net, NodeId input, Shape shape, const PoolSettings *pool)
{
    static const Operation operation = {
        .name = "average_pool", .forward = forward, .backward = backward, .keeps_sign = true};
    return net_add_node(net, &(NodeRequest){
                                 .operation = &operation,
                                 .input_count = 1,
                                 .inputs = {input},
                                 .shape = shape,
                                 .weight = NO_PARAMETER,
                                 .bias = NO_PARAMETER,
                                 .settings.pool = *pool,
                             });
}

NodeId net_average_pool(Net *net, NodeId input, const PoolSettings *settings)
{
    Shape shape = net_shape(net, input), out = shape;
    PoolSettings pool = *settings;
    Status status = window_shape("average_pool", shape, &pool, &out);
    if (status != STATUS_OK)
        return net_refuse(net, status);
    return add_average(net, input, out, &pool);
}

NodeId net_adaptive_average_pool(Net *net, NodeId input, size_t h, size_t w)
{
    Shape shape = net_shape(net, input);
    if (h == 0 || w == 0)
        return net_refuse(net, status_set(STATUS_ARGUMENT,
                                          "adaptive_average_pool: %zux%zu windows (expected at "
                                          "least one)",
                                          h, w));
    return add_average(net, input, (Shape){shape.n, h, w, shape.c}, &(PoolSettings){0});
}
