/* See checkpoint_names.h, and checkpoint.h for what that declares. */
#include "infer/checkpoint_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "infer/checkpoint.h"
#include "store/files.h"

/* PATH.h5 with `kind` before its ending; "" is PATH.h5 itself. */
Status checkpoint_sibling(const char *path, const char *kind, char **name)
{
    static const char ending[] = ".h5";
    size_t length = strlen(path), bytes = length + strlen(kind) + 1;
    if (length < sizeof ending || strcmp(path + length - strlen(ending), ending) != 0)
        FAIL(STATUS_ARGUMENT, "%s: expected a name that ends in %s", path, ending);
    TRY(MEMORY_NEW(name, bytes));
    snprintf(*name, bytes, "%.*s%s%s", (int)(length - strlen(ending)), path, kind, ending);
    return STATUS_OK;
}

/* Puts a complete next file in the place of the present one, which becomes the previous one. */
Status checkpoint_rotate(const char *path, const char *next)
{
    char *previous;
    FilesKind present;
    TRY(files_look(path, &present));
    TRY(checkpoint_sibling(path, ".previous", &previous));
    Status status = present == FILES_NOTHING ? STATUS_OK : files_rename(path, previous);
    free(previous);
    return status == STATUS_OK ? files_rename(next, path) : status;
}

static const char *const kinds[] = {"", ".next", ".previous"}; /* in order of trust and age */
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Whether a file is there, and what verifying it came to. */
static Status look(const char *path, const char *kind, char **name, bool *there, Status *verdict)
{
    FilesKind present = FILES_NOTHING;
    TRY(checkpoint_sibling(path, kind, name));
    Status status = files_look(*name, &present);
    *there = present != FILES_NOTHING;
    *verdict = *there ? checkpoint_verify(*name) : STATUS_OK;
    /* Of a file that cannot be read nobody knows whether it is damaged; one of a later format is
     * sound, and what it holds would be lost. */
    if (*verdict == STATUS_STORAGE || *verdict == STATUS_IO || *verdict == STATUS_NO_MEMORY ||
        *verdict == STATUS_UNSUPPORTED)
        status = *verdict;
    if (status != STATUS_OK) {
        free(*name);
        *name = NULL;
    }
    return status;
}

Status checkpoint_find(const char *path, char **found, bool *seen)
{
    Status first_status = STATUS_OK;
    char first_message[STATUS_MESSAGE_BYTES] = "";
    *found = NULL;
    *seen = false;
    for (size_t i = 0; i < KINDS; ++i) {
        char *name;
        bool there = false;
        Status verdict, status = look(path, kinds[i], &name, &there, &verdict);
        *seen |= there;
        TRY(status);
        if (there && verdict == STATUS_OK) {
            *found = name;
            return STATUS_OK;
        }
        free(name);
        if (there && first_status == STATUS_OK) {
            first_status = verdict;
            snprintf(first_message, sizeof first_message, "%s", status_message());
        }
    }
    return first_status == STATUS_OK ? STATUS_OK : status_set(first_status, "%s", first_message);
}

Status checkpoint_find_damage(const char *path, bool *damaged)
{
    *damaged = false;
    for (size_t i = 0; i < KINDS && !*damaged; ++i) {
        char *name;
        bool there;
        Status verdict;
        TRY(look(path, kinds[i], &name, &there, &verdict));
        free(name);
        *damaged = there && verdict != STATUS_OK;
    }
    return STATUS_OK;
}

Status checkpoint_discard_previous(const char *path)
{
    char *previous;
    TRY(checkpoint_sibling(path, ".previous", &previous));
    Status status = STATUS_OK;
    if (unlink(previous) != 0 && errno != ENOENT)
        status = status_set(STATUS_IO, "%s: cannot be removed: %s", previous, strerror(errno));
    free(previous);
    return status;
}
