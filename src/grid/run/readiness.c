/* See readiness.h. */
#include "grid/run/readiness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset_facts.h"
#include "data/dataset_overlap.h"
#include "infer/checkpoint.h"
#include "infer/network.h"
#include "task/task.h"
#include "train/setting_table.h"

static Status warn(Job *job, const char *text)
{
    TRY(MEMORY_GROW(&job->warnings, job->warning_count + 1, &job->warning_room));
    return memory_copy_text(text, &job->warnings[job->warning_count++]);
}

/* Some of the job's data: those of the grid, or those of its pretrainings; all sizes hold the same
 * images. */
typedef struct {
    const Dataset *dataset;
    const char *name;
    const char *of; /* before what is told of them */
    bool source;    /* of pretrainings */
    Split test;
} JobData;

static JobData grid_data(const Job *job, const ExperimentFile *experiment)
{
    return (JobData){.dataset = job->datasets[0],
                     .name = job->data_name,
                     .of = "",
                     .test = experiment->test_on_validation ? SPLIT_VALIDATION : SPLIT_TEST};
}

static JobData source_data(const Job *job)
{
    return (JobData){.dataset = job->datasets[job->data_count - job->source_count],
                     .name = job->source_name,
                     .of = "pretraining: ",
                     .source = true,
                     .test = SPLIT_VALIDATION};
}

/* The data's own warnings are many, perhaps: the check shows them. */
static Status count_warnings(Job *job, const JobData *data)
{
    char text[512];
    const Dataset *dataset = data->dataset;
    if (!dataset->warning_count)
        return STATUS_OK;
    snprintf(text, sizeof text,
             "%s%zu warning%s about the data ('gisd-data check' shows all), the first: %.300s",
             data->of, dataset->warning_count, dataset->warning_count > 1 ? "s" : "",
             dataset->warnings[0]);
    return warn(job, text);
}

static Status take_concern(Job *job, const JobData *data, const char *path, const Concern *concern)
{
    char text[512];
    if (concern->refuse)
        FAIL(STATUS_ARGUMENT, "%s: %s: %s", path, data->name, concern->text);
    snprintf(text, sizeof text, "%s%s", data->of, concern->text);
    return warn(job, text);
}

