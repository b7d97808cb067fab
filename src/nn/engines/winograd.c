/* 3x3 convolutions of stride 1 with a quarter of the multiplications: Winograd's minimal filtering
 * F(4x4, 3x3) as Lavin & Gray (2016) have it.
 *
 * A tile of 4x4 results needs a patch of 6x6 pixels. Patch d, filter g and result Y are related by
 * Y = A^T [(G g G^T) . (B^T d B)] A, where . multiplies the 36 numbers one by one, and summing over
 * channels makes of that 36 matrix products:
 *
 *     V (36 x tiles x C) = B^T d B of each tile and channel
 *     U (36 x C x K)     = G g G^T, packed once, in panels of 16 output channels
 *     M (36 x tiles x K) = V . U
 *
 * and Y is made of M with bias, residual and activation on the way. The tiles of all images go
 * through in blocks, so that V and M stay in the cache. Each number is one sum over the channels in
 * their order: neither blocks nor threads show in the bits.
 *
 * The input's gradient is a convolution of the same kind, of the output's gradient with the filters
 * turned by half a turn. That of the weights turns the formula round, tile by tile:
 *
 *     dM (36 x tiles x K) = A dY A^T,  dU (36 x C x K) = V^T . dM,  dg = G^T dU G
 *
 * where dU is one sum over the tiles of a block in their order, added to those of the blocks
 * before.
 *
 * The transforms' constants cost about a digit: errors are 1e-6 to 4e-6 (docs/verification.md).
 */
#include "nn/engines/winograd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "nn/engines/winograd_kernels.h"
#include "nn/engines/winograd_tiles.h"

enum {
    FEWEST_TILES = 48, /* of a block, so that each weight is read for many */
    BLOCK_FLOATS = 1 << 18,
    GRADIENT_BLOCK_FLOATS = 1 << 21, /* the blocks of dU, which is read and written for each; */
    MOST_GRADIENT_TILES = 192,       /* longer sums in single precision would cost digits */
    /* In training, where weights lie in memory twice, four times as many: what more would take is
     * better spent on a larger network. */
    MOST_FILTERS = 1 << 18
};

/* One convolution: the shape's own, or that of the output's gradient with turned filters. */
typedef struct {
    Tiling tiling;
    size_t block;   /* tiles that go through together */
    float *weights; /* U; borrowed */
} Filtering;

struct ConvolutionPlan {
    ConvolutionShape shape;
    Filtering forward, backward_data; /* the latter without tiles if it is not wanted */
    size_t gradient_block;            /* tiles of a block of dU; 0 if it is not wanted */
    bool is_twin;                     /* the zeros are another plan's */
    float *zeros;                     /* a pixel outside the image */
    float *patches;                   /* V of a block; in the workspace, as what follows */
    float *sums;                      /* M or dM of a block */
    float *products;                  /* dU */
};

bool winograd_fits(const ConvolutionShape *s)
{
    if (s->half || s->step > 0 || s->kernel_h != 3 || s->kernel_w != 3 || s->stride != 1 ||
        s->dilation != 1)
        return false;
    if (s->input.c % LANES || s->output_channels % LANES || s->input.c < 2 * LANES ||
        s->output_channels < 2 * LANES)
        return false;
    return tiling_pays(convolution_output(s), TILE);
}

bool winograd_trains(const ConvolutionShape *s)
{
    return winograd_fits(s) && s->pad_h < 3 && s->pad_w < 3 &&
           s->input.c * s->output_channels <= MOST_FILTERS;
}

/* ---- plans ---- */

/* From a row of V to the next: not a power of two, which would crowd the cache's sets. */
static size_t patch_row(size_t channels)
{
    return channels + LANES;
}

/* From a point to the next, likewise. */
static size_t point_step(size_t tiles, size_t row)
{
    return tiles * row + LANES;
}

static size_t tiles_of_block(size_t floats, size_t channels, size_t tiles)
{
    size_t block = floats / (POINTS * channels);
    if (block < FEWEST_TILES)
        block = FEWEST_TILES;
    return block < tiles ? block : tiles;
}

