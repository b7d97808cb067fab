/* The master's part in a search: when all cells of a rung are there, it decides, journals the
 * decision in one record, which is never made again, and lets the kept cells go on. */
#include <stdlib.h>

#include "base/memory.h"
#include "grid/run/master_state.h"

static Status record_decision(Master *master, size_t epoch, const SearchVerdict *verdicts)
{
    Event event = {.kind = EVENT_DECIDED, .epoch = epoch};
    TRY(MEMORY_NEW(&event.decisions, master->cell_count));
    for (size_t i = 0; i < master->cell_count; ++i)
        if (verdicts[i] != SEARCH_UNTOUCHED)
            event.decisions[event.decision_count++] =
                (EventDecision){.cell = master_grid_cell(master, i)->id,
                                .kept = verdicts[i] == SEARCH_KEPT,
                                .score = master->cells[i].score};
    Status status = master_record(master, &event);
    free(event.decisions);
    return status;
}

static void carry_out(Master *master, size_t epoch, const SearchVerdict *verdicts)
{
    for (size_t i = 0; i < master->cell_count; ++i) {
        MasterCell *cell = &master->cells[i];
        const GridCell *grid = master_grid_cell(master, i);
        if (verdicts[i] == SEARCH_UNTOUCHED)
            continue;
        progress_say(&master->progress, "%s  %s: %s after %zu epochs, score %.4f", grid->id,
                     grid->name, verdicts[i] == SEARCH_KEPT ? "goes on" : "dropped", epoch,
                     cell->score);
        if (verdicts[i] == SEARCH_KEPT) {
            cell->kept_epoch = epoch;
            scheduler_restore(master->scheduler, i, master_work_left(master, i));
        } else {
            cell->standing = CELL_DROPPED;
        }
    }
}

/* A search does not go on without a cell that only the storage has held up. */
static bool is_out(const MasterCell *cell)
{
    return cell->standing == CELL_DROPPED ||
           (cell->standing == CELL_FAILED && cell->status != STATUS_STORAGE);
}

/* Where the cells of the job stand, as the search sees it. */
static void describe(const Master *master, SearchCell *cells)
{
    for (size_t i = 0; i < master->cell_count; ++i) {
        const MasterCell *cell = &master->cells[i];
        cells[i] = (SearchCell){.out = is_out(cell),
                                .kept_epoch = cell->kept_epoch,
                                .epoch = cell->attempt && !cell->testing ? 0 : cell->epoch,
                                .score = cell->score};
    }
}

Status master_search_recall(Master *master)
{
    const Search *search = master->settings->search;
    SearchCell *cells;
    if (!search->candidates)
        return STATUS_OK;
    TRY(MEMORY_NEW(&cells, master->cell_count));
    describe(master, cells);
    for (size_t i = 0; i < master->cell_count; ++i) {
        MasterCell *cell = &master->cells[i];
        const GridCell *grid = master_grid_cell(master, i);
        if (cell_standing_settled(cell->standing) ||
            search_decided_epoch(search, search->groups[i], cells) <= cell->kept_epoch)
            continue;
        cell->standing = CELL_FAILED;
        progress_say(&master->progress, "%s  %s: not run again: the search has gone on without it",
                     grid->id, grid->name);
    }
    free(cells);
    return STATUS_OK;
}

Status master_search(Master *master, size_t index)
{
    const Search *search = master->settings->search;
    SearchCell *cells = NULL;
    SearchVerdict *verdicts = NULL;
    size_t epoch;
    bool due = false;
    if (!search->candidates || master_grid_cell(master, index)->pretrains)
        return STATUS_OK;
    Status status = MEMORY_NEW(&cells, master->cell_count);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&verdicts, master->cell_count);
    if (status == STATUS_OK) {
        describe(master, cells);
        status = search_decide(search, search->groups[index],
                               master_grid_cell(master, index)->settings.epochs, cells, verdicts,
                               &epoch, &due);
    }
    if (status == STATUS_OK && due)
        status = record_decision(master, epoch, verdicts);
    if (status == STATUS_OK && due)
        carry_out(master, epoch, verdicts);
    free(cells);
    free(verdicts);
    return status;
}
