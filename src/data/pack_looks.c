/* See pack_looks.h. Numbers are stored as bytes, the lowest first. */
#include "data/pack_looks.h"

#include <stdlib.h>

#include "base/memory.h"

enum { PIXELS_BYTES = 16, FIELD_BYTES = 33 }; /* two words; four words and a flag */

static void put_word(uint64_t word, uint8_t bytes[8])
{
    for (int i = 0; i < 8; ++i)
        bytes[i] = (uint8_t)(word >> (8 * i));
}

static uint64_t get_word(const uint8_t bytes[8])
{
    uint64_t word = 0;
    for (int i = 0; i < 8; ++i)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

Status pack_write_looks(Hdf5Writer *writer, size_t count, const Look *looks)
{
    uint8_t *bytes;
    TRY(MEMORY_NEW(&bytes, count * FIELD_BYTES));
    for (size_t i = 0; i < count; ++i)
        for (size_t word = 0; word < 2; ++word)
            put_word(looks[i].pixels[word], bytes + i * PIXELS_BYTES + 8 * word);
    Status status =
        hdf5_write(writer, "looks/pixels", HDF5_U8, 2, (const size_t[]){count, PIXELS_BYTES}, bytes,
                   "hashes of the pixels of the source images", NULL);
    for (size_t i = 0; i < count; ++i) {
        for (size_t word = 0; word < 4; ++word)
            put_word(looks[i].field.words[word], bytes + i * FIELD_BYTES + 8 * word);
        bytes[i * FIELD_BYTES + FIELD_BYTES - 1] = looks[i].field.telling;
    }
    if (status == STATUS_OK)
        status = hdf5_write(writer, "looks/fields", HDF5_U8, 2,
                            (const size_t[]){count, FIELD_BYTES}, bytes,
                            "difference hashes of the source images' bright fields, then 1 where "
                            "they tell anything",
                            NULL);
    free(bytes);
    return status;
}

static Status read_all(const Hdf5Reader *reader, size_t count, uint8_t *bytes, int64_t *sizes,
                       Look *looks)
{
    TRY(hdf5_read_u8(reader, "looks/pixels", count * PIXELS_BYTES, bytes));
    for (size_t i = 0; i < count; ++i)
        for (size_t word = 0; word < 2; ++word)
            looks[i].pixels[word] = get_word(bytes + i * PIXELS_BYTES + 8 * word);
    TRY(hdf5_read_u8(reader, "looks/fields", count * FIELD_BYTES, bytes));
    TRY(hdf5_read_i64(reader, "sizes", 2 * count, sizes));
    for (size_t i = 0; i < count; ++i) {
        for (size_t word = 0; word < 4; ++word)
            looks[i].field.words[word] = get_word(bytes + i * FIELD_BYTES + 8 * word);
        looks[i].field.telling = bytes[i * FIELD_BYTES + FIELD_BYTES - 1] != 0;
        looks[i].width = (uint32_t)sizes[2 * i];
        looks[i].height = (uint32_t)sizes[2 * i + 1];
        looks[i].taken = true;
    }
    return STATUS_OK;
}

Status pack_read_looks(const Hdf5Reader *reader, size_t count, Look **looks)
{
    uint8_t *bytes = NULL;
    int64_t *sizes = NULL;
    Status status;
    *looks = NULL;
    if (!hdf5_has(reader, "looks/pixels"))
        return STATUS_OK;
    TRY_GOTO(status, end, MEMORY_NEW(&bytes, count * FIELD_BYTES));
    TRY_GOTO(status, end, MEMORY_NEW(&sizes, 2 * count));
    TRY_GOTO(status, end, MEMORY_NEW(looks, count));
    status = read_all(reader, count, bytes, sizes, *looks);
end:
    free(bytes);
    free(sizes);
    if (status != STATUS_OK) {
        free(*looks);
        *looks = NULL;
    }
    return status;
}
