/* Choice of an engine, and what both share; see engine.h. */
#include "nn/engine.h"

#include <string.h>

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