static Filtering filtering_of(Shape from, Shape to, size_t pad_h, size_t pad_w)
{
    const Tiling tiling = tiling_of(from, to, pad_h, pad_w, TILE);
    return (Filtering){.tiling = tiling,
                       .block = tiles_of_block(BLOCK_FLOATS, from.c + to.c, tiling.tiles)};
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
        plan->backward_data = filtering_of(out, in, 2 - shape->pad_h, 2 - shape->pad_w);
    if (weight_gradient) {
        size_t block =
            tiles_of_block(GRADIENT_BLOCK_FLOATS, in.c + out.c, plan->forward.tiling.tiles);
        plan->gradient_block = block < MOST_GRADIENT_TILES ? block : MOST_GRADIENT_TILES;
    }
}

static Status plan_new(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                       ConvolutionPlan **result)
{
    ConvolutionPlan *plan;
    TRY(MEMORY_NEW(&plan, 1));
    describe(shape, data_gradient, weight_gradient, plan);
    const Shape in = plan->forward.tiling.from, out = plan->forward.tiling.to;
    Status status = MEMORY_NEW(&plan->zeros, in.c > out.c ? in.c : out.c);
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
    (*plan)->patches = (*plan)->sums = (*plan)->products = NULL;
    return STATUS_OK;
}

static void version(char text[ENGINE_VERSION_BYTES])
{
    snprintf(text, ENGINE_VERSION_BYTES, "F(4x4, 3x3)");
}

static bool has_half(void)
{
    return false;
}

/* V, then M or dM, then dU: floats of the largest of each. */
static void workspace_floats(const ConvolutionPlan *plan, size_t floats[3])
{
    const Filtering *passes[] = {&plan->forward, &plan->backward_data};
    floats[0] = floats[1] = floats[2] = 0;
    for (size_t i = 0; i < 2; ++i) {
        size_t v = POINTS * point_step(passes[i]->block, patch_row(passes[i]->tiling.from.c));
        size_t m = POINTS * point_step(passes[i]->block, passes[i]->tiling.to.c);
        floats[0] = v > floats[0] ? v : floats[0];
        floats[1] = m > floats[1] ? m : floats[1];
    }
    if (!plan->gradient_block)
        return;
    size_t v = POINTS * point_step(plan->gradient_block, patch_row(plan->forward.tiling.from.c));
    size_t m = POINTS * point_step(plan->gradient_block, plan->forward.tiling.to.c);
    floats[0] = v > floats[0] ? v : floats[0];
    floats[1] = m > floats[1] ? m : floats[1];
    floats[2] = POINTS * plan->forward.tiling.from.c * plan->forward.tiling.to.c;
}

static size_t workspace_bytes(const ConvolutionPlan *plan)
{
    size_t floats[3];
    workspace_floats(plan, floats);
    return (floats[0] + floats[1] + floats[2]) * sizeof(float);
}

static Filtering *filtering_for(ConvolutionPlan *plan, Pack pack)
{
    return pack == PACK_FORWARD ? &plan->forward : &plan->backward_data;
}

