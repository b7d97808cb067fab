/* See onednn_tensors.h. */
#ifdef GISD_HAVE_ONEDNN
#include "nn/engines/onednn_tensors.h"

const char *onednn_text(dnnl_status_t status)
{
    switch (status) {
    case dnnl_out_of_memory:
        return "out of memory";
    case dnnl_invalid_arguments:
        return "invalid arguments";
    case dnnl_unimplemented:
        return "not implemented for this shape";
    default:
        return "failed";
    }
}

Status onednn_describe(const ConvolutionShape *s, OnednnTensors *d)
{
    Shape out = convolution_output(s);
    dnnl_dims_t input = {(dnnl_dim_t)s->input.n, (dnnl_dim_t)s->input.c, (dnnl_dim_t)s->input.h,
                         (dnnl_dim_t)s->input.w};
    dnnl_dims_t output = {(dnnl_dim_t)out.n, (dnnl_dim_t)out.c, (dnnl_dim_t)out.h,
                          (dnnl_dim_t)out.w};
    dnnl_dims_t weights = {(dnnl_dim_t)out.c, (dnnl_dim_t)s->input.c, (dnnl_dim_t)s->kernel_h,
                           (dnnl_dim_t)s->kernel_w};
    dnnl_dims_t bias = {(dnnl_dim_t)out.c};
    dnnl_data_type_t type = s->half ? dnnl_bf16 : dnnl_f32;
    DNN(dnnl_memory_desc_init_by_tag(&d->input, 4, input, type, dnnl_nhwc));
    DNN(dnnl_memory_desc_init_by_tag(&d->output, 4, output, type, dnnl_nhwc));
    DNN(dnnl_memory_desc_init_by_tag(&d->weights, 4, weights, type, dnnl_format_tag_any));
    DNN(dnnl_memory_desc_init_by_tag(&d->weight_gradient, 4, weights, dnnl_f32,
                                     dnnl_format_tag_any));
    DNN(dnnl_memory_desc_init_by_tag(&d->plain_weights, 4, weights, dnnl_f32, dnnl_oihw));
    DNN(dnnl_memory_desc_init_by_tag(&d->bias, 1, bias, dnnl_f32, dnnl_x));
    size_t kernel[2] = {s->kernel_h, s->kernel_w}, pad[2] = {s->pad_h, s->pad_w};
    size_t extent[2] = {s->input.h, s->input.w}, result[2] = {out.h, out.w};
    for (int i = 0; i < 2; ++i) {
        d->strides[i] = (dnnl_dim_t)s->stride;
        d->dilates[i] = (dnnl_dim_t)s->dilation - 1; /* oneDNN counts the holes */
        d->padding[i] = (dnnl_dim_t)pad[i];
        /* What the last window needs behind the image: less than pad where the stride drops pixels.
         */
        d->padding_after[i] =
            (dnnl_dim_t)((result[i] - 1) * s->stride + s->dilation * (kernel[i] - 1) + 1) -
            (dnnl_dim_t)(extent[i] + pad[i]);
    }
    return STATUS_OK;
}
#endif
