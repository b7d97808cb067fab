/* See table_files.h. */
#include "report/table_files.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/table_latex.h"
#include "store/files.h"

/* Saves what `write` puts on a stream. */
static Status save_text(const char *path, const Table *table, const char *caption, bool latex)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL)
        FAIL(STATUS_NO_MEMORY, "%s: no memory for a table", path);
    if (latex)
        table_write_latex(table, caption, stream);
    else
        table_write_markdown(table, stream);
    Status status = STATUS_OK;
    if (fclose(stream) != 0)
        status = status_set(STATUS_NO_MEMORY, "%s: no memory for a table", path);
    else
        status = files_write(path, text, bytes);
    free(text);
    return status;
}

Status table_files_save(const ReportOptions *options, const char *folder, const char *name,
                        const char *title, const ResultsTable *table)
{
    char path[PATH_MAX];
    if (options->csv) {
        snprintf(path, sizeof path, "%s/%s.csv", folder, name);
        TRY(table_save_csv(&table->numbers, path));
    }
    if (options->markdown) {
        snprintf(path, sizeof path, "%s/%s.md", folder, name);
        TRY(save_text(path, &table->text, title, false));
    }
    if (options->latex) {
        snprintf(path, sizeof path, "%s/%s.tex", folder, name);
        TRY(save_text(path, &table->text, title, true));
    }
    return STATUS_OK;
}
