/* Drawing one graph twice: as a Net, and as naive double-precision arithmetic.
 *
 * A test writes its graph once, in pen_ calls. With a net behind it the pen builds; without one it
 * computes, with loops that follow the definitions and share nothing with the library;
 * check_drawing.h compares the two.
 *
 * pen_variable() makes any map a trainable parameter: a 1x1 convolution of a one-hot input, whose
 * weight [c][pixel] is the value of channel c at that pixel. So gradients with respect to each
 * number that an operation reads can be checked, exactly rounded.
 */
#ifndef GISD_TESTS_PEN_H
#define GISD_TESTS_PEN_H

#include "../golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/net.h"

enum { PEN_MAX_NODES = 128, PEN_MAX_MARKS = 16 };

typedef struct {
    Net *net; /* NULL: compute */
    ParameterList *parameters;
    double **values; /* of the parameters, for computing */
    bool training;
    size_t count; /* computed nodes */
    Shape shapes[PEN_MAX_NODES];
    double *maps[PEN_MAX_NODES];
    size_t input_count, output_count;
    NodeId inputs[PEN_MAX_MARKS], outputs[PEN_MAX_MARKS];
    bool one_hot[PEN_MAX_MARKS];       /* the input belongs to a variable */
    const float *fills[PEN_MAX_MARKS]; /* contents of the inputs, for computing */
} Pen;

typedef void (*Drawing)(Pen *pen);

static inline NodeId pen_new_map(Pen *pen, Shape shape)
{
    assert_true(pen->count < PEN_MAX_NODES);
    pen->shapes[pen->count] = shape;
    pen->maps[pen->count] = calloc(shape_count(shape), sizeof(double));
    assert_non_null(pen->maps[pen->count]);
    return pen->count++;
}

static inline Shape pen_shape(const Pen *pen, NodeId node)
{
    return pen->net ? net_shape(pen->net, node) : pen->shapes[node];
}

static inline size_t pen_at(Shape s, size_t n, size_t y, size_t x, size_t c)
{
    return ((n * s.h + y) * s.w + x) * s.c + c;
}

static inline const double *pen_parameter(const Pen *pen, const char *name, const char *suffix)
{
    char full[256];
    snprintf(full, sizeof full, "%s.%s", name, suffix);
    const Parameter *parameter = parameters_find(pen->parameters, full);
    assert_non_null(parameter);
    return pen->values[parameter - pen->parameters->items];
}

static inline NodeId pen_mark_input(Pen *pen, Shape shape, bool one_hot)
{
    size_t k = pen->input_count++;
    assert_true(k < PEN_MAX_MARKS);
    pen->one_hot[k] = one_hot;
    if (pen->net)
        return pen->inputs[k] = net_input(pen->net, shape);
    NodeId map = pen_new_map(pen, shape);
    for (size_t i = 0; i < shape_count(shape) && pen->fills[k]; ++i)
        pen->maps[map][i] = (double)pen->fills[k][i];
    return map;
}

static inline NodeId pen_input(Pen *pen, Shape shape)
{
    return pen_mark_input(pen, shape, false);
}

static inline NodeId pen_variable(Pen *pen, const char *name, Shape shape)
{
    size_t pixels = shape_pixels(shape);
    NodeId one_hot = pen_mark_input(pen, (Shape){shape.n, shape.h, shape.w, pixels}, true);
    if (pen->net)
        return net_convolution(
            pen->net, one_hot, name,
            &(ConvolutionSettings){.output_channels = shape.c, .kernel_h = 1, .kernel_w = 1});
    NodeId map = pen_new_map(pen, shape);
    const double *weight = pen_parameter(pen, name, "weight");
    for (size_t p = 0; p < pixels; ++p)
        for (size_t c = 0; c < shape.c; ++c)
            pen->maps[map][p * shape.c + c] = weight[c * pixels + p];
    return map;
}

static inline void pen_output(Pen *pen, NodeId node)
{
    assert_true(pen->output_count < PEN_MAX_MARKS);
    pen->outputs[pen->output_count++] = node;
    if (pen->net)
        net_output(pen->net, node);
}

static inline void pen_clear(Pen *pen)
{
    for (size_t i = 0; i < pen->count; ++i)
        free(pen->maps[i]);
}

/* ---- the operations, from their definitions ---- */

