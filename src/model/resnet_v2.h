/* ResNet-v2 of Big Transfer (Kolesnikov et al. 2020): pre-activation bottleneck units, group
 * normalisation, weight-standardised convolutions; with an entry for feedback in stages 2 to 4.
 *
 * The low part (stem and stage 1) gets no feedback and runs once; the high part runs once for each
 * step of the recursion, on the same parameters.
 */
#ifndef GISD_MODEL_RESNET_V2_H
#define GISD_MODEL_RESNET_V2_H

#include "model/backbone.h"
#include "nn/net.h"

enum { RESNET_TAPS = 3 };

typedef struct {
    Backbone backbone;
    size_t base; /* channels of the stem at width 1 */
} ResnetSettings;

/* Stem 7x7/2, pool 3x3/2, stage 1: N x S/4 x S/4 x 4*base*width. */
NodeId resnet_v2_low(Net *net, NodeId image, const ResnetSettings *settings);

/* Stages 2 to 4 on the low part's result; taps[i] is the normalised output of stage i+2, of stride
 * 8, 16, 32 and 8, 16, 32 times base x width channels. `feedback` is NULL in the first step, else a
 * map for each of the three stages, of its output's size. */
void resnet_v2_high(Net *net, NodeId low, const ResnetSettings *settings,
                    const NodeId feedback[RESNET_TAPS], NodeId taps[RESNET_TAPS]);

/* The last of those taps alone, without feedback; the norms of the others are not used. */
NodeId resnet_v2_last(Net *net, NodeId low, const ResnetSettings *settings);

#endif
