/* The weights' gradient as matrix products, one for each tap of the kernel:
 *
 *     gradient (O x I) += dY^T (O x pixels) . X (pixels x I)
 *
 * where X has for each pixel of the result the input's pixel under the tap. A 1x1 convolution's
 * products go straight to their place; oneDNN makes them in a layout of its own, turns that into
 * the plain one and, where it is added to another, leaves the sum to us, three more passes over a
 * gradient that is often larger than the maps. Everything else is oneDNN's.
 *
 * Pixels go through in blocks, so that both factors stay in the cache: dY in strips of ROW_STRIP
 * output channels, X in panels of 16 input channels. In bfloat16 two pixels stand side by side, as
 * the processor's dot products want them. Each number is one sum over a block's pixels in their
 * order, added to those of the blocks before, whatever the number of threads.
 */
#include "nn/engines/products.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/processor.h"
#include "base/vector.h"
#include "nn/engines/winograd_kernels.h"

#if defined(GISD_HAVE_ONEDNN) && defined(__x86_64__)
#include <immintrin.h>

enum {
    ROW_STRIP = 96,     /* a multiple of DOT_ROWS; not a power of two, for the cache's sets */
    BLOCK_PIXELS = 256, /* an even number */
    DOT_ROWS = 12,
    /* Of an image: below, a 1x1 convolution's gradient takes longer to move than to compute; and
     * that of larger kernels. */
    FEW_PIXELS = 2048,
    FEWER_PIXELS = 256
};

struct ConvolutionPlan {
    ConvolutionShape shape;
    Shape output;
    ConvolutionPlan *inner; /* oneDNN's */
    size_t pixels, block;   /* of the result */
    size_t taps, strips;
    void *rows;      /* dY of a block: strips x pixels x ROW_STRIP; in the workspace, as the rest */
    void *panels;    /* X of a block: panels x pixels x LANES */
    float *products; /* taps x O x I, unless the kernel is 1x1 */
    void *zeros;     /* a pixel that is not there */
    bool is_twin;
};

bool products_fit(const ConvolutionShape *s)
{
    const Shape out = convolution_output(s);
    if (s->input.c % LANES || s->output_channels % LANES || s->input.c < 2 * LANES ||
        s->output_channels < 2 * LANES || !processor_has_avx512() || processor_has_tiles())
        return false;
    return s->stride > 1 ||
           out.h * out.w < (s->kernel_h * s->kernel_w == 1 ? FEW_PIXELS : FEWER_PIXELS);
}

/* ---- plans ---- */

static void plan_free(ConvolutionPlan *plan)
{
    if (!plan)
        return;
    engine_onednn()->plan_free(plan->inner);
    if (!plan->is_twin)
        free(plan->zeros);
    free(plan);
}

/* All of the plan but its memory and oneDNN's plan. */
static void describe(const ConvolutionShape *s, ConvolutionPlan *plan)
{
    *plan = (ConvolutionPlan){.shape = *s, .output = convolution_output(s)};
    plan->pixels = shape_pixels(plan->output);
    plan->block = plan->pixels < BLOCK_PIXELS ? (plan->pixels + 1) / 2 * 2 : BLOCK_PIXELS;
    plan->taps = s->kernel_h * s->kernel_w;
    plan->strips = (plan->output.c + ROW_STRIP - 1) / ROW_STRIP;
}

static Status fill_plan(ConvolutionPlan *plan, bool data_gradient)
{
    const ConvolutionShape *s = &plan->shape;
    TRY(memory_new(&plan->zeros, s->input.c + plan->output.c, sizeof(float)));
    return engine_onednn()->plan_new(s, data_gradient, false, &plan->inner);
}

static Status plan_new(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                       ConvolutionPlan **result)
{
    (void)weight_gradient;
    ConvolutionPlan *plan;
    TRY(MEMORY_NEW(&plan, 1));
    describe(shape, plan);
    Status status = fill_plan(plan, data_gradient);
    if (status != STATUS_OK) {
        plan_free(plan);
        return status;
    }
    *result = plan;
    return STATUS_OK;
}