/* What is to be said of the data as a whole. */
static Status take_concerns(Job *job, const JobData *data, const char *path)
{
    size_t batch = 0;
    Concerns concerns;
    for (size_t i = 0; i < job->cells.count; ++i)
        if (job->cells.cells[i].pretrains == data->source &&
            job->cells.cells[i].settings.batch > batch)
            batch = job->cells.cells[i].settings.batch;
    TRY(dataset_concerns_init(&concerns, data->dataset, batch, data->test));
    Status status = STATUS_OK;
    for (size_t i = 0; i < concerns.count && status == STATUS_OK; ++i)
        status = take_concern(job, data, path, &concerns.concerns[i]);
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

static Status settle_cells(Job *job, const JobData *data, const char *path)
{
    DatasetFacts facts;
    bool without_masks = false;
    TRY(dataset_facts_init(&facts, data->dataset));
    Status status = STATUS_OK;
    for (size_t i = 0; i < job->cells.count && status == STATUS_OK; ++i) {
        GridCell *cell = &job->cells.cells[i];
        if (cell->pretrains != data->source)
            continue;
        status = settle_cell(cell, &facts.splits[SPLIT_TRAIN], path);
        without_masks |= cell->settings.model.without_masks;
    }
    dataset_facts_clear(&facts);
    if (status == STATUS_OK && without_masks) {
        char text[160];
        snprintf(text, sizeof text,
                 "%sno lesion of the training split has a mask: nothing is learnt about masks, and "
                 "none are given",
                 data->of);
        status = warn(job, text);
    }
    return status;
}

/* ---- pretraining ---- */

/* What a pretraining has seen must not be tested on. Nearly the same hash is the same picture, held
 * at another size; what is only like it, the next frame perhaps, is for a person to judge. */
enum { SAME_BITS = 8 };

static Status check_overlap(Job *job, const JobData *grid, const JobData *source, const char *path)
{
    DatasetOverlap overlap;
    char text[512];
    TRY(dataset_overlap(grid->dataset, source->dataset, &overlap));
    if (!overlap.count)
        return STATUS_OK;
    snprintf(text, sizeof text,
             "pretraining: %zu validation or test picture%s near-equal to what it learns from, the "
             "nearest %.150s to %.150s of the pretraining (%u of 256 bits differ)",
             overlap.count, overlap.count > 1 ? "s are" : " is",
             grid->dataset->examples[overlap.own].name,
             source->dataset->examples[overlap.source].name, overlap.bits);
    if (overlap.bits <= SAME_BITS)
        FAIL(STATUS_ARGUMENT, "%s: %s (expected other images in pretrain.manifest)", path, text);
    return warn(job, text);
}

/* ---- test sets ---- */

/* What the cells, or their pretraining, learn from or choose the operating point on. */
static Status check_test_overlap(Job *job, const TestSet *set, const JobData *data,
                                 const char *path)
{
    DatasetOverlap overlap;
    char text[512];
    TRY(dataset_overlap(set->datasets[0], data->dataset, &overlap));
    if (!overlap.count)
        return STATUS_OK;
    snprintf(text, sizeof text,
             "%zu picture%s near-equal to what %s, the nearest %.130s to %.130s "
             "(%u of 256 bits differ)",
             overlap.count, overlap.count > 1 ? "s are" : " is",
             data->source ? "the pretraining learns from" : "the cells are trained or validated on",
             set->datasets[0]->examples[overlap.own].name,
             data->dataset->examples[overlap.source].name, overlap.bits);
    if (overlap.bits <= SAME_BITS)
        FAIL(STATUS_ARGUMENT, "%s (expected other images)", text);
    char warning[1024];
    snprintf(warning, sizeof warning, "%.400s:%zu: test_sets: %s: %s", path, set->line, set->name,
             text);
    return warn(job, warning);
}

static Status check_test_set(Job *job, const ExperimentFile *experiment, const TestSet *set,
                             const char *path)
{
    char of[128];
    const JobData grid = grid_data(job, experiment);
    TRY(check_test_overlap(job, set, &grid, path));
    if (job->source_count) {
        const JobData source = source_data(job);
        TRY(check_test_overlap(job, set, &source, path));
    }
    snprintf(of, sizeof of, "test set %s: ", set->name);
    return count_warnings(job, &(JobData){.dataset = set->datasets[0], .of = of});
}

/* ---- initial weights ---- */

static bool same_start(const CellSettings *a, const CellSettings *b)
{
    return strcmp(a->initial_checkpoint, b->initial_checkpoint) == 0 &&
           architecture_same(&a->model, &b->model);
}

static Status check_start(const CellSettings *settings, const Dataset *dataset)
{
    const Architecture *architecture = architecture_of(&settings->model);
    const InitialStart start = {.depends_on_classes = architecture->depends_on_classes,
                                .class_count = dataset->class_count,
                                .class_names = (const char *const *)dataset->class_names,
                                .depends_on_size = architecture->depends_on_size,
                                .size = settings->model.size};
    ParameterList shapes;
    TRY(network_list_shapes(&settings->model, &shapes));
    Status status = checkpoint_read_initial(settings->initial_checkpoint, &shapes, &start, NULL);
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
        Status status = check_start(settings, job_dataset(job, &cells[i]));
        if (status != STATUS_OK)
            return status_prefix(status, "%s:%zu: initial: cell %s", path,
                                 experiment->values[setting_find("model", "initial")].line,
                                 cells[i].name);
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

static Status settle_data(Job *job, const JobData *data, const char *path)
{
    TRY(take_concerns(job, data, path));
    TRY(settle_cells(job, data, path));
    return count_warnings(job, data);
}

Status readiness_settle(Job *job, const ExperimentFile *experiment, const char *path)
{
    const JobData grid = grid_data(job, experiment);
    TRY(settle_data(job, &grid, path));
    if (job->source_count) {
        const JobData source = source_data(job);
        TRY(settle_data(job, &source, path));
        TRY(check_overlap(job, &grid, &source, path));
    }
    for (size_t i = 0; i < job->tests.count; ++i)
        TRY(test_sets_blame(&job->tests.sets[i], path,
                            check_test_set(job, experiment, &job->tests.sets[i], path)));
    return STATUS_OK;
}
