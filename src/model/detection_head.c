/* See detection_head.h. The extra layers' parameters are extra.I.{0, 2}. */
#include "model/detection_head.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_LEVELS = NODE_MAX_INPUTS, NAME_BYTES = 64 };

/* 1x1 to half the channels, ReLU, 3x3 back, ReLU; the 3x3 halves the map, or takes the last 3 x 3
 * pixels to one. */
static NodeId extra_layer(Net *net, NodeId level, size_t index)
{
    Shape shape = net_shape(net, level);
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "extra.%zu.0", index);
    NodeId x = net_relu(net, net_convolution(net, level, name,
                                             &(ConvolutionSettings){.output_channels = shape.c / 2,
                                                                    .kernel_h = 1,
                                                                    .kernel_w = 1,
                                                                    .bias = true}));
    bool last = shape.h == 3;
    snprintf(name, sizeof name, "extra.%zu.2", index);
    return net_relu(net, net_convolution(net, x, name,
                                         &(ConvolutionSettings){.output_channels = shape.c,
                                                                .kernel_h = 3,
                                                                .kernel_w = 3,
                                                                .stride = last ? 1 : 2,
                                                                .pad_h = last ? 0 : 1,
                                                                .pad_w = last ? 0 : 1,
                                                                .bias = true}));
}

static NodeId read_off(Net *net, NodeId level, const char *part, size_t index, size_t channels,
                       Initial weight, float bias)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s.%zu", part, index);
    return net_convolution(net, level, name,
                           &(ConvolutionSettings){.output_channels = channels,
                                                  .kernel_h = 3,
                                                  .kernel_w = 3,
                                                  .pad_h = 1,
                                                  .pad_w = 1,
                                                  .bias = true,
                                                  .weight = weight,
                                                  .bias_value = bias});
}

DetectionHead detection_head_read(Net *net, size_t count, const NodeId *levels,
                                  const HeadSettings *settings)
{
    NodeId locations[MAX_LEVELS], classifications[MAX_LEVELS];
    assert(count > 0 && count <= MAX_LEVELS);
    const size_t logits = settings->classes + settings->background;
    const Initial small = {INITIAL_NORMAL, 0.01F};
    /* sigmoid(bias) = 0.01: training starts from "hardly any prior holds a lesion" (Lin 2017). */
    const float rare = settings->background ? 0 : -logf(99);
    for (size_t k = 0; k < count; ++k) {
        size_t boxes = k == 0 || k + 2 >= count ? 4 : 6;
        locations[k] = read_off(net, levels[k], settings->location, k, boxes * 4, (Initial){0}, 0);
        classifications[k] =
            read_off(net, levels[k], settings->classification, k, boxes * logits, small, rare);
    }
    return (DetectionHead){
        .location = net_concat_rows(net, count, locations, 4),
        .classification = net_concat_rows(net, count, classifications, logits),
    };
}

DetectionHead detection_head(Net *net, size_t count, const NodeId *pyramid,
                             const HeadSettings *settings)
{
    NodeId levels[MAX_LEVELS];
    assert(count > 0 && count <= MAX_LEVELS);
    for (size_t i = 0; i < count; ++i)
        levels[i] = pyramid[i];
    size_t extras = 0;
    for (; net_shape(net, levels[count - 1]).h > 1 && count < MAX_LEVELS; ++count)
        levels[count] = extra_layer(net, levels[count - 1], extras++);
    return detection_head_read(net, count, levels, settings);
}

/* ---- the setting ---- */

static const char *const losses[] = {"focal", "softmax_hard_negatives"};

Status detection_head_read_loss(const char *text, void *background)
{
    for (size_t i = 0; i < 2; ++i)
        if (strcmp(text, losses[i]) == 0) {
            *(bool *)background = i == 1;
            return STATUS_OK;
        }
    FAIL(STATUS_ARGUMENT, "classification_loss: '%s' (expected %s or %s)", text, losses[0],
         losses[1]);
}

void detection_head_write_loss(const void *background, char text[SETTING_TEXT_BYTES])
{
    snprintf(text, SETTING_TEXT_BYTES, "%s", losses[*(const bool *)background]);
}
