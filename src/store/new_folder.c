/* Writing a folder beside its final name; see new_folder.h. */
#include "store/new_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/files.h"

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_folder(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A folder that is not there or holds nothing. */
static Status check_free(const char *path)
{
    DIR *listing = opendir(path);
    if (!listing && errno == ENOENT)
        return STATUS_OK;
    if (!listing)
        FAIL(errno == ENOTDIR ? STATUS_ARGUMENT : STATUS_IO,
             "%s: cannot be written to (%s), expected a new or empty folder", path,
             strerror(errno));
    bool used = false;
    for (const struct dirent *entry; !used && (entry = readdir(listing));)
        used = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(listing);
    if (used)
        FAIL(STATUS_ARGUMENT, "%s: is not empty, expected a new or empty folder", path);
    return STATUS_OK;
}

/* `path` without slashes at its end in target, and "PARENT/.NAME.partial" in partial. */
static Status name_folders(const char *path, NewFolder *folder)
{
    char *parent = NULL, name[NAME_MAX + 1];
    Status status;
    TRY(memory_copy_text(path, &folder->target));
    for (size_t n = strlen(folder->target); n > 1 && folder->target[n - 1] == '/'; --n)
        folder->target[n - 1] = '\0';
    const char *slash = strrchr(folder->target, '/'), *last = slash ? slash + 1 : folder->target;
    if (!*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        FAIL(STATUS_ARGUMENT, "'%s': expected the name of a new folder", path);
    TRY_GOTO(status, done, files_folder_of(folder->target, &parent));
    TRY_GOTO(status, done, files_make_folder(parent));
    snprintf(name, sizeof name, ".%s.partial", last);
    TRY_GOTO(status, done, files_join(parent, name, &folder->partial));
done:
    free(parent);
    return status;
}

Status new_folder_begin(const char *path, NewFolder *folder)
{
    *folder = (NewFolder){0};
    Status status = check_free(path);
    if (status == STATUS_OK)
        status = name_folders(path, folder);
    if (status == STATUS_OK) {
        remove_folder(folder->partial);
        status = files_make_folder(folder->partial);
    }
    if (status != STATUS_OK)
        new_folder_clear(folder);
    return status;
}

Status new_folder_target(const NewFolder *folder, char **target)
{
    char *parent, *real;
    TRY(files_folder_of(folder->target, &parent));
    real = realpath(parent, NULL);
    free(parent);
    if (!real)
        FAIL(STATUS_IO, "%s: cannot open the folder above: %s", folder->target, strerror(errno));
    const char *slash = strrchr(folder->target, '/');
    Status status = files_join(real, slash ? slash + 1 : folder->target, target);
    free(real);
    return status;
}

Status new_folder_make(const NewFolder *folder, const char *name)
{
    char *path;
    TRY(files_join(folder->partial, name, &path));
    Status status = files_make_folder(path);
    free(path);
    return status;
}

Status new_folder_write(const NewFolder *folder, const char *name, const void *bytes, size_t count)
{
    char *path;
    TRY(files_join(folder->partial, name, &path));
    const Status status = files_write_loosely(path, bytes, count);
    free(path);
    return status;
}

Status new_folder_commit(NewFolder *folder)
{
    TRY(files_synchronise(folder->partial));
    TRY(files_rename(folder->partial, folder->target));
    free(folder->partial);
    folder->partial = NULL;
    return STATUS_OK;
}

void new_folder_clear(NewFolder *folder)
{
    if (folder->partial)
        remove_folder(folder->partial);
    free(folder->partial);
    free(folder->target);
    *folder = (NewFolder){0};
}
