/* HDF5 reading; see hdf5_reader.h. The library converts numbers; texts are read in their stored
 * type and copied, so that fixed and variable length need one path each. */
#include "store/hdf5_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/hdf5_checks.h"
#include "store/hdf5_probe.h"

struct Hdf5Reader {
    hid_t file;
    int refusal; /* errno of the first read that failed; see hdf5_driver.h */
    char *path;
};

Status hdf5_reader_new(const char *path, Hdf5Reader **reader)
{
    TRY(MEMORY_NEW(reader, 1));
    Status status = memory_copy_text(path, &(*reader)->path);
    if (status == STATUS_OK)
        status = hdf5_open(path, &(*reader)->refusal, &(*reader)->file);
    if (status != STATUS_OK) {
        free((*reader)->path);
        free(*reader);
        *reader = NULL;
    }
    return status;
}

Status hdf5_reader_end(Hdf5Reader *reader, Status status)
{
    status = hdf5_close(reader->path, &reader->refusal, reader->file, status);
    free(reader->path);
    free(reader);
    return status;
}

void hdf5_reader_free(Hdf5Reader *reader)
{
    if (reader)
        hdf5_reader_end(reader, STATUS_OK);
}

const char *hdf5_reader_path(const Hdf5Reader *reader)
{
    return reader->path;
}

/* "" stands for the root group too. */
static const char *object_name(const char *name)
{
    return name[0] ? name : "/";
}

bool hdf5_has(const Hdf5Reader *reader, const char *name)
{
    hid_t object = H5I_INVALID_HID;
    if (hdf5_check_name(reader->file, object_name(name)))
        object = H5Oopen(reader->file, object_name(name), H5P_DEFAULT);
    if (object >= 0)
        H5Oclose(object);
    return object >= 0;
}

static Status open_dataset(const Hdf5Reader *reader, const char *name, hid_t *dataset)
{
    if (!hdf5_has(reader, name))
        FAIL(STATUS_MISSING, "%s: there is no dataset %s", reader->path, name);
    *dataset = H5Dopen2(reader->file, name, H5P_DEFAULT);
    if (*dataset < 0)
        FAIL(STATUS_FORMAT, "%s: %s: is a group, expected a dataset", reader->path, name);
    Status status = hdf5_check_dataset(reader->path, name, *dataset);
    if (status != STATUS_OK)
        H5Dclose(*dataset);
    return status;
}

/* Shape of an open dataset. */
static Status shape_of(const Hdf5Reader *reader, const char *name, hid_t dataset, size_t *rank,
                       hsize_t dims[H5S_MAX_RANK])
{
    hid_t space = H5Dget_space(dataset);
    int found = H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sclose(space);
    if (found < 0)
        return hdf5_refused(STATUS_FORMAT, reader->path, name, "read the shape");
    if (found > HDF5_MAX_RANK)
        FAIL(STATUS_FORMAT, "%s: %s: rank %d, expected %d at most", reader->path, name, found,
             HDF5_MAX_RANK);
    *rank = (size_t)found;
    return STATUS_OK;
}

Status hdf5_dims(const Hdf5Reader *reader, const char *name, size_t *rank,
                 size_t dims[HDF5_MAX_RANK])
{
    hid_t dataset = H5I_INVALID_HID;
    hsize_t found[H5S_MAX_RANK];
    TRY(open_dataset(reader, name, &dataset));
    Status status = shape_of(reader, name, dataset, rank, found);
    H5Dclose(dataset);
    for (size_t i = 0; status == STATUS_OK && i < *rank; ++i)
        dims[i] = (size_t)found[i];
    return status;
}

Status hdf5_count(const Hdf5Reader *reader, const char *name, size_t *count)
{
    size_t rank = 0, dims[HDF5_MAX_RANK];
    TRY(hdf5_dims(reader, name, &rank, dims));
    *count = 1;
    for (size_t i = 0; i < rank; ++i)
        *count *= dims[i];
    return STATUS_OK;
}

static Hdf5Kind kind_of(hid_t stored)
{
    switch (H5Tget_class(stored)) {
    case H5T_INTEGER:
    case H5T_ENUM: /* truth values of h5py */
        return HDF5_INTEGERS;
    case H5T_FLOAT:
        return HDF5_NUMBERS;
    case H5T_STRING:
        return HDF5_TEXTS;
    default:
        return HDF5_OTHER;
    }
}

Status hdf5_kind(const Hdf5Reader *reader, const char *name, Hdf5Kind *kind)
{
    hid_t dataset = H5I_INVALID_HID;
    TRY(open_dataset(reader, name, &dataset));
    hid_t stored = H5Dget_type(dataset);
    *kind = kind_of(stored);
    H5Tclose(stored);
    H5Dclose(dataset);
    return STATUS_OK;
}

