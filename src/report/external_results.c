/* See external_results.h. */
#include "report/external_results.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "results/result_schema.h"
#include "store/files.h"
#include "store/hdf5_probe.h"

/* "test_NAME.h5": NAME; false if a file is called otherwise. */
static bool name_of(const char *file, char name[EXTERNAL_TEST_NAME_BYTES])
{
    static const char start[] = "test_", end[] = ".h5";
    const size_t length = strlen(file), around = strlen(start) + strlen(end);
    if (length <= around || length - around >= EXTERNAL_TEST_NAME_BYTES ||
        strncmp(file, start, strlen(start)) != 0 || strcmp(file + length - strlen(end), end) != 0)
        return false;
    snprintf(name, EXTERNAL_TEST_NAME_BYTES, "%.*s", (int)(length - around), file + strlen(start));
    return external_test_is_name(name);
}

static int by_name(const void *one, const void *other)
{
    return strcmp(((const ExternalResult *)one)->name, ((const ExternalResult *)other)->name);
}

/* Adds the names of a cell's files, in order. */
static Status list_cell(const char *folder, size_t cell, ExternalResults *results)
{
    const size_t first = results->count;
    const struct dirent *entry;
    Status status = STATUS_OK;
    char name[EXTERNAL_TEST_NAME_BYTES];
    DIR *listing = opendir(folder);
    while (listing && status == STATUS_OK && (entry = readdir(listing)) != NULL) {
        if (!name_of(entry->d_name, name))
            continue;
        status = MEMORY_GROW(&results->items, results->count + 1, &results->room);
        if (status != STATUS_OK)
            break;
        ExternalResult *item = &results->items[results->count++];
        *item = (ExternalResult){.cell = cell};
        memcpy(item->name, name, sizeof item->name);
    }
    if (listing)
        closedir(listing);
    if (results->count > first)
        qsort(results->items + first, results->count - first, sizeof *results->items, by_name);
    return status;
}

/* STATUS_OK and *is_one false: it can be read, and is no test set's. */
static Status look(const char *path, bool *is_one)
{
    Hdf5Reader *reader;
    *is_one = true;
    TRY(hdf5_probe(path));
    if (hdf5_is_kind(path, EXTERNAL_TEST_KIND))
        return STATUS_OK;
    TRY(result_open(path, &reader));
    hdf5_reader_free(reader);
    *is_one = false;
    return STATUS_OK;
}

static Status read_one(const char *folder, ExternalResult *item, bool *is_one)
{
    char *path;
    *is_one = true;
    if (asprintf(&path, "%s/" EXTERNAL_TEST_FILE, folder, item->name) < 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the path of a test set's file");
    Status status = look(path, is_one);
    if (status == STATUS_OK && *is_one)
        status = cell_result_read(path, &item->result);
    free(path);
    if (status == STATUS_OK || status == STATUS_NO_MEMORY)
        return status;
    snprintf(item->problem, sizeof item->problem, "%s", status_message());
    return STATUS_OK;
}

static Status read_cell(const char *results_folder, const CellRecord *record, size_t cell,
                        ExternalResults *results)
{
    char *folder;
    size_t kept = results->count;
    const size_t first = results->count;
    if (asprintf(&folder, "%s/cells/%s", results_folder, record->id) < 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the path of a cell");
    Status status = list_cell(folder, cell, results);
    for (size_t i = first; i < results->count && status == STATUS_OK; ++i) {
        bool is_one;
        status = read_one(folder, &results->items[i], &is_one);
        if (status != STATUS_OK || !is_one)
            continue;
        const ExternalResult item = results->items[i];
        results->items[i] = (ExternalResult){0};
        results->items[kept++] = item;
    }
    if (status == STATUS_OK)
        results->count = kept;
    free(folder);
    return status;
}

Status external_results_read(const char *folder, const Records *records, ExternalResults *results)
{
    *results = (ExternalResults){0};
    for (size_t i = 0; i < records->count; ++i)
        if (records->cells[i].standing == CELL_DONE)
            TRY(read_cell(folder, &records->cells[i], i, results));
    return STATUS_OK;
}

void external_results_clear(ExternalResults *results)
{
    for (size_t i = 0; i < results->count; ++i)
        cell_result_clear(&results->items[i].result);
    free(results->items);
    *results = (ExternalResults){0};
}
