/* COCO's JSON: images, annotations and categories, tied together by numbers.
 *
 * A file's images are looked for in the folders where the tools that write COCO put them, the most
 * particular first, and last anywhere below the source, if only one file has the name.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/import/json_document.h"
#include "data/import/layout.h"
#include "image/runs.h"

/* A number that the file gives to an image or a category. */
typedef struct {
    int64_t id;
    size_t index;     /* of the image; SIZE_MAX: its file is not there */
    const char *name; /* of the category */
} Entry;

typedef struct {
    size_t count;
    Entry *entries; /* count, sorted by id */
} Index;

typedef struct {
    Collection *all;
    SourceFile *file;
    const char *images_folder; /* NULL: where COCO has them */
    Split split;
    const cJSON *document;
    Index images, categories;
} Coco;

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const Entry *)a)->id, y = ((const Entry *)b)->id;
    return x < y ? -1 : x > y;
}

static Status sort_index(const Coco *coco, Index *index, const char *what)
{
    if (index->count > 0)
        qsort(index->entries, index->count, sizeof *index->entries, by_id);
    for (size_t i = 1; i < index->count; ++i)
        if (index->entries[i].id == index->entries[i - 1].id)
            FAIL(STATUS_FORMAT, "%s: two %s have the id %" PRId64 ", expected one",
                 coco->file->path, what, index->entries[i].id);
    return STATUS_OK;
}

static const Entry *find_entry(const Index *index, int64_t id)
{
    Entry key = {.id = id};
    if (index->count == 0)
        return NULL;
    return bsearch(&key, index->entries, index->count, sizeof key, by_id);
}

/* ---- categories ---- */

static Status read_categories(Coco *coco)
{
    const cJSON *list = json_member(coco->document, "categories"), *item;
    size_t count = (size_t)cJSON_GetArraySize(list);
    TRY(MEMORY_NEW(&coco->categories.entries, count));
    cJSON_ArrayForEach(item, list)
    {
        Entry *entry = &coco->categories.entries[coco->categories.count++];
        entry->name = json_text(item, "name");
        if (!json_integer(item, "id", &entry->id) || !entry->name)
            FAIL(STATUS_FORMAT, "%s: categories[%zu], expected a whole number id and a name",
                 coco->file->path, coco->categories.count - 1);
    }
    return sort_index(coco, &coco->categories, "categories");
}

/* ---- images ---- */

/* The file's name without what COCO's own names begin with: "instances_train2017.json" is about the
 * folder train2017. */
static void topic(const char *name, char folder[NAME_MAX + 1])
{
    static const char *const beginnings[] = {"instances_", "annotations_"};
    for (size_t i = 0; i < 2; ++i)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            name += strlen(beginnings[i]);
    snprintf(folder, NAME_MAX + 1, "%.*s", (int)source_stem_length(name), name);
}

static SourceFile *find_image(const Coco *coco, const char *name, size_t *count)
{
    char own[NAME_MAX + 1], beside[PATH_MAX], within[NAME_MAX + 16];
    const SourceTree *tree = &coco->all->tree;
    topic(coco->file->name, own);
    snprintf(within, sizeof within, "images/%s", own);
    snprintf(beside, sizeof beside, "%.*s",
             coco->file->name > coco->file->shown ? (int)(coco->file->name - coco->file->shown) - 1
                                                  : 0,
             coco->file->shown);
    const char *const folders[] = {own, within, beside, "images", ""};
    *count = 1;
    if (coco->images_folder)
        return source_find(tree, coco->images_folder, name);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; ++i) {
        SourceFile *found = source_find(tree, folders[i], name);
        if (found)
            return found;
    }
    return source_find_ending(tree, name, count);
}

static Status read_size(const Coco *coco, const cJSON *item, const char *where, ImportImage *image)
{
    int64_t width = 0, height = 0;
    if ((json_member(item, "width") && !json_integer(item, "width", &width)) ||
        (json_member(item, "height") && !json_integer(item, "height", &height)) || width < 0 ||
        height < 0)
        FAIL(STATUS_FORMAT, "%s: %s: width or height is no number of pixels", coco->file->path,
             where);
    image->width = (size_t)width;
    image->height = (size_t)height;
    return STATUS_OK;
}

