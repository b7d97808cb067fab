/* Inception-v3 (Szegedy et al. 2016) with its auxiliary head, as torchvision builds it: names,
 * shapes and initial values are torchvision's.
 *
 * Blocks of parallel branches whose channels are put side by side: A at 35x35 pixels, B reduces, C
 * at 17x17 with 7x7 kernels split into 1x7 and 7x1, D reduces, E at 8x8. Means over 3x3 pixels
 * count the border (torch's avg_pool2d). The auxiliary head stands on the 17x17 map and takes
 * no smaller one: its 5x5 means of stride 3 leave 5x5 pixels for a 5x5 convolution. So it needs an
 * input of at least 299. It is built in inference too, a thousandth of the work, so that there is
 * one list of parameters.
 *
 * Channels are written for base 32 and follow `base` in proportion.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "model/architecture.h"
#include "model/classifier.h"

enum { BASE = 32, BASE_STEP = 2, NAME_BYTES = 64 };
enum { SMALLEST_SIZE = 75, SMALLEST_WITH_AUXILIARY = 299 };

typedef struct {
    size_t base; /* channels of the stem */
    double dropout;
    bool auxiliary;
} OwnSettings;
static_assert(sizeof(OwnSettings) <= ARCHITECTURE_SETTINGS_BYTES, "they fit");

static OwnSettings own_settings(const ModelSettings *settings)
{
    OwnSettings own;
    memcpy(&own, settings->own, sizeof own);
    return own;
}

/* The graph, how wide it is, and the block that is being built ("Mixed_5b."). */
typedef struct {
    Net *net;
    size_t base;
    char block[NAME_BYTES / 2];
} Builder;

typedef struct {
    size_t kernel_h, kernel_w, stride, pad_h, pad_w;
} Window;

/* Of stride 1, and as large a map as before: k x k, or along one axis. */
#define SAME(h, w) ((Window){(h), (w), 1, (h) / 2, (w) / 2})
/* Without a border. */
#define INSIDE(k, s) ((Window){(k), (k), (s), 0, 0})

/* torchvision's BasicConv2d: convolution, batch norm of epsilon 1e-3, ReLU. It draws weights with
 * deviation 0.1, cut at 2: twenty deviations, where our normal numbers end long before. */
static NodeId unit(const Builder *b, NodeId x, const char *name, size_t channels, Window window)
{
    char full[NAME_BYTES];
    snprintf(full, sizeof full, "%s%s.conv", b->block, name);
    x = net_convolution(b->net, x, full,
                        &(ConvolutionSettings){.output_channels = channels * b->base / BASE,
                                               .kernel_h = window.kernel_h,
                                               .kernel_w = window.kernel_w,
                                               .stride = window.stride,
                                               .pad_h = window.pad_h,
                                               .pad_w = window.pad_w,
                                               .weight = {INITIAL_NORMAL, 0.1F}});
    snprintf(full, sizeof full, "%s%s.bn", b->block, name);
    return net_batch_norm(b->net, x, full, &(BatchNormSettings){.epsilon = 1e-3, .relu = true});
}

static NodeId max_pool(const Builder *b, NodeId x)
{
    return net_max_pool_2d(b->net, x, &(PoolSettings){.kernel_h = 3, .kernel_w = 3, .stride = 2});
}

/* The branch of the mean over 3x3 pixels. */
static NodeId pool_branch(const Builder *b, NodeId x, size_t channels)
{
    x = net_average_pool(b->net, x,
                         &(PoolSettings){.kernel_h = 3, .kernel_w = 3, .pad_h = 1, .pad_w = 1});
    return unit(b, x, "branch_pool", channels, SAME(1, 1));
}

#define CONCAT(b, ...)                                                                             \
    net_concat_channels((b)->net, sizeof((NodeId[]){__VA_ARGS__}) / sizeof(NodeId),                \
                        (NodeId[]){__VA_ARGS__})

static NodeId block_a(const Builder *b, NodeId x, size_t pool_channels)
{
    NodeId one = unit(b, x, "branch1x1", 64, SAME(1, 1));
    NodeId five = unit(b, x, "branch5x5_1", 48, SAME(1, 1));
    five = unit(b, five, "branch5x5_2", 64, SAME(5, 5));
    NodeId twice = unit(b, x, "branch3x3dbl_1", 64, SAME(1, 1));
    twice = unit(b, twice, "branch3x3dbl_2", 96, SAME(3, 3));
    twice = unit(b, twice, "branch3x3dbl_3", 96, SAME(3, 3));
    return CONCAT(b, one, five, twice, pool_branch(b, x, pool_channels));
}

