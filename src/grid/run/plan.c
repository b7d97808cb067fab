/* See plan.h. The master's own scheduler is run against the predicted times. */
#include "grid/run/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/loader.h"
#include "grid/experiment/search.h"
#include "grid/experiment/selection.h"
#include "grid/run/master.h"
#include "grid/run/progress.h"
#include "grid/run/results_folder.h"
#include "grid/run/threads.h"
#include "grid/schedule/cost.h"
#include "grid/schedule/simulation.h"

typedef struct {
    ExperimentFile experiment;
    Job job;
    Records records;  /* of the folder, if there is one */
    TextMap names;    /* of its cells */
    char *difference; /* why a run would refuse the folder; NULL: it would not */
    CostModel cost;
    Search search;
    bool *selected;          /* by cell */
    SchedulerCell *cells;    /* by cell */
    SimulatedCell *outcomes; /* by cell */
} Plan;

static Status read_all(Plan *plan, const RunSettings *settings)
{
    Job *job = &plan->job;
    TRY(run_prepare(settings, &plan->experiment, &plan->job));
    TRY(search_init(&plan->experiment, settings->experiment, &job->cells, &plan->search));
    Status status =
        results_folder_compare(job->folder, &plan->experiment, &plan->search, job, &plan->records);
    if (status == STATUS_ARGUMENT)
        status = memory_copy_text(status_message(), &plan->difference);
    for (size_t i = 0; i < plan->records.count && status == STATUS_OK; ++i)
        status = text_map_add(&plan->names, plan->records.cells[i].name, &(size_t){i});
    TRY(status);
    TRY(MEMORY_NEW(&plan->selected, job->cells.count));
    TRY(MEMORY_NEW(&plan->cells, job->cells.count));
    TRY(MEMORY_NEW(&plan->outcomes, job->cells.count));
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
static const char *state_of(const Plan *plan, size_t cell)
{
    const GridCell *grid = &plan->job.cells.cells[cell];
    if (records_find(&plan->records, grid->id))
        return cell_standing_name(standing_of(plan, cell));
    size_t place;
    return text_map_find(&plan->names, grid->name, &place) ? "changed"
                                                           : cell_standing_name(CELL_NEW);
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
        size_t epochs = search_expected_epochs(&plan->search, i, cell->settings.epochs);
        size_t steps = each * epochs, done = record ? record->step : 0;
        double step = cost_model_step_seconds(&plan->cost, i);
        bool runs = plan->selected[i] &&
                    (!cell_standing_settled(standing) || (standing == CELL_FAILED && retry));
        plan->cells[i] =
            (SchedulerCell){.work = runs ? step * (double)(done < steps ? steps - done : 1) : 0,
                            .interval = fmin(step * (double)each, job->checkpoint_seconds),
                            .most_ranks = cell->settings.shards};
    }
}

static void print_cells(const Plan *plan, FILE *stream)
{
    fprintf(stream, "%-12s  %-32s %-8s %10s %6s %12s %12s\n", "cell", "name", "state", "rank hours",
            "ranks", "starts after", "done after");
    for (size_t i = 0; i < plan->job.cells.count; ++i) {
        const GridCell *cell = &plan->job.cells.cells[i];
        const SimulatedCell *outcome = &plan->outcomes[i];
        char start[DURATION_BYTES] = "", end[DURATION_BYTES] = "";
        if (!plan->selected[i])
            continue;
        fprintf(stream, "%-12s  %-32s %-8s", cell->id, cell->name, state_of(plan, i));
        if (plan->cells[i].work > 0) {
            duration_text(outcome->start, start);
            duration_text(outcome->end, end);
            fprintf(stream, " %10.3f %6zu %12s %12s", plan->cells[i].work / 3600, outcome->ranks,
                    isnan(outcome->start) ? "-" : start, outcome->done ? end : "-");
        }
        fputc('\n', stream);
    }
}

static void print_sum(const Plan *plan, const Simulation *simulation, const SimulationEnd *end,
                      FILE *stream)
{
    size_t left = 0;
    double work = 0;
    char span[DURATION_BYTES], limit[DURATION_BYTES];
    for (size_t i = 0; i < plan->job.cells.count; ++i) {
        left += plan->cells[i].work > 0;
        work += plan->cells[i].work;
    }
    duration_text(end->makespan, span);
    duration_text(simulation->end, limit);
    fprintf(stream, "\n%zu of %zu cells are left: %.2f rank hours, done after %s on %zu rank%s\n",
            left, plan->job.cells.count, work / 3600, span, simulation->scheduling.ranks,
            simulation->scheduling.ranks == 1 ? "" : "s");
    if (isfinite(simulation->end))
        fprintf(stream, "%zu of %zu cells fit %s\n", end->done, left, limit);
    if (plan->search.candidates)
        fputs("the search is taken to keep the first cells of each group: which ones it keeps is "
              "known only as they train\n",
              stream);
    fputs(cost_model_calibrated(&plan->cost)
              ? "times are from steps measured in this folder\n"
              : "times are from a guess of the processor's speed: nothing has been measured yet\n",
          stream);
}

Status plan_print(const RunSettings *settings, size_t ranks, FILE *stream)
{
    Plan plan = {0};
    SimulationEnd end;
    Status status = read_all(&plan, settings);
    if (status == STATUS_OK) {
        predict(&plan, settings->retry);
        const Simulation simulation = {
            .scheduling =
                master_scheduling(ranks > 1 ? ranks - 1 : 1, plan.experiment.ranks_per_cell),
            .count = plan.job.cells.count,
            .cells = plan.cells,
            .end = settings->seconds};
        status = simulation_run(&simulation, plan.outcomes, &end);
        if (status == STATUS_OK) {
            print_cells(&plan, stream);
            print_sum(&plan, &simulation, &end, stream);
            for (size_t i = 0; i < plan.job.warning_count; ++i)
                fprintf(stream, "warning: %s\n", plan.job.warnings[i]);
            if (plan.difference)
                status = status_set(STATUS_ARGUMENT, "%s", plan.difference);
        }
    }
    cost_model_clear(&plan.cost);
    search_clear(&plan.search);
    text_map_clear(&plan.names);
    records_clear(&plan.records);
    free(plan.difference);
    free(plan.selected);
    free(plan.cells);
    free(plan.outcomes);
    job_clear(&plan.job);
    experiment_file_clear(&plan.experiment);
    return status;
}
