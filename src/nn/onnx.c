/* The emitters, one an operation; see onnx.h. */
#include "nn/onnx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nn/net_state.h"

enum { VALUE_BYTES = 32 };

typedef struct {
    const Net *net;
    const NetOnnxEnds *ends;
    OnnxModel *model;
    bool *written; /* by parameter: it is a tensor of the model */
} Exporter;

static const Node *node_as_built(const Net *net, NodeId id)
{
    return net->built ? &net->built[id] : &net->nodes[id];
}

typedef Status (*Emitter)(const Exporter *exporter, NodeId id, const Node *node);

/* "n12.SUFFIX": what node 12 makes on its way; "n12" is its value. */
static const char *part_name(NodeId id, const char *suffix, char name[VALUE_BYTES])
{
    snprintf(name, VALUE_BYTES, "n%zu%s%s", id, *suffix ? "." : "", suffix);
    return name;
}
#define PART(id, suffix) part_name((id), (suffix), (char[VALUE_BYTES]){0})
#define VALUE(id)        PART(id, "")

/* ---- adding nodes and constants ---- */

static void add_unary(const Exporter *exporter, const char *type, const char *input,
                      const char *output)
{
    onnx_add_node(exporter->model, type, 1, &input, output);
}

static void add_binary(const Exporter *exporter, const char *type, const char *a, const char *b,
                       const char *output)
{
    onnx_add_node(exporter->model, type, 2, (const char *const[]){a, b}, output);
}

/* A value in another shape. */
static void add_reshape(const Exporter *exporter, const char *input, size_t rank,
                        const int64_t *dims, const char *output)
{
    char shape[2 * VALUE_BYTES];
    snprintf(shape, sizeof shape, "%s.shape", output);
    onnx_add_integers(exporter->model, shape, rank, dims);
    add_binary(exporter, "Reshape", input, shape, output);
}

/* The parameter's tensor, in that shape and, unless `form` is NULL, that form; returns its name. */
static const char *add_parameter(const Exporter *exporter, size_t index, size_t rank,
                                 const size_t *dims, const WeightForm *form)
{
    const Parameter *parameter = &exporter->net->parameters->items[index];
    const float *values = parameter->value;
    if (exporter->written[index])
        return parameter->name;
    exporter->written[index] = true;
    if (form) {
        float *prepared = onnx_room(exporter->model, parameter->count);
        if (prepared)
            form->prepare(parameter, prepared);
        values = prepared;
    }
    onnx_add_floats(exporter->model, parameter->name, rank, dims, values);
    return parameter->name;
}

/* A number for each channel, to be combined with a map. */
static const char *add_channels(const Exporter *exporter, size_t index)
{
    const size_t dims[4] = {1, exporter->net->parameters->items[index].count, 1, 1};
    return add_parameter(exporter, index, 4, dims, NULL);
}

static const char *add_vector(const Exporter *exporter, size_t index)
{
    return add_parameter(exporter, index, 1, &exporter->net->parameters->items[index].count, NULL);
}

static const char *input_of(const Node *node, size_t k, char name[VALUE_BYTES])
{
    return part_name(node->request.inputs[k], "", name);
}
#define INPUT(node, k) input_of((node), (k), (char[VALUE_BYTES]){0})

/* A constant of equal numbers. */
static void add_constant(const Exporter *exporter, const char *name, size_t rank,
                         const size_t *dims, float value)
{
    size_t count = 1;
    for (size_t i = 0; i < rank; ++i)
        count *= dims[i];
    float *numbers = onnx_room(exporter->model, count);
    for (size_t i = 0; numbers && i < count; ++i)
        numbers[i] = value;
    onnx_add_floats(exporter->model, name, rank, dims, numbers);
}

/* kernel_shape, strides and pads (top, left, bottom, right). */
static void set_window(const Exporter *exporter, size_t kernel_h, size_t kernel_w, size_t stride_h,
                       size_t stride_w, size_t pad_h, size_t pad_w)
{
    const int64_t kernel[] = {(int64_t)kernel_h, (int64_t)kernel_w};
    const int64_t strides[] = {(int64_t)stride_h, (int64_t)stride_w};
    const int64_t pads[] = {(int64_t)pad_h, (int64_t)pad_w, (int64_t)pad_h, (int64_t)pad_w};
    onnx_set_integers(exporter->model, "kernel_shape", 2, kernel);
    onnx_set_integers(exporter->model, "strides", 2, strides);
    onnx_set_integers(exporter->model, "pads", 4, pads);
}

