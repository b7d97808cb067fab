/* YOLOv3 and YOLOv3-tiny (Redmon & Farhadi 2018), darknet's networks: boxes and classes of things
 * that lie upon a picture, such as burned-in text, in one look.
 *
 *     yolov3       Darknet-53, then three scales of boxes, each with the finer map of the trunk
 *     yolov3_tiny  seven convolutions with pools between them, two scales
 *
 * Parameters are layers.N.conv.weight and layers.N.norm.{weight, bias, running_mean, running_var},
 * N counting the sections of darknet's cfg file, and layers.N.conv.{weight, bias} of the
 * convolutions that give the rows (yolo_grid.h); so the list has the order of darknet's weights.
 * `base` channels of the first convolution, 32 and 16 in darknet, scale all others. The input is
 * darknet's: RGB from 0 to 1, the picture fitted into the square.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/architecture.h"
#include "model/yolo_grid.h"

enum { SIZE_STEP = 32, LARGEST_SIZE = 1024, DEFAULT_SIZE = 416 };
enum { FULL_BASE = 32, TINY_BASE = 16, LARGEST_BASE = 128, LARGEST_ANCHOR = 10000 };
enum { FULL_SCALES = 3, TINY_SCALES = 2, NAME_BYTES = 48 };
enum {
    FULL_TRUNK = 75,
    TINY_TRUNK = 13
}; /* sections that are the classifier darknet begins with */

/* darknet adds 1e-6 to the deviation; this is the variance's share of that where it is near 1. */
#define NORM_EPSILON 2e-6

typedef struct {
    size_t anchors[YOLO_ANCHORS_MOST][2]; /* pixels of the input; the tiny network has six */
    size_t base;
} OwnSettings;
static_assert(sizeof(OwnSettings) <= ARCHITECTURE_SETTINGS_BYTES, "they fit");

static OwnSettings own_settings(const ModelSettings *settings)
{
    OwnSettings own;
    memcpy(&own, settings->own, sizeof own);
    return own;
}

extern const Architecture yolov3_architecture, yolov3_tiny_architecture;

static bool is_tiny(const ModelSettings *settings)
{
    return architecture_of(settings) == &yolov3_tiny_architecture;
}

YoloGrid yolo_grid(const ModelSettings *settings)
{
    const OwnSettings own = own_settings(settings);
    return yolo_grid_make(settings->size, is_tiny(settings) ? TINY_SCALES : FULL_SCALES,
                          (const size_t(*)[2])own.anchors);
}

/* ---- the graph ---- */

/* The network that is being built; `section` is the number of the next section of the cfg file. */
typedef struct {
    Net *net;
    size_t base, section, row_width;
} Builder;

static NodeId convolve(Builder *builder, NodeId x, size_t channels, size_t kernel, size_t stride,
                       bool bias)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "layers.%zu.conv", builder->section);
    return net_convolution(builder->net, x, name,
                           &(ConvolutionSettings){.output_channels = channels,
                                                  .kernel_h = kernel,
                                                  .kernel_w = kernel,
                                                  .stride = stride,
                                                  .pad_h = kernel / 2,
                                                  .pad_w = kernel / 2,
                                                  .bias = bias});
}

/* A convolution to `width` times the base channels with its norm and leaky ReLU: one section. */
static NodeId unit(Builder *builder, NodeId x, size_t width, size_t kernel, size_t stride)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "layers.%zu.norm", builder->section);
    x = convolve(builder, x, width * builder->base, kernel, stride, false);
    ++builder->section;
    x = net_batch_norm(builder->net, x, name, &(BatchNormSettings){.epsilon = NORM_EPSILON});
    return net_leaky_relu(builder->net, x);
}

/* The numbers of three anchors for each cell, in the section before the one called yolo. */
static NodeId read_off(Builder *builder, NodeId x)
{
    x = convolve(builder, x, YOLO_ANCHORS_EACH * builder->row_width, 1, 1, true);
    builder->section += 2;
    return x;
}

/* From a coarse map to the next finer one: a narrow convolution, enlarged, and the trunk's map of
 * that size. The route back, the enlarging and the route are sections too. */
static NodeId finer(Builder *builder, NodeId x, size_t width, NodeId trunk)
{
    const Shape shape = net_shape(builder->net, trunk);
    ++builder->section;
    x = unit(builder, x, width, 1, 1);
    x = net_resize_nearest(builder->net, x, shape.h, shape.w);
    builder->section += 2;
    return net_concat_channels(builder->net, 2, (NodeId[]){x, trunk});
}

/* Darknet-53; the maps of an eighth, a sixteenth and a thirty-second of the input. */
static void build_trunk(Builder *builder, NodeId image, NodeId maps[FULL_SCALES])
{
    static const size_t pairs[] = {1, 2, 8, 8, 4};
    NodeId x = unit(builder, image, 1, 3, 1);
    for (size_t group = 0; group < sizeof pairs / sizeof *pairs; ++group) {
        const size_t half = (size_t)1 << group;
        x = unit(builder, x, 2 * half, 3, 2);
        for (size_t i = 0; i < pairs[group]; ++i) {
            const NodeId y = unit(builder, unit(builder, x, half, 1, 1), 2 * half, 3, 1);
            x = net_add(builder->net, y, x);
            ++builder->section; /* the shortcut */
        }
        if (group >= 2)
            maps[group - 2] = x;
    }
}

