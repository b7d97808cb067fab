/* See npz.h. The archive is libzip's; an array's header is parsed here. */
#include "store/npz.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "base/memory.h"
#include "store/files.h"

enum { EXPANSION_MOST = 16, MAGIC_BYTES = 8 };

static const struct {
    const char *descr, *type;
    size_t bytes;
} types[] = {{"<f4", "F32", 4}, {"<f2", "F16", 2}, {"<f8", "F64", 8}, {"<i8", "I64", 8},
             {"<i4", "I32", 4}, {"<i2", "I16", 2}, {"|i1", "I8", 1},  {"|u1", "U8", 1}};
enum { TYPES = sizeof types / sizeof *types };

/* ---- the header of an array ---- */

/* A place in the header's text, which ends with a zero byte. */
static bool skip(const char **at, const char *word)
{
    *at += strspn(*at, " \n");
    if (strncmp(*at, word, strlen(word)) != 0)
        return false;
    *at += strlen(word);
    return true;
}

static bool read_shape(const char **at, size_t most, SafeTensor *tensor)
{
    tensor->rank = 0;
    tensor->count = 1;
    if (!skip(at, "("))
        return false;
    while (!skip(at, ")")) {
        size_t dim = 0, digits = 0;
        *at += strspn(*at, " ");
        for (; **at >= '0' && **at <= '9' && digits < 18; ++*at, ++digits)
            dim = 10 * dim + (size_t)(**at - '0');
        if (!digits || tensor->rank == SAFETENSORS_MAX_RANK || dim > most ||
            (dim > 0 && tensor->count > most / dim))
            return false;
        tensor->dims[tensor->rank++] = dim;
        tensor->count *= dim;
        if (!skip(at, ",") && **at != ')')
            return false;
    }
    return true;
}

/* 'descr' up to 'shape', in any order, each once; *bytes is that of a number. */
static Status read_dictionary(const char *text, size_t most, SafeTensor *tensor, size_t *bytes)
{
    bool shape = false, order = false;
    size_t type = TYPES;
    if (!skip(&text, "{"))
        FAIL(STATUS_FORMAT, "its header is no dictionary");
    while (!skip(&text, "}")) {
        bool fine = false;
        if (type == TYPES && skip(&text, "'descr':") && skip(&text, "'")) {
            const size_t length = strcspn(text, "'");
            for (type = 0; type < TYPES; ++type)
                if (strlen(types[type].descr) == length &&
                    strncmp(text, types[type].descr, length) == 0)
                    break;
            if (type == TYPES)
                FAIL(STATUS_FORMAT,
                     "its type is %.*s, expected <f4 or another little-endian number",
                     (int)(length < 16 ? length : 16), text);
            text += length;
            fine = skip(&text, "'");
        } else if (!order && skip(&text, "'fortran_order':")) {
            if (skip(&text, "True"))
                FAIL(STATUS_FORMAT, "it lies column by column, expected rows: save it again by way "
                                    "of numpy.ascontiguousarray()");
            order = fine = skip(&text, "False");
        } else if (!shape && skip(&text, "'shape':")) {
            shape = fine = read_shape(&text, most, tensor);
        }
        if (!fine || (!skip(&text, ",") && *text != '}'))
            FAIL(STATUS_FORMAT, "its header is not of NumPy, or of an array larger than the file");
    }
    if (type == TYPES || !order || !shape)
        FAIL(STATUS_FORMAT, "its header lacks 'descr', 'fortran_order' or 'shape'");
    tensor->dtype = types[type].type;
    *bytes = types[type].bytes;
    return STATUS_OK;
}

/* The `bytes` bytes at `file` are one .npy; writes a zero byte behind its header. */
static Status read_array(char *file, size_t bytes, SafeTensor *tensor)
{
    const unsigned char *start = (const unsigned char *)file;
    if (bytes < MAGIC_BYTES + 4 || memcmp(file, "\x93NUMPY", 6) != 0 || start[6] < 1 ||
        start[6] > 3)
        FAIL(STATUS_FORMAT, "it is no array of NumPy");
    size_t length = start[8] | (size_t)start[9] << 8, begin = MAGIC_BYTES + 2;
    if (start[6] > 1) {
        length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
        begin += 2;
    }
    if (length == 0 || length > bytes - begin)
        FAIL(STATUS_FORMAT, "its header would be longer than the array");
    char *header = file + begin;
    size_t each = 0;
    header[length - 1] = '\0'; /* the line's end */
    TRY(read_dictionary(header, bytes, tensor, &each));
    if ((bytes - begin - length) / each != tensor->count || (bytes - begin - length) % each != 0)
        FAIL(STATUS_FORMAT, "it has %zu bytes of numbers, expected %zu numbers of %zu bytes",
             bytes - begin - length, tensor->count, each);
    tensor->data = header + length;
    return STATUS_OK;
}

