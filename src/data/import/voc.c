/* Pascal VOC: an XML file an image, lists of the splits, masks where there are any.
 *
 * Corners are VOC's: whole pixels counted from 1, both inclusive, so a box is xmin - 1 to xmax.
 * Some tools count from 0 and cannot be told from that; their boxes come out a pixel to the upper
 * left.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/import/layout.h"
#include "data/import/text_lines.h"
#include "data/import/xml_document.h"

typedef struct {
    Collection *all;
    const char *images, *masks; /* folders as files show them; masks may be NULL */
    TextLines lists[SPLIT_COUNT];
    bool listed; /* any of the lists is there */
} Voc;

/* ---- splits ---- */

/* ImageSets/Main/train.txt and so on; the lists of single classes ("cat_train.txt") and of two
 * splits together are not needed. */
static Status read_lists(Voc *voc)
{
    static const char *const folders[] = {"ImageSets/Main", "ImageSets/Segmentation", "ImageSets"};
    static const char *const names[SPLIT_COUNT] = {"train.txt", "val.txt", "test.txt"};
    SourceTree *tree = &voc->all->tree;
    for (size_t i = 0; i < 3 && !voc->listed; ++i) {
        SourceFile *both = source_find(tree, folders[i], "trainval.txt");
        for (int split = 0; split < SPLIT_COUNT; ++split) {
            SourceFile *list = source_find(tree, folders[i], names[split]);
            if (!list && split == SPLIT_TRAIN)
                list = both;
            if (!list)
                continue;
            list->taken = true;
            voc->listed = true;
            TRY(text_lines_read(list->path, &voc->lists[split]));
        }
    }
    for (size_t i = 0; i < tree->count; ++i)
        if (source_is_in(&tree->files[i], "ImageSets", true) && !tree->files[i].taken)
            TRY(source_leave_out(&tree->files[i], "splits are taken from train.txt, val.txt and "
                                                  "test.txt of ImageSets/Main"));
    return STATUS_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const TextLine *)a)->text, ((const TextLine *)b)->text);
}

static void sort_lists(Voc *voc)
{
    for (int split = 0; split < SPLIT_COUNT; ++split)
        if (voc->lists[split].count > 0)
            qsort(voc->lists[split].lines, voc->lists[split].count, sizeof(TextLine), by_text);
}

/* Which list has the stem; false if there are lists and none has it. STATUS_FORMAT: two have it. */
static Status find_split(const Voc *voc, const char *stem, Split *split, bool *found)
{
    const TextLine key = {.text = stem};
    *split = SPLIT_NONE;
    *found = !voc->listed;
    for (int i = 0; i < SPLIT_COUNT; ++i) {
        if (voc->lists[i].count == 0 ||
            !bsearch(&key, voc->lists[i].lines, voc->lists[i].count, sizeof key, by_text))
            continue;
        if (*split != SPLIT_NONE)
            FAIL(STATUS_FORMAT, "%s: %s is in the lists of %s and of %s, expected one",
                 voc->all->settings->source, stem, split_name(*split), split_name((Split)i));
        *split = (Split)i;
        *found = true;
    }
    return STATUS_OK;
}

/* ---- objects ---- */

static Status add_object(ImportImage *image, const xmlNode *object, size_t number)
{
    char name[256];
    double x0, y0, x1, y1;
    ImportLesion *lesion;
    const xmlNode *box = xml_child(object, "bndbox");
    if (!xml_text(xml_child(object, "name"), sizeof name, name))
        return collection_refuse(image, "object %zu has no name", number);
    TRY(collection_add_lesion(image, name, 0, &lesion));
    if (!xml_child_number(box, "xmin", &x0) || !xml_child_number(box, "ymin", &y0) ||
        !xml_child_number(box, "xmax", &x1) || !xml_child_number(box, "ymax", &y1))
        return collection_refuse(image, "object %zu has no bndbox of xmin, ymin, xmax, ymax",
                                 number);
    collection_add_box(lesion, x0 - 1, y0 - 1, x1, y1);
    return STATUS_OK;
}

static void read_size(ImportImage *image, const xmlNode *root)
{
    double width, height;
    const xmlNode *size = xml_child(root, "size");
    if (!xml_child_number(size, "width", &width) || !xml_child_number(size, "height", &height))
        return;
    if (width >= 1 && height >= 1 && width <= INT_MAX && height <= INT_MAX) {
        image->width = (size_t)width;
        image->height = (size_t)height;
    }
}

/* Both folders tell lesions from none, and a manifest asks no more of a mask. */
static Status add_mask(const Voc *voc, ImportImage *image, const char *stem)
{
    static const char *const folders[] = {"SegmentationObject", "SegmentationClass"};
    SourceFile *mask = NULL;
    size_t count;
    for (size_t i = 0; i < 2; ++i) {
        const char *folder = voc->masks ? voc->masks : folders[i];
        SourceFile *file = source_find_image(&voc->all->tree, folder, stem, &count);
        if (!file || (mask && file == mask))
            continue;
        TRY(collection_add_companion(image, file));
        mask = mask ? mask : file;
    }
    image->numbers_file = mask;
    return STATUS_OK;
}

