/* Reading, replacing and naming whole files; see files.h for the order that keeps them whole. */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

Status files_refusal(int reason)
{
    static const int passing[] = {/* full, until somebody makes room */
                                  ENOSPC, EDQUOT,
                                  /* interrupted, locked, in use */
                                  EINTR, EAGAIN, EBUSY,
                                  /* the disk, its server, or the way there */
                                  EIO, EREMOTEIO, ESTALE, EPROTO, ETIMEDOUT, ENOTCONN, ESHUTDOWN,
                                  ECONNRESET, ECONNABORTED, ECONNREFUSED, ENETDOWN, ENETUNREACH,
                                  EHOSTDOWN, EHOSTUNREACH};
    if (reason == ENOENT)
        return STATUS_MISSING;
    for (size_t i = 0; i < sizeof passing / sizeof *passing; ++i)
        if (reason == passing[i])
            return STATUS_STORAGE;
    return STATUS_IO;
}

Status files_refused(const char *path, const char *action)
{
    int reason = errno;
    return status_set(files_refusal(reason), "%s: cannot %s: %s", path, action, strerror(reason));
}

Status files_look(const char *path, FilesKind *kind)
{
    struct stat about;
    *kind = FILES_NOTHING;
    if (stat(path, &about) == 0)
        *kind = S_ISDIR(about.st_mode) ? FILES_FOLDER : FILES_FILE;
    else if (errno != ENOENT && errno != ENOTDIR)
        return files_refused(path, "look for it");
    return STATUS_OK;
}

bool files_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

bool files_is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

Status files_are_same(const char *a, const char *b, bool *same)
{
    struct stat x, y;
    *same = false;
    if (stat(a, &x) != 0)
        return errno == ENOENT ? STATUS_OK : files_refused(a, "look for it");
    if (stat(b, &y) != 0)
        return errno == ENOENT ? STATUS_OK : files_refused(b, "look for it");
    *same = x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    return STATUS_OK;
}

static Status make_one_folder(const char *path)
{
    if (mkdir(path, 0777) == 0)
        return STATUS_OK;
    int reason = errno; /* which looking at the path replaces */
    FilesKind kind;
    Status seen = files_look(path, &kind);
    if (kind == FILES_FOLDER || seen == STATUS_STORAGE)
        return seen;
    errno = reason;
    return files_refused(path, "make the folder");
}

Status files_make_folder(const char *path)
{
    char *partial;
    TRY(memory_copy_text(path, &partial));
    Status status = STATUS_OK;
    for (char *slash = partial + 1; *partial && status == STATUS_OK; ++slash) {
        slash = strchr(slash, '/');
        if (!slash)
            break;
        *slash = '\0';
        status = make_one_folder(partial);
        *slash = '/';
    }
    free(partial);
    return status == STATUS_OK ? make_one_folder(path) : status;
}

static Status refuse_link(const char *path)
{
    FAIL(STATUS_IO,
         "%s: is a symbolic link, expected none here: what is written would land elsewhere", path);
}

static Status make_own_folder(const char *path)
{
    struct stat about;
    TRY(make_one_folder(path));
    if (lstat(path, &about) != 0)
        return files_refused(path, "open");
    return S_ISLNK(about.st_mode) ? refuse_link(path) : STATUS_OK;
}

Status files_make_folder_in(const char *folder, const char *name)
{
    char *path;
    TRY(files_join(folder, name, &path));
    Status status = STATUS_OK;
    for (char *end = path + strlen(folder) + 1; *end && status == STATUS_OK; ++end)
        if (*end == '/') {
            *end = '\0';
            status = make_own_folder(path);
            *end = '/';
        }
    if (status == STATUS_OK)
        status = make_own_folder(path);
    free(path);
    return status;
}

Status files_join(const char *folder, const char *name, char **path)
{
    *path = NULL;
    if (name[0] == '/' || folder[0] == '\0')
        return memory_copy_text(name, path);
    size_t length = strlen(folder);
    const char *between = folder[length - 1] == '/' ? "" : "/";
    size_t bytes = length + strlen(between) + strlen(name) + 1;
    TRY(MEMORY_NEW(path, bytes));
    snprintf(*path, bytes, "%s%s%s", folder, between, name);
    return STATUS_OK;
}

Status files_folder_of(const char *path, char **folder)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return memory_copy_text(".", folder);
    size_t length = slash == path ? 1 : (size_t)(slash - path);
    TRY(MEMORY_NEW(folder, length + 1));
    memcpy(*folder, path, length);
    return STATUS_OK;
}

Status files_absolute(const char *path, char **absolute)
{
    char here[PATH_MAX];
    if (!getcwd(here, sizeof here))
        FAIL(STATUS_IO, "cannot name the working folder: %s", strerror(errno));
    return files_join(here, path, absolute);
}

Status files_resolve(const char *owner, const char *name, char **path)
{
    char *folder;
    *path = NULL;
    TRY(files_folder_of(owner, &folder));
    bool here = strchr(owner, '/') == NULL;
    Status status = files_join(here ? "" : folder, name, path);
    free(folder);
    return status;
}

Status files_relative(const char *from, const char *path, char **relative)
{
    size_t length = strlen(from), common = 0; /* up to the last slash that both have */
    for (size_t i = 0; i <= length && path[i] == (i < length ? from[i] : '/'); ++i)
        if (path[i] == '/')
            common = i + 1;
    size_t up = common <= length;
    for (size_t i = common; i < length; ++i)
        up += from[i] == '/';
    size_t rest = strlen(path + common);
    TRY(MEMORY_NEW(relative, 3 * up + rest + 1));
    for (size_t i = 0; i < up; ++i)
        memcpy(*relative + 3 * i, "../", 3);
    memcpy(*relative + 3 * up, path + common, rest);
    return STATUS_OK;
}

