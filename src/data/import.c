/* Kvasir-SEG to a manifest; see import.h. The masks are decoded in parallel, everything else is in
 * the order of the lists, so the manifest does not depend on the number of threads. */
#include "data/import.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "data/manifest.h"
#include "data/source.h"
#include "image/image_file.h"
#include "image/regions.h"
#include "store/files.h"

#define POLYP "polyp"

/* Regions below this share of the image are specks that JPEG left in the mask. */
static const double region_share_least = 0.0005;

typedef struct {
    char *name;  /* without extension */
    size_t line; /* of its list; 0: found in the folder */
    Split split;
    char *image, *mask; /* paths */
    size_t box_count;
    ManifestBox *boxes;
} Item;

typedef struct {
    const char *source;
    Item *items;
    size_t count, capacity;
} ItemList;

static void list_clear(ItemList *list)
{
    for (size_t i = 0; i < list->count; ++i) {
        free(list->items[i].name);
        free(list->items[i].image);
        free(list->items[i].mask);
        free(list->items[i].boxes);
    }
    free(list->items);
}

static const char *list_name(Split split)
{
    return split == SPLIT_TRAIN ? "train.txt" : "val.txt";
}

/* Takes ownership of nothing: the name is copied without .jpg or .png. */
static Status add_item(ItemList *list, const char *name, size_t line, Split split)
{
    if (list->count == list->capacity) {
        Item *larger;
        TRY(MEMORY_NEW(&larger, 2 * list->capacity + 256));
        if (list->count > 0)
            memcpy(larger, list->items, list->count * sizeof *larger);
        free(list->items);
        list->items = larger;
        list->capacity = 2 * list->capacity + 256;
    }
    Item *item = &list->items[list->count];
    *item = (Item){.line = line, .split = split};
    TRY(memory_copy_text(name, &item->name));
    ++list->count;
    char *dot = strrchr(item->name, '.');
    if (dot && (strcmp(dot, ".jpg") == 0 || strcmp(dot, ".png") == 0))
        *dot = '\0';
    return STATUS_OK;
}

/* ---- names ---- */

static Status read_list(ItemList *list, Split split)
{
    char *path, *text;
    TRY(files_join(list->source, list_name(split), &path));
    Status status = files_read(path, &text, NULL);
    free(path);
    TRY(status);
    size_t line = 0;
    char *rest = text;
    for (char *part = strsep(&rest, "\n"); part && status == STATUS_OK;
         part = strsep(&rest, "\n")) {
        ++line;
        part += strspn(part, " \t\r");
        part[strcspn(part, " \t\r")] = '\0';
        if (*part)
            status = add_item(list, part, line, split);
    }
    free(text);
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const Item *)a)->name, ((const Item *)b)->name);
}

static Status read_folder(ItemList *list)
{
    char *path;
    TRY(files_join(list->source, "images", &path));
    DIR *folder = opendir(path);
    Status status = STATUS_OK;
    if (!folder)
        status = status_set(errno == ENOENT ? STATUS_MISSING : STATUS_IO,
                            "%s: cannot open the folder: %s", path, strerror(errno));
    free(path);
    TRY(status);
    for (struct dirent *entry = readdir(folder); entry && status == STATUS_OK;
         entry = readdir(folder)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot && (strcmp(dot, ".jpg") == 0 || strcmp(dot, ".png") == 0))
            status = add_item(list, entry->d_name, 0, SPLIT_NONE);
    }
    closedir(folder);
    qsort(list->items, list->count, sizeof *list->items, by_name);
    return status;
}

static int by_name_then_place(const void *a, const void *b)
{
    const Item *x = *(const Item *const *)a, *y = *(const Item *const *)b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : x < y ? -1 : x > y;
}

