/* Choice of an engine, and what both share; see engine.h. */
#include "nn/engine.h"

#include <string.h>

#include "base/memory.h"

static size_t output_extent(size_t input, size_t kernel, size_t stride, size_t pad, size_t dilation)
{
    return (input + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
}

Shape convolution_output(const ConvolutionShape *shape)
{
    return (Shape){
        .n = shape->input.n,
        .h = output_extent(shape->input.h, shape->kernel_h, shape->stride, shape->pad_h,
                           shape->dilation),
        .w = output_extent(shape->input.w, shape->kernel_w, shape->stride, shape->pad_w,
                           shape->dilation),
        .c = shape->output_channels,
    };
}

bool convolution_same(const ConvolutionShape *a, const ConvolutionShape *b)
{
    return a->input.n == b->input.n && a->input.h == b->input.h && a->input.w == b->input.w &&
           a->input.c == b->input.c && a->output_channels == b->output_channels &&
           a->kernel_h == b->kernel_h && a->kernel_w == b->kernel_w && a->stride == b->stride &&
           a->pad_h == b->pad_h && a->pad_w == b->pad_w && a->dilation == b->dilation &&
           a->bias == b->bias && a->half == b->half && a->step == b->step && a->sign == b->sign &&
           a->residual == b->residual && a->activation == b->activation;
}

void convolution_bias_gradient(Shape shape, Numbers output_gradient, float *bias_gradient)
{
    enum { SLICE = 16, RUN = 64 };
    size_t pixels = shape_pixels(shape);
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < shape.c; first += SLICE) {
        size_t width = shape.c - first < SLICE ? shape.c - first : SLICE;
        double sums[SLICE] = {0};
        for (size_t begin = 0; begin < pixels; begin += RUN) {
            float part[SLICE] = {0};
            for (size_t p = begin; p < begin + RUN && p < pixels; ++p) {
                float tile[SLICE];
                const float *dy = numbers_read(output_gradient, p * shape.c + first, width, tile);
                for (size_t c = 0; c < width; ++c)
                    part[c] += dy[c];
            }
            for (size_t c = 0; c < width; ++c)
                sums[c] += (double)part[c];
        }
        for (size_t c = 0; c < width; ++c)
            bias_gradient[first + c] += (float)sums[c];
    }
}

Status engine_give_packed(const Engine *engine, ConvolutionPlan *plan, void *packed[PACKS])
{
    for (Pack pack = 0; pack < PACKS; ++pack) {
        const size_t bytes = engine->packed_bytes(plan, pack);
        if (!bytes)
            continue;
        TRY(memory_new(&packed[pack], bytes, 1));
        engine->set_packed(plan, pack, packed[pack]);
    }
    return STATUS_OK;
}

Status engine_pack_all(const Engine *engine, ConvolutionPlan *plan, const float *weights)
{
    for (Pack pack = 0; pack < PACKS; ++pack)
        TRY(engine->set_weights(plan, pack, weights));
    return STATUS_OK;
}

void engine_join_sums(size_t count, size_t unit, const float *sums, float *joined)
{
    for (size_t i = 0; i < count; i += unit) {
        float sum = sums[i];
        for (size_t k = 1; k < unit; ++k)
            sum += sums[i + k];
        joined[i / unit] = sum;
    }
}

#ifndef GISD_HAVE_ONEDNN
const Engine *engine_onednn(void)
{
    return NULL;
}
#endif

Status engine_find(const char *name, const Engine **engine)
{
    if (strcmp(name, "auto") == 0)
        *engine = engine_onednn() ? engine_onednn() : engine_blas();
    else if (strcmp(name, "blas") == 0)
        *engine = engine_blas();
    else if (strcmp(name, "onednn") == 0)
        *engine = engine_onednn();
    else
        FAIL(STATUS_ARGUMENT, "engine \"%s\": expected auto, onednn or blas", name);
    if (!*engine)
        FAIL(STATUS_UNSUPPORTED, "engine onednn: this build has no oneDNN; use blas");
    return STATUS_OK;
}
