/* See divide_files.h. Rows are copied as text, so that columns which are not looked at here come
 * through. */
#include "data/divide_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_map.h"
#include "data/moved_paths.h"
#include "data/overlay_table.h"
#include "data/properties.h"
#include "store/csv.h"
#include "store/files.h"

typedef struct {
    const Manifest *manifest;
    const Split *parts;
    Split part;
    char *folder; /* to write to; owned */
    char *target; /* absolute, as it will be; owned */
} Part;

/* ---- the manifest ---- */

static Status write_cell(const Part *part, CsvWriter *writer, size_t row, size_t column)
{
    const Manifest *manifest = part->manifest;
    const char *name = manifest->table.cells[column];
    const char *text = csv_cell(&manifest->table, row, column);
    char *moved = NULL;
    if (strcmp(name, "image") == 0)
        TRY(moved_path(part->target, manifest->path, text, &moved));
    if (strcmp(name, "mask") == 0)
        TRY(moved_masks(part->target, manifest->path, &manifest->rows[row], &moved));
    csv_write_text(writer, moved ? moved : text);
    free(moved);
    return STATUS_OK;
}

static Status write_rows(const Part *part, CsvWriter *writer)
{
    const Manifest *manifest = part->manifest;
    for (size_t i = 0; i < manifest->table.columns; ++i)
        csv_write_text(writer, manifest->table.cells[i]);
    csv_end_row(writer);
    for (size_t row = 0; row < manifest->count; ++row) {
        if (part->parts[row] != part->part)
            continue;
        for (size_t column = 0; column < manifest->table.columns; ++column)
            TRY(write_cell(part, writer, row, column));
        csv_end_row(writer);
    }
    return STATUS_OK;
}

/* Whether what was written is a manifest, under the name that it will have. */
static Status check_rows(const Part *part, CsvWriter *writer)
{
    char *name;
    Manifest manifest;
    TRY(files_join(part->target, "manifest.csv", &name));
    Status status = STATUS_OK;
    if (fflush(writer->stream) != 0)
        status =
            status_set(STATUS_NO_MEMORY, "%s: out of memory while the rows were gathered", name);
    if (status == STATUS_OK)
        status = manifest_parse(name, writer->text, writer->bytes, &manifest);
    if (status == STATUS_OK)
        manifest_clear(&manifest);
    free(name);
    return status;
}

static Status write_manifest(const Part *part)
{
    CsvWriter writer;
    char *path = NULL;
    Status status;
    TRY(csv_writer_init(&writer));
    TRY_GOTO(status, done, files_join(part->folder, "manifest.csv", &path));
    TRY_GOTO(status, done, write_rows(part, &writer));
    TRY_GOTO(status, done, check_rows(part, &writer));
    status = csv_writer_commit(&writer, path);
done:
    csv_writer_clear(&writer);
    free(path);
    return status;
}

/* gisd-dataset.json holds for every part of its images. */
static Status copy_properties(const Part *part)
{
    char *from, *to = NULL, *text = NULL;
    size_t bytes;
    TRY(files_resolve(part->manifest->path, PROPERTIES_FILE, &from));
    Status status = files_read(from, &text, &bytes);
    if (status == STATUS_OK)
        status = files_join(part->folder, PROPERTIES_FILE, &to);
    if (status == STATUS_OK)
        status = files_write(to, text, bytes);
    free(from);
    free(to);
    free(text);
    return status == STATUS_MISSING ? STATUS_OK : status;
}

/* ---- overlays.csv ---- */

static Status name_rows(const Part *part, TextMap *rows)
{
    for (size_t i = 0; i < part->manifest->count; ++i) {
        size_t row = i;
        TRY(text_map_add(rows, part->manifest->rows[i].image, &row));
    }
    return STATUS_OK;
}

static Status write_overlay(const Part *part, const CsvTable *table, size_t row, size_t image,
                            CsvWriter *writer)
{
    for (size_t column = 0; column < table->columns; ++column) {
        const char *text = csv_cell(table, row, column);
        char *moved = NULL;
        if (column == image)
            TRY(moved_path(part->target, part->manifest->path, text, &moved));
        csv_write_text(writer, moved ? moved : text);
        free(moved);
    }
    csv_end_row(writer);
    return STATUS_OK;
}

/* The rows of the part's images. */
static Status write_overlays(const Part *part, const CsvTable *table, CsvWriter *writer)
{
    TextMap rows = {0};
    size_t image, row;
    Status status;
    TRY_GOTO(status, done, csv_column(table, "image", &image));
    TRY_GOTO(status, done, name_rows(part, &rows));
    for (size_t i = 0; i < table->columns; ++i)
        csv_write_text(writer, table->cells[i]);
    csv_end_row(writer);
    for (size_t i = 0; i < table->rows; ++i)
        if (text_map_find(&rows, csv_cell(table, i, image), &row) && part->parts[row] == part->part)
            TRY_GOTO(status, done, write_overlay(part, table, i, image, writer));
    status = STATUS_OK;
done:
    text_map_clear(&rows);
    return status;
}

static Status copy_overlays(const Part *part)
{
    char *from, *to = NULL;
    CsvTable table = {0};
    CsvWriter writer = {0};
    TRY(files_resolve(part->manifest->path, OVERLAY_TABLE_FILE, &from));
    Status status = csv_read(from, &table);
    free(from);
    if (status == STATUS_MISSING)
        return STATUS_OK;
    TRY(status);
    TRY_GOTO(status, done, csv_writer_init(&writer));
    TRY_GOTO(status, done, write_overlays(part, &table, &writer));
    TRY_GOTO(status, done, files_join(part->folder, OVERLAY_TABLE_FILE, &to));
    status = csv_writer_commit(&writer, to);
done:
    csv_writer_clear(&writer);
    csv_clear(&table);
    free(to);
    return status;
}

/* ---- all of it ---- */

Status divide_write_part(const Manifest *manifest, const Split *parts, Split part, const char *name,
                         const NewFolder *folder)
{
    Part work = {.manifest = manifest, .parts = parts, .part = part};
    char *target = NULL;
    Status status;
    TRY_GOTO(status, done, new_folder_make(folder, name));
    TRY_GOTO(status, done, files_join(folder->partial, name, &work.folder));
    TRY_GOTO(status, done, new_folder_target(folder, &target));
    TRY_GOTO(status, done, files_join(target, name, &work.target));
    TRY_GOTO(status, done, write_manifest(&work));
    TRY_GOTO(status, done, copy_properties(&work));
    status = copy_overlays(&work);
done:
    free(target);
    free(work.folder);
    free(work.target);
    return status;
}
