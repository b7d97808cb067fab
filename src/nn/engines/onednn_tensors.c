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
    const bool bytes = s->step > 0;
    const dnnl_data_type_t source = !bytes ? type : s->sign ? dnnl_s8 : dnnl_u8;
    dnnl_dims_t channels = {1, (dnnl_dim_t)out.c, 1, 1};
    DNN(dnnl_memory_desc_init_by_tag(&d->input, 4, input, source, dnnl_nhwc));
    DNN(dnnl_memory_desc_init_by_tag(&d->output, 4, output, type, dnnl_nhwc));
    DNN(dnnl_memory_desc_init_by_tag(&d->weights, 4, weights, bytes ? dnnl_s8 : type,
                                     dnnl_format_tag_any));
    DNN(dnnl_memory_desc_init_by_tag(&d->weight_gradient, 4, weights, dnnl_f32,
                                     dnnl_format_tag_any));
    DNN(dnnl_memory_desc_init_by_tag(&d->plain_weights, 4, weights, bytes ? dnnl_s8 : dnnl_f32,
                                     dnnl_oihw));
    DNN(dnnl_memory_desc_init_by_tag(&d->channels, 4, channels, dnnl_f32, dnnl_nchw));
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
/* oneDNN's own ReLU makes a NaN zero, but its leaky and exponential ones pass it: x > 0 or not a
 * number ? x : 0 (e^x - 1). The sum of whole numbers is none, and there ReLU costs less. */
static dnnl_status_t append_activation(const ConvolutionShape *shape, dnnl_post_ops_t operations)
{
    const bool finite = shape->step > 0 && !shape->residual;
    if (shape->activation == ACTIVATION_RELU)
        return dnnl_post_ops_append_eltwise(operations, 1,
                                            finite ? dnnl_eltwise_relu : dnnl_eltwise_elu, 0, 0);
    if (shape->activation == ACTIVATION_LEAKY_RELU)
        return dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, NET_LEAK, 0);
    return dnnl_success;
}

/* What forward does to the sum in its registers. That of whole numbers becomes real ones first:
 * times step and scale (ONEDNN_SCALE), plus the bias (ONEDNN_SCALED_BIAS). */
static dnnl_status_t append_post_ops(const ConvolutionShape *shape, const OnednnTensors *d,
                                     dnnl_post_ops_t operations)
{
    dnnl_status_t status = dnnl_success;
    if (shape->step > 0)
        status = dnnl_post_ops_append_binary(operations, dnnl_binary_mul, &d->channels);
    if (status == dnnl_success && shape->step > 0 && shape->bias)
        status = dnnl_post_ops_append_binary(operations, dnnl_binary_add, &d->channels);
    if (status == dnnl_success && shape->residual)
        status = dnnl_post_ops_append_sum(operations, 1);
    if (status == dnnl_success)
        status = append_activation(shape, operations);
    return status;
}

dnnl_status_t onednn_set_attributes(const ConvolutionShape *shape, const OnednnTensors *d,
                                    dnnl_primitive_attr_t attributes)
{
    dnnl_post_ops_t operations;
    dnnl_status_t status =
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    if (status != dnnl_success ||
        (!shape->residual && shape->activation == ACTIVATION_NONE && !(shape->step > 0)))
        return status;
    status = dnnl_post_ops_create(&operations);
    if (status != dnnl_success)
        return status;
    status = append_post_ops(shape, d, operations);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(attributes, operations);
    dnnl_post_ops_destroy(operations);
    return status;
}
#endif
