/* Convolution as a matrix product: im2col and OpenBLAS' sgemm, an image at a time.
 *
 * columns: P x D, P = OH x OW output pixels, D = KH x KW x I; row p holds the input patch of pixel
 * p. packed weights: D x O. Then forward: output = columns . weights; backward to the weights:
 * columns^T . output_gradient; backward to the data: output_gradient . weights^T, added back to the
 * pixels it came from (col2im). A 1x1 convolution of stride 1 needs no columns: the input is its
 * own.
 */
#include "nn/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "base/memory.h"
#include "base/vector.h"

struct ConvolutionPlan {
    ConvolutionShape shape;
    Shape output;
    size_t patch;  /* D */
    size_t pixels; /* P */
    bool direct;   /* 1x1, stride 1, no padding */
    bool weight_gradient;
    float *weights;  /* D x O, for both directions; borrowed */
    float *gradient; /* D x O, for backward_weights; in the workspace */
    float *columns;  /* P x D, unless direct; in the workspace */
};

static void blas_plan_free(ConvolutionPlan *plan)
{
    free(plan);
}

static Status describe(const ConvolutionShape *shape, bool weight_gradient, ConvolutionPlan *plan)
{
    if (shape->half)
        FAIL(STATUS_UNSUPPORTED, "engine blas computes in f32 only, not in bf16");
    plan->shape = *shape;
    plan->output = convolution_output(shape);
    plan->patch = shape->kernel_h * shape->kernel_w * shape->input.c;
    plan->pixels = plan->output.h * plan->output.w;
    plan->direct = shape->kernel_h == 1 && shape->kernel_w == 1 && shape->stride == 1 &&
                   shape->pad_h == 0 && shape->pad_w == 0;
    plan->weight_gradient = weight_gradient;
    return STATUS_OK;
}

static Status blas_plan_new(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                            ConvolutionPlan **result)
{
    (void)data_gradient;
    ConvolutionPlan *plan;
    TRY(MEMORY_NEW(&plan, 1));
    Status status = describe(shape, weight_gradient, plan);
    if (status != STATUS_OK) {
        blas_plan_free(plan);
        return status;
    }
    *result = plan;
    return STATUS_OK;
}

static Status blas_plan_twin(const ConvolutionPlan *of, ConvolutionPlan **plan)
{
    TRY(MEMORY_NEW(plan, 1));
    **plan = *of;
    (*plan)->columns = (*plan)->gradient = NULL;
    return STATUS_OK;
}

/* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ... SkylakeX": the version and the processor's kernels
 * are the second word and the last. */
static void blas_version(char text[ENGINE_VERSION_BYTES])
{
    char version[32] = "";
    const char *config = openblas_get_config();
    if (sscanf(config, "%*s %31s", version) != 1)
        snprintf(version, sizeof version, "unknown");
    snprintf(text, ENGINE_VERSION_BYTES, "%.31s (%.24s)", version, openblas_get_corename());
}

static bool blas_has_half(void)
{
    return false;
}

/* Columns, padded to whole cache lines, then the weight gradient. */
static size_t column_floats(const ConvolutionPlan *plan)
{
    return plan->direct ? 0 : (plan->pixels * plan->patch + 15) / 16 * 16;
}

static size_t blas_workspace_bytes(const ConvolutionPlan *plan)
{
    size_t gradient = plan->weight_gradient ? plan->patch * plan->output.c : 0;
    return (column_floats(plan) + gradient) * sizeof(float);
}

static size_t blas_packed_bytes(const ConvolutionPlan *plan, Pack pack)
{
    return pack == PACK_FORWARD ? plan->patch * plan->output.c * sizeof(float) : 0;
}

static void blas_set_packed(ConvolutionPlan *plan, Pack pack, void *packed)
{
    if (pack == PACK_FORWARD)
        plan->weights = packed;
}

static Status blas_count_needs(const ConvolutionShape *shape, bool data_gradient,
                               bool weight_gradient, EngineNeeds *needs)
{
    (void)data_gradient;
    ConvolutionPlan plan = {0};
    TRY(describe(shape, weight_gradient, &plan));
    *needs = (EngineNeeds){.packed = {blas_packed_bytes(&plan, PACK_FORWARD)},
                           .workspace = blas_workspace_bytes(&plan)};
    return STATUS_OK;
}

