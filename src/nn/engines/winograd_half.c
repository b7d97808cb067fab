/* Winograd's F(2x2, 3x3) with dot products of bfloat16: 16 multiplications for four results in
 * place of 36. (F(4x4) needs 9, but its constants cost the digits that bfloat16 has.) As in
 * winograd.c the convolution becomes matrix products, one for each of 16 points:
 *
 *     V (16 x tiles x C) = B^T d B of each tile and channel, rounded to bfloat16
 *     U (16 x C x K)     = G g G^T, likewise; packed once, in panels of RUN output channels
 *     M (16 x tiles x K) = V . U, in float32, and Y = A^T M A
 *
 * Tiles go through in blocks, so that V stays in the second-level cache; M of a few tiles stays
 * near. The input's gradient is the same convolution of the output's with
 * turned filters. The weights' gradient sums over tiles, which stand side by side in pairs:
 *
 *     dU (16 x K x C) = dM^T . V with dM = A dY A^T, and dg = G^T dU G
 *
 * where the gradients of LANES x LANES filters are made of a block's tiles at once and added to
 * those of the blocks before. Each number is a sum in one order: neither threads nor the batch's
 * other images show in the bits.
 *
 * Rounding V, U and dM costs about as much again as bfloat16 itself (docs/verification.md).
 */
#include "nn/engines/winograd_half.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/processor.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include "nn/engines/winograd_half_kernels.h"
#include "nn/engines/winograd_tiles.h"

enum {
    MOST_FILTERS = 1 << 18,
    BLOCK_NUMBERS = 7 << 14,          /* of V */
    PAIRS = 8,                        /* of tiles that are transformed together */
    FEWEST_TILES = 27,                /* of a block, so that each weight is read for many */
    GRADIENT_BLOCK_NUMBERS = 3 << 19, /* of V and dM */
    MOST_GRADIENT_TILES = 512         /* longer sums in single precision would cost digits */
};

/* One convolution: the shape's own, or that of the output's gradient with turned filters. */
typedef struct {
    Tiling tiling;
    size_t block;      /* tiles that go through together */
    uint16_t *weights; /* U; borrowed */
} Filtering;

struct ConvolutionPlan {
    ConvolutionShape shape;
    Filtering forward, backward_data; /* the latter without tiles if it is not wanted */
    size_t gradient_block;            /* tiles of a block, an even number; 0 if it is not wanted */
    bool is_twin;                     /* the zeros are another plan's */
    uint16_t *zeros;                  /* a pixel outside the image */
    uint16_t *patches;                /* V of a block; in the workspace, as what follows */
    uint16_t *gradients;              /* dM of a block */
};

bool winograd_half_fits(const ConvolutionShape *s)
{
    if (!s->half || s->step > 0 || s->kernel_h != KERNEL || s->kernel_w != KERNEL ||
        s->stride != 1 || s->dilation != 1 || s->pad_h >= KERNEL || s->pad_w >= KERNEL)
        return false;
    if (s->input.c % RUN || s->output_channels % RUN ||
        s->input.c * s->output_channels > MOST_FILTERS)
        return false;
    if (!processor_has_avx512() || !processor_has_half() || processor_has_tiles())
        return false;
    return tiling_pays(convolution_output(s), TILE);
}

/* ---- plans ---- */

/* From a row of V to the next: not a power of two, which would crowd the cache's sets. */
static size_t patch_row(size_t channels)
{
    return channels + RUN;
}

/* From a point to the next, likewise. */
static size_t point_step(size_t tiles, size_t row)
{
    return tiles * row + RUN;
}

static size_t block_of(size_t channels, size_t tiles)
{
    size_t most = BLOCK_NUMBERS / (POINTS * channels);
    most = most < FEWEST_TILES ? FEWEST_TILES : most;
    const size_t blocks = (tiles + most - 1) / most;
    return (tiles + blocks - 1) / blocks;
}

static Filtering filtering_of(Shape from, Shape to, size_t pad_h, size_t pad_w)
{
    const Tiling tiling = tiling_of(from, to, pad_h, pad_w, TILE);
    return (Filtering){.tiling = tiling, .block = block_of(from.c, tiling.tiles)};
}

/* Even, and all of a size as near as can be: each block reads and writes the whole gradient. */
static size_t gradient_block_of(size_t channels, size_t tiles)
{
    size_t most = GRADIENT_BLOCK_NUMBERS / (POINTS * channels);
    most = most < MOST_GRADIENT_TILES ? most : MOST_GRADIENT_TILES;
    const size_t blocks = (tiles + most - 1) / most;
    return ((tiles + blocks - 1) / blocks + 1) / 2 * 2;
}