static size_t packed_bytes(const ConvolutionPlan *plan, Pack pack)
{
    const Filtering *filtering = pack == PACK_FORWARD ? &plan->forward : &plan->backward_data;
    return filtering->tiling.tiles
               ? POINTS * filtering->tiling.from.c * filtering->tiling.to.c * sizeof(float)
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

static void set_workspace(ConvolutionPlan *plan, void *workspace)
{
    size_t floats[3];
    workspace_floats(plan, floats);
    plan->patches = workspace;
    plan->sums = plan->patches + floats[0];
    plan->products = plan->sums + floats[1];
}

/* ---- weights ---- */

/* Panel k of point p. */
static float *panel_of(const Filtering *filtering, size_t p, size_t k)
{
    return filtering->weights + (p * filtering->tiling.to.c + k * LANES) * filtering->tiling.from.c;
}

/* Panel k from the filters of its LANES channels: from one of them to the next, and from an input
 * channel of a filter to the next. */
VECTORISED static void pack_panel(size_t channels, const float *weights, size_t lane_step,
                                  size_t channel_step, bool turned, size_t point_step_floats,
                                  float *panel)
{
    for (size_t i = 0; i < channels; ++i) {
        float taps[TAPS][LANES];
        for (size_t l = 0; l < LANES; ++l) {
            const float *filter = weights + l * lane_step + i * channel_step;
            for (size_t t = 0; t < TAPS; ++t)
                taps[turned ? TAPS - 1 - t : t][l] = filter[t];
        }
        filter_points((const float(*)[LANES])taps, point_step_floats, panel + i * LANES);
    }
}

static Status set_weights(ConvolutionPlan *plan, Pack pack, const float *weights)
{
    const Filtering *filtering = filtering_for(plan, pack);
    const size_t inputs = plan->forward.tiling.from.c, outputs = plan->forward.tiling.to.c;
    const size_t row = inputs * TAPS, step = inputs * outputs;
    const bool turned = pack == PACK_DATA;
    if (!filtering->tiling.tiles)
        return STATUS_OK;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < filtering->tiling.to.c / LANES; ++k)
        pack_panel(filtering->tiling.from.c, weights + k * LANES * (turned ? TAPS : row),
                   turned ? TAPS : row, turned ? row : TAPS, turned, step,
                   panel_of(filtering, 0, k));
    return STATUS_OK;
}

/* ---- tiles ---- */

/* The pixels of a tile of results in a map of them; NULL outside. */
static void pixels_of_tile(const Filtering *filtering, size_t tile, float *map,
                           float *pixels[TILE * TILE])
{
    size_t places[TILE * TILE];
    tiling_results(&filtering->tiling, tile, places);
    for (size_t p = 0; p < TILE * TILE; ++p)
        pixels[p] = places[p] == NO_PLACE ? NULL : map + places[p];
}

VECTORISED static void transform_patch(size_t channels, const float *const pixels[POINTS],
                                       size_t step, float *to)
{
    patch_points(channels, pixels, (PointSteps){step, LANES}, to);
}

static void make_patch(const Filtering *filtering, const float *zeros, const float *input,
                       size_t tile, size_t step, float *to)
{
    size_t places[POINTS];
    const float *pixels[POINTS];
    tiling_patch(&filtering->tiling, tile, places);
    for (size_t p = 0; p < POINTS; ++p)
        pixels[p] = places[p] == NO_PLACE ? zeros : input + places[p];
    transform_patch(filtering->tiling.from.c, pixels, step, to);
}

VECTORISED static void multiply_panel(size_t rows, const Product *product, const float *from,
                                      const float *panel, float *to)
{
    multiply_all_rows(rows, product, from, panel, to);
}

/* ---- forward, and the gradient of the input ---- */

VECTORISED static void transform_sums(const ConvolutionShape *shape, size_t channels,
                                      const float *sums, size_t step, const float *bias,
                                      float *const pixels[TILE * TILE])
{
    result_pixels(shape, channels, sums, step, bias, pixels);
}

