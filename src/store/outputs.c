/* See outputs.h. */
#include "store/outputs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "store/files.h"

typedef struct {
    dev_t device;
    ino_t inode;
} FileIdentity;

struct OutputPlace {
    char *path;
    bool is_input;
    bool exists;         /* behind links */
    FileIdentity file;   /* if it exists */
    bool in_folder;      /* its folder exists */
    FileIdentity folder; /* if so */
    uint64_t letters;    /* hash of its own name */
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
    *outputs = (Outputs){0};
}

/* ---- where a path is ---- */

static bool identify(const char *path, FileIdentity *identity)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return false;
    *identity = (FileIdentity){about.st_dev, about.st_ino};
    return true;
}

static bool is_same_file(const FileIdentity *a, const FileIdentity *b)
{
    return a->device == b->device && a->inode == b->inode;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A hash of the letters without their case. */
static uint64_t hash_letters(const char *name)
{
    uint64_t hash = 0;
    for (; *name; ++name) {
        char letter = (char)tolower((unsigned char)*name);
        hash = hash_bytes(&letter, 1, hash);
    }
    return hash;
}

/* Whether both are one file, or will be once they are written. Of two names of which only one is
 * there, the other is another file's. */
static bool is_same_place(const OutputPlace *a, const OutputPlace *b)
{
    if (a->exists || b->exists)
        return a->exists && b->exists && is_same_file(&a->file, &b->file);
    if (a->letters != b->letters)
        return false;
    if (a->in_folder && b->in_folder)
        return is_same_file(&a->folder, &b->folder) &&
               strcasecmp(last_name(a->path), last_name(b->path)) == 0;
    return strcasecmp(a->path, b->path) == 0;
}

static Status place_init(OutputPlace *place, const char *path)
{
    char *folder;
    *place = (OutputPlace){0};
    TRY(memory_copy_text(path, &place->path));
    Status status = files_folder_of(path, &folder);
    if (status != STATUS_OK) {
        free(place->path);
        return status;
    }
    place->exists = identify(path, &place->file);
    place->in_folder = identify(folder, &place->folder);
    place->letters = hash_letters(last_name(path));
    free(folder);
    return STATUS_OK;
}

/* The place that is the same one, or NULL. */
static const OutputPlace *find_same(const Outputs *outputs, const OutputPlace *place)
{
    for (size_t i = 0; i < outputs->count; ++i)
        if (is_same_place(&outputs->places[i], place))
            return &outputs->places[i];
    return NULL;
}

/* Takes the place over, whatever comes of it. */
static Status keep(Outputs *outputs, OutputPlace *place)
{
    Status status = MEMORY_GROW(&outputs->places, outputs->count + 1, &outputs->capacity);
    if (status == STATUS_OK)
        outputs->places[outputs->count++] = *place;
    else
        free(place->path);
    return status;
}

/* ---- files ---- */

Status outputs_note_input(Outputs *outputs, const char *path)
{
    OutputPlace place;
    TRY(place_init(&place, path));
    place.is_input = true;
    return keep(outputs, &place);
}

static Status check_place(const Outputs *outputs, const OutputPlace *place)
{
    const OutputPlace *same = find_same(outputs, place);
    if (same && same->is_input)
        FAIL(STATUS_ARGUMENT, "%s: is read by this command%s%s, expected another name to write to",
             place->path, strcmp(same->path, place->path) == 0 ? "" : " as ",
             strcmp(same->path, place->path) == 0 ? "" : same->path);
    if (same)
        FAIL(STATUS_ARGUMENT, "%s: would be written twice, the other time as %s", place->path,
             same->path);
    return STATUS_OK;
}

/* The name under which the file is written first must be no input either. */
static Status check_temporary(const Outputs *outputs, const char *path)
{
    char *name;
    OutputPlace place;
    TRY(files_temporary_name(path, &name));
    Status status = place_init(&place, name);
    free(name);
    TRY(status);
    const OutputPlace *same = find_same(outputs, &place);
    if (same)
        status =
            status_set(STATUS_ARGUMENT, "%s: is written as %s first, which this command %s as well",
                       path, place.path, same->is_input ? "reads" : "writes");
    free(place.path);
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
    OutputPlace place;
    TRY(place_init(&place, path));
    Status status = check_place(outputs, &place);
    if (status == STATUS_OK)
        status = check_temporary(outputs, path);
    if (status == STATUS_OK)
        status = check_present(outputs, path, is_own);
    if (status == STATUS_OK)
        return keep(outputs, &place);
    free(place.path);
    return status;
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
    FileIdentity folder;
    char *name;
    bool empty = false;
    if (!identify(path, &folder))
        return STATUS_OK; /* new, or its maker says why it cannot be */
    if (!files_is_folder(path))
        FAIL(STATUS_ARGUMENT, "%s: is a file, expected a folder or a new name", path);
    for (size_t i = 0; i < outputs->count; ++i)
        if (outputs->places[i].in_folder && is_same_file(&outputs->places[i].folder, &folder))
            FAIL(STATUS_ARGUMENT,
                 "%s: lies in %s, where this command writes; expected it elsewhere",
                 outputs->places[i].path, path);
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