static void plan_free(ConvolutionPlan *plan)
{
    if (!plan)
        return;
    if (!plan->is_twin)
        free(plan->zeros);
    free(plan);
}

/* All of the plan but its memory. */
static void describe(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                     ConvolutionPlan *plan)
{
    const Shape in = shape->input, out = convolution_output(shape);
    *plan = (ConvolutionPlan){.shape = *shape,
                              .forward = filtering_of(in, out, shape->pad_h, shape->pad_w)};
    if (data_gradient)
        plan->backward_data =
            filtering_of(out, in, KERNEL - 1 - shape->pad_h, KERNEL - 1 - shape->pad_w);
    if (weight_gradient)
        plan->gradient_block = gradient_block_of(in.c + out.c, plan->forward.tiling.tiles);
}

static Status plan_new(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                       ConvolutionPlan **result)
{
    ConvolutionPlan *plan;
    TRY(MEMORY_NEW(&plan, 1));
    describe(shape, data_gradient, weight_gradient, plan);
    const size_t in = plan->forward.tiling.from.c, out = plan->forward.tiling.to.c;
    Status status = MEMORY_NEW(&plan->zeros, in > out ? in : out);
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
    (*plan)->patches = (*plan)->gradients = NULL;
    return STATUS_OK;
}

static void version(char text[ENGINE_VERSION_BYTES])
{
    snprintf(text, ENGINE_VERSION_BYTES, "F(2x2, 3x3)");
}

static bool has_half(void)
{
    return processor_has_avx512() && processor_has_half();
}

/* From a point to the next of a group of LANES channels of paired tiles, in numbers: an odd number
 * of vectors, so that points spread over the cache's sets. */
static size_t point_numbers(const ConvolutionPlan *plan)
{
    return (plan->gradient_block / 2 | 1) * RUN;
}

/* From a group to the next: all that a square of filters needs of it lies in one piece. */
static size_t group_numbers(const ConvolutionPlan *plan)
{
    return POINTS * point_numbers(plan);
}

/* Of a map with that many channels. */
static size_t gradient_numbers(const ConvolutionPlan *plan, size_t channels)
{
    return plan->gradient_block ? channels / LANES * group_numbers(plan) : 0;
}

/* The largest V. */
static size_t patch_numbers(const ConvolutionPlan *plan)
{
    const Filtering *f = &plan->forward, *b = &plan->backward_data;
    const size_t sizes[] = {POINTS * point_step(f->block, patch_row(f->tiling.from.c)),
                            POINTS * point_step(b->block, patch_row(b->tiling.from.c)),
                            gradient_numbers(plan, f->tiling.from.c)};
    size_t most = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i)
        most = sizes[i] > most ? sizes[i] : most;
    return most;
}

static size_t workspace_bytes(const ConvolutionPlan *plan)
{
    return (patch_numbers(plan) + gradient_numbers(plan, plan->forward.tiling.to.c)) *
           sizeof(uint16_t);
}

static void set_workspace(ConvolutionPlan *plan, void *workspace)
{
    plan->patches = workspace;
    plan->gradients = plan->patches + patch_numbers(plan);
}

static Filtering *filtering_for(ConvolutionPlan *plan, Pack pack)
{
    return pack == PACK_FORWARD ? &plan->forward : &plan->backward_data;
}

static size_t packed_bytes(const ConvolutionPlan *plan, Pack pack)
{
    const Filtering *filtering = pack == PACK_FORWARD ? &plan->forward : &plan->backward_data;
    return filtering->tiling.tiles
               ? POINTS * filtering->tiling.from.c * filtering->tiling.to.c * sizeof(uint16_t)
               : 0;
}

static void set_packed(ConvolutionPlan *plan, Pack pack, void *packed)
{
    filtering_for(plan, pack)->weights = packed;
}

static Status count_needs(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                          EngineNeeds *needs)
{
    ConvolutionPlan plan;
    describe(shape, data_gradient, weight_gradient, &plan);
    *needs =
        (EngineNeeds){.packed = {packed_bytes(&plan, PACK_FORWARD), packed_bytes(&plan, PACK_DATA)},
                      .workspace = workspace_bytes(&plan)};
    return STATUS_OK;
}

/* ---- weights ---- */

/* Panel k of point p: from.c / 2 pairs of channels x RUN x 2. */
static uint16_t *panel_of(const Filtering *filtering, size_t p, size_t k)
{
    return filtering->weights + (k * POINTS + p) * filtering->tiling.from.c * RUN;
}

