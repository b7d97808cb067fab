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
    const char *end = strrchr(path, '.');
    return end && strcmp(end, ".weights") == 0;
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

static Status find_order(const ParameterList *parameters, Order *order)
{
    static const char ending[] = ".conv.weight";
    static const char *const parts[] = {"conv.bias",         "norm.bias",        "norm.weight",
                                        "norm.running_mean", "norm.running_var", "conv.weight"};
    *order = (Order){0};
    TRY(MEMORY_NEW(&order->items, parameters->count));
    for (size_t i = 0; i < parameters->count; ++i) {
        const char *name = parameters->items[i].name;
        const size_t length = strlen(name), end = sizeof ending - 1;
        if (length <= end || strcmp(name + length - end, ending) != 0)
            continue;
        char convolution[NAME_BYTES];
        snprintf(convolution, sizeof convolution, "%.*s", (int)(length - end), name);
        for (size_t k = 0; k < sizeof parts / sizeof *parts; ++k)
            append(parameters, convolution, parts[k], order);
    }
    if (order->count == parameters->count)
        return STATUS_OK;
    free(order->items);
    FAIL(STATUS_UNSUPPORTED, "darknet's weights are of networks of darknet (expected yolov3 or "
                             "yolov3_tiny)");
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
    TRY(find_order(parameters, &order));
    Status status = files_read(path, &file, &bytes);
    if (status == STATUS_OK) {
        status = take(path, parameters, &order, (const unsigned char *)file, bytes);
        free(file);
    }
    free(order.items);
    return status;
}

Status darknet_weights_write(const char *path, const ParameterList *parameters)
{
    Order order;
    unsigned char *file;
    const size_t bytes = HEADER_BYTES + 4 * parameters_total(parameters, false);
    TRY(find_order(parameters, &order));
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
