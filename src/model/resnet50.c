/* ResNet-50 (He et al. 2016), the post-activation network of torchvision: the stride of a unit is
 * on its 3x3 ("v1.5"), batch norm everywhere. Names, shapes and initial values are torchvision's.
 *
 * The improved SSD's backbone, resnet_v2.c, is another network: norms before convolutions, groups,
 * standardised weights.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/architecture.h"
#include "model/classifier.h"

enum { BASE = 64, STAGES = 4, SMALLEST_SIZE = 32, NAME_BYTES = 48 };

typedef struct {
    size_t base; /* channels of the stem */
} OwnSettings;
static_assert(sizeof(OwnSettings) <= ARCHITECTURE_SETTINGS_BYTES, "they fit");

static OwnSettings own_settings(const ModelSettings *settings)
{
    OwnSettings own;
    memcpy(&own, settings->own, sizeof own);
    return own;
}

/* A convolution and its norm; the unit's PART.CONVOLUTION and PART.NORM. */
static NodeId norm_of_convolution(Net *net, NodeId x, const char *names[2], size_t channels,
                                  size_t kernel, size_t stride, bool relu)
{
    x = net_convolution(net, x, names[0],
                        &(ConvolutionSettings){.output_channels = channels,
                                               .kernel_h = kernel,
                                               .kernel_w = kernel,
                                               .stride = stride,
                                               .pad_h = kernel / 2,
                                               .pad_w = kernel / 2,
                                               .weight = {INITIAL_HE_NORMAL_FAN_OUT, 0}});
    return net_batch_norm(net, x, names[1], &(BatchNormSettings){.relu = relu});
}

static NodeId unit_layer(Net *net, NodeId x, const char *unit, const char *convolution,
                         const char *norm, size_t channels, size_t kernel, size_t stride, bool relu)
{
    char names[2][NAME_BYTES];
    snprintf(names[0], NAME_BYTES, "%s.%s", unit, convolution);
    snprintf(names[1], NAME_BYTES, "%s.%s", unit, norm);
    return norm_of_convolution(net, x, (const char *[]){names[0], names[1]}, channels, kernel,
                               stride, relu);
}

/* relu(bn3(conv3(...)) + shortcut) */
static NodeId bottleneck(Net *net, NodeId x, const char *unit, size_t middle, size_t stride)
{
    const size_t output = 4 * middle;
    NodeId shortcut = x;
    NodeId y = unit_layer(net, x, unit, "conv1", "bn1", middle, 1, 1, true);
    y = unit_layer(net, y, unit, "conv2", "bn2", middle, 3, stride, true);
    y = unit_layer(net, y, unit, "conv3", "bn3", output, 1, 1, false);
    if (stride != 1 || net_shape(net, x).c != output)
        shortcut =
            unit_layer(net, x, unit, "downsample.0", "downsample.1", output, 1, stride, false);
    return net_relu(net, net_add(net, y, shortcut));
}

static Status build_features(Net *net, const ModelSettings *settings, size_t batch, NodeId *image,
                             NodeId *features)
{
    static const size_t units[STAGES] = {3, 4, 6, 3};
    const size_t base = own_settings(settings).base;
    *image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    NodeId x = norm_of_convolution(net, *image, (const char *[]){"conv1", "bn1"}, base, 7, 2, true);
    x = net_max_pool_2d(
        net, x, &(PoolSettings){.kernel_h = 3, .kernel_w = 3, .stride = 2, .pad_h = 1, .pad_w = 1});
    for (size_t stage = 0; stage < STAGES; ++stage)
        for (size_t unit = 0; unit < units[stage]; ++unit) {
            char name[NAME_BYTES];
            snprintf(name, sizeof name, "layer%zu.%zu", stage + 1, unit);
            x = bottleneck(net, x, name, base << stage, stage > 0 && unit == 0 ? 2 : 1);
        }
    *features = net_mean(net, x);
    return STATUS_OK;
}

static Status build(Net *net, const ModelSettings *settings, size_t batch, NetworkNodes *nodes)
{
    NodeId x;
    TRY(build_features(net, settings, batch, &nodes->image, &x));
    /* PyTorch's own start of a linear layer: He's uniform one with slope sqrt(5). */
    const Initial weight = {INITIAL_UNIFORM, 1 / sqrtf((float)net_shape(net, x).c)};
    x = classifier_logits(net, x, "fc", settings->classes, weight);
    classifier_outputs(nodes, net_output(net, x), NETWORK_NO_OUTPUT);
    return STATUS_OK;
}

/* ---- the architecture ---- */

static const SettingRow rows[] = {CLASSIFIER_BASE_ROW("64", 1)};

static const ModelAttribute attributes[] = {{"base", offsetof(OwnSettings, base), BASE, false}};

static Status check(const ModelSettings *settings)
{
    return classifier_check_size(settings, SMALLEST_SIZE);
}

static size_t narrowest(const ModelSettings *settings)
{
    return own_settings(settings).base;
}

static bool is_last_layer(const char *parameter)
{
    return strncmp(parameter, "fc.", 3) == 0;
}

static bool is_before_last_layer(const char *parameter)
{
    return !is_last_layer(parameter);
}

extern const Architecture resnet50_architecture;
const Architecture resnet50_architecture = {
    .name = "resnet50",
    .task = "classification",
    .input = CLASSIFIER_IMAGENET_FORM,
    .default_size = 224,
    .row_count = sizeof rows / sizeof *rows,
    .rows = rows,
    .attribute_count = sizeof attributes / sizeof *attributes,
    .attributes = attributes,
    .check = check,
    .build = build,
    .features = build_features,
    .narrowest = narrowest,
    .is_frozen_by_local = is_before_last_layer,
    .depends_on_classes = is_last_layer,
};