/* From a filter of LANES side by side to the next, and from an input channel to the next. */
typedef struct {
    size_t lane, channel;
} FilterSteps;

/* The half panel of LANES output channels whose filters begin at `weights`. */
DOT static void pack_panel(size_t channels, const float *weights, FilterSteps steps, bool turned,
                           uint16_t *panel)
{
    const __m512i order = zip_order();
    for (size_t i = 0; i < channels; i += 2, weights += 2 * steps.channel) {
        __m512 one[PATCH][PATCH], other[PATCH][PATCH];
        filter_points(weights, steps.lane, turned, one);
        filter_points(weights + steps.channel, steps.lane, turned, other);
        for (size_t p = 0; p < POINTS; ++p)
            _mm512_storeu_si512(
                panel + (p * channels + i) * RUN,
                zip_both(one[p / PATCH][p % PATCH], other[p / PATCH][p % PATCH], order));
    }
}

static Status set_weights(ConvolutionPlan *plan, Pack pack, const float *weights)
{
    const Filtering *filtering = filtering_for(plan, pack);
    const size_t row = plan->forward.tiling.from.c * TAPS;
    const bool turned = pack == PACK_DATA;
    const FilterSteps steps = turned ? (FilterSteps){TAPS, row} : (FilterSteps){row, TAPS};
    if (!filtering->tiling.tiles)
        return STATUS_OK;
#pragma omp parallel for schedule(static)
    for (size_t h = 0; h < filtering->tiling.to.c / LANES; ++h)
        pack_panel(filtering->tiling.from.c, weights + h * LANES * steps.lane, steps, turned,
                   panel_of(filtering, 0, h / 2) + h % 2 * RUN);
    return STATUS_OK;
}

/* ---- tiles ---- */

/* The pixels of a patch; zeros outside the map, and where there is no such tile. */
static void pixels_of_patch(const Filtering *filtering, const uint16_t *zeros,
                            const uint16_t *input, size_t tile, const uint16_t *pixels[POINTS])
{
    size_t places[POINTS];
    tiling_patch(&filtering->tiling, tile, places);
    for (size_t p = 0; p < POINTS; ++p)
        pixels[p] = places[p] == NO_PLACE ? zeros : input + places[p];
}

/* ---- forward, and the gradient of the input ---- */

/* A row of V at each point. */
DOT static void make_patch(size_t channels, const uint16_t *const pixels[POINTS], size_t step,
                           uint16_t *to)
{
    for (size_t c = 0; c < channels; c += RUN) {
        __m512 first[PATCH][PATCH], second[PATCH][PATCH];
        patch_points(pixels, c, first);
        patch_points(pixels, c + LANES, second);
        for (size_t p = 0; p < POINTS; ++p)
            _mm512_storeu_si512(to + p * step + c, round_both(first[p / PATCH][p % PATCH],
                                                              second[p / PATCH][p % PATCH]));
    }
}

/* RUN channels of a tile's results; `bias` may be NULL, as may be pixels, outside the map. */
DOT static void write_results(const ConvolutionShape *shape, const float *sums, const float *bias,
                              uint16_t *const pixels[TILE_PIXELS])
{
    __m512 first[TILE_PIXELS], second[TILE_PIXELS];
    result_points(sums, first);
    result_points(sums + LANES, second);
    for (size_t p = 0; p < TILE_PIXELS; ++p)
        if (pixels[p])
            _mm512_storeu_si512(pixels[p],
                                round_both(finish(shape, first[p], bias, pixels[p]),
                                           finish(shape, second[p], bias ? bias + LANES : NULL,
                                                  pixels[p] + LANES)));
}

/* The arguments of a call, and its place in the tiles. */
typedef struct {
    const ConvolutionPlan *plan;
    const Filtering *filtering;
    const ConvolutionShape *shape; /* what else is done to the results */
    const float *bias;
    uint16_t *output;
    size_t first; /* tile of the block */
} Call;

