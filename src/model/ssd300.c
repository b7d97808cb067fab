/* SSD300 (Liu et al. 2016) on VGG16: the plain detector that the improved SSD is measured against.
 *
 *     VGG16 to conv4_3 -> L2 norm  level 0     conv8, conv9, ...: 1x1 to half the channels, then
 *     conv5, fc6, fc7              level 1     3x3; below it further levels, until one is 1 x 1
 *
 * It finds boxes and classes; there is no mask. Parameters have the names and shapes of
 * torchvision's ssd300_vgg16; the input is as there and in Caffe: RGB less the mean, not divided.
 * `base` channels of the first convolution, 64 in the paper, scale all others.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "model/architecture.h"
#include "model/detection_head.h"

enum { SMALLEST_SIZE = 64, LARGEST_SIZE = 512, SIZE_STEP = 32, PAPER_SIZE = 300 };
enum { BASE_STEP = 4, LARGEST_BASE = 256, LEVELS_MOST = 8, NAME_BYTES = 64 };

/* What ModelSettings.own holds. */
typedef struct {
    size_t base;
    bool background;
} OwnSettings;
static_assert(sizeof(OwnSettings) <= ARCHITECTURE_SETTINGS_BYTES, "they fit");

static OwnSettings own_settings(const ModelSettings *settings)
{
    OwnSettings own;
    memcpy(&own, settings->own, sizeof own);
    return own;
}

/* ---- the graph ---- */

/* A square convolution with bias, and a ReLU; NAME.INDEX. */
static NodeId convolve(Net *net, NodeId x, const char *name, size_t index, size_t channels,
                       size_t kernel, ConvolutionSettings settings)
{
    char full[NAME_BYTES];
    snprintf(full, sizeof full, "%s.%zu", name, index);
    settings.output_channels = channels;
    settings.kernel_h = settings.kernel_w = kernel;
    settings.bias = true;
    return net_relu(net, net_convolution(net, x, full, &settings));
}

/* `count` 3x3 convolutions, numbered with the ReLUs between them, from *index on. */
static NodeId block(Net *net, NodeId x, const char *name, size_t *index, size_t count,
                    size_t channels)
{
    const ConvolutionSettings same = {.pad_h = 1, .pad_w = 1};
    for (size_t i = 0; i < count; ++i, *index += 2)
        x = convolve(net, x, name, *index, channels, 3, same);
    return x;
}

static NodeId halve(Net *net, NodeId x)
{
    /* Only pool3 of 300 (75 -> 38) has a last window that reaches over the end. */
    return net_max_pool_2d(
        net, x, &(PoolSettings){.kernel_h = 2, .kernel_w = 2, .stride = 2, .ceil_mode = true});
}

/* VGG16 to conv4_3. */
static NodeId first_layers(Net *net, NodeId x, size_t base)
{
    static const size_t counts[] = {2, 2, 3, 3};
    size_t index = 0;
    for (size_t i = 0; i < 4; ++i) {
        x = block(net, x, "backbone.features", &index, counts[i], base << i);
        if (i < 3) {
            x = halve(net, x);
            ++index;
        }
    }
    return x;
}

/* conv5 of VGG16, and its first two linear layers as convolutions with holes. */
static NodeId last_layers(Net *net, NodeId x, size_t base)
{
    size_t index = 1; /* after the pooling */
    const ConvolutionSettings holes = {.pad_h = 6, .pad_w = 6, .dilation = 6};
    x = block(net, halve(net, x), "backbone.extra.0", &index, 3, 8 * base);
    x = net_max_pool_2d(net, x,
                        &(PoolSettings){.kernel_h = 3, .kernel_w = 3, .pad_h = 1, .pad_w = 1});
    x = convolve(net, x, "backbone.extra.0.7", 1, 16 * base, 3, holes);
    return convolve(net, x, "backbone.extra.0.7", 3, 16 * base, 1, (ConvolutionSettings){0});
}

/* Extra layer `index`, from 1: maps of 5 and 3 lose their border, larger ones are halved. */
static NodeId extra_layer(Net *net, NodeId x, size_t index, size_t base)
{
    char name[NAME_BYTES];
    const size_t side = net_shape(net, x).h, channels = index == 1 ? 8 * base : 4 * base;
    const bool whole = side == 5 || side == 3;
    const ConvolutionSettings shrinking = {
        .stride = whole ? 1 : 2, .pad_h = whole ? 0 : 1, .pad_w = whole ? 0 : 1};
    snprintf(name, sizeof name, "backbone.extra.%zu", index);
    x = convolve(net, x, name, 0, channels / 2, 1, (ConvolutionSettings){0});
    return convolve(net, x, name, 2, channels, 3, shrinking);
}

