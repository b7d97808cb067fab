/* The maximum over windows. The border is minus infinity, so that only pixels of the map can win,
 * or zeros, as behind BiT's stem.
 *
 * saved: for each output number the tap of the window, row by row, that won, the first one on ties
 * as in PyTorch, one byte each. The gradient is gathered: each input number asks the windows that
 * hold it.
 */
#include <string.h>

#include "base/vector.h"
#include "nn/lanes.h"
#include "nn/ops/window.h"

enum { MAX_TAPS = 256 };

/* Channels of one window's tap against the best so far; a NaN wins. */
VECTORISED static void keep_larger(size_t C, uint8_t tap, const float *restrict pixel,
                                   float *restrict best, uint8_t *restrict winner)
{
    for (size_t c = 0; c < C; ++c) {
        bool larger = pixel[c] > best[c] || pixel[c] != pixel[c];
        best[c] = larger ? pixel[c] : best[c];
        winner[c] = larger ? tap : winner[c];
    }
}

static void compare(size_t C, uint8_t tap, bool first, const float *pixel, float *best,
                    uint8_t *winner)
{
    if (!first) {
        keep_larger(C, tap, pixel, best, winner);
        return;
    }
    memcpy(best, pixel, C * sizeof *best);
    memset(winner, tap, C);
}

static void max_window(const OperationCall *call, size_t n, size_t y, size_t x)
{
    static const float zeros[NUMBERS_TILE];
    const PoolSettings *pool = &call->node->request.settings.pool;
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
    float tile_pixel[NUMBERS_TILE], tile_best[NUMBERS_TILE];
    size_t at = ((n * out.h + y) * out.w + x) * out.c;
    float *best = numbers_open(call->output, at, out.c, false, tile_best);
    uint8_t *winner = (uint8_t *)call->saved + at;
    bool first = true;
    for (size_t tap = 0; tap < pool->kernel_h * pool->kernel_w; ++tap) {
        size_t iy = y * pool->stride + tap / pool->kernel_w - pool->pad_h; /* may wrap */
        size_t ix = x * pool->stride + tap % pool->kernel_w - pool->pad_w;
        bool inside = iy < in.h && ix < in.w;
        if (!inside && !pool->zero_border)
            continue;
        const float *pixel =
            inside ? numbers_read(call->input[0], ((n * in.h + iy) * in.w + ix) * in.c, in.c,
                                  tile_pixel)
                   : zeros;
        compare(out.c, (uint8_t)tap, first, pixel, best, winner);
        first = false;
    }
    numbers_close(call->output, at, out.c, best);
}

/* The largest of the pixels' numbers, a NaN if there is one; C is a multiple of LANES. */
VECTORISED static void largest_halves(size_t C, size_t count, const uint16_t *const *pixels,
                                      uint16_t *to)
{
    for (size_t c = 0; c < C; c += LANES) {
        Lanes best, number;
        lanes_read(pixels[0], true, c, &best);
        for (size_t i = 1; i < count; ++i) {
            lanes_read(pixels[i], true, c, &number);
            const LaneBits nan = (LaneBits)(((LaneBits)number & 0x7FFFFFFF) > 0x7F800000);
            const LaneBits larger = (LaneBits)(number > best) | nan;
            best = (Lanes)((larger & (LaneBits)number) | (~larger & (LaneBits)best));
        }
        lanes_write(to, true, c, &best);
    }
}

/* A window of bfloat16, where nobody asks who won. */
static void max_half_window(const OperationCall *call, size_t n, size_t y, size_t x)
{
    static const uint16_t zeros[NUMBERS_TILE];
    const PoolSettings *pool = &call->node->request.settings.pool;
    const Shape in = call->node->input_shape[0], out = call->node->request.shape;
    const uint16_t *pixels[MAX_TAPS], *map = call->input[0].data;
    size_t count = 0;
    for (size_t tap = 0; tap < pool->kernel_h * pool->kernel_w; ++tap) {
        const size_t iy = y * pool->stride + tap / pool->kernel_w - pool->pad_h; /* may wrap */
        const size_t ix = x * pool->stride + tap % pool->kernel_w - pool->pad_w;
        if (iy < in.h && ix < in.w)
            pixels[count++] = map + ((n * in.h + iy) * in.w + ix) * in.c;
        else if (pool->zero_border)
            pixels[count++] = zeros;
    }
    largest_halves(out.c, count, pixels,
                   (uint16_t *)call->output.data + ((n * out.h + y) * out.w + x) * out.c);
}

