/* Messages, opening and verifying of HDF5 files; see hdf5_file.h. */
#include "store/hdf5_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/files.h"
#include "store/hdf5_checks.h"
#include "store/hdf5_driver.h"

enum { VERIFY_BYTES = 8 << 20 }; /* read at once while verifying */

size_t hdf5_type_bytes(Hdf5Type type)
{
    static const size_t bytes[] = {sizeof(float), sizeof(double), sizeof(int64_t), 1};
    return bytes[type];
}

hid_t hdf5_memory_type(Hdf5Type type)
{
    const hid_t types[] = {H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE, H5T_NATIVE_INT64, H5T_NATIVE_UINT8};
    return types[type];
}

hid_t hdf5_stored_type(Hdf5Type type)
{
    const hid_t types[] = {H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_I64LE, H5T_STD_U8LE};
    return types[type];
}

static _Thread_local char last_cause[256];

/* Keeps the description of the error nearest to its cause: the walk goes towards it. */
static herr_t keep_description(unsigned depth, const H5E_error2_t *error, void *context)
{
    (void)depth, (void)context;
    if (error->desc && error->desc[0])
        snprintf(last_cause, sizeof last_cause, "%s", error->desc);
    return 0;
}

/* Called by the library at each failing call, in place of printing: the stack of errors itself does
 * not outlive the next call, such as the closing of what was open. */
static herr_t remember(hid_t stack, void *context)
{
    (void)context;
    H5Ewalk2(stack, H5E_WALK_DOWNWARD, keep_description, NULL);
    return 0;
}

void hdf5_silence(void)
{
    /* Without the library's own work at the end of the program, which does not come to one (1.10)
     * after a damaged file. All files are closed by then anyway. Only the first call counts. */
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, remember, NULL);
}

/* Where the operating system refused, its reason stands in the middle of several lines of detail.
 */
static void shorten_cause(void)
{
    static const char mark[] = "error message = '";
    char *reason = strstr(last_cause, mark);
    if (!reason)
        return;
    reason += sizeof mark - 1;
    size_t length = strcspn(reason, "'");
    memmove(last_cause, reason, length);
    last_cause[length] = '\0';
}

Status hdf5_refused(Status status, const char *path, const char *name, const char *action)
{
    const char *slash = name && name[0] != '/' ? "/" : "";
    shorten_cause();
    return status_set(status, "%s: %s%s%scannot %s: %s", path, slash, name ? name : "",
                      name ? ": " : "", action, last_cause);
}

/* Numbers of the file's own are of 8 bytes: what everybody writes, and what the driver reads. */
static Status check_widths(const char *path, hid_t file)
{
    size_t address = 0, length = 0;
    hid_t creation = H5Fget_create_plist(file);
    bool known = creation >= 0 && H5Pget_sizes(creation, &address, &length) >= 0;
    if (creation >= 0)
        H5Pclose(creation);
    if (!known || address != 8 || length != 8)
        FAIL(STATUS_FORMAT,
             "%s: an HDF5 file with addresses of %zu bytes and lengths of %zu, "
             "expected 8",
             path, address, length);
    return STATUS_OK;
}

/* An error if the operating system refused something. */
static Status check_refusal(const char *path, int refusal)
{
    if (refusal == 0 || refusal == ENOENT) /* a link that leads nowhere */
        return STATUS_OK;
    if (refusal == EWOULDBLOCK)
        FAIL(STATUS_STORAGE,
             "%s: another program has the file locked (if there is none, set "
             "HDF5_USE_FILE_LOCKING=FALSE)",
             path);
    FAIL(files_refusal(refusal), "%s: cannot read: %s", path, strerror(refusal));
}

Status hdf5_open(const char *path, int *refusal, hid_t *file)
{
    hdf5_silence();
    *file = H5I_INVALID_HID;
    Status status = files_check_plain(path);
    if (status == STATUS_MISSING)
        FAIL(STATUS_MISSING, "%s: no such file, expected an HDF5 file", path);
    TRY(status);
    *file = hdf5_driver_open(path, refusal);
    if (*file >= 0) {
        status = check_widths(path, *file);
        if (status == STATUS_OK)
            return STATUS_OK;
        status = hdf5_close(path, refusal, *file, status);
        *file = H5I_INVALID_HID;
        return status;
    }
    if (*refusal == ENOENT)
        FAIL(STATUS_STORAGE, "%s: is no longer seen, a moment later", path);
    TRY(check_refusal(path, *refusal));
    return hdf5_refused(STATUS_FORMAT, path, NULL, "open as a complete HDF5 file");
}

