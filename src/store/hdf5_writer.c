/* HDF5 writing with whole-file commit; see hdf5_writer.h.
 *
 * Chunks run over the outermost dimension: as many rows as come near CHUNK_BYTES (ROW_CHUNK_BYTES
 * where rows are appended and later read one by one), the other dimensions whole. A single row
 * larger than that is one chunk. */
#include "store/hdf5_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/files.h"
#include "store/hdf5_driver.h"

enum { CHUNK_BYTES = 1 << 20, ROW_CHUNK_BYTES = 1 << 16 };

struct Hdf5Writer {
    hid_t file;
    int refusal; /* errno of the first write that failed; see hdf5_driver.h */
    char *path;
    char *temporary;
};

static void writer_free(Hdf5Writer *writer)
{
    if (writer->file > 0)
        hdf5_driver_close(writer->file);
    free(writer->path);
    free(writer->temporary);
    free(writer);
}

/* What the operating system refused, which the library does not know of. */
static Status check_disk(const Hdf5Writer *writer)
{
    if (writer->refusal)
        FAIL(files_refusal(writer->refusal), "%s: cannot write: %s", writer->path,
             strerror(writer->refusal));
    return STATUS_OK;
}

/* A folder that is missing is not a file that is. */
static Status create_refused(const char *path, int reason)
{
    return status_set(reason == ENOENT ? STATUS_IO : files_refusal(reason),
                      "%s: cannot create the file: %s", path, strerror(reason));
}

static Status open_temporary(Hdf5Writer *writer, const char *path)
{
    TRY(memory_copy_text(path, &writer->path));
    TRY(files_temporary_name(path, &writer->temporary));
    hdf5_silence();
    if (unlink(writer->temporary) != 0 && errno != ENOENT) /* the rest of a killed run */
        return create_refused(path, errno);
    writer->file = hdf5_driver_create(writer->temporary, &writer->refusal);
    if (writer->file < 0 && writer->refusal)
        return create_refused(path, writer->refusal);
    if (writer->file < 0)
        return hdf5_refused(STATUS_IO, path, NULL, "create the file");
    return STATUS_OK;
}

Status hdf5_writer_new(const char *path, Hdf5Writer **writer)
{
    TRY(MEMORY_NEW(writer, 1));
    Status status = open_temporary(*writer, path);
    if (status != STATUS_OK) {
        writer_free(*writer);
        *writer = NULL;
    }
    return status;
}

static Status finish(Hdf5Writer *writer)
{
    if (H5Fflush(writer->file, H5F_SCOPE_LOCAL) < 0)
        return hdf5_refused(STATUS_IO, writer->path, NULL, "write");
    herr_t closed = hdf5_driver_close(writer->file);
    writer->file = 0;
    if (closed < 0)
        return hdf5_refused(STATUS_IO, writer->path, NULL, "write");
    TRY(check_disk(writer));
    Status status = hdf5_verify(writer->temporary);
    if (status == STATUS_FORMAT) /* what was written just now: the storage is at fault */
        status = STATUS_STORAGE;
    TRY(status);
    return files_commit(writer->temporary, writer->path);
}

Status hdf5_writer_commit(Hdf5Writer *writer)
{
    Status status = finish(writer);
    if (status != STATUS_OK) {
        hdf5_writer_abandon(writer);
        return status;
    }
    writer_free(writer);
    return STATUS_OK;
}

void hdf5_writer_abandon(Hdf5Writer *writer)
{
    if (!writer)
        return;
    unlink(writer->temporary);
    writer_free(writer);
}

/* Creation properties of a link: missing groups are made. */
static hid_t new_link_properties(void)
{
    hid_t properties = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(properties, 1);
    H5Pset_char_encoding(properties, H5T_CSET_UTF8);
    return properties;
}

/* A chunked, checksummed, empty dataset; negative on error. */
static hid_t create_dataset(hid_t file, const char *name, hid_t type, size_t rank,
                            const hsize_t *dims, bool extendible)
{
    hsize_t chunk[HDF5_MAX_RANK], limit[HDF5_MAX_RANK], row_bytes = H5Tget_size(type);
    for (size_t i = 0; i < rank; ++i) {
        chunk[i] = dims[i] ? dims[i] : 1;
        limit[i] = dims[i];
        if (i > 0)
            row_bytes *= chunk[i];
    }
    hsize_t rows = (extendible ? ROW_CHUNK_BYTES : CHUNK_BYTES) / row_bytes;
    if (extendible || rows < chunk[0])
        chunk[0] = rows ? rows : 1;
    if (extendible)
        limit[0] = H5S_UNLIMITED;
    hid_t space = H5Screate_simple((int)rank, dims, limit);
    hid_t links = new_link_properties();
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t dataset = H5I_INVALID_HID;
    if (space >= 0 && H5Pset_chunk(creation, (int)rank, chunk) >= 0 &&
        H5Pset_fletcher32(creation) >= 0)
        dataset = H5Dcreate2(file, name, type, space, links, creation, H5P_DEFAULT);
    H5Pclose(creation);
    H5Pclose(links);
    if (space >= 0)
        H5Sclose(space);
    return dataset;
}

