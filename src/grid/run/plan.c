/* See plan.h. The master's own scheduler is run against the predicted times. */
#include "grid/run/plan.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/loader.h"
#include "grid/experiment/selection.h"
#include "grid/run/master.h"
#include "grid/run/results_folder.h"
#include "grid/run/threads.h"

static Status read_all(Plan *plan, const RunSettings *settings)
{
    Job *job = &plan->job;
    TRY(run_prepare(settings, &plan->experiment, &plan->job));
    TRY(search_init(&plan->experiment, settings->experiment, &job->cells, &plan->search));
    Status status =
        results_folder_compare(job->folder, &plan->experiment, &plan->search, job, &plan->records);
    if (status == STATUS_ARGUMENT)
        status = memory_copy_text(status_message(), &plan->difference);
    for (size_t i = 0; i < records_all(&plan->records) && status == STATUS_OK; ++i)
        status = text_map_add(&plan->names, plan->records.cells[i].name, &(size_t){i});
    TRY(status);
    TRY(MEMORY_NEW(&plan->selected, job->cells.count));
    TRY(MEMORY_NEW(&plan->cells, job->cells.count));
    TRY(MEMORY_NEW(&plan->outcomes, job->cells.count));
    TRY(MEMORY_NEW(&plan->untested, job->cells.count));
    for (size_t i = 0; i < job->cells.count; ++i)
        plan->selected[i] = true;
    if (settings->only)
        TRY(selection_read(settings->only, &plan->experiment, &job->cells, plan->selected));
    return cost_model_init(&plan->cost, &job->cells, job->datasets[0]->class_count,
                           threads_count());
}

static CellStanding standing_of(const Plan *plan, size_t cell)
{
    const CellRecord *record = records_find(&plan->records, plan->job.cells.cells[cell].id);
    return record ? record->standing : CELL_NEW;
}

/* A cell that is not in the folder has changed if one of the same name is there. */
const char *plan_state(const Plan *plan, size_t cell)
{
    const GridCell *grid = &plan->job.cells.cells[cell];
    if (records_find(&plan->records, grid->id))
        return cell_standing_name(standing_of(plan, cell));
    size_t place;
    return text_map_find(&plan->names, grid->name, &place) ? "changed"
                                                           : cell_standing_name(CELL_NEW);
}

/* So does a cell whose pretraining has. */
static bool is_failed(const Plan *plan, size_t cell)
{
    const size_t source = plan->job.cells.cells[cell].source;
    return standing_of(plan, cell) == CELL_FAILED ||
           (source && standing_of(plan, source - 1) == CELL_FAILED);
}

static void predict(Plan *plan, bool retry)
{
    const Job *job = &plan->job;
    for (size_t i = 0; i < job->cells.count; ++i) {
        const CellRecord *record = records_find(&plan->records, job->cells.cells[i].id);
        if (record)
            cost_model_measure(&plan->cost, i, record->step_seconds);
    }
    for (size_t i = 0; i < job->cells.count; ++i) {
        const GridCell *cell = &job->cells.cells[i];
        const CellRecord *record = records_find(&plan->records, cell->id);
        CellStanding standing = standing_of(plan, i);
        size_t each = loader_steps_per_epoch(job_dataset(job, cell), cell->settings.batch);
        size_t epochs = cell->pretrains
                            ? cell->settings.epochs
                            : search_expected_epochs(&plan->search, i, cell->settings.epochs);
        size_t steps = each * epochs, done = record ? record->step : 0;
        double step = cost_model_step_seconds(&plan->cost, i);
        bool runs = plan->selected[i] && (retry || !is_failed(plan, i)) &&
                    (!cell_standing_settled(standing) || standing == CELL_FAILED);
        if (runs || (plan->selected[i] && standing == CELL_DONE))
            plan->untested[i] = job_tests_missing(job, cell, record);
        const double trained = runs ? (double)(done < steps ? steps - done : 1) : 0;
        const double tests = test_sets_steps(&job->tests, plan->untested[i], &cell->settings);
        plan->cells[i] =
            (SchedulerCell){.work = step * (trained + tests),
                            .interval = fmin(step * (double)each, job->checkpoint_seconds),
                            .most_ranks = cell->settings.shards,
                            .source = cell->source};
    }
}

/* ---- memory ---- */

