/* See best_cell.h. */
#include "report/best_cell.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/experiment.h"
#include "report/variants.h"
#include "store/files.h"

static const Variant *best_variant(const Experiment *experiment)
{
    const Variant *best = NULL;
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Variant *chosen = experiment->runs[i].chosen;
        if (chosen && (!best || variants_better(chosen->validation, best->validation)))
            best = chosen;
    }
    return best;
}

static Status take(const Experiment *experiment, BestCell *best)
{
    const Variant *variant = best_variant(experiment);
    if (!variant && experiment->unreadable)
        FAIL(STATUS_FORMAT, "%s", experiment->problem);
    if (!variant)
        FAIL(STATUS_MISSING,
             "%s: no cell is finished (expected one; of a cell that still trains "
             "%s/cells/ID/checkpoint.h5 can be given)",
             experiment->folder, experiment->folder);
    const CellRecord *cell = &experiment->records.cells[variant->best];
    if (asprintf(&best->checkpoint, "%s/cells/%s/checkpoint.h5", experiment->folder, cell->id) <
        0) {
        best->checkpoint = NULL;
        FAIL(STATUS_NO_MEMORY, "no memory for the path of a checkpoint");
    }
    snprintf(best->name, sizeof best->name, "%s", cell->name);
    best->measure = experiment->measure;
    best->validation = experiment->validation[variant->best];
    best->cells = experiment->records.count;
    for (size_t i = 0; i < experiment->records.count; ++i)
        best->finished += experiment->records.cells[i].standing == CELL_DONE;
    return STATUS_OK;
}

static bool is_results(const char *folder)
{
    char *journal;
    if (files_join(folder, "journal.jsonl", &journal) != STATUS_OK)
        return false;
    bool is = files_exists(journal);
    free(journal);
    return is;
}

Status best_cell_find(const char *folder, BestCell *best)
{
    Experiment experiment;
    *best = (BestCell){0};
    if (!is_results(folder))
        FAIL(STATUS_MISSING,
             "%s: no results in this folder (expected one of gisd-grid's, with a "
             "journal.jsonl)",
             folder);
    TRY(experiment_read(folder, NULL, NULL, &experiment));
    Status status = take(&experiment, best);
    experiment_clear(&experiment);
    return status;
}

void best_cell_clear(BestCell *best)
{
    free(best->checkpoint);
    *best = (BestCell){0};
}
