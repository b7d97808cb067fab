/* 3x3 convolutions of stride 1 over maps in 8 bits with a quarter of the multiplications: F(4x4,
 * 3x3) as in winograd.c, in words of 16 bits.
 *
 * The transform of a patch, B^T d B, takes whole numbers to whole numbers, of bytes to at most 15
 * bits: V is exact. Filters are transformed as they were given, in double precision, and U is kept
 * in 16 bits with a scale of its own for each point and output channel: as fine as the sums over
 * the channels, of 32 bits, allow without ever running over,
 *
 *     most |V| of the point x sum over channels |U| < 2^31,
 *
 * which is 9 to 14 bits where the convolution in 8 bits has 7. A product of words costs two of
 * bytes, so half of the work is left. M becomes float32 by its scales on the way into A^T m A; from
 * there on all is as in winograd.c. A number is one sum in a fixed order: neither blocks nor
 * threads show in the bits.
 *
 * Only forward, on processors with dot products of words (AVX512_VNNI). */
#include "nn/engines/winograd_words.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/processor.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#include "nn/engines/winograd_kernels.h"
#include "nn/engines/winograd_tiles.h"

enum {
    WORDS = 2 * LANES, /* of a vector */
    DOT_ROWS = 12,
    SLICE = 128, /* output channels that a thread has at once: half of U at most of wide ones */
    BLOCK_BYTES = 1 << 19, /* of V and M of a slice: they stay in a second-level cache */
    FEWEST_TILES = 24,
    MOST_WORD = 32767
};

typedef int16_t Words __attribute__((vector_size(WORDS * sizeof(int16_t))));
typedef int8_t SignedBytes __attribute__((vector_size(WORDS)));
typedef uint8_t Bytes __attribute__((vector_size(WORDS)));
typedef int32_t Sums __attribute__((vector_size(LANES * sizeof(int32_t))));

#define TARGET __attribute__((target("arch=x86-64-v4,avx512vnni")))

struct ConvolutionPlan {
    ConvolutionShape shape;
    Tiling tiling;
    size_t blocks;      /* that the tiles are cut into, as even as can be */
    size_t most, slice; /* tiles of a block, output channels of a slice */
    int threads;        /* that have a place in the workspace */
    bool is_twin;       /* the zeros are another plan's */
    uint8_t *zeros;     /* a pixel outside the image */
    int16_t *weights;   /* U: point, panel of LANES outputs, pair of inputs, output; borrowed, */
    float *scales;      /* and behind it, of M: point, output */
    char *workspace;    /* of each thread: V of a block, and M of its slice */
};

bool winograd_words_can(const ConvolutionShape *s)
{
    return s->step > 0 && s->kernel_h == 3 && s->kernel_w == 3 && s->stride == 1 &&
           s->dilation == 1 && s->input.c % WORDS == 0 && s->output_channels % LANES == 0 &&
           processor_has_bytes();
}

bool winograd_words_fits(const ConvolutionShape *s)
{
    if (!winograd_words_can(s) || processor_has_tiles())
        return false;
    return tiling_pays(convolution_output(s), TILE);
}

/* ---- plans ---- */

/* Numbers from a row of V to the next, not a power of two: it would crowd the cache's sets; and
 * from a point to the next. M likewise. */
static size_t patch_row(const ConvolutionPlan *plan)
{
    return plan->shape.input.c + WORDS;
}

static size_t patch_step(const ConvolutionPlan *plan)
{
    return plan->most * patch_row(plan) + WORDS;
}

static size_t sum_row(const ConvolutionPlan *plan)
{
    return plan->slice + LANES;
}

static size_t sum_step(const ConvolutionPlan *plan)
{
    return plan->most * sum_row(plan) + LANES;
}

static void describe(const ConvolutionShape *shape, ConvolutionPlan *plan)
{
    const Shape out = convolution_output(shape);
    *plan =
        (ConvolutionPlan){.shape = *shape,
                          .tiling = tiling_of(shape->input, out, shape->pad_h, shape->pad_w, TILE),
                          .threads = omp_get_max_threads()};
    plan->slice = out.c < SLICE ? out.c : SLICE;
    size_t bytes = POINTS * (patch_row(plan) * sizeof(int16_t) + sum_row(plan) * sizeof(int32_t));
    size_t most = BLOCK_BYTES / bytes;
    most = most < FEWEST_TILES ? FEWEST_TILES : most;
    plan->blocks = (plan->tiling.tiles + most - 1) / most;
    plan->blocks += plan->blocks % 2; /* for two threads */
    plan->most = (plan->tiling.tiles + plan->blocks - 1) / plan->blocks;
}

