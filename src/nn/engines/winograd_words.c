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
#include "nn/engines/winograd_kernels.h"
#include "nn/engines/winograd_tiles.h"
#include "nn/engines/winograd_words_kernels.h"

enum {
    BLOCK_BYTES = 1 << 19, /* of V and M of a slice: they stay in a second-level cache */
    FEWEST_TILES = 25,     /* of a block, if they do not stay there, */
    MOST_TILES = 64,       /* and the most */
    MOST_WORD = 32767
};

struct ConvolutionPlan {
    ConvolutionShape shape;
    Tiling tiling;
    size_t blocks;    /* that the tiles are cut into, as even as can be */
    size_t most;      /* tiles of a block */
    int threads;      /* that have a place in the workspace */
    bool is_twin;     /* the zeros are another plan's */
    uint8_t *zeros;   /* a pixel outside the image */
    int16_t *weights; /* U: slice, point, pair of inputs, panel, output, input; borrowed, */
    float *scales;    /* and behind it, of M: point, output */
    char *workspace;  /* V of all blocks, and M of a slice of each thread */
    float *moments;   /* block, sum or squares, output / unit; borrowed; or NULL */
    size_t unit;
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

static size_t sum_step(const ConvolutionPlan *plan)
{
    return plan->most * SUM_ROW + LANES;
}

static void describe(const ConvolutionShape *shape, ConvolutionPlan *plan)
{
    const Shape out = convolution_output(shape);
    *plan =
        (ConvolutionPlan){.shape = *shape,
                          .tiling = tiling_of(shape->input, out, shape->pad_h, shape->pad_w, TILE),
                          .threads = omp_get_max_threads()};
    size_t bytes = POINTS * (patch_row(plan) * sizeof(int16_t) + SUM_ROW * sizeof(int32_t));
    size_t most = BLOCK_BYTES / bytes;
    most = most < FEWEST_TILES ? FEWEST_TILES : most > MOST_TILES ? MOST_TILES : most;
    plan->blocks = (plan->tiling.tiles + most - 1) / most;
    if (plan->blocks > 1)
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
    (*plan)->moments = NULL;
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

static size_t sum_bytes(const ConvolutionPlan *plan)
{
    return POINTS * sum_step(plan) * sizeof(int32_t);
}

static size_t workspace_bytes(const ConvolutionPlan *plan)
{
    return plan->blocks * patch_bytes(plan) + (size_t)plan->threads * sum_bytes(plan);
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

/* A block is a part, if all of them are of one image. */
static size_t moment_parts(const ConvolutionShape *shape)
{
    ConvolutionPlan plan;
    describe(shape, &plan);
    return shape->input.n == 1 ? plan.blocks : 0;
}

static void set_moments(ConvolutionPlan *plan, float *moments, size_t unit)
{
    plan->moments = moments;
    plan->unit = unit;
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

/* Output channels of the slice from channel `first` on. */
static size_t slice_width(const ConvolutionPlan *plan, size_t first)
{
    const size_t left = plan->tiling.to.c - first;
    return left < SLICE ? left : SLICE;
}

/* A point's words for the slice from output channel `first` on. */
static int16_t *slice_weights(const ConvolutionPlan *plan, size_t first, size_t point)
{
    return plan->weights +
           (POINTS * first + point * slice_width(plan, first)) * plan->shape.input.c;
}

/* Panel k of all points: first the scales, then the words. */
static void pack_panel(const ConvolutionPlan *plan, const float *weights, size_t k)
{
    const size_t channels = plan->shape.input.c, outputs = plan->tiling.to.c;
    const size_t first = k * LANES / SLICE * SLICE, width = slice_width(plan, first);
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
                slice_weights(plan, first, p) + (i / 2 * width + k * LANES - first) * 2 + i % 2;
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

/* ---- results ---- */

/* As lanes_write(); *value becomes what the map then holds. The intrinsic would ask for the
 * instruction (AVX512_BF16) also where maps are float32. */
TARGET INLINE void write_lanes(void *map, bool half, size_t at, Lanes *value)
{
    __m256i halves;
    if (!half) {
        lanes_write(map, false, at, value);
        return;
    }
    __asm__("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"((__m512)*value));
    memcpy((uint16_t *)map + at, &halves, sizeof halves);
    *value = (Lanes)_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16);
}

/* What is left to do to a run of results, which goes to number `at` of the map. */
TARGET INLINE void finish_words(const ConvolutionShape *shape, const float *bias, bool half,
                                void *map, size_t at, Lanes *value)
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
    write_lanes(map, half, at, value);
}

/* Sums and squares of a slice's channels. */
typedef Lanes Moments[2][SLICE / LANES];

/* `places` of a tile's pixels in the map, in numbers; NO_PLACE outside. `moments` of the block are
 * added to. */
TARGET INLINE void transform_results(const ConvolutionPlan *plan, size_t channels, size_t first,
                                     const int32_t *sums, const float *bias, bool half, void *map,
                                     const size_t places[TILE * TILE], Moments moments)
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
        Lanes sum = {0}, squares = {0};
        for (size_t y = 0; y < TILE; ++y) {
            Lanes row[TILE];
            result_four(once[y], row);
            for (size_t x = 0; x < TILE; ++x)
                if (places[y * TILE + x] != NO_PLACE) {
                    finish_words(&plan->shape, bias ? bias + first + c : NULL, half, map,
                                 places[y * TILE + x] + first + c, &row[x]);
                    sum += row[x];
                    squares += row[x] * row[x];
                }
        }
        moments[0][c / LANES] += sum;
        moments[1][c / LANES] += squares;
    }
}

TARGET static void results_half(const ConvolutionPlan *plan, size_t channels, size_t first,
                                const int32_t *sums, const float *bias, void *map,
                                const size_t places[TILE * TILE], Moments moments)
{
    transform_results(plan, channels, first, sums, bias, true, map, places, moments);
}

TARGET static void results_single(const ConvolutionPlan *plan, size_t channels, size_t first,
                                  const int32_t *sums, const float *bias, void *map,
                                  const size_t places[TILE * TILE], Moments moments)
{
    transform_results(plan, channels, first, sums, bias, false, map, places, moments);
}

/* Tiles of a block: its first, or where `block` is the number of blocks, the end. */
static size_t block_begin(const ConvolutionPlan *plan, size_t block)
{
    return plan->tiling.tiles * block / plan->blocks;
}

/* Place `at` for V of a block. */
static int16_t *patches_place(const ConvolutionPlan *plan, size_t at)
{
    return (int16_t *)(void *)(plan->workspace + at * patch_bytes(plan));
}

/* Where results of a block's tiles go. */
typedef size_t Places[MOST_TILES][TILE * TILE];

static void find_places(const ConvolutionPlan *plan, size_t block, Places places)
{
    const size_t begin = block_begin(plan, block), end = block_begin(plan, block + 1);
    for (size_t tile = begin; tile < end; ++tile)
        tiling_results(&plan->tiling, tile, places[tile - begin]);
}

/* A slice of a block of tiles, of which there is V. */
static void run_slice(const ConvolutionPlan *plan, size_t block, size_t first,
                      const int16_t *patches, const Places places, const float *bias, void *output,
                      int32_t *sums)
{
    const size_t count = block_begin(plan, block + 1) - block_begin(plan, block);
    const size_t channels = slice_width(plan, first);
    for (size_t p = 0; p < POINTS; ++p)
        (channels == SLICE ? dot_pair : dot_panel)(
            count, plan->shape.input.c / 2, patches + p * patch_step(plan), patch_row(plan),
            slice_weights(plan, first, p), sums + p * sum_step(plan));
    Moments moments = {0};
    for (size_t i = 0; i < count; ++i)
        (plan->shape.half ? results_half : results_single)(
            plan, channels, first, sums + i * SUM_ROW, bias, output, places[i], moments);
    for (size_t k = 0; plan->moments && k < 2; ++k)
        engine_join_sums(channels, plan->unit, (const float *)moments[k],
                         plan->moments +
                             ((block * 2 + k) * plan->tiling.to.c + first) / plan->unit);
}

/* Each thread makes V of whole blocks, one after the other in the same place, and what follows from
 * it, if all have as many, */
static void run_blocks(const ConvolutionPlan *plan, const void *input, const float *bias,
                       void *output, int32_t *sums)
{
    int16_t *patches = patches_place(plan, (size_t)omp_get_thread_num());
#pragma omp for schedule(static)
    for (size_t block = 0; block < plan->blocks; ++block) {
        const size_t begin = block_begin(plan, block), end = block_begin(plan, block + 1);
        for (size_t tile = begin; tile < end; ++tile)
            make_patch(plan, input, tile, patches + (tile - begin) * patch_row(plan));
        Places places;
        find_places(plan, block, places);
        for (size_t first = 0; first < plan->tiling.to.c; first += SLICE)
            run_slice(plan, block, first, patches, places, bias, output, sums);
    }
}

/* or its part of V, and then some of the slices. */
static void run_slices(const ConvolutionPlan *plan, const void *input, const float *bias,
                       void *output, int32_t *sums)
{
#pragma omp for schedule(static)
    for (size_t tile = 0; tile < plan->tiling.tiles; ++tile) {
        size_t block = tile * plan->blocks / plan->tiling.tiles;
        while (block_begin(plan, block + 1) <= tile)
            ++block;
        make_patch(plan, input, tile,
                   patches_place(plan, block) +
                       (tile - block_begin(plan, block)) * patch_row(plan));
    }
#pragma omp for collapse(2) schedule(static)
    for (size_t block = 0; block < plan->blocks; ++block)
        for (size_t first = 0; first < plan->tiling.to.c; first += SLICE) {
            Places places;
            find_places(plan, block, places);
            run_slice(plan, block, first, patches_place(plan, block), places, bias, output, sums);
        }
}

static Status forward(ConvolutionPlan *plan, const void *input, const float *bias, void *output)
{
    const int now = omp_get_max_threads(), threads = now < plan->threads ? now : plan->threads;
#pragma omp parallel num_threads(threads)
    {
        char *own = plan->workspace + plan->blocks * patch_bytes(plan) +
                    (size_t)omp_get_thread_num() * sum_bytes(plan);
        int32_t *sums = (int32_t *)(void *)own;
        if (plan->blocks % (size_t)omp_get_num_threads() == 0)
            run_blocks(plan, input, bias, output, sums);
        else
            run_slices(plan, input, bias, output, sums);
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
        .moment_parts = moment_parts,
        .set_moments = set_moments,
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
