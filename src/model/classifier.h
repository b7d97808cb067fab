/* What the classification networks have in common: how they want their pictures, rows of settings,
 * and what torchvision starts a linear layer from. */
#ifndef GISD_MODEL_CLASSIFIER_H
#define GISD_MODEL_CLASSIFIER_H

#include <math.h>

#include "model/architecture.h"

/* Mean and deviation of ImageNet's channels, 0.485, 0.456, 0.406 and 0.229, 0.224, 0.225, for
 * bytes. The picture is stretched over the square, as the improved SSD has it. */
#define CLASSIFIER_IMAGENET_FORM                                                                   \
    {                                                                                              \
        {123.675F, 116.28F, 103.53F}, {58.395F, 57.12F, 57.375F}, .letterbox = false               \
    }

/* Rows of `base` and `dropout` in the architecture's OwnSettings. */
#define CLASSIFIER_BASE_ROW(default_text, smallest)                                                \
    {                                                                                              \
        .section = "model", .key = "base", .kind = SETTING_COUNT,                                  \
        .offset = offsetof(OwnSettings, base), .otherwise = (default_text), .least = (smallest),   \
        .most = 256                                                                                \
    }
#define CLASSIFIER_DROPOUT_ROW                                                                     \
    {                                                                                              \
        .section = "model", .key = "dropout", .kind = SETTING_NUMBER,                              \
        .offset = offsetof(OwnSettings, dropout), .otherwise = "0.5", .most = 0.99                 \
    }

static inline Status classifier_check_size(const ModelSettings *settings, size_t smallest)
{
    if (settings->size < smallest)
        FAIL(STATUS_ARGUMENT, "size: %zu (expected at least %zu)", settings->size, smallest);
    if (!settings->classes)
        FAIL(STATUS_ARGUMENT, "0 classes (expected at least 1)");
    return STATUS_OK;
}

/* The last layer, normal and the lesion classes, with PyTorch's initial biases: evenly within
 * 1 / sqrt(inputs). */
static inline NodeId classifier_logits(Net *net, NodeId x, const char *name, size_t classes,
                                       Initial weight)
{
    const float bound = 1 / sqrtf((float)net_shape(net, x).c);
    return net_linear(
        net, x, name,
        &(LinearSettings){.outputs = classes + 1, .weight = weight, .bias_bound = bound});
}

static inline void classifier_outputs(NetworkNodes *nodes, NodeId logits, NodeId auxiliary)
{
    nodes->outputs[0] = logits;
    nodes->outputs[1] = auxiliary;
}

#endif
