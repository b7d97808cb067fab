/* See rfpn.h. Names of parameters: rfpn.{lateral, out}.I, rfpn.aspp.b0 to b3, rfpn.gate. */
#include "model/rfpn.h"

#include <stdio.h>

static NodeId dense(Net *net, NodeId input, const char *name, size_t channels, size_t kernel,
                    size_t dilation)
{
    return net_convolution(net, input, name,
                           &(ConvolutionSettings){.output_channels = channels,
                                                  .kernel_h = kernel,
                                                  .kernel_w = kernel,
                                                  .dilation = dilation,
                                                  .pad_h = kernel / 2 * dilation,
                                                  .pad_w = kernel / 2 * dilation,
                                                  .bias = true});
}

static NodeId dense_level(Net *net, NodeId input, const char *part, size_t level, size_t channels,
                          size_t kernel)
{
    char name[64];
    snprintf(name, sizeof name, "rfpn.%s.%zu", part, level);
    return dense(net, input, name, channels, kernel, 1);
}

static void top_down(Net *net, const NodeId taps[RESNET_TAPS], size_t channels,
                     NodeId levels[RESNET_TAPS])
{
    NodeId lateral[RESNET_TAPS];
    for (size_t i = RESNET_TAPS; i-- > 0;) {
        lateral[i] = dense_level(net, taps[i], "lateral", i, channels, 1);
        if (i + 1 == RESNET_TAPS)
            continue;
        Shape shape = net_shape(net, lateral[i]);
        lateral[i] =
            net_add(net, lateral[i], net_resize_nearest(net, lateral[i + 1], shape.h, shape.w));
    }
    for (size_t i = 0; i < RESNET_TAPS; ++i)
        levels[i] = dense_level(net, lateral[i], "out", i, channels, 3);
}

/* Atrous spatial pyramid pooling: four views of a level, a quarter of the channels each. */
static NodeId aspp(Net *net, NodeId level)
{
    Shape shape = net_shape(net, level);
    size_t quarter = shape.c / 4;
    NodeId global = dense(net, net_mean(net, level), "rfpn.aspp.b3", quarter, 1, 1);
    NodeId views[4] = {
        net_relu(net, dense(net, level, "rfpn.aspp.b0", quarter, 1, 1)),
        net_relu(net, dense(net, level, "rfpn.aspp.b1", quarter, 3, 3)),
        net_relu(net, dense(net, level, "rfpn.aspp.b2", quarter, 3, 6)),
        net_resize_nearest(net, net_relu(net, global), shape.h, shape.w),
    };
    return net_concat_channels(net, 4, views);
}

static NodeId gate(Net *net, NodeId level)
{
    return net_sigmoid(net,
                       net_convolution(net, level, "rfpn.gate",
                                       &(ConvolutionSettings){.output_channels = 1,
                                                              .kernel_h = 1,
                                                              .kernel_w = 1,
                                                              .bias = true,
                                                              .weight = {INITIAL_CONSTANT, 0}}));
}

void rfpn(Net *net, NodeId image, const ResnetSettings *settings, size_t steps,
          NodeId levels[RESNET_TAPS])
{
    size_t channels = 4 * settings->base * settings->backbone.width;
    NodeId low = resnet_v2_low(net, image, settings), taps[RESNET_TAPS];
    resnet_v2_high(net, low, settings, NULL, taps);
    top_down(net, taps, channels, levels);
    for (size_t step = 1; step < steps; ++step) {
        NodeId feedback[RESNET_TAPS], next[RESNET_TAPS];
        for (size_t i = 0; i < RESNET_TAPS; ++i)
            feedback[i] = aspp(net, levels[i]);
        resnet_v2_high(net, low, settings, feedback, taps);
        top_down(net, taps, channels, next);
        for (size_t i = 0; i < RESNET_TAPS; ++i)
            levels[i] = net_blend(net, gate(net, next[i]), next[i], levels[i]);
    }
}
