/* See eval_networks.h. */
#include "cmd/eval_networks.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "results/records.h"
#include "store/files.h"
#include "train/external_test.h"

enum { FILE_BYTES = 96 };

static Status add(const char *name, const char *folder, const char *checkpoint,
                  const char *test_set, EvalNetworks *networks)
{
    char file[FILE_BYTES];
    if (test_set)
        snprintf(file, sizeof file, EXTERNAL_TEST_FILE, test_set);
    else
        snprintf(file, sizeof file, "seconds.h5");
    TRY(MEMORY_GROW(&networks->items, networks->count + 1, &networks->capacity));
    EvalNetwork *network = &networks->items[networks->count++];
    *network = (EvalNetwork){0};
    TRY(memory_copy_text(name, &network->name));
    TRY(memory_copy_text(checkpoint, &network->checkpoint));
    TRY(files_join(folder, file, &network->out));
    TRY(files_join(folder, "result.h5", &network->result));
    if (!files_exists(network->result)) {
        free(network->result);
        network->result = NULL;
    }
    return STATUS_OK;
}

static Status add_checkpoint(const char *path, const char *test_set, EvalNetworks *networks)
{
    char *folder;
    TRY(files_folder_of(path, &folder));
    Status status = add(path, folder, path, test_set, networks);
    free(folder);
    return status;
}

static Status add_cell(const char *results, const CellRecord *cell, const char *test_set,
                       EvalNetworks *networks)
{
    char *folder = NULL, *checkpoint = NULL;
    if (asprintf(&folder, "%s/cells/%s", results, cell->id) < 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the path of a cell");
    Status status = files_join(folder, "checkpoint.h5", &checkpoint);
    if (status == STATUS_OK)
        status = add(cell->name, folder, checkpoint, test_set, networks);
    free(folder);
    free(checkpoint);
    return status;
}

static Status add_cells(const char *results, const char *journal, const char *test_set,
                        EvalNetworks *networks)
{
    Records records;
    TRY(records_read(journal, &records));
    Status status = STATUS_OK;
    for (size_t i = 0; i < records.count && status == STATUS_OK; ++i)
        if (records.cells[i].standing == CELL_DONE)
            status = add_cell(results, &records.cells[i], test_set, networks);
    if (status == STATUS_OK && !networks->count)
        status = status_set(STATUS_MISSING, "%s: no cell is finished (%zu are planned)", results,
                            records.count);
    records_clear(&records);
    return status;
}

Status eval_networks_find(const char *word, const char *test_set, EvalNetworks *networks)
{
    char *checkpoint = NULL, *journal = NULL;
    if (!files_is_folder(word))
        return add_checkpoint(word, test_set, networks);
    Status status = files_join(word, "checkpoint.h5", &checkpoint);
    if (status == STATUS_OK)
        status = files_join(word, "journal.jsonl", &journal);
    if (status == STATUS_OK && files_exists(checkpoint))
        status = add_checkpoint(checkpoint, test_set, networks);
    else if (status == STATUS_OK && files_exists(journal))
        status = add_cells(word, journal, test_set, networks);
    else if (status == STATUS_OK)
        status = status_set(STATUS_MISSING,
                            "%s: no results in this folder (expected one of gisd-grid's, with a "
                            "journal.jsonl, or of one cell, with a checkpoint.h5)",
                            word);
    free(checkpoint);
    free(journal);
    return status;
}

void eval_networks_clear(EvalNetworks *networks)
{
    for (size_t i = 0; i < networks->count; ++i) {
        free(networks->items[i].name);
        free(networks->items[i].checkpoint);
        free(networks->items[i].result);
        free(networks->items[i].out);
    }
    free(networks->items);
    *networks = (EvalNetworks){0};
}
