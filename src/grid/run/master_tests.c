/* Tests of finished cells on the job's test sets.
 *
 * Each is an attempt of its own, of one rank: a job that is killed between training and the last
 * set has lost no more than the tests that ran. A cell stays done whatever comes of them, and a
 * test that could not be made is tried again at the next start. */
#include <stdio.h>

#include "grid/run/master_state.h"

enum { MOST_LOSSES = 3 };

size_t master_next_test(const MasterCell *cell)
{
    size_t set = 0;
    while (set < TEST_SETS_MOST && !(cell->untested >> set & 1))
        ++set;
    return set < TEST_SETS_MOST ? set + 1 : 0;
}

double master_test_work(const Master *master, size_t index)
{
    const size_t set = master_next_test(&master->cells[index]);
    if (!set)
        return 0;
    const double steps = test_sets_steps(&master->job->tests, (TestSetMask)1 << (set - 1),
                                         &master_grid_cell(master, index)->settings);
    return cost_model_step_seconds(&master->cost, index) * steps;
}

/* What the journal calls tested, and is not any more. */
static Status withdraw(Master *master, size_t index, const CellRecord *record)
{
    for (size_t i = 0; i < master->job->tests.count; ++i) {
        const TestRecord *test = record_test(record, master->job->tests.sets[i].name);
        if (test && test->done && master->cells[index].untested >> i & 1)
            TRY(master_record_test(master, index, i, "changed",
                                   "the images of the set are others now, or its file is gone"));
    }
    return STATUS_OK;
}

Status master_recall_tests(Master *master)
{
    for (size_t i = 0; i < master->cell_count && master->job->tests.count; ++i) {
        const GridCell *grid = master_grid_cell(master, i);
        const CellRecord *record = records_find(&master->folder->records, grid->id);
        MasterCell *cell = &master->cells[i];
        cell->untested = job_tests_missing(master->job, grid, record);
        if (record && record->standing == CELL_DONE)
            TRY(withdraw(master, i, record));
    }
    return STATUS_OK;
}

static Status give_up(Master *master, size_t index, size_t set, const char *kind)
{
    MasterCell *cell = &master->cells[index];
    const GridCell *grid = master_grid_cell(master, index);
    cell->untested &= ~((TestSetMask)1 << set);
    cell->unfit |= (TestSetMask)1 << set;
    cell->losses = 0;
    progress_say(&master->progress, "%s  %s: not tested on %s: %s", grid->id, grid->name,
                 master->job->tests.sets[set].name, cell->cause);
    return master_record_test(master, index, set, kind, cell->cause);
}

Status master_close_test(Master *master, size_t index)
{
    MasterCell *cell = &master->cells[index];
    const GridCell *grid = master_grid_cell(master, index);
    const size_t set = cell->testing - 1;
    cell->testing = 0;
    if (cell->finished) {
        cell->untested &= ~((TestSetMask)1 << set);
        progress_say(&master->progress, "%s  %s: tested on %s", grid->id, grid->name,
                     master->job->tests.sets[set].name);
        return master_record_test(master, index, set, NULL, NULL);
    }
    if (cell->broken || cell->status == STATUS_LOST)
        return ++cell->losses < MOST_LOSSES ? STATUS_OK
                                            : give_up(master, index, set, status_name(STATUS_LOST));
    return cell->status == STATUS_OK ? STATUS_OK
                                     : give_up(master, index, set, status_name(cell->status));
}