static NodeId block_b(const Builder *b, NodeId x)
{
    NodeId three = unit(b, x, "branch3x3", 384, INSIDE(3, 2));
    NodeId twice = unit(b, x, "branch3x3dbl_1", 64, SAME(1, 1));
    twice = unit(b, twice, "branch3x3dbl_2", 96, SAME(3, 3));
    twice = unit(b, twice, "branch3x3dbl_3", 96, INSIDE(3, 2));
    return CONCAT(b, three, twice, max_pool(b, x));
}

static NodeId block_c(const Builder *b, NodeId x, size_t middle)
{
    NodeId one = unit(b, x, "branch1x1", 192, SAME(1, 1));
    NodeId seven = unit(b, x, "branch7x7_1", middle, SAME(1, 1));
    seven = unit(b, seven, "branch7x7_2", middle, SAME(1, 7));
    seven = unit(b, seven, "branch7x7_3", 192, SAME(7, 1));
    NodeId twice = unit(b, x, "branch7x7dbl_1", middle, SAME(1, 1));
    twice = unit(b, twice, "branch7x7dbl_2", middle, SAME(7, 1));
    twice = unit(b, twice, "branch7x7dbl_3", middle, SAME(1, 7));
    twice = unit(b, twice, "branch7x7dbl_4", middle, SAME(7, 1));
    twice = unit(b, twice, "branch7x7dbl_5", 192, SAME(1, 7));
    return CONCAT(b, one, seven, twice, pool_branch(b, x, 192));
}

static NodeId block_d(const Builder *b, NodeId x)
{
    NodeId three = unit(b, x, "branch3x3_1", 192, SAME(1, 1));
    three = unit(b, three, "branch3x3_2", 320, INSIDE(3, 2));
    NodeId seven = unit(b, x, "branch7x7x3_1", 192, SAME(1, 1));
    seven = unit(b, seven, "branch7x7x3_2", 192, SAME(1, 7));
    seven = unit(b, seven, "branch7x7x3_3", 192, SAME(7, 1));
    seven = unit(b, seven, "branch7x7x3_4", 192, INSIDE(3, 2));
    return CONCAT(b, three, seven, max_pool(b, x));
}

static NodeId block_e(const Builder *b, NodeId x)
{
    NodeId one = unit(b, x, "branch1x1", 320, SAME(1, 1));
    NodeId three = unit(b, x, "branch3x3_1", 384, SAME(1, 1));
    NodeId wide = unit(b, three, "branch3x3_2a", 384, SAME(1, 3));
    NodeId tall = unit(b, three, "branch3x3_2b", 384, SAME(3, 1));
    NodeId twice = unit(b, x, "branch3x3dbl_1", 448, SAME(1, 1));
    twice = unit(b, twice, "branch3x3dbl_2", 384, SAME(3, 3));
    NodeId twice_wide = unit(b, twice, "branch3x3dbl_3a", 384, SAME(1, 3));
    NodeId twice_tall = unit(b, twice, "branch3x3dbl_3b", 384, SAME(3, 1));
    return CONCAT(b, one, wide, tall, twice_wide, twice_tall, pool_branch(b, x, 192));
}

/* The block "Mixed_PLACE". */
static const Builder *enter(Builder *b, const char *place)
{
    snprintf(b->block, sizeof b->block, "Mixed_%s.", place);
    return b;
}

/* 299 pixels to 35. */
static NodeId stem(const Builder *b, NodeId x)
{
    x = unit(b, x, "Conv2d_1a_3x3", 32, INSIDE(3, 2));
    x = unit(b, x, "Conv2d_2a_3x3", 32, INSIDE(3, 1));
    x = unit(b, x, "Conv2d_2b_3x3", 64, SAME(3, 3));
    x = max_pool(b, x);
    x = unit(b, x, "Conv2d_3b_1x1", 80, INSIDE(1, 1));
    x = unit(b, x, "Conv2d_4a_3x3", 192, INSIDE(3, 1));
    return max_pool(b, x);
}

/* Logits from the 17x17 map. torchvision also asks for a deviation of 0.01 in the 5x5 convolution,
 * but where its initialisation does not look. */
static NodeId auxiliary_head(Builder *b, NodeId x, size_t classes)
{
    snprintf(b->block, sizeof b->block, "AuxLogits.");
    x = net_average_pool(b->net, x, &(PoolSettings){.kernel_h = 5, .kernel_w = 5, .stride = 3});
    x = unit(b, x, "conv0", 128, INSIDE(1, 1));
    x = net_mean(b->net, unit(b, x, "conv1", 768, INSIDE(5, 1)));
    return classifier_logits(b->net, x, "AuxLogits.fc", classes, (Initial){INITIAL_NORMAL, 0.001F});
}