/* A map of one channel as one of all channels, by a convolution with ones: not every program
 * stretches a channel by itself. */
static void add_spread(const Exporter *exporter, NodeId id, const char *input, const char *output)
{
    add_constant(exporter, PART(id, "ones"), 4,
                 (const size_t[]){node_as_built(exporter->net, id)->request.shape.c, 1, 1, 1}, 1);
    add_binary(exporter, "Conv", input, PART(id, "ones"), output);
    set_window(exporter, 1, 1, 1, 1, 0, 0);
}

/* The map with a border of zeros, as a part of the node; returns its name, in `name`. */
static const char *add_border(const Exporter *exporter, NodeId id, const Node *node,
                              char name[VALUE_BYTES])
{
    const PoolSettings *pool = &node->request.settings.pool;
    const int64_t h = (int64_t)pool->pad_h, w = (int64_t)pool->pad_w;
    onnx_add_integers(exporter->model, PART(id, "border"), 8,
                      (const int64_t[]){0, 0, h, w, 0, 0, h, w});
    add_binary(exporter, "Pad", INPUT(node, 0), PART(id, "border"), part_name(id, "padded", name));
    onnx_set_text(exporter->model, "mode", "constant");
    return name;
}

/* ---- emitters ---- */

static Status emit_image(const Exporter *exporter, NodeId id, const Node *node)
{
    const NetOnnxEnds *ends = exporter->ends;
    Shape shape = node->request.shape;
    if (id != ends->image || shape.n != 1)
        FAIL(STATUS_UNSUPPORTED, "ONNX is for one image (expected a network of batch 1)");
    onnx_add_input(exporter->model, ends->image_name, 4,
                   (const size_t[]){1, shape.c, shape.h, shape.w});
    const size_t channels[] = {1, shape.c, 1, 1};
    onnx_add_floats(exporter->model, "image.offset", 4, channels, ends->offset);
    onnx_add_floats(exporter->model, "image.scale", 4, channels, ends->scale);
    add_binary(exporter, "Sub", ends->image_name, "image.offset", PART(id, "centred"));
    add_binary(exporter, "Div", PART(id, "centred"), "image.scale", VALUE(id));
    return STATUS_OK;
}

static Status emit_convolution(const Exporter *exporter, NodeId id, const Node *node)
{
    const ConvolutionShape *shape = &node->request.settings.convolution;
    const size_t dims[] = {shape->output_channels, shape->input.c, shape->kernel_h,
                           shape->kernel_w};
    const char *inputs[3] = {INPUT(node, 0), add_parameter(exporter, node->request.weight, 4, dims,
                                                           node->request.weight_form)};
    if (shape->bias)
        inputs[2] = add_vector(exporter, node->request.bias);
    onnx_add_node(exporter->model, "Conv", shape->bias ? 3 : 2, inputs, VALUE(id));
    set_window(exporter, shape->kernel_h, shape->kernel_w, shape->stride, shape->stride,
               shape->pad_h, shape->pad_w);
    onnx_set_integers(exporter->model, "dilations", 2,
                      (const int64_t[]){(int64_t)shape->dilation, (int64_t)shape->dilation});
    return STATUS_OK;
}

static Status emit_batch_norm(const Exporter *exporter, NodeId id, const Node *node)
{
    const NormSettings *norm = &node->request.settings.norm;
    const char *inputs[] = {INPUT(node, 0), add_vector(exporter, node->request.weight),
                            add_vector(exporter, node->request.bias),
                            add_vector(exporter, node->request.buffers[0]),
                            add_vector(exporter, node->request.buffers[1])};
    onnx_add_node(exporter->model, "BatchNormalization", 5, inputs,
                  norm->relu ? PART(id, "norm") : VALUE(id));
    onnx_set_float(exporter->model, "epsilon", norm->epsilon);
    if (norm->relu)
        add_unary(exporter, "Relu", PART(id, "norm"), VALUE(id));
    return STATUS_OK;
}