/* A string type of `bytes` bytes padded with zeros, or of variable length if `bytes` is 0. */
static hid_t new_text_type(size_t bytes)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, bytes ? bytes : H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    if (bytes)
        H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

/* Writes an attribute of an open object: one element if `count` is 0, else an array of `count`. */
static herr_t set_attribute(hid_t object, const char *name, hid_t stored, hid_t memory,
                            size_t count, const void *values)
{
    hsize_t dims[1] = {count};
    if (H5Aexists(object, name) > 0 && H5Adelete(object, name) < 0)
        return -1;
    hid_t space = count ? H5Screate_simple(1, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t result = attribute < 0 ? -1 : H5Awrite(attribute, memory, values);
    if (attribute >= 0 && H5Aclose(attribute) < 0)
        result = -1;
    H5Sclose(space);
    return result;
}

static herr_t set_text_attribute(hid_t object, const char *name, size_t count,
                                 const char *const *texts)
{
    hid_t type = new_text_type(0);
    herr_t result = set_attribute(object, name, type, type, count, texts);
    H5Tclose(type);
    return result;
}

static herr_t describe(hid_t dataset, const char *description, const char *unit)
{
    herr_t result = set_text_attribute(dataset, "description", 0, &description);
    if (result >= 0 && unit)
        result = set_text_attribute(dataset, "unit", 0, &unit);
    return result;
}

static Status check_shape(const Hdf5Writer *writer, const char *name, size_t rank)
{
    if (rank < 1 || rank > HDF5_MAX_RANK)
        FAIL(STATUS_ARGUMENT, "%s: %s: rank %zu, expected 1 to %d", writer->path, name, rank,
             HDF5_MAX_RANK);
    return STATUS_OK;
}

/* Creates a dataset, fills it from `values` unless that is NULL, and describes it. */
static Status write_dataset(Hdf5Writer *writer, const char *name, hid_t stored, hid_t memory,
                            size_t rank, const size_t *dims, bool extendible, const void *values,
                            const char *description, const char *unit)
{
    TRY(check_shape(writer, name, rank));
    hsize_t extent[HDF5_MAX_RANK], count = 1;
    for (size_t i = 0; i < rank; ++i) {
        extent[i] = dims[i];
        count *= dims[i];
    }
    hid_t dataset = create_dataset(writer->file, name, stored, rank, extent, extendible);
    if (dataset < 0)
        return hdf5_refused(STATUS_IO, writer->path, name, "create the dataset");
    herr_t result = 0;
    if (values && count)
        result = H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    if (result >= 0)
        result = describe(dataset, description, unit);
    if (H5Dclose(dataset) < 0)
        result = -1;
    return result < 0 ? hdf5_refused(STATUS_IO, writer->path, name, "write") : check_disk(writer);
}

Status hdf5_write(Hdf5Writer *writer, const char *name, Hdf5Type type, size_t rank,
                  const size_t *dims, const void *values, const char *description, const char *unit)
{
    return write_dataset(writer, name, hdf5_stored_type(type), hdf5_memory_type(type), rank, dims,
                         false, values, description, unit);
}

Status hdf5_write_texts(Hdf5Writer *writer, const char *name, size_t count,
                        const char *const *texts, const char *description)
{
    size_t longest = 1;
    for (size_t i = 0; i < count; ++i)
        if (texts[i] && strlen(texts[i]) > longest)
            longest = strlen(texts[i]);
    char *padded; /* count x longest */
    TRY(memory_new((void **)&padded, count, longest));
    for (size_t i = 0; i < count; ++i)
        if (texts[i])
            memcpy(padded + i * longest, texts[i], strlen(texts[i]));
    hid_t type = new_text_type(longest);
    Status status =
        write_dataset(writer, name, type, type, 1, &count, false, padded, description, NULL);
    H5Tclose(type);
    free(padded);
    return status;
}

Status hdf5_write_text(Hdf5Writer *writer, const char *name, const char *text,
                       const char *description)
{
    return hdf5_write_texts(writer, name, 1, &text, description);
}

Status hdf5_create_rows(Hdf5Writer *writer, const char *name, Hdf5Type type, size_t rank,
                        const size_t *dims, const char *description, const char *unit)
{
    TRY(check_shape(writer, name, rank));
    size_t none[HDF5_MAX_RANK] = {0};
    memcpy(none + 1, dims + 1, (rank - 1) * sizeof *dims);
    return write_dataset(writer, name, hdf5_stored_type(type), hdf5_memory_type(type), rank, none,
                         true, NULL, description, unit);
}

/* Lengthens an open dataset and writes the new rows. */
static herr_t append_rows(hid_t dataset, hid_t type, size_t rows, const void *values)
{
    hsize_t dims[HDF5_MAX_RANK], start[HDF5_MAX_RANK] = {0}, count[HDF5_MAX_RANK];
    hid_t old = H5Dget_space(dataset);
    int rank = H5Sget_simple_extent_dims(old, dims, NULL);
    H5Sclose(old);
    if (rank < 1)
        return -1;
    memcpy(count, dims, sizeof count);
    start[0] = dims[0];
    count[0] = rows;
    dims[0] += rows;
    if (H5Dset_extent(dataset, dims) < 0)
        return -1;
    hid_t stored = H5Dget_space(dataset);
    hid_t memory = H5Screate_simple(rank, count, NULL);
    herr_t result = H5Sselect_hyperslab(stored, H5S_SELECT_SET, start, NULL, count, NULL);
    if (result >= 0)
        result = H5Dwrite(dataset, type, memory, stored, H5P_DEFAULT, values);
    H5Sclose(memory);
    H5Sclose(stored);
    return result;
}

Status hdf5_append(Hdf5Writer *writer, const char *name, Hdf5Type type, size_t rows,
                   const void *values)
{
    if (rows == 0)
        return STATUS_OK;
    hid_t dataset = H5Dopen2(writer->file, name, H5P_DEFAULT);
    if (dataset < 0)
        return hdf5_refused(STATUS_MISSING, writer->path, name, "open the dataset");
    herr_t result = append_rows(dataset, hdf5_memory_type(type), rows, values);
    if (H5Dclose(dataset) < 0)
        result = -1;
    return result < 0 ? hdf5_refused(STATUS_IO, writer->path, name, "append") : check_disk(writer);
}

/* Opens an object, or makes it a group; negative on error. */
static hid_t open_object(hid_t file, const char *name)
{
    while (*name == '/')
        ++name;
    if (*name == '\0')
        return H5Oopen(file, "/", H5P_DEFAULT);
    hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    if (object >= 0)
        return object;
    hid_t links = new_link_properties();
    object = H5Gcreate2(file, name, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Pclose(links);
    return object;
}

static Status set_value(Hdf5Writer *writer, const char *object, const char *name, hid_t stored,
                        hid_t memory, size_t count, const void *values)
{
    hid_t owner = open_object(writer->file, object);
    if (owner < 0)
        return hdf5_refused(STATUS_IO, writer->path, object, "open or make the object");
    herr_t result = set_attribute(owner, name, stored, memory, count, values);
    H5Oclose(owner);
    if (result >= 0)
        return STATUS_OK;
    return status_prefix(hdf5_refused(STATUS_IO, writer->path, object, "write an attribute"), "%s",
                         name);
}

/* One text if `count` is 0, else an array of texts. */
static Status set_texts(Hdf5Writer *writer, const char *object, const char *name, size_t count,
                        const char *const *texts)
{
    hid_t type = new_text_type(0);
    Status status = set_value(writer, object, name, type, type, count, texts);
    H5Tclose(type);
    return status;
}

Status hdf5_set_texts(Hdf5Writer *writer, const char *object, const char *name, size_t count,
                      const char *const *texts)
{
    if (count == 0)
        FAIL(STATUS_ARGUMENT, "%s: %s: attribute %s has no texts, expected at least one",
             writer->path, object, name);
    return set_texts(writer, object, name, count, texts);
}

Status hdf5_set_text(Hdf5Writer *writer, const char *object, const char *name, const char *text)
{
    return set_texts(writer, object, name, 0, &text);
}

Status hdf5_set_i64(Hdf5Writer *writer, const char *object, const char *name, int64_t value)
{
    return set_value(writer, object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, 0, &value);
}

Status hdf5_set_f64(Hdf5Writer *writer, const char *object, const char *name, double value)
{
    return set_value(writer, object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 0, &value);
}

Status hdf5_link_external(Hdf5Writer *writer, const char *name, const char *target,
                          const char *object)
{
    hid_t links = new_link_properties();
    herr_t result = H5Lcreate_external(target, object, writer->file, name, links, H5P_DEFAULT);
    H5Pclose(links);
    return result < 0 ? hdf5_refused(STATUS_IO, writer->path, name, "link") : STATUS_OK;
}
