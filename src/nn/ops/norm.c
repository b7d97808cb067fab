/* See norm.h. Each direction is one pass over the map for the sums and one for the result; one
 * thread makes both of a part before it goes on to the next. Sums run in float over CHUNK pixels
 * and in double over the chunks, always in the same order, whatever the number of threads; they are
 * taken about a point near the mean (forward: the channel's first pixel, backward: the mean), so
 * that a large mean costs no digits.
 *
 * Backward (dy already masked by the ReLU, which is found again from y > 0): with the channel sums
 * S = sum dy and T = sum dy xhat, and their gamma-weighted group sums s and t over M numbers:
 * dgamma = T, dbeta = S, dx = (gamma dy - s/M - xhat t/M) / sqrt(var + eps).
 *
 * Scratch, P parts of K chunks: sums of each part's channels (double, P x 2 x C), of each chunk's
 * (P x K x 2 x C), and per part and channel mean, a, k, m (P x 4 x C).
 */
#include "nn/ops/norm.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/vector.h"
#include "nn/lanes.h"
#include "nn/ops/norm_bytes.h"
#include "nn/ops/norm_halves.h"
#include "nn/ops/norm_lanes.h"

enum { CHUNK = 64 }; /* pixels */

/* The map as it is normalised. */
typedef struct {
    size_t parts, pixels, chunks;   /* pixels and chunks of a part */
    size_t channels, groups, width; /* channels = groups x width */
} Layout;

static Layout layout_of(Shape shape, const NormSettings *settings)
{
    size_t pixels = shape_pixels(shape) / settings->parts;
    return (Layout){settings->parts, pixels,           (pixels + CHUNK - 1) / CHUNK,
                    shape.c,         settings->groups, shape.c / settings->groups};
}

static Layout layout(const OperationCall *call)
{
    return layout_of(call->node->request.shape, &call->node->request.settings.norm);
}

static size_t scratch_floats(Layout at)
{
    size_t doubles = sizeof(double) / sizeof(float);
    return at.parts * (2 * doubles + at.chunks * 2 + 4) * at.channels;
}

bool norm_request(Net *net, const Operation *operation, NodeId input, const char *name,
                  const NormSettings *settings, NodeRequest *request)
{
    const Initial one = {INITIAL_CONSTANT, 1}, zero = {INITIAL_CONSTANT, 0};
    const Shape shape = net_shape(net, input);
    const size_t scratch = scratch_floats(layout_of(shape, settings));
    *request = (NodeRequest){
        .operation = operation,
        .input_count = 1,
        .inputs = {input},
        .shape = shape,
        .backward_reads_inputs = 1,
        .saved_floats = settings->parts * settings->groups * 2,
        .forward_scratch_floats = scratch,
        .backward_scratch_floats = scratch,
        .non_negative = settings->relu,
        .settings.norm = *settings,
    };
    return net_declare(net, name, "weight", 1, &shape.c, one, false, &request->weight) &&
           net_declare(net, name, "bias", 1, &shape.c, zero, false, &request->bias);
}

bool norm_same(const NodeRequest *a, const NodeRequest *b)
{
    const NormSettings *x = &a->settings.norm, *y = &b->settings.norm;
    return x->parts == y->parts && x->groups == y->groups && x->epsilon == y->epsilon &&
           x->relu == y->relu;
}