/* A group's channels as one long row, each row normalised, and back. */
static Status emit_group_norm(const Exporter *exporter, NodeId id, const Node *node)
{
    const NormSettings *norm = &node->request.settings.norm;
    Shape shape = node->request.shape;
    const int64_t rows[] = {1, (int64_t)norm->groups, -1, 1};
    const int64_t map[] = {1, (int64_t)shape.c, (int64_t)shape.h, (int64_t)shape.w};
    add_constant(exporter, PART(id, "one"), 1, &norm->groups, 1);
    add_constant(exporter, PART(id, "zero"), 1, &norm->groups, 0);
    add_reshape(exporter, INPUT(node, 0), 4, rows, PART(id, "rows"));
    onnx_add_node(exporter->model, "InstanceNormalization", 3,
                  (const char *const[]){PART(id, "rows"), PART(id, "one"), PART(id, "zero")},
                  PART(id, "even"));
    onnx_set_float(exporter->model, "epsilon", norm->epsilon);
    add_reshape(exporter, PART(id, "even"), 4, map, PART(id, "map"));
    add_binary(exporter, "Mul", PART(id, "map"), add_channels(exporter, node->request.weight),
               PART(id, "scaled"));
    add_binary(exporter, "Add", PART(id, "scaled"), add_channels(exporter, node->request.bias),
               norm->relu ? PART(id, "norm") : VALUE(id));
    if (norm->relu)
        add_unary(exporter, "Relu", PART(id, "norm"), VALUE(id));
    return STATUS_OK;
}

/* Squares summed by a convolution with ones, whose bias keeps a pixel of zeros from being divided
 * by zero; the length spread over the channels. */
static Status emit_l2_norm(const Exporter *exporter, NodeId id, const Node *node)
{
    const size_t filter[] = {1, node->request.shape.c, 1, 1}, one = 1;
    add_constant(exporter, PART(id, "sum"), 4, filter, 1);
    add_constant(exporter, PART(id, "least"), 1, &one, 1e-20F);
    add_binary(exporter, "Mul", INPUT(node, 0), INPUT(node, 0), PART(id, "squares"));
    onnx_add_node(exporter->model, "Conv", 3,
                  (const char *const[]){PART(id, "squares"), PART(id, "sum"), PART(id, "least")},
                  PART(id, "summed"));
    set_window(exporter, 1, 1, 1, 1, 0, 0);
    add_unary(exporter, "Sqrt", PART(id, "summed"), PART(id, "length"));
    add_spread(exporter, id, PART(id, "length"), PART(id, "lengths"));
    add_binary(exporter, "Div", INPUT(node, 0), PART(id, "lengths"), PART(id, "even"));
    add_binary(exporter, "Mul", PART(id, "even"), add_channels(exporter, node->request.weight),
               VALUE(id));
    return STATUS_OK;
}

static Status emit_relu(const Exporter *exporter, NodeId id, const Node *node)
{
    add_unary(exporter, "Relu", INPUT(node, 0), VALUE(id));
    return STATUS_OK;
}

static Status emit_leaky_relu(const Exporter *exporter, NodeId id, const Node *node)
{
    add_unary(exporter, "LeakyRelu", INPUT(node, 0), VALUE(id));
    onnx_set_float(exporter->model, "alpha", (double)NET_LEAK);
    return STATUS_OK;
}

static Status emit_sigmoid(const Exporter *exporter, NodeId id, const Node *node)
{
    add_unary(exporter, "Sigmoid", INPUT(node, 0), VALUE(id));
    return STATUS_OK;
}

static Status emit_add(const Exporter *exporter, NodeId id, const Node *node)
{
    add_binary(exporter, "Add", INPUT(node, 0), INPUT(node, 1), VALUE(id));
    return STATUS_OK;
}

static Status emit_multiply(const Exporter *exporter, NodeId id, const Node *node)
{
    add_binary(exporter, "Mul", INPUT(node, 0), INPUT(node, 1), VALUE(id));
    return STATUS_OK;
}

/* b + gate x (a - b) */
static Status emit_blend(const Exporter *exporter, NodeId id, const Node *node)
{
    add_spread(exporter, id, INPUT(node, 0), PART(id, "gate"));
    add_binary(exporter, "Sub", INPUT(node, 1), INPUT(node, 2), PART(id, "change"));
    add_binary(exporter, "Mul", PART(id, "gate"), PART(id, "change"), PART(id, "share"));
    add_binary(exporter, "Add", INPUT(node, 2), PART(id, "share"), VALUE(id));
    return STATUS_OK;
}

/* Windows of stride 1 that reach over the map's end and not over its beginning. */
static void set_same_window(const Exporter *exporter, const PoolSettings *pool)
{
    const int64_t h = (int64_t)pool->kernel_h, w = (int64_t)pool->kernel_w;
    onnx_set_integers(exporter->model, "kernel_shape", 2, (const int64_t[]){h, w});
    onnx_set_integers(exporter->model, "strides", 2, (const int64_t[]){1, 1});
    onnx_set_integers(exporter->model, "pads", 4, (const int64_t[]){0, 0, h - 1, w - 1});
}

