/* See hdf5_driver.h. As the library's own driver of POSIX files does it: reading and writing at
 * addresses, an end of what is allocated (eoa), which the library sets, and an end of the file
 * (eof). Bytes that are not there are read as zeros. */
#include "store/hdf5_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    H5FD_t public; /* the library's; first */
    int file;
    bool reading;
    int *refusal;
    haddr_t eoa, eof;
} Driver;

/* Where refusals go, for the one file that is being opened. */
typedef struct {
    int *refusal;
} Settings;

static void refuse(int *refusal)
{
    if (!*refusal)
        *refusal = errno;
}

/* Opens what is there for reading, or makes a new file; negative on error. When the library makes a
 * file it first looks whether there is one that it has open. */
static int open_descriptor(const char *path, unsigned flags, int *refusal)
{
    int file = -1;
    if (!(flags & H5F_ACC_RDWR))
        file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    else if (flags & H5F_ACC_CREAT)
        file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    else
        return -1;
    if (file < 0)
        refuse(refusal);
    return file;
}

static H5FD_t *open_file(const char *path, unsigned flags, hid_t access, haddr_t most)
{
    (void)most;
    const Settings *settings = H5Pget_driver_info(access);
    Driver *driver = calloc(1, sizeof *driver);
    if (!driver || !settings) {
        free(driver);
        return NULL;
    }
    struct stat about = {0};
    driver->refusal = settings->refusal;
    driver->reading = !(flags & H5F_ACC_RDWR);
    driver->file = open_descriptor(path, flags, driver->refusal);
    if (driver->file >= 0 && fstat(driver->file, &about) == 0) {
        driver->eof = (haddr_t)about.st_size;
        return &driver->public;
    }
    if (driver->file >= 0) {
        refuse(driver->refusal);
        close(driver->file);
    }
    free(driver);
    return NULL;
}

/* The settings of an open file, which the library asks for to open another that it links to: so a
 * refusal there is this file's too. */
static void *copy_settings(H5FD_t *file)
{
    Settings *settings = malloc(sizeof *settings);
    if (settings)
        settings->refusal = ((const Driver *)file)->refusal;
    return settings;
}

static herr_t free_settings(void *settings)
{
    free(settings);
    return 0;
}

static herr_t close_file(H5FD_t *file)
{
    Driver *driver = (Driver *)file;
    if (close(driver->file) != 0 && !driver->reading)
        refuse(driver->refusal);
    free(driver);
    return 0;
}

static int compare(const H5FD_t *a, const H5FD_t *b)
{
    int x = ((const Driver *)a)->file, y = ((const Driver *)b)->file;
    return (x > y) - (x < y);
}

static herr_t query(const H5FD_t *file, unsigned long *flags)
{
    const Driver *driver = (const Driver *)file;
    *flags = H5FD_FEAT_DATA_SIEVE;
    if (driver && driver->reading)
        return 0; /* what is read comes as it is asked for: a heap whole */
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t get_eoa(const H5FD_t *file, H5FD_mem_t kind)
{
    (void)kind;
    return ((const Driver *)file)->eoa;
}

static herr_t set_eoa(H5FD_t *file, H5FD_mem_t kind, haddr_t address)
{
    (void)kind;
    ((Driver *)file)->eoa = address;
    return 0;
}

static haddr_t get_eof(const H5FD_t *file, H5FD_mem_t kind)
{
    (void)kind;
    return ((const Driver *)file)->eof;
}

/* ---- the global heap ---- */

static uint64_t get_number(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; ++i)
        number |= (uint64_t)bytes[i] << (8 * i);
    return number;
}

/* Whether a collection of texts of variable length is one whose objects lie inside of it. The
 * library (1.10) copies as many bytes as an object says to have, from wherever that leads. It reads
 * a collection's first 4096 bytes and, if there are more, all of it once again, so what lies behind
 * the bytes read is checked then. */
static bool is_heap(const uint8_t *bytes, size_t count)
{
    enum { HEADER = 16 }; /* of the collection, and of an object */
    if (count < HEADER || memcmp(bytes, "GCOL", 4) != 0)
        return false;
    uint64_t size = get_number(bytes + 8), at = HEADER;
    if (size < HEADER)
        return false;
    while (size - at >= HEADER && at + HEADER <= count) {
        bool is_object = bytes[at] || bytes[at + 1]; /* else the free space at the end */
        uint64_t room = size - at - (is_object ? HEADER : 0), wants = get_number(bytes + at + 8);
        if (wants > room || (!is_object && wants < HEADER))
            return false;
        at += is_object ? HEADER + (wants + 7) / 8 * 8 : wants;
        if (at > size)
            return false;
    }
    return true;
}

