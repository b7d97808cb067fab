/* The messages of onnx.proto, filled through protobuf-c; see onnx_model.h. */
#include "store/onnx_model.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "onnx.pb-c.h"
#include "store/files.h"

enum { OPERATOR_SET = 11, FILE_VERSION = 6 };

/* An array of pointers that grows; the message it is of borrows it in onnx_write(). */
typedef struct {
    void **items;
    size_t count, capacity;
} Pointers;

struct OnnxModel {
    Onnx__ModelProto file;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto operators, *operator_list[1];
    Pointers memory; /* all that is released with the model */
    Pointers inputs, outputs, tensors, nodes, notes, attributes /* of the last node */;
    Status status;
    char *message; /* of the first error, or NULL */
};

/* Keeps the first error. */
static void keep(OnnxModel *model, Status status)
{
    if (status == STATUS_OK || model->status != STATUS_OK)
        return;
    model->status = status;
    if (memory_copy_text(status_message(), &model->message) != STATUS_OK)
        model->message = NULL;
}

static bool push(OnnxModel *model, Pointers *list, void *item)
{
    if (model->status == STATUS_OK)
        keep(model, MEMORY_GROW(&list->items, list->count + 1, &list->capacity));
    if (model->status != STATUS_OK)
        return false;
    list->items[list->count++] = item;
    return true;
}

/* Memory of the model's; NULL after an error. */
static void *take(OnnxModel *model, size_t count, size_t bytes_each)
{
    void *room = NULL;
    if (model->status == STATUS_OK)
        keep(model, memory_new(&room, count, bytes_each));
    if (room && !push(model, &model->memory, room)) {
        free(room);
        room = NULL;
    }
    return room;
}

static char *take_text(OnnxModel *model, const char *text)
{
    char *copy = take(model, strlen(text) + 1, 1);
    return copy ? strcpy(copy, text) : NULL;
}

float *onnx_room(OnnxModel *model, size_t count)
{
    return take(model, count, sizeof(float));
}

Status onnx_new(const char *version, OnnxModel **model)
{
    TRY(MEMORY_NEW(model, 1));
    OnnxModel *m = *model;
    onnx__model_proto__init(&m->file);
    onnx__graph_proto__init(&m->graph);
    onnx__operator_set_id_proto__init(&m->operators);
    m->operators.domain = (char *)"";
    m->operators.has_version = 1;
    m->operators.version = OPERATOR_SET;
    m->operator_list[0] = &m->operators;
    m->file.has_ir_version = 1;
    m->file.ir_version = FILE_VERSION;
    m->file.n_opset_import = 1;
    m->file.opset_import = m->operator_list;
    m->file.producer_name = (char *)"gisd";
    m->file.producer_version = (char *)version;
    m->file.graph = &m->graph;
    m->graph.name = (char *)"gisd";
    return STATUS_OK;
}

void onnx_free(OnnxModel *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->memory.count; ++i)
        free(model->memory.items[i]);
    const Pointers lists[] = {model->memory, model->inputs, model->outputs,   model->tensors,
                              model->nodes,  model->notes,  model->attributes};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; ++i)
        free(lists[i].items);
    free(model->message);
    free(model);
}

/* Memory for a message, set to its defaults; NULL after an error. */
static void *take_message(OnnxModel *model, const ProtobufCMessageDescriptor *descriptor)
{
    void *message = take(model, 1, descriptor->sizeof_message);
    if (message)
        protobuf_c_message_init(descriptor, message);
    return message;
}

static void add_value(OnnxModel *model, Pointers *list, const char *name, size_t rank,
                      const size_t *dims)
{
    Onnx__ValueInfoProto *value = take_message(model, &onnx__value_info_proto__descriptor);
    Onnx__TypeProto *type = take_message(model, &onnx__type_proto__descriptor);
    Onnx__TypeProto__Tensor *tensor = take_message(model, &onnx__type_proto__tensor__descriptor);
    Onnx__TensorShapeProto *shape = take_message(model, &onnx__tensor_shape_proto__descriptor);
    Onnx__TensorShapeProto__Dimension **list_of_dims = take(model, rank, sizeof *list_of_dims);
    char *copy = take_text(model, name);
    for (size_t i = 0; i < rank; ++i) {
        Onnx__TensorShapeProto__Dimension *dim =
            take_message(model, &onnx__tensor_shape_proto__dimension__descriptor);
        if (!dim)
            return;
        dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dim->dim_value = (int64_t)dims[i];
        list_of_dims[i] = dim;
    }
    if (model->status != STATUS_OK)
        return;
    shape->n_dim = rank;
    shape->dim = list_of_dims;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    value->name = copy;
    value->type = type;
    push(model, list, value);
}

void onnx_add_input(OnnxModel *model, const char *name, size_t rank, const size_t *dims)
{
    add_value(model, &model->inputs, name, rank, dims);
}

void onnx_add_output(OnnxModel *model, const char *name, size_t rank, const size_t *dims)
{
    add_value(model, &model->outputs, name, rank, dims);
}

/* Numbers of `bytes_each` bytes, borrowed. */
static void add_tensor(OnnxModel *model, const char *name, int32_t type, size_t bytes_each,
                       size_t rank, const int64_t *dims, const void *values)
{
    Onnx__TensorProto *tensor = take_message(model, &onnx__tensor_proto__descriptor);
    char *copy = take_text(model, name);
    if (!copy || !dims || !values)
        return;
    tensor->name = copy;
    tensor->n_dims = rank;
    tensor->dims = (int64_t *)dims;
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->has_raw_data = 1;
    tensor->raw_data.len = bytes_each;
    for (size_t i = 0; i < rank; ++i)
        tensor->raw_data.len *= (size_t)dims[i];
    tensor->raw_data.data = (uint8_t *)values;
    push(model, &model->tensors, tensor);
}