/* Whether numbers of the stored type may be read as `type`: fractions are not cut off silently. */
static Status check_number(const char *path, const char *name, hid_t stored, Hdf5Type type)
{
    Hdf5Kind kind = hdf5_is_plain(stored) ? kind_of(stored) : HDF5_OTHER;
    bool wanted_whole = type == HDF5_I64 || type == HDF5_U8;
    if (kind == HDF5_INTEGERS || (kind == HDF5_NUMBERS && !wanted_whole))
        return STATUS_OK;
    FAIL(STATUS_FORMAT, "%s: %s: expected %s", path, name, wanted_whole ? "integers" : "numbers");
}

/* Reads the selected part of an open dataset after checking its type. */
static Status read_selected(const Hdf5Reader *reader, const char *name, hid_t dataset,
                            Hdf5Type type, hid_t memory, hid_t stored, void *values)
{
    hid_t stored_type = H5Dget_type(dataset);
    Status status = check_number(reader->path, name, stored_type, type);
    H5Tclose(stored_type);
    if (status == STATUS_OK &&
        H5Dread(dataset, hdf5_memory_type(type), memory, stored, H5P_DEFAULT, values) < 0)
        status = hdf5_refused(STATUS_FORMAT, reader->path, name, "read");
    return status;
}

static Status read_counted(const Hdf5Reader *reader, const char *name, hid_t dataset, Hdf5Type type,
                           size_t count, void *values)
{
    hid_t space = H5Dget_space(dataset);
    hssize_t found = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    if (found != (hssize_t)count)
        FAIL(STATUS_FORMAT, "%s: %s: holds %lld numbers, expected %zu", reader->path, name,
             (long long)found, count);
    return read_selected(reader, name, dataset, type, H5S_ALL, H5S_ALL, values);
}

Status hdf5_read(const Hdf5Reader *reader, const char *name, Hdf5Type type, size_t count,
                 void *values)
{
    hid_t dataset = H5I_INVALID_HID;
    TRY(open_dataset(reader, name, &dataset));
    Status status = read_counted(reader, name, dataset, type, count, values);
    H5Dclose(dataset);
    return status;
}

static Status read_some_rows(const Hdf5Reader *reader, const char *name, hid_t dataset,
                             Hdf5Type type, size_t first, size_t rows, size_t count, void *values)
{
    size_t rank = 0, row_count = 1;
    hsize_t dims[H5S_MAX_RANK] = {0}, start[H5S_MAX_RANK] = {first};
    TRY(shape_of(reader, name, dataset, &rank, dims));
    if (rank == 0 || first > dims[0] || rows > dims[0] - first)
        FAIL(STATUS_FORMAT, "%s: %s: has %zu rows, expected at least %zu", reader->path, name,
             (size_t)dims[0], first + rows);
    for (size_t i = 1; i < rank; ++i)
        row_count *= (size_t)dims[i];
    if (count != rows * row_count)
        FAIL(STATUS_FORMAT, "%s: %s: holds %zu numbers a row, expected %zu", reader->path, name,
             row_count, rows ? count / rows : count);
    if (count == 0)
        return STATUS_OK;
    dims[0] = rows;
    hid_t stored = H5Dget_space(dataset);
    hid_t memory = H5Screate_simple((int)rank, dims, NULL);
    Status status = STATUS_OK;
    if (H5Sselect_hyperslab(stored, H5S_SELECT_SET, start, NULL, dims, NULL) < 0)
        status = hdf5_refused(STATUS_LIBRARY, reader->path, name, "select rows");
    if (status == STATUS_OK)
        status = read_selected(reader, name, dataset, type, memory, stored, values);
    H5Sclose(memory);
    H5Sclose(stored);
    return status;
}

Status hdf5_read_rows(const Hdf5Reader *reader, const char *name, Hdf5Type type, size_t first,
                      size_t rows, size_t count, void *values)
{
    hid_t dataset = H5I_INVALID_HID;
    TRY(open_dataset(reader, name, &dataset));
    Status status = read_some_rows(reader, name, dataset, type, first, rows, count, values);
    H5Dclose(dataset);
    return status;
}

void hdf5_texts_clear(Hdf5Texts *texts)
{
    for (size_t i = 0; i < texts->count; ++i)
        free(texts->items[i]);
    free(texts->items);
    *texts = (Hdf5Texts){0};
}

/* Copies `count` texts out of a buffer of the stored type. */
static Status copy_texts(hid_t type, const char *buffer, size_t count, Hdf5Texts *texts)
{
    bool variable = H5Tis_variable_str(type) > 0, spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    size_t bytes = H5Tget_size(type);
    TRY(MEMORY_NEW(&texts->items, count));
    for (; texts->count < count; ++texts->count) {
        const char *text = buffer + texts->count * bytes;
        size_t length = bytes;
        if (variable) {
            memcpy(&text, buffer + texts->count * bytes, sizeof text);
            text = text ? text : "";
            length = strlen(text);
        }
        length = strnlen(text, length);
        while (spaces && length > 0 && text[length - 1] == ' ')
            --length;
        char **copy = &texts->items[texts->count];
        TRY(MEMORY_NEW(copy, length + 1));
        memcpy(*copy, text, length);
    }
    return STATUS_OK;
}

