/* Naming and linking exported images; see image_names.h. */
#include "data/export/image_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/files.h"

typedef struct {
    const char *name;
    size_t stem, index;
} Name;

static int by_stem(const void *a, const void *b)
{
    const Name *x = a, *y = b;
    size_t shorter = x->stem < y->stem ? x->stem : y->stem;
    int order = strncasecmp(x->name, y->name, shorter);
    return order != 0 ? order : x->stem < y->stem ? -1 : x->stem > y->stem;
}

Status image_names_make(size_t count, char *const *paths, char **names)
{
    Name *sorted;
    TRY(MEMORY_NEW(&sorted, count));
    for (size_t i = 0; i < count; ++i) {
        const char *slash = strrchr(paths[i], '/'), *name = slash ? slash + 1 : paths[i];
        const char *dot = strrchr(name, '.');
        sorted[i] = (Name){name, dot && dot > name ? (size_t)(dot - name) : strlen(name), i};
    }
    if (count > 0)
        qsort(sorted, count, sizeof *sorted, by_stem);
    Status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; ++i) {
        bool twice = (i > 0 && by_stem(&sorted[i - 1], &sorted[i]) == 0) ||
                     (i + 1 < count && by_stem(&sorted[i], &sorted[i + 1]) == 0);
        size_t bytes = strlen(sorted[i].name) + 24;
        char **name = &names[sorted[i].index];
        status = MEMORY_NEW(name, bytes);
        if (status == STATUS_OK && twice)
            snprintf(*name, bytes, "%06zu-%s", sorted[i].index + 1, sorted[i].name);
        else if (status == STATUS_OK)
            snprintf(*name, bytes, "%s", sorted[i].name);
    }
    free(sorted);
    return status;
}

Status image_names_link(const NewFolder *folder, const char *path, const char *place)
{
    char *link = NULL, *within = NULL, *from = NULL, *target = NULL;
    char *real = realpath(path, NULL);
    Status status;
    if (!real)
        FAIL(errno == ENOENT ? STATUS_MISSING : STATUS_IO, "%s: cannot open: %s", path,
             strerror(errno));
    TRY_GOTO(status, done, files_join(folder->partial, place, &link));
    TRY_GOTO(status, done, files_folder_of(link, &within));
    from = realpath(within, NULL);
    if (!from) {
        status = status_set(STATUS_IO, "%s: cannot open the folder: %s", within, strerror(errno));
        goto done;
    }
    /* the partial folder stands beside the final one, so paths from within are the same */
    TRY_GOTO(status, done, files_relative(from, real, &target));
    if (symlink(target, link) != 0)
        status = status_set(STATUS_IO, "%s: cannot make the link: %s", link, strerror(errno));
done:
    free(real);
    free(link);
    free(within);
    free(from);
    free(target);
    return status;
}
