/* See detect_names.h. */
#include "cmd/detect_names.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define MASK "-mask"
enum { NUMBER_BYTES = 24 };

/* `name` and `name`-mask in small letters, in *overlay and *mask, to be released with free(). */
static Status file_names(const char *name, char **overlay, char **mask)
{
    size_t length = strlen(name);
    *overlay = NULL;
    TRY(MEMORY_NEW(mask, length + sizeof MASK));
    for (size_t i = 0; i < length; ++i)
        (*mask)[i] = (char)tolower((unsigned char)name[i]);
    Status status = memory_copy_text(*mask, overlay);
    if (status == STATUS_OK)
        strcpy(*mask + length, MASK);
    else
        free(*mask);
    return status;
}

/* Takes the name if the files of that name are free. "." is no name in HDF5. */
static Status try_name(const char *name, ImageNames *names, bool *is_free)
{
    char *overlay, *mask;
    size_t other;
    *is_free = false;
    if (strcmp(name, ".") == 0)
        return STATUS_OK;
    TRY(file_names(name, &overlay, &mask));
    Status status = STATUS_OK;
    if (!text_map_find(&names->taken, overlay, &other) &&
        !text_map_find(&names->taken, mask, &other)) {
        *is_free = true;
        status = text_map_add(&names->taken, overlay, &(size_t){0});
        if (status == STATUS_OK)
            status = text_map_add(&names->taken, mask, &(size_t){0});
    }
    free(overlay);
    free(mask);
    return status;
}

static Status add_name(const char *path, ImageNames *names)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    char **name = &names->names[names->count];
    bool is_free;
    TRY(MEMORY_NEW(name, length + NUMBER_BYTES));
    ++names->count;
    snprintf(*name, length + 1, "%s", base);
    TRY(try_name(*name, names, &is_free));
    for (size_t n = 2; !is_free; ++n) {
        snprintf(*name + length, NUMBER_BYTES, "-%zu", n);
        TRY(try_name(*name, names, &is_free));
    }
    return STATUS_OK;
}

Status image_names_init(size_t count, char *const *paths, ImageNames *names)
{
    *names = (ImageNames){0};
    TRY(MEMORY_NEW(&names->names, count));
    for (size_t i = 0; i < count; ++i)
        TRY(add_name(paths[i], names));
    return STATUS_OK;
}

void image_names_clear(ImageNames *names)
{
    for (size_t i = 0; i < names->count; ++i)
        free(names->names[i]);
    free(names->names);
    text_map_clear(&names->taken);
    *names = (ImageNames){0};
}

static Status output_path(const char *folder, const char *name, const char *suffix, char **path)
{
    size_t bytes = strlen(folder) + strlen(name) + strlen(suffix) + 2;
    TRY(MEMORY_NEW(path, bytes));
    snprintf(*path, bytes, "%s/%s%s", folder, name, suffix);
    return STATUS_OK;
}

Status image_overlay_path(const char *folder, const char *name, char **path)
{
    return output_path(folder, name, ".png", path);
}

Status image_mask_path(const char *folder, const char *name, char **path)
{
    return output_path(folder, name, MASK ".png", path);
}