/* Without a stated limit cells are planned as if there were room for all. */
static Status predict_memory(Plan *plan)
{
    const bool stated = plan->settings->memory.bytes > 0;
    const size_t count = plan->job.cells.count;
    plan->limit = stated ? plan->settings->memory : node_limit_find("");
    plan->data_bytes = cell_memory_data(&plan->job);
    TRY(MEMORY_NEW(&plan->too_large, count));
    TRY(MEMORY_NEW(&plan->models, count));
    TRY(cell_memory_fill(&plan->job, threads_count(), plan->cells, plan->models));
    TRY(nodes_imagine(&plan->nodes, plan->ranks, plan->node_count,
                      stated ? &plan->limit : &(NodeLimit){.bytes = (double)INFINITY}));
    plan->simulation.scheduling = master_scheduling(
        plan->ranks > 1 ? plan->ranks - 1 : 1, plan->experiment.ranks_per_cell,
        nodes_for_scheduler(&plan->nodes, MEMORY_PROGRAM_BYTES, plan->data_bytes));
    for (size_t i = 0; i < count; ++i)
        plan->too_large[i] =
            plan->cells[i].work > 0 &&
            !scheduler_smallest_group(&plan->simulation.scheduling, &plan->cells[i]);
    for (size_t i = 0; i < count; ++i)
        if (plan->cells[i].source && plan->too_large[plan->cells[i].source - 1])
            plan->too_large[i] = plan->cells[i].work > 0;
    for (size_t i = 0; i < count; ++i)
        if (plan->too_large[i])
            plan->cells[i].work = 0;
    return STATUS_OK;
}

bool plan_memory(const Plan *plan, size_t cell, MemoryNeed *need)
{
    *need = (MemoryNeed){0};
    if (!plan->models[cell].shards || !plan->outcomes[cell].ranks)
        return false;
    *need = memory_need(&plan->models[cell], plan->outcomes[cell].ranks, plan->nodes.threads);
    return true;
}

double plan_node_bytes(const Plan *plan)
{
    double most = 0;
    for (size_t i = 0; i < plan->nodes.count; ++i)
        most = fmax(most,
                    node_base_bytes(&plan->nodes.nodes[i], MEMORY_PROGRAM_BYTES, plan->data_bytes));
    return most + plan->end.node_bytes;
}

/* ---- the whole ---- */

PlanReason plan_reason(const Plan *plan, size_t cell)
{
    const CellStanding standing = standing_of(plan, cell);
    if (!plan->selected[cell])
        return PLAN_NOT_SELECTED;
    if (plan->too_large[cell])
        return PLAN_NO_MEMORY;
    if (plan->cells[cell].work > 0)
        return isfinite(plan->outcomes[cell].start) ? PLAN_RUNS : PLAN_NO_TIME;
    return is_failed(plan, cell)      ? PLAN_FAILED
           : standing == CELL_DROPPED ? PLAN_DROPPED
                                      : PLAN_DONE;
}

static Status fill(Plan *plan)
{
    const RunSettings *settings = plan->settings;
    TRY(read_all(plan, settings));
    predict(plan, settings->retry);
    TRY(predict_memory(plan));
    for (size_t i = 0; i < plan->job.cells.count; ++i) {
        plan->left += plan->cells[i].work > 0;
        plan->work += plan->cells[i].work;
    }
    plan->simulation.count = plan->job.cells.count;
    plan->simulation.cells = plan->cells;
    plan->simulation.end = settings->seconds;
    return simulation_run(&plan->simulation, plan->outcomes, &plan->end);
}

size_t plan_tests(const Plan *plan, size_t set)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->job.cells.count; ++i)
        count += plan->untested[i] >> set & 1;
    return count;
}

Status plan_init(const RunSettings *settings, size_t ranks, size_t nodes, Plan *plan)
{
    *plan = (Plan){.settings = settings, .ranks = ranks, .node_count = nodes};
    Status status = fill(plan);
    if (status != STATUS_OK)
        plan_clear(plan);
    return status;
}

void plan_clear(Plan *plan)
{
    cost_model_clear(&plan->cost);
    search_clear(&plan->search);
    text_map_clear(&plan->names);
    records_clear(&plan->records);
    free(plan->difference);
    free(plan->selected);
    free(plan->cells);
    free(plan->outcomes);
    free(plan->untested);
    free(plan->too_large);
    free(plan->models);
    nodes_clear(&plan->nodes);
    job_clear(&plan->job);
    experiment_file_clear(&plan->experiment);
    *plan = (Plan){0};
}
