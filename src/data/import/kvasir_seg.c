/* Kvasir-SEG, as it is downloaded. */
#include <stdio.h>
#include <string.h>

#include "data/import/layout.h"
#include "data/import/text_lines.h"

#define POLYP "polyp"

/* Adds an image with its mask: NAME.jpg or .png of either folder. `where` names what asks for it.
 */
static Status add_pair(Collection *all, SourceFile *file, const char *stem, Split split,
                       const char *where)
{
    size_t count;
    ImportImage *image;
    ImportLesion *lesion;
    SourceFile *mask = source_find_image(&all->tree, "masks", stem, &count);
    TRY(collection_add_image(all, file, split, where, &image));
    if (count == 0)
        return collection_refuse(image, "no masks/%s.jpg or .png", stem);
    TRY(collection_add_companion(image, mask));
    if (count > 1)
        return collection_refuse(image, "masks has %zu files %s.*, expected one", count, stem);
    TRY(collection_add_lesion(image, POLYP, 0, &lesion));
    lesion->box_a_region = true;
    return collection_add_part(lesion, (AreaPart){.kind = AREA_FILE, .file = mask});
}

/* A name of a list, which may end as the image does. */
static Status add_listed(Collection *all, const char *name, Split split, const char *where)
{
    size_t count;
    char stem[512];
    snprintf(stem, sizeof stem, "%s", name);
    SourceFile *file = source_find_image(&all->tree, "images", stem, &count);
    if (count == 0 && source_names_image(stem)) {
        stem[source_stem_length(stem)] = '\0';
        file = source_find_image(&all->tree, "images", stem, &count);
    }
    if (count == 0)
        FAIL(STATUS_MISSING, "%s: no images/%s.jpg or .png, expected one", where, name);
    if (count > 1)
        FAIL(STATUS_FORMAT, "%s: images has %zu files %s.*, expected one", where, count, name);
    return add_pair(all, file, stem, split, where);
}

static Status read_list(Collection *all, const char *list_name, Split split)
{
    SourceFile *list = source_find(&all->tree, "", list_name);
    TextLines lines;
    if (!list)
        FAIL(STATUS_MISSING, "%s/%s: no such file, expected train.txt and val.txt, or neither",
             all->tree.root, list_name);
    list->taken = true;
    TRY(text_lines_read(list->path, &lines));
    Status status = STATUS_OK;
    for (size_t i = 0; i < lines.count && status == STATUS_OK; ++i) {
        char where[600];
        snprintf(where, sizeof where, "%s:%zu", list->path, lines.lines[i].number);
        status = add_listed(all, lines.lines[i].text, split, where);
    }
    text_lines_clear(&lines);
    return status;
}

static Status read_folder(Collection *all)
{
    for (size_t i = 0; i < all->tree.count; ++i) {
        SourceFile *file = &all->tree.files[i];
        char stem[512];
        if (!source_is_in(file, "images", false) || !source_is_image(file))
            continue;
        snprintf(stem, sizeof stem, "%.*s", (int)source_stem_length(file->name), file->name);
        TRY(add_pair(all, file, stem, SPLIT_NONE, file->path));
    }
    return STATUS_OK;
}

/* What is known of files that no list names, better than that they are no part of the layout. */
static Status explain(Collection *all, bool listed)
{
    for (size_t i = 0; i < all->tree.count; ++i) {
        SourceFile *file = &all->tree.files[i];
        if (file->taken)
            continue;
        if (listed && source_is_image(file) &&
            (source_is_in(file, "images", false) || source_is_in(file, "masks", false)))
            TRY(source_leave_out(file, "neither in train.txt nor in val.txt"));
        else if (source_is_in(file, "bbox", false))
            TRY(source_leave_out(file, "boxes are taken from the masks"));
        else if (source_is_in(file, "masks", false) && source_is_image(file))
            TRY(source_leave_out(file, "a mask without an image"));
    }
    return STATUS_OK;
}

static Status read(Collection *all, const char *images, const char *masks)
{
    (void)images;
    (void)masks;
    bool listed =
        source_find(&all->tree, "", "train.txt") || source_find(&all->tree, "", "val.txt");
    if (listed) {
        TRY(read_list(all, "train.txt", SPLIT_TRAIN));
        TRY(read_list(all, "val.txt", SPLIT_VALIDATION));
    } else {
        TRY(read_folder(all));
    }
    return explain(all, listed);
}

const ImportLayout layout_kvasir_seg = {
    .name = "kvasir-seg",
    .help = "  SRC/images/NAME.jpg    frames\n"
            "  SRC/masks/NAME.jpg     white on polyps; one mask an image\n"
            "  SRC/train.txt, val.txt the official split, a NAME a line\n"
            "  One class, polyp. Boxes are the extents of the mask's connected regions of\n"
            "  at least 0.05 percent of the image.\n",
    .read = read,
};
