/* Windows of pools: which pixels of an axis a window holds, and which windows hold a pixel; private
 * to nn/. PyTorch's rules, with its ceil mode; a kernel of 0 stands for adaptive windows, which
 * cover the axis whatever its extent.
 */
#ifndef GISD_NN_OPS_WINDOW_H
#define GISD_NN_OPS_WINDOW_H

#include "nn/node.h"

/* One axis of a pool. */
typedef struct {
    size_t input, output, kernel, stride, pad;
} Axis;

/* first .. end - 1 */
typedef struct {
    size_t first, end;
} Range;

static inline Axis axis_h(const OperationCall *call)
{
    const PoolSettings *pool = &call->node->request.settings.pool;
    return (Axis){call->node->input_shape[0].h, call->node->request.shape.h, pool->kernel_h,
                  pool->stride, pool->pad_h};
}

static inline Axis axis_w(const OperationCall *call)
{
    const PoolSettings *pool = &call->node->request.settings.pool;
    return (Axis){call->node->input_shape[0].w, call->node->request.shape.w, pool->kernel_w,
                  pool->stride, pool->pad_w};
}

/* Pixels of the axis in window o; the border is left out. */
static inline Range window_inputs(Axis axis, size_t o)
{
    if (axis.kernel == 0)
        return (Range){o * axis.input / axis.output,
                       ((o + 1) * axis.input + axis.output - 1) / axis.output};
    size_t first = o * axis.stride, end = first + axis.kernel;
    end = end < axis.input + axis.pad ? end : axis.input + axis.pad;
    return (Range){first < axis.pad ? 0 : first - axis.pad, end - axis.pad};
}

/* Windows that hold pixel i. */
static inline Range window_outputs(Axis axis, size_t i)
{
    if (axis.kernel == 0)
        return (Range){i * axis.output / axis.input,
                       ((i + 1) * axis.output + axis.input - 1) / axis.input};
    size_t at = i + axis.pad, first = 0, end = at / axis.stride + 1;
    if (at >= axis.kernel)
        first = (at - axis.kernel) / axis.stride + 1;
    return (Range){first, end < axis.output ? end : axis.output};
}

/* work(call, n, y, x) for every pixel of the map. */
static inline Status for_pixels(const OperationCall *call, Shape map,
                                void (*work)(const OperationCall *, size_t, size_t, size_t))
{
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < map.n; ++n)
        for (size_t y = 0; y < map.h; ++y)
            for (size_t x = 0; x < map.w; ++x)
                work(call, n, y, x);
    return STATUS_OK;
}

/* Checks the settings and fills the stride and *result; the name is the operation's. */
static inline Status window_shape(const char *name, Shape input, PoolSettings *pool, Shape *result)
{
    pool->stride = pool->stride ? pool->stride : 1;
    if (pool->same) {
        *result = input;
        return STATUS_OK;
    }
    if (!pool->kernel_h || !pool->kernel_w || pool->kernel_h > input.h + 2 * pool->pad_h ||
        pool->kernel_w > input.w + 2 * pool->pad_w || 2 * pool->pad_h > pool->kernel_h ||
        2 * pool->pad_w > pool->kernel_w)
        FAIL(STATUS_ARGUMENT,
             "%s: a window of %zux%zu with padding %zu and %zu on a map of %zux%zu (expected one "
             "that fits, padded by at most half of itself)",
             name, pool->kernel_h, pool->kernel_w, pool->pad_h, pool->pad_w, input.h, input.w);
    size_t kernels[2] = {pool->kernel_h, pool->kernel_w}, pads[2] = {pool->pad_h, pool->pad_w};
    size_t extents[2] = {input.h, input.w}, outputs[2];
    for (int k = 0; k < 2; ++k) {
        size_t room = extents[k] + 2 * pads[k] - kernels[k];
        outputs[k] = (room + (pool->ceil_mode ? pool->stride - 1 : 0)) / pool->stride + 1;
        /* No window begins in the border behind the map. */
        if ((outputs[k] - 1) * pool->stride >= extents[k] + pads[k])
            --outputs[k];
    }
    *result = (Shape){input.n, outputs[0], outputs[1], input.c};
    return STATUS_OK;
}

#endif