static Status check_plain(const char *path, mode_t mode)
{
    const char *kind = S_ISDIR(mode)    ? "a folder"
                       : S_ISFIFO(mode) ? "a pipe"
                       : S_ISSOCK(mode) ? "a socket"
                                        : "a device";
    if (!S_ISREG(mode))
        FAIL(STATUS_IO, "%s: is %s, expected a plain file", path, kind);
    return STATUS_OK;
}

Status files_check_plain(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return files_refused(path, "open");
    return check_plain(path, about.st_mode);
}

Status files_open_plain(const char *path, int *file)
{
    struct stat about;
    /* Opening a pipe without O_NONBLOCK would wait for its writer. */
    *file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*file < 0 && errno == ENXIO) /* a socket, or a device that is not there */
        TRY(files_check_plain(path));
    if (*file < 0)
        return files_refused(path, "open");
    Status status = STATUS_OK;
    if (fstat(*file, &about) != 0)
        status = files_refused(path, "read");
    else
        status = check_plain(path, about.st_mode);
    if (status != STATUS_OK)
        close(*file);
    return status;
}

Status files_open_append(const char *path, int *file)
{
    struct stat about;
    *file = open(
        path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
    if (*file < 0 && errno == ELOOP)
        return refuse_link(path);
    if (*file < 0 && errno == ENXIO) /* a pipe that nobody reads */
        TRY(files_check_plain(path));
    if (*file < 0)
        return files_refused(path, "open for appending");
    Status status = fstat(*file, &about) == 0 ? check_plain(path, about.st_mode)
                                              : files_refused(path, "open for appending");
    if (status != STATUS_OK)
        close(*file);
    return status;
}

static Status read_all(int file, const char *path, char **data, size_t *bytes)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return files_refused(path, "read");
    /* Room for a byte more than there should be, and the zero byte. */
    size_t capacity = (size_t)about.st_size + 2, used = 0;
    TRY(MEMORY_NEW(data, capacity));
    for (;;) {
        ssize_t got = read(file, *data + used, capacity - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return files_refused(path, "read");
        if (got == 0)
            break;
        used += (size_t)got;
        if (used < capacity - 1)
            continue;
        TRY(MEMORY_GROW(data, capacity + 1, &capacity)); /* the file grew, or is one of /proc */
    }
    (*data)[used] = '\0';
    if (bytes)
        *bytes = used;
    return STATUS_OK;
}

Status files_read(const char *path, char **data, size_t *bytes)
{
    int file = -1;
    *data = NULL;
    TRY(files_open_plain(path, &file));
    Status status = read_all(file, path, data, bytes);
    close(file);
    if (status != STATUS_OK) {
        free(*data);
        *data = NULL;
    }
    return status;
}

Status files_write_loosely(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(data, 1, bytes, file) == bytes;
    if (file && fclose(file) != 0)
        written = false;
    if (!written)
        FAIL(STATUS_IO, "%s: cannot write: %s", path, strerror(errno));
    return STATUS_OK;
}

Status files_synchronise(const char *folder)
{
    int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = handle < 0 ? -1 : syncfs(handle);
    int reason = errno;
    if (handle >= 0)
        close(handle);
    if (failed)
        FAIL(STATUS_IO, "%s: cannot synchronise: %s", folder, strerror(reason));
    return STATUS_OK;
}

Status files_temporary_name(const char *path, char **temporary)
{
    size_t bytes = strlen(path) + sizeof ".partial";
    TRY(MEMORY_NEW(temporary, bytes));
    snprintf(*temporary, bytes, "%s.partial", path);
    return STATUS_OK;
}

/* fsync of a file or a folder by name. */
static Status sync_path(const char *path, int flags)
{
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0)
        return files_refused(path, "open");
    Status status = STATUS_OK;
    /* some file systems cannot sync a folder and say so with EINVAL: nothing more can be done */
    if (fsync(file) != 0 && !((flags & O_DIRECTORY) && errno == EINVAL))
        status = files_refused(path, "bring to disk");
    close(file);
    return status;
}

static Status sync_folder_of(const char *path)
{
    char *folder;
    TRY(files_folder_of(path, &folder));
    Status status = sync_path(folder, O_RDONLY | O_DIRECTORY);
    free(folder);
    return status;
}

Status files_rename(const char *from, const char *to)
{
    if (rename(from, to) != 0)
        return files_refused(to, "rename a file to this name");
    return sync_folder_of(to);
}

Status files_commit(const char *temporary, const char *path)
{
    Status status = sync_path(temporary, O_RDONLY);
    if (status == STATUS_OK)
        status = files_rename(temporary, path);
    if (status != STATUS_OK)
        unlink(temporary);
    return status;
}

static Status write_all(int file, const char *path, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t written = write(file, data, bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return files_refused(path, "write");
        data += written;
        bytes -= (size_t)written;
    }
    return STATUS_OK;
}

Status files_write(const char *path, const void *data, size_t bytes)
{
    char *temporary;
    TRY(files_temporary_name(path, &temporary));
    Status status = STATUS_OK;
    /* A new file, so that what a link of that name points to is not written over. */
    int file = -1;
    if (unlink(temporary) == 0 || errno == ENOENT)
        file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) {
        status = files_refused(path, "create the file");
    } else {
        status = write_all(file, path, data, bytes);
        if (close(file) != 0 && status == STATUS_OK)
            status = files_refused(path, "write");
        if (status == STATUS_OK)
            status = files_commit(temporary, path);
        else
            unlink(temporary);
    }
    free(temporary);
    return status;
}
