/* Group normalisation with an optional ReLU behind it (Wu & He 2018; eps 1e-5, biased variance).
 *
 * y = gamma (x - mean) / sqrt(var + eps) + beta, mean and variance over the H x W x C/groups
 * numbers of an image and group. Each direction is one pass over the map for the sums and one for
 * the result. Sums run in float over CHUNK pixels and in double over the chunks, always in the same
 * order, whatever the number of threads; they are taken about a point near the mean (forward: the
 * channel's first pixel, backward: the mean), so that a large mean costs no digits.
 *
 * Backward (dy already masked by the ReLU, which is found again from y > 0): with the channel sums
 * S = sum dy and T = sum dy xhat, and their gamma-weighted group sums s and t over M numbers:
 * dgamma = T, dbeta = S, dx = (gamma dy - s/M - xhat t/M) / sqrt(var + eps).
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

/* sum and squares: of x - pivot. */
VECTORISED static void sum_squares(size_t pixels, size_t C, const float *restrict x,
                                   const float *restrict pivot, float *restrict sum,
                                   float *restrict squares)
{
    for (size_t c = 0; c < C; ++c)
        sum[c] = squares[c] = 0;
    for (size_t p = 0; p < pixels; ++p, x += C)
        for (size_t c = 0; c < C; ++c) {
            float distance = x[c] - pivot[c];
            sum[c] += distance;
            squares[c] += distance * distance;
        }
}

/* y = max(floor, a (x - mean) + beta); written so that a NaN passes. */
VECTORISED static void normalise(size_t pixels, size_t C, const float *restrict x,
                                 const float *restrict mean, const float *restrict a,
                                 const float *restrict beta, float floor, float *restrict y)
{
    for (size_t p = 0; p < pixels; ++p, x += C, y += C)
        for (size_t c = 0; c < C; ++c) {
            float value = a[c] * (x[c] - mean[c]) + beta[c];
            y[c] = floor > value ? floor : value;
        }
}

/* sum: of dy; product: of dy (x - mean); dy counts where y > floor. */
VECTORISED static void sum_gradients(size_t pixels, size_t C, const float *restrict x,
                                     const float *restrict dy, const float *restrict mean,
                                     const float *restrict a, const float *restrict beta,
                                     float floor, float *restrict sum, float *restrict product)
{
    for (size_t c = 0; c < C; ++c)
        sum[c] = product[c] = 0;
    for (size_t p = 0; p < pixels; ++p, x += C, dy += C)
        for (size_t c = 0; c < C; ++c) {
            float distance = x[c] - mean[c];
            float gradient = a[c] * distance + beta[c] > floor ? dy[c] : 0.0f;
            sum[c] += gradient;
            product[c] += gradient * distance;
        }
}

/* dx = a dy' + k (x - mean) + m, dy' masked as above; added to dx if `add`. */
VECTORISED static void spread_gradients(size_t pixels, size_t C, const float *restrict x,
                                        const float *restrict dy, const float *restrict mean,
                                        const float *restrict a, const float *restrict beta,
                                        const float *restrict k, const float *restrict m,
                                        float floor, bool add, float *restrict dx)
{
    for (size_t p = 0; p < pixels; ++p, x += C, dy += C, dx += C)
        if (add)
            for (size_t c = 0; c < C; ++c) {
                float distance = x[c] - mean[c];
                float gradient = a[c] * distance + beta[c] > floor ? dy[c] : 0.0f;
                dx[c] += a[c] * gradient + k[c] * distance + m[c];
            }
        else
            for (size_t c = 0; c < C; ++c) {
                float distance = x[c] - mean[c];
                float gradient = a[c] * distance + beta[c] > floor ? dy[c] : 0.0f;
                dx[c] = a[c] * gradient + k[c] * distance + m[c];
            }
}

/* Scratch: partial sums (N x chunks x 2 x C), then per image and channel mean, a, k, m (N x 4 x C).
 */
static size_t scratch_floats(Shape shape)
{
    return shape.n * (chunks_of(shape) * 2 + 4) * shape.c;
}

typedef struct {
    float *mean, *a, *k, *m; /* C each */
} Coefficients;

static Coefficients coefficients(const OperationCall *call, size_t n)
{
    Shape shape = call->node->request.shape;
    float *first = call->scratch + shape.n * chunks_of(shape) * 2 * shape.c + n * 4 * shape.c;
    return (Coefficients){first, first + shape.c, first + 2 * shape.c, first + 3 * shape.c};
}

static float *partial_sums(const OperationCall *call, size_t n, size_t chunk)
{
    Shape shape = call->node->request.shape;
    return call->scratch + (n * chunks_of(shape) + chunk) * 2 * shape.c;
}

/* Sum of one channel of image n over its chunks; kind 0 or 1 picks the first or the second sum. */
static double channel_sum(const OperationCall *call, size_t n, size_t kind, size_t c)
{
    Shape shape = call->node->request.shape;
    size_t chunks = chunks_of(shape);
    double sum = 0;
    for (size_t k = 0; k < chunks; ++k)
        sum += (double)partial_sums(call, n, k)[kind * shape.c + c];
    return sum;
}

