/* Reading and writing of safetensors; see safetensors.h. */
#include "store/safetensors.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/files.h"

enum { LENGTH_BYTES = 8 };

static const char notes_name[] = "__metadata__";

static const struct {
    const char *name;
    size_t bytes;
} types[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}, {"I64", 8},
             {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U8", 1},  {"BOOL", 1}};

static size_t type_bytes(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i)
        if (strcmp(types[i].name, name) == 0)
            return types[i].bytes;
    return 0;
}

/* A whole number from 0 to `most`; JSON's numbers are doubles, exact up to 2^53. */
static bool read_size(const cJSON *item, size_t most, size_t *value)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > 0x1p53 ||
        item->valuedouble != floor(item->valuedouble) || item->valuedouble > (double)most)
        return false;
    *value = (size_t)item->valuedouble;
    return true;
}

static Status read_shape(const cJSON *shape, size_t most, SafeTensor *tensor)
{
    const cJSON *item;
    tensor->count = 1;
    if (!cJSON_IsArray(shape))
        FAIL(STATUS_FORMAT, "tensor %s has no shape, expected \"shape\": [64, 3, 7, 7] or the like",
             tensor->name);
    cJSON_ArrayForEach(item, shape)
    {
        size_t dim;
        if (tensor->rank == SAFETENSORS_MAX_RANK)
            FAIL(STATUS_FORMAT, "tensor %s has more than %d dimensions", tensor->name,
                 SAFETENSORS_MAX_RANK);
        if (!read_size(item, most, &dim) || (dim > 0 && tensor->count > most / dim))
            FAIL(STATUS_FORMAT, "the shape of tensor %s is larger than the file", tensor->name);
        tensor->dims[tensor->rank++] = dim;
        tensor->count *= dim;
    }
    return STATUS_OK;
}

/* One member of the header; `data` holds `bytes` bytes. */
static Status read_tensor(const cJSON *member, const char *data, size_t bytes, SafeTensor *tensor)
{
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(member, "dtype");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(member, "data_offsets");
    *tensor = (SafeTensor){.name = member->string};
    if (!cJSON_IsString(dtype) || type_bytes(dtype->valuestring) == 0)
        FAIL(STATUS_FORMAT, "tensor %s has type %s, expected F32, F16, BF16 or another number",
             tensor->name, cJSON_IsString(dtype) ? dtype->valuestring : "nothing");
    tensor->dtype = dtype->valuestring;
    TRY(read_shape(cJSON_GetObjectItemCaseSensitive(member, "shape"), bytes, tensor));
    if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2 ||
        !read_size(cJSON_GetArrayItem(offsets, 0), bytes, &tensor->begin) ||
        !read_size(cJSON_GetArrayItem(offsets, 1), bytes, &tensor->end) ||
        tensor->end < tensor->begin)
        FAIL(STATUS_FORMAT, "the data_offsets of tensor %s are not within the file's %zu bytes",
             tensor->name, bytes);
    if ((tensor->end - tensor->begin) / type_bytes(tensor->dtype) != tensor->count ||
        (tensor->end - tensor->begin) % type_bytes(tensor->dtype) != 0)
        FAIL(STATUS_FORMAT, "tensor %s has %zu bytes, expected %zu numbers of %s", tensor->name,
             tensor->end - tensor->begin, tensor->count, tensor->dtype);
    tensor->data = data + tensor->begin;
    return STATUS_OK;
}

static int by_place(const void *a, const void *b)
{
    const SafeTensor *left = a, *right = b;
    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    return (left->end > right->end) - (left->end < right->end);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const SafeTensor *)a)->name, ((const SafeTensor *)b)->name);
}

/* Tensors lie one after the other and fill the data, as the format wants it: two that share bytes
 * would be one value under two names. Leaves them in the order of their names. */