static Status emit_max_pool(const Exporter *exporter, NodeId id, const Node *node)
{
    const PoolSettings *pool = &node->request.settings.pool;
    if (pool->same) {
        add_unary(exporter, "MaxPool", INPUT(node, 0), VALUE(id));
        set_same_window(exporter, pool);
        return STATUS_OK;
    }
    const bool zeros = pool->zero_border;
    char name[VALUE_BYTES];
    const char *input =
        zeros ? add_border(exporter, id, node, name) : part_name(node->request.inputs[0], "", name);
    add_unary(exporter, "MaxPool", input, VALUE(id));
    set_window(exporter, pool->kernel_h, pool->kernel_w, pool->stride, pool->stride,
               zeros ? 0 : pool->pad_h, zeros ? 0 : pool->pad_w);
    onnx_set_integer(exporter->model, "ceil_mode", pool->ceil_mode);
    return STATUS_OK;
}

/* Windows that cover the map, each of as many pixels. */
static Status emit_adaptive_pool(const Exporter *exporter, NodeId id, const Node *node)
{
    Shape in = node->input_shape[0], out = node->request.shape;
    size_t h = in.h / out.h, w = in.w / out.w;
    if (in.h % out.h != 0 || in.w % out.w != 0)
        FAIL(STATUS_UNSUPPORTED,
             "ONNX has no adaptive mean from %zux%zu to %zux%zu pixels (expected a size of which "
             "each window has the same share, as 224 of VGG19)",
             in.h, in.w, out.h, out.w);
    add_unary(exporter, "AveragePool", INPUT(node, 0), VALUE(id));
    set_window(exporter, h, w, h, w, 0, 0);
    return STATUS_OK;
}

/* A border that counts is made of zeros: not every program heeds count_include_pad. */
static Status emit_average_pool(const Exporter *exporter, NodeId id, const Node *node)
{
    const PoolSettings *pool = &node->request.settings.pool;
    const bool border = !pool->without_border && (pool->pad_h || pool->pad_w);
    char name[VALUE_BYTES];
    if (pool->kernel_h == 0)
        return emit_adaptive_pool(exporter, id, node);
    if (pool->ceil_mode)
        FAIL(STATUS_UNSUPPORTED, "means over windows that reach over the end differ in ONNX");
    const char *input = border ? add_border(exporter, id, node, name)
                               : part_name(node->request.inputs[0], "", name);
    add_unary(exporter, "AveragePool", input, VALUE(id));
    set_window(exporter, pool->kernel_h, pool->kernel_w, pool->stride, pool->stride,
               border ? 0 : pool->pad_h, border ? 0 : pool->pad_w);
    return STATUS_OK;
}

static Status emit_mean(const Exporter *exporter, NodeId id, const Node *node)
{
    add_unary(exporter, "GlobalAveragePool", INPUT(node, 0), VALUE(id));
    return STATUS_OK;
}

/* Resize takes the input, a region that is not used, scales that are not used, and the size. */
static void add_resize(const Exporter *exporter, NodeId id, const Node *node, const char *mode,
                       const char *place)
{
    Shape shape = node->request.shape;
    const int64_t size[] = {1, (int64_t)shape.c, (int64_t)shape.h, (int64_t)shape.w};
    onnx_add_integers(exporter->model, PART(id, "size"), 4, size);
    onnx_add_node(exporter->model, "Resize", 4,
                  (const char *const[]){INPUT(node, 0), "", "", PART(id, "size")}, VALUE(id));
    onnx_set_text(exporter->model, "mode", mode);
    onnx_set_text(exporter->model, "coordinate_transformation_mode", place);
}

static Status emit_resize_nearest(const Exporter *exporter, NodeId id, const Node *node)
{
    add_resize(exporter, id, node, "nearest", "asymmetric");
    onnx_set_text(exporter->model, "nearest_mode", "floor");
    return STATUS_OK;
}

static Status emit_resize_bilinear(const Exporter *exporter, NodeId id, const Node *node)
{
    add_resize(exporter, id, node, "linear", "half_pixel");
    return STATUS_OK;
}