/* mean and a of the channels of a group, from the saved moments. */
static void spread_moments(const OperationCall *call, size_t n, size_t g)
{
    size_t groups = call->node->request.settings.norm.groups;
    size_t width = call->node->request.shape.c / groups;
    const float *moments = call->saved + (n * groups + g) * 2;
    Coefficients at = coefficients(call, n);
    for (size_t c = g * width; c < (g + 1) * width; ++c) {
        at.mean[c] = moments[0];
        at.a[c] = call->weight[c] * moments[1];
    }
}

/* The moments of a group from its channels' sums about their first pixels. */
static void finish_group(const OperationCall *call, size_t n, size_t g)
{
    Shape shape = call->node->request.shape;
    size_t groups = call->node->request.settings.norm.groups, width = shape.c / groups;
    const float *pivot = call->input[0] + n * shape.h * shape.w * shape.c;
    double pixels = (double)(shape.h * shape.w), mean = 0, squares = 0;
    for (size_t c = g * width; c < (g + 1) * width; ++c)
        mean += channel_sum(call, n, 0, c) / pixels + (double)pivot[c];
    mean /= (double)width;
    for (size_t c = g * width; c < (g + 1) * width; ++c) {
        double shift = (double)pivot[c] - mean;
        squares +=
            channel_sum(call, n, 1, c) + shift * (2 * channel_sum(call, n, 0, c) + pixels * shift);
    }
    double variance = squares / (pixels * (double)width);
    float *moments = call->saved + (n * groups + g) * 2;
    moments[0] = (float)mean;
    moments[1] = (float)(1 / sqrt((variance < 0 ? 0 : variance) + EPSILON));
    spread_moments(call, n, g);
}

static Status forward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t groups = call->node->request.settings.norm.groups;
    size_t chunks = chunks_of(shape), image = shape.h * shape.w * shape.c;
    float floor = call->node->request.settings.norm.relu ? 0.0f : -INFINITY;
#pragma omp parallel
    {
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t k = 0; k < chunks; ++k) {
                const float *pivot = call->input[0] + n * image;
                float *sums = partial_sums(call, n, k);
                sum_squares(chunk_pixels(shape, k), shape.c, pivot + k * CHUNK * shape.c, pivot,
                            sums, sums + shape.c);
            }
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t g = 0; g < groups; ++g)
                finish_group(call, n, g);
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t k = 0; k < chunks; ++k) {
                size_t at = n * image + k * CHUNK * shape.c;
                Coefficients with = coefficients(call, n);
                normalise(chunk_pixels(shape, k), shape.c, call->input[0] + at, with.mean, with.a,
                          call->bias, floor, call->output + at);
            }
    }
    return STATUS_OK;
}

/* From the channel sums of a group in image n: the parameters' gradients, and k and m of dx. */
static void finish_gradients(const OperationCall *call, size_t n, size_t g)
{
    Shape shape = call->node->request.shape;
    size_t groups = call->node->request.settings.norm.groups, width = shape.c / groups;
    double numbers = (double)(shape.h * shape.w * width), s = 0, t = 0;
    double inverse = (double)call->saved[(n * groups + g) * 2 + 1];
    Coefficients at = coefficients(call, n);
    for (size_t c = g * width; c < (g + 1) * width; ++c) {
        double S = channel_sum(call, n, 0, c), T = channel_sum(call, n, 1, c) * inverse;
        if (call->weight_gradient)
            call->weight_gradient[c] += (float)T;
        if (call->bias_gradient)
            call->bias_gradient[c] += (float)S;
        s += (double)call->weight[c] * S;
        t += (double)call->weight[c] * T;
    }
    for (size_t c = g * width; c < (g + 1) * width; ++c) {
        at.k[c] = (float)(-inverse * inverse * t / numbers);
        at.m[c] = (float)(-inverse * s / numbers);
    }
}

static Status backward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t groups = call->node->request.settings.norm.groups;
    size_t chunks = chunks_of(shape), image = shape.h * shape.w * shape.c;
    float floor = call->node->request.settings.norm.relu ? 0.0f : -INFINITY;
#pragma omp parallel
    {
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t g = 0; g < groups; ++g)
                spread_moments(call, n, g);
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t k = 0; k < chunks; ++k) {
                size_t at = n * image + k * CHUNK * shape.c;
                Coefficients with = coefficients(call, n);
                float *sums = partial_sums(call, n, k);
                sum_gradients(chunk_pixels(shape, k), shape.c, call->input[0] + at,
                              call->output_gradient + at, with.mean, with.a, call->bias, floor,
                              sums, sums + shape.c);
            }
            /* The images of a group one after the other: their gradients are added to one sum. */
#pragma omp for schedule(static)
        for (size_t g = 0; g < groups; ++g)
            for (size_t n = 0; n < shape.n; ++n)
                finish_gradients(call, n, g);
        if (call->input_gradient[0])
#pragma omp for collapse(2) schedule(static)
            for (size_t n = 0; n < shape.n; ++n)
                for (size_t k = 0; k < chunks; ++k) {
                    size_t at = n * image + k * CHUNK * shape.c;
                    Coefficients with = coefficients(call, n);
                    spread_gradients(chunk_pixels(shape, k), shape.c, call->input[0] + at,
                                     call->output_gradient + at, with.mean, with.a, call->bias,
                                     with.k, with.m, floor, call->add_gradient[0],
                                     call->input_gradient[0] + at);
                }
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