static Status check(const ModelSettings *settings)
{
    const size_t size = settings->size, base = own_settings(settings).base;
    if (size != PAPER_SIZE && (size % SIZE_STEP || size < SMALLEST_SIZE || size > LARGEST_SIZE))
        FAIL(STATUS_ARGUMENT, "size: %zu (expected 300 or a multiple of 32 from 64 to 512)", size);
    if (base < BASE_STEP || base > LARGEST_BASE || base % BASE_STEP)
        FAIL(STATUS_ARGUMENT, "base: %zu (expected a multiple of %d up to %d)", base, BASE_STEP,
             LARGEST_BASE);
    if (!settings->classes)
        FAIL(STATUS_ARGUMENT, "0 classes (expected at least 1)");
    return STATUS_OK;
}

static Status build(Net *net, const ModelSettings *settings, size_t batch, NetworkNodes *nodes)
{
    TRY(check(settings));
    const OwnSettings own = own_settings(settings);
    NodeId levels[LEVELS_MOST];
    size_t count = 2;
    NodeId image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    NodeId x = first_layers(net, image, own.base);
    levels[0] = net_l2_norm(net, x, "backbone", 20);
    levels[1] = last_layers(net, x, own.base);
    for (; net_shape(net, levels[count - 1]).h > 1 && count < LEVELS_MOST; ++count)
        levels[count] = extra_layer(net, levels[count - 1], count - 1, own.base);
    const HeadSettings reading = {settings->classes, own.background,
                                  "head.regression_head.module_list",
                                  "head.classification_head.module_list"};
    const DetectionHead head = detection_head_read(net, count, levels, &reading);
    *nodes = (NetworkNodes){.image = image,
                            .outputs = {net_output(net, head.location),
                                        net_output(net, head.classification), NETWORK_NO_OUTPUT}};
    return STATUS_OK;
}

/* All of VGG16 but the scale of the L2 norm, which is a level's own. */
static Status build_features(Net *net, const ModelSettings *settings, size_t batch, NodeId *image,
                             NodeId *features)
{
    const size_t base = own_settings(settings).base;
    *image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    *features = net_mean(net, last_layers(net, first_layers(net, *image, base), base));
    return STATUS_OK;
}

/* ---- the architecture ---- */

static const SettingRow rows[] = {
    {.section = "model",
     .key = "base",
     .kind = SETTING_COUNT,
     .offset = offsetof(OwnSettings, base),
     .otherwise = "64",
     .least = BASE_STEP,
     .most = LARGEST_BASE},
    {.section = "loss",
     .key = "classification_loss",
     .kind = SETTING_OWN,
     .offset = offsetof(OwnSettings, background),
     .otherwise = "softmax_hard_negatives",
     .read = detection_head_read_loss,
     .write = detection_head_write_loss},
};

static const ModelAttribute attributes[] = {
    {"base", offsetof(OwnSettings, base), 64, false},
    {"background", offsetof(OwnSettings, background), 1, true},
};

static bool gives_masks(const ModelSettings *settings)
{
    (void)settings;
    return false;
}

static size_t narrowest(const ModelSettings *settings)
{
    return own_settings(settings).base;
}

/* VGG16's own layers; not the scale of the L2 norm. */
static bool is_frozen_by_local(const char *parameter)
{
    return strncmp(parameter, "backbone.features.", 18) == 0 ||
           strncmp(parameter, "backbone.extra.0.", 17) == 0;
}

static bool depends_on_classes(const char *parameter)
{
    return strncmp(parameter, "head.classification_head.", 25) == 0;
}

/* A larger input has more levels, and the last two have fewer priors than those before them. */
static bool depends_on_size(const char *parameter)
{
    return strncmp(parameter, "head.", 5) == 0 ||
           (strncmp(parameter, "backbone.extra.", 15) == 0 && !is_frozen_by_local(parameter));
}

extern const Architecture ssd300_architecture;
const Architecture ssd300_architecture = {
    .name = "ssd300",
    .task = "lesion_detection",
    .input = {{123, 117, 104}, {1, 1, 1}, .letterbox = false},
    .default_size = PAPER_SIZE,
    .row_count = sizeof rows / sizeof *rows,
    .rows = rows,
    .attribute_count = sizeof attributes / sizeof *attributes,
    .attributes = attributes,
    .check = check,
    .build = build,
    .features = build_features,
    .gives_masks = gives_masks,
    .narrowest = narrowest,
    .is_frozen_by_local = is_frozen_by_local,
    .depends_on_classes = depends_on_classes,
    .depends_on_size = depends_on_size,
};
