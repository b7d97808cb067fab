/* Convolution with optional bias, dilation and weight standardisation; the arithmetic is the
 * engine's. */
#include "nn/ops/convolution.h"

#include <stdio.h>

static Status forward(const OperationCall *call)
{
    if (call->engine->set_moments)
        call->engine->set_moments(call->convolution, call->saved, call->node->moment_unit);
    return call->engine->forward(call->convolution, call->input[0].data, call->bias,
                                 call->output.data);
}

static void add_to_input_gradient(const OperationCall *call)
{
    size_t count = shape_count(call->node->input_shape[0]);
    Numbers to = call->input_gradient[0], from = {.data = call->scratch, .half = to.half};
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < count; first += NUMBERS_RUN)
        numbers_sum(from, to, first, count - first < NUMBERS_RUN ? count - first : NUMBERS_RUN, to);
}

static Status backward(const OperationCall *call)
{
    if (call->weight_gradient)
        TRY(call->engine->backward_weights(call->convolution, call->input[0].data,
                                           call->output_gradient.data, call->add_weight_gradient,
                                           call->weight_gradient, call->bias_gradient));
    else if (call->bias_gradient)
        convolution_bias_gradient(call->node->request.shape, call->output_gradient,
                                  call->bias_gradient);
    if (!call->input_gradient[0].data)
        return STATUS_OK;
    bool add = call->add_gradient[0];
    TRY(call->engine->backward_data(call->convolution, call->output_gradient.data,
                                    add ? call->scratch : call->input_gradient[0].data));
    if (add)
        add_to_input_gradient(call);
    return STATUS_OK;
}

static bool same(const NodeRequest *a, const NodeRequest *b)
{
    return a->weight_form == b->weight_form &&
           convolution_same(&a->settings.convolution, &b->settings.convolution);
}

static Status check_reach(const ConvolutionShape *shape, const char *name)
{
    size_t reach_h = shape->dilation * (shape->kernel_h - 1) + 1;
    size_t reach_w = shape->dilation * (shape->kernel_w - 1) + 1;
    size_t h = shape->input.h + 2 * shape->pad_h, w = shape->input.w + 2 * shape->pad_w;
    if (!shape->output_channels || !shape->kernel_h || !shape->kernel_w || reach_h > h ||
        reach_w > w)
        FAIL(STATUS_ARGUMENT,
             "%s: a kernel that reaches over %zux%zu pixels does not fit a padded map of %zux%zu",
             name, reach_h, reach_w, h, w);
    return STATUS_OK;
}

/* In a net of 8 bits, if this is worth it and not too dear, the input so and what the shape says of
 * it; else the input in the net's precision. */
static NodeId take_input(Net *net, NodeId input, const char *name, ConvolutionShape *convolution)
{
    if (net_precision(net) != PRECISION_INT8 || !bytes_fit(convolution))
        return net_convert(net, input, net_has_half(net));
    char weight[256];
    snprintf(weight, sizeof weight, "%s.weight", name);
    const InputRange *range = net_ranges(net) ? input_ranges_find(net_ranges(net), weight) : NULL;
    if (!range)
        return net_refuse(net, status_set(STATUS_ARGUMENT,
                                          "%s: no range of its input is known (expected one of "
                                          "every convolution that is computed in 8 bits)",
                                          weight));
    if (range->left)
        return net_convert(net, input, net_has_half(net));
    convolution->sign = !net_is_non_negative(net, input);
    convolution->step = bytes_step(range->limit, convolution->sign);
    return net_quantise(net, input, range->limit);
}

NodeId convolution_add(Net *net, NodeId input, const char *name,
                       const ConvolutionSettings *settings, size_t weight_rank)
{
    static const Operation operation = {.name = "convolution",
                                        .forward = forward,
                                        .backward = backward,
                                        .packed = true,
                                        .same = same};
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
        .half = net_has_half(net),
    };
    Status status = check_reach(&convolution, name);
    if (status != STATUS_OK)
        return net_refuse(net, status);
    input = take_input(net, input, name, &convolution);
    size_t dims[4] = {settings->output_channels, shape.c, settings->kernel_h, settings->kernel_w};
    if (weight_rank == 2)
        dims[1] *= settings->kernel_h * settings->kernel_w;
    NodeRequest request = {
        .operation = &operation,
        .input_count = 1,
        .inputs = {input},
        .shape = convolution_output(&convolution),
        .backward_reads_inputs = 1,
        .reads_for_weights = true,
        .add_scratch_floats = shape_count(shape),
        .weight = NO_PARAMETER,
        .bias = NO_PARAMETER,
        .weight_form = settings->standardised ? weight_form_standardised() : NULL,
        .settings.convolution = convolution,
    };
    Initial bias = {INITIAL_CONSTANT, settings->bias_value};
    if (settings->bias_bound > 0)
        bias = (Initial){INITIAL_UNIFORM, settings->bias_bound};
    if (!net_declare(net, name, "weight", weight_rank, dims, settings->weight, true,
                     &request.weight) ||
        (settings->bias && !net_declare(net, name, "bias", 1, dims, bias, false, &request.bias)))
        return 0;
    return net_add_node(net, &request);
}

NodeId net_convolution(Net *net, NodeId input, const char *name,
                       const ConvolutionSettings *settings)
{
    return convolution_add(net, input, name, settings, 4);
}
