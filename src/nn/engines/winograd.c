/* 3x3 convolutions of stride 1 for inference with a quarter of the multiplications: Winograd's
 * minimal filtering F(4x4, 3x3) as Lavin & Gray (2016) have it.
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
 * The transforms' constants cost about a digit: errors are 1e-6 to 4e-6 (docs/verification.md).
 */
#include "nn/engines/winograd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

enum {
    TILE = 4,
    PATCH = 6,
    POINTS = PATCH * PATCH,
    LANES = 16,        /* channels that are worked on together, and those of a panel */
    ROWS = 6,          /* tiles of a step of the product: ROWS x LANES sums lie in registers */
    FEWEST_TILES = 48, /* of a block, so that each weight is read for many */
    LEAST_TILES = 16,  /* of an image, three quarters of them filled: below, weights, of which
                          there are four times as many, take longer to read than is won */
    BLOCK_FLOATS = 1 << 18
};

#define INLINE static inline __attribute__((always_inline))

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));

struct ConvolutionPlan {
    ConvolutionShape shape;
    Shape output;
    size_t rows, columns;  /* of tiles in an image */
    size_t tiles, block;   /* in all, and of a block */
    bool is_twin;          /* weights and zeros are another plan's */
    float *weights;        /* U */
    float *zeros;          /* a pixel outside the image */
    float *patches, *sums; /* V, M of a block; in the workspace */
};

bool winograd_fits(const ConvolutionShape *s)
{
    if (s->half || s->kernel_h != 3 || s->kernel_w != 3 || s->stride != 1 || s->dilation != 1)
        return false;
    if (s->input.c % LANES || s->output_channels % LANES || s->input.c < 2 * LANES ||
        s->output_channels < 2 * LANES)
        return false;
    const Shape out = convolution_output(s);
    const size_t tiles = (out.h + TILE - 1) / TILE * ((out.w + TILE - 1) / TILE);
    return tiles >= LEAST_TILES && out.h * out.w * 4 >= tiles * TILE * TILE * 3;
}

/* ---- plans ---- */

/* From a point to the next; not a power of two, which would crowd the cache's sets. */
static size_t point_step(size_t tiles, size_t channels)
{
    return tiles * channels + LANES;
}

static void plan_free(ConvolutionPlan *plan)
{
    if (!plan)
        return;
    if (!plan->is_twin) {
        free(plan->weights);
        free(plan->zeros);
    }
    free(plan);
}

static void describe(const ConvolutionShape *shape, ConvolutionPlan *plan)
{
    plan->shape = *shape;
    plan->output = convolution_output(shape);
    plan->rows = (plan->output.h + TILE - 1) / TILE;
    plan->columns = (plan->output.w + TILE - 1) / TILE;
    plan->tiles = plan->output.n * plan->rows * plan->columns;
    size_t channels = shape->input.c + plan->output.c;
    plan->block = BLOCK_FLOATS / (POINTS * channels);
    if (plan->block < FEWEST_TILES)
        plan->block = FEWEST_TILES;
    if (plan->block > plan->tiles)
        plan->block = plan->tiles;
}

static Status plan_new(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                       ConvolutionPlan **result)
{
    (void)data_gradient;
    (void)weight_gradient;
    ConvolutionPlan *plan;
    TRY(MEMORY_NEW(&plan, 1));
    describe(shape, plan);
    Status status = MEMORY_NEW(&plan->weights, POINTS * shape->input.c * plan->output.c);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&plan->zeros, shape->input.c);
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
    (*plan)->patches = (*plan)->sums = NULL;
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

static size_t workspace_bytes(const ConvolutionPlan *plan)
{
    return POINTS *
           (point_step(plan->block, plan->shape.input.c) +
            point_step(plan->block, plan->output.c)) *
           sizeof(float);
}

static Status count_needs(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                          EngineNeeds *needs)
{
    (void)data_gradient;
    (void)weight_gradient;
    ConvolutionPlan plan;
    describe(shape, &plan);
    *needs = (EngineNeeds){.packed = POINTS * shape->input.c * plan.output.c * sizeof(float),
                           .workspace = workspace_bytes(&plan)};
    return STATUS_OK;
}

static void set_workspace(ConvolutionPlan *plan, void *workspace)
{
    plan->patches = workspace;
    plan->sums = plan->patches + POINTS * point_step(plan->block, plan->shape.input.c);
}

/* ---- weights ---- */

