/* See darknet_weights.h. */
#include "infer/darknet_weights.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/files.h"

enum { VERSION_BYTES = 12, HEADER_BYTES = 20, FORMER_HEADER_BYTES = 16, NAME_BYTES = 128 };

bool darknet_weights_named(const char *path)
{
    static const char first_layers[] = ".conv";
    const char *end = strrchr(path, '.');
    const size_t length = sizeof first_layers - 1;
    if (!end)
        return false;
    return strcmp(end, ".weights") == 0 ||
           (end[1] && end[1 + strspn(end + 1, "0123456789")] == '\0' &&
            (size_t)(end - path) > length && strncmp(end - length, first_layers, length) == 0);
}

/* ---- the order ---- */

/* The parameters in darknet's order; `count` of the list's. */
typedef struct {
    size_t count;
    Parameter **items;
} Order;

/* Appends NAME.SUFFIX, if the list has it. */
static void append(const ParameterList *parameters, const char *name, const char *suffix,
                   Order *order)
{
    char full[NAME_BYTES];
    snprintf(full, sizeof full, "%s.%s", name, suffix);
    Parameter *parameter = parameters_find(parameters, full);
    if (parameter && order->count < parameters->count)
        order->items[order->count++] = parameter;
}

/* Whether the parameter is a layer's weights; stem[NAME_BYTES]: the layer's name. */
static bool is_weights(const Parameter *parameter, char *stem)
{
    static const char ending[] = ".weight";
    const size_t length = strlen(parameter->name), end = sizeof ending - 1;
    if (parameter->rank < 2 || length <= end || length >= NAME_BYTES ||
        strcmp(parameter->name + length - end, ending) != 0)
        return false;
    snprintf(stem, NAME_BYTES, "%.*s", (int)(length - end), parameter->name);
    return true;
}

/* NAME of a layer NAME.conv; false: it is called otherwise. */
static bool strip_conv(char *stem)
{
    char *end = strrchr(stem, '.');
    const bool is_conv = end && strcmp(end, ".conv") == 0;
    if (is_conv)
        *end = '\0';
    return is_conv;
}

/* `whole`: only of such layers as networks of darknet have here. */
static Status find_order(const ParameterList *parameters, bool whole, Order *order)
{
    static const char *const parts[] = {"norm.bias", "norm.weight", "norm.running_mean",
                                        "norm.running_var"};
    *order = (Order){0};
    TRY(MEMORY_NEW(&order->items, parameters->count));
    for (size_t i = 0; i < parameters->count; ++i) {
        char layer[NAME_BYTES], name[NAME_BYTES];
        if (!is_weights(&parameters->items[i], layer))
            continue;
        snprintf(name, sizeof name, "%s", layer);
        const bool is_conv = strip_conv(name);
        if (whole && !is_conv)
            continue;
        append(parameters, layer, "bias", order);
        for (size_t k = 0; k < sizeof parts / sizeof *parts && is_conv; ++k)
            append(parameters, name, parts[k], order);
        append(parameters, layer, "weight", order);
    }
    if (order->count == parameters->count)
        return STATUS_OK;
    free(order->items);
    FAIL(STATUS_UNSUPPORTED,
         "darknet's weights are of networks of darknet (expected yolov3 or yolov3_tiny; to start "
         "from, without --classes, also vgg19 or ssd300)");
}

/* ---- the bytes ---- */

static uint32_t read_u32(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void write_u32(uint32_t value, unsigned char *at)
{
    for (size_t i = 0; i < 4; ++i)
        at[i] = (unsigned char)(value >> (8 * i));
}

/* How long the header is, from the version in it. */
static Status check_header(const char *path, const unsigned char *file, size_t bytes,
                           size_t *header)
{
    if (bytes < FORMER_HEADER_BYTES)
        FAIL(STATUS_FORMAT, "%s: %zu bytes (expected darknet's weights)", path, bytes);
    const uint32_t major = read_u32(file), minor = read_u32(file + 4);
    if (major != 0 || minor > 2)
        FAIL(STATUS_FORMAT, "%s: version %u.%u (expected darknet's weights of version 0.1 or 0.2)",
             path, major, minor);
    *header = minor == 2 ? HEADER_BYTES : FORMER_HEADER_BYTES;
    return STATUS_OK;
}

static Status read_numbers(const char *path, const Order *order, const unsigned char *at)
{
    for (size_t k = 0; k < order->count; ++k) {
        Parameter *parameter = order->items[k];
        for (size_t i = 0; i < parameter->count; ++i, at += 4) {
            const uint32_t bits = read_u32(at);
            memcpy(&parameter->value[i], &bits, sizeof bits);
            if (!isfinite(parameter->value[i]))
                FAIL(STATUS_FORMAT, "%s: number %zu of %s is not finite", path, i, parameter->name);
        }
        ++parameter->version;
    }
    return STATUS_OK;
}

static Status take(const char *path, const ParameterList *parameters, const Order *order,
                   const unsigned char *file, size_t bytes)
{
    const size_t expected = parameters_total(parameters, false);
    size_t header;
    TRY(check_header(path, file, bytes, &header));
    if (bytes < header || bytes - header != 4 * expected)
        FAIL(
            STATUS_FORMAT,
            "%s: %zu bytes behind the header (expected %zu, for the %zu numbers of the network; of "
            "another network, width or number of classes there are others)",
            path, bytes < header ? 0 : bytes - header, 4 * expected, expected);
    return read_numbers(path, order, file + header);
}

Status darknet_weights_read(const char *path, ParameterList *parameters)
{
    Order order;
    char *file;
    size_t bytes;
    TRY(find_order(parameters, true, &order));
    Status status = files_read(path, &file, &bytes);
    if (status == STATUS_OK) {
        status = take(path, parameters, &order, (const unsigned char *)file, bytes);
        free(file);
    }
    free(order.items);
    return status;
}

/* ---- the first layers ---- */

enum { HEAD_CLASSES = 1000 }; /* of ImageNet, on which darknet's classifiers learnt */

/* Where a file's numbers may end. */
typedef struct {
    size_t items, numbers;            /* of the layers that the file holds whole */
    size_t trunk_items, trunk, width; /* of the trunk, and outputs of its last layer */
} First;

/* The last layer at whose end that many numbers are through, if there is one. */
static First count_first(const Order *order, bool (*of_trunk)(const char *), size_t numbers)
{
    First first = {0};
    size_t through = 0;
    for (size_t i = 0; i < order->count; ++i) {
        const Parameter *parameter = order->items[i];
        through += parameter->count;
        if (parameter->rank < 2)
            continue;
        if (through <= numbers)
            first = (First){i + 1, through, first.trunk_items, first.trunk, first.width};
        if (!of_trunk || of_trunk(parameter->name)) {
            first.trunk_items = i + 1;
            first.trunk = through;
            first.width = parameter->dims[0];
        }
    }
    return first;
}

static void add_tensor(SafeTensors *tensors, const char *name, size_t rank, const size_t *dims,
                       const char **at)
{
    SafeTensor *tensor = &tensors->items[tensors->count];
    char *copy = tensors->names + tensors->count++ * NAME_BYTES;
    snprintf(copy, NAME_BYTES, "%s", name);
    *tensor = (SafeTensor){.name = copy, .dtype = "F32", .rank = rank, .count = 1, .data = *at};
    for (size_t i = 0; i < rank; ++i) {
        tensor->dims[i] = dims[i];
        tensor->count *= dims[i];
    }
    *at += sizeof(float) * tensor->count;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const SafeTensor *)a)->name, ((const SafeTensor *)b)->name);
}