/* Reads all texts of an open dataset or attribute. */
static Status read_text_object(const Hdf5Reader *reader, const char *name, hid_t object,
                               bool attribute, Hdf5Texts *texts)
{
    *texts = (Hdf5Texts){0};
    hid_t type = attribute ? H5Aget_type(object) : H5Dget_type(object);
    hid_t space = attribute ? H5Aget_space(object) : H5Dget_space(object);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    char *buffer = NULL;
    Status status = STATUS_OK;
    if (H5Tget_class(type) != H5T_STRING || count < 0)
        status = status_set(STATUS_FORMAT, "%s: %s: expected text", reader->path, name);
    else
        status = memory_new((void **)&buffer, (size_t)count, H5Tget_size(type));
    if (status == STATUS_OK && count > 0) {
        herr_t result = attribute ? H5Aread(object, type, buffer)
                                  : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
        if (result < 0) {
            status = hdf5_refused(STATUS_FORMAT, reader->path, name, "read the text");
        } else {
            status = copy_texts(type, buffer, (size_t)count, texts);
            if (H5Tis_variable_str(type) > 0)
                H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
        }
    }
    if (status != STATUS_OK)
        hdf5_texts_clear(texts);
    free(buffer);
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

Status hdf5_read_texts(const Hdf5Reader *reader, const char *name, Hdf5Texts *texts)
{
    hid_t dataset = H5I_INVALID_HID;
    *texts = (Hdf5Texts){0};
    TRY(open_dataset(reader, name, &dataset));
    Status status = read_text_object(reader, name, dataset, false, texts);
    H5Dclose(dataset);
    return status;
}

/* Takes the only text of a list out of it. */
static Status take_one(const Hdf5Reader *reader, const char *name, Hdf5Texts *texts, char **text)
{
    Status status = STATUS_OK;
    if (texts->count == 1) {
        *text = texts->items[0];
        texts->count = 0;
    } else {
        status = status_set(STATUS_FORMAT, "%s: %s: holds %zu texts, expected one", reader->path,
                            name, texts->count);
    }
    hdf5_texts_clear(texts);
    return status;
}

Status hdf5_read_text(const Hdf5Reader *reader, const char *name, char **text)
{
    Hdf5Texts texts;
    *text = NULL;
    TRY(hdf5_read_texts(reader, name, &texts));
    return take_one(reader, name, &texts, text);
}

typedef struct {
    Hdf5Texts *names;
    size_t capacity, objects;
    const char *path;
    Status status;
} NameVisit;

static Status add_name(NameVisit *visit, const char *name)
{
    Hdf5Texts *names = visit->names;
    TRY(MEMORY_GROW(&names->items, names->count + 1, &visit->capacity));
    TRY(memory_copy_text(name, &names->items[names->count]));
    ++names->count;
    return STATUS_OK;
}

static herr_t visit_object(hid_t group, const char *name, const H5O_info_t *about, void *context)
{
    (void)group;
    NameVisit *visit = context;
    if (!hdf5_check_visit(name, &visit->objects))
        visit->status = status_set(STATUS_FORMAT, "%s: groups in groups without end", visit->path);
    else if (about->type == H5O_TYPE_DATASET)
        visit->status = add_name(visit, name);
    return visit->status == STATUS_OK ? 0 : -1;
}

/* Name by name of the path: a slash comes before all other letters. */
static int by_path(const void *first, const void *second)
{
    const unsigned char *a = *(const unsigned char *const *)first;
    const unsigned char *b = *(const unsigned char *const *)second;
    while (*a && *a == *b)
        ++a, ++b;
    int x = *a == '/' ? 1 : *a, y = *b == '/' ? 1 : *b;
    return x - y;
}

Status hdf5_list(const Hdf5Reader *reader, const char *group, Hdf5Texts *names)
{
    *names = (Hdf5Texts){0};
    if (!hdf5_has(reader, group))
        return STATUS_OK;
    NameVisit visit = {.names = names, .path = reader->path, .status = STATUS_OK};
    /* In the order of names the library (1.10) crashes where a large group cannot be read. */
    herr_t result =
        H5Ovisit_by_name2(reader->file, object_name(group), H5_INDEX_NAME, H5_ITER_NATIVE,
                          visit_object, &visit, H5O_INFO_BASIC, H5P_DEFAULT);
    if (result < 0 && visit.status == STATUS_OK)
        visit.status = hdf5_refused(STATUS_FORMAT, reader->path, group, "list what is in it");
    if (visit.status != STATUS_OK)
        hdf5_texts_clear(names);
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, by_path);
    return visit.status;
}

