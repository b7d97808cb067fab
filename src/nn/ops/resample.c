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

#include "base/vector.h"

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

VECTORISED static void mix(size_t C, Sample sy, Sample sx, const float *a, const float *b,
                           const float *c, const float *d, float *result)
{
    for (size_t i = 0; i < C; ++i)
        result[i] = (1 - sy.weight) * ((1 - sx.weight) * a[i] + sx.weight * b[i]) +
                    sy.weight * ((1 - sx.weight) * c[i] + sx.weight * d[i]);
}

static void resample_pixel(const OperationCall *call, size_t n, Sample sy, Sample sx, size_t to)
{
    Shape in = call->node->input_shape[0];
    size_t C = in.c, top = (n * in.h + sy.low) * in.w, bottom = (n * in.h + sy.high) * in.w;
    Numbers x = call->input[0];
    if (sx.weight == 0 && sy.weight == 0) {
        numbers_copy(x, (top + sx.low) * C, call->output, to, C);
        return;
    }
    float a[NUMBERS_TILE], b[NUMBERS_TILE], c[NUMBERS_TILE], d[NUMBERS_TILE], tile[NUMBERS_TILE];
    float *result = numbers_open(call->output, to, C, false, tile);
    mix(C, sy, sx, numbers_read(x, (top + sx.low) * C, C, a),
        numbers_read(x, (top + sx.high) * C, C, b), numbers_read(x, (bottom + sx.low) * C, C, c),
        numbers_read(x, (bottom + sx.high) * C, C, d), result);
    numbers_close(call->output, to, C, result);
}

static Status resample(const OperationCall *call, Sampler sampler)
{
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
#pragma omp parallel for collapse(2) schedule(static) if (shape_count(out) > NUMBERS_FEW)
    for (size_t n = 0; n < out.n; ++n)
        for (size_t y = 0; y < out.h; ++y) {
            Sample sy = sampler(y, in.h, out.h);
            for (size_t x = 0; x < out.w; ++x)
                resample_pixel(call, n, sy, sampler(x, in.w, out.w),
                               ((n * out.h + y) * out.w + x) * out.c);
        }
    return STATUS_OK;
}

VECTORISED static void add_scaled(size_t n, float weight, const float *restrict dy,
                                  float *restrict dx)
{
    for (size_t c = 0; c < n; ++c)
        dx[c] += weight * dy[c];
}

/* Slice first .. first + width - 1 of the channels of an image; `sum`: the image's gradient, in.c
 * numbers a pixel. */
static void scatter_slice(const OperationCall *call, Sampler sampler, size_t n, size_t first,
                          size_t width, float *sum)
{
    Shape in = call->node->input_shape[0], out = call->node->request.shape;
    for (size_t y = 0; y < out.h; ++y) {
        Sample sy = sampler(y, in.h, out.h);
        for (size_t x = 0; x < out.w; ++x) {
            Sample sx = sampler(x, in.w, out.w);
            size_t from = ((n * out.h + y) * out.w + x) * out.c + first;
            float tile[SLICE];
            const float *dy = numbers_read(call->output_gradient, from, width, tile);
            size_t rows[2] = {sy.low, sy.high}, columns[2] = {sx.low, sx.high};
            float row_weight[2] = {1 - sy.weight, sy.weight};
            float column_weight[2] = {1 - sx.weight, sx.weight};
            for (int k = 0; k < 4; ++k) {
                float weight = row_weight[k / 2] * column_weight[k % 2];
                if (weight != 0)
                    add_scaled(width, weight, dy,
                               sum + (rows[k / 2] * in.w + columns[k % 2]) * in.c + first);
            }
        }
    }
}

/* Sums are float32: straight into a float32 gradient, through the scratch into a bfloat16 one. */
static Status scatter(const OperationCall *call, Sampler sampler)
{
    Shape in = call->node->input_shape[0];
    Numbers dx = call->input_gradient[0];
    size_t image = in.h * in.w * in.c;
    float *sums = dx.half ? call->scratch : dx.data;
    if (dx.half || !call->add_gradient[0])
        memset(sums, 0, in.n * image * sizeof *sums);
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < in.n; ++n)
        for (size_t first = 0; first < in.c; first += SLICE)
            scatter_slice(call, sampler, n, first, in.c - first < SLICE ? in.c - first : SLICE,
                          sums + n * image);
    for (size_t p = 0; dx.half && p < in.n * in.h * in.w; ++p) {
        float tile[NUMBERS_TILE];
        float *run = numbers_open(dx, p * in.c, in.c, call->add_gradient[0], tile);
        if (!call->add_gradient[0])
            memset(run, 0, in.c * sizeof *run);
        add_scaled(in.c, 1, sums + p * in.c, run);
        numbers_close(dx, p * in.c, in.c, run);
    }
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
    return net_add_node(
        net, &(NodeRequest){
                 .operation = operation,
                 .input_count = 1,
                 .inputs = {input},
                 .shape = {shape.n, h, w, shape.c},
                 .backward_scratch_floats = net_is_half(net, input) ? shape_count(shape) : 0,
                 .weight = NO_PARAMETER,
                 .bias = NO_PARAMETER,
             });
}

NodeId net_resize_nearest(Net *net, NodeId input, size_t h, size_t w)
{
    static const Operation operation = {.name = "resize_nearest",
                                        .forward = nearest_forward,
                                        .backward = nearest_backward,
                                        .keeps_sign = true};
    return add_resample(net, &operation, input, h, w);
}

NodeId net_resize_bilinear(Net *net, NodeId input, size_t h, size_t w)
{
    static const Operation operation = {.name = "resize_bilinear",
                                        .forward = bilinear_forward,
                                        .backward = bilinear_backward,
                                        .keeps_sign = true};
    return add_resample(net, &operation, input, h, w);
}