static Status emit_concat_channels(const Exporter *exporter, NodeId id, const Node *node)
{
    const char *inputs[NODE_MAX_INPUTS];
    char names[NODE_MAX_INPUTS][VALUE_BYTES];
    for (size_t k = 0; k < node->request.input_count; ++k)
        inputs[k] = input_of(node, k, names[k]);
    onnx_add_node(exporter->model, "Concat", node->request.input_count, inputs, VALUE(id));
    onnx_set_integer(exporter->model, "axis", 1);
    return STATUS_OK;
}

/* Each input with its channels last, as rows. */
static Status emit_concat_rows(const Exporter *exporter, NodeId id, const Node *node)
{
    const char *inputs[NODE_MAX_INPUTS];
    char names[NODE_MAX_INPUTS][VALUE_BYTES], suffix[VALUE_BYTES / 2];
    const int64_t width = (int64_t)node->request.settings.row_width;
    for (size_t k = 0; k < node->request.input_count; ++k) {
        Shape in = node->input_shape[k];
        snprintf(suffix, sizeof suffix, "last%zu", k);
        add_unary(exporter, "Transpose", INPUT(node, k), PART(id, suffix));
        onnx_set_integers(exporter->model, "perm", 4, (const int64_t[]){0, 2, 3, 1});
        const int64_t rows = (int64_t)(in.h * in.w * in.c) / width;
        char row_suffix[VALUE_BYTES / 2];
        snprintf(row_suffix, sizeof row_suffix, "rows%zu", k);
        inputs[k] = part_name(id, row_suffix, names[k]);
        add_reshape(exporter, PART(id, suffix), 3, (const int64_t[]){1, rows, width}, inputs[k]);
    }
    onnx_add_node(exporter->model, "Concat", node->request.input_count, inputs, VALUE(id));
    onnx_set_integer(exporter->model, "axis", 1);
    return STATUS_OK;
}

static const struct {
    const char *operation;
    Emitter emit;
} emitters[] = {
    {"input", emit_image},
    {"convolution", emit_convolution},
    {"batch_norm", emit_batch_norm},
    {"group_norm", emit_group_norm},
    {"l2_norm", emit_l2_norm},
    {"relu", emit_relu},
    {"leaky_relu", emit_leaky_relu},
    {"sigmoid", emit_sigmoid},
    {"add", emit_add},
    {"multiply", emit_multiply},
    {"blend", emit_blend},
    {"max_pool", emit_max_pool},
    {"average_pool", emit_average_pool},
    {"mean", emit_mean},
    {"resize_nearest", emit_resize_nearest},
    {"resize_bilinear", emit_resize_bilinear},
    {"concat_channels", emit_concat_channels},
    {"concat_rows", emit_concat_rows},
};

static Status emit_node(const Exporter *exporter, NodeId id)
{
    const Node *node = node_as_built(exporter->net, id);
    for (size_t i = 0; i < sizeof emitters / sizeof *emitters; ++i)
        if (strcmp(emitters[i].operation, node->request.operation->name) == 0)
            return emitters[i].emit(exporter, id, node);
    FAIL(STATUS_UNSUPPORTED, "operation %s has no form in ONNX yet", node->request.operation->name);
}

static void emit_output(const Exporter *exporter, NodeId id, const char *name)
{
    const NodeRequest *request = &node_as_built(exporter->net, id)->request;
    Shape shape = request->shape;
    if (strcmp(request->operation->name, "concat_rows") == 0) {
        add_unary(exporter, "Identity", VALUE(id), name);
        onnx_add_output(exporter->model, name, 3, (const size_t[]){1, shape.h, shape.c});
    } else if (shape.h * shape.w == 1) {
        add_unary(exporter, "Flatten", VALUE(id), name);
        onnx_set_integer(exporter->model, "axis", 1);
        onnx_add_output(exporter->model, name, 2, (const size_t[]){1, shape.c});
    } else {
        add_unary(exporter, "Identity", VALUE(id), name);
        onnx_add_output(exporter->model, name, 4, (const size_t[]){1, shape.c, shape.h, shape.w});
    }
}

Status net_to_onnx(const Net *net, const NetOnnxEnds *ends, OnnxModel *model)
{
    Exporter exporter = {.net = net, .ends = ends, .model = model};
    TRY(MEMORY_NEW(&exporter.written, net->parameters->count));
    Status status = STATUS_OK;
    for (NodeId id = 0; id < net->count && status == STATUS_OK; ++id)
        status = emit_node(&exporter, id);
    for (size_t i = 0; i < ends->output_count && status == STATUS_OK; ++i)
        emit_output(&exporter, ends->outputs[i], ends->output_names[i]);
    free(exporter.written);
    return status;
}