static inline NodeId pen_convolution(Pen *pen, NodeId input, const char *name,
                                     const ConvolutionSettings *s)
{
    if (pen->net)
        return net_convolution(pen->net, input, name, s);
    Shape in = pen->shapes[input];
    size_t stride = s->stride ? s->stride : 1, dilation = s->dilation ? s->dilation : 1;
    size_t size = in.c * s->kernel_h * s->kernel_w;
    Shape out = {in.n, (in.h + 2 * s->pad_h - dilation * (s->kernel_h - 1) - 1) / stride + 1,
                 (in.w + 2 * s->pad_w - dilation * (s->kernel_w - 1) - 1) / stride + 1,
                 s->output_channels};
    const double *given = pen_parameter(pen, name, "weight");
    double *weights = malloc(out.c * size * sizeof *weights);
    memcpy(weights, given, out.c * size * sizeof *weights);
    for (size_t o = 0; o < out.c && s->standardised; ++o) {
        double mean = 0, variance = 0, *w = weights + o * size;
        for (size_t i = 0; i < size; ++i)
            mean += w[i] / (double)size;
        for (size_t i = 0; i < size; ++i)
            variance += (w[i] - mean) * (w[i] - mean) / (double)size;
        for (size_t i = 0; i < size; ++i)
            w[i] = (w[i] - mean) / sqrt(variance + 1e-10);
    }
    NodeId map = pen_new_map(pen, out);
    const double *x = pen->maps[input];
    for (size_t n = 0; n < out.n; ++n)
        for (size_t y = 0; y < out.h; ++y)
            for (size_t z = 0; z < out.w; ++z)
                for (size_t o = 0; o < out.c; ++o) {
                    double sum = s->bias ? pen_parameter(pen, name, "bias")[o] : 0;
                    for (size_t ky = 0; ky < s->kernel_h; ++ky)
                        for (size_t kx = 0; kx < s->kernel_w; ++kx) {
                            long iy = (long)(y * stride + ky * dilation) - (long)s->pad_h;
                            long ix = (long)(z * stride + kx * dilation) - (long)s->pad_w;
                            if (iy < 0 || ix < 0 || iy >= (long)in.h || ix >= (long)in.w)
                                continue;
                            for (size_t i = 0; i < in.c; ++i)
                                sum +=
                                    x[pen_at(in, n, (size_t)iy, (size_t)ix, i)] *
                                    weights[((o * in.c + i) * s->kernel_h + ky) * s->kernel_w + kx];
                        }
                    pen->maps[map][pen_at(out, n, y, z, o)] = sum;
                }
    free(weights);
    return map;
}

static inline NodeId pen_group_norm(Pen *pen, NodeId input, const char *name, size_t groups,
                                    bool relu)
{
    if (pen->net)
        return net_group_norm(pen->net, input, name, groups, relu);
    Shape s = pen->shapes[input];
    const double *gamma = pen_parameter(pen, name, "weight");
    const double *beta = pen_parameter(pen, name, "bias");
    NodeId map = pen_new_map(pen, s);
    size_t width = s.c / groups, pixels = s.h * s.w;
    for (size_t n = 0; n < s.n; ++n)
        for (size_t g = 0; g < groups; ++g) {
            const double *x = pen->maps[input] + n * pixels * s.c;
            double *y = pen->maps[map] + n * pixels * s.c;
            double mean = 0, variance = 0, numbers = (double)(pixels * width);
            for (size_t p = 0; p < pixels; ++p)
                for (size_t c = g * width; c < (g + 1) * width; ++c)
                    mean += x[p * s.c + c] / numbers;
            for (size_t p = 0; p < pixels; ++p)
                for (size_t c = g * width; c < (g + 1) * width; ++c)
                    variance += pow(x[p * s.c + c] - mean, 2) / numbers;
            for (size_t p = 0; p < pixels; ++p)
                for (size_t c = g * width; c < (g + 1) * width; ++c) {
                    double value =
                        gamma[c] * (x[p * s.c + c] - mean) / sqrt(variance + 1e-5) + beta[c];
                    y[p * s.c + c] = relu && value < 0 ? 0 : value;
                }
        }
    return map;
}

/* Mean and variance of channel c: of the map, or the buffers' where the norm does not measure. */
static inline void pen_channel_moments(const Pen *pen, NodeId input, const char *name, size_t c,
                                       double *mean, double *variance)
{
    char full[256];
    snprintf(full, sizeof full, "%s.weight", name);
    bool trains = parameters_find(pen->parameters, full)->trainable;
    snprintf(full, sizeof full, "%s.bias", name);
    trains |= parameters_find(pen->parameters, full)->trainable;
    *mean = pen_parameter(pen, name, "running_mean")[c];
    *variance = pen_parameter(pen, name, "running_var")[c];
    if (!pen->training || !trains)
        return;
    Shape s = pen->shapes[input];
    const double *x = pen->maps[input];
    double numbers = (double)shape_pixels(s);
    *mean = *variance = 0;
    for (size_t p = 0; p < shape_pixels(s); ++p)
        *mean += x[p * s.c + c] / numbers;
    for (size_t p = 0; p < shape_pixels(s); ++p)
        *variance += pow(x[p * s.c + c] - *mean, 2) / numbers;
}

