/* Convolution with optional bias, dilation and weight standardisation; the arithmetic is the
 * engine's. */
#include "nn/node.h"

static Status forward(const OperationCall *call)
{
    return call->engine->forward(call->convolution, call->input[0], call->bias, call->output);
}

/* The bias' gradient alone, where the weights are frozen. */
static void sum_pixels(Shape shape, const float *output_gradient, float *bias_gradient)
{
#pragma omp parallel for schedule(static)
    for (size_t c = 0; c < shape.c; ++c) {
        double sum = 0;
        for (size_t p = 0; p < shape_pixels(shape); ++p)
            sum += (double)output_gradient[p * shape.c + c];
        bias_gradient[c] += (float)sum;
    }
}

static Status backward(const OperationCall *call)
{
    if (call->weight_gradient)
        TRY(call->engine->backward_weights(call->convolution, call->input[0], call->output_gradient,
                                           call->weight_gradient, call->bias_gradient));
    else if (call->bias_gradient)
        sum_pixels(call->node->request.shape, call->output_gradient, call->bias_gradient);
    if (!call->input_gradient[0])
        return STATUS_OK;
    if (!call->add_gradient[0])
        return call->engine->backward_data(call->convolution, call->output_gradient,
                                           call->input_gradient[0]);
    TRY(call->engine->backward_data(call->convolution, call->output_gradient, call->scratch));
    size_t count = shape_count(call->node->input_shape[0]);
    float *sum = call->input_gradient[0];
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < count; ++i)
        sum[i] += call->scratch[i];
    return STATUS_OK;
}

NodeId net_convolution(Net *net, NodeId input, const char *name,
                       const ConvolutionSettings *settings)
{
    static const Operation operation = {"convolution", forward, backward};
    Shape shape = net_shape(net, input);
    ConvolutionShape convolution = {
        .input = shape,
        .output_channels = settings->output_channels,
        .kernel_h = settings->kernel_h,
        .kernel_w = settings->kernel_w,
        .stride = settings->stride ? settings->stride : 1,
        .pad_h = settings->pad_h,
        .pad_w = settings->pad_w,
        .dilation = settings->dilation ? settings->dilation : 1,
        .bias = settings->bias,
    };
    size_t reach_h = convolution.dilation * (convolution.kernel_h - 1) + 1;
    size_t reach_w = convolution.dilation * (convolution.kernel_w - 1) + 1;
    if (!convolution.output_channels || !convolution.kernel_h || !convolution.kernel_w ||
        reach_h > shape.h + 2 * convolution.pad_h || reach_w > shape.w + 2 * convolution.pad_w)
        return net_refuse(net, status_set(STATUS_ARGUMENT,
                                          "%s: a kernel that reaches over %zux%zu pixels does not "
                                          "fit a padded map of %zux%zu",
                                          name, reach_h, reach_w, shape.h + 2 * convolution.pad_h,
                                          shape.w + 2 * convolution.pad_w));
    size_t dims[4] = {settings->output_channels, shape.c, settings->kernel_h, settings->kernel_w};
    NodeRequest request = {
        .operation = &operation,
        .input_count = 1,
        .inputs = {input},
        .shape = convolution_output(&convolution),
        .backward_reads_inputs = 1,
        .add_scratch_floats = shape_count(shape),
        .weight = NO_PARAMETER,
        .bias = NO_PARAMETER,
        .settings.convolution = convolution,
        .standardised = settings->standardised,
    };
    Initial bias = {INITIAL_CONSTANT, settings->bias_value};
    if (!net_declare(net, name, "weight", 4, dims, settings->weight, true, &request.weight) ||
        (settings->bias && !net_declare(net, name, "bias", 1, dims, bias, false, &request.bias)))
        return 0;
    return net_add_node(net, &request);
}