static Status plan_twin(const ConvolutionPlan *of, ConvolutionPlan **result)
{
    ConvolutionPlan *plan;
    TRY(MEMORY_NEW(&plan, 1));
    *plan = *of;
    plan->is_twin = true;
    plan->inner = NULL;
    plan->rows = plan->panels = plan->products = NULL;
    Status status = engine_onednn()->plan_twin(of->inner, &plan->inner);
    if (status != STATUS_OK) {
        plan_free(plan);
        return status;
    }
    *result = plan;
    return STATUS_OK;
}

static void version(char text[ENGINE_VERSION_BYTES])
{
    engine_onednn()->version(text);
}

static bool has_half(void)
{
    return engine_onednn()->has_half();
}

static size_t row_numbers(const ConvolutionPlan *plan)
{
    return plan->strips * plan->block * ROW_STRIP;
}

static size_t panel_numbers(const ConvolutionPlan *plan)
{
    return plan->block * plan->shape.input.c;
}

static size_t own_workspace_bytes(const ConvolutionPlan *plan)
{
    const size_t bytes = numbers_bytes(row_numbers(plan) + panel_numbers(plan), plan->shape.half);
    return plan->taps == 1
               ? bytes
               : bytes + plan->taps * plan->output.c * plan->shape.input.c * sizeof(float);
}

/* oneDNN's calls and the products never run at the same time. */
static size_t workspace_bytes(const ConvolutionPlan *plan)
{
    const size_t inner = engine_onednn()->workspace_bytes(plan->inner);
    const size_t own = own_workspace_bytes(plan);
    return own > inner ? own : inner;
}

static Status count_needs(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                          EngineNeeds *needs)
{
    (void)weight_gradient;
    ConvolutionPlan plan;
    describe(shape, &plan);
    TRY(engine_onednn()->count_needs(shape, data_gradient, false, needs));
    const size_t own = own_workspace_bytes(&plan);
    needs->workspace = own > needs->workspace ? own : needs->workspace;
    return STATUS_OK;
}

static void set_workspace(ConvolutionPlan *plan, void *workspace)
{
    char *at = workspace;
    engine_onednn()->set_workspace(plan->inner, workspace);
    plan->rows = at;
    at += numbers_bytes(row_numbers(plan), plan->shape.half);
    plan->panels = at;
    at += numbers_bytes(panel_numbers(plan), plan->shape.half);
    plan->products = (float *)(void *)at;
}

static size_t packed_bytes(const ConvolutionPlan *plan, Pack pack)
{
    return engine_onednn()->packed_bytes(plan->inner, pack);
}

static void set_packed(ConvolutionPlan *plan, Pack pack, void *packed)
{
    engine_onednn()->set_packed(plan->inner, pack, packed);
}

static Status set_weights(ConvolutionPlan *plan, Pack pack, const float *weights)
{
    return engine_onednn()->set_weights(plan->inner, pack, weights);
}

static Status forward(ConvolutionPlan *plan, const void *input, const float *bias, void *output)
{
    return engine_onednn()->forward(plan->inner, input, bias, output);
}

static Status backward_data(ConvolutionPlan *plan, const void *output_gradient,
                            void *input_gradient)
{
    return engine_onednn()->backward_data(plan->inner, output_gradient, input_gradient);
}

/* ---- packing ---- */

/* The channels of a pixel, or in bfloat16 of two side by side, in runs of `width` that lie `step`
 * numbers apart; `b` may be NULL: zeros. */
VECTORISED static void pair_runs(size_t channels, size_t width, const uint16_t *restrict a,
                                 const uint16_t *restrict b, size_t step, uint16_t *restrict to)
{
    for (size_t first = 0; first < channels; first += width, to += step) {
        const size_t count = channels - first < width ? channels - first : width;
        for (size_t i = 0; i < count; ++i) {
            to[2 * i] = a[first + i];
            to[2 * i + 1] = b[first + i];
        }
    }
}