/* Panel k of the results of tiles begin .. end - 1 of the block, at most ROWS. */
static void filter_tiles(const Call *call, size_t begin, size_t end, size_t k)
{
    _Alignas(64) float sums[POINTS * SUMS];
    const Filtering *filtering = call->filtering;
    const size_t depth = filtering->tiling.from.c, row = patch_row(depth);
    for (size_t p = 0; p < POINTS; ++p) {
        const uint16_t *from =
            call->plan->patches + p * point_step(filtering->block, row) + begin * row;
        multiply_all_rows(end - begin, depth / 2, (const uint32_t *)(const void *)from, row / 2,
                          (const uint32_t *)(const void *)panel_of(filtering, p, k),
                          sums + p * SUMS);
    }
    for (size_t tile = begin; tile < end; ++tile) {
        size_t places[TILE_PIXELS];
        uint16_t *pixels[TILE_PIXELS];
        tiling_results(&filtering->tiling, call->first + tile, places);
        for (size_t p = 0; p < TILE_PIXELS; ++p)
            pixels[p] = places[p] == NO_PLACE ? NULL : call->output + places[p] + k * RUN;
        write_results(call->shape, sums + (tile - begin) * RUN,
                      call->bias ? call->bias + k * RUN : NULL, pixels);
    }
}

static void run_filtering(const ConvolutionPlan *plan, const Filtering *filtering,
                          const ConvolutionShape *shape, const uint16_t *input, const float *bias,
                          uint16_t *output)
{
    const size_t row = patch_row(filtering->tiling.from.c), block = filtering->block;
#pragma omp parallel
    for (size_t first = 0; first < filtering->tiling.tiles; first += block) {
        const size_t left = filtering->tiling.tiles - first, count = left < block ? left : block;
        const size_t rows = filtering->tiling.from.c / 2 > DEEP ? DEEP_ROWS : ROWS;
        const size_t steps = (count + rows - 1) / rows;
        const Call call = {plan, filtering, shape, bias, output, first};
#pragma omp for schedule(static)
        for (size_t tile = 0; tile < count; ++tile) {
            const uint16_t *pixels[POINTS];
            pixels_of_patch(filtering, plan->zeros, input, first + tile, pixels);
            make_patch(filtering->tiling.from.c, pixels, point_step(block, row),
                       plan->patches + tile * row);
        }
#pragma omp for collapse(2) schedule(static)
        for (size_t k = 0; k < filtering->tiling.to.c / RUN; ++k)
            for (size_t s = 0; s < steps; ++s)
                filter_tiles(&call, count * s / steps, count * (s + 1) / steps, k);
    }
}

static Status forward(ConvolutionPlan *plan, const void *input, const float *bias, void *output)
{
    run_filtering(plan, &plan->forward, &plan->shape, input, bias, output);
    return STATUS_OK;
}

static Status backward_data(ConvolutionPlan *plan, const void *output_gradient,
                            void *input_gradient)
{
    static const ConvolutionShape plain = {.activation = ACTIVATION_NONE};
    run_filtering(plan, &plan->backward_data, &plain, output_gradient, NULL, input_gradient);
    return STATUS_OK;
}

/* ---- the gradient of the weights ---- */

/* The points of two tiles side by side, `step` numbers from point to point. */
DOT_INLINE void write_zipped(const __m512 a[PATCH][PATCH], const __m512 b[PATCH][PATCH],
                             __m512i order, size_t step, uint16_t *to)
{
    for (size_t p = 0; p < POINTS; ++p)
        _mm512_storeu_si512(to + p * step,
                            zip_both(a[p / PATCH][p % PATCH], b[p / PATCH][p % PATCH], order));
}

/* V of two tiles side by side. */
DOT static void pair_patches(size_t at, const uint16_t *const one[POINTS],
                             const uint16_t *const other[POINTS], size_t step, uint16_t *to)
{
    __m512 a[PATCH][PATCH], b[PATCH][PATCH];
    patch_points(one, at, a);
    patch_points(other, at, b);
    write_zipped(a, b, fourth_order(), step, to);
}

/* dM of two tiles side by side. */
DOT static void pair_gradients(size_t at, const uint16_t *const one[TILE_PIXELS],
                               const uint16_t *const other[TILE_PIXELS], size_t step, uint16_t *to)
{
    __m512 a[PATCH][PATCH], b[PATCH][PATCH];
    spread_points(one, at, a);
    spread_points(other, at, b);
    write_zipped(a, b, zip_order(), step, to);
}

/* Tiles begin .. end - 1 of a block that begins at `first`: at most 2 * PAIRS, an even number.
 * Group by group, so that what is written comes in runs. */