static void blas_set_workspace(ConvolutionPlan *plan, void *workspace)
{
    plan->columns = workspace;
    plan->gradient = plan->columns + column_floats(plan);
}

static Status blas_set_weights(ConvolutionPlan *plan, Pack pack, const float *weights)
{
    if (pack != PACK_FORWARD)
        return STATUS_OK;
    size_t channels = plan->shape.input.c, taps = plan->shape.kernel_h * plan->shape.kernel_w;
    size_t outputs = plan->output.c;
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < outputs; ++o)
        for (size_t i = 0; i < channels; ++i)
            for (size_t t = 0; t < taps; ++t)
                plan->weights[(t * channels + i) * outputs + o] =
                    weights[(o * channels + i) * taps + t];
    return STATUS_OK;
}

/* Input coordinate of tap k at output coordinate o; false outside the image. */
static bool source(size_t o, size_t k, size_t stride, size_t dilation, size_t pad, size_t extent,
                   size_t *coordinate)
{
    size_t padded = o * stride + k * dilation;
    *coordinate = padded - pad;
    return padded >= pad && *coordinate < extent;
}

static void image_to_columns(const ConvolutionPlan *plan, const float *image)
{
    const ConvolutionShape *s = &plan->shape;
    size_t channels = s->input.c;
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < plan->pixels; ++p) {
        float *row = plan->columns + p * plan->patch;
        for (size_t ky = 0; ky < s->kernel_h; ++ky)
            for (size_t kx = 0; kx < s->kernel_w; ++kx, row += channels) {
                size_t y, x;
                if (source(p / plan->output.w, ky, s->stride, s->dilation, s->pad_h, s->input.h,
                           &y) &&
                    source(p % plan->output.w, kx, s->stride, s->dilation, s->pad_w, s->input.w,
                           &x))
                    memcpy(row, image + (y * s->input.w + x) * channels, channels * sizeof *row);
                else
                    memset(row, 0, channels * sizeof *row);
            }
    }
}

/* Serial over pixels (patches overlap), parallel over slices of the channels. */
static void columns_to_image(const ConvolutionPlan *plan, float *image)
{
    const ConvolutionShape *s = &plan->shape;
    size_t channels = s->input.c;
    memset(image, 0, s->input.h * s->input.w * channels * sizeof *image);
    enum { SLICE = 32 };
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < channels; first += SLICE) {
        size_t last = first + SLICE < channels ? first + SLICE : channels;
        for (size_t p = 0; p < plan->pixels; ++p) {
            const float *row = plan->columns + p * plan->patch;
            for (size_t ky = 0; ky < s->kernel_h; ++ky)
                for (size_t kx = 0; kx < s->kernel_w; ++kx, row += channels) {
                    size_t y, x;
                    if (!source(p / plan->output.w, ky, s->stride, s->dilation, s->pad_h,
                                s->input.h, &y) ||
                        !source(p % plan->output.w, kx, s->stride, s->dilation, s->pad_w,
                                s->input.w, &x))
                        continue;
                    float *pixel = image + (y * s->input.w + x) * channels;
                    for (size_t c = first; c < last; ++c)
                        pixel[c] += row[c];
                }
        }
    }
}

static const float *columns_of(const ConvolutionPlan *plan, const float *image)
{
    if (plan->direct)
        return image;
    image_to_columns(plan, image);
    return plan->columns;
}

VECTORISED static void activate(size_t count, float slope, float *y)
{
    for (size_t i = 0; i < count; ++i)
        y[i] = y[i] < 0 ? slope * y[i] : y[i];
}

/* On all threads, by rows of the result. */
static void activate_rows(const ConvolutionPlan *plan, float *result)
{
    if (plan->shape.activation == ACTIVATION_NONE)
        return;
    float slope = plan->shape.activation == ACTIVATION_RELU ? 0 : NET_LEAK;
    size_t row = plan->output.w * plan->output.c;
#pragma omp parallel for schedule(static)
    for (size_t y = 0; y < plan->output.h; ++y)
        activate(row, slope, result + y * row);
}