Status hdf5_close(const char *path, const int *refusal, hid_t file, Status status)
{
    herr_t closed = hdf5_driver_close(file);
    TRY(check_refusal(path, *refusal));
    if (closed < 0 && status == STATUS_OK)
        return hdf5_refused(STATUS_IO, path, NULL, "close");
    return status;
}

/* Reads rows [first, first + rows) of the outermost dimension into `buffer`; all of a scalar. */
static herr_t read_slab(hid_t dataset, hid_t type, int rank, const hsize_t *dims, hsize_t first,
                        hsize_t rows, void *buffer)
{
    hsize_t start[H5S_MAX_RANK] = {first}, count[H5S_MAX_RANK];
    memcpy(count, dims, sizeof count);
    count[0] = rows;
    hid_t stored = H5Dget_space(dataset);
    hid_t memory = rank ? H5Screate_simple(rank, count, NULL) : H5Screate(H5S_SCALAR);
    herr_t result = 0;
    if (rank)
        result = H5Sselect_hyperslab(stored, H5S_SELECT_SET, start, NULL, count, NULL);
    if (result >= 0)
        result = H5Dread(dataset, type, memory, stored, H5P_DEFAULT, buffer);
    if (result >= 0 && (H5Tdetect_class(type, H5T_VLEN) > 0 || H5Tis_variable_str(type) > 0))
        H5Dvlen_reclaim(type, memory, H5P_DEFAULT, buffer);
    H5Sclose(memory);
    H5Sclose(stored);
    return result;
}

/* Reads a whole dataset piece by piece, in its own type. */
static Status read_dataset(const char *path, const char *name, hid_t dataset)
{
    hsize_t dims[H5S_MAX_RANK] = {1};
    hid_t space = H5Dget_space(dataset);
    int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    if (rank < 0 || count < 0)
        return hdf5_refused(STATUS_FORMAT, path, name, "read the shape");
    if (count == 0)
        return STATUS_OK;
    hid_t type = H5Dget_type(dataset);
    size_t row_bytes = (size_t)count / (size_t)dims[0] * H5Tget_size(type);
    hsize_t rows = row_bytes < VERIFY_BYTES ? VERIFY_BYTES / row_bytes : 1;
    if (rows > dims[0])
        rows = dims[0];
    char *buffer;
    Status status = MEMORY_NEW(&buffer, rows * row_bytes);
    for (hsize_t first = 0; status == STATUS_OK && first < dims[0]; first += rows) {
        hsize_t now = rows < dims[0] - first ? rows : dims[0] - first;
        if (read_slab(dataset, type, rank, dims, first, now, buffer) < 0)
            status = hdf5_refused(STATUS_FORMAT, path, name, "read back, the file is damaged");
    }
    free(buffer);
    H5Tclose(type);
    return status;
}

Status hdf5_verify_dataset(const char *path, hid_t file, const char *name)
{
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    if (dataset < 0)
        return hdf5_refused(STATUS_FORMAT, path, name, "open the dataset");
    Status status = hdf5_check_dataset(path, name, dataset);
    if (status == STATUS_OK)
        status = read_dataset(path, name, dataset);
    H5Dclose(dataset);
    return status;
}

typedef struct {
    const char *path;
    Status status;
    size_t objects;
} Visit;

static herr_t verify_object(hid_t file, const char *name, const H5O_info_t *about, void *context)
{
    Visit *visit = context;
    if (!hdf5_check_visit(name, &visit->objects))
        visit->status = status_set(STATUS_FORMAT, "%s: groups in groups without end", visit->path);
    if (visit->status != STATUS_OK || about->type != H5O_TYPE_DATASET)
        return visit->status == STATUS_OK ? 0 : -1;
    visit->status = hdf5_verify_dataset(visit->path, file, name);
    return visit->status == STATUS_OK ? 0 : -1;
}

Status hdf5_verify(const char *path)
{
    hid_t file;
    int refusal;
    TRY(hdf5_open(path, &refusal, &file));
    Visit visit = {path, STATUS_OK, 0};
    herr_t result =
        H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, verify_object, &visit, H5O_INFO_BASIC);
    if (result < 0 && visit.status == STATUS_OK)
        visit.status = hdf5_refused(STATUS_FORMAT, path, NULL, "list the file's objects");
    return hdf5_close(path, &refusal, file, visit.status);
}