static int64_t *take_integers(OnnxModel *model, size_t count, const int64_t *values)
{
    int64_t *copy = take(model, count, sizeof *copy);
    return copy ? memcpy(copy, values, count * sizeof *copy) : NULL;
}

void onnx_add_floats(OnnxModel *model, const char *name, size_t rank, const size_t *dims,
                     const float *values)
{
    int64_t *wide = take(model, rank, sizeof *wide);
    for (size_t i = 0; wide && i < rank; ++i)
        wide[i] = (int64_t)dims[i];
    add_tensor(model, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, sizeof *values, rank, wide,
               values);
}

void onnx_add_integers(OnnxModel *model, const char *name, size_t count, const int64_t *values)
{
    add_tensor(model, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, sizeof *values, 1,
               take_integers(model, 1, &(int64_t){(int64_t)count}),
               take_integers(model, count, values));
}

/* The attributes so far are those of the node before. */
static void close_node(OnnxModel *model)
{
    if (model->nodes.count == 0 || model->attributes.count == 0)
        return;
    size_t count = model->attributes.count;
    Onnx__NodeProto *node = model->nodes.items[model->nodes.count - 1];
    node->attribute = take(model, count, sizeof *node->attribute);
    if (!node->attribute)
        return;
    node->n_attribute = count;
    memcpy(node->attribute, model->attributes.items, count * sizeof *node->attribute);
    model->attributes.count = 0;
}

void onnx_add_node(OnnxModel *model, const char *type, size_t input_count,
                   const char *const *inputs, const char *output)
{
    close_node(model);
    Onnx__NodeProto *node = take_message(model, &onnx__node_proto__descriptor);
    char **names = take(model, input_count + 1, sizeof *names), *type_copy = take_text(model, type);
    for (size_t i = 0; names && i < input_count; ++i)
        names[i] = take_text(model, inputs[i]);
    if (names)
        names[input_count] = take_text(model, output);
    if (model->status != STATUS_OK)
        return;
    node->op_type = type_copy;
    node->name = names[input_count];
    node->n_input = input_count;
    node->input = names;
    node->n_output = 1;
    node->output = names + input_count;
    push(model, &model->nodes, node);
}

/* An attribute of the last node, still without a value; NULL after an error. */
static Onnx__AttributeProto *add_attribute(OnnxModel *model, const char *name,
                                           Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *attribute = take_message(model, &onnx__attribute_proto__descriptor);
    char *copy = take_text(model, name);
    if (!copy)
        return NULL;
    attribute->name = copy;
    attribute->has_type = 1;
    attribute->type = type;
    return push(model, &model->attributes, attribute) ? attribute : NULL;
}

void onnx_set_integers(OnnxModel *model, const char *name, size_t count, const int64_t *values)
{
    int64_t *copy = take_integers(model, count, values);
    Onnx__AttributeProto *attribute =
        add_attribute(model, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    if (attribute) {
        attribute->n_ints = count;
        attribute->ints = copy;
    }
}

void onnx_set_integer(OnnxModel *model, const char *name, int64_t value)
{
    Onnx__AttributeProto *attribute =
        add_attribute(model, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (attribute) {
        attribute->has_i = 1;
        attribute->i = value;
    }
}

void onnx_set_float(OnnxModel *model, const char *name, double value)
{
    Onnx__AttributeProto *attribute =
        add_attribute(model, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    if (attribute) {
        attribute->has_f = 1;
        attribute->f = (float)value;
    }
}

void onnx_set_text(OnnxModel *model, const char *name, const char *text)
{
    char *copy = take_text(model, text);
    Onnx__AttributeProto *attribute =
        add_attribute(model, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    if (attribute) {
        attribute->has_s = 1;
        attribute->s.data = (uint8_t *)copy;
        attribute->s.len = strlen(text);
    }
}

void onnx_add_note(OnnxModel *model, const char *name, const char *text)
{
    Onnx__StringStringEntryProto *note =
        take_message(model, &onnx__string_string_entry_proto__descriptor);
    char *name_copy = take_text(model, name), *text_copy = take_text(model, text);
    if (!text_copy)
        return;
    note->key = name_copy;
    note->value = text_copy;
    push(model, &model->notes, note);
}

Status onnx_write(OnnxModel *model, const char *path)
{
    close_node(model);
    if (model->status != STATUS_OK)
        return status_set(model->status, "%s", model->message ? model->message : "no memory");
    model->graph.n_input = model->inputs.count;
    model->graph.input = (Onnx__ValueInfoProto **)model->inputs.items;
    model->graph.n_output = model->outputs.count;
    model->graph.output = (Onnx__ValueInfoProto **)model->outputs.items;
    model->graph.n_initializer = model->tensors.count;
    model->graph.initializer = (Onnx__TensorProto **)model->tensors.items;
    model->graph.n_node = model->nodes.count;
    model->graph.node = (Onnx__NodeProto **)model->nodes.items;
    model->file.n_metadata_props = model->notes.count;
    model->file.metadata_props = (Onnx__StringStringEntryProto **)model->notes.items;
    size_t bytes = onnx__model_proto__get_packed_size(&model->file);
    if (bytes > INT32_MAX)
        FAIL(STATUS_UNSUPPORTED, "%s: the network comes to %zu bytes, and ONNX's files hold %d",
             path, bytes, INT32_MAX);
    uint8_t *packed;
    TRY(MEMORY_NEW(&packed, bytes));
    onnx__model_proto__pack(&model->file, packed);
    Status status = files_write(path, packed, bytes);
    free(packed);
    return status;
}
