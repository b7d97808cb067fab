/* Writing what was imported; see tables.h. */
#include "data/import/tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "data/import/completion.h"
#include "store/csv.h"
#include "store/files.h"

enum { REASONS_SHOWN = 12 };

/* ---- manifest.csv ---- */

static Status write_row(CsvWriter *writer, const Collection *all, size_t index, const char *target)
{
    const ImportImage *image = &all->images[index];
    char *place = NULL, *mask = NULL, made[COMPLETION_NAME_BYTES];
    Status status;
    TRY_GOTO(status, done, files_relative(target, image->file->path, &place));
    if (image->mask_file)
        TRY_GOTO(status, done, files_relative(target, image->mask_file->path, &mask));
    completion_mask_name(index, made);
    ManifestRow row = {
        .image = place,
        .mask = image->mask_made ? made : mask,
        .label = image->final_label,
        .patient = image->patient,
        .split = image->split,
        .box_count = image->box_count,
        .boxes = image->boxes,
    };
    status = manifest_write_row(writer, &row);
done:
    free(place);
    free(mask);
    return status;
}

static Status write_manifest(const Collection *all, const char *target, const char *path)
{
    CsvWriter writer;
    TRY(csv_writer_init(&writer));
    manifest_write_header(&writer);
    Status status = STATUS_OK;
    for (size_t i = 0; i < all->count && status == STATUS_OK; ++i)
        if (!all->images[i].reason)
            status = write_row(&writer, all, i, target);
    if (status == STATUS_OK)
        status = csv_writer_commit(&writer, path);
    csv_writer_clear(&writer);
    return status;
}

static bool is_a_label(const Collection *all, const char *class_name)
{
    for (size_t i = 0; i < all->count; ++i)
        if (!all->images[i].reason && strcmp(all->images[i].final_label, class_name) == 0)
            return true;
    return false;
}

/* A manifest's classes are its labels, so a class that no image is labelled with has no place. */
static Status check_classes(const Collection *all)
{
    const char *known = NULL;
    for (size_t i = 0; i < all->count; ++i) {
        const ImportImage *image = &all->images[i];
        for (size_t k = 0; k < image->box_count && !image->reason; ++k) {
            const char *name = image->boxes[k].class_name;
            if (known && strcmp(known, name) == 0)
                continue;
            if (!is_a_label(all, name))
                FAIL(STATUS_FORMAT,
                     "%s: class \"%s\" is never that of an image's largest lesion, so no image is "
                     "labelled with it, expected some (--class NAME takes all classes as one)",
                     all->settings->source, name);
            known = name;
        }
    }
    return STATUS_OK;
}

/* ---- skipped.csv ---- */

typedef struct {
    size_t count, capacity;
    struct {
        const char *name, *reason;
    } * rows; /* borrowed */
} Skipped;

static Status add_skipped(Skipped *list, const char *name, const char *reason)
{
    TRY(MEMORY_GROW(&list->rows, list->count + 1, &list->capacity));
    list->rows[list->count].name = name;
    list->rows[list->count++].reason = reason;
    return STATUS_OK;
}

/* Files in order of their names, then what is named and not there. */
static Status list_skipped(const Collection *all, Skipped *list)
{
    for (size_t i = 0; i < all->tree.count; ++i) {
        const SourceFile *file = &all->tree.files[i];
        if (file->reason)
            TRY(add_skipped(list, file->shown, file->reason));
    }
    for (size_t i = 0; i < all->absent_count; ++i)
        TRY(add_skipped(list, all->absent[i].name, all->absent[i].reason));
    return STATUS_OK;
}

/* Gives every file that is not imported its reason. */
static Status explain_files(const Collection *all)
{
    for (size_t i = 0; i < all->count; ++i) {
        const ImportImage *image = &all->images[i];
        if (!image->reason)
            continue;
        TRY(source_leave_out(image->file, "%s", image->reason));
        for (size_t k = 0; k < image->companion_count; ++k)
            TRY(source_leave_out(image->companions[k], "belongs to %s, which is not imported",
                                 image->file->shown));
    }
    for (size_t i = 0; i < all->tree.count; ++i) {
        SourceFile *file = &all->tree.files[i];
        if (file->taken)
            continue;
        if (file->name[0] == '.')
            TRY(source_leave_out(file, "a hidden file of some system"));
        TRY(source_leave_out(file, source_is_image(file) ? "an image without annotation"
                                                         : "not a part of this layout"));
    }
    return STATUS_OK;
}

static Status write_skipped(const Skipped *list, const char *path)
{
    CsvWriter writer;
    TRY(csv_writer_init(&writer));
    csv_write_text(&writer, "file");
    csv_write_text(&writer, "reason");
    csv_end_row(&writer);
    for (size_t i = 0; i < list->count; ++i) {
        csv_write_text(&writer, list->rows[i].name);
        csv_write_text(&writer, list->rows[i].reason);
        csv_end_row(&writer);
    }
    Status status = csv_writer_commit(&writer, path);
    csv_writer_clear(&writer);
    return status;
}