bool hdf5_has_attribute(const Hdf5Reader *reader, const char *object, const char *name)
{
    return hdf5_check_name(reader->file, object_name(object)) &&
           H5Aexists_by_name(reader->file, object_name(object), name, H5P_DEFAULT) > 0;
}

static Status open_attribute(const Hdf5Reader *reader, const char *object, const char *name,
                             hid_t *attribute)
{
    if (!hdf5_has_attribute(reader, object, name))
        FAIL(STATUS_MISSING, "%s: %s: there is no attribute %s", reader->path, object_name(object),
             name);
    *attribute = H5Aopen_by_name(reader->file, object_name(object), name, H5P_DEFAULT, H5P_DEFAULT);
    if (*attribute < 0)
        return hdf5_refused(STATUS_FORMAT, reader->path, object, "open an attribute");
    Status status = hdf5_check_attribute(reader->path, name, *attribute);
    if (status != STATUS_OK)
        H5Aclose(*attribute);
    return status;
}

Status hdf5_get_texts(const Hdf5Reader *reader, const char *object, const char *name,
                      Hdf5Texts *texts)
{
    hid_t attribute = H5I_INVALID_HID;
    *texts = (Hdf5Texts){0};
    TRY(open_attribute(reader, object, name, &attribute));
    Status status = read_text_object(reader, name, attribute, true, texts);
    H5Aclose(attribute);
    return status;
}

Status hdf5_get_text(const Hdf5Reader *reader, const char *object, const char *name, char **text)
{
    Hdf5Texts texts;
    *text = NULL;
    TRY(hdf5_get_texts(reader, object, name, &texts));
    return take_one(reader, name, &texts, text);
}

/* Reads an attribute of one number, as a scalar or an array of one. */
static Status get_number(const Hdf5Reader *reader, const char *object, const char *name,
                         Hdf5Type type, void *value)
{
    hid_t attribute = H5I_INVALID_HID;
    TRY(open_attribute(reader, object, name, &attribute));
    hid_t stored = H5Aget_type(attribute);
    hid_t space = H5Aget_space(attribute);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    Status status = check_number(reader->path, name, stored, type);
    if (status == STATUS_OK && count != 1)
        status = status_set(STATUS_FORMAT, "%s: %s: holds %lld numbers, expected one", reader->path,
                            name, (long long)count);
    if (status == STATUS_OK && H5Aread(attribute, hdf5_memory_type(type), value) < 0)
        status = hdf5_refused(STATUS_FORMAT, reader->path, name, "read");
    H5Sclose(space);
    H5Tclose(stored);
    H5Aclose(attribute);
    return status;
}

Status hdf5_try_attribute(hid_t attribute)
{
    const Hdf5Reader reader = {.file = attribute, .path = (char[]){""}};
    Hdf5Texts texts;
    double number;
    Status status = STATUS_OK;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    if (H5Tget_class(type) == H5T_STRING) {
        status = read_text_object(&reader, "", attribute, true, &texts);
        hdf5_texts_clear(&texts);
    } else if (hdf5_is_plain(type) && H5Sget_simple_extent_npoints(space) == 1) {
        H5Aread(attribute, H5T_NATIVE_DOUBLE, &number);
    }
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

Status hdf5_get_i64(const Hdf5Reader *reader, const char *object, const char *name, int64_t *value)
{
    return get_number(reader, object, name, HDF5_I64, value);
}

Status hdf5_get_f64(const Hdf5Reader *reader, const char *object, const char *name, double *value)
{
    return get_number(reader, object, name, HDF5_F64, value);
}

Status hdf5_check_format(const Hdf5Reader *reader, const char *kind, int64_t newest)
{
    int64_t format = 1;
    if (!hdf5_has_attribute(reader, "", "format_version"))
        return STATUS_OK;
    TRY(hdf5_get_i64(reader, "", "format_version", &format));
    if (format >= 1 && format <= newest)
        return STATUS_OK;
    FAIL(STATUS_UNSUPPORTED, "%s: %s of format %lld, expected 1 to %lld (made by a later gisd?)",
         reader->path, kind, (long long)format, (long long)newest);
}

bool hdf5_is_kind(const char *path, const char *kind)
{
    Hdf5Reader *reader;
    char *text = NULL;
    if (hdf5_probe(path) != STATUS_OK || hdf5_reader_new(path, &reader) != STATUS_OK)
        return false;
    bool is_kind = hdf5_has_attribute(reader, "/", "kind") &&
                   hdf5_get_text(reader, "/", "kind", &text) == STATUS_OK &&
                   strcmp(text, kind) == 0;
    free(text);
    hdf5_reader_free(reader);
    return is_kind;
}