static void pair_tiles(const ConvolutionPlan *plan, const uint16_t *input, const uint16_t *gradient,
                       size_t first, size_t begin, size_t end)
{
    const Filtering *filtering = &plan->forward;
    const uint16_t *patches[2 * PAIRS][POINTS], *tiles[2 * PAIRS][TILE_PIXELS];
    const size_t group = group_numbers(plan), step = point_numbers(plan);
    for (size_t t = begin; t < end; ++t) {
        size_t places[TILE_PIXELS];
        pixels_of_patch(filtering, plan->zeros, input, first + t, patches[t - begin]);
        tiling_results(&filtering->tiling, first + t, places);
        for (size_t p = 0; p < TILE_PIXELS; ++p)
            tiles[t - begin][p] = places[p] == NO_PLACE ? plan->zeros : gradient + places[p];
    }
    for (size_t g = 0; g < filtering->tiling.from.c / LANES; ++g)
        for (size_t t = begin; t < end; t += 2)
            pair_patches(g * LANES, patches[t - begin], patches[t - begin + 1], step,
                         plan->patches + g * group + t * LANES);
    for (size_t g = 0; g < filtering->tiling.to.c / LANES; ++g)
        for (size_t t = begin; t < end; t += 2)
            pair_gradients(g * LANES, tiles[t - begin], tiles[t - begin + 1], step,
                           plan->gradients + g * group + t * LANES);
}

/* Asks for the place of LANES filters of an output channel; while a point is multiplied, which here
 * stands for a channel, memory has the time. */
static void fetch_filters(const float *filters)
{
    _Static_assert((int)POINTS == (int)LANES, "a point fetches an output channel");
    for (size_t v = 0; v < TAPS; ++v)
        __builtin_prefetch(filters + v * LANES, 1);
}

/* The gradients of LANES x LANES filters from a block of `pairs`: output channels of group o, input
 * channels of group i. */
DOT static void make_gradients(const ConvolutionPlan *plan, size_t pairs, size_t o, size_t i,
                               bool add, float *gradient)
{
    _Alignas(64) float sums[POINTS * LANES * LANES];
    const size_t inputs = plan->forward.tiling.from.c;
    const uint16_t *rows = plan->gradients + o * group_numbers(plan);
    const uint16_t *panel = plan->patches + i * group_numbers(plan);
    float *to = gradient + (o * LANES * inputs + i * LANES) * TAPS;
    for (size_t p = 0; p < POINTS; ++p, rows += point_numbers(plan), panel += point_numbers(plan)) {
        fetch_filters(to + p * inputs * TAPS);
        multiply_square(pairs, (const uint32_t *)(const void *)rows,
                        (const uint32_t *)(const void *)panel, sums + p * LANES * LANES);
    }
    for (size_t l = 0; l < LANES; ++l)
        gradient_taps(sums + l * LANES, LANES * LANES, add, to + l * inputs * TAPS);
}

static Status backward_weights(ConvolutionPlan *plan, const void *input,
                               const void *output_gradient, bool add, float *weight_gradient,
                               float *bias_gradient)
{
    const Filtering *filtering = &plan->forward;
    const size_t block = plan->gradient_block;
#pragma omp parallel
    for (size_t first = 0; first < filtering->tiling.tiles; first += block) {
        const size_t left = filtering->tiling.tiles - first, count = left < block ? left : block;
        const size_t even = (count + 1) / 2 * 2;
#pragma omp for schedule(static)
        for (size_t tile = 0; tile < even; tile += 2 * PAIRS)
            pair_tiles(plan, input, output_gradient, first, tile,
                       even - tile < 2 * PAIRS ? even : tile + 2 * PAIRS);
#pragma omp for collapse(2) schedule(static)
        for (size_t o = 0; o < filtering->tiling.to.c / LANES; ++o)
            for (size_t i = 0; i < filtering->tiling.from.c / LANES; ++i)
                make_gradients(plan, even / 2, o, i, add || first > 0, weight_gradient);
    }
    if (bias_gradient)
        convolution_bias_gradient(
            filtering->tiling.to,
            (Numbers){.data = (void *)(uintptr_t)output_gradient, .half = true}, bias_gradient);
    return STATUS_OK;
}

const Engine *engine_winograd_half(void)
{
    static const Engine engine = {
        .name = "winograd_half",
        .version = version,
        .plan_new = plan_new,
        .plan_free = plan_free,
        .plan_twin = plan_twin,
        .count_needs = count_needs,
        .has_half = has_half,
        .workspace_bytes = workspace_bytes,
        .set_workspace = set_workspace,
        .packed_bytes = packed_bytes,
        .set_packed = set_packed,
        .set_weights = set_weights,
        .forward = forward,
        .backward_data = backward_data,
        .backward_weights = backward_weights,
    };
    return &engine;
}
#else
bool winograd_half_fits(const ConvolutionShape *shape)
{
    (void)shape;
    return false;
}

const Engine *engine_winograd_half(void)
{
    return NULL;
}
#endif