static void build_full(Builder *builder, NodeId image, NodeId rows[])
{
    NodeId maps[FULL_SCALES];
    build_trunk(builder, image, maps);
    NodeId x = maps[FULL_SCALES - 1];
    size_t width = 16; /* of the narrow convolutions */
    for (size_t k = 0; k < FULL_SCALES; ++k, width /= 2) {
        if (k > 0)
            x = finer(builder, x, width, maps[FULL_SCALES - 1 - k]);
        NodeId wide = x;
        for (size_t i = 0; i < 3; ++i) {
            x = unit(builder, wide, width, 1, 1);
            wide = unit(builder, x, 2 * width, 3, 1);
        }
        rows[k] = read_off(builder, wide);
    }
}

static void build_tiny(Builder *builder, NodeId image, NodeId rows[])
{
    enum { POOLS = 6 };
    NodeId x = image, finer_map = image;
    for (size_t i = 0; i < POOLS; ++i) {
        const bool last = i == POOLS - 1;
        x = unit(builder, x, (size_t)1 << i, 3, 1);
        if (i == POOLS - 2)
            finer_map = x;
        x = net_max_pool_2d(
            builder->net, x,
            &(PoolSettings){.kernel_h = 2, .kernel_w = 2, .stride = last ? 1 : 2, .same = last});
        ++builder->section;
    }
    x = unit(builder, unit(builder, x, 64, 3, 1), 16, 1, 1);
    rows[0] = read_off(builder, unit(builder, x, 32, 3, 1));
    x = finer(builder, x, 8, finer_map);
    rows[1] = read_off(builder, unit(builder, x, 16, 3, 1));
}

static Status check(const ModelSettings *settings)
{
    const size_t size = settings->size;
    if (size < SIZE_STEP || size % SIZE_STEP || size > LARGEST_SIZE)
        FAIL(STATUS_ARGUMENT, "size: %zu (expected a multiple of %d up to %d)", size, SIZE_STEP,
             LARGEST_SIZE);
    if (!settings->classes)
        FAIL(STATUS_ARGUMENT, "0 classes (expected at least 1)");
    return STATUS_OK;
}

static Status build(Net *net, const ModelSettings *settings, size_t batch, NetworkNodes *nodes)
{
    TRY(check(settings));
    const bool tiny = is_tiny(settings);
    const size_t row_width = YOLO_CLASSES + settings->classes;
    Builder builder = {net, own_settings(settings).base, 0, row_width};
    NodeId rows[YOLO_SCALES_MOST];
    nodes->image = net_input(net, (Shape){batch, settings->size, settings->size, 3});
    (tiny ? build_tiny : build_full)(&builder, nodes->image, rows);
    nodes->outputs[0] =
        net_output(net, net_concat_rows(net, tiny ? TINY_SCALES : FULL_SCALES, rows, row_width));
    return STATUS_OK;
}

/* ---- settings ---- */

/* "10,14 23,27 ...": width and height of each anchor; commas and blanks part the numbers. */
static Status read_anchors(const char *text, size_t count, size_t (*anchors)[2])
{
    const char *at = text;
    size_t found = 0;
    for (at += strspn(at, ", "); *at; at += strspn(at, ", "), ++found) {
        char *end;
        const unsigned long number = strtoul(at, &end, 10);
        if (end == at || *at == '-' || *at == '+' || (*end && *end != ',' && *end != ' ') ||
            number < 1 || number > LARGEST_ANCHOR || found == 2 * count)
            break;
        anchors[found / 2][found % 2] = (size_t)number;
        at = end;
    }
    if (*at || found != 2 * count)
        FAIL(
            STATUS_ARGUMENT,
            "anchors: '%s' (expected the width and height of %zu boxes in pixels of the input, the "
            "smallest first, as 10,14 23,27 ...)",
            text, count);
    return STATUS_OK;
}

static void write_anchors(const void *field, size_t count, char text[SETTING_TEXT_BYTES])
{
    const size_t(*anchors)[2] = field;
    size_t used = 0;
    for (size_t i = 0; i < count; ++i)
        used += (size_t)snprintf(text + used, SETTING_TEXT_BYTES - used, "%s%zu,%zu", i ? " " : "",
                                 anchors[i][0], anchors[i][1]);
}

static Status read_full_anchors(const char *text, void *field)
{
    return read_anchors(text, (size_t)FULL_SCALES * YOLO_ANCHORS_EACH, field);
}

static void write_full_anchors(const void *field, char text[SETTING_TEXT_BYTES])
{
    write_anchors(field, (size_t)FULL_SCALES * YOLO_ANCHORS_EACH, text);
}