/* G g G^T of one filter. */
static void transform_filter(const float g[9], double to[POINTS])
{
    static const double G[PATCH][3] = {{1.0 / 4, 0, 0},
                                       {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                       {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                       {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                       {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                       {0, 0, 1}};
    double half[PATCH][3];
    for (size_t i = 0; i < PATCH; ++i)
        for (size_t x = 0; x < 3; ++x)
            half[i][x] =
                G[i][0] * (double)g[x] + G[i][1] * (double)g[3 + x] + G[i][2] * (double)g[6 + x];
    for (size_t i = 0; i < PATCH; ++i)
        for (size_t j = 0; j < PATCH; ++j)
            to[i * PATCH + j] = G[j][0] * half[i][0] + G[j][1] * half[i][1] + G[j][2] * half[i][2];
}

/* Panel k of point p. */
static float *panel_of(const ConvolutionPlan *plan, size_t p, size_t k)
{
    return plan->weights + (p * plan->output.c + k * LANES) * plan->shape.input.c;
}

static Status set_weights(ConvolutionPlan *plan, const float *weights)
{
    size_t channels = plan->shape.input.c;
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < plan->output.c; ++o)
        for (size_t i = 0; i < channels; ++i) {
            double points[POINTS];
            transform_filter(weights + (o * channels + i) * 9, points);
            for (size_t p = 0; p < POINTS; ++p)
                panel_of(plan, p, o / LANES)[i * LANES + o % LANES] = (float)points[p];
        }
    return STATUS_OK;
}

/* ---- the patches ---- */

/* B^T d, LANES at once. */
INLINE void transform_six(const float *restrict const d[PATCH], float *restrict const to[PATCH])
{
    for (size_t l = 0; l < LANES; ++l) {
        float even = d[4][l] - 4 * d[2][l], odd = d[3][l] - 4 * d[1][l];
        float outer = d[4][l] - d[2][l], inner = 2 * (d[3][l] - d[1][l]);
        to[0][l] = 4 * d[0][l] - 5 * d[2][l] + d[4][l];
        to[1][l] = even + odd;
        to[2][l] = even - odd;
        to[3][l] = outer + inner;
        to[4][l] = outer - inner;
        to[5][l] = 4 * d[1][l] - 5 * d[3][l] + d[5][l];
    }
}

VECTORISED static void transform_patch(size_t channels, const float *const pixels[POINTS],
                                       size_t step, float *to)
{
    for (size_t c = 0; c < channels; c += LANES) {
        float half[PATCH][PATCH][LANES];
        for (size_t x = 0; x < PATCH; ++x) {
            const float *from[PATCH];
            float *column[PATCH];
            for (size_t y = 0; y < PATCH; ++y) {
                from[y] = pixels[y * PATCH + x] + c;
                column[y] = half[y][x];
            }
            transform_six(from, column);
        }
        for (size_t y = 0; y < PATCH; ++y) {
            const float *from[PATCH];
            float *row[PATCH];
            for (size_t x = 0; x < PATCH; ++x) {
                from[x] = half[y][x];
                row[x] = to + (y * PATCH + x) * step + c;
            }
            transform_six(from, row);
        }
    }
}

/* Where a tile stands: the image and its first result. */
typedef struct {
    size_t n, y, x;
} Place;

static Place place_of_tile(const ConvolutionPlan *plan, size_t tile)
{
    size_t in_image = tile % (plan->rows * plan->columns);
    return (Place){tile / (plan->rows * plan->columns), in_image / plan->columns * TILE,
                   in_image % plan->columns * TILE};
}

static void make_patch(const ConvolutionPlan *plan, const float *input, size_t first, size_t tile)
{
    const Shape in = plan->shape.input;
    Place at = place_of_tile(plan, first + tile);
    const float *pixels[POINTS];
    for (size_t p = 0; p < POINTS; ++p) {
        /* Pixels before the first wrap to large numbers. */
        size_t y = at.y + p / PATCH - plan->shape.pad_h, x = at.x + p % PATCH - plan->shape.pad_w;
        pixels[p] =
            y < in.h && x < in.w ? input + ((at.n * in.h + y) * in.w + x) * in.c : plan->zeros;
    }
    transform_patch(in.c, pixels, point_step(plan->block, in.c), plan->patches + tile * in.c);
}

/* ---- the products ---- */

/* sums (count x LANES, rows `to_step` apart) = from (count x depth) . panel (depth x LANES) */
INLINE void multiply_rows(size_t count, size_t depth, const float *restrict from,
                          const float *restrict panel, float *restrict to, size_t to_step)
{
    Lanes sums[ROWS] = {{0}};
    for (size_t k = 0; k < depth; ++k) {
        Lanes weights;
        memcpy(&weights, panel + k * LANES, sizeof weights);
        for (size_t r = 0; r < count; ++r)
            sums[r] += from[r * depth + k] * weights;
    }
    for (size_t r = 0; r < count; ++r)
        memcpy(to + r * to_step, &sums[r], sizeof sums[r]);
}

/* All rows, in steps that are as even as can be; the cases are for the compiler, which keeps the
 * sums of a constant number of rows in registers. */
VECTORISED static void multiply_panel(size_t rows, size_t depth, const float *from,
                                      const float *panel, float *to, size_t to_step)
{
    size_t steps = (rows + ROWS - 1) / ROWS;
    for (size_t s = 0; s < steps; ++s) {
        size_t first = rows * s / steps, count = rows * (s + 1) / steps - first;
        const float *a = from + first * depth;
        float *c = to + first * to_step;
        switch (count) {
        case 1:
            multiply_rows(1, depth, a, panel, c, to_step);
            break;
        case 2:
            multiply_rows(2, depth, a, panel, c, to_step);
            break;
        case 3:
            multiply_rows(3, depth, a, panel, c, to_step);
            break;
        case 4:
            multiply_rows(4, depth, a, panel, c, to_step);
            break;
        case 5:
            multiply_rows(5, depth, a, panel, c, to_step);
            break;
        default:
            multiply_rows(ROWS, depth, a, panel, c, to_step);
        }
    }
}

/* ---- the results ---- */

/* A^T m, LANES at once. */
INLINE void transform_four(const float *restrict const m[PATCH], float *restrict const to[TILE])
{
    for (size_t l = 0; l < LANES; ++l) {
        float sum1 = m[1][l] + m[2][l], difference1 = m[1][l] - m[2][l];
        float sum2 = m[3][l] + m[4][l], difference2 = m[3][l] - m[4][l];
        to[0][l] = m[0][l] + sum1 + sum2;
        to[1][l] = difference1 + 2 * difference2;
        to[2][l] = sum1 + 4 * sum2;
        to[3][l] = difference1 + 8 * difference2 + m[5][l];
    }
}

/* What is left to do to a run of results; `bias` may be NULL. */
INLINE void finish(const ConvolutionShape *shape, const float *restrict bias,
                   const float *restrict from, float *restrict to)
{
    float slope = shape->activation == ACTIVATION_NONE   ? 1
                  : shape->activation == ACTIVATION_RELU ? 0
                                                         : NET_LEAK;
    for (size_t l = 0; l < LANES; ++l) {
        float value = from[l] + (bias ? bias[l] : 0) + (shape->residual ? to[l] : 0);
        to[l] = value < 0 ? slope * value : value;
    }
}

/* `pixels` are NULL outside the map. */
VECTORISED static void transform_sums(const ConvolutionShape *shape, const float *sums, size_t step,
                                      const float *bias, float *const pixels[TILE * TILE])
{
    for (size_t c = 0; c < shape->output_channels; c += LANES) {
        float half[TILE][PATCH][LANES], result[TILE][TILE][LANES];
        for (size_t x = 0; x < PATCH; ++x) {
            const float *from[PATCH];
            float *column[TILE];
            for (size_t y = 0; y < PATCH; ++y)
                from[y] = sums + (y * PATCH + x) * step + c;
            for (size_t y = 0; y < TILE; ++y)
                column[y] = half[y][x];
            transform_four(from, column);
        }
        for (size_t y = 0; y < TILE; ++y) {
            const float *from[PATCH];
            float *row[TILE];
            for (size_t x = 0; x < PATCH; ++x)
                from[x] = half[y][x];
            for (size_t x = 0; x < TILE; ++x)
                row[x] = result[y][x];
            transform_four(from, row);
            for (size_t x = 0; x < TILE; ++x)
                if (pixels[y * TILE + x])
                    finish(shape, bias ? bias + c : NULL, result[y][x], pixels[y * TILE + x] + c);
        }
    }
}

static void make_results(const ConvolutionPlan *plan, const float *bias, size_t first, size_t tile,
                         float *output)
{
    const Shape out = plan->output;
    Place at = place_of_tile(plan, first + tile);
    float *pixels[TILE * TILE];
    for (size_t p = 0; p < TILE * TILE; ++p) {
        size_t y = at.y + p / TILE, x = at.x + p % TILE;
        pixels[p] =
            y < out.h && x < out.w ? output + ((at.n * out.h + y) * out.w + x) * out.c : NULL;
    }
    transform_sums(&plan->shape, plan->sums + tile * out.c, point_step(plan->block, out.c), bias,
                   pixels);
}

static Status forward(ConvolutionPlan *plan, const void *input, const float *bias, void *output)
{
    const size_t depth = plan->shape.input.c, outputs = plan->output.c, panels = outputs / LANES;
    const size_t patch_step = point_step(plan->block, depth);
    const size_t sum_step = point_step(plan->block, outputs);
#pragma omp parallel
    for (size_t first = 0; first < plan->tiles; first += plan->block) {
        size_t left = plan->tiles - first, count = left < plan->block ? left : plan->block;
#pragma omp for schedule(static)
        for (size_t tile = 0; tile < count; ++tile)
            make_patch(plan, input, first, tile);
#pragma omp for collapse(2) schedule(static)
        for (size_t p = 0; p < POINTS; ++p)
            for (size_t k = 0; k < panels; ++k)
                multiply_panel(count, depth, plan->patches + p * patch_step, panel_of(plan, p, k),
                               plan->sums + p * sum_step + k * LANES, outputs);
#pragma omp for schedule(static)
        for (size_t tile = 0; tile < count; ++tile)
            make_results(plan, bias, first, tile, output);
    }
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
        .set_weights = set_weights,
        .forward = forward,
    };
    return &engine;
}
