/* See outputs.h. Every place has a key, and two names of one place have the same: the file's device
 * and inode if it is there, else its folder's and the letters of its name. A second key names the
 * folder that it lies in. */
#include "store/outputs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/files.h"

struct OutputPlace {
    char *path;
    bool is_input;
};

void outputs_init(Outputs *outputs, bool force)
{
    *outputs = (Outputs){.force = force};
}

void outputs_clear(Outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; ++i)
        free(outputs->places[i].path);
    free(outputs->places);
    text_map_clear(&outputs->keys);
    *outputs = (Outputs){0};
}

/* ---- where a path is ---- */

enum { IDENTITY_BYTES = 64 };

/* "KIND DEVICE:INODE"; false if nothing is there. */
static bool identify(const char *path, char kind, char key[IDENTITY_BYTES])
{
    struct stat about;
    if (stat(path, &about) != 0)
        return false;
    snprintf(key, IDENTITY_BYTES, "%c %llu:%llu", kind, (unsigned long long)about.st_dev,
             (unsigned long long)about.st_ino);
    return true;
}

/* What the folder of `path` is known by; "" if it is not there. */
static Status folder_key(const char *path, char key[IDENTITY_BYTES])
{
    char *folder;
    TRY(files_folder_of(path, &folder));
    if (!identify(folder, 'd', key))
        key[0] = '\0';
    free(folder);
    return STATUS_OK;
}

/* What a place is known by, in *key, released with free(). Of two new names that differ in the case
 * of letters alone both are the same: they may become one file. */
static Status place_key(const char *path, char **key)
{
    char identity[IDENTITY_BYTES];
    if (identify(path, 'f', identity))
        return memory_copy_text(identity, key);
    TRY(folder_key(path, identity));
    const char *slash = strrchr(path, '/');
    const char *name = slash && identity[0] ? slash + 1 : path;
    size_t bytes = strlen(identity) + strlen(name) + 2;
    TRY(MEMORY_NEW(key, bytes));
    snprintf(*key, bytes, "%s/%s", identity, name);
    for (char *letter = *key + strlen(identity); *letter; ++letter)
        *letter = (char)tolower((unsigned char)*letter);
    return STATUS_OK;
}

/* The place that is the same one as `path` in *same, or NULL. */
static Status find_same(const Outputs *outputs, const char *path, const OutputPlace **same)
{
    char *key;
    size_t position;
    TRY(place_key(path, &key));
    *same = text_map_find(&outputs->keys, key, &position) ? &outputs->places[position] : NULL;
    free(key);
    return STATUS_OK;
}

static Status add_keys(Outputs *outputs, const char *path, size_t position)
{
    char *key, folder[IDENTITY_BYTES];
    TRY(place_key(path, &key));
    Status status = text_map_add(&outputs->keys, key, &(size_t){position});
    free(key);
    if (status == STATUS_OK)
        status = folder_key(path, folder);
    if (status == STATUS_OK && folder[0])
        status = text_map_add(&outputs->keys, folder, &(size_t){position});
    return status;
}

static Status keep(Outputs *outputs, const char *path, bool is_input)
{
    TRY(MEMORY_GROW(&outputs->places, outputs->count + 1, &outputs->capacity));
    OutputPlace *place = &outputs->places[outputs->count];
    TRY(memory_copy_text(path, &place->path));
    place->is_input = is_input;
    return add_keys(outputs, path, outputs->count++);
}

/* ---- files ---- */

Status outputs_note_input(Outputs *outputs, const char *path)
{
    return keep(outputs, path, true);
}

static Status check_place(const Outputs *outputs, const char *path)
{
    const OutputPlace *same;
    TRY(find_same(outputs, path, &same));
    if (same && same->is_input && strcmp(same->path, path) == 0)
        FAIL(STATUS_ARGUMENT, "%s: is read by this command, expected another name to write to",
             path);
    if (same && same->is_input)
        FAIL(STATUS_ARGUMENT,
             "%s: is read by this command as %s, expected another name to write to", path,
             same->path);
    if (same)
        FAIL(STATUS_ARGUMENT, "%s: would be written twice, the other time as %s", path, same->path);
    return STATUS_OK;
}

/* The name under which the file is written first must be free too. */
static Status check_temporary(const Outputs *outputs, const char *path)
{
    char *name;
    const OutputPlace *same;
    TRY(files_temporary_name(path, &name));
    Status status = find_same(outputs, name, &same);
    if (status == STATUS_OK && same)
        status = status_set(STATUS_ARGUMENT, "%s: is written as %s first, which this command %s",
                            path, name, same->is_input ? "reads" : "writes as well");
    free(name);
    return status;
}

static Status check_present(const Outputs *outputs, const char *path, OutputIsOwn *is_own)
{
    struct stat about;
    if (lstat(path, &about) != 0)
        return STATUS_OK; /* new, or its writer says why it cannot be */
    if (files_exists(path))
        TRY(files_check_plain(path));
    if (outputs->force)
        return STATUS_OK;
    if (!files_exists(path))
        FAIL(STATUS_ARGUMENT, "%s: is a link to nothing; --force replaces it", path);
    if (!is_own || !is_own(path))
        FAIL(STATUS_ARGUMENT,
             "%s: is there already and was not written by this command; --force replaces it", path);
    if (access(path, W_OK) != 0)
        FAIL(STATUS_IO, "%s: is protected from writing; --force replaces it", path);
    return STATUS_OK;
}

Status outputs_claim(Outputs *outputs, const char *path, OutputIsOwn *is_own)
{
    TRY(check_place(outputs, path));
    TRY(check_temporary(outputs, path));
    TRY(check_present(outputs, path, is_own));
    return keep(outputs, path, false);
}

/* ---- folders ---- */

static Status is_empty_folder(const char *path, bool *empty)
{
    DIR *listing = opendir(path);
    if (!listing)
        FAIL(STATUS_IO, "%s: cannot open the folder: %s", path, strerror(errno));
    *empty = true;
    for (const struct dirent *entry; *empty && (entry = readdir(listing));)
        *empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(listing);
    return STATUS_OK;
}

Status outputs_claim_folder(Outputs *outputs, const char *path, const char *mark)
{
    char folder[IDENTITY_BYTES], *name;
    bool empty = false;
    size_t position;
    if (!identify(path, 'd', folder))
        return STATUS_OK; /* new, or its maker says why it cannot be */
    if (!files_is_folder(path))
        FAIL(STATUS_ARGUMENT, "%s: is a file, expected a folder or a new name", path);
    if (text_map_find(&outputs->keys, folder, &position))
        FAIL(STATUS_ARGUMENT, "%s: lies in %s, where this command writes; expected it elsewhere",
             outputs->places[position].path, path);
    TRY(files_join(path, mark, &name));
    bool is_own = files_exists(name);
    free(name);
    if (is_own || outputs->force)
        return STATUS_OK;
    TRY(is_empty_folder(path, &empty));
    if (!empty)
        FAIL(STATUS_ARGUMENT,
             "%s: is not empty and was not made by this command, expected a new folder; --force "
             "writes into it",
             path);
    return STATUS_OK;
}