/* A name in both lists would train on what it validates. */
static Status check_names(const ItemList *list)
{
    const Item **sorted;
    TRY(MEMORY_NEW(&sorted, list->count));
    for (size_t i = 0; i < list->count; ++i)
        sorted[i] = &list->items[i];
    qsort(sorted, list->count, sizeof *sorted, by_name_then_place);
    Status status = STATUS_OK;
    for (size_t i = 1; i < list->count && status == STATUS_OK; ++i)
        if (strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
            status = status_set(STATUS_FORMAT, "%s/%s:%zu: %s is in %s too, expected it once",
                                list->source, list_name(sorted[i]->split), sorted[i]->line,
                                sorted[i]->name, list_name(sorted[i - 1]->split));
    free(sorted);
    return status;
}

static Status collect_names(ItemList *list)
{
    char *train = NULL, *validation = NULL;
    Status status = files_join(list->source, list_name(SPLIT_TRAIN), &train);
    if (status == STATUS_OK)
        status = files_join(list->source, list_name(SPLIT_VALIDATION), &validation);
    bool listed = status == STATUS_OK && (files_exists(train) || files_exists(validation));
    free(train);
    free(validation);
    TRY(status);
    if (!files_is_folder(list->source))
        FAIL(STATUS_MISSING,
             "%s: no such folder, expected one with images, masks, train.txt, val.txt",
             list->source);
    if (listed) {
        TRY(read_list(list, SPLIT_TRAIN));
        TRY(read_list(list, SPLIT_VALIDATION));
    } else {
        TRY(read_folder(list));
    }
    if (list->count == 0)
        FAIL(STATUS_FORMAT, "%s: no images listed, expected at least one", list->source);
    return check_names(list);
}

/* ---- files ---- */

/* The file NAME.jpg or NAME.png of a folder of the source. */
static Status find_file(const ItemList *list, const Item *item, const char *folder, char **path)
{
    static const char *const extensions[] = {"jpg", "png"};
    for (size_t i = 0; i < 2; ++i) {
        char name[512];
        int length = snprintf(name, sizeof name, "%s/%s.%s", folder, item->name, extensions[i]);
        if (length < 0 || (size_t)length >= sizeof name)
            break;
        TRY(files_join(list->source, name, path));
        if (files_exists(*path))
            return STATUS_OK;
        free(*path);
        *path = NULL;
    }
    if (item->line == 0)
        FAIL(STATUS_MISSING, "%s/%s: no %s.jpg or .png, expected one as in images", list->source,
             folder, item->name);
    FAIL(STATUS_MISSING, "%s/%s:%zu: no %s/%s.jpg or .png, expected one", list->source,
         list_name(item->split), item->line, folder, item->name);
}

static Status find_boxes(Item *item)
{
    size_t width, height;
    TRY(image_read_size(item->image, &width, &height));
    Image mask;
    TRY(image_read(item->mask, 1, &mask));
    Region *regions = NULL;
    size_t count = 0;
    Status status;
    if (mask.width != width || mask.height != height)
        status = status_set(STATUS_FORMAT,
                            "%s: the mask has %zu x %zu pixels, expected %zu x %zu as the image",
                            item->mask, mask.width, mask.height, width, height);
    else
        status = regions_find(&mask, SOURCE_MASK_THRESHOLD, &regions, &count, NULL);
    image_clear(&mask);
    TRY(status);
    status = MEMORY_NEW(&item->boxes, count);
    for (size_t i = 0; i < count && status == STATUS_OK; ++i)
        if ((double)regions[i].area >= region_share_least * (double)width * (double)height)
            item->boxes[item->box_count++] =
                (ManifestBox){.box = regions[i].box, .class_name = POLYP};
    free(regions);
    if (status == STATUS_OK && item->box_count == 0)
        FAIL(STATUS_FORMAT, "%s: no polyp of 0.05 percent of the image, expected at least one",
             item->mask);
    return status;
}

static Status read_item(const ItemList *list, Item *item)
{
    TRY(find_file(list, item, "images", &item->image));
    TRY(find_file(list, item, "masks", &item->mask));
    return find_boxes(item);
}

static Status read_items(ItemList *list)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < list->count; ++i)
        if (!first_error_before(&first, i))
            first_error_note(&first, i, read_item(list, &list->items[i]));
    return first_error_status(&first);
}

/* ---- the manifest ---- */

/* `path` as the manifest in `folder` should write it: relative if the file lies below it. Both are
 * absolute. */
static const char *as_seen_from(const char *folder, const char *path)
{
    size_t length = strlen(folder);
    if (strncmp(path, folder, length) == 0 && path[length] == '/')
        return path + length + 1;
    return path;
}

static Status write_items(const ItemList *list, const char *out, CsvWriter *writer,
                          ImportCounts *counts)
{
    manifest_write_header(writer);
    *counts = (ImportCounts){.images = list->count};
    for (size_t i = 0; i < list->count; ++i) {
        const Item *item = &list->items[i];
        ManifestRow row = {
            .image = as_seen_from(out, item->image),
            .mask = as_seen_from(out, item->mask),
            .label = POLYP,
            .split = item->split,
            .box_count = item->box_count,
            .boxes = item->boxes,
        };
        TRY(manifest_write_row(writer, &row));
        counts->boxes += item->box_count;
    }
    return STATUS_OK;
}

/* Commits the rows unless another manifest is there. */
static Status place_manifest(CsvWriter *writer, const char *path, bool force)
{
    if (fflush(writer->stream) != 0)
        FAIL(STATUS_NO_MEMORY, "%s: out of memory while the table was gathered", path);
    if (files_exists(path) && !force) {
        char *old;
        size_t bytes;
        TRY(files_read(path, &old, &bytes));
        bool same = bytes == writer->bytes && memcmp(old, writer->text, bytes) == 0;
        free(old);
        if (!same)
            FAIL(STATUS_ARGUMENT, "%s: exists and differs, expected none (or --force)", path);
    }
    return csv_writer_commit(writer, path);
}

static Status write_manifest(const ItemList *list, const char *out, bool force,
                             ImportCounts *counts)
{
    char *path;
    TRY(files_join(out, "manifest.csv", &path));
    CsvWriter writer;
    Status status = csv_writer_init(&writer);
    if (status == STATUS_OK)
        status = write_items(list, out, &writer, counts);
    if (status == STATUS_OK)
        status = place_manifest(&writer, path, force);
    csv_writer_clear(&writer);
    free(path);
    return status;
}

/* The absolute name of a folder that exists, without links; released with free(). */
static Status absolute(const char *folder, char **path)
{
    *path = realpath(folder, NULL);
    if (!*path)
        FAIL(errno == ENOENT ? STATUS_MISSING : STATUS_IO, "%s: cannot open the folder: %s", folder,
             strerror(errno));
    return STATUS_OK;
}

Status import_kvasir_seg(const char *source, const char *out, bool force, ImportCounts *counts)
{
    char *from = NULL, *to = NULL;
    ItemList list = {0};
    Status status;
    TRY_GOTO(status, end, absolute(source, &from));
    list.source = from;
    TRY_GOTO(status, end, collect_names(&list));
    TRY_GOTO(status, end, read_items(&list));
    TRY_GOTO(status, end, files_make_folder(out));
    TRY_GOTO(status, end, absolute(out, &to));
    TRY_GOTO(status, end, write_manifest(&list, to, force, counts));
end:
    list_clear(&list);
    free(from);
    free(to);
    return status;
}
