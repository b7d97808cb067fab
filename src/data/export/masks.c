/* Images and masks in two folders; see export.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/export/export.h"
#include "data/export/image_names.h"
#include "image/image_file.h"
#include "store/files.h"
#include "store/new_folder.h"

enum { PNG_LEVEL = 6 };

typedef struct {
    const ExportSource *source;
    NewFolder folder;
    char **names;
    ExportCounts *counts;
} Masks;

/* "SPLIT/images/NAME" and "SPLIT/masks/STEM.png" of an image. */
static Status name_places(const Masks *masks, size_t index, char **image, char **mask)
{
    const char *name = masks->names[index], *dot = strrchr(name, '.');
    Split split = masks->source->splits[index];
    size_t bytes = strlen(name) + 32;
    int stem = (int)(dot && dot > name ? (size_t)(dot - name) : strlen(name));
    const char *folder = split == SPLIT_NONE ? "" : split_name(split);
    const char *slash = split == SPLIT_NONE ? "" : "/";
    *image = *mask = NULL;
    TRY(MEMORY_NEW(image, bytes));
    TRY(MEMORY_NEW(mask, bytes));
    snprintf(*image, bytes, "%s%simages/%s", folder, slash, name);
    snprintf(*mask, bytes, "%s%smasks/%.*s.png", folder, slash, stem, name);
    return STATUS_OK;
}

static Status make_folders(const Masks *masks, const char *image, const char *mask)
{
    char *folder;
    const char *const places[2] = {image, mask};
    for (int i = 0; i < 2; ++i) {
        TRY(files_folder_of(places[i], &folder));
        Status status = new_folder_make(&masks->folder, folder);
        free(folder);
        TRY(status);
    }
    return STATUS_OK;
}

static Status write_pair(const Masks *masks, size_t index, const Image *mask)
{
    char *image_place, *mask_place = NULL;
    uint8_t *bytes = NULL;
    size_t count;
    Status status;
    TRY_GOTO(status, done, name_places(masks, index, &image_place, &mask_place));
    TRY_GOTO(status, done, make_folders(masks, image_place, mask_place));
    TRY_GOTO(status, done,
             image_names_link(&masks->folder, masks->source->paths[index], image_place));
    TRY_GOTO(status, done, image_encode_png(mask, PNG_LEVEL, &bytes, &count));
    status = new_folder_write(&masks->folder, mask_place, bytes, count);
done:
    free(bytes);
    free(image_place);
    free(mask_place);
    return status;
}

static Status write_image(Masks *masks, size_t index)
{
    ExportImage image;
    TRY(masks->source->read(masks->source->context, index, &image));
    Status status = STATUS_OK;
    if (image.mask.pixels) {
        status = write_pair(masks, index, &image.mask);
        ++masks->counts->images;
        ++masks->counts->masks;
    } else {
        ++masks->counts->unknown;
    }
    export_image_clear(&image);
    return status;
}

Status export_masks(const ExportSource *source, const char *out, ExportCounts *counts)
{
    Masks masks = {.source = source, .counts = counts};
    Status status;
    *counts = (ExportCounts){0};
    TRY_GOTO(status, done, MEMORY_NEW(&masks.names, source->count));
    TRY_GOTO(status, done, image_names_make(source->count, source->paths, masks.names));
    TRY_GOTO(status, done, new_folder_begin(out, &masks.folder));
    for (size_t i = 0; i < source->count; ++i)
        TRY_GOTO(status, done, write_image(&masks, i));
    if (counts->masks == 0) {
        status = status_set(STATUS_MISSING, "no mask of %zu images is known, expected some",
                            source->count);
        goto done;
    }
    status = new_folder_commit(&masks.folder);
done:
    new_folder_clear(&masks.folder);
    for (size_t i = 0; i < source->count && masks.names; ++i)
        free(masks.names[i]);
    free(masks.names);
    return status;
}