/* To the 17x17 map, from which the auxiliary head reads. */
static NodeId first_blocks(Builder *b, NodeId x)
{
    x = stem(b, x);
    x = block_a(enter(b, "5b"), x, 32);
    x = block_a(enter(b, "5c"), x, 64);
    x = block_a(enter(b, "5d"), x, 64);
    x = block_b(enter(b, "6a"), x);
    x = block_c(enter(b, "6b"), x, 128);
    x = block_c(enter(b, "6c"), x, 160);
    x = block_c(enter(b, "6d"), x, 160);
    return block_c(enter(b, "6e"), x, 192);
}

static NodeId last_blocks(Builder *b, NodeId x)
{
    x = block_d(enter(b, "7a"), x);
    x = block_e(enter(b, "7b"), x);
    x = block_e(enter(b, "7c"), x);
    return net_mean(b->net, x);
}

static Status build_features(Net *net, const ModelSettings *settings, size_t batch, NodeId *image,
                             NodeId *features)
{
    Builder b = {.net = net, .base = own_settings(settings).base};
    *image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    *features = last_blocks(&b, first_blocks(&b, *image));
    return STATUS_OK;
}

static Status build(Net *net, const ModelSettings *settings, size_t batch, NetworkNodes *nodes)
{
    const OwnSettings own = own_settings(settings);
    Builder b = {.net = net, .base = own.base};
    nodes->image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    NodeId x = first_blocks(&b, nodes->image), auxiliary = NETWORK_NO_OUTPUT;
    if (own.auxiliary)
        auxiliary = net_output(net, auxiliary_head(&b, x, settings->classes));
    x = net_dropout(net, last_blocks(&b, x), "dropout", own.dropout);
    x = classifier_logits(net, x, "fc", settings->classes, (Initial){INITIAL_NORMAL, 0.1F});
    classifier_outputs(nodes, net_output(net, x), auxiliary);
    return STATUS_OK;
}

/* ---- the architecture ---- */

static const SettingRow rows[] = {
    CLASSIFIER_BASE_ROW("32", BASE_STEP),
    CLASSIFIER_DROPOUT_ROW,
    {.section = "model",
     .key = "auxiliary",
     .kind = SETTING_FLAG,
     .offset = offsetof(OwnSettings, auxiliary),
     .otherwise = "true"},
};

static const ModelAttribute attributes[] = {
    {"base", offsetof(OwnSettings, base), BASE, false},
    {"auxiliary", offsetof(OwnSettings, auxiliary), true, true},
};

static Status check(const ModelSettings *settings)
{
    const OwnSettings own = own_settings(settings);
    /* 48 and 80 of 32 have to come out whole. */
    if (own.base % BASE_STEP)
        FAIL(STATUS_ARGUMENT, "base: %zu (expected an even number)", own.base);
    if (own.auxiliary && settings->size < SMALLEST_WITH_AUXILIARY)
        FAIL(STATUS_ARGUMENT,
             "size: %zu (expected at least %d, which the auxiliary head needs; or auxiliary: false "
             "and at least %d)",
             settings->size, SMALLEST_WITH_AUXILIARY, SMALLEST_SIZE);
    return classifier_check_size(settings, SMALLEST_SIZE);
}

static bool has_auxiliary(const ModelSettings *settings)
{
    return own_settings(settings).auxiliary;
}

static size_t narrowest(const ModelSettings *settings)
{
    return own_settings(settings).base;
}

static bool is_last_layer(const char *parameter)
{
    return strncmp(parameter, "fc.", 3) == 0 || strncmp(parameter, "AuxLogits.fc.", 13) == 0;
}

static bool is_before_last_layer(const char *parameter)
{
    return !is_last_layer(parameter);
}

extern const Architecture inception_v3_architecture;
const Architecture inception_v3_architecture = {
    .name = "inception_v3",
    .task = "classification",
    .input = {{127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F}, .letterbox = false},
    .default_size = SMALLEST_WITH_AUXILIARY,
    .row_count = sizeof rows / sizeof *rows,
    .rows = rows,
    .attribute_count = sizeof attributes / sizeof *attributes,
    .attributes = attributes,
    .check = check,
    .build = build,
    .features = build_features,
    .has_auxiliary = has_auxiliary,
    .narrowest = narrowest,
    .is_frozen_by_local = is_before_last_layer,
    .depends_on_classes = is_last_layer,
};
