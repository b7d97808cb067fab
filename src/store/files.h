/* Whole files and their names: reading one, replacing one so that no reader ever sees half of it.
 *
 * A file is committed by writing it under a temporary name in its own folder, fsync, rename onto
 * the final name, fsync of the folder: whatever happens in between, the final name holds the whole
 * old file or the whole new one. The temporary name of a path is fixed, so the rest of a killed
 * run is overwritten by the next one and never piles up. What is read must be a plain file: a pipe
 * or a device is refused at once, for it may keep the reader for ever. Returned texts belong to the
 * caller and are released with free(). Whether a path may be written at all is for outputs.h.
 */
#ifndef GISD_STORE_FILES_H
#define GISD_STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* What an errno of the operating system means: STATUS_MISSING for ENOENT, STATUS_STORAGE for what
 * may pass by itself (see patience.h), STATUS_IO for what will not. */
Status files_refusal(int reason);

/* Returns files_refusal(errno) with the message "PATH: cannot ACTION: why". */
Status files_refused(const char *path, const char *action);

/* What is at `path`, where it matters that something which cannot be seen now is not nothing. */
typedef enum { FILES_NOTHING, FILES_FOLDER, FILES_FILE /* of any kind */ } FilesKind;
Status files_look(const char *path, FilesKind *kind);

/* Whether anything, or a folder, is seen at `path`. */
bool files_exists(const char *path);
bool files_is_folder(const char *path);

/* Whether both names are of one file that is there, through links and hard links, in *same. */
Status files_are_same(const char *a, const char *b, bool *same);

/* Makes the folder and the folders above it that are missing; an existing one is fine. */
Status files_make_folder(const char *path);

/* Makes `name`, and the folders in it, below a folder that is there. Those that are there must be
 * folders themselves: a symbolic link, by which somebody would lead the writing elsewhere, is
 * refused (STATUS_IO). `folder` and what is above may be links. */
Status files_make_folder_in(const char *folder, const char *name);

/* `folder`/`name` in *path; `name` alone if it is absolute or `folder` is empty. */
Status files_join(const char *folder, const char *name, char **path);

/* `path` as seen from the working folder, made absolute, in *absolute. */
Status files_absolute(const char *path, char **absolute);

/* The folder part of `path` ("." if it has none) in *folder. */
Status files_folder_of(const char *path, char **folder);

/* `name` as the file `owner` means it, in *path: relative to the folder that holds `owner`. */
Status files_resolve(const char *owner, const char *name, char **path);

/* `path` as seen from the folder `from`, both absolute and without links or dots, in *relative. */
Status files_relative(const char *from, const char *path, char **relative);

/* Opens a plain file for reading; the descriptor in *file is closed by the caller. Anything else is
 * STATUS_IO that says what it is, STATUS_MISSING if there is nothing. */
Status files_open_plain(const char *path, int *file);

/* Opens a plain file for appending, or makes it; the descriptor in *file is closed by the caller. A
 * symbolic link is refused as files_make_folder_in() does. */
Status files_open_append(const char *path, int *file);

/* The same check for those who open the file by its name. */
Status files_check_plain(const char *path);

/* The whole file in *data, with a zero byte after its *bytes bytes, so that text can be used as it
 * is. `bytes` may be NULL. STATUS_MISSING if there is no such file. */
Status files_read(const char *path, char **data, size_t *bytes);

/* Replaces the file at `path` by `bytes` bytes, whole or not at all. Its folder must exist. */
Status files_write(const char *path, const void *data, size_t bytes);

/* Writes a file that is neither whole at once nor durable: for many, of which something written
 * later tells that they are whole. files_synchronise() makes all durable that is on the file system
 * of a folder. */
Status files_write_loosely(const char *path, const void *data, size_t bytes);
Status files_synchronise(const char *folder);

/* The name under which the next content of `path` is written, in *temporary. */
Status files_temporary_name(const char *path, char **temporary);

/* Makes a complete, closed file at `temporary` the file at `path`: fsync, rename, fsync of the
 * folder. On error the temporary file is removed. */
Status files_commit(const char *temporary, const char *path);

/* Renames within one folder and makes that durable; an existing `to` is replaced. */
Status files_rename(const char *from, const char *to);

#endif
