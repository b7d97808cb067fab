/* See plan_json.h. */
#include "grid/run/plan_json.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "grid/run/setting_json.h"

static const char *const reasons[] = {
    [PLAN_NOT_SELECTED] = "not selected",
    [PLAN_DONE] = "done",
    [PLAN_FAILED] = "failed",
    [PLAN_DROPPED] = "dropped",
    [PLAN_NO_MEMORY] = "no memory",
    [PLAN_NO_TIME] = "no time",
};

/* ---- the whole of it ---- */

static void put_frame(bool *fine, cJSON *object, const Plan *plan)
{
    const ExperimentFile *experiment = &plan->experiment;
    json_put_whole(fine, object, "schema", PLAN_SCHEMA);
    json_put_text(fine, object, "view", "plan");
    json_put_text(fine, object, "gisd", GISD_VERSION);
    json_put_time(fine, object, "time", time(NULL));
    json_put_text(fine, object, "file", plan->settings->experiment);
    json_put_text(fine, object, "experiment", experiment->name);
    json_put_text(fine, object, "folder", plan->job.folder);
    json_put_text(fine, object, "data", plan->job.data_name);
    json_put_text(fine, object, "search", experiment->halving ? "halving" : "grid");
    json_put_text(fine, object, "only", plan->settings->only);
    json_put_flag(fine, object, "retry_failed", plan->settings->retry);
    json_put_whole(fine, object, "ranks", plan->ranks);
    json_put_whole(fine, object, "training_ranks", plan->simulation.scheduling.ranks);
    json_put_number(fine, object, "walltime_seconds", plan->simulation.end);
    json_put_number(fine, object, "data_bytes", plan->data_bytes);
    json_put_whole(fine, object, "nodes", plan->nodes.count);
    json_put_whole(fine, object, "threads", plan->nodes.threads);
    json_put_number(fine, object, "rank_base_bytes", MEMORY_PROGRAM_BYTES);
    json_put_number(fine, object, "node_bytes", plan_node_bytes(plan));
    json_put_number(fine, object, "node_limit_bytes", plan->limit.bytes);
    json_put_text(fine, object, "node_limit_from", plan->limit.source);
    json_put_text(fine, object, "times_from",
                  cost_model_calibrated(&plan->cost) ? "measured" : "guess");
    json_put_text(fine, object, "refused", plan->difference);
    cJSON *warnings = json_put_list(fine, object, "warnings");
    for (size_t i = 0; i < plan->job.warning_count; ++i)
        json_list_item(fine, warnings, cJSON_CreateString(plan->job.warnings[i]));
}

static void put_totals(bool *fine, cJSON *object, const Plan *plan)
{
    size_t selected = 0;
    for (size_t i = 0; i < plan->job.cells.count; ++i)
        selected += plan->selected[i];
    cJSON *totals = json_put_object(fine, object, "totals");
    json_put_whole(fine, totals, "cells", plan->job.cells.count);
    json_put_whole(fine, totals, "selected", selected);
    json_put_whole(fine, totals, "left", plan->left);
    json_put_whole(fine, totals, "fit", plan->end.done);
    json_put_number(fine, totals, "rank_seconds", plan->work);
    json_put_number(fine, totals, "makespan_seconds", plan->end.makespan);
}

/* No member where there are none. */
static void put_tests(bool *fine, cJSON *object, const Plan *plan)
{
    if (!plan->job.tests.count)
        return;
    cJSON *list = json_put_list(fine, object, "test_sets");
    for (size_t i = 0; i < plan->job.tests.count; ++i) {
        const TestSet *set = &plan->job.tests.sets[i];
        cJSON *item = json_list_item(fine, list, cJSON_CreateObject());
        json_put_text(fine, item, "name", set->name);
        json_put_text(fine, item, "manifest", set->manifest);
        json_put_whole(fine, item, "images", set->datasets[0]->count);
        json_put_whole(fine, item, "cells", plan_tests(plan, i));
    }
}

static void put_axes(bool *fine, cJSON *object, const Plan *plan)
{
    cJSON *axes = json_put_list(fine, object, "axes");
    for (size_t i = 0; i < setting_count(); ++i) {
        const SettingValues *values = &plan->experiment.values[i];
        if (values->count < 2 || values->titles)
            continue;
        cJSON *axis = json_list_item(fine, axes, cJSON_CreateObject());
        json_put_text(fine, axis, "key", setting_name(i));
        cJSON *list = json_put_list(fine, axis, "values");
        for (size_t k = 0; k < values->count; ++k)
            setting_list_json(fine, list, i, values->written[k]);
    }
}

/* ---- cells ---- */