static void plan_free(ConvolutionPlan *plan)
{
    if (!plan)
        return;
    if (!plan->is_twin)
        free(plan->zeros);
    free(plan);
}

static Status plan_new(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                       ConvolutionPlan **result)
{
    (void)data_gradient;
    (void)weight_gradient;
    ConvolutionPlan *plan;
    TRY(MEMORY_NEW(&plan, 1));
    describe(shape, plan);
    Status status = MEMORY_NEW(&plan->zeros, shape->input.c);
    if (status != STATUS_OK) {
        plan_free(plan);
        return status;
    }
    *result = plan;
    return STATUS_OK;
}

static Status plan_twin(const ConvolutionPlan *of, ConvolutionPlan **plan)
{
    TRY(MEMORY_NEW(plan, 1));
    **plan = *of;
    (*plan)->is_twin = true;
    (*plan)->workspace = NULL;
    return STATUS_OK;
}

static void version(char text[ENGINE_VERSION_BYTES])
{
    snprintf(text, ENGINE_VERSION_BYTES, "F(4x4, 3x3) in words");
}

static bool has_half(void)
{
    return processor_has_half();
}

static size_t patch_bytes(const ConvolutionPlan *plan)
{
    return POINTS * patch_step(plan) * sizeof(int16_t);
}

static size_t thread_bytes(const ConvolutionPlan *plan)
{
    return patch_bytes(plan) + POINTS * sum_step(plan) * sizeof(int32_t);
}

static size_t workspace_bytes(const ConvolutionPlan *plan)
{
    return (size_t)plan->threads * thread_bytes(plan);
}

static void set_workspace(ConvolutionPlan *plan, void *workspace)
{
    plan->workspace = workspace;
}

static size_t weight_count(const ConvolutionPlan *plan)
{
    return POINTS * plan->shape.input.c * plan->tiling.to.c;
}

static size_t packed_bytes(const ConvolutionPlan *plan, Pack pack)
{
    return pack == PACK_FORWARD
               ? weight_count(plan) * sizeof(int16_t) + POINTS * plan->tiling.to.c * sizeof(float)
               : 0;
}

static void set_packed(ConvolutionPlan *plan, Pack pack, void *packed)
{
    if (pack != PACK_FORWARD)
        return;
    plan->weights = packed;
    plan->scales = (float *)(void *)(plan->weights + weight_count(plan));
}

static Status count_needs(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                          EngineNeeds *needs)
{
    ConvolutionPlan plan;
    (void)data_gradient;
    (void)weight_gradient;
    describe(shape, &plan);
    *needs = (EngineNeeds){.packed = {packed_bytes(&plan, PACK_FORWARD)},
                           .workspace = workspace_bytes(&plan)};
    return STATUS_OK;
}

/* ---- weights ---- */

/* The largest magnitude of a point of V. */
static double most_of_point(size_t point, bool sign)
{
    static const int B[PATCH][PATCH] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0},
                                        {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0},
                                        {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
    int above = 0, below = 0;
    for (size_t y = 0; y < PATCH; ++y)
        for (size_t x = 0; x < PATCH; ++x) {
            const int factor = B[point / PATCH][y] * B[point % PATCH][x];
            *(factor > 0 ? &above : &below) += abs(factor);
        }
    return sign ? 127.0 * (above + below) : 255.0 * (above > below ? above : below);
}

/* The scale of a filter's point, as U = scale x words: sums of rounded words stay below 2^31. */
static double scale_of(size_t channels, double most_patch, double most, double sum)
{
    const double room = 2147483647.0 / most_patch - (double)channels / 2 - 1;
    const double by_sum = sum / room, by_word = most / MOST_WORD;
    const double scale = by_sum > by_word ? by_sum : by_word;
    return scale > 0 ? scale : 1;
}