static herr_t read_bytes(H5FD_t *file, H5FD_mem_t kind, hid_t transfer, haddr_t address,
                         size_t bytes, void *buffer)
{
    (void)transfer;
    const Driver *driver = (const Driver *)file;
    char *to = buffer;
    const size_t wanted = bytes;
    while (bytes > 0 && address < driver->eof) { /* addresses of a damaged file may be any */
        ssize_t got = pread(driver->file, to, bytes, (off_t)address);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            refuse(driver->refusal);
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        to += got;
        address += (haddr_t)got;
        bytes -= (size_t)got;
    }
    memset(to, 0, bytes);
    /* The library says of a heap that it is data. Data that begin so are no accident. */
    bool looks =
        driver->reading && kind == H5FD_MEM_DRAW && wanted >= 4 && memcmp(buffer, "GCOL", 4) == 0;
    return !looks || is_heap(buffer, wanted) ? 0 : -1;
}

static herr_t write_bytes(H5FD_t *file, H5FD_mem_t kind, hid_t transfer, haddr_t address,
                          size_t bytes, const void *buffer)
{
    (void)kind;
    (void)transfer;
    Driver *driver = (Driver *)file;
    const char *from = buffer;
    if (address + bytes > driver->eof)
        driver->eof = address + bytes;
    while (bytes > 0 && !*driver->refusal) {
        ssize_t written = pwrite(driver->file, from, bytes, (off_t)address);
        if (written < 0 && errno != EINTR)
            refuse(driver->refusal);
        if (written < 0)
            continue;
        from += written;
        address += (haddr_t)written;
        bytes -= (size_t)written;
    }
    return 0;
}

/* The end of the file becomes the end of what is allocated. */
static herr_t cut(H5FD_t *file, hid_t transfer, hbool_t closing)
{
    (void)transfer;
    (void)closing;
    Driver *driver = (Driver *)file;
    if (!*driver->refusal && ftruncate(driver->file, (off_t)driver->eoa) != 0)
        refuse(driver->refusal);
    driver->eof = driver->eoa;
    return 0;
}

/* A lock that another program holds is a refusal; file systems without locks go on without one. */
static herr_t lock(H5FD_t *file, hbool_t writing)
{
    (void)writing;
    const Driver *driver = (const Driver *)file;
    if (!driver->reading || flock(driver->file, LOCK_SH | LOCK_NB) == 0 || errno == ENOSYS ||
        errno == ENOLCK || errno == EOPNOTSUPP)
        return 0;
    refuse(driver->refusal);
    return -1;
}

static const H5FD_class_t driver_class = {
    .name = "gisd",
    .maxaddr = (haddr_t)LONG_MAX,
    .fc_degree = H5F_CLOSE_STRONG, /* all objects close with the file, whatever went wrong */
    .fapl_size = sizeof(Settings),
    .fapl_get = copy_settings,
    .fapl_free = free_settings,
    .open = open_file,
    .close = close_file,
    .cmp = compare,
    .query = query,
    .get_eoa = get_eoa,
    .set_eoa = set_eoa,
    .get_eof = get_eof,
    .read = read_bytes,
    .write = write_bytes,
    .truncate = cut,
    .lock = lock,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

/* The driver is registered while a file of its is open: the library calls close_file() by the class
 * that it kept of the driver after the file has let go of it, which must not be the last hold. */
static hid_t driver = H5I_INVALID_HID;
static size_t open_files;

static void release_driver(void)
{
    if (--open_files == 0) {
        H5FDunregister(driver);
        driver = H5I_INVALID_HID;
    }
}

static hid_t open_with_driver(const char *path, bool reading, int *refusal)
{
    const Settings settings = {refusal};
    *refusal = 0;
    hid_t file = H5I_INVALID_HID;
    if (open_files == 0)
        driver = H5FDregister(&driver_class);
    if (driver < 0)
        return file;
    ++open_files;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && H5Pset_driver(access, driver, &settings) >= 0 &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0)
        file = reading ? H5Fopen(path, H5F_ACC_RDONLY, access)
                       : H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (access >= 0)
        H5Pclose(access);
    if (file < 0)
        release_driver();
    return file;
}

hid_t hdf5_driver_create(const char *path, int *refusal)
{
    return open_with_driver(path, false, refusal);
}

hid_t hdf5_driver_open(const char *path, int *refusal)
{
    return open_with_driver(path, true, refusal);
}

herr_t hdf5_driver_close(hid_t file)
{
    herr_t closed = H5Fclose(file);
    release_driver();
    return closed;
}
