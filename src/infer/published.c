/* See published.h. Names as published in google-research/big_transfer (bit_pytorch/models.py) and
 * in timm (models/resnetv2.py, models/vgg.py). */
#include "infer/published.h"

#include <stdio.h>
#include <string.h>

#include "model/classifier.h"

/* ---- the improved SSD's backbone ---- */

/* The part of a unit that a name speaks of. */
typedef struct {
    size_t stage, unit;
    char layer[16], field[8]; /* "conv1", "weight" */
} UnitName;

static bool read_unit(const char *parameter, UnitName *unit)
{
    int end = 0;
    return sscanf(parameter, "backbone.stages.%zu.%zu.%15[a-z0-9].%7[a-z]%n", &unit->stage,
                  &unit->unit, unit->layer, unit->field, &end) == 4 &&
           parameter[end] == '\0';
}

/* What remains of the text behind the prefix, or NULL. */
static const char *behind(const char *text, const char *prefix)
{
    const size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* The norm before Big Transfer's head is that of the last tap; the other taps are not in it. */
static const char last_tap[] = "backbone.tap_gn.2.";

static const char *gamma_or_beta(const char *field)
{
    return strcmp(field, "weight") == 0 ? "gamma" : "beta";
}

static bool place_big_transfer(const char *parameter, PublishedTensor *tensor)
{
    static const char convolution[] = "standardized_conv2d/kernel";
    const char *field = behind(parameter, last_tap);
    UnitName unit;
    char *name = tensor->name;
    tensor->layout = PUBLISHED_HWIO;
    if (strcmp(parameter, "backbone.stem.weight") == 0) {
        snprintf(name, PUBLISHED_NAME_BYTES, "resnet/root_block/%s", convolution);
        return true;
    }
    if (field) {
        tensor->layout = PUBLISHED_SAME;
        snprintf(name, PUBLISHED_NAME_BYTES, "resnet/group_norm/%s", gamma_or_beta(field));
        return true;
    }
    if (!read_unit(parameter, &unit) || strcmp(unit.layer, "feedback") == 0)
        return false;
    const int used = snprintf(name, PUBLISHED_NAME_BYTES, "resnet/block%zu/unit%02zu/",
                              unit.stage + 1, unit.unit + 1);
    const size_t room = PUBLISHED_NAME_BYTES - (size_t)used;
    if (strcmp(unit.layer, "proj") == 0) {
        snprintf(name + used, room, "a/proj/%s", convolution);
        return true;
    }
    const char letter = (char)('a' + unit.layer[strlen(unit.layer) - 1] - '1');
    if (behind(unit.layer, "conv")) {
        snprintf(name + used, room, "%c/%s", letter, convolution);
    } else {
        tensor->layout = PUBLISHED_SAME;
        snprintf(name + used, room, "%c/group_norm/%s", letter, gamma_or_beta(unit.field));
    }
    return true;
}

static bool place_timm_resnet(const char *parameter, PublishedTensor *tensor)
{
    const char *field = behind(parameter, last_tap);
    UnitName unit;
    char *name = tensor->name;
    tensor->layout = PUBLISHED_SAME;
    if (strcmp(parameter, "backbone.stem.weight") == 0) {
        snprintf(name, PUBLISHED_NAME_BYTES, "stem.conv.weight");
        return true;
    }
    if (field) {
        snprintf(name, PUBLISHED_NAME_BYTES, "norm.%s", field);
        return true;
    }
    if (!read_unit(parameter, &unit) || strcmp(unit.layer, "feedback") == 0)
        return false;
    const char *number = behind(unit.layer, "gn");
    snprintf(name, PUBLISHED_NAME_BYTES, "stages.%zu.blocks.%zu.%s%s.%s", unit.stage, unit.unit,
             number                            ? "norm"
             : strcmp(unit.layer, "proj") == 0 ? "downsample.conv"
                                               : unit.layer,
             number ? number : "", unit.field);
    return true;
}

/* ---- classifiers ---- */

/* timm keeps VGG's linear layers as convolutions. */
static bool place_timm_vgg(const char *parameter, PublishedTensor *tensor)
{
    static const char *const layers[][2] = {{"classifier.0.", "pre_logits.fc1."},
                                            {"classifier.3.", "pre_logits.fc2."}};
    tensor->layout = PUBLISHED_SAME;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; ++i) {
        const char *field = behind(parameter, layers[i][0]);
        if (!field)
            continue;
        tensor->layout = strcmp(field, "weight") == 0 ? PUBLISHED_FLAT : PUBLISHED_SAME;
        snprintf(tensor->name, PUBLISHED_NAME_BYTES, "%s%s", layers[i][1], field);
        return true;
    }
    snprintf(tensor->name, PUBLISHED_NAME_BYTES, "%s", parameter);
    return behind(parameter, "features.") != NULL;
}

