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

/* Adds to sum and squares: of x - pivot. */
VECTORISED static void sum_squares(size_t pixels, size_t C, const float *restrict x,
                                   const float *restrict pivot, float *restrict sum,
                                   float *restrict squares)
{
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

/* Adds to sum: of dy; to product: of dy (x - mean); dy counts where y > floor. */
VECTORISED static void sum_gradients(size_t pixels, size_t C, const float *restrict x,
                                     const float *restrict dy, const float *restrict mean,
                                     const float *restrict a, const float *restrict beta,
                                     float floor, float *restrict sum, float *restrict product)
{
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
    float tile[NUMBERS_TILE];
    const float *pivot =
        numbers_read(call->input[0], n * shape.h * shape.w * shape.c + g * width, width, tile);
    double pixels = (double)(shape.h * shape.w), mean = 0, squares = 0;
    for (size_t c = g * width; c < (g + 1) * width; ++c)
        mean += channel_sum(call, n, 0, c) / pixels + (double)pivot[c - g * width];
    mean /= (double)width;
    for (size_t c = g * width; c < (g + 1) * width; ++c) {
        double shift = (double)pivot[c - g * width] - mean;
        squares +=
            channel_sum(call, n, 1, c) + shift * (2 * channel_sum(call, n, 0, c) + pixels * shift);
    }
    double variance = squares / (pixels * (double)width);
    float *moments = call->saved + (n * groups + g) * 2;
    moments[0] = (float)mean;
    moments[1] = (float)(1 / sqrt((variance < 0 ? 0 : variance) + EPSILON));
    spread_moments(call, n, g);
}

/* A run of whole pixels that fits a tile: pixels first .. first + count - 1 of image n. */
typedef struct {
    size_t first, count, at; /* at: place of its first number in the map */
} Run;

/* The run that starts at pixel `first` of chunk k in image n; count 0 behind the chunk's end. In
 * float32 it is the whole chunk, since nothing has to be converted. */
static Run run_of(const OperationCall *call, size_t n, size_t k, size_t first)
{
    Shape shape = call->node->request.shape;
    size_t left = chunk_pixels(shape, k) - first, most = NUMBERS_TILE / shape.c;
    if (call->input[0].half && left > most)
        left = most;
    return (Run){first, left, ((n * shape.h * shape.w) + k * CHUNK + first) * shape.c};
}

#define FOR_RUNS(run, call, n, k)                                                                  \
    for (Run run = run_of(call, n, k, 0); run.count;                                               \
         run = run_of(call, n, k, run.first + run.count))

static void sum_chunk(const OperationCall *call, size_t n, size_t k)
{
    Shape shape = call->node->request.shape;
    size_t C = shape.c;
    float tile[NUMBERS_TILE], pivot_tile[NUMBERS_TILE], *sums = partial_sums(call, n, k);
    const float *pivot = numbers_read(call->input[0], n * shape.h * shape.w * C, C, pivot_tile);
    memset(sums, 0, 2 * C * sizeof *sums);
    FOR_RUNS (run, call, n, k)
        sum_squares(run.count, C, numbers_read(call->input[0], run.at, run.count * C, tile), pivot,
                    sums, sums + C);
}

static void normalise_chunk(const OperationCall *call, size_t n, size_t k, float floor)
{
    size_t C = call->node->request.shape.c;
    Coefficients with = coefficients(call, n);
    FOR_RUNS (run, call, n, k) {
        float tile_x[NUMBERS_TILE], tile_y[NUMBERS_TILE];
        float *y = numbers_open(call->output, run.at, run.count * C, false, tile_y);
        normalise(run.count, C, numbers_read(call->input[0], run.at, run.count * C, tile_x),
                  with.mean, with.a, call->bias, floor, y);
        numbers_close(call->output, run.at, run.count * C, y);
    }
}

static float floor_of(const OperationCall *call)
{
    return call->node->request.settings.norm.relu ? 0.0f : -INFINITY;
}

static Status forward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t groups = call->node->request.settings.norm.groups, chunks = chunks_of(shape);
#pragma omp parallel
    {
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t k = 0; k < chunks; ++k)
                sum_chunk(call, n, k);
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t g = 0; g < groups; ++g)
                finish_group(call, n, g);
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t k = 0; k < chunks; ++k)
                normalise_chunk(call, n, k, floor_of(call));
    }
    return STATUS_OK;
}

static Status again(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t groups = call->node->request.settings.norm.groups, chunks = chunks_of(shape);
#pragma omp parallel
    {
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t g = 0; g < groups; ++g)
                spread_moments(call, n, g);
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t k = 0; k < chunks; ++k)
                normalise_chunk(call, n, k, floor_of(call));
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

static void sum_gradients_chunk(const OperationCall *call, size_t n, size_t k)
{
    size_t C = call->node->request.shape.c;
    Coefficients with = coefficients(call, n);
    float *sums = partial_sums(call, n, k);
    memset(sums, 0, 2 * C * sizeof *sums);
    FOR_RUNS (run, call, n, k) {
        float tile_x[NUMBERS_TILE], tile_dy[NUMBERS_TILE];
        sum_gradients(run.count, C, numbers_read(call->input[0], run.at, run.count * C, tile_x),
                      numbers_read(call->output_gradient, run.at, run.count * C, tile_dy),
                      with.mean, with.a, call->bias, floor_of(call), sums, sums + C);
    }
}

static void spread_gradients_chunk(const OperationCall *call, size_t n, size_t k)
{
    size_t C = call->node->request.shape.c;
    Coefficients with = coefficients(call, n);
    bool add = call->add_gradient[0];
    FOR_RUNS (run, call, n, k) {
        float tile_x[NUMBERS_TILE], tile_dy[NUMBERS_TILE], tile_dx[NUMBERS_TILE];
        float *dx = numbers_open(call->input_gradient[0], run.at, run.count * C, add, tile_dx);
        spread_gradients(run.count, C, numbers_read(call->input[0], run.at, run.count * C, tile_x),
                         numbers_read(call->output_gradient, run.at, run.count * C, tile_dy),
                         with.mean, with.a, call->bias, with.k, with.m, floor_of(call), add, dx);
        numbers_close(call->input_gradient[0], run.at, run.count * C, dx);
    }
}

static Status backward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t groups = call->node->request.settings.norm.groups, chunks = chunks_of(shape);
#pragma omp parallel
    {
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t g = 0; g < groups; ++g)
                spread_moments(call, n, g);
#pragma omp for collapse(2) schedule(static)
        for (size_t n = 0; n < shape.n; ++n)
            for (size_t k = 0; k < chunks; ++k)
                sum_gradients_chunk(call, n, k);
                /* The images of a group one after the other: their gradients are added to one sum.
                 */
#pragma omp for schedule(static)
        for (size_t g = 0; g < groups; ++g)
            for (size_t n = 0; n < shape.n; ++n)
                finish_gradients(call, n, g);
        if (call->input_gradient[0].data)
#pragma omp for collapse(2) schedule(static)
            for (size_t n = 0; n < shape.n; ++n)
                for (size_t k = 0; k < chunks; ++k)
                    spread_gradients_chunk(call, n, k);
    }
    return STATUS_OK;
}

NodeId net_group_norm(Net *net, NodeId input, const char *name, size_t groups, bool relu)
{
    static const Operation operation = {"group_norm", forward, backward, again};
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