/* Sum and squares, channel by channel: of x - pivot. */
VECTORISED static void sum_squares(size_t pixels, size_t C, const float *x, const float *pivot,
                                   float *sum, float *squares)
{
    sum_channels(pixels, C, x, false, pivot, sum, squares);
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

/* ---- places in the scratch ---- */

static double *part_sums(const OperationCall *call, size_t n)
{
    return (double *)(void *)call->scratch + n * 2 * call->node->request.shape.c;
}

static float *chunk_sums(const OperationCall *call, size_t n, size_t chunk)
{
    Layout at = layout(call);
    float *first = (float *)(void *)part_sums(call, at.parts);
    return first + (n * at.chunks + chunk) * 2 * at.channels;
}

typedef struct {
    float *mean, *a, *k, *m; /* C each */
} Coefficients;

static Coefficients coefficients(const OperationCall *call, size_t n)
{
    Layout at = layout(call);
    size_t C = at.channels;
    float *first = chunk_sums(call, at.parts, 0) + n * 4 * C;
    return (Coefficients){first, first + C, first + 2 * C, first + 3 * C};
}

VECTORISED static void widen_and_add(size_t count, const float *restrict from, double *restrict to)
{
    for (size_t i = 0; i < count; ++i)
        to[i] += (double)from[i];
}

enum { SLICE = 64 }; /* numbers whose chunks a thread adds up */

/* Numbers first .. first + count - 1 of a part's sums, of those of its chunks. */
static void add_chunks(const OperationCall *call, size_t n, size_t first, size_t count)
{
    Layout at = layout(call);
    double *sums = part_sums(call, n) + first;
    memset(sums, 0, count * sizeof *sums);
    for (size_t k = 0; k < at.chunks; ++k)
        widen_and_add(count, chunk_sums(call, n, k) + first, sums);
}

static void add_slice(const OperationCall *call, size_t n, size_t slice)
{
    size_t first = slice * SLICE, left = 2 * layout(call).channels - first;
    add_chunks(call, n, first, left < SLICE ? left : SLICE);
}

static size_t slices_of(Layout at)
{
    return (2 * at.channels + SLICE - 1) / SLICE;
}

/* ---- statistics ---- */

/* mean and a of the channels of a group, from the saved moments. */
static void spread_moments(const OperationCall *call, size_t n, size_t g)
{
    Layout at = layout(call);
    const float *moments = call->saved + (n * at.groups + g) * 2;
    Coefficients to = coefficients(call, n);
    for (size_t c = g * at.width; c < (g + 1) * at.width; ++c) {
        to.mean[c] = moments[0];
        to.a[c] = call->weight[c] * moments[1];
    }
}

void norm_save_moments(const OperationCall *call, size_t position, double mean, double variance)
{
    double epsilon = call->node->request.settings.norm.epsilon;
    call->saved[2 * position] = (float)mean;
    call->saved[2 * position + 1] = (float)(1 / sqrt((variance < 0 ? 0 : variance) + epsilon));
}

/* The moments of a group from its channels' sums about their first pixels. */
static void finish_group(const OperationCall *call, size_t n, size_t g)
{
    Layout at = layout(call);
    size_t first = g * at.width;
    float tile[NUMBERS_TILE];
    const float *pivot =
        numbers_read(call->input[0], n * at.pixels * at.channels + first, at.width, tile);
    const double *sums = part_sums(call, n) + first, *second = sums + at.channels;
    double pixels = (double)at.pixels, mean = 0, squares = 0;
    for (size_t c = 0; c < at.width; ++c)
        mean += sums[c] / pixels + (double)pivot[c];
    mean /= (double)at.width;
    for (size_t c = 0; c < at.width; ++c) {
        double shift = (double)pivot[c] - mean;
        squares += second[c] + shift * (2 * sums[c] + pixels * shift);
    }
    double numbers = pixels * (double)at.width;
    norm_save_moments(call, n * at.groups + g, mean, squares / numbers);
    if (call->observed[0]) {
        call->observed[0][g] = (float)mean;
        call->observed[1][g] = (float)((squares < 0 ? 0 : squares) / (numbers - 1));
    }
    spread_moments(call, n, g);
}

/* The same of its chunks' sums. */
static void settle_group(const OperationCall *call, size_t n, size_t g)
{
    Layout at = layout(call);
    add_chunks(call, n, g * at.width, at.width);
    add_chunks(call, n, at.channels + g * at.width, at.width);
    finish_group(call, n, g);
}

/* A run of whole pixels that fits a tile: pixels first .. first + count - 1 of a chunk. */
typedef struct {
    size_t first, count, at; /* at: place of its first number in the map */
} Run;

/* The run that starts at pixel `first` of chunk k in part n; count 0 behind the chunk's end. In
 * float32 it is the whole chunk, since nothing has to be converted. */
static Run run_of(const OperationCall *call, size_t n, size_t k, size_t first)
{
    Layout at = layout(call);
    size_t rest = at.pixels - k * CHUNK, most = NUMBERS_RUN / at.channels;
    size_t left = (rest < CHUNK ? rest : CHUNK) - first;
    if (call->input[0].half && left > most)
        left = most > 0 ? most : 1;
    return (Run){first, left, (n * at.pixels + k * CHUNK + first) * at.channels};
}

#define FOR_RUNS(run, call, n, k)                                                                  \
    for (Run run = run_of(call, n, k, 0); run.count;                                               \
         run = run_of(call, n, k, run.first + run.count))

/* Where a run begins in a map. */
static void *place(Numbers map, size_t at)
{
    return (char *)map.data + numbers_bytes_of(map, at);
}

/* Pixels of chunk k of a part. */
static size_t chunk_pixels(Layout at, size_t k)
{
    const size_t left = at.pixels - k * CHUNK;
    return left < CHUNK ? left : CHUNK;
}

static void sum_chunk(const OperationCall *call, size_t n, size_t k)
{
    Layout at = layout(call);
    const size_t C = at.channels, pixels = chunk_pixels(at, k);
    float pivot_tile[NUMBERS_TILE], *sums = chunk_sums(call, n, k);
    const float *pivot = numbers_read(call->input[0], n * at.pixels * C, C, pivot_tile);
    const void *x = place(call->input[0], (n * at.pixels + k * CHUNK) * C);
    if (call->input[0].half)
        norm_sum_squares(pixels, C, x, pivot, sums, sums + C);
    else
        sum_squares(pixels, C, x, pivot, sums, sums + C);
}

static float floor_of(const OperationCall *call)
{
    return call->node->request.settings.norm.relu ? 0.0f : -INFINITY;
}

static NormFactors factors_of(const OperationCall *call, Coefficients with)
{
    return (NormFactors){.channels = call->node->request.shape.c,
                         .mean = with.mean,
                         .a = with.a,
                         .beta = call->bias,
                         .k = with.k,
                         .m = with.m,
                         .floor = floor_of(call)};
}

static void normalise_chunk_with(const OperationCall *call, size_t n, size_t k, Coefficients with)
{
    const Layout at = layout(call);
    const size_t C = at.channels, first = (n * at.pixels + k * CHUNK) * C;
    const bool vectors = call->input[0].half && C % LANES == 0;
    if (vectors && call->output.half) {
        const NormFactors factors = factors_of(call, with);
        norm_normalise(chunk_pixels(at, k), &factors, place(call->input[0], first),
                       place(call->output, first));
        return;
    }
    if (vectors && call->output.step > 0 && norm_bytes_can()) {
        const NormBytes norm = {C, with.mean, with.a, call->bias, floor_of(call)};
        Numbers to = call->output;
        to.data = place(to, first);
        norm_to_bytes(chunk_pixels(at, k), place(call->input[0], first), to, &norm);
        return;
    }
    FOR_RUNS (run, call, n, k) {
        float tile_x[NUMBERS_TILE], tile_y[NUMBERS_TILE];
        float *y = numbers_open(call->output, run.at, run.count * C, false, tile_y);
        normalise(run.count, C, numbers_read(call->input[0], run.at, run.count * C, tile_x),
                  with.mean, with.a, call->bias, floor_of(call), y);
        numbers_close(call->output, run.at, run.count * C, y);
    }
}

static void normalise_chunk(const OperationCall *call, size_t n, size_t k)
{
    normalise_chunk_with(call, n, k, coefficients(call, n));
}

/* ---- where the convolution made the moments ---- */

/* The sum or the squares of a group, of all parts. */
static double join_moments(const OperationCall *call, size_t k, size_t g)
{
    const Layout at = layout(call);
    const size_t units = at.width / call->moment_unit, all = at.channels / call->moment_unit;
    double sum = 0;
    for (size_t p = 0; p < call->moment_parts; ++p)
        for (size_t u = g * units; u < (g + 1) * units; ++u)
            sum += (double)call->moments[(2 * p + k) * all + u];
    return sum;
}

/* They are sums about zero: the map is rounded to bfloat16, and of a mean so large that digits of
 * these were lost it has none. */
static void find_coefficients(const OperationCall *call, Coefficients to)
{
    const Layout at = layout(call);
    const double epsilon = call->node->request.settings.norm.epsilon;
    const double numbers = (double)(at.pixels * at.width);
    for (size_t g = 0; g < at.groups; ++g) {
        const double mean = join_moments(call, 0, g) / numbers;
        const double variance = join_moments(call, 1, g) / numbers - mean * mean;
        const float inverse = (float)(1 / sqrt((variance < 0 ? 0 : variance) + epsilon));
        for (size_t c = g * at.width; c < (g + 1) * at.width; ++c) {
            to.mean[c] = (float)mean;
            to.a[c] = call->weight[c] * inverse;
        }
    }
}

/* Each thread finds all coefficients for itself: that takes less than a meeting. */
static void norm_by_moments(const OperationCall *call)
{
    const size_t chunks = layout(call).chunks;
#pragma omp parallel if (shape_count(call->node->request.shape) > NUMBERS_FEW / 2)
    {
        float mean[NUMBERS_TILE], a[NUMBERS_TILE];
        const Coefficients with = {.mean = mean, .a = a};
        find_coefficients(call, with);
#pragma omp for schedule(static) nowait
        for (size_t k = 0; k < chunks; ++k)
            normalise_chunk_with(call, 0, k, with);
    }
}

/* ---- the passes ---- */

/* Parts that are gone through together. One thread takes a part at a time, and a second pass over
 * it from its end: what was read last is still in the cache. */
typedef struct {
    size_t first, end;
    bool alone;
} Parts;

typedef void (*PartWork)(const OperationCall *call, size_t n, size_t i);

/* work(call, n, i) for each part n and each i below count; called by all threads, which share it.
 */
static void for_parts(const OperationCall *call, Parts parts, size_t count, PartWork work)
{
#pragma omp for collapse(2) schedule(static)
    for (size_t n = parts.first; n < parts.end; ++n)
        for (size_t i = 0; i < count; ++i)
            work(call, n, i);
}

/* The same, a second time over the chunks. */
static void for_chunks_again(const OperationCall *call, Parts parts, PartWork work)
{
    const size_t chunks = layout(call).chunks;
#pragma omp for collapse(2) schedule(static)
    for (size_t n = parts.first; n < parts.end; ++n)
        for (size_t i = 0; i < chunks; ++i)
            work(call, n, parts.alone ? chunks - 1 - i : i);
}

/* The parts from `first` on that a team takes at once. */
static Parts parts_from(const OperationCall *call, size_t first)
{
    const bool alone = omp_get_num_threads() == 1;
    return (Parts){first, alone ? first + 1 : layout(call).parts, alone};
}

#define FOR_PARTS(parts, call)                                                                     \
    for (Parts parts = parts_from(call, 0); parts.first < layout(call).parts;                      \
         parts = parts_from(call, parts.end))

Status norm_forward(const OperationCall *call)
{
    Layout at = layout(call);
    const size_t count = shape_count(call->node->request.shape);
    if (call->moments) {
        norm_by_moments(call);
        return STATUS_OK;
    }
#pragma omp parallel if (count > NUMBERS_FEW)
    FOR_PARTS (parts, call) {
        for_parts(call, parts, at.chunks, sum_chunk);
        if (at.width > 1) { /* one meeting less */
            for_parts(call, parts, at.groups, settle_group);
        } else {
            for_parts(call, parts, slices_of(at), add_slice);
            for_parts(call, parts, at.groups, finish_group);
        }
        for_chunks_again(call, parts, normalise_chunk);
    }
    return STATUS_OK;
}

Status norm_again(const OperationCall *call)
{
    const Layout at = layout(call);
    const Parts all = {.end = at.parts};
#pragma omp parallel
    {
        for_parts(call, all, at.groups, spread_moments);
        for_parts(call, all, at.chunks, normalise_chunk);
    }
    return STATUS_OK;
}

/* From the channel sums of a group in part n: the parameters' gradients, and k and m of dx. */
static void finish_gradients(const OperationCall *call, size_t n, size_t g)
{
    Layout at = layout(call);
    const double *sums = part_sums(call, n), *products = sums + at.channels;
    double numbers = (double)(at.pixels * at.width), s = 0, t = 0;
    double inverse = (double)call->saved[(n * at.groups + g) * 2 + 1];
    Coefficients to = coefficients(call, n);
    for (size_t c = g * at.width; c < (g + 1) * at.width; ++c) {
        double S = sums[c], T = products[c] * inverse;
        if (call->weight_gradient)
            call->weight_gradient[c] += (float)T;
        if (call->bias_gradient)
            call->bias_gradient[c] += (float)S;
        s += (double)call->weight[c] * S;
        t += (double)call->weight[c] * T;
    }
    for (size_t c = g * at.width; c < (g + 1) * at.width; ++c) {
        to.k[c] = (float)(-inverse * inverse * t / numbers);
        to.m[c] = (float)(-inverse * s / numbers);
    }
}

/* Whether what backward reads is bfloat16 in whole vectors. */
static bool has_half_vectors(const OperationCall *call)
{
    return call->input[0].half && call->output_gradient.half &&
           call->node->request.shape.c % LANES == 0;
}

static void sum_gradients_chunk(const OperationCall *call, size_t n, size_t k)
{
    const Layout at = layout(call);
    const size_t C = at.channels, first = (n * at.pixels + k * CHUNK) * C;
    Coefficients with = coefficients(call, n);
    float *sums = chunk_sums(call, n, k);
    memset(sums, 0, 2 * C * sizeof *sums);
    if (has_half_vectors(call)) {
        const NormFactors factors = factors_of(call, with);
        norm_sum_gradients(chunk_pixels(at, k), &factors, place(call->input[0], first),
                           place(call->output_gradient, first), sums, sums + C);
        return;
    }
    FOR_RUNS (run, call, n, k) {
        float tile_x[NUMBERS_TILE], tile_dy[NUMBERS_TILE];
        sum_gradients(run.count, C, numbers_read(call->input[0], run.at, run.count * C, tile_x),
                      numbers_read(call->output_gradient, run.at, run.count * C, tile_dy),
                      with.mean, with.a, call->bias, floor_of(call), sums, sums + C);
    }
}

/* k and m of dx where the moments are constants. */
static void forget_gradients(const OperationCall *call, size_t n, size_t unused)
{
    (void)unused;
    memset(coefficients(call, n).k, 0, 2 * layout(call).channels * sizeof(float));
}

static void spread_gradients_chunk(const OperationCall *call, size_t n, size_t k)
{
    const Layout at = layout(call);
    const size_t C = at.channels, first = (n * at.pixels + k * CHUNK) * C;
    Coefficients with = coefficients(call, n);
    const bool add = call->add_gradient[0];
    if (has_half_vectors(call) && call->input_gradient[0].half) {
        const NormFactors factors = factors_of(call, with);
        norm_spread_gradients(chunk_pixels(at, k), &factors, place(call->input[0], first),
                              place(call->output_gradient, first), add,
                              place(call->input_gradient[0], first));
        return;
    }
    FOR_RUNS (run, call, n, k) {
        float tile_x[NUMBERS_TILE], tile_dy[NUMBERS_TILE], tile_dx[NUMBERS_TILE];
        float *dx = numbers_open(call->input_gradient[0], run.at, run.count * C, add, tile_dx);
        spread_gradients(run.count, C, numbers_read(call->input[0], run.at, run.count * C, tile_x),
                         numbers_read(call->output_gradient, run.at, run.count * C, tile_dy),
                         with.mean, with.a, call->bias, with.k, with.m, floor_of(call), add, dx);
        numbers_close(call->input_gradient[0], run.at, run.count * C, dx);
    }
}

/* The sums over the output's gradient and what follows from them; called by all threads. */
static void sum_all_gradients(const OperationCall *call, Parts parts)
{
    Layout at = layout(call);
    for_parts(call, parts, at.chunks, sum_gradients_chunk);
    for_parts(call, parts, slices_of(at), add_slice);
    /* The parts of a group one after the other: their gradients are added to one sum. */
#pragma omp for schedule(static)
    for (size_t g = 0; g < at.groups; ++g)
        for (size_t n = parts.first; n < parts.end; ++n)
            finish_gradients(call, n, g);
}

Status norm_backward(const OperationCall *call, bool constant)
{
    Layout at = layout(call);
#pragma omp parallel
    FOR_PARTS (parts, call) {
        for_parts(call, parts, at.groups, spread_moments);
        if (constant)
            for_parts(call, parts, 1, forget_gradients);
        else
            sum_all_gradients(call, parts);
        if (call->input_gradient[0].data)
            for_chunks_again(call, parts, spread_gradients_chunk);
    }
    return STATUS_OK;
}