static Status read_image(Coco *coco, const cJSON *item, Entry *entry)
{
    char where[64], what[80];
    size_t count;
    snprintf(where, sizeof where, "images[%zu]", coco->images.count - 1);
    snprintf(what, sizeof what, "%s: file_name", where);
    const char *name = json_text(item, "file_name");
    entry->index = SIZE_MAX;
    if (!json_integer(item, "id", &entry->id) || !name)
        FAIL(STATUS_FORMAT, "%s: %s, expected a whole number id and a file_name", coco->file->path,
             where);
    TRY(collection_check_name(name, coco->file->path, what));
    SourceFile *file = find_image(coco, name, &count);
    if (!file || count != 1)
        return collection_note_absent(coco->all, name,
                                      file ? "named by %s; several files have the name"
                                           : "named by %s, not there",
                                      coco->file->shown);
    ImportImage *image;
    TRY(collection_add_image(coco->all, file, coco->split, coco->file->path, &image));
    entry->index = (size_t)(image - coco->all->images);
    image->normal_note = "image without annotations was taken as normal";
    return read_size(coco, item, where, image);
}

static Status read_images(Coco *coco)
{
    const cJSON *list = json_member(coco->document, "images"), *item;
    TRY(MEMORY_NEW(&coco->images.entries, (size_t)cJSON_GetArraySize(list)));
    cJSON_ArrayForEach(item, list)
    {
        Entry *entry = &coco->images.entries[coco->images.count++];
        TRY(read_image(coco, item, entry));
    }
    return sort_index(coco, &coco->images, "images");
}

/* ---- annotations ---- */

static Status add_polygon(ImportImage *image, ImportLesion *lesion, const cJSON *list, int64_t id)
{
    size_t count = (size_t)cJSON_GetArraySize(list);
    double *corners;
    if (count < 6 || count % 2 != 0)
        return collection_refuse(image,
                                 "annotation %" PRId64
                                 ": a polygon of %zu numbers, expected pairs of at least 3 points",
                                 id, count);
    TRY(MEMORY_NEW(&corners, count));
    if (!json_numbers(list, count, corners)) {
        free(corners);
        return collection_refuse(
            image, "annotation %" PRId64 ": a polygon with something else than numbers", id);
    }
    return collection_add_part(
        lesion, (AreaPart){.kind = AREA_POLYGON, .count = count / 2, .corners = corners});
}

static Status read_lengths(const cJSON *counts, AreaPart *part)
{
    part->count = (size_t)cJSON_GetArraySize(counts);
    TRY(MEMORY_NEW(&part->lengths, part->count));
    size_t i = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, counts)
    {
        double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
        if (!(value >= 0 && value <= UINT32_MAX) || value != (double)(uint32_t)value)
            FAIL(STATUS_FORMAT, "counts[%zu] is no number of pixels", i);
        part->lengths[i++] = (uint32_t)value;
    }
    return STATUS_OK;
}

/* {"size": [height, width], "counts": numbers or packed text}. */
static Status read_runs(const cJSON *object, AreaPart *part)
{
    double size[2];
    const cJSON *counts = json_member(object, "counts");
    if (!json_numbers(json_member(object, "size"), 2, size) || size[0] < 1 || size[1] < 1 ||
        size[0] > INT32_MAX || size[1] > INT32_MAX)
        FAIL(STATUS_FORMAT, "run lengths without a size, expected height and width");
    part->height = (size_t)size[0];
    part->width = (size_t)size[1];
    if (cJSON_IsArray(counts))
        return read_lengths(counts, part);
    if (!cJSON_IsString(counts))
        FAIL(STATUS_FORMAT, "run lengths without counts, expected numbers or text");
    Runs runs;
    TRY(runs_of_text(counts->valuestring, part->width, part->height, &runs));
    part->count = runs.count;
    part->lengths = runs.lengths;
    return STATUS_OK;
}

static Status add_runs(ImportImage *image, ImportLesion *lesion, const cJSON *object, int64_t id)
{
    AreaPart part = {.kind = AREA_RUNS};
    Status status = read_runs(object, &part);
    if (status == STATUS_OK)
        return collection_add_part(lesion, part);
    free(part.lengths);
    if (status == STATUS_NO_MEMORY)
        return status;
    return collection_refuse(image, "annotation %" PRId64 ": %s", id, status_message());
}

static Status read_area(ImportImage *image, ImportLesion *lesion, const cJSON *area, int64_t id)
{
    const cJSON *first = cJSON_IsArray(area) ? area->child : NULL, *item;
    if (cJSON_IsObject(area))
        return add_runs(image, lesion, area, id);
    if (cJSON_IsNumber(first))
        return add_polygon(image, lesion, area, id);
    if (first)
        cJSON_ArrayForEach(item, area) TRY(add_polygon(image, lesion, item, id));
    return STATUS_OK;
}