static Status read_tiny_anchors(const char *text, void *field)
{
    return read_anchors(text, (size_t)TINY_SCALES * YOLO_ANCHORS_EACH, field);
}

static void write_tiny_anchors(const void *field, char text[SETTING_TEXT_BYTES])
{
    write_anchors(field, (size_t)TINY_SCALES * YOLO_ANCHORS_EACH, text);
}

#define BASE_ROW(default_base)                                                                     \
    {                                                                                              \
        .section = "model", .key = "base", .kind = SETTING_COUNT,                                  \
        .offset = offsetof(OwnSettings, base), .otherwise = (default_base), .least = 1,            \
        .most = LARGEST_BASE                                                                       \
    }

static const SettingRow full_rows[] = {
    BASE_ROW("32"),
    {.section = "model",
     .key = "anchors",
     .kind = SETTING_OWN,
     .offset = offsetof(OwnSettings, anchors),
     .otherwise = "10,13 16,30 33,23 30,61 62,45 59,119 116,90 156,198 373,326",
     .read = read_full_anchors,
     .write = write_full_anchors},
};

static const SettingRow tiny_rows[] = {
    BASE_ROW("16"),
    {.section = "model",
     .key = "anchors",
     .kind = SETTING_OWN,
     .offset = offsetof(OwnSettings, anchors),
     .otherwise = "10,14 23,27 37,58 81,82 135,169 344,319",
     .read = read_tiny_anchors,
     .write = write_tiny_anchors},
};

#define ANCHOR(i, width, height)                                                                   \
    {"anchor_" #i "_width", offsetof(OwnSettings, anchors[i][0]), width, false},                   \
    {                                                                                              \
        "anchor_" #i "_height", offsetof(OwnSettings, anchors[i][1]), height, false                \
    }

static const ModelAttribute full_attributes[] = {
    {"base", offsetof(OwnSettings, base), FULL_BASE, false},
    ANCHOR(0, 10, 13),
    ANCHOR(1, 16, 30),
    ANCHOR(2, 33, 23),
    ANCHOR(3, 30, 61),
    ANCHOR(4, 62, 45),
    ANCHOR(5, 59, 119),
    ANCHOR(6, 116, 90),
    ANCHOR(7, 156, 198),
    ANCHOR(8, 373, 326),
};

static const ModelAttribute tiny_attributes[] = {
    {"base", offsetof(OwnSettings, base), TINY_BASE, false},
    ANCHOR(0, 10, 14),
    ANCHOR(1, 23, 27),
    ANCHOR(2, 37, 58),
    ANCHOR(3, 81, 82),
    ANCHOR(4, 135, 169),
    ANCHOR(5, 344, 319),
};

/* ---- the architectures ---- */

static size_t narrowest(const ModelSettings *settings)
{
    return own_settings(settings).base;
}

/* N of layers.N. */
static size_t section_of(const char *parameter)
{
    const char *number = strchr(parameter, '.');
    return number ? (size_t)strtoul(number + 1, NULL, 10) : 0;
}

static bool is_of_full_trunk(const char *parameter)
{
    return section_of(parameter) < FULL_TRUNK;
}

static bool is_of_tiny_trunk(const char *parameter)
{
    return section_of(parameter) < TINY_TRUNK;
}

static bool gives_full_rows(const char *parameter)
{
    const size_t section = section_of(parameter);
    return section == 81 || section == 93 || section == 105;
}

static bool gives_tiny_rows(const char *parameter)
{
    const size_t section = section_of(parameter);
    return section == 15 || section == 22;
}

#define YOLO_FORM                                                                                  \
    {                                                                                              \
        {0, 0, 0}, {255, 255, 255}, .letterbox = true                                              \
    }

const Architecture yolov3_architecture = {
    .name = "yolov3",
    .task = "overlay_detection",
    .input = YOLO_FORM,
    .default_size = DEFAULT_SIZE,
    .row_count = sizeof full_rows / sizeof *full_rows,
    .rows = full_rows,
    .attribute_count = sizeof full_attributes / sizeof *full_attributes,
    .attributes = full_attributes,
    .check = check,
    .build = build,
    .narrowest = narrowest,
    .is_frozen_by_local = is_of_full_trunk,
    .depends_on_classes = gives_full_rows,
};

const Architecture yolov3_tiny_architecture = {
    .name = "yolov3_tiny",
    .task = "overlay_detection",
    .input = YOLO_FORM,
    .default_size = DEFAULT_SIZE,
    .row_count = sizeof tiny_rows / sizeof *tiny_rows,
    .rows = tiny_rows,
    .attribute_count = sizeof tiny_attributes / sizeof *tiny_attributes,
    .attributes = tiny_attributes,
    .check = check,
    .build = build,
    .narrowest = narrowest,
    .is_frozen_by_local = is_of_tiny_trunk,
    .depends_on_classes = gives_tiny_rows,
};
