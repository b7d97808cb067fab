/* See resnet_v2.h. Names of parameters: backbone.stem, backbone.stages.S.U.{gn1, conv1, gn2, conv2,
 * gn3, conv3, proj, feedback}, backbone.tap_gn.I. */
#include "model/resnet_v2.h"

#include <stdio.h>

enum { NORM_GROUPS = 32, NAME_BYTES = 96 };

/* 32 groups, as BiT, or the largest number below that divides the channels. */
static size_t norm_groups(size_t channels)
{
    size_t groups = channels < NORM_GROUPS ? channels : NORM_GROUPS;
    while (channels % groups)
        --groups;
    return groups;
}

static NodeId norm_relu(Net *net, NodeId input, const char *name)
{
    return net_group_norm(net, input, name, norm_groups(net_shape(net, input).c), true);
}

static NodeId standardised(Net *net, NodeId input, const char *name, size_t channels, size_t kernel,
                           size_t stride)
{
    return net_convolution(net, input, name,
                           &(ConvolutionSettings){.output_channels = channels,
                                                  .kernel_h = kernel,
                                                  .kernel_w = kernel,
                                                  .stride = stride,
                                                  .pad_h = kernel / 2,
                                                  .pad_w = kernel / 2,
                                                  .standardised = true});
}

static const char *part(char name[NAME_BYTES], size_t stage, size_t unit, const char *suffix)
{
    snprintf(name, NAME_BYTES, "backbone.stages.%zu.%zu.%s", stage, unit, suffix);
    return name;
}

/* y = conv3(norm(conv2(norm(conv1(norm(x)))))) + shortcut [+ 1x1(feedback)]; the feedback's
 * convolution starts at zero, so that recursion begins as the plain network. */
static NodeId bottleneck(Net *net, NodeId x, size_t stage, size_t unit, size_t middle,
                         const NodeId *feedback)
{
    char name[NAME_BYTES];
    size_t stride = stage > 0 && unit == 0 ? 2 : 1, output = 4 * middle;
    NodeId a = norm_relu(net, x, part(name, stage, unit, "gn1"));
    NodeId shortcut = x;
    if (stride != 1 || net_shape(net, x).c != output)
        shortcut = standardised(net, a, part(name, stage, unit, "proj"), output, 1, stride);
    a = standardised(net, a, part(name, stage, unit, "conv1"), middle, 1, 1);
    a = norm_relu(net, a, part(name, stage, unit, "gn2"));
    a = standardised(net, a, part(name, stage, unit, "conv2"), middle, 3, stride);
    a = norm_relu(net, a, part(name, stage, unit, "gn3"));
    a = standardised(net, a, part(name, stage, unit, "conv3"), output, 1, 1);
    NodeId y = net_add(net, a, shortcut);
    if (feedback)
        y = net_add(net, y,
                    net_convolution(net, *feedback, part(name, stage, unit, "feedback"),
                                    &(ConvolutionSettings){.output_channels = output,
                                                           .kernel_h = 1,
                                                           .kernel_w = 1,
                                                           .bias = true,
                                                           .weight = {INITIAL_CONSTANT, 0}}));
    return y;
}

NodeId resnet_v2_low(Net *net, NodeId image, const ResnetSettings *settings)
{
    size_t channels = settings->base * settings->backbone.width;
    NodeId x = standardised(net, image, "backbone.stem", channels, 7, 2);
    x = net_max_pool(net, x);
    const size_t *units = backbone_units(settings->backbone.depth);
    for (size_t unit = 0; unit < units[0]; ++unit)
        x = bottleneck(net, x, 0, unit, channels, NULL);
    return x;
}

static NodeId run_stage(Net *net, NodeId x, const ResnetSettings *settings, size_t stage,
                        const NodeId *feedback)
{
    const size_t channels = settings->base * settings->backbone.width;
    const size_t *units = backbone_units(settings->backbone.depth);
    for (size_t unit = 0; unit < units[stage]; ++unit)
        x = bottleneck(net, x, stage, unit, channels << stage, unit == 0 ? feedback : NULL);
    return x;
}

static NodeId tap(Net *net, NodeId x, size_t stage)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "backbone.tap_gn.%zu", stage - 1);
    return norm_relu(net, x, name);
}

void resnet_v2_high(Net *net, NodeId low, const ResnetSettings *settings,
                    const NodeId feedback[RESNET_TAPS], NodeId taps[RESNET_TAPS])
{
    NodeId x = low;
    for (size_t stage = 1; stage < 4; ++stage) {
        x = run_stage(net, x, settings, stage, feedback ? &feedback[stage - 1] : NULL);
        taps[stage - 1] = tap(net, x, stage);
    }
}

NodeId resnet_v2_last(Net *net, NodeId low, const ResnetSettings *settings)
{
    NodeId x = low;
    for (size_t stage = 1; stage < 4; ++stage)
        x = run_stage(net, x, settings, stage, NULL);
    return tap(net, x, 3);
}