static Status read_lesion(Coco *coco, ImportImage *image, const char *class_name, const cJSON *item,
                          int64_t id)
{
    ImportLesion *lesion;
    double box[4];
    TRY(collection_add_lesion(image, class_name, 0, &lesion));
    TRY(read_area(image, lesion, json_member(item, "segmentation"), id));
    const cJSON *bbox = json_member(item, "bbox");
    if (bbox && !json_numbers(bbox, 4, box))
        return collection_refuse(image, "annotation %" PRId64 ": bbox is not x, y, width, height",
                                 id);
    if (bbox && box[2] > 0 && box[3] > 0)
        collection_add_box(lesion, box[0], box[1], box[0] + box[2], box[1] + box[3]);
    else if (lesion->part_count > 0)
        TRY(collection_note(coco->all, "box without extent was taken from the lesion's outline"));
    else if (!collection_is_normal(coco->all->settings, lesion->class_name))
        return collection_refuse(
            image, "annotation %" PRId64 ": neither a box with extent nor an outline", id);
    return STATUS_OK;
}

static Status read_annotation(Coco *coco, const cJSON *item, size_t number)
{
    int64_t id = (int64_t)number, image_id, category_id;
    json_integer(item, "id", &id);
    const Entry *image =
        json_integer(item, "image_id", &image_id) ? find_entry(&coco->images, image_id) : NULL;
    const Entry *category = json_integer(item, "category_id", &category_id)
                                ? find_entry(&coco->categories, category_id)
                                : NULL;
    if (!image || !category)
        FAIL(STATUS_FORMAT, "%s: annotations[%zu] has no %s, expected one of those listed",
             coco->file->path, number, image ? "category_id" : "image_id");
    if (image->index == SIZE_MAX)
        return STATUS_OK;
    const cJSON *crowd = json_member(item, "iscrowd");
    if (cJSON_IsTrue(crowd) || (cJSON_IsNumber(crowd) && crowd->valuedouble != 0))
        TRY(collection_note(coco->all, "crowd (iscrowd: 1) was taken as one lesion"));
    Status status = read_lesion(coco, &coco->all->images[image->index], category->name, item, id);
    return status == STATUS_FORMAT
               ? status_prefix(status, "%s: annotations[%zu]", coco->file->path, number)
               : status;
}

static Status read_annotations(Coco *coco)
{
    const cJSON *item;
    size_t number = 0;
    cJSON_ArrayForEach(item, json_member(coco->document, "annotations"))
        TRY(read_annotation(coco, item, number++));
    return STATUS_OK;
}

/* ---- files ---- */

static Status read_document(Coco *coco)
{
    static const char *const parts[] = {"images", "annotations", "categories"};
    for (size_t i = 0; i < 3; ++i)
        if (!cJSON_IsArray(json_member(coco->document, parts[i])))
            return source_leave_out(coco->file, "JSON, but without COCO's list of %s", parts[i]);
    coco->file->taken = true;
    TRY(read_categories(coco));
    TRY(read_images(coco));
    return read_annotations(coco);
}

static Status read_file(Collection *all, SourceFile *file, const char *images)
{
    Coco coco = {.all = all, .file = file, .images_folder = images};
    cJSON *document;
    coco.split = collection_split_in(file->name);
    if (coco.split == SPLIT_NONE)
        coco.split = collection_split_in(file->shown);
    TRY(json_read(file->path, &document));
    coco.document = document;
    Status status = read_document(&coco);
    free(coco.images.entries);
    free(coco.categories.entries);
    cJSON_Delete(document);
    return status;
}

/* COCO's own folders also hold captions and key points of the same images. */
static bool is_of_instances(const SourceFile *file)
{
    return strncmp(file->name, "instances", 9) == 0 && source_ends_in(file, ".json");
}

static Status read(Collection *all, const char *images, const char *masks)
{
    bool instances = false;
    size_t files = 0;
    (void)masks;
    for (size_t i = 0; i < all->tree.count; ++i)
        instances |= is_of_instances(&all->tree.files[i]);
    for (size_t i = 0; i < all->tree.count; ++i) {
        SourceFile *file = &all->tree.files[i];
        if (!source_ends_in(file, ".json") || file->name[0] == '.' || file->reason)
            continue;
        if (instances && !is_of_instances(file)) {
            TRY(source_leave_out(file, "annotations are taken from instances*.json"));
            continue;
        }
        TRY(read_file(all, file, images));
        files += file->taken;
    }
    if (files == 0)
        FAIL(STATUS_MISSING,
             "%s: no COCO annotations, expected a .json file with images, annotations, categories",
             all->settings->source);
    return STATUS_OK;
}

const ImportLayout layout_coco = {
    .name = "coco",
    .help = "  SRC/annotations/instances_train2017.json    images, annotations, categories\n"
            "  SRC/train2017/000001.jpg                    or in SRC/images, in\n"
            "                                              SRC/images/train2017, or beside\n"
            "                                              the .json file\n"
            "  Any name of the .json files will do; one with train, val or test in it is a\n"
            "  split. Outlines may be polygons or run lengths of either kind. An image\n"
            "  without annotations is normal. --images DIR: where the file_names are.\n",
    .uses = LAYOUT_IMAGES,
    .read = read,
};