/* Points of LANES filters of one input channel each. */
static void transform_filters(const ConvolutionPlan *plan, const float *weights, size_t k, size_t i,
                              float points[POINTS][LANES])
{
    float taps[TAPS][LANES];
    for (size_t l = 0; l < LANES; ++l)
        for (size_t t = 0; t < TAPS; ++t)
            taps[t][l] = weights[((k * LANES + l) * plan->shape.input.c + i) * TAPS + t];
    filter_points((const float(*)[LANES])taps, LANES, &points[0][0]);
}

/* Panel k of all points: first the scales, then the words. */
static void pack_panel(const ConvolutionPlan *plan, const float *weights, size_t k)
{
    const size_t channels = plan->shape.input.c, outputs = plan->tiling.to.c;
    float points[POINTS][LANES];
    double most[POINTS][LANES] = {{0}}, sum[POINTS][LANES] = {{0}};
    for (size_t i = 0; i < channels; ++i) {
        transform_filters(plan, weights, k, i, points);
        for (size_t p = 0; p < POINTS; ++p)
            for (size_t l = 0; l < LANES; ++l) {
                const double size = fabs((double)points[p][l]);
                sum[p][l] += size;
                most[p][l] = size > most[p][l] ? size : most[p][l];
            }
    }
    for (size_t p = 0; p < POINTS; ++p)
        for (size_t l = 0; l < LANES; ++l) {
            const double scale =
                scale_of(channels, most_of_point(p, plan->shape.sign), most[p][l], sum[p][l]);
            most[p][l] = 1 / scale;
            plan->scales[p * outputs + k * LANES + l] = (float)(scale * (double)plan->shape.step);
        }
    for (size_t i = 0; i < channels; ++i) {
        transform_filters(plan, weights, k, i, points);
        for (size_t p = 0; p < POINTS; ++p) {
            int16_t *to =
                plan->weights + (p * outputs + k * LANES) * channels + i / 2 * 2 * LANES + i % 2;
            for (size_t l = 0; l < LANES; ++l)
                to[2 * l] = (int16_t)lrint((double)points[p][l] * most[p][l]);
        }
    }
}

static Status set_weights(ConvolutionPlan *plan, Pack pack, const float *weights)
{
    if (pack != PACK_FORWARD)
        return STATUS_OK;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < plan->tiling.to.c / LANES; ++k)
        pack_panel(plan, weights, k);
    return STATUS_OK;
}

/* ---- V ---- */

INLINE void patch_six_words(const Words d[PATCH], Words to[PATCH])
{
    const Words even = d[4] - 4 * d[2], odd = d[3] - 4 * d[1];
    const Words outer = d[4] - d[2], inner = 2 * (d[3] - d[1]);
    to[0] = 4 * (d[0] - d[2]) - d[2] + d[4];
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = outer + inner;
    to[4] = outer - inner;
    to[5] = 4 * (d[1] - d[3]) - d[3] + d[5];
}

INLINE void read_words(const uint8_t *from, bool sign, Words *to)
{
    Bytes bytes;
    memcpy(&bytes, from, sizeof bytes);
    *to = sign ? __builtin_convertvector((SignedBytes)bytes, Words)
               : __builtin_convertvector(bytes, Words);
}

INLINE void transform_patch(size_t channels, const uint8_t *const pixels[POINTS], bool sign,
                            size_t step, int16_t *to)
{
    for (size_t c = 0; c < channels; c += WORDS, to += WORDS) {
        Words once[PATCH][PATCH];
        for (size_t x = 0; x < PATCH; ++x) {
            Words from[PATCH], column[PATCH];
            for (size_t y = 0; y < PATCH; ++y)
                read_words(pixels[y * PATCH + x] + c, sign, &from[y]);
            patch_six_words(from, column);
            for (size_t y = 0; y < PATCH; ++y)
                once[y][x] = column[y];
        }
        for (size_t y = 0; y < PATCH; ++y) {
            Words row[PATCH];
            patch_six_words(once[y], row);
            for (size_t x = 0; x < PATCH; ++x)
                memcpy(to + (y * PATCH + x) * step, &row[x], sizeof row[x]);
        }
    }
}

TARGET static void transform_signed(size_t channels, const uint8_t *const pixels[POINTS],
                                    size_t step, int16_t *to)
{
    transform_patch(channels, pixels, true, step, to);
}

TARGET static void transform_unsigned(size_t channels, const uint8_t *const pixels[POINTS],
                                      size_t step, int16_t *to)
{
    transform_patch(channels, pixels, false, step, to);
}

