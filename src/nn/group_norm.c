/* Group normalisation with an optional ReLU behind it (Wu & He 2018; eps 1e-5, biased variance).
 *
 * y = gamma (x - mean) / sqrt(var + eps) + beta, mean and variance over the H x W x C/groups
 * numbers of an image and group. Written y = a_c x + b_c, so each direction is one pass for the
 * sums and one for the result. Sums run in float over CHUNK pixels and in double over the chunks,
 * always in the same order, whatever the number of threads.
 *
 * Backward (dy already masked by the ReLU, which is found again from a_c x + b_c > 0): with the
 * channel sums S = sum dy and T = sum dy xhat, and their gamma-weighted group sums s and t over M
 * numbers: dgamma = T, dbeta = S, dx = (gamma dy - s/M - xhat t/M) / sqrt(var + eps).
 *
 * saved: mean and 1/deviation of each image and group, N x G x 2.
 */
#include "nn/node.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"

#define EPSILON 1e-5
enum { CHUNK = 64 }; /* pixels */

static size_t chunks_of(Shape shape)
{
    return (shape.h * shape.w + CHUNK - 1) / CHUNK;
}

static size_t chunk_pixels(Shape shape, size_t chunk)
{
    size_t pixels = shape.h * shape.w, first = chunk * CHUNK;
    return pixels - first < CHUNK ? pixels - first : CHUNK;
}

VECTORISED static void sum_squares(size_t pixels, size_t C, const float *restrict x,
                                   float *restrict sum, float *restrict squares)
{
    for (size_t c = 0; c < C; ++c)
        sum[c] = squares[c] = 0;
    for (size_t p = 0; p < pixels; ++p, x += C)
        for (size_t c = 0; c < C; ++c) {
            sum[c] += x[c];
            squares[c] += x[c] * x[c];
        }
}

VECTORISED static void scale_shift(size_t pixels, size_t C, const float *restrict x,
                                   const float *restrict a, const float *restrict b, float floor,
                                   float *restrict y)
{
    for (size_t p = 0; p < pixels; ++p, x += C, y += C)
        for (size_t c = 0; c < C; ++c) {
            float value = a[c] * x[c] + b[c];
            y[c] = value > floor ? value : floor;
        }
}

/* sum: of dy; product: of dy x; dy counts where a x + b > floor. */
VECTORISED static void sum_gradients(size_t pixels, size_t C, const float *restrict x,
                                     const float *restrict dy, const float *restrict a,
                                     const float *restrict b, float floor, float *restrict sum,
                                     float *restrict product)
{
    for (size_t c = 0; c < C; ++c)
        sum[c] = product[c] = 0;
    for (size_t p = 0; p < pixels; ++p, x += C, dy += C)
        for (size_t c = 0; c < C; ++c) {
            float gradient = a[c] * x[c] + b[c] > floor ? dy[c] : 0.0f;
            sum[c] += gradient;
            product[c] += gradient * x[c];
        }
}

/* dx = a dy' + k x + m, dy' masked as above; added to dx if keep is 1, else (0) it replaces. */
VECTORISED static void spread_gradients(size_t pixels, size_t C, const float *restrict x,
                                        const float *restrict dy, const float *restrict a,
                                        const float *restrict b, const float *restrict k,
                                        const float *restrict m, float floor, bool add,
                                        float *restrict dx)
{
    for (size_t p = 0; p < pixels; ++p, x += C, dy += C, dx += C)
        if (add)
            for (size_t c = 0; c < C; ++c) {
                float gradient = a[c] * x[c] + b[c] > floor ? dy[c] : 0.0f;
                dx[c] += a[c] * gradient + k[c] * x[c] + m[c];
            }
        else
            for (size_t c = 0; c < C; ++c) {
                float gradient = a[c] * x[c] + b[c] > floor ? dy[c] : 0.0f;
                dx[c] = a[c] * gradient + k[c] * x[c] + m[c];
            }
}

/* Scratch: partial sums (N x chunks x 2 x C), then per image and channel a, b, k, m (N x 4 x C). */
static size_t scratch_floats(Shape shape)
{
    return shape.n * (chunks_of(shape) * 2 + 4) * shape.c;
}

static float *coefficients(const OperationCall *call, size_t n)
{
    Shape shape = call->node->request.shape;
    return call->scratch + shape.n * chunks_of(shape) * 2 * shape.c + n * 4 * shape.c;
}

/* Sum of one channel of image n over its chunks; kind 0 or 1 picks the first or the second sum. */
static double channel_sum(const OperationCall *call, size_t n, size_t kind, size_t c)
{
    Shape shape = call->node->request.shape;
    size_t chunks = chunks_of(shape);
    double sum = 0;
    for (size_t k = 0; k < chunks; ++k)
        sum += (double)call->scratch[((n * chunks + k) * 2 + kind) * shape.c + c];
    return sum;
}

static void scale_and_shift(const OperationCall *call, size_t n, float *a, float *b)
{
    Shape shape = call->node->request.shape;
    size_t groups = call->node->request.settings.norm.groups, width = shape.c / groups;
    for (size_t c = 0; c < shape.c; ++c) {
        const float *moments = call->saved + (n * groups + c / width) * 2;
        a[c] = call->weight[c] * moments[1];
        b[c] = call->bias[c] - moments[0] * a[c];
    }
}

