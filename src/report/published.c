/* The paper's tables; see published.h. */
#include "report/published.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/csv.h"
#include "store/files.h"
#include "store/shared_files.h"

/* A number of the table; an empty field is NaN. */
static Status read_number(const CsvTable *table, size_t row, const char *name, double *value)
{
    size_t column = 0;
    TRY(csv_column(table, name, &column));
    const char *text = csv_cell(table, row, column);
    char *end = NULL;
    *value = *text ? strtod(text, &end) : (double)NAN;
    if (*text && *end)
        FAIL(STATUS_FORMAT, "%s:%zu: %s: a number expected, not '%s'", table->path,
             csv_line(table, row), name, text);
    return STATUS_OK;
}

static Status read_name(const CsvTable *table, size_t row, const char *name,
                        char text[PUBLISHED_NAME_BYTES])
{
    size_t column = 0;
    TRY(csv_column(table, name, &column));
    snprintf(text, PUBLISHED_NAME_BYTES, "%s", csv_cell(table, row, column));
    return STATUS_OK;
}

static Status read_runs(const CsvTable *table, Published *published)
{
    TRY(MEMORY_NEW(&published->runs, table->rows));
    for (size_t row = 0; row < table->rows; ++row) {
        PublishedRun *run = &published->runs[published->count++];
        TRY(read_name(table, row, "backbone", run->backbone));
        TRY(read_name(table, row, "tuning", run->tuning));
        TRY(read_number(table, row, "accuracy", &run->accuracy));
        TRY(read_number(table, row, "f1", &run->f1));
        TRY(read_number(table, row, "sensitivity", &run->sensitivity));
        TRY(read_number(table, row, "specificity", &run->specificity));
        run->auc = (double)NAN;
    }
    return STATUS_OK;
}

static Status read_areas(const CsvTable *table, Published *published)
{
    for (size_t row = 0; row < table->rows; ++row) {
        char backbone[PUBLISHED_NAME_BYTES];
        double local = 0, global = 0;
        TRY(read_name(table, row, "backbone", backbone));
        TRY(read_number(table, row, "auc_local", &local));
        TRY(read_number(table, row, "auc_global", &global));
        for (size_t i = 0; i < published->count; ++i) {
            PublishedRun *run = &published->runs[i];
            if (strcmp(run->backbone, backbone) == 0)
                run->auc = strcmp(run->tuning, "local") == 0 ? local : global;
        }
    }
    return STATUS_OK;
}

static Status read_forms(const CsvTable *table, Published *published)
{
    static const char *const columns[] = {"overlap60", "overlap70", "overlap80", "overlap90"};
    if (table->rows > PUBLISHED_FORMS_MOST)
        FAIL(STATUS_FORMAT, "%s: at most %d rows expected", table->path, PUBLISHED_FORMS_MOST);
    for (size_t row = 0; row < table->rows; ++row) {
        PublishedForm *form = &published->forms[published->form_count++];
        TRY(read_name(table, row, "form", form->form));
        TRY(read_number(table, row, "images", &form->images));
        for (size_t i = 0; i < 4; ++i)
            TRY(read_number(table, row, columns[i], &form->overlap[i]));
    }
    return STATUS_OK;
}

static Status read_classes(const CsvTable *table, Published *published)
{
    if (table->rows > PUBLISHED_FORMS_MOST)
        FAIL(STATUS_FORMAT, "%s: at most %d rows expected", table->path, PUBLISHED_FORMS_MOST);
    for (size_t row = 0; row < table->rows; ++row) {
        PublishedClass *class = &published->classes[published->class_count++];
        TRY(read_name(table, row, "class", class->name));
        TRY(read_number(table, row, "images", &class->images));
    }
    return STATUS_OK;
}

static Status read_table(const char *folder, const char *name, Published *published,
                         Status (*read)(const CsvTable *, Published *))
{
    char *path = NULL;
    TRY(files_join(folder, name, &path));
    CsvTable table;
    Status status = csv_read(path, &table);
    free(path);
    if (status != STATUS_OK)
        return status;
    status = read(&table, published);
    csv_clear(&table);
    return status;
}

static Status read_whole(const char *folder, const char *name, CsvTable *table)
{
    char *path = NULL;
    TRY(files_join(folder, name, &path));
    Status status = csv_read(path, table);
    free(path);
    return status;
}

static Status read_folder(const char *folder, Published *published)
{
    TRY(read_table(folder, "table2.csv", published, read_runs));
    TRY(read_table(folder, "table3.csv", published, read_areas));
    TRY(read_table(folder, "table6.csv", published, read_forms));
    TRY(read_table(folder, "images.csv", published, read_classes));
    TRY(read_whole(folder, "table4.csv", &published->confusion));
    return read_whole(folder, "table5.csv", &published->readers);
}

Status published_read(const char *folder, Published *published)
{
    *published = (Published){0};
    char found[PATH_MAX];
    if (folder == NULL) {
        TRY(shared_files_find("published", found));
        folder = found;
    }
    Status status = read_folder(folder, published);
    if (status != STATUS_OK)
        published_clear(published);
    return status;
}

void published_clear(Published *published)
{
    free(published->runs);
    csv_clear(&published->confusion);
    csv_clear(&published->readers);
    *published = (Published){0};
}

const PublishedRun *published_run(const Published *published, const char *backbone,
                                  const char *tuning)
{
    for (size_t i = 0; i < published->count; ++i)
        if (strcmp(published->runs[i].backbone, backbone) == 0 &&
            strcmp(published->runs[i].tuning, tuning) == 0)
            return &published->runs[i];
    return NULL;
}