static inline NodeId pen_batch_norm(Pen *pen, NodeId input, const char *name,
                                    const BatchNormSettings *settings)
{
    if (pen->net)
        return net_batch_norm(pen->net, input, name, settings);
    Shape s = pen->shapes[input];
    const double *gamma = pen_parameter(pen, name, "weight");
    const double *beta = pen_parameter(pen, name, "bias");
    double epsilon = settings->epsilon > 0 ? settings->epsilon : 1e-5;
    NodeId map = pen_new_map(pen, s);
    for (size_t c = 0; c < s.c; ++c) {
        double mean, variance;
        pen_channel_moments(pen, input, name, c, &mean, &variance);
        for (size_t p = 0; p < shape_pixels(s); ++p) {
            double value =
                gamma[c] * (pen->maps[input][p * s.c + c] - mean) / sqrt(variance + epsilon) +
                beta[c];
            pen->maps[map][p * s.c + c] = settings->relu && value < 0 ? 0 : value;
        }
    }
    return map;
}

static inline NodeId pen_linear(Pen *pen, NodeId input, const char *name,
                                const LinearSettings *settings)
{
    if (pen->net)
        return net_linear(pen->net, input, name, settings);
    Shape in = pen->shapes[input];
    size_t pixels = in.h * in.w, size = pixels * in.c;
    NodeId map = pen_new_map(pen, (Shape){in.n, 1, 1, settings->outputs});
    for (size_t n = 0; n < in.n; ++n)
        for (size_t o = 0; o < settings->outputs; ++o) {
            double *y = &pen->maps[map][n * settings->outputs + o];
            *y = settings->no_bias ? 0 : pen_parameter(pen, name, "bias")[o];
            for (size_t p = 0; p < pixels; ++p)
                for (size_t c = 0; c < in.c; ++c)
                    *y += pen_parameter(pen, name, "weight")[o * size + c * pixels + p] *
                          pen->maps[input][n * size + p * in.c + c];
        }
    return map;
}

static inline NodeId pen_relu(Pen *pen, NodeId input)
{
    if (pen->net)
        return net_relu(pen->net, input);
    NodeId map = pen_new_map(pen, pen->shapes[input]);
    for (size_t i = 0; i < shape_count(pen->shapes[map]); ++i)
        pen->maps[map][i] = fmax(pen->maps[input][i], 0);
    return map;
}

static inline NodeId pen_leaky_relu(Pen *pen, NodeId input)
{
    if (pen->net)
        return net_leaky_relu(pen->net, input);
    NodeId map = pen_new_map(pen, pen->shapes[input]);
    for (size_t i = 0; i < shape_count(pen->shapes[map]); ++i)
        pen->maps[map][i] = fmax(pen->maps[input][i], 0.1 * pen->maps[input][i]);
    return map;
}

static inline NodeId pen_sigmoid(Pen *pen, NodeId input)
{
    if (pen->net)
        return net_sigmoid(pen->net, input);
    NodeId map = pen_new_map(pen, pen->shapes[input]);
    for (size_t i = 0; i < shape_count(pen->shapes[map]); ++i)
        pen->maps[map][i] = 1 / (1 + exp(-pen->maps[input][i]));
    return map;
}

static inline NodeId pen_add(Pen *pen, NodeId a, NodeId b)
{
    if (pen->net)
        return net_add(pen->net, a, b);
    NodeId map = pen_new_map(pen, pen->shapes[a]);
    for (size_t i = 0; i < shape_count(pen->shapes[map]); ++i)
        pen->maps[map][i] = pen->maps[a][i] + pen->maps[b][i];
    return map;
}

static inline NodeId pen_multiply(Pen *pen, NodeId a, NodeId b)
{
    if (pen->net)
        return net_multiply(pen->net, a, b);
    NodeId map = pen_new_map(pen, pen->shapes[a]);
    for (size_t i = 0; i < shape_count(pen->shapes[map]); ++i)
        pen->maps[map][i] = pen->maps[a][i] * pen->maps[b][i];
    return map;
}

