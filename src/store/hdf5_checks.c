/* See hdf5_checks.h. */
#include "store/hdf5_checks.h"

#include <string.h>

enum { NAME_BYTES = 1024 };

/* No size is refused below this: datasets that nobody has written yet have no bytes in the file. */
static const uint64_t bytes_free = 1 << 20;
/* Deflate makes no more of a byte. */
static const uint64_t ratio_most = 1032;
static const uint64_t attribute_bytes_most = 1 << 20;

/* ---- names ---- */

bool hdf5_check_name(hid_t file, const char *name)
{
    char part[NAME_BYTES];
    size_t length = strlen(name);
    if (length >= sizeof part)
        return false;
    for (size_t end = 1; end <= length; ++end) {
        H5L_info_t link;
        if ((name[end] != '/' && name[end] != '\0') || name[end - 1] == '/')
            continue;
        memcpy(part, name, end);
        part[end] = '\0';
        if (H5Lget_info(file, part, &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
            return false;
    }
    return true;
}

bool hdf5_check_visit(const char *name, size_t *objects)
{
    enum { OBJECTS_MOST = 100000, DEPTH_MOST = 32 };
    size_t depth = 0;
    for (const char *slash = name; (slash = strchr(slash, '/')); ++slash)
        ++depth;
    return ++*objects <= OBJECTS_MOST && depth <= DEPTH_MOST;
}

/* ---- kinds of elements ---- */

/* IEEE's numbers of 16 bits, for which the library has no name; negative on error. */
static hid_t new_half(H5T_order_t order)
{
    hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    if (half >= 0 && (H5Tset_fields(half, 15, 10, 5, 0, 10) < 0 || H5Tset_size(half, 2) < 0 ||
                      H5Tset_ebias(half, 15) < 0 || H5Tset_order(half, order) < 0)) {
        H5Tclose(half);
        return H5I_INVALID_HID;
    }
    return half;
}

static bool is_half(hid_t type)
{
    bool is = false;
    for (int big = 0; big < 2 && !is; ++big) {
        hid_t half = new_half(big ? H5T_ORDER_BE : H5T_ORDER_LE);
        is = half >= 0 && H5Tequal(type, half) > 0;
        if (half >= 0)
            H5Tclose(half);
    }
    return is;
}

static bool is_number(hid_t type)
{
    const hid_t known[] = {H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_I64LE,  H5T_STD_U8LE,
                           H5T_STD_I8LE,   H5T_STD_I16LE,  H5T_STD_I32LE,  H5T_STD_U16LE,
                           H5T_STD_U32LE,  H5T_STD_U64LE,  H5T_IEEE_F32BE, H5T_IEEE_F64BE,
                           H5T_STD_I8BE,   H5T_STD_I16BE,  H5T_STD_I32BE,  H5T_STD_I64BE,
                           H5T_STD_U8BE,   H5T_STD_U16BE,  H5T_STD_U32BE,  H5T_STD_U64BE};
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i)
        if (H5Tequal(type, known[i]) > 0)
            return true;
    return H5Tget_class(type) == H5T_FLOAT && H5Tget_size(type) == 2 && is_half(type);
}

bool hdf5_is_plain(hid_t type)
{
    if (H5Tget_class(type) == H5T_STRING)
        return H5Tget_size(type) > 0;
    if (H5Tget_class(type) != H5T_ENUM)
        return is_number(type);
    hid_t base = H5Tget_super(type);
    bool is = base >= 0 && is_number(base);
    if (base >= 0)
        H5Tclose(base);
    return is;
}

/* ---- sizes ---- */

/* The bytes of all elements in memory; false if there is no such number. */
static bool count_bytes(hid_t space, hid_t type, uint64_t *bytes)
{
    hsize_t dims[H5S_MAX_RANK] = {0};
    int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    *bytes = H5Tget_size(type);
    bool fine = rank >= 0 && *bytes > 0;
    for (int i = 0; fine && i < rank; ++i)
        fine = !__builtin_mul_overflow(*bytes, (uint64_t)dims[i], bytes);
    return fine && *bytes <= INT64_MAX;
}

static Status check_filters(const char *path, const char *name, hid_t creation)
{
    for (int i = 0; i < H5Pget_nfilters(creation); ++i) {
        size_t values = 0;
        unsigned flags = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, 0, NULL, NULL);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            FAIL(
                STATUS_FORMAT,
                "%s: %s: goes through filter %d, expected deflate, shuffle, Fletcher's checksum or "
                "none",
                path, name, (int)filter);
    }
    return STATUS_OK;
}

