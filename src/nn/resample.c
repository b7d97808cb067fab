/* Enlarging a map: nearest neighbour and bilinear.
 *
 * Both are linear with at most two source rows and two source columns for each target pixel. The
 * backward pass scatters target to source, so it is parallel over images and slices of channels,
 * never over pixels. Bilinear (align_corners false): source = max(0, (target + 0.5) in / out -
 * 0.5), its upper neighbour clamped to the border.
 */
#include "nn/node.h"

#include <math.h>
#include <string.h>

enum { SLICE = 32 }; /* channels */

typedef struct {
    size_t low, high;
    float weight; /* of high; low has 1 - weight */
} Sample;

static Sample bilinear_sample(size_t target, size_t in, size_t out)
{
    float source = ((float)target + 0.5f) * ((float)in / (float)out) - 0.5f;
    source = source > 0 ? source : 0;
    size_t low = (size_t)source;
    low = low < in - 1 ? low : in - 1;
    return (Sample){low, low + 1 < in ? low + 1 : low, source - (float)low};
}

static Sample nearest_sample(size_t target, size_t in, size_t out)
{
    size_t low = target * in / out;
    return (Sample){low, low, 0};
}

typedef Sample (*Sampler)(size_t target, size_t in, size_t out);

static Status resample(const OperationCall *call, Sampler sampler)
{
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < out.n; ++n)
        for (size_t y = 0; y < out.h; ++y) {
            Sample sy = sampler(y, in.h, out.h);
            const float *top = call->input[0] + (n * in.h + sy.low) * in.w * in.c;
            const float *bottom = call->input[0] + (n * in.h + sy.high) * in.w * in.c;
            for (size_t x = 0; x < out.w; ++x) {
                Sample sx = sampler(x, in.w, out.w);
                float *result = call->output + ((n * out.h + y) * out.w + x) * out.c;
                const float *a = top + sx.low * in.c, *b = top + sx.high * in.c;
                const float *c = bottom + sx.low * in.c, *d = bottom + sx.high * in.c;
                if (sx.weight == 0 && sy.weight == 0) {
                    memcpy(result, a, out.c * sizeof *a);
                    continue;
                }
                for (size_t i = 0; i < out.c; ++i)
                    result[i] = (1 - sy.weight) * ((1 - sx.weight) * a[i] + sx.weight * b[i]) +
                                sy.weight * ((1 - sx.weight) * c[i] + sx.weight * d[i]);
            }
        }
    return STATUS_OK;
}

static void scatter_slice(const OperationCall *call, Sampler sampler, size_t n, size_t first,
                          size_t last)
{
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
    float *image = call->input_gradient[0] + n * in.h * in.w * in.c;
    for (size_t p = 0; p < in.h * in.w && !call->add_gradient[0]; ++p)
        memset(image + p * in.c + first, 0, (last - first) * sizeof *image);
    for (size_t y = 0; y < out.h; ++y) {
        Sample sy = sampler(y, in.h, out.h);
        for (size_t x = 0; x < out.w; ++x) {
            Sample sx = sampler(x, in.w, out.w);
            const float *dy = call->output_gradient + ((n * out.h + y) * out.w + x) * out.c;
            size_t rows[2] = {sy.low, sy.high}, columns[2] = {sx.low, sx.high};
            float row_weight[2] = {1 - sy.weight, sy.weight};
            float column_weight[2] = {1 - sx.weight, sx.weight};
            for (int k = 0; k < 4; ++k) {
                float weight = row_weight[k / 2] * column_weight[k % 2];
                if (weight == 0)
                    continue;
                float *dx = image + (rows[k / 2] * in.w + columns[k % 2]) * in.c;
                for (size_t c = first; c < last; ++c)
                    dx[c] += weight * dy[c];
            }
        }
    }
}

static Status scatter(const OperationCall *call, Sampler sampler)
{
    Shape in = call->node->input_shape[0];
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < in.n; ++n)
        for (size_t first = 0; first < in.c; first += SLICE)
            scatter_slice(call, sampler, n, first, first + SLICE < in.c ? first + SLICE : in.c);
    return STATUS_OK;
}

static Status nearest_forward(const OperationCall *call)
{
    return resample(call, nearest_sample);
}

static Status nearest_backward(const OperationCall *call)
{
    return scatter(call, nearest_sample);
}

static Status bilinear_forward(const OperationCall *call)
{
    return resample(call, bilinear_sample);
}

static Status bilinear_backward(const OperationCall *call)
{
    return scatter(call, bilinear_sample);
}

static NodeId add_resample(Net *net, const Operation *operation, NodeId input, size_t h, size_t w)
{
    Shape shape = net_shape(net, input);
    return net_add_node(net, &(NodeRequest){
                                 .operation = operation,
                                 .input_count = 1,
                                 .inputs = {input},
                                 .shape = {shape.n, h, w, shape.c},
                                 .weight = NO_PARAMETER,
                                 .bias = NO_PARAMETER,
                             });
}

NodeId net_resize_nearest(Net *net, NodeId input, size_t h, size_t w)
{
    static const Operation operation = {"resize_nearest", nearest_forward, nearest_backward};
    return add_resample(net, &operation, input, h, w);
}

NodeId net_resize_bilinear(Net *net, NodeId input, size_t h, size_t w)
{
    static const Operation operation = {"resize_bilinear", bilinear_forward, bilinear_backward};
    return add_resample(net, &operation, input, h, w);
}