/* torchvision's, which are those of the networks here; so are timm's. */
static bool place_last_but_fc(const char *parameter, PublishedTensor *tensor)
{
    tensor->layout = PUBLISHED_SAME;
    snprintf(tensor->name, PUBLISHED_NAME_BYTES, "%s", parameter);
    return !behind(parameter, "fc.") && !behind(parameter, "AuxLogits.fc.");
}

static bool place_last_but_classifier(const char *parameter, PublishedTensor *tensor)
{
    tensor->layout = PUBLISHED_SAME;
    snprintf(tensor->name, PUBLISHED_NAME_BYTES, "%s", parameter);
    return !behind(parameter, "classifier.6.");
}

/* ---- SSD300's VGG16 ---- */

/* The two linear layers, which became convolutions, are called `hidden` there. */
static bool place_vgg16(const char *parameter, const char *const hidden[2], PublishedTensor *tensor)
{
    static const struct {
        const char *ours, *published;
    } layers[] = {{"backbone.features.", "features."},     {"backbone.extra.0.1.", "features.24."},
                  {"backbone.extra.0.3.", "features.26."}, {"backbone.extra.0.5.", "features.28."},
                  {"backbone.extra.0.7.1.", NULL},         {"backbone.extra.0.7.3.", NULL}};
    enum { LAYERS = sizeof layers / sizeof *layers };
    for (size_t i = 0; i < LAYERS; ++i) {
        const char *field = behind(parameter, layers[i].ours);
        if (!field)
            continue;
        const bool plain = layers[i].published != NULL;
        tensor->layout = plain ? PUBLISHED_SAME : PUBLISHED_DECIMATED;
        snprintf(tensor->name, PUBLISHED_NAME_BYTES, "%s%s",
                 plain ? layers[i].published : hidden[i + 2 - LAYERS], field);
        return true;
    }
    return false;
}

static bool place_torchvision_vgg16(const char *parameter, PublishedTensor *tensor)
{
    return place_vgg16(parameter, (const char *const[]){"classifier.0.", "classifier.3."}, tensor);
}

static bool place_timm_vgg16(const char *parameter, PublishedTensor *tensor)
{
    return place_vgg16(parameter, (const char *const[]){"pre_logits.fc1.", "pre_logits.fc2."},
                       tensor);
}

static const InputForm imagenet = CLASSIFIER_IMAGENET_FORM;

/* ---- darknet ---- */

static bool place_same(const char *parameter, PublishedTensor *tensor)
{
    tensor->layout = PUBLISHED_SAME;
    snprintf(tensor->name, PUBLISHED_NAME_BYTES, "%s", parameter);
    return true;
}

/* RGB from -1 to 1: what the crop layer of its vgg-16.cfg makes of 0 to 1. */
static const InputForm darknet_vgg = {{127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F}, false};

/* ---- the table ---- */

static const PublishedNames table[] = {
    {.title = "Big Transfer",
     .architectures = " improved_ssd ",
     .mark = "resnet/root_block/standardized_conv2d/kernel",
     .head = "resnet/head/",
     .place = place_big_transfer},
    {.title = "timm resnetv2",
     .architectures = " improved_ssd ",
     .mark = "stages.0.blocks.0.norm1.weight",
     .head = "head.",
     .place = place_timm_resnet},
    {.title = "torchvision vgg16",
     .architectures = " ssd300 ",
     .mark = "classifier.6.weight",
     .head = "classifier.6.",
     .place = place_torchvision_vgg16,
     .input = &imagenet,
     .first = "backbone.features.0"},
    {.title = "timm vgg16",
     .architectures = " ssd300 ",
     .mark = "pre_logits.fc1.weight",
     .head = "head.",
     .place = place_timm_vgg16,
     .input = &imagenet,
     .first = "backbone.features.0"},
    {.title = "torchvision vgg19",
     .architectures = " vgg19 vgg19_bn ",
     .mark = "classifier.6.weight",
     .head = "classifier.6.",
     .place = place_last_but_classifier},
    {.title = "timm vgg19",
     .architectures = " vgg19 vgg19_bn ",
     .mark = "pre_logits.fc1.weight",
     .head = "head.",
     .place = place_timm_vgg},
    {.title = "torchvision or timm",
     .architectures = " resnet50 inception_v3 ",
     .mark = "fc.weight",
     .head = "fc.",
     .place = place_last_but_fc},
    {.title = "darknet",
     .architectures = " yolov3 yolov3_tiny ",
     .head = "head.",
     .place = place_same},
    {.title = "darknet vgg19",
     .architectures = " vgg19 ",
     .head = "head.",
     .place = place_last_but_classifier,
     .input = &darknet_vgg,
     .first = "features.0"},
    {.title = "darknet vgg16",
     .architectures = " ssd300 ",
     .head = "head.",
     .place = place_torchvision_vgg16,
     .input = &darknet_vgg,
     .first = "backbone.features.0"},
};