/* ---- the archive ---- */

static Status fail_of(zip_t *archive, const char *what)
{
    return status_set(STATUS_FORMAT, "%s: %s", what, zip_strerror(archive));
}

/* Names and sizes of all members; *bytes is what they come to, *letters their names. */
static Status look(zip_t *archive, size_t most, size_t *bytes, size_t *letters)
{
    *bytes = *letters = 0;
    for (zip_uint64_t i = 0; i < (zip_uint64_t)zip_get_num_entries(archive, 0); ++i) {
        zip_stat_t member;
        const zip_uint64_t wanted = ZIP_STAT_NAME | ZIP_STAT_SIZE;
        if (zip_stat_index(archive, i, 0, &member) != 0 || (member.valid & wanted) != wanted)
            return fail_of(archive, "cannot read its list of arrays");
        const size_t length = strlen(member.name);
        if (length < 5 || strcmp(member.name + length - 4, ".npy") != 0)
            FAIL(STATUS_FORMAT,
                 "holds %s, expected arrays of NumPy: if it is a pickle, which may hold code, "
                 "convert it in Python with safetensors.torch.save_file()",
                 member.name);
        if (member.size > most - *bytes)
            FAIL(STATUS_FORMAT, "would come to more than %zu bytes, %d times its own", most,
                 EXPANSION_MOST);
        *bytes += member.size;
        *letters += length;
    }
    return STATUS_OK;
}

static Status read_member(zip_t *archive, zip_uint64_t i, char *to, size_t bytes)
{
    zip_file_t *member = zip_fopen_index(archive, i, 0);
    char beyond;
    if (!member)
        return fail_of(archive, "cannot open it");
    /* The byte beyond makes libzip compare the checksum. */
    const bool whole =
        zip_fread(member, to, bytes) == (zip_int64_t)bytes && zip_fread(member, &beyond, 1) == 0;
    zip_fclose(member);
    if (!whole)
        FAIL(STATUS_FORMAT, "it is cut or damaged");
    return STATUS_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const SafeTensor *)a)->name, ((const SafeTensor *)b)->name);
}

static Status read_members(zip_t *archive, SafeTensors *tensors)
{
    char *data = tensors->file, *name = tensors->names;
    const size_t count = (size_t)zip_get_num_entries(archive, 0);
    for (; tensors->count < count; ++tensors->count) {
        SafeTensor *tensor = &tensors->items[tensors->count];
        zip_stat_t member;
        if (zip_stat_index(archive, tensors->count, 0, &member) != 0)
            return fail_of(archive, "cannot read its list of arrays");
        const size_t length = strlen(member.name) - 4;
        snprintf(name, length + 1, "%s", member.name);
        tensor->name = name;
        Status status = read_member(archive, tensors->count, data, member.size);
        if (status == STATUS_OK)
            status = read_array(data, member.size, tensor);
        if (status != STATUS_OK)
            return status_prefix(status, "array %s: ", name);
        data += member.size;
        name += length + 1;
    }
    qsort(tensors->items, tensors->count, sizeof *tensors->items, by_name);
    for (size_t i = 1; i < tensors->count; ++i)
        if (by_name(&tensors->items[i - 1], &tensors->items[i]) == 0)
            FAIL(STATUS_FORMAT, "there are two arrays %s", tensors->items[i].name);
    return STATUS_OK;
}

static Status read_archive(zip_t *archive, size_t own_bytes, SafeTensors *tensors)
{
    size_t bytes, letters;
    TRY(look(archive, EXPANSION_MOST * own_bytes, &bytes, &letters));
    TRY(MEMORY_NEW(&tensors->file, bytes + 1));
    TRY(MEMORY_NEW(&tensors->names, letters + 1));
    TRY(MEMORY_NEW(&tensors->items, (size_t)zip_get_num_entries(archive, 0) + 1));
    return read_members(archive, tensors);
}

/* The archive in `file`, which outlives the call. */
static Status read_file(const char *file, size_t bytes, SafeTensors *tensors)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(file, bytes, 0, &error);
    zip_t *archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    Status status;
    if (archive) {
        status = read_archive(archive, bytes, tensors);
        zip_discard(archive);
    } else {
        zip_source_free(source); /* NULL is fine */
        status = status_set(STATUS_FORMAT, "is no npz of NumPy: %s", zip_error_strerror(&error));
    }
    zip_error_fini(&error);
    return status;
}

Status npz_read(const char *path, SafeTensors *tensors)
{
    char *file;
    size_t bytes;
    *tensors = (SafeTensors){0};
    TRY(files_read(path, &file, &bytes));
    Status status = read_file(file, bytes, tensors);
    free(file);
    return status == STATUS_OK ? STATUS_OK : status_prefix(status, "%s: ", path);
}
