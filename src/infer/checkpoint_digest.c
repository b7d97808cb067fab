/* Sorted lines, then one hash; see checkpoint_digest.h. */
#include "infer/checkpoint_digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the checksum is defined over little-endian numbers");

void checkpoint_digest_init(CheckpointDigest *digest)
{
    *digest = (CheckpointDigest){0};
}

void checkpoint_digest_clear(CheckpointDigest *digest)
{
    for (size_t i = 0; i < digest->count; ++i)
        free(digest->lines[i]);
    free(digest->lines);
    *digest = (CheckpointDigest){0};
}

static Status add_line(CheckpointDigest *digest, const char *name, const char *type,
                       const char *shape, const void *values, size_t bytes)
{
    TRY(MEMORY_GROW(&digest->lines, digest->count + 1, &digest->room));
    char hash[HASH_TEXT_BYTES];
    hash_text(values, bytes, hash);
    size_t room = strlen(name) + strlen(type) + strlen(shape) + sizeof hash + 4;
    char **line = &digest->lines[digest->count];
    TRY(MEMORY_NEW(line, room));
    snprintf(*line, room, "%s %s %s%s%s\n", name, type, shape, shape[0] ? " " : "", hash);
    ++digest->count;
    return STATUS_OK;
}

Status checkpoint_digest_array(CheckpointDigest *digest, const char *name, Hdf5Type type,
                               size_t rank, const size_t *dims, const void *values)
{
    static const char *const types[] = {
        [HDF5_F32] = "f32", [HDF5_F64] = "f64", [HDF5_I64] = "i64", [HDF5_U8] = "u8"};
    char shape[CHECKPOINT_SHAPE_BYTES];
    checkpoint_shape_text(rank, dims, shape);
    size_t bytes = hdf5_type_bytes(type);
    for (size_t i = 0; i < rank; ++i)
        bytes *= dims[i];
    return add_line(digest, name, types[type], shape, values, bytes);
}

Status checkpoint_digest_text(CheckpointDigest *digest, const char *name, const char *text)
{
    return add_line(digest, name, "text", "", text, strlen(text));
}

static int by_bytes(const void *first, const void *second)
{
    return strcmp(*(char *const *)first, *(char *const *)second);
}

Status checkpoint_digest_finish(CheckpointDigest *digest, char text[HASH_TEXT_BYTES])
{
    size_t bytes = 0;
    for (size_t i = 0; i < digest->count; ++i)
        bytes += strlen(digest->lines[i]);
    char *all;
    TRY(MEMORY_NEW(&all, bytes + 1));
    if (digest->count)
        qsort(digest->lines, digest->count, sizeof *digest->lines, by_bytes);
    char *end = all;
    for (size_t i = 0; i < digest->count; ++i)
        end = stpcpy(end, digest->lines[i]);
    hash_text(all, bytes, text);
    free(all);
    return STATUS_OK;
}

void checkpoint_shape_text(size_t rank, const size_t *dims, char text[CHECKPOINT_SHAPE_BYTES])
{
    snprintf(text, CHECKPOINT_SHAPE_BYTES, "scalar");
    for (size_t i = 0, used = 0; i < rank && used < CHECKPOINT_SHAPE_BYTES; ++i)
        used += (size_t)snprintf(text + used, CHECKPOINT_SHAPE_BYTES - used, "%s%zu", i ? "x" : "",
                                 dims[i]);
}
