/* See readiness.h. */
#include "grid/run/readiness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset_facts.h"
#include "infer/checkpoint.h"
#include "infer/network.h"
#include "task/task.h"
#include "train/setting_table.h"

static Status warn(Job *job, const char *text)
{
    TRY(MEMORY_GROW(&job->warnings, job->warning_count + 1, &job->warning_room));
    return memory_copy_text(text, &job->warnings[job->warning_count++]);
}

/* The data's own warnings are many, perhaps: the check shows them. */
static Status count_warnings(Job *job, const Dataset *dataset)
{
    char text[512];
    if (!dataset->warning_count)
        return STATUS_OK;
    snprintf(text, sizeof text,
             "%zu warning%s about the data ('gisd-data check' shows all), the first: %.300s",
             dataset->warning_count, dataset->warning_count > 1 ? "s" : "", dataset->warnings[0]);
    return warn(job, text);
}

/* What is to be said of the data as a whole; all sizes hold the same images. */
static Status take_concerns(Job *job, const ExperimentFile *experiment, const char *path)
{
    const Split test = experiment->test_on_validation ? SPLIT_VALIDATION : SPLIT_TEST;
    size_t batch = 0;
    Concerns concerns;
    for (size_t i = 0; i < job->cells.count; ++i)
        if (job->cells.cells[i].settings.batch > batch)
            batch = job->cells.cells[i].settings.batch;
    TRY(dataset_concerns_init(&concerns, job->datasets[0], batch, test));
    Status status = STATUS_OK;
    for (size_t i = 0; i < concerns.count && status == STATUS_OK; ++i) {
        const Concern *concern = &concerns.concerns[i];
        status = concern->refuse ? status_set(STATUS_ARGUMENT, "%s: %s: %s", path, job->data_name,
                                              concern->text)
                                 : warn(job, concern->text);
    }
    dataset_concerns_clear(&concerns);
    return status;
}

static Status settle_cell(GridCell *cell, const SplitFacts *training, const char *path)
{
    ModelSettings *model = &cell->settings.model;
    const Task *task = task_of(model);
    if (task->check_data) {
        Status status = task->check_data(training);
        if (status != STATUS_OK)
            return status_prefix(status, "%s: cell %s", path, cell->name);
    }
    model->without_masks = false; /* so that it is the network that is asked */
    model->without_masks = task_gives(model).masks && training->with_masks == 0;
    return STATUS_OK;
}

static Status settle_cells(Job *job, const char *path)
{
    DatasetFacts facts;
    bool without_masks = false;
    TRY(dataset_facts_init(&facts, job->datasets[0]));
    Status status = STATUS_OK;
    for (size_t i = 0; i < job->cells.count && status == STATUS_OK; ++i) {
        status = settle_cell(&job->cells.cells[i], &facts.splits[SPLIT_TRAIN], path);
        without_masks |= job->cells.cells[i].settings.model.without_masks;
    }
    dataset_facts_clear(&facts);
    if (status == STATUS_OK && without_masks)
        status = warn(job, "no lesion of the training split has a mask: nothing is learnt about "
                           "masks, and none are given");
    return status;
}

/* ---- initial weights ---- */

static bool same_start(const CellSettings *a, const CellSettings *b)
{
    return strcmp(a->initial_checkpoint, b->initial_checkpoint) == 0 &&
           architecture_same(&a->model, &b->model);
}

static Status check_start(const CellSettings *settings)
{
    ParameterList shapes;
    TRY(network_list_shapes(&settings->model, &shapes));
    Status status = checkpoint_read_initial(settings->initial_checkpoint, &shapes,
                                            architecture_of(&settings->model)->depends_on_classes);
    parameters_clear(&shapes);
    return status;
}

Status readiness_check_weights(const Job *job, const ExperimentFile *experiment, const char *path)
{
    const GridCell *cells = job->cells.cells;
    for (size_t i = 0; i < job->cells.count; ++i) {
        const CellSettings *settings = &cells[i].settings;
        size_t first = 0;
        while (first < i && !same_start(&cells[first].settings, settings))
            ++first;
        if (first < i || !*settings->initial_checkpoint)
            continue;
        Status status = check_start(settings);
        if (status != STATUS_OK)
            return status_prefix(status, "%s:%zu: initial: cell %s", path,
                                 experiment->values[setting_find("model", "initial")].line,
                                 cells[i].name);
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

Status readiness_settle(Job *job, const ExperimentFile *experiment, const char *path)
{
    TRY(take_concerns(job, experiment, path));
    TRY(settle_cells(job, path));
    return count_warnings(job, job->datasets[0]);
}
