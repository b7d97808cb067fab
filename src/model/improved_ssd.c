/* See improved_ssd.h; at the end, what the rest of the program knows of this network. */
#include "model/improved_ssd.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/architecture.h"
#include "model/detection_head.h"
#include "model/resnet_v2.h"
#include "model/rfpn.h"
#include "model/seg_branch.h"

enum { SMALLEST_SIZE = 64, LARGEST_SIZE = 512, SIZE_STEP = 32, PAPER_SIZE = 300 };
enum { BASE_STEP = 4, LARGEST_BASE = 256, LARGEST_WIDTH = 3, MOST_RECURSION = 4 };

static Status check(const ImprovedSsdSettings *settings)
{
    size_t size = settings->size;
    if (size != PAPER_SIZE && (size % SIZE_STEP || size < SMALLEST_SIZE || size > LARGEST_SIZE))
        FAIL(STATUS_ARGUMENT, "size: %zu (expected 300 or a multiple of 32 from 64 to 512)", size);
    /* A quarter of the pyramid's channels goes to each view of the pooling pyramid. */
    if (settings->base < BASE_STEP || settings->base > LARGEST_BASE || settings->base % BASE_STEP)
        FAIL(STATUS_ARGUMENT, "base: %zu (expected a multiple of %d up to %d)", settings->base,
             BASE_STEP, LARGEST_BASE);
    if (!settings->classes)
        FAIL(STATUS_ARGUMENT, "0 classes (expected at least 1)");
    if (!settings->recursion_steps || settings->recursion_steps > MOST_RECURSION)
        FAIL(STATUS_ARGUMENT, "recursion_steps: %zu (expected 1 to %d)", settings->recursion_steps,
             MOST_RECURSION);
    if (!backbone_units(settings->backbone.depth) || !settings->backbone.width ||
        settings->backbone.width > LARGEST_WIDTH)
        FAIL(STATUS_ARGUMENT,
             "backbone of depth %zu and width %zu (expected 50, 100 or 150; 1 to %d)",
             settings->backbone.depth, settings->backbone.width, LARGEST_WIDTH);
    return STATUS_OK;
}

Status improved_ssd_build(Net *net, const ImprovedSsdSettings *settings, size_t batch,
                          ImprovedSsd *network)
{
    TRY(check(settings));
    const ResnetSettings resnet = {settings->backbone, settings->base};
    NodeId levels[RESNET_TAPS];
    network->image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    rfpn(net, network->image, &resnet, settings->recursion_steps, levels);
    SegBranch branch = {0};
    if (!settings->without_masks) {
        branch = seg_branch(net, levels, !settings->without_attention);
        if (!settings->without_attention)
            levels[0] = net_multiply(net, levels[0], branch.attention);
    }
    const HeadSettings reading = {settings->classes, settings->background, "loc", "cls"};
    DetectionHead head = detection_head(net, RESNET_TAPS, levels, &reading);
    network->location = net_output(net, head.location);
    network->classification = net_output(net, head.classification);
    if (!settings->without_masks)
        network->mask = net_output(net, branch.mask_logit);
    return STATUS_OK;
}

/* ---- the architecture ---- */

/* What ModelSettings.own holds. */
typedef struct {
    Backbone backbone;
    size_t base, recursion_steps;
    bool segmentation, attention, background;
} OwnSettings;
static_assert(sizeof(OwnSettings) <= ARCHITECTURE_SETTINGS_BYTES, "they fit");

static ImprovedSsdSettings whole_settings(const ModelSettings *settings)
{
    OwnSettings own;
    memcpy(&own, settings->own, sizeof own);
    return (ImprovedSsdSettings){.backbone = own.backbone,
                                 .base = own.base,
                                 .classes = settings->classes,
                                 .recursion_steps = own.recursion_steps,
                                 .size = settings->size,
                                 .without_masks = settings->without_masks || !own.segmentation,
                                 .without_attention = !own.attention,
                                 .background = own.background};
}

static Status read_backbone(const char *text, void *field)
{
    return backbone_parse(text, field);
}

static void write_backbone(const void *field, char text[SETTING_TEXT_BYTES])
{
    const Backbone *backbone = field;
    snprintf(text, SETTING_TEXT_BYTES, "r%zux%zu", backbone->depth, backbone->width);
}

