/* Joining manifests; see join.h. Rows are copied as text, so that columns which are not looked at
 * here come through. */
#include "data/join.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/manifest.h"
#include "data/moved_paths.h"
#include "data/properties.h"
#include "store/csv.h"
#include "store/files.h"
#include "store/new_folder.h"

typedef struct {
    size_t count;
    const JoinPart *parts;
    Manifest *manifests;  /* count */
    const char **columns; /* of all manifests, in the order met; borrowed */
    size_t column_count, column_capacity;
    char *target; /* absolute name of the folder to be */
    bool synthetic, hard;
} Join;

#define MASK_VALUES "mask_values"

static Status add_column(Join *join, const char *name)
{
    for (size_t i = 0; i < join->column_count; ++i)
        if (strcmp(join->columns[i], name) == 0)
            return STATUS_OK;
    TRY(MEMORY_GROW(&join->columns, join->column_count + 1, &join->column_capacity));
    join->columns[join->column_count++] = name;
    return STATUS_OK;
}

static Status read_part(Join *join, size_t index)
{
    Manifest *manifest = &join->manifests[index];
    TRY(manifest_read(join->parts[index].manifest, NULL, manifest));
    join->synthetic |= manifest->synthetic;
    join->hard |= manifest->hard;
    for (size_t i = 0; i < manifest->table.columns; ++i)
        TRY(add_column(join, manifest->table.cells[i]));
    /* What was said of one folder is said row by row in the new one. */
    return manifest->mask_rule.text[0] != '\0' ? add_column(join, MASK_VALUES) : STATUS_OK;
}

/* ---- a row ---- */

static Status write_cell(const Join *join, CsvWriter *writer, size_t part, const char *column,
                         const char *text, const ManifestRow *row)
{
    char *changed = NULL;
    if (strcmp(column, "image") == 0)
        TRY(moved_path(join->target, join->parts[part].manifest, text, &changed));
    if (strcmp(column, "mask") == 0)
        TRY(moved_masks(join->target, join->parts[part].manifest, row, &changed));
    if (!*text && strcmp(column, MASK_VALUES) == 0)
        text = join->manifests[part].mask_rule.text;
    if (*text && (strcmp(column, "patient") == 0 || strcmp(column, "lesion") == 0)) {
        size_t bytes = strlen(join->parts[part].name) + strlen(text) + 2;
        TRY(MEMORY_NEW(&changed, bytes));
        snprintf(changed, bytes, "%s/%s", join->parts[part].name, text);
    }
    csv_write_text(writer, changed ? changed : text);
    free(changed);
    return STATUS_OK;
}

static Status write_part(const Join *join, CsvWriter *writer, size_t part)
{
    const Manifest *manifest = &join->manifests[part];
    for (size_t row = 0; row < manifest->count; ++row) {
        for (size_t i = 0; i < join->column_count; ++i) {
            size_t column = csv_find_column(&manifest->table, join->columns[i]);
            bool has = column < manifest->table.columns;
            TRY(write_cell(join, writer, part, join->columns[i],
                           has ? csv_cell(&manifest->table, row, column) : "",
                           &manifest->rows[row]));
        }
        csv_end_row(writer);
    }
    return STATUS_OK;
}

/* ---- the folder ---- */

/* The rows of all parts, and whether they are a manifest: named as it will be called. */
static Status gather(const Join *join, const char *name, CsvWriter *writer, size_t *rows)
{
    Manifest whole;
    for (size_t i = 0; i < join->column_count; ++i)
        csv_write_text(writer, join->columns[i]);
    csv_end_row(writer);
    for (size_t part = 0; part < join->count; ++part)
        TRY(write_part(join, writer, part));
    if (fflush(writer->stream) != 0)
        FAIL(STATUS_NO_MEMORY, "%s: out of memory while the rows were gathered", name);
    TRY(manifest_parse(name, writer->text, writer->bytes, &whole));
    *rows = whole.count;
    manifest_clear(&whole);
    return STATUS_OK;
}

static Status write_folder(Join *join, const NewFolder *folder, size_t *rows)
{
    char *path = NULL, *name = NULL;
    CsvWriter writer;
    Status status;
    TRY(csv_writer_init(&writer));
    TRY_GOTO(status, done, files_join(folder->partial, "manifest.csv", &path));
    TRY_GOTO(status, done, files_join(folder->target, "manifest.csv", &name));
    TRY_GOTO(status, done, gather(join, name, &writer, rows));
    TRY_GOTO(status, done, csv_writer_commit(&writer, path));
    if (join->synthetic)
        status = properties_write(folder->partial,
                                  &(DatasetProperties){.synthetic = true, .hard = join->hard});
done:
    csv_writer_clear(&writer);
    free(path);
    free(name);
    return status;
}

Status join_manifests(size_t count, const JoinPart *parts, const char *out, size_t *rows)
{
    Join join = {.count = count, .parts = parts};
    NewFolder folder = {0};
    Status status;
    *rows = 0;
    TRY_GOTO(status, done, MEMORY_NEW(&join.manifests, count));
    for (size_t i = 0; i < count; ++i)
        TRY_GOTO(status, done, read_part(&join, i));
    TRY_GOTO(status, done, new_folder_begin(out, &folder));
    TRY_GOTO(status, done, new_folder_target(&folder, &join.target));
    TRY_GOTO(status, done, write_folder(&join, &folder, rows));
    status = new_folder_commit(&folder);
done:
    new_folder_clear(&folder);
    for (size_t i = 0; i < count && join.manifests; ++i)
        manifest_clear(&join.manifests[i]);
    free(join.manifests);
    free(join.columns);
    free(join.target);
    return status;
}