VECTORISED static void copy_runs(size_t channels, size_t width, const float *restrict from,
                                 size_t step, float *restrict to)
{
    for (size_t first = 0; first < channels; first += width, to += step) {
        const size_t count = channels - first < width ? channels - first : width;
        for (size_t i = 0; i < count; ++i)
            to[i] = from[first + i];
    }
}

/* Pixels of a packed step. */
static size_t step_of(const ConvolutionPlan *plan)
{
    return plan->shape.half ? 2 : 1;
}

/* Pixel p of the block, and p + 1 in bfloat16, to their places in runs of `width` channels. */
static void pack_pixel(const ConvolutionPlan *plan, size_t channels, size_t width, const void *a,
                       const void *b, size_t p, void *packed)
{
    const size_t step = plan->block * width;
    if (plan->shape.half)
        pair_runs(channels, width, a, b, step, (uint16_t *)packed + p * width);
    else
        copy_runs(channels, width, a, step, (float *)packed + p * width);
}

static const void *at_pixel(const ConvolutionPlan *plan, const void *map, size_t channels,
                            size_t pixel)
{
    return (const char *)map + numbers_bytes(pixel * channels, plan->shape.half);
}

/* Of a block of `count` pixels that begins at `first`. */
static void pack_rows(const ConvolutionPlan *plan, const void *gradient, size_t first, size_t count,
                      size_t p)
{
    const size_t channels = plan->output.c;
    const void *a = at_pixel(plan, gradient, channels, first + p);
    const void *b = p + 1 < count ? at_pixel(plan, gradient, channels, first + p + 1) : plan->zeros;
    pack_pixel(plan, channels, ROW_STRIP, a, b, p, plan->rows);
}

/* The input's pixel under a tap of pixel p of the result. */
static const void *under_tap(const ConvolutionPlan *plan, const void *input, size_t tap, size_t p)
{
    const ConvolutionShape *s = &plan->shape;
    const Shape in = s->input, out = plan->output;
    /* Pixels before the first wrap to large numbers. */
    size_t y = p / out.w % out.h * s->stride + tap / s->kernel_w * s->dilation - s->pad_h;
    size_t x = p % out.w * s->stride + tap % s->kernel_w * s->dilation - s->pad_w;
    size_t n = p / (out.w * out.h);
    return y < in.h && x < in.w ? at_pixel(plan, input, in.c, (n * in.h + y) * in.w + x)
                                : plan->zeros;
}

static void pack_panels(const ConvolutionPlan *plan, const void *input, size_t tap, size_t first,
                        size_t count, size_t p)
{
    const void *a = under_tap(plan, input, tap, first + p);
    const void *b = p + 1 < count ? under_tap(plan, input, tap, first + p + 1) : plan->zeros;
    pack_pixel(plan, plan->shape.input.c, LANES, a, b, p, plan->panels);
}

/* ---- products ---- */

VECTORISED static void multiply_strip(size_t rows, const Product *product, const float *from,
                                      const float *panel, float *to)
{
    multiply_all_rows(rows, product, from, panel, to);
}

#define DOT __attribute__((target("avx512f,avx512bf16")))

/* As multiply_rows(), with pairs of bfloat16. */
DOT INLINE void dot_rows(size_t count, const Product *product, const uint32_t *restrict from,
                         const uint32_t *restrict panel, float *restrict to)
{
    __m512 sums[DOT_ROWS];
    for (size_t r = 0; r < count; ++r)
        sums[r] = _mm512_setzero_ps();
    for (size_t k = 0; k < product->depth; ++k, from += product->depth_step) {
        const __m512i pairs = _mm512_loadu_si512(panel + k * LANES);
        for (size_t r = 0; r < count; ++r)
            sums[r] = _mm512_dpbf16_ps(sums[r], (__m512bh)_mm512_set1_epi32((int)from[r]),
                                       (__m512bh)pairs);
    }
    for (size_t r = 0; r < count; ++r) {
        float *at = to + r * product->to_step;
        if (product->add)
            sums[r] = _mm512_add_ps(sums[r], _mm512_loadu_ps(at));
        _mm512_storeu_ps(at, sums[r]);
    }
}