static Status check_size(const char *path, const char *name, const char *what, bool known,
                         uint64_t bytes, uint64_t stored)
{
    if (!known || (bytes > bytes_free && bytes / ratio_most > stored))
        FAIL(STATUS_FORMAT,
             "%s: %s: %s of %llu bytes, more than the %llu that are stored of it can be", path,
             name, what, (unsigned long long)bytes, (unsigned long long)stored);
    return STATUS_OK;
}

static Status check_chunk(const char *path, const char *name, hid_t creation, hid_t type,
                          uint64_t stored)
{
    hsize_t dims[H5S_MAX_RANK] = {0};
    uint64_t bytes = H5Tget_size(type);
    int rank = H5Pget_chunk(creation, H5S_MAX_RANK, dims);
    bool known = rank > 0;
    for (int i = 0; known && i < rank; ++i)
        known = !__builtin_mul_overflow(bytes, (uint64_t)dims[i], &bytes);
    return check_size(path, name, "a chunk", known, bytes, stored);
}

static Status check_parts(const char *path, const char *name, hid_t dataset, hid_t creation,
                          hid_t type, hid_t space)
{
    hsize_t stored = H5Dget_storage_size(dataset), file_bytes = 0;
    uint64_t bytes = 0;
    H5D_layout_t layout = H5Pget_layout(creation);
    if (layout == H5D_VIRTUAL || layout == H5D_LAYOUT_ERROR || H5Pget_external_count(creation) != 0)
        FAIL(STATUS_FORMAT, "%s: %s: its numbers lie in another file, expected them in this one",
             path, name);
    TRY(check_filters(path, name, creation));
    hid_t file = H5Iget_file_id(dataset);
    bool measured = file >= 0 && H5Fget_filesize(file, &file_bytes) >= 0;
    if (file >= 0)
        H5Fclose(file);
    if (!measured)
        return hdf5_refused(STATUS_FORMAT, path, name, "measure the file");
    stored = stored < file_bytes ? stored : file_bytes;
    bool known = count_bytes(space, type, &bytes);
    TRY(check_size(path, name, "elements", known, bytes, stored));
    return layout == H5D_CHUNKED ? check_chunk(path, name, creation, type, stored) : STATUS_OK;
}

Status hdf5_check_dataset(const char *path, const char *name, hid_t dataset)
{
    hid_t creation = H5Dget_create_plist(dataset);
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    Status status;
    if (creation < 0 || type < 0 || space < 0)
        status = hdf5_refused(STATUS_FORMAT, path, name, "read what is stored");
    else
        status = check_parts(path, name, dataset, creation, type, space);
    if (creation >= 0)
        H5Pclose(creation);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return status;
}

Status hdf5_check_attribute(const char *path, const char *name, hid_t attribute)
{
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    uint64_t bytes = 0;
    Status status = STATUS_OK;
    if (type < 0 || space < 0)
        status = hdf5_refused(STATUS_FORMAT, path, name, "read what is stored");
    else if (!count_bytes(space, type, &bytes) || bytes > attribute_bytes_most)
        status = status_set(STATUS_FORMAT, "%s: %s: an attribute of more than 1 MiB", path, name);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return status;
}