VECTORISED static void add_bias(size_t pixels, size_t outputs, const float *restrict bias,
                                float *restrict result)
{
    for (size_t p = 0; p < pixels; ++p)
        for (size_t o = 0; o < outputs; ++o)
            result[p * outputs + o] += bias[o];
}

static Status blas_forward(ConvolutionPlan *plan, const void *from, const float *bias, void *to)
{
    const float *input = from;
    float *output = to;
    size_t input_step = plan->shape.input.h * plan->shape.input.w * plan->shape.input.c;
    size_t outputs = plan->output.c, output_step = plan->pixels * outputs;
    int P = (int)plan->pixels, D = (int)plan->patch, O = (int)outputs;
    for (size_t n = 0; n < plan->output.n; ++n) {
        float *result = output + n * output_step;
        if (bias && plan->shape.residual)
            add_bias(plan->pixels, outputs, bias, result);
        for (size_t p = 0; bias && !plan->shape.residual && p < plan->pixels; ++p)
            memcpy(result + p * outputs, bias, outputs * sizeof *bias);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, P, O, D, 1.0f,
                    columns_of(plan, input + n * input_step), D, plan->weights, O,
                    bias || plan->shape.residual ? 1.0f : 0.0f, result, O);
        activate_rows(plan, result);
    }
    return STATUS_OK;
}

static Status blas_backward_data(ConvolutionPlan *plan, const void *from, void *to)
{
    const float *output_gradient = from;
    float *input_gradient = to;
    size_t input_step = plan->shape.input.h * plan->shape.input.w * plan->shape.input.c;
    size_t output_step = plan->pixels * plan->output.c;
    int P = (int)plan->pixels, D = (int)plan->patch, O = (int)plan->output.c;
    for (size_t n = 0; n < plan->output.n; ++n) {
        float *result = input_gradient + n * input_step;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, P, D, O, 1.0f,
                    output_gradient + n * output_step, O, plan->weights, O, 0.0f,
                    plan->direct ? result : plan->columns, D);
        if (!plan->direct)
            columns_to_image(plan, result);
    }
    return STATUS_OK;
}

static Status blas_backward_weights(ConvolutionPlan *plan, const void *from,
                                    const void *from_gradient, bool add, float *weight_gradient,
                                    float *bias_gradient)
{
    const float *input = from, *output_gradient = from_gradient;
    size_t input_step = plan->shape.input.h * plan->shape.input.w * plan->shape.input.c;
    size_t channels = plan->shape.input.c, taps = plan->shape.kernel_h * plan->shape.kernel_w;
    size_t outputs = plan->output.c, output_step = plan->pixels * outputs;
    int P = (int)plan->pixels, D = (int)plan->patch, O = (int)outputs;
    for (size_t n = 0; n < plan->output.n; ++n)
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, D, O, P, 1.0f,
                    columns_of(plan, input + n * input_step), D, output_gradient + n * output_step,
                    O, n ? 1.0f : 0.0f, plan->gradient, O);
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < outputs; ++o)
        for (size_t i = 0; i < channels; ++i)
            for (size_t t = 0; t < taps; ++t) {
                float *to = &weight_gradient[(o * channels + i) * taps + t];
                *to = (add ? *to : 0) + plan->gradient[(t * channels + i) * outputs + o];
            }
    for (size_t p = 0; bias_gradient && p < plan->output.n * plan->pixels; ++p)
        for (size_t o = 0; o < outputs; ++o)
            bias_gradient[o] += output_gradient[p * outputs + o];
    return STATUS_OK;
}

const Engine *engine_blas(void)
{
    static const Engine engine = {
        .name = "blas",
        .version = blas_version,
        .plan_new = blas_plan_new,
        .plan_free = blas_plan_free,
        .plan_twin = blas_plan_twin,
        .count_needs = blas_count_needs,
        .has_half = blas_has_half,
        .workspace_bytes = blas_workspace_bytes,
        .set_workspace = blas_set_workspace,
        .packed_bytes = blas_packed_bytes,
        .set_packed = blas_set_packed,
        .set_weights = blas_set_weights,
        .forward = blas_forward,
        .backward_data = blas_backward_data,
        .backward_weights = blas_backward_weights,
    };
    return &engine;
}