static Status check_places(SafeTensors *tensors, size_t bytes)
{
    size_t at = 0;
    qsort(tensors->items, tensors->count, sizeof *tensors->items, by_place);
    for (size_t i = 0; i < tensors->count; ++i) {
        if (tensors->items[i].begin != at)
            FAIL(STATUS_FORMAT, "tensor %s begins at byte %zu of the data, expected %zu",
                 tensors->items[i].name, tensors->items[i].begin, at);
        at = tensors->items[i].end;
    }
    if (at != bytes)
        FAIL(STATUS_FORMAT, "the tensors end at byte %zu of the data, expected %zu", at, bytes);
    qsort(tensors->items, tensors->count, sizeof *tensors->items, by_name);
    for (size_t i = 1; i < tensors->count; ++i)
        if (by_name(&tensors->items[i - 1], &tensors->items[i]) == 0)
            FAIL(STATUS_FORMAT, "there are two tensors %s", tensors->items[i].name);
    return STATUS_OK;
}

static Status read_header(SafeTensors *tensors, size_t length, size_t bytes)
{
    const char *header = tensors->file + LENGTH_BYTES;
    const cJSON *member;
    size_t members = 0;
    tensors->header = cJSON_ParseWithLength(header, length);
    if (!cJSON_IsObject(tensors->header))
        FAIL(STATUS_FORMAT, "its header is not JSON, expected {\"NAME\": {\"dtype\": ...}, ...}");
    cJSON_ArrayForEach(member, tensors->header)++ members;
    TRY(MEMORY_NEW(&tensors->items, members));
    cJSON_ArrayForEach(member, tensors->header)
    {
        if (strcmp(member->string, notes_name) == 0)
            continue;
        TRY(read_tensor(member, header + length, bytes, &tensors->items[tensors->count]));
        ++tensors->count;
    }
    return check_places(tensors, bytes);
}

static Status read_file(SafeTensors *tensors, size_t bytes)
{
    uint64_t length = 0;
    if (bytes >= 4 && (memcmp(tensors->file, "PK\3\4", 4) == 0 || tensors->file[0] == '\x80'))
        FAIL(STATUS_FORMAT, "is a pickle or an archive, which may hold code, expected safetensors: "
                            "convert it in Python with safetensors.torch.save_file()");
    if (bytes < LENGTH_BYTES)
        FAIL(STATUS_FORMAT, "has %zu bytes, expected safetensors", bytes);
    for (size_t i = 0; i < LENGTH_BYTES; ++i)
        length |= (uint64_t)(unsigned char)tensors->file[i] << (8 * i);
    if (length > bytes - LENGTH_BYTES)
        FAIL(STATUS_FORMAT, "is cut or no safetensors: its header would be longer than the file");
    return read_header(tensors, (size_t)length, bytes - LENGTH_BYTES - (size_t)length);
}

Status safetensors_read(const char *path, SafeTensors *tensors)
{
    size_t bytes;
    *tensors = (SafeTensors){0};
    TRY(files_read(path, &tensors->file, &bytes));
    Status status = read_file(tensors, bytes);
    return status == STATUS_OK ? STATUS_OK : status_prefix(status, "%s: ", path);
}

void safetensors_clear(SafeTensors *tensors)
{
    free(tensors->items);
    cJSON_Delete(tensors->header);
    free(tensors->names);
    free(tensors->file);
    *tensors = (SafeTensors){0};
}

const char *safetensors_note(const SafeTensors *tensors, const char *name)
{
    const cJSON *notes = cJSON_GetObjectItemCaseSensitive(tensors->header, notes_name);
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(notes, name));
}

