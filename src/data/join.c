/* Joining manifests; see join.h. Rows are copied as text, so that columns which are not looked at
 * here come through. */
#include "data/join.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/manifest.h"
#include "data/properties.h"
#include "store/csv.h"
#include "store/files.h"
#include "store/new_folder.h"

typedef struct {
    size_t count;
    const JoinPart *parts;
    CsvTable *tables;     /* count */
    MaskRule *rules;      /* count: how a part's folder says that masks are read */
    const char **columns; /* of all tables, in the order met; borrowed */
    size_t column_count, column_capacity;
    char *target; /* absolute name of the folder to be */
    bool synthetic;
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
    Manifest manifest;
    TRY(manifest_read(join->parts[index].manifest, NULL, &manifest));
    join->synthetic |= manifest.synthetic;
    join->rules[index] = manifest.mask_rule;
    manifest_clear(&manifest);
    TRY(csv_read(join->parts[index].manifest, &join->tables[index]));
    const CsvTable *table = &join->tables[index];
    for (size_t i = 0; i < table->columns; ++i)
        TRY(add_column(join, table->cells[i]));
    /* What was said of one folder is said row by row in the new one. */
    return join->rules[index].text[0] != '\0' ? add_column(join, MASK_VALUES) : STATUS_OK;
}

/* ---- a row ---- */

/* `name` of a manifest as seen from the new folder. */
static Status move_path(const Join *join, const char *manifest, const char *name, char **moved)
{
    char *path = NULL, *folder = NULL, *real = NULL, *absolute = NULL;
    const char *slash = strrchr(name, '/');
    Status status;
    *moved = NULL;
    TRY_GOTO(status, done, files_resolve(manifest, name, &path));
    TRY_GOTO(status, done, files_folder_of(path, &folder));
    real = realpath(folder, NULL);
    if (!real) {
        status = status_set(errno == ENOENT ? STATUS_MISSING : STATUS_IO,
                            "%s: %s: cannot open its folder: %s", manifest, name, strerror(errno));
        goto done;
    }
    TRY_GOTO(status, done, files_join(real, slash ? slash + 1 : name, &absolute));
    status = files_relative(join->target, absolute, moved);
done:
    free(path);
    free(folder);
    free(real);
    free(absolute);
    return status;
}

/* A mask may be several files, parted by semicolons. */
static Status move_paths(const Join *join, const char *manifest, const char *names, char **moved)
{
    char *copy, *rest, *part;
    size_t bytes = 0;
    FILE *stream = open_memstream(moved, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "%s: out of memory", manifest);
    Status status = memory_copy_text(names, &copy);
    rest = copy;
    while (status == STATUS_OK && (part = strsep(&rest, ";"))) {
        char *one;
        part += strspn(part, " ");
        status = move_path(join, manifest, part, &one);
        if (status == STATUS_OK)
            fprintf(stream, "%s%s", ftell(stream) > 0 ? ";" : "", one);
        free(one);
    }
    free(copy);
    fclose(stream);
    if (status != STATUS_OK) {
        free(*moved);
        *moved = NULL;
    }
    return status;
}

static Status write_cell(const Join *join, CsvWriter *writer, size_t part, const char *column,
                         const char *text)
{
    char *changed = NULL;
    if (*text && strcmp(column, "image") == 0)
        TRY(move_path(join, join->parts[part].manifest, text, &changed));
    if (*text && strcmp(column, "mask") == 0)
        TRY(move_paths(join, join->parts[part].manifest, text, &changed));
    if (!*text && strcmp(column, MASK_VALUES) == 0)
        text = join->rules[part].text;
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
    const CsvTable *table = &join->tables[part];
    for (size_t row = 0; row < table->rows; ++row) {
        for (size_t i = 0; i < join->column_count; ++i) {
            size_t column = csv_find_column(table, join->columns[i]);
            const char *text = column < table->columns ? csv_cell(table, row, column) : "";
            TRY(write_cell(join, writer, part, join->columns[i], text));
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
        status = properties_write(folder->partial, &(DatasetProperties){.synthetic = true});
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
    TRY_GOTO(status, done, MEMORY_NEW(&join.tables, count));
    TRY_GOTO(status, done, MEMORY_NEW(&join.rules, count));
    for (size_t i = 0; i < count; ++i)
        TRY_GOTO(status, done, read_part(&join, i));
    TRY_GOTO(status, done, new_folder_begin(out, &folder));
    TRY_GOTO(status, done, new_folder_target(&folder, &join.target));
    TRY_GOTO(status, done, write_folder(&join, &folder, rows));
    status = new_folder_commit(&folder);
done:
    new_folder_clear(&folder);
    for (size_t i = 0; i < count && join.tables; ++i)
        csv_clear(&join.tables[i]);
    free(join.tables);
    free(join.rules);
    free(join.columns);
    free(join.target);
    return status;
}