static inline NodeId pen_blend(Pen *pen, NodeId gate, NodeId a, NodeId b)
{
    if (pen->net)
        return net_blend(pen->net, gate, a, b);
    NodeId map = pen_new_map(pen, pen->shapes[a]);
    for (size_t i = 0; i < shape_count(pen->shapes[map]); ++i) {
        double g = pen->maps[gate][i / pen->shapes[map].c];
        pen->maps[map][i] = g * pen->maps[a][i] + (1 - g) * pen->maps[b][i];
    }
    return map;
}

static inline NodeId pen_max_pool(Pen *pen, NodeId input)
{
    if (pen->net)
        return net_max_pool(pen->net, input);
    Shape in = pen->shapes[input];
    Shape out = {in.n, (in.h + 2 - 3) / 2 + 1, (in.w + 2 - 3) / 2 + 1, in.c};
    NodeId map = pen_new_map(pen, out);
    for (size_t i = 0; i < shape_count(out); ++i) {
        size_t c = i % out.c, x = i / out.c % out.w, y = i / out.c / out.w % out.h;
        size_t n = i / out.c / out.w / out.h;
        double best = -INFINITY;
        for (long py = (long)y * 2 - 1; py <= (long)y * 2 + 1; ++py)
            for (long px = (long)x * 2 - 1; px <= (long)x * 2 + 1; ++px) {
                bool inside = py >= 0 && px >= 0 && py < (long)in.h && px < (long)in.w;
                best =
                    fmax(best,
                         inside ? pen->maps[input][pen_at(in, n, (size_t)py, (size_t)px, c)] : 0.0);
            }
        pen->maps[map][i] = best;
    }
    return map;
}

/* Where a pool's windows begin and end along an axis, from PyTorch's description: padded with `pad`
 * on both sides, ceil mode lets the last window reach over the end but not begin behind the map. */
static inline size_t pen_windows(size_t extent, size_t kernel, size_t stride, size_t pad, bool ceil)
{
    size_t count = 0;
    for (size_t start = 0; start + kernel <= extent + 2 * pad; start += stride)
        ++count;
    size_t next = count * stride;
    bool reaches = next < extent + 2 * pad && next - stride + kernel < extent + 2 * pad;
    return count + (ceil && reaches && next < extent + pad);
}

static inline NodeId pen_pool(Pen *pen, NodeId input, const PoolSettings *s, bool maximum)
{
    if (pen->net)
        return maximum ? net_max_pool_2d(pen->net, input, s) : net_average_pool(pen->net, input, s);
    Shape in = pen->shapes[input];
    long stride = s->stride ? (long)s->stride : 1, ph = (long)s->pad_h, pw = (long)s->pad_w;
    Shape out = {in.n, pen_windows(in.h, s->kernel_h, (size_t)stride, s->pad_h, s->ceil_mode),
                 pen_windows(in.w, s->kernel_w, (size_t)stride, s->pad_w, s->ceil_mode), in.c};
    if (s->same)
        out = in;
    NodeId map = pen_new_map(pen, out);
    for (size_t i = 0; i < shape_count(out); ++i) {
        size_t c = i % out.c, n = i / out.c / out.w / out.h;
        long top = (long)(i / out.c / out.w % out.h) * stride - ph;
        long left = (long)(i / out.c % out.w) * stride - pw;
        double best = -INFINITY, sum = 0, count = 0;
        for (long y = top; y < top + (long)s->kernel_h; ++y)
            for (long x = left; x < left + (long)s->kernel_w; ++x) {
                bool inside = y >= 0 && x >= 0 && y < (long)in.h && x < (long)in.w;
                bool border = y < (long)in.h + ph && x < (long)in.w + pw;
                count += inside || (border && !s->without_border);
                double value =
                    inside ? pen->maps[input][pen_at(in, n, (size_t)y, (size_t)x, c)] : 0;
                sum += value;
                if (inside || s->zero_border)
                    best = fmax(best, value);
            }
        pen->maps[map][i] = maximum ? best : sum / count;
    }
    return map;
}

