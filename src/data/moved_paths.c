/* See moved_paths.h. */
#include "data/moved_paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/files.h"

Status moved_path(const char *target, const char *manifest, const char *name, char **moved)
{
    char *path = NULL, *folder = NULL, *real = NULL, *absolute = NULL;
    const char *slash = strrchr(name, '/');
    Status status;
    *moved = NULL;
    TRY_GOTO(status, done, files_resolve(manifest, name, &path));
    TRY_GOTO(status, done, files_folder_of(path, &folder));
    real = realpath(folder, NULL);
    if (!real) {
        status = status_set(errno == ENOENT ? STATUS_MISSING : STATUS_IO,
                            "%s: %s: cannot open its folder: %s", manifest, name, strerror(errno));
        goto done;
    }
    TRY_GOTO(status, done, files_join(real, slash ? slash + 1 : name, &absolute));
    status = files_relative(target, absolute, moved);
done:
    free(path);
    free(folder);
    free(real);
    free(absolute);
    return status;
}

Status moved_masks(const char *target, const char *manifest, const ManifestRow *row, char **moved)
{
    *moved = NULL;
    for (size_t i = 0; i < row->mask_count; ++i) {
        char *one, *longer = NULL;
        Status status = moved_path(target, manifest, row->masks[i], &one);
        if (status == STATUS_OK && strchr(one, ';'))
            status = status_set(STATUS_FORMAT,
                                "%s:%zu: %s: its path is %s from the new folder, expected one "
                                "without a semicolon, which parts masks",
                                manifest, row->line, row->masks[i], one);
        if (status == STATUS_OK &&
            asprintf(&longer, "%s%s%s", *moved ? *moved : "", *moved ? ";" : "", one) < 0) {
            longer = NULL;
            status = status_set(STATUS_NO_MEMORY, "%s: out of memory", manifest);
        }
        free(one);
        free(*moved);
        *moved = longer;
        TRY(status);
    }
    return STATUS_OK;
}