static void put_settings(bool *fine, cJSON *item, const Plan *plan, const GridCell *cell)
{
    cJSON *settings = json_put_object(fine, item, "settings");
    for (size_t i = 0; i < setting_count(); ++i) {
        char text[SETTING_TEXT_BYTES];
        if (!setting_applies(&cell->settings, i))
            continue;
        grid_cell_text(&plan->experiment, cell, i, text);
        setting_put_json(fine, settings, i, setting_name(i), text);
    }
}

static cJSON *put_cell(bool *fine, cJSON *list, const Plan *plan, size_t index)
{
    const GridCell *cell = &plan->job.cells.cells[index];
    cJSON *item = json_list_item(fine, list, cJSON_CreateObject());
    json_put_text(fine, item, "id", cell->id);
    json_put_text(fine, item, "identity", cell->identity);
    json_put_text(fine, item, "name", cell->name);
    if (cell->pretrains)
        json_put_text(fine, item, "role", "pretraining");
    if (cell->source)
        json_put_text(fine, item, "source", plan->job.cells.cells[cell->source - 1].id);
    json_put_text(fine, item, "state", plan_state(plan, index));
    return item;
}

/* Of a rank: all of it, and what the cell's part of it is for. */
static void put_memory(bool *fine, cJSON *item, const Plan *plan, size_t cell)
{
    MemoryNeed need;
    const bool known = plan_memory(plan, cell, &need);
    json_put_number(fine, item, "memory_bytes",
                    known ? MEMORY_PROGRAM_BYTES + need.total : (double)NAN);
    if (!known)
        return;
    cJSON *parts = json_put_object(fine, item, "memory");
    json_put_number(fine, parts, "parameters", need.parameters);
    json_put_number(fine, parts, "packed", need.packed);
    json_put_number(fine, parts, "gradients", need.gradients);
    json_put_number(fine, parts, "messages", need.messages);
    json_put_number(fine, parts, "optimiser", need.optimiser);
    json_put_number(fine, parts, "activations", need.activations);
    json_put_number(fine, parts, "batches", need.batches);
    json_put_number(fine, parts, "evaluation", need.evaluation);
    json_put_number(fine, parts, "code", need.code);
}

typedef struct {
    double start;
    size_t cell;
} Start;

/* By time; cells that start together in the order of the grid. */
static int compare_starts(const void *one, const void *other)
{
    const Start *a = one, *b = other;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->cell < b->cell ? -1 : a->cell > b->cell;
}

static Status put_cells(bool *fine, cJSON *object, const Plan *plan)
{
    Start *starts;
    size_t count = 0;
    TRY(MEMORY_NEW(&starts, plan->job.cells.count));
    for (size_t i = 0; i < plan->job.cells.count; ++i)
        if (plan_reason(plan, i) == PLAN_RUNS)
            starts[count++] = (Start){plan->outcomes[i].start, i};
    qsort(starts, count, sizeof *starts, compare_starts);
    cJSON *list = json_put_list(fine, object, "cells");
    for (size_t i = 0; i < count; ++i) {
        const size_t cell = starts[i].cell;
        cJSON *item = put_cell(fine, list, plan, cell);
        json_put_number(fine, item, "rank_seconds", plan->cells[cell].work);
        json_put_number(fine, item, "step_seconds", cost_model_step_seconds(&plan->cost, cell));
        json_put_whole(fine, item, "ranks", plan->outcomes[cell].ranks);
        put_memory(fine, item, plan, cell);
        json_put_number(fine, item, "start_seconds", plan->outcomes[cell].start);
        json_put_number(fine, item, "end_seconds", plan->outcomes[cell].end);
        put_settings(fine, item, plan, &plan->job.cells.cells[cell]);
    }
    free(starts);
    return STATUS_OK;
}

static void put_left_out(bool *fine, cJSON *object, const Plan *plan)
{
    cJSON *list = json_put_list(fine, object, "left_out");
    for (size_t i = 0; i < plan->job.cells.count; ++i) {
        const PlanReason reason = plan_reason(plan, i);
        if (reason != PLAN_RUNS)
            json_put_text(fine, put_cell(fine, list, plan, i), "reason", reasons[reason]);
    }
}

Status plan_json(const Plan *plan, FILE *stream)
{
    cJSON *object = cJSON_CreateObject();
    bool fine = object != NULL;
    char *text;
    put_frame(&fine, object, plan);
    put_totals(&fine, object, plan);
    put_tests(&fine, object, plan);
    put_axes(&fine, object, plan);
    Status status = put_cells(&fine, object, plan);
    put_left_out(&fine, object, plan);
    if (status == STATUS_OK && !fine)
        status = status_set(STATUS_NO_MEMORY, "no memory for the plan as JSON");
    if (status == STATUS_OK)
        status = json_print(object, &text);
    cJSON_Delete(object);
    TRY(status);
    fprintf(stream, "%s\n", text);
    free(text);
    return STATUS_OK;
}