static Status name_tensors(const char *path, const Order *order, bool (*of_trunk)(const char *),
                           size_t header, size_t bytes, SafeTensors *tensors)
{
    const size_t numbers = (bytes - header) / sizeof(float);
    const First first = count_first(order, of_trunk, numbers);
    const size_t head[2] = {HEAD_CLASSES, first.width};
    const bool has_head = numbers == first.trunk + HEAD_CLASSES * (first.width + 1);
    const bool is_whole = numbers == first.numbers && numbers > 0;
    if ((bytes - header) % sizeof(float) || !(is_whole || has_head))
        FAIL(STATUS_FORMAT,
             "%s: %zu bytes behind the header (expected whole layers from the first on: %zu, the "
             "most that it has, or %zu, with a classifier of %d classes; of another network or "
             "width, which --set base=N gives, there are others)",
             path, bytes - header, sizeof(float) * first.numbers,
             sizeof(float) * (first.trunk + HEAD_CLASSES * (first.width + 1)), HEAD_CLASSES);
    const char *at = tensors->file + header;
    const size_t items = is_whole ? first.items : first.trunk_items;
    TRY(MEMORY_NEW(&tensors->names, (items + 2) * NAME_BYTES));
    TRY(MEMORY_NEW(&tensors->items, items + 2));
    for (size_t i = 0; i < items; ++i)
        add_tensor(tensors, order->items[i]->name, order->items[i]->rank, order->items[i]->dims,
                   &at);
    if (!is_whole) {
        add_tensor(tensors, "head.bias", 1, head, &at);
        add_tensor(tensors, "head.weight", 2, head, &at);
    }
    qsort(tensors->items, tensors->count, sizeof *tensors->items, by_name);
    return STATUS_OK;
}

/* Reads the file, which the caller releases. */
static Status read_file(const char *path, char **file, size_t *bytes, size_t *header)
{
    TRY(files_read(path, file, bytes));
    TRY(check_header(path, (const unsigned char *)*file, *bytes, header));
    if (*bytes < *header)
        FAIL(STATUS_FORMAT, "%s: %zu bytes (expected a header of %zu)", path, *bytes, *header);
    return STATUS_OK;
}

Status darknet_weights_count(const char *path, size_t *numbers)
{
    char *file = NULL;
    size_t bytes, header;
    Status status = read_file(path, &file, &bytes, &header);
    if (status == STATUS_OK)
        *numbers = (bytes - header) / sizeof(float);
    free(file);
    return status;
}

Status darknet_weights_read_first(const char *path, const ParameterList *parameters,
                                  bool (*of_trunk)(const char *parameter), SafeTensors *tensors)
{
    Order order;
    size_t bytes, header;
    *tensors = (SafeTensors){0};
    TRY(find_order(parameters, false, &order));
    Status status = read_file(path, &tensors->file, &bytes, &header);
    if (status == STATUS_OK)
        status = name_tensors(path, &order, of_trunk, header, bytes, tensors);
    free(order.items);
    return status;
}

/* ---- writing ---- */

Status darknet_weights_write(const char *path, const ParameterList *parameters)
{
    Order order;
    unsigned char *file;
    const size_t bytes = HEADER_BYTES + 4 * parameters_total(parameters, false);
    TRY(find_order(parameters, true, &order));
    Status status = MEMORY_NEW(&file, bytes);
    if (status == STATUS_OK) {
        unsigned char *at = file + HEADER_BYTES;
        write_u32(2, file + 4); /* version 0.2, revision 0; nothing seen */
        for (size_t k = 0; k < order.count; ++k)
            for (size_t i = 0; i < order.items[k]->count; ++i, at += 4) {
                uint32_t bits;
                memcpy(&bits, &order.items[k]->value[i], sizeof bits);
                write_u32(bits, at);
            }
        status = files_write(path, file, bytes);
        free(file);
    }
    free(order.items);
    return status;
}