static Status read_objects(const Voc *voc, ImportImage *image, const char *stem,
                           const xmlDoc *document, const char *path)
{
    const xmlNode *root = xmlDocGetRootElement(document);
    size_t number = 0;
    if (!root || !xml_is(root, "annotation"))
        FAIL(STATUS_FORMAT, "%s: expected XML with the root <annotation>", path);
    read_size(image, root);
    for (const xmlNode *object = xml_child(root, "object"); object;
         object = xml_next(object, "object"))
        TRY(add_object(image, object, ++number));
    return add_mask(voc, image, stem);
}

/* ---- files ---- */

/* The image that an XML file is about: of the same stem, or its <filename>. */
static SourceFile *find_image(const Voc *voc, const char *stem, const xmlDoc *document)
{
    const SourceTree *tree = &voc->all->tree;
    char name[PATH_MAX];
    size_t count;
    SourceFile *file = source_find_image(tree, voc->images, stem, &count);
    if (file)
        return file;
    if (!xml_text(xml_child(xmlDocGetRootElement(document), "filename"), sizeof name, name))
        *name = '\0';
    file = source_find(tree, voc->images, name);
    if (!file)
        file = source_find_ending(tree, name, &count);
    if (!file)
        file = source_find_image(tree, "", stem, &count);
    return file && source_is_image(file) ? file : NULL;
}

static Status add_file(Voc *voc, SourceFile *file, const char *stem, Split split,
                       const xmlDoc *document)
{
    ImportImage *image;
    SourceFile *picture = find_image(voc, stem, document);
    if (!picture)
        return source_leave_out(file, "no image %s/%s.jpg or the like", voc->images, stem);
    TRY(collection_add_image(voc->all, picture, split, file->path, &image));
    TRY(collection_add_companion(image, file));
    image->normal_note = "image without objects was taken as normal";
    Status status = read_objects(voc, image, stem, document, file->path);
    return status;
}

static Status leave_unlisted(const Voc *voc, SourceFile *file, const char *stem)
{
    size_t count;
    SourceFile *picture = source_find_image(&voc->all->tree, voc->images, stem, &count);
    if (picture && !picture->taken)
        TRY(source_leave_out(picture, "in none of the lists of ImageSets"));
    return source_leave_out(file, "in none of the lists of ImageSets");
}

static Status read_file(Voc *voc, SourceFile *file)
{
    char stem[PATH_MAX];
    Split split;
    bool found;
    xmlDoc *document;
    const char *within = file->shown;
    if (source_is_in(file, "Annotations", true))
        within += strlen("Annotations/");
    snprintf(stem, sizeof stem, "%.*s",
             (int)(file->name - within + (ptrdiff_t)source_stem_length(file->name)), within);
    TRY(find_split(voc, stem, &split, &found));
    if (!found)
        return leave_unlisted(voc, file, stem);
    if (!voc->listed)
        split = collection_split_in(file->shown);
    TRY(xml_read(file->path, &document));
    Status status = add_file(voc, file, stem, split, document);
    xmlFreeDoc(document);
    return status;
}

/* What lists name, and nothing annotates. */
static Status note_unannotated(const Voc *voc)
{
    for (int split = 0; split < SPLIT_COUNT; ++split)
        for (size_t i = 0; i < voc->lists[split].count; ++i) {
            char name[PATH_MAX];
            const char *stem = voc->lists[split].lines[i].text;
            snprintf(name, sizeof name, "%s.xml", stem);
            if (!source_find(&voc->all->tree, "Annotations", name) &&
                !source_find(&voc->all->tree, "", name))
                TRY(collection_note_absent(voc->all, stem,
                                           "in %s's list, but Annotations/%s is not there",
                                           split_name((Split)split), name));
        }
    return STATUS_OK;
}

static Status read_files(Voc *voc)
{
    SourceTree *tree = &voc->all->tree;
    bool folder = source_has_folder(tree, "Annotations");
    size_t files = 0;
    TRY(read_lists(voc));
    sort_lists(voc);
    for (size_t i = 0; i < tree->count; ++i) {
        SourceFile *file = &tree->files[i];
        if (!source_ends_in(file, ".xml") || file->name[0] == '.' || file->reason ||
            (folder && !source_is_in(file, "Annotations", true)))
            continue;
        ++files;
        TRY(read_file(voc, file));
    }
    if (files == 0)
        FAIL(STATUS_MISSING, "%s: no .xml files, expected one an image in Annotations",
             voc->all->settings->source);
    return note_unannotated(voc);
}

static Status read(Collection *all, const char *images, const char *masks)
{
    Voc voc = {.all = all, .images = images ? images : "JPEGImages", .masks = masks};
    Status status = read_files(&voc);
    for (int split = 0; split < SPLIT_COUNT; ++split)
        text_lines_clear(&voc.lists[split]);
    return status;
}

const ImportLayout layout_voc = {
    .name = "voc",
    .help = "  SRC/Annotations/1.xml            objects with name and bndbox\n"
            "  SRC/JPEGImages/1.jpg             or beside the .xml files\n"
            "  SRC/ImageSets/Main/train.txt     and val.txt, test.txt: a name a line\n"
            "  SRC/SegmentationObject/1.png     if there are masks; or SegmentationClass\n"
            "  Corners count from 1 and are inclusive: a box is xmin - 1 to xmax. With\n"
            "  lists, only what they name is imported. --images DIR, --masks DIR: other\n"
            "  folders.\n",
    .uses = LAYOUT_IMAGES | LAYOUT_MASKS,
    .read = read,
};
