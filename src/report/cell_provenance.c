/* See cell_provenance.h. */
#include "report/cell_provenance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "results/result_schema.h"

Status cell_file_path(const Experiment *experiment, size_t cell, const char *name, char **path)
{
    if (asprintf(path, "%s/cells/%s/%s", experiment->folder, experiment->records.cells[cell].id,
                 name) < 0) {
        *path = NULL;
        FAIL(STATUS_NO_MEMORY, "no memory for the path of a cell's file");
    }
    return STATUS_OK;
}

static Status read_text(const Hdf5Reader *reader, const char *name, char **text)
{
    return hdf5_has(reader, name) ? hdf5_read_text(reader, name, text) : STATUS_OK;
}

static Status read_whole(const Hdf5Reader *reader, const char *name, int64_t *number)
{
    *number = -1;
    return hdf5_has(reader, name) ? hdf5_read_i64(reader, name, 1, number) : STATUS_OK;
}

static Status read_number(const Hdf5Reader *reader, const char *name, double *number)
{
    *number = (double)NAN;
    return hdf5_has(reader, name) ? hdf5_read_f64(reader, name, 1, number) : STATUS_OK;
}

static Status read_one(const Hdf5Reader *reader, CellProvenance *item)
{
    item->read = true;
    TRY(read_text(reader, "provenance/version", &item->version));
    TRY(read_text(reader, "provenance/revision", &item->revision));
    TRY(read_text(reader, "provenance/data_fingerprint", &item->fingerprint));
    TRY(read_text(reader, "provenance/cell", &item->identity));
    TRY(read_text(reader, "provenance/host", &item->host));
    TRY(read_text(reader, "provenance/finished", &item->finished));
    TRY(read_whole(reader, "provenance/arithmetic_version", &item->arithmetic));
    TRY(read_whole(reader, "provenance/seed", &item->seed));
    TRY(read_whole(reader, "provenance/parameters", &item->parameters));
    TRY(read_whole(reader, "provenance/trained_parameters", &item->trained_parameters));
    TRY(read_whole(reader, "provenance/memory_peak", &item->memory_peak));
    TRY(read_number(reader, "provenance/seconds", &item->seconds));
    return read_number(reader, "provenance/energy", &item->joules);
}

Status cell_provenance_read(const char *path, CellProvenance *item)
{
    Hdf5Reader *reader;
    *item = (CellProvenance){0};
    TRY(result_open(path, &reader)); /* cell_result_read() has probed it */
    return hdf5_reader_end(reader, read_one(reader, item));
}

void cell_provenance_clear(CellProvenance *item)
{
    char *const texts[] = {item->version,  item->revision, item->fingerprint,
                           item->identity, item->host,     item->finished};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; ++k)
        free(texts[k]);
    *item = (CellProvenance){0};
}

static Status read_cell(const Experiment *experiment, size_t cell, CellProvenance *item)
{
    char *path;
    TRY(cell_file_path(experiment, cell, "result.h5", &path));
    Status status = cell_provenance_read(path, item);
    free(path);
    return status;
}

Status cell_provenances_read(const Experiment *experiment, CellProvenance **items)
{
    Status status = STATUS_OK;
    TRY(MEMORY_NEW(items, experiment->records.count));
    for (size_t i = 0; i < experiment->records.count && status == STATUS_OK; ++i)
        if (experiment->records.cells[i].standing == CELL_DONE)
            status = read_cell(experiment, i, &(*items)[i]);
    if (status != STATUS_OK) {
        cell_provenances_free(experiment, *items);
        *items = NULL;
    }
    return status;
}

void cell_provenances_free(const Experiment *experiment, CellProvenance *items)
{
    for (size_t i = 0; items && i < experiment->records.count; ++i)
        cell_provenance_clear(&items[i]);
    free(items);
}