static Status forward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t groups = call->node->request.settings.norm.groups, width = shape.c / groups;
    size_t chunks = chunks_of(shape), image = shape.h * shape.w * shape.c;
    float floor = call->node->request.settings.norm.relu ? 0.0f : -INFINITY;
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < shape.n; ++n)
        for (size_t k = 0; k < chunks; ++k) {
            float *sums = call->scratch + (n * chunks + k) * 2 * shape.c;
            sum_squares(chunk_pixels(shape, k), shape.c,
                        call->input[0] + n * image + k * CHUNK * shape.c, sums, sums + shape.c);
        }
    double numbers = (double)(shape.h * shape.w * width);
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < shape.n; ++n)
        for (size_t g = 0; g < groups; ++g) {
            double sum = 0, squares = 0;
            for (size_t c = g * width; c < (g + 1) * width; ++c) {
                sum += channel_sum(call, n, 0, c);
                squares += channel_sum(call, n, 1, c);
            }
            double mean = sum / numbers, variance = fmax(squares / numbers - mean * mean, 0);
            float *moments = call->saved + (n * groups + g) * 2;
            moments[0] = (float)mean;
            moments[1] = (float)(1 / sqrt(variance + EPSILON));
        }
    for (size_t n = 0; n < shape.n; ++n)
        scale_and_shift(call, n, coefficients(call, n), coefficients(call, n) + shape.c);
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < shape.n; ++n)
        for (size_t k = 0; k < chunks; ++k) {
            size_t at = n * image + k * CHUNK * shape.c;
            const float *a = coefficients(call, n);
            scale_shift(chunk_pixels(shape, k), shape.c, call->input[0] + at, a, a + shape.c, floor,
                        call->output + at);
        }
    return STATUS_OK;
}

/* From the channel sums of image n: the parameters' gradients, and k and m of dx. */
static void finish_image(const OperationCall *call, size_t n)
{
    Shape shape = call->node->request.shape;
    size_t groups = call->node->request.settings.norm.groups, width = shape.c / groups;
    double numbers = (double)(shape.h * shape.w * width);
    float *k = coefficients(call, n) + 2 * shape.c, *m = k + shape.c;
    for (size_t g = 0; g < groups; ++g) {
        const float *moments = call->saved + (n * groups + g) * 2;
        double mean = (double)moments[0], inverse = (double)moments[1], s = 0, t = 0;
        for (size_t c = g * width; c < (g + 1) * width; ++c) {
            double S = channel_sum(call, n, 0, c);
            double T = (channel_sum(call, n, 1, c) - mean * S) * inverse;
            if (call->weight_gradient)
                call->weight_gradient[c] += (float)T;
            if (call->bias_gradient)
                call->bias_gradient[c] += (float)S;
            s += (double)call->weight[c] * S;
            t += (double)call->weight[c] * T;
        }
        for (size_t c = g * width; c < (g + 1) * width; ++c) {
            k[c] = (float)(-inverse * inverse * t / numbers);
            m[c] = (float)(-inverse * s / numbers + inverse * inverse * t * mean / numbers);
        }
    }
}

static Status backward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t chunks = chunks_of(shape), image = shape.h * shape.w * shape.c;
    float floor = call->node->request.settings.norm.relu ? 0.0f : -INFINITY;
    for (size_t n = 0; n < shape.n; ++n)
        scale_and_shift(call, n, coefficients(call, n), coefficients(call, n) + shape.c);
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < shape.n; ++n)
        for (size_t k = 0; k < chunks; ++k) {
            size_t at = n * image + k * CHUNK * shape.c;
            const float *a = coefficients(call, n);
            float *sums = call->scratch + (n * chunks + k) * 2 * shape.c;
            sum_gradients(chunk_pixels(shape, k), shape.c, call->input[0] + at,
                          call->output_gradient + at, a, a + shape.c, floor, sums, sums + shape.c);
        }
    for (size_t n = 0; n < shape.n; ++n)
        finish_image(call, n);
    if (!call->input_gradient[0])
        return STATUS_OK;
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < shape.n; ++n)
        for (size_t k = 0; k < chunks; ++k) {
            size_t at = n * image + k * CHUNK * shape.c, C = shape.c;
            const float *a = coefficients(call, n);
            spread_gradients(chunk_pixels(shape, k), C, call->input[0] + at,
                             call->output_gradient + at, a, a + C, a + 2 * C, a + 3 * C, floor,
                             call->add_gradient[0], call->input_gradient[0] + at);
        }
    return STATUS_OK;
}

NodeId net_group_norm(Net *net, NodeId input, const char *name, size_t groups, bool relu)
{
    static const Operation operation = {"group_norm", forward, backward};
    Shape shape = net_shape(net, input);
    if (groups == 0 || shape.c % groups != 0)
        return net_refuse(net, status_set(STATUS_ARGUMENT,
                                          "%s: %zu channels cannot be cut into %zu groups", name,
                                          shape.c, groups));
    NodeRequest request = {
        .operation = &operation,
        .input_count = 1,
        .inputs = {input},
        .shape = shape,
        .backward_reads_inputs = 1,
        .saved_floats = shape.n * groups * 2,
        .forward_scratch_floats = scratch_floats(shape),
        .backward_scratch_floats = scratch_floats(shape),
        .settings.norm = {groups, relu},
    };
    Initial one = {INITIAL_CONSTANT, 1}, zero = {INITIAL_CONSTANT, 0};
    if (!net_declare(net, name, "weight", 1, &shape.c, one, false, &request.weight) ||
        !net_declare(net, name, "bias", 1, &shape.c, zero, false, &request.bias))
        return 0;
    return net_add_node(net, &request);
}
