/* See published.h. Names as published in google-research/big_transfer (bit_pytorch/models.py) and
 * in timm (models/resnetv2.py, models/vgg.py). */
#include "infer/published.h"

#include <stdio.h>
#include <string.h>

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

/* ---- the table ---- */

static const PublishedNames table[] = {
    {"Big Transfer", " improved_ssd ", "resnet/root_block/standardized_conv2d/kernel",
     "resnet/head/", place_big_transfer},
    {"timm resnetv2", " improved_ssd ", "stages.0.blocks.0.norm1.weight", "head.",
     place_timm_resnet},
    {"timm vgg", " vgg19 vgg19_bn ", "pre_logits.fc1.weight", "head.", place_timm_vgg},
    {"torchvision vgg", " vgg19 vgg19_bn ", "classifier.6.weight", "classifier.6.",
     place_last_but_classifier},
    {"torchvision or timm", " resnet50 inception_v3 ", "fc.weight", "fc.", place_last_but_fc},
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

bool published_fits(const Parameter *parameter, PublishedLayout layout, size_t rank,
                    const size_t *dims)
{
    static const size_t hwio[4] = {2, 3, 1, 0}; /* which dimension of the parameter each is */
    if (layout == PUBLISHED_FLAT)
        return rank == 4 && parameter->rank == 2 && dims[0] == parameter->dims[0] &&
               dims[1] * dims[2] * dims[3] == parameter->dims[1];
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