static const SettingRow rows[] = {
    {.section = "model",
     .key = "backbone",
     .kind = SETTING_OWN,
     .offset = offsetof(OwnSettings, backbone),
     .otherwise = "r50x1",
     .read = read_backbone,
     .write = write_backbone,
     .in_title = true},
    {.section = "model",
     .key = "base",
     .kind = SETTING_COUNT,
     .offset = offsetof(OwnSettings, base),
     .otherwise = "64",
     .least = BASE_STEP,
     .most = LARGEST_BASE},
    {.section = "model",
     .key = "recursion_steps",
     .kind = SETTING_COUNT,
     .offset = offsetof(OwnSettings, recursion_steps),
     .otherwise = "2",
     .least = 1,
     .most = MOST_RECURSION},
    {.section = "model",
     .key = "segmentation",
     .kind = SETTING_FLAG,
     .offset = offsetof(OwnSettings, segmentation),
     .otherwise = "true",
     .before = "true"},
    {.section = "model",
     .key = "attention",
     .kind = SETTING_FLAG,
     .offset = offsetof(OwnSettings, attention),
     .otherwise = "true",
     .when = "model.segmentation",
     .is = "true",
     .before = "true"},
    {.section = "loss",
     .key = "classification_loss",
     .kind = SETTING_OWN,
     .offset = offsetof(OwnSettings, background),
     .otherwise = "focal",
     .read = detection_head_read_loss,
     .write = detection_head_write_loss,
     .before = "focal"},
};

static const ModelAttribute attributes[] = {
    {"depth", offsetof(OwnSettings, backbone.depth), 0, false},
    {"width", offsetof(OwnSettings, backbone.width), 0, false},
    {"base", offsetof(OwnSettings, base), 64, false},
    {"steps", offsetof(OwnSettings, recursion_steps), 0, false},
    {"segmentation", offsetof(OwnSettings, segmentation), 1, true},
    {"attention", offsetof(OwnSettings, attention), 1, true},
    {"background", offsetof(OwnSettings, background), 0, true},
};

static Status check_settings(const ModelSettings *settings)
{
    const ImprovedSsdSettings whole = whole_settings(settings);
    return check(&whole);
}

static Status build(Net *net, const ModelSettings *settings, size_t batch, NetworkNodes *nodes)
{
    const ImprovedSsdSettings whole = whole_settings(settings);
    ImprovedSsd network;
    TRY(improved_ssd_build(net, &whole, batch, &network));
    *nodes = (NetworkNodes){.image = network.image,
                            .outputs = {network.location, network.classification,
                                        whole.without_masks ? NETWORK_NO_OUTPUT : network.mask}};
    return STATUS_OK;
}

/* The mean of the last tap. With the means of all three the first ones, in which colours and
 * textures stand, agree before the last one has learnt anything (docs/self-supervision.md). */
static Status build_features(Net *net, const ModelSettings *settings, size_t batch, NodeId *image,
                             NodeId *features)
{
    const ImprovedSsdSettings whole = whole_settings(settings);
    const ResnetSettings resnet = {whole.backbone, whole.base};
    *image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    *features = net_mean(net, resnet_v2_last(net, resnet_v2_low(net, *image, &resnet), &resnet));
    return STATUS_OK;
}

static bool gives_masks(const ModelSettings *settings)
{
    return !whole_settings(settings).without_masks;
}

static size_t narrowest(const ModelSettings *settings)
{
    return whole_settings(settings).base;
}

/* AdamW moves every weight by about the rate, whatever its gradient, so the outputs of a layer move
 * with the number of its inputs: narrow networks take, and need, a higher rate. Between no rule and
 * the reciprocal of the width (Yang et al. 2021, Tensor Programs V) its root is what was seen to
 * train at base 4, 16 and 64 (docs/experiments.md). Four decimals. */
static double learning_rate(const ModelSettings *settings)
{
    return round(10 * sqrt(64.0 / (double)whole_settings(settings).base)) / 1e4;
}

/* The backbone, except its feedback convolutions and tap norms. */
static bool is_frozen_by_local(const char *parameter)
{
    return strncmp(parameter, "backbone.", 9) == 0 && !strstr(parameter, ".feedback.") &&
           !strstr(parameter, ".tap_gn.");
}

static bool scales_a_branch(const char *parameter)
{
    return strstr(parameter, ".gn3.weight") != NULL;
}

static bool depends_on_classes(const char *parameter)
{
    return strncmp(parameter, "cls.", 4) == 0;
}

/* A larger input has more levels, and the last two have fewer priors than those before them. */
static bool depends_on_size(const char *parameter)
{
    return strncmp(parameter, "extra.", 6) == 0 || strncmp(parameter, "loc.", 4) == 0 ||
           depends_on_classes(parameter);
}

extern const Architecture improved_ssd_architecture;
const Architecture improved_ssd_architecture = {
    .name = "improved_ssd",
    .task = "lesion_detection",
    .input = {{127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F}, .letterbox = false},
    .default_size = PAPER_SIZE,
    .row_count = sizeof rows / sizeof *rows,
    .rows = rows,
    .attribute_count = sizeof attributes / sizeof *attributes,
    .attributes = attributes,
    .check = check_settings,
    .build = build,
    .features = build_features,
    .gives_masks = gives_masks,
    .narrowest = narrowest,
    .learning_rate = learning_rate,
    .is_frozen_by_local = is_frozen_by_local,
    .scales_a_branch = scales_a_branch,
    .depends_on_classes = depends_on_classes,
    .depends_on_size = depends_on_size,
};
