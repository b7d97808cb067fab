/* A throw-away architecture of the tests: two convolutions with batch norm, a mean over the pixels,
 * dropout, a linear layer. Another input form (letterboxed), size and settings than the improved
 * SSD's, and nothing outside this file knows it: it is there if model/architecture.c is built with
 * GISD_EXTRA_ARCHITECTURE=tiny_classifier_architecture. */
#include <assert.h>
#include <string.h>

#include "model/architecture.h"

typedef struct {
    size_t channels;
    double dropout;
} OwnSettings;
static_assert(sizeof(OwnSettings) <= ARCHITECTURE_SETTINGS_BYTES, "they fit");

static const SettingRow rows[] = {
    {.section = "model",
     .key = "channels",
     .kind = SETTING_COUNT,
     .offset = offsetof(OwnSettings, channels),
     .otherwise = "8",
     .least = 1,
     .most = 64},
    {.section = "model",
     .key = "dropout",
     .kind = SETTING_NUMBER,
     .offset = offsetof(OwnSettings, dropout),
     .otherwise = "0.2",
     .most = 0.9},
};

static const ModelAttribute attributes[] = {
    {"channels", offsetof(OwnSettings, channels), 0, false}};

static OwnSettings own_settings(const ModelSettings *settings)
{
    OwnSettings own;
    memcpy(&own, settings->own, sizeof own);
    return own;
}

static Status check(const ModelSettings *settings)
{
    if (settings->size % 4)
        FAIL(STATUS_ARGUMENT, "size: %zu (expected a multiple of 4)", settings->size);
    return STATUS_OK;
}

static NodeId block(Net *net, NodeId input, const char *name, const char *norm, size_t channels)
{
    NodeId x = net_convolution(net, input, name,
                               &(ConvolutionSettings){.output_channels = channels,
                                                      .kernel_h = 3,
                                                      .kernel_w = 3,
                                                      .stride = 2,
                                                      .pad_h = 1,
                                                      .pad_w = 1});
    return net_batch_norm(net, x, norm, &(BatchNormSettings){.epsilon = 1e-5F, .relu = true});
}

static Status build(Net *net, const ModelSettings *settings, size_t batch, NetworkNodes *nodes)
{
    const OwnSettings own = own_settings(settings);
    nodes->image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    NodeId x = block(net, nodes->image, "features.0", "features.1", own.channels);
    x = block(net, x, "features.2", "features.3", 2 * own.channels);
    x = net_dropout(net, net_mean(net, x), "dropout", (float)own.dropout);
    x = net_linear(net, x, "classifier", &(LinearSettings){.outputs = settings->classes + 1});
    nodes->outputs[0] = net_output(net, x);
    return STATUS_OK;
}

static size_t narrowest(const ModelSettings *settings)
{
    return own_settings(settings).channels;
}

static bool is_classifier(const char *parameter)
{
    return strncmp(parameter, "classifier.", 11) == 0;
}

static bool is_feature(const char *parameter)
{
    return !is_classifier(parameter);
}

extern const Architecture tiny_classifier_architecture;
const Architecture tiny_classifier_architecture = {
    .name = "tiny_classifier",
    .task = "classification",
    .input = {{123.0F, 117.0F, 104.0F}, {58.0F, 57.0F, 57.5F}, .letterbox = true},
    .default_size = 48,
    .row_count = sizeof rows / sizeof *rows,
    .rows = rows,
    .attribute_count = sizeof attributes / sizeof *attributes,
    .attributes = attributes,
    .check = check,
    .build = build,
    .narrowest = narrowest,
    .is_frozen_by_local = is_feature,
    .depends_on_classes = is_classifier,
};
