/* VGG19 (Simonyan & Zisserman 2015, configuration E), plain and with batch norm.
 *
 * Sixteen 3x3 convolutions in five stages, each ended by a maximum over 2x2 pixels, 7x7 adaptive
 * means, and three linear layers. Names, shapes and initial values are those of torchvision's vgg19
 * and vgg19_bn: features.N counts convolutions, norms, ReLUs and pools alike.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "model/architecture.h"
#include "model/classifier.h"

enum { BASE = 64, STAGES = 5, WINDOWS = 7, SMALLEST_SIZE = 32, NAME_BYTES = 32 };

typedef struct {
    size_t base; /* channels of the first stage */
    double dropout;
} OwnSettings;
static_assert(sizeof(OwnSettings) <= ARCHITECTURE_SETTINGS_BYTES, "they fit");

static OwnSettings own_settings(const ModelSettings *settings)
{
    OwnSettings own;
    memcpy(&own, settings->own, sizeof own);
    return own;
}

/* Convolution, norm if there is one, and ReLU; *place is the next number of features. */
static NodeId layer(Net *net, NodeId x, size_t channels, bool norms, size_t *place)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "features.%zu", (*place)++);
    x = net_convolution(net, x, name,
                        &(ConvolutionSettings){.output_channels = channels,
                                               .kernel_h = 3,
                                               .kernel_w = 3,
                                               .pad_h = 1,
                                               .pad_w = 1,
                                               .bias = true,
                                               .weight = {INITIAL_HE_NORMAL_FAN_OUT, 0}});
    if (norms) {
        snprintf(name, sizeof name, "features.%zu", (*place)++);
        x = net_batch_norm(net, x, name, &(BatchNormSettings){.relu = true});
    } else {
        x = net_relu(net, x);
    }
    ++*place;
    return x;
}

static NodeId features(Net *net, NodeId x, size_t base, bool norms)
{
    static const struct {
        size_t layers, width; /* width: times base */
    } stages[STAGES] = {{2, 1}, {2, 2}, {4, 4}, {4, 8}, {4, 8}};
    size_t place = 0;
    for (size_t stage = 0; stage < STAGES; ++stage) {
        for (size_t i = 0; i < stages[stage].layers; ++i)
            x = layer(net, x, stages[stage].width * base, norms, &place);
        x = net_max_pool_2d(net, x, &(PoolSettings){.kernel_h = 2, .kernel_w = 2, .stride = 2});
        ++place;
    }
    return x;
}

static Status build_features(Net *net, const ModelSettings *settings, size_t batch, bool norms,
                             NodeId *image, NodeId *x)
{
    *image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    *x = features(net, *image, own_settings(settings).base, norms);
    return STATUS_OK;
}

static NodeId linear(Net *net, NodeId x, const char *name, size_t outputs)
{
    return net_linear(net, x, name,
                      &(LinearSettings){.outputs = outputs, .weight = {INITIAL_NORMAL, 0.01F}});
}

static Status build_vgg(Net *net, const ModelSettings *settings, size_t batch, bool norms,
                        NetworkNodes *nodes)
{
    const OwnSettings own = own_settings(settings);
    const size_t hidden = 64 * own.base;
    NodeId x;
    TRY(build_features(net, settings, batch, norms, &nodes->image, &x));
    x = net_adaptive_average_pool(net, x, WINDOWS, WINDOWS);
    x = net_relu(net, linear(net, x, "classifier.0", hidden));
    x = net_dropout(net, x, "classifier.2", own.dropout);
    x = net_relu(net, linear(net, x, "classifier.3", hidden));
    x = net_dropout(net, x, "classifier.5", own.dropout);
    x = linear(net, x, "classifier.6", settings->classes + 1);
    classifier_outputs(nodes, net_output(net, x), NETWORK_NO_OUTPUT);
    return STATUS_OK;
}

/* ---- the architectures ---- */

static const SettingRow rows[] = {CLASSIFIER_BASE_ROW("64", 1), CLASSIFIER_DROPOUT_ROW};

static const ModelAttribute attributes[] = {{"base", offsetof(OwnSettings, base), BASE, false}};

static Status check(const ModelSettings *settings)
{
    return classifier_check_size(settings, SMALLEST_SIZE);
}

static Status build_plain(Net *net, const ModelSettings *settings, size_t batch,
                          NetworkNodes *nodes)
{
    return build_vgg(net, settings, batch, false, nodes);
}

static Status build_with_norms(Net *net, const ModelSettings *settings, size_t batch,
                               NetworkNodes *nodes)
{
    return build_vgg(net, settings, batch, true, nodes);
}

/* The mean of the last map; the linear layers behind it read 7x7 means, which see where things are.
 */
static Status plain_features(Net *net, const ModelSettings *settings, size_t batch, NodeId *image,
                             NodeId *x)
{
    TRY(build_features(net, settings, batch, false, image, x));
    *x = net_mean(net, *x);
    return STATUS_OK;
}

static Status features_with_norms(Net *net, const ModelSettings *settings, size_t batch,
                                  NodeId *image, NodeId *x)
{
    TRY(build_features(net, settings, batch, true, image, x));
    *x = net_mean(net, *x);
    return STATUS_OK;
}

static size_t narrowest(const ModelSettings *settings)
{
    return own_settings(settings).base;
}

static bool is_last_layer(const char *parameter)
{
    return strncmp(parameter, "classifier.6.", 13) == 0;
}

static bool is_before_last_layer(const char *parameter)
{
    return !is_last_layer(parameter);
}

#define VGG19(its_name, its_build, its_features)                                                   \
    {                                                                                              \
        .name = (its_name), .task = "classification", .input = CLASSIFIER_IMAGENET_FORM,           \
        .default_size = 224, .row_count = sizeof rows / sizeof *rows, .rows = rows,                \
        .attribute_count = sizeof attributes / sizeof *attributes, .attributes = attributes,       \
        .check = check, .build = (its_build), .features = (its_features), .narrowest = narrowest,  \
        .is_frozen_by_local = is_before_last_layer, .depends_on_classes = is_last_layer,           \
    }

extern const Architecture vgg19_architecture, vgg19_bn_architecture;
const Architecture vgg19_architecture = VGG19("vgg19", build_plain, plain_features);
const Architecture vgg19_bn_architecture = VGG19("vgg19_bn", build_with_norms, features_with_norms);