static inline NodeId pen_adaptive_average_pool(Pen *pen, NodeId input, size_t h, size_t w)
{
    if (pen->net)
        return net_adaptive_average_pool(pen->net, input, h, w);
    Shape in = pen->shapes[input], out = {in.n, h, w, in.c};
    NodeId map = pen_new_map(pen, out);
    for (size_t i = 0; i < shape_count(out); ++i) {
        double row = (double)(i / out.c / w % h), column = (double)(i / out.c % w), count = 0;
        double ratio_h = (double)in.h / (double)h, ratio_w = (double)in.w / (double)w;
        for (size_t y = 0; y < in.h; ++y)
            for (size_t x = 0; x < in.w; ++x)
                if ((double)y >= floor(row * ratio_h) && (double)y < ceil((row + 1) * ratio_h) &&
                    (double)x >= floor(column * ratio_w) &&
                    (double)x < ceil((column + 1) * ratio_w)) {
                    pen->maps[map][i] +=
                        pen->maps[input][pen_at(in, i / out.c / w / h, y, x, i % out.c)];
                    ++count;
                }
        pen->maps[map][i] /= count;
    }
    return map;
}

static inline NodeId pen_mean(Pen *pen, NodeId input)
{
    if (pen->net)
        return net_mean(pen->net, input);
    Shape in = pen->shapes[input];
    NodeId map = pen_new_map(pen, (Shape){in.n, 1, 1, in.c});
    for (size_t i = 0; i < shape_count(in); ++i)
        pen->maps[map][i / (in.h * in.w * in.c) * in.c + i % in.c] +=
            pen->maps[input][i] / (double)(in.h * in.w);
    return map;
}

static inline NodeId pen_resize_nearest(Pen *pen, NodeId input, size_t h, size_t w)
{
    if (pen->net)
        return net_resize_nearest(pen->net, input, h, w);
    Shape in = pen->shapes[input], out = {in.n, h, w, in.c};
    NodeId map = pen_new_map(pen, out);
    for (size_t i = 0; i < shape_count(out); ++i)
        pen->maps[map][i] =
            pen->maps[input][pen_at(in, i / out.c / w / h, i / out.c / w % h * in.h / h,
                                    i / out.c % w * in.w / w, i % out.c)];
    return map;
}

static inline double pen_source(size_t target, size_t in, size_t out)
{
    double source = ((double)target + 0.5) * (double)in / (double)out - 0.5;
    return fmin(fmax(source, 0), (double)(in - 1));
}

static inline NodeId pen_resize_bilinear(Pen *pen, NodeId input, size_t h, size_t w)
{
    if (pen->net)
        return net_resize_bilinear(pen->net, input, h, w);
    Shape in = pen->shapes[input], out = {in.n, h, w, in.c};
    NodeId map = pen_new_map(pen, out);
    for (size_t i = 0; i < shape_count(out); ++i) {
        double y = pen_source(i / out.c / w % h, in.h, h), x = pen_source(i / out.c % w, in.w, w);
        /* Every pixel of the input counts with the product of two hat functions. */
        for (size_t py = 0; py < in.h; ++py)
            for (size_t px = 0; px < in.w; ++px)
                pen->maps[map][i] +=
                    fmax(0, 1 - fabs(y - (double)py)) * fmax(0, 1 - fabs(x - (double)px)) *
                    pen->maps[input][pen_at(in, i / out.c / w / h, py, px, i % out.c)];
    }
    return map;
}

static inline NodeId pen_concat_channels(Pen *pen, size_t count, const NodeId *inputs)
{
    if (pen->net)
        return net_concat_channels(pen->net, count, inputs);
    Shape out = pen->shapes[inputs[0]];
    for (size_t k = 1; k < count; ++k)
        out.c += pen->shapes[inputs[k]].c;
    NodeId map = pen_new_map(pen, out);
    for (size_t p = 0, at = 0; p < shape_pixels(out); ++p)
        for (size_t k = 0; k < count; ++k)
            for (size_t c = 0; c < pen->shapes[inputs[k]].c; ++c)
                pen->maps[map][at++] = pen->maps[inputs[k]][p * pen->shapes[inputs[k]].c + c];
    return map;
}

static inline NodeId pen_concat_rows(Pen *pen, size_t count, const NodeId *inputs, size_t width)
{
    if (pen->net)
        return net_concat_rows(pen->net, count, inputs, width);
    size_t images = pen->shapes[inputs[0]].n, numbers = 0, at = 0;
    for (size_t k = 0; k < count; ++k)
        numbers += shape_count(pen->shapes[inputs[k]]);
    NodeId map = pen_new_map(pen, (Shape){images, numbers / images / width, 1, width});
    for (size_t n = 0; n < images; ++n)
        for (size_t k = 0; k < count; ++k) {
            size_t run = shape_count(pen->shapes[inputs[k]]) / images;
            for (size_t i = 0; i < run; ++i)
                pen->maps[map][at++] = pen->maps[inputs[k]][n * run + i];
        }
    return map;
}

#endif