const SafeTensor *safetensors_find(const SafeTensors *tensors, const char *name)
{
    const SafeTensor wanted = {.name = name};
    return tensors->count ? bsearch(&wanted, tensors->items, tensors->count, sizeof wanted, by_name)
                          : NULL;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float from_half(uint16_t bits)
{
    unsigned exponent = bits >> 10 & 31U, fraction = bits & 1023U;
    float value = exponent == 31 ? (fraction ? NAN : INFINITY)
                  : exponent     ? ldexpf((float)(1024U + fraction), (int)exponent - 25)
                                 : ldexpf((float)fraction, -24);
    return bits >> 15 ? -value : value;
}

Status safetensors_values(const SafeTensor *tensor, float *values)
{
    const unsigned char *at = tensor->data;
    bool full = strcmp(tensor->dtype, "F32") == 0, half = strcmp(tensor->dtype, "F16") == 0;
    if (!full && !half && strcmp(tensor->dtype, "BF16") != 0)
        FAIL(STATUS_FORMAT, "tensor %s has type %s, expected F32, F16 or BF16", tensor->name,
             tensor->dtype);
    for (size_t i = 0; i < tensor->count; ++i, at += full ? 4 : 2) {
        uint32_t low = at[0] | (uint32_t)at[1] << 8;
        if (full)
            values[i] = from_bits(low | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
        else
            values[i] = half ? from_half((uint16_t)low) : from_bits(low << 16);
        if (!isfinite(values[i]))
            FAIL(STATUS_FORMAT, "tensor %s: number %zu is not finite", tensor->name, i);
    }
    return STATUS_OK;
}

/* The member of one tensor, whose numbers begin at byte `begin` of the data. */
static bool add_tensor(cJSON *header, const SafeTensor *tensor, size_t begin)
{
    cJSON *member = cJSON_AddObjectToObject(header, tensor->name);
    bool fine = member && cJSON_AddStringToObject(member, "dtype", "F32");
    cJSON *shape = fine ? cJSON_AddArrayToObject(member, "shape") : NULL;
    for (size_t k = 0; k < tensor->rank; ++k)
        fine = fine && cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)tensor->dims[k]));
    cJSON *offsets = fine ? cJSON_AddArrayToObject(member, "data_offsets") : NULL;
    size_t end = begin + tensor->count * sizeof(float);
    return fine && cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)begin)) &&
           cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)end));
}

/* The header in *text, released with free(), and the bytes of all data. */
static Status print_header(size_t count, const SafeTensor *tensors, size_t note_count,
                           const SafeNote *notes, char **text, size_t *bytes)
{
    cJSON *header = cJSON_CreateObject();
    bool fine = header != NULL;
    *bytes = 0;
    if (note_count) {
        cJSON *member = cJSON_AddObjectToObject(header, notes_name);
        for (size_t i = 0; i < note_count; ++i)
            fine = fine && cJSON_AddStringToObject(member, notes[i].name, notes[i].text);
    }
    for (size_t i = 0; i < count && fine; ++i) {
        fine = add_tensor(header, &tensors[i], *bytes);
        *bytes += tensors[i].count * sizeof(float);
    }
    *text = fine ? cJSON_PrintUnformatted(header) : NULL;
    cJSON_Delete(header);
    return *text ? STATUS_OK : status_set(STATUS_NO_MEMORY, "no memory for the names of tensors");
}

Status safetensors_write(const char *path, size_t count, const SafeTensor *tensors,
                         size_t note_count, const SafeNote *notes)
{
    char *text, *file;
    size_t bytes;
    TRY(print_header(count, tensors, note_count, notes, &text, &bytes));
    size_t used = strlen(text), length = (used + 7) / 8 * 8; /* so that the numbers are aligned */
    Status status = MEMORY_NEW(&file, LENGTH_BYTES + length + bytes + 1); /* and a text's end */
    if (status == STATUS_OK) {
        char *at = file + LENGTH_BYTES;
        for (size_t i = 0; i < LENGTH_BYTES; ++i)
            file[i] = (char)((uint64_t)length >> (8 * i) & 255);
        memset(stpcpy(at, text), ' ', length - used);
        at += length;
        for (size_t i = 0; i < count; ++i) {
            memcpy(at, tensors[i].data, tensors[i].count * sizeof(float));
            at += tensors[i].count * sizeof(float);
        }
        status = files_write(path, file, LENGTH_BYTES + length + bytes);
        free(file);
    }
    free(text);
    return status;
}