/* Nothing to write: the first image's reason is probably that of all. */
static Status nothing_imported(const Collection *all, const Skipped *list)
{
    const char *source = all->settings->source;
    if (all->count > 0)
        FAIL(STATUS_FORMAT, "%s: none of %zu images can be imported; the first is %s: %s", source,
             all->count, all->images[0].file->shown, all->images[0].reason);
    if (list->count > 0)
        FAIL(STATUS_FORMAT, "%s: no image with its annotation among %zu files; the first is %s: %s",
             source, list->count, list->rows[0].name, list->rows[0].reason);
    FAIL(STATUS_FORMAT, "%s: an empty folder, expected images", source);
}

static Status write_tables(const Collection *all, const char *target, const NewFolder *folder,
                           const Skipped *list)
{
    char *manifest = NULL, *skipped = NULL;
    Status status;
    size_t count = 0;
    for (size_t i = 0; i < all->count; ++i)
        count += all->images[i].reason == NULL;
    if (count == 0)
        return nothing_imported(all, list);
    TRY(check_classes(all));
    TRY_GOTO(status, done, files_join(folder->partial, "manifest.csv", &manifest));
    TRY_GOTO(status, done, files_join(folder->partial, "skipped.csv", &skipped));
    TRY_GOTO(status, done, write_manifest(all, target, manifest));
    status = write_skipped(list, skipped);
done:
    free(manifest);
    free(skipped);
    return status;
}

Status tables_write(const Collection *all, const char *target, const NewFolder *folder)
{
    Skipped list = {0};
    Status status = explain_files(all);
    if (status == STATUS_OK)
        status = list_skipped(all, &list);
    if (status == STATUS_OK)
        status = write_tables(all, target, folder, &list);
    free(list.rows);
    return status;
}

/* ---- for people ---- */

/* A reason, the first file it holds for, and how many it does. */
typedef struct {
    const char *reason, *name;
    size_t first, count;
} Reason;

static int by_reason(const void *a, const void *b)
{
    const Reason *x = a, *y = b;
    int order = strcmp(x->reason, y->reason);
    return order != 0 ? order : x->first < y->first ? -1 : x->first > y->first;
}

static int most_frequent_first(const void *a, const void *b)
{
    const Reason *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* Sorts out the distinct reasons; returns how many there are. */
static size_t count_reasons(const Skipped *list, Reason *reasons)
{
    size_t distinct = 0;
    for (size_t i = 0; i < list->count; ++i)
        reasons[i] = (Reason){list->rows[i].reason, list->rows[i].name, i, 1};
    qsort(reasons, list->count, sizeof *reasons, by_reason);
    for (size_t i = 0; i < list->count; ++i)
        if (distinct > 0 && strcmp(reasons[distinct - 1].reason, reasons[i].reason) == 0)
            ++reasons[distinct - 1].count;
        else
            reasons[distinct++] = reasons[i];
    qsort(reasons, distinct, sizeof *reasons, most_frequent_first);
    return distinct;
}

/* One line for each reason, the most frequent first. */
static Status print_reasons(const Skipped *list, const char *out, FILE *notes)
{
    Reason *reasons;
    TRY(MEMORY_NEW(&reasons, list->count));
    size_t distinct = count_reasons(list, reasons), told = 0;
    for (size_t i = 0; i < distinct && i < REASONS_SHOWN; ++i) {
        told += reasons[i].count;
        utf8_print(notes, "  %6zu  %s (%s%s)\n", reasons[i].count, reasons[i].reason,
                   reasons[i].name, reasons[i].count > 1 ? ", ..." : "");
    }
    if (told < list->count)
        fprintf(notes, "  %6zu  for other reasons\n", list->count - told);
    fprintf(notes, "All are listed in %s/skipped.csv.\n", out);
    free(reasons);
    return STATUS_OK;
}

static void print_counts(const Collection *all, const char *out, FILE *summary)
{
    size_t images = 0, normal = 0, boxes = 0, masks = 0, splits[SPLIT_COUNT + 1] = {0};
    for (size_t i = 0; i < all->count; ++i) {
        const ImportImage *image = &all->images[i];
        if (image->reason)
            continue;
        ++images;
        normal += strcmp(image->final_label, MANIFEST_NORMAL) == 0;
        boxes += image->box_count;
        masks += image->mask_made || image->mask_file;
        ++splits[image->split];
    }
    fprintf(summary,
            "%s/manifest.csv: %zu images, %zu with lesions, %zu normal; %zu boxes, %zu masks", out,
            images, images - normal, normal, boxes, masks);
    for (Split split = SPLIT_TRAIN; split < SPLIT_NONE; ++split)
        if (splits[split] > 0)
            fprintf(summary, "; %zu %s", splits[split], split_name(split));
    fputc('\n', summary);
}

Status tables_tell(const Collection *all, const char *out, FILE *summary, FILE *notes)
{
    Skipped list = {0};
    Status status = list_skipped(all, &list);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < all->note_count; ++i)
            utf8_print(notes, "%zu times: %s\n", all->notes[i].count, all->notes[i].text);
        if (list.count > 0) {
            fprintf(notes, "%zu files were not imported:\n", list.count);
            status = print_reasons(&list, out, notes);
        }
        print_counts(all, out, summary);
        if (fflush(summary) != 0)
            status = status_set(STATUS_IO, "%s: cannot write the summary", out);
    }
    free(list.rows);
    return status;
}