static Status forward(const OperationCall *call)
{
    const bool halves = call->input[0].half && call->output.half && !call->node->needs_gradient;
    return for_pixels(call, call->node->request.shape,
                      halves && call->node->request.shape.c % LANES == 0 ? max_half_window
                                                                         : max_window);
}

VECTORISED static void add_where(size_t C, uint8_t tap, const uint8_t *restrict winner,
                                 const float *restrict dy, float *restrict dx)
{
    for (size_t c = 0; c < C; ++c)
        dx[c] += winner[c] == tap ? dy[c] : 0.0f;
}

static void gather_pixel(const OperationCall *call, size_t n, size_t iy, size_t ix)
{
    const PoolSettings *pool = &call->node->request.settings.pool;
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
    float tile_dx[NUMBERS_TILE], tile_dy[NUMBERS_TILE];
    size_t to = ((n * in.h + iy) * in.w + ix) * in.c;
    float *dx = numbers_open(call->input_gradient[0], to, in.c, call->add_gradient[0], tile_dx);
    if (!call->add_gradient[0])
        memset(dx, 0, in.c * sizeof *dx);
    Range rows = window_outputs(axis_h(call), iy), columns = window_outputs(axis_w(call), ix);
    for (size_t y = rows.first; y < rows.end; ++y)
        for (size_t x = columns.first; x < columns.end; ++x) {
            size_t tap = (iy + pool->pad_h - y * pool->stride) * pool->kernel_w +
                         (ix + pool->pad_w - x * pool->stride);
            size_t at = ((n * out.h + y) * out.w + x) * out.c;
            add_where(in.c, (uint8_t)tap, (const uint8_t *)call->saved + at,
                      numbers_read(call->output_gradient, at, in.c, tile_dy), dx);
        }
    numbers_close(call->input_gradient[0], to, in.c, dx);
}

static Status backward(const OperationCall *call)
{
    return for_pixels(call, call->node->input_shape[0], gather_pixel);
}

NodeId net_max_pool_2d(Net *net, NodeId input, const PoolSettings *settings)
{
    static const Operation operation = {
        .name = "max_pool", .forward = forward, .backward = backward, .keeps_sign = true};
    Shape shape = net_shape(net, input), out = shape;
    PoolSettings pool = *settings;
    Status status = window_shape("max_pool", shape, &pool, &out);
    if (status == STATUS_OK && (pool.kernel_h * pool.kernel_w > MAX_TAPS || shape.c > NUMBERS_TILE))
        status = status_set(STATUS_UNSUPPORTED,
                            "max_pool: windows of %zux%zu over %zu channels (expected at most %d "
                            "pixels and %d channels)",
                            pool.kernel_h, pool.kernel_w, shape.c, MAX_TAPS, NUMBERS_TILE);
    if (status != STATUS_OK)
        return net_refuse(net, status);
    return net_add_node(net, &(NodeRequest){
                                 .operation = &operation,
                                 .input_count = 1,
                                 .inputs = {input},
                                 .shape = out,
                                 .saved_floats = (shape_count(out) + 3) / 4,
                                 .weight = NO_PARAMETER,
                                 .bias = NO_PARAMETER,
                                 .settings.pool = pool,
                             });
}

NodeId net_max_pool(Net *net, NodeId input)
{
    return net_max_pool_2d(net, input,
                           &(PoolSettings){.kernel_h = 3,
                                           .kernel_w = 3,
                                           .stride = 2,
                                           .pad_h = 1,
                                           .pad_w = 1,
                                           .zero_border = true});
}