/* V of a tile. */
static void make_patch(const ConvolutionPlan *plan, const uint8_t *input, size_t tile, int16_t *to)
{
    size_t places[POINTS];
    const uint8_t *pixels[POINTS];
    tiling_patch(&plan->tiling, tile, places);
    for (size_t p = 0; p < POINTS; ++p)
        pixels[p] = places[p] == NO_PLACE ? plan->zeros : input + places[p];
    (plan->shape.sign ? transform_signed : transform_unsigned)(plan->shape.input.c, pixels,
                                                               patch_step(plan), to);
}

/* ---- M ---- */

TARGET INLINE void dot_rows(size_t count, size_t pairs, const int16_t *restrict from,
                            size_t from_row, const int16_t *restrict panel, int32_t *restrict to,
                            size_t to_row)
{
    __m512i sums[DOT_ROWS];
    for (size_t r = 0; r < count; ++r)
        sums[r] = _mm512_setzero_si512();
    for (size_t k = 0; k < pairs; ++k, from += 2) {
        const __m512i weights = _mm512_loadu_si512(panel + k * WORDS);
        for (size_t r = 0; r < count; ++r) {
            int32_t pair;
            memcpy(&pair, from + r * from_row, sizeof pair);
            sums[r] = _mm512_dpwssd_epi32(sums[r], _mm512_set1_epi32(pair), weights);
        }
    }
    for (size_t r = 0; r < count; ++r)
        _mm512_storeu_si512(to + r * to_row, sums[r]);
}

/* All rows, in steps as even as can be; the cases keep the sums in registers. */
TARGET static void dot_panel(size_t rows, size_t pairs, const int16_t *from, size_t from_row,
                             const int16_t *panel, int32_t *to, size_t to_row)
{
    const size_t steps = (rows + DOT_ROWS - 1) / DOT_ROWS;
    for (size_t s = 0; s < steps; ++s) {
        const size_t first = rows * s / steps, count = rows * (s + 1) / steps - first;
        const int16_t *a = from + first * from_row;
        int32_t *c = to + first * to_row;
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        dot_rows(n, pairs, a, from_row, panel, c, to_row);                                         \
        break;
        switch (count) {
            CASE(1)
            CASE(2)
            CASE(3)
            CASE(4)
            CASE(5)
            CASE(6)
            CASE(7)
            CASE(8)
            CASE(9)
            CASE(10)
            CASE(11)
        default:
            dot_rows(DOT_ROWS, pairs, a, from_row, panel, c, to_row);
        }
    }
}

/* ---- results ---- */

/* What is left to do to a run of results, which goes to number `at` of the map. */
INLINE void finish_words(const ConvolutionShape *shape, const float *bias, bool half, void *map,
                         size_t at, Lanes *value)
{
    const float slope = shape->activation == ACTIVATION_NONE   ? 1
                        : shape->activation == ACTIVATION_RELU ? 0
                                                               : NET_LEAK;
    Lanes other;
    if (bias) {
        memcpy(&other, bias, sizeof other);
        *value += other;
    }
    if (shape->residual) {
        lanes_read(map, half, at, &other);
        *value += other;
    }
    if (slope != 1) {
        const LaneBits negative = (LaneBits)(*value < 0);
        const Lanes scaled = *value * slope;
        *value = (Lanes)((negative & (LaneBits)scaled) | (~negative & (LaneBits)*value));
    }
    lanes_write(map, half, at, value);
}

/* `places` of a tile's pixels in the map, in numbers; NO_PLACE outside. */
INLINE void transform_results(const ConvolutionPlan *plan, size_t channels, size_t first,
                              const int32_t *sums, const float *bias, bool half, void *map,
                              const size_t places[TILE * TILE])
{
    const size_t outputs = plan->tiling.to.c, step = sum_step(plan);
    const float *scales = plan->scales + first;
    for (size_t c = 0; c < channels; c += LANES) {
        Lanes once[TILE][PATCH];
        for (size_t x = 0; x < PATCH; ++x) {
            Lanes from[PATCH], column[TILE];
            for (size_t y = 0; y < PATCH; ++y) {
                const size_t p = y * PATCH + x;
                Lanes scale;
                Sums whole;
                memcpy(&whole, sums + p * step + c, sizeof whole);
                memcpy(&scale, scales + p * outputs + c, sizeof scale);
                from[y] = __builtin_convertvector(whole, Lanes) * scale;
            }
            result_four(from, column);
            for (size_t y = 0; y < TILE; ++y)
                once[y][x] = column[y];
        }
        for (size_t y = 0; y < TILE; ++y) {
            Lanes row[TILE];
            result_four(once[y], row);
            for (size_t x = 0; x < TILE; ++x)
                if (places[y * TILE + x] != NO_PLACE)
                    finish_words(&plan->shape, bias ? bias + first + c : NULL, half, map,
                                 places[y * TILE + x] + first + c, &row[x]);
        }
    }
}