size_t published_count(void)
{
    return sizeof table / sizeof *table;
}

const PublishedNames *published_at(size_t position)
{
    return &table[position];
}

bool published_serves(const PublishedNames *names, const char *architecture)
{
    char padded[64];
    snprintf(padded, sizeof padded, " %s ", architecture);
    return strstr(names->architectures, padded) != NULL;
}

/* ---- the order of the numbers ---- */

enum { EVERY = 4, WINDOWS = 7, EVERY_WINDOW = 3 };

/* Numbers of an output in the layer before it was decimated. */
static size_t whole_inputs(const Parameter *parameter)
{
    const size_t inputs = parameter->rank > 1 ? parameter->dims[1] : 1;
    return parameter->rank == 1      ? 1
           : parameter->dims[3] == 1 ? EVERY * inputs
                                     : WINDOWS * WINDOWS * inputs;
}

static bool decimated_fits(const Parameter *parameter, size_t rank, const size_t *dims)
{
    size_t inputs = 1;
    for (size_t i = 1; i < rank; ++i)
        inputs *= dims[i];
    return rank > 0 && dims[0] == EVERY * parameter->dims[0] && inputs == whole_inputs(parameter);
}

static void decimate(const Parameter *parameter, const float *from, float *to)
{
    const size_t whole = whole_inputs(parameter), each = parameter->count / parameter->dims[0];
    const bool windows = parameter->rank == 4 && parameter->dims[3] > 1;
    for (size_t o = 0; o < parameter->dims[0]; ++o)
        for (size_t k = 0; k < each; ++k) {
            const size_t y = k / 3 % 3 * EVERY_WINDOW, x = k % 3 * EVERY_WINDOW;
            const size_t at = windows ? k / 9 * WINDOWS * WINDOWS + y * WINDOWS + x : EVERY * k;
            to[o * each + k] = from[EVERY * o * whole + at];
        }
}

bool published_fits(const Parameter *parameter, PublishedLayout layout, size_t rank,
                    const size_t *dims)
{
    static const size_t hwio[4] = {2, 3, 1, 0}; /* which dimension of the parameter each is */
    if (layout == PUBLISHED_FLAT)
        return rank == 4 && parameter->rank == 2 && dims[0] == parameter->dims[0] &&
               dims[1] * dims[2] * dims[3] == parameter->dims[1];
    if (layout == PUBLISHED_DECIMATED)
        return decimated_fits(parameter, rank, dims);
    if (rank != parameter->rank || (layout == PUBLISHED_HWIO && rank != 4))
        return false;
    for (size_t i = 0; i < rank; ++i)
        if (dims[i] != parameter->dims[layout == PUBLISHED_HWIO ? hwio[i] : i])
            return false;
    return true;
}

void published_arrange(const Parameter *parameter, PublishedLayout layout, const float *from,
                       float *to)
{
    if (layout == PUBLISHED_DECIMATED) {
        decimate(parameter, from, to);
        return;
    }
    if (layout != PUBLISHED_HWIO) {
        memcpy(to, from, parameter->count * sizeof *to);
        return;
    }
    const size_t outputs = parameter->dims[0], inputs = parameter->dims[1];
    const size_t places = parameter->dims[2] * parameter->dims[3];
    for (size_t o = 0; o < outputs; ++o)
        for (size_t i = 0; i < inputs; ++i)
            for (size_t p = 0; p < places; ++p)
                to[(o * inputs + i) * places + p] = from[(p * inputs + i) * outputs + o];
}

void published_adapt(const InputForm *was, const InputForm *is, Parameter *weight, Parameter *bias)
{
    const size_t inputs = weight->dims[1], places = weight->dims[2] * weight->dims[3];
    for (size_t o = 0; o < weight->dims[0]; ++o) {
        double sum = 0;
        for (size_t k = 0; k < inputs * places; ++k) {
            const size_t c = k / places;
            float *w = &weight->value[o * inputs * places + k];
            sum += (double)*w * ((double)is->offset[c] - (double)was->offset[c]) /
                   (double)was->scale[c];
            *w = (float)((double)*w * (double)is->scale[c] / (double)was->scale[c]);
        }
        bias->value[o] = (float)((double)bias->value[o] + sum);
    }
}