/* `shape` says what else is done to the results. */
static void run_filtering(const ConvolutionPlan *plan, const Filtering *filtering,
                          const ConvolutionShape *shape, const float *input, const float *bias,
                          float *output)
{
    const size_t depth = filtering->tiling.from.c, outputs = filtering->tiling.to.c,
                 block = filtering->block;
    const size_t row = patch_row(depth), patch_step = point_step(block, row);
    const size_t sum_step = point_step(block, outputs);
    const Product product = {depth, row, 1, outputs, false};
#pragma omp parallel
    for (size_t first = 0; first < filtering->tiling.tiles; first += block) {
        size_t left = filtering->tiling.tiles - first, count = left < block ? left : block;
#pragma omp for schedule(static)
        for (size_t tile = 0; tile < count; ++tile)
            make_patch(filtering, plan->zeros, input, first + tile, patch_step,
                       plan->patches + tile * row);
#pragma omp for collapse(2) schedule(static)
        for (size_t p = 0; p < POINTS; ++p)
            for (size_t k = 0; k < outputs / LANES; ++k)
                multiply_panel(count, &product, plan->patches + p * patch_step,
                               panel_of(filtering, p, k), plan->sums + p * sum_step + k * LANES);
#pragma omp for schedule(static)
        for (size_t tile = 0; tile < count; ++tile) {
            float *pixels[TILE * TILE];
            pixels_of_tile(filtering, first + tile, output, pixels);
            transform_sums(shape, outputs, plan->sums + tile * outputs, sum_step, bias, pixels);
        }
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

VECTORISED static void transform_gradient(size_t channels, const float *const pixels[TILE * TILE],
                                          const PointSteps *steps, float *to)
{
    spread_points(channels, pixels, *steps, to);
}

/* dM of a tile, in panels of LANES output channels. */
static void spread_gradient(const ConvolutionPlan *plan, const float *gradient, size_t first,
                            size_t tile)
{
    const size_t channels = plan->forward.tiling.to.c, block = plan->gradient_block;
    const PointSteps steps = {point_step(block, channels), block * LANES};
    float *pixels[TILE * TILE]; /* here only read */
    pixels_of_tile(&plan->forward, first + tile, (float *)(uintptr_t)gradient, pixels);
    transform_gradient(channels, (const float *const *)pixels, &steps, plan->sums + tile * LANES);
}

/* The gradients of LANES filters of `inputs` channels. */
VECTORISED static void make_taps(size_t inputs, size_t outputs, const float *products, bool add,
                                 float *gradient)
{
    for (size_t i = 0; i < inputs; ++i) {
        float taps[TAPS][LANES];
        gradient_taps(products + i * outputs, inputs * outputs, taps);
        for (size_t l = 0; l < LANES; ++l) {
            float *to = gradient + (l * inputs + i) * TAPS;
            for (size_t t = 0; t < TAPS; ++t)
                to[t] = (add ? to[t] : 0) + taps[t][l];
        }
    }
}

static void multiply_gradients(const ConvolutionPlan *plan, size_t count, bool add)
{
    const size_t inputs = plan->forward.tiling.from.c, outputs = plan->forward.tiling.to.c;
    const size_t row = patch_row(inputs), block = plan->gradient_block;
    const Product product = {count, 1, row, outputs, add};
#pragma omp for collapse(2) schedule(static)
    for (size_t p = 0; p < POINTS; ++p)
        for (size_t k = 0; k < outputs / LANES; ++k)
            multiply_panel(inputs, &product, plan->patches + p * point_step(block, row),
                           plan->sums + p * point_step(block, outputs) + k * block * LANES,
                           plan->products + p * inputs * outputs + k * LANES);
}

static Status backward_weights(ConvolutionPlan *plan, const void *input,
                               const void *output_gradient, bool add, float *weight_gradient,
                               float *bias_gradient)
{
    const Filtering *filtering = &plan->forward;
    const size_t inputs = filtering->tiling.from.c, outputs = filtering->tiling.to.c;
    const size_t row = patch_row(inputs), block = plan->gradient_block;
#pragma omp parallel
    {
        for (size_t first = 0; first < filtering->tiling.tiles; first += block) {
            size_t left = filtering->tiling.tiles - first, count = left < block ? left : block;
#pragma omp for schedule(static)
            for (size_t tile = 0; tile < count; ++tile) {
                make_patch(filtering, plan->zeros, input, first + tile, point_step(block, row),
                           plan->patches + tile * row);
                spread_gradient(plan, output_gradient, first, tile);
            }
            multiply_gradients(plan, count, first > 0);
        }
#pragma omp for schedule(static)
        for (size_t k = 0; k < outputs / LANES; ++k)
            make_taps(inputs, outputs, plan->products + k * LANES, add,
                      weight_gradient + k * LANES * inputs * TAPS);
    }
    if (bias_gradient)
        convolution_bias_gradient(filtering->tiling.to,
                                  (Numbers){.data = (void *)(uintptr_t)output_gradient},
                                  bias_gradient);
    return STATUS_OK;
}

const Engine *engine_winograd(void)
{
    static const Engine engine = {
        .name = "winograd",
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
