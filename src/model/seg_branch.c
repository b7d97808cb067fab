/* See seg_branch.h. A "normed convolution" is a convolution without bias and a group normalisation
 * of 4 channels a group: parameters NAME.0.weight and NAME.1.{weight, bias}. */
#include "model/seg_branch.h"

#include <stdio.h>

enum { BRANCH_CHANNELS = 32, NORM_GROUP_CHANNELS = 4, NAME_BYTES = 64 };

typedef struct {
    size_t channels, kernel_h, kernel_w, dilation;
    bool relu;
} NormedSettings;

static NodeId normed(Net *net, NodeId input, const char *name, NormedSettings settings)
{
    char part[NAME_BYTES];
    size_t dilation = settings.dilation ? settings.dilation : 1;
    snprintf(part, sizeof part, "%s.0", name);
    NodeId x = net_convolution(net, input, part,
                               &(ConvolutionSettings){.output_channels = settings.channels,
                                                      .kernel_h = settings.kernel_h,
                                                      .kernel_w = settings.kernel_w,
                                                      .dilation = dilation,
                                                      .pad_h = settings.kernel_h / 2 * dilation,
                                                      .pad_w = settings.kernel_w / 2 * dilation});
    snprintf(part, sizeof part, "%s.1", name);
    return net_group_norm(net, x, part, settings.channels / NORM_GROUP_CHANNELS, settings.relu);
}

/* 1x1, 1xK, Kx1, then 3x3 of dilation K: a receptive field that grows with K. */
static NodeId wide_view(Net *net, NodeId input, const char *name, size_t kernel)
{
    const NormedSettings settings[4] = {{BRANCH_CHANNELS, 1, 1, 1, false},
                                        {BRANCH_CHANNELS, 1, kernel, 1, false},
                                        {BRANCH_CHANNELS, kernel, 1, 1, false},
                                        {BRANCH_CHANNELS, 3, 3, kernel, false}};
    NodeId x = input;
    for (size_t i = 0; i < 4; ++i) {
        char part[NAME_BYTES];
        snprintf(part, sizeof part, "%s.%zu", name, i);
        x = normed(net, x, part, settings[i]);
    }
    return x;
}

static NodeId receptive_field_block(Net *net, NodeId level, size_t index)
{
    char name[NAME_BYTES];
    const NormedSettings point = {BRANCH_CHANNELS, 1, 1, 1, false};
    NodeId views[4];
    snprintf(name, sizeof name, "seg.rfb.%zu.b0", index);
    views[0] = normed(net, level, name, point);
    for (size_t view = 1; view < 4; ++view) {
        snprintf(name, sizeof name, "seg.rfb.%zu.b%zu", index, view);
        views[view] = wide_view(net, level, name, 2 * view + 1);
    }
    snprintf(name, sizeof name, "seg.rfb.%zu.cat", index);
    NodeId joined = normed(net, net_concat_channels(net, 4, views), name,
                           (NormedSettings){BRANCH_CHANNELS, 3, 3, 1, false});
    snprintf(name, sizeof name, "seg.rfb.%zu.res", index);
    return net_relu(net, net_add(net, joined, normed(net, level, name, point)));
}

SegBranch seg_branch(Net *net, const NodeId levels[RESNET_TAPS], bool attention)
{
    Shape finest = net_shape(net, levels[0]);
    NodeId blocks[RESNET_TAPS];
    for (size_t i = 0; i < RESNET_TAPS; ++i) {
        blocks[i] = receptive_field_block(net, levels[i], i);
        if (i > 0)
            blocks[i] = net_resize_bilinear(net, blocks[i], finest.h, finest.w);
    }
    NodeId x = net_concat_channels(net, RESNET_TAPS, blocks);
    x = normed(net, x, "seg.fuse.0",
               (NormedSettings){RESNET_TAPS * BRANCH_CHANNELS, 3, 3, 1, true});
    x = normed(net, x, "seg.fuse.2", (NormedSettings){BRANCH_CHANNELS, 3, 3, 1, true});
    ConvolutionSettings point = {.output_channels = 1, .kernel_h = 1, .kernel_w = 1, .bias = true};
    SegBranch branch = {.mask_logit = net_convolution(net, x, "seg.mask", &point)};
    point.output_channels = finest.c;
    if (attention)
        branch.attention = net_sigmoid(net, net_convolution(net, x, "seg.att", &point));
    return branch;
}