TARGET static void results_half(const ConvolutionPlan *plan, size_t channels, size_t first,
                                const int32_t *sums, const float *bias, void *map,
                                const size_t places[TILE * TILE])
{
    transform_results(plan, channels, first, sums, bias, true, map, places);
}

TARGET static void results_single(const ConvolutionPlan *plan, size_t channels, size_t first,
                                  const int32_t *sums, const float *bias, void *map,
                                  const size_t places[TILE * TILE])
{
    transform_results(plan, channels, first, sums, bias, false, map, places);
}

/* Of a tile, output channels `first` on. */
static void make_results(const ConvolutionPlan *plan, size_t channels, size_t first,
                         const int32_t *sums, const float *bias, void *map, size_t tile)
{
    size_t places[TILE * TILE];
    tiling_results(&plan->tiling, tile, places);
    (plan->shape.half ? results_half : results_single)(plan, channels, first, sums, bias, map,
                                                       places);
}

/* Output channels `first` on of a block of tiles. */
static void run_block(const ConvolutionPlan *plan, size_t block, size_t first, const void *input,
                      const float *bias, void *output, char *workspace)
{
    const size_t begin = plan->tiling.tiles * block / plan->blocks;
    const size_t count = plan->tiling.tiles * (block + 1) / plan->blocks - begin;
    const size_t left = plan->tiling.to.c - first,
                 channels = left < plan->slice ? left : plan->slice;
    int16_t *patches = (int16_t *)(void *)workspace;
    int32_t *sums = (int32_t *)(void *)(workspace + patch_bytes(plan));
    for (size_t i = 0; i < count; ++i)
        make_patch(plan, input, begin + i, patches + i * patch_row(plan));
    for (size_t p = 0; p < POINTS; ++p)
        for (size_t c = 0; c < channels; c += LANES)
            dot_panel(count, plan->shape.input.c / 2, patches + p * patch_step(plan),
                      patch_row(plan),
                      plan->weights + (p * plan->tiling.to.c + first + c) * plan->shape.input.c,
                      sums + p * sum_step(plan) + c, sum_row(plan));
    for (size_t i = 0; i < count; ++i)
        make_results(plan, channels, first, sums + i * sum_row(plan), bias, output, begin + i);
}

static Status forward(ConvolutionPlan *plan, const void *input, const float *bias, void *output)
{
    const int now = omp_get_max_threads();
#pragma omp parallel num_threads(now < plan->threads ? now : plan->threads)
    {
        char *workspace = plan->workspace + (size_t)omp_get_thread_num() * thread_bytes(plan);
#pragma omp for collapse(2) schedule(static)
        for (size_t first = 0; first < plan->tiling.to.c; first += plan->slice)
            for (size_t block = 0; block < plan->blocks; ++block)
                run_block(plan, block, first, input, bias, output, workspace);
    }
    return STATUS_OK;
}

const Engine *engine_winograd_words(void)
{
    static const Engine engine = {
        .name = "winograd_words",
        .version = version,
        .plan_new = plan_new,
        .plan_free = plan_free,
        .plan_twin = plan_twin,
        .has_half = has_half,
        .count_needs = count_needs,
        .workspace_bytes = workspace_bytes,
        .set_workspace = set_workspace,
        .packed_bytes = packed_bytes,
        .set_packed = set_packed,
        .set_weights = set_weights,
        .forward = forward,
    };
    return &engine;
}
#else
bool winograd_words_can(const ConvolutionShape *shape)
{
    (void)shape;
    return false;
}

bool winograd_words_fits(const ConvolutionShape *shape)
{
    (void)shape;
    return false;
}

const Engine *engine_winograd_words(void)
{
    return NULL;
}
#endif
