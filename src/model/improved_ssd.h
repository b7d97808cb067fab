/* The improved SSD: recursive pyramid, segmentation branch with attention, detection head. The
 * whole network of docs/model.md in one call. */
#ifndef GISD_MODEL_IMPROVED_SSD_H
#define GISD_MODEL_IMPROVED_SSD_H

#include "model/backbone.h"
#include "nn/net.h"

typedef struct {
    Backbone backbone;
    size_t base;            /* channels of the stem at width 1 */
    size_t classes;         /* lesion classes */
    size_t recursion_steps; /* 1 to 4 */
    size_t size;            /* side of the input: a multiple of 32 from 64 to 512, or 300 */
    bool without_masks;     /* no segmentation branch, and no attention from it */
    bool without_attention; /* the branch is there, but nothing of it goes into the first level */
    bool background;        /* softmax against a background class: see HeadSettings */
} ImprovedSsdSettings;

typedef struct {
    NodeId image;          /* batch x S x S x 3 */
    NodeId location;       /* batch x priors x 1 x 4 */
    NodeId classification; /* batch x priors x 1 x classes, logits; one more with background */
    NodeId mask;           /* batch x s x s x 1, logits; not set without masks */
} ImprovedSsd;

/* Builds the graph for `batch` images; outputs are marked. STATUS_ARGUMENT for settings that the
 * network does not have, such as those of a broken checkpoint. Errors of the graph itself come from
 * net_plan(). */
Status improved_ssd_build(Net *net, const ImprovedSsdSettings *settings, size_t batch,
                          ImprovedSsd *network);

#endif
