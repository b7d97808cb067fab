/* A folder that appears under its name whole or not at all.
 *
 * All is written into PARENT/.NAME.partial beside the folder wanted, made durable with one
 * syncfs(), and renamed: a killed run leaves the final name free, and the next run clears what it
 * left. The final name must be free, or an empty folder: nothing of anyone's is replaced.
 */
#ifndef GISD_STORE_NEW_FOLDER_H
#define GISD_STORE_NEW_FOLDER_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    char *target;  /* the final name; owned */
    char *partial; /* where to write meanwhile; owned; NULL once committed or abandoned */
} NewFolder;

/* Makes the partial folder, and the folders above it that are missing. STATUS_ARGUMENT: `path` has
 * something in it, or is no name for a folder. */
Status new_folder_begin(const char *path, NewFolder *folder);

/* The absolute name that it will have, without links or dots, in *target; released with free(). */
Status new_folder_target(const NewFolder *folder, char **target);

/* Makes a folder in it; folders in between are made too. */
Status new_folder_make(const NewFolder *folder, const char *name);

/* Writes a file into it. Not durable before the commit. Any thread may call it. */
Status new_folder_write(const NewFolder *folder, const char *name, const void *bytes, size_t count);

/* Puts the folder under its name. */
Status new_folder_commit(NewFolder *folder);

/* Removes what was written unless it was committed, and releases the names; a zeroed struct is
 * fine. */
void new_folder_clear(NewFolder *folder);

#endif
