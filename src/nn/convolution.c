/* Convolution with optional bias, dilation and weight standardisation; the arithmetic is the
 * engine's. */
#include "nn/node.h"

static Status forward(const OperationCall *call)
{
    return call->engine->forward(call->convolution, call->input[0], call->bias, call->output);
}

static Status backward(const OperationCall *call)
{
    if (call->weight_gradient)
        TRY(call->engine->backward_weights(call->convolution, call->input[0], call->output_gradient,
                                           call->weight_gradient, call->bias_gradient));
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
    size_t dims[4] = {settings->output_channels, shape.c, settings->kernel_h, settings->kernel_w};
    NodeRequest request = {
        .operation = &operation,
        .input_count = 1,
        .inputs = {input},
        .shape = convolution_output(&convolution),
        .backward_reads_inputs = 1,
        .backward_scratch_floats = shape_count(shape),
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