/* Rows are a multiple of 4, since channels are one of LANES. */
DOT static void dot_strip(size_t rows, const Product *product, const uint32_t *from,
                          const uint32_t *panel, float *to)
{
    size_t r = 0;
    for (; r + DOT_ROWS <= rows; r += DOT_ROWS)
        dot_rows(DOT_ROWS, product, from + r, panel, to + r * product->to_step);
    if (rows - r == 8)
        dot_rows(8, product, from + r, panel, to + r * product->to_step);
    if (rows - r == 4)
        dot_rows(4, product, from + r, panel, to + r * product->to_step);
}

/* Panel k of strip s, to where row 0 of the strip and the panel's first channel are. */
static void multiply(const ConvolutionPlan *plan, size_t count, size_t s, size_t k, bool add,
                     float *to)
{
    const bool half = plan->shape.half;
    const size_t left = plan->output.c - s * ROW_STRIP, step = step_of(plan);
    const size_t rows = left < ROW_STRIP ? left : ROW_STRIP;
    const Product product = {(count + step - 1) / step, 1, ROW_STRIP, plan->shape.input.c, add};
    const char *from = (const char *)plan->rows + numbers_bytes(s * plan->block * ROW_STRIP, half);
    const char *panel = (const char *)plan->panels + numbers_bytes(k * plan->block * LANES, half);
    if (half)
        dot_strip(rows, &product, (const uint32_t *)(const void *)from,
                  (const uint32_t *)(const void *)panel, to);
    else
        multiply_strip(rows, &product, (const float *)(const void *)from,
                       (const float *)(const void *)panel, to);
}

/* All taps of filter o, to their places. */
static void scatter(const ConvolutionPlan *plan, size_t o, bool add, float *gradient)
{
    const size_t inputs = plan->shape.input.c, taps = plan->taps;
    for (size_t t = 0; t < taps; ++t) {
        const float *from = plan->products + (t * plan->output.c + o) * inputs;
        for (size_t i = 0; i < inputs; ++i) {
            float *to = &gradient[(o * inputs + i) * taps + t];
            *to = (add ? *to : 0) + from[i];
        }
    }
}

static Status backward_weights(ConvolutionPlan *plan, const void *input,
                               const void *output_gradient, bool add, float *weight_gradient,
                               float *bias_gradient)
{
    const size_t inputs = plan->shape.input.c, outputs = plan->output.c, step = step_of(plan);
    float *products = plan->taps > 1 ? plan->products : weight_gradient;
#pragma omp parallel
    {
        for (size_t first = 0; first < plan->pixels; first += plan->block) {
            size_t left = plan->pixels - first, count = left < plan->block ? left : plan->block;
#pragma omp for schedule(static)
            for (size_t p = 0; p < count; p += step)
                pack_rows(plan, output_gradient, first, count, p);
            for (size_t t = 0; t < plan->taps; ++t) {
#pragma omp for schedule(static)
                for (size_t p = 0; p < count; p += step)
                    pack_panels(plan, input, t, first, count, p);
#pragma omp for collapse(2) schedule(static)
                for (size_t s = 0; s < plan->strips; ++s)
                    for (size_t k = 0; k < inputs / LANES; ++k)
                        multiply(plan, count, s, k, first > 0 || (plan->taps == 1 && add),
                                 products + (t * outputs + s * ROW_STRIP) * inputs + k * LANES);
            }
        }
        if (plan->taps > 1) {
#pragma omp for schedule(static)
            for (size_t o = 0; o < outputs; ++o)
                scatter(plan, o, add, weight_gradient);
        }
    }
    if (bias_gradient)
        convolution_bias_gradient(
            plan->output,
            (Numbers){.data = (void *)(uintptr_t)output_gradient, .half = plan->shape.half},
            bias_gradient);
    return STATUS_OK;
}

const Engine *engine_products(void)
{
    static const Engine engine = {
        .name = "products",
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
        .backward_data = backward_data,
        .backward_weights = backward_weights,
    };
    return &engine;
}
#else
bool products_fit(const ConvolutionShape *shape)
{
    (void)shape;
    return false;
}

const Engine *engine_products(void)
{
    return NULL;
}
#endif
