/* Test frames with overlays and without; see results_table.h. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text_map.h"
#include "eval/clustered_delong.h"
#include "report/answers.h"
#include "report/labels.h"
#include "report/tables/results_table.h"

/* Kinds of overlays that are told apart, by the classes of data/overlay_table.h. */
static const struct {
    const char *name;
    size_t first, end;
} kinds[] = {{"text or digits", 0, 2}, {"inset or painted square", 2, 3}, {"black surround", 3, 4}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool has_kind(const Control *control, size_t frame, size_t kind)
{
    double boxes = 0;
    for (size_t k = kinds[kind].first; k < kinds[kind].end; ++k)
        boxes += control->frames[frame][k].boxes;
    return boxes > 0;
}

/* The frames of a run's test images with a kind of overlay, or without it. */
typedef struct {
    size_t count, lesions, found, cleared;
    double *scores;
    bool *positive;
    uint32_t *patients;
} Group;

static void add_row(const Experiment *experiment, const Run *run, const char *name,
                    const Group *group, const ClusteredDelong *test, ResultsTable *table)
{
    const double error = 1.959964 * sqrt(test->variance[0]);
    const double low = fmax(0, test->auc[0] - error), high = fmin(1, test->auc[0] + error);
    const size_t normal = group->count - group->lesions;
    const double shares[] = {
        group->lesions ? 100.0 * (double)group->found / (double)group->lesions : (double)NAN,
        normal ? 100.0 * (double)group->cleared / (double)normal : (double)NAN};
    Table *both[] = {&table->text, &table->numbers};
    char label[LABEL_BYTES], source[RESULTS_SOURCE_BYTES];
    label_run(experiment, run, label);
    results_describe_source(experiment, run, source);
    table_row_source(&table->text, "%s, " CONTROL_FILE, source);
    for (size_t i = 0; i < 2; ++i) {
        table_add(both[i], label);
        table_add(both[i], name);
        table_addf(both[i], "%zu", group->count);
        table_addf(both[i], "%zu", group->lesions);
    }
    if (isnan(test->auc[0]))
        table_add(&table->text, "undefined");
    else if (isnan(error))
        table_addf(&table->text, "%.3f", test->auc[0]);
    else
        table_addf(&table->text, "%.3f (%.3f to %.3f)", test->auc[0], low, high);
    table_add_exact(&table->numbers, test->auc[0]);
    table_add_exact(&table->numbers, isnan(error) ? error : low);
    table_add_exact(&table->numbers, isnan(error) ? error : high);
    for (size_t i = 0; i < 2; ++i) {
        table_add_number(&table->text, shares[i], 2);
        table_add_exact(&table->numbers, shares[i]);
    }
}

/* frames: count, the position of each test image in the control. */
static void gather(const Control *control, const CellResult *result, const Clusters *patients,
                   const size_t *frames, size_t kind, bool with, Group *group)
{
    group->count = group->lesions = group->found = group->cleared = 0;
    for (size_t i = 0; i < result->images; ++i) {
        const bool ill = result->truth[i] >= 0, called = result->predicted[i] >= 0;
        if (has_kind(control, frames[i], kind) != with)
            continue;
        group->scores[group->count] = result->lesion_score[i];
        group->patients[group->count] = patients->of[i];
        group->positive[group->count++] = ill;
        group->lesions += ill;
        group->found += ill && called;
        group->cleared += !ill && !called;
    }
}

/* The area with its variance, of images of one patient taken together. */
static Status find_area(const Group *group, ClusteredDelong *test)
{
    Clusters clusters;
    TRY(clusters_init(&clusters, group->patients, group->count));
    const Status status =
        clustered_delong(group->scores, group->scores, group->positive, &clusters, test);
    clusters_clear(&clusters);
    return status;
}

static Status add_kind(const Experiment *experiment, const Run *run, const Clusters *patients,
                       const size_t *frames, size_t kind, Group *group, ResultsTable *table)
{
    const CellResult *result = experiment_result(experiment, run);
    gather(&experiment->control, result, patients, frames, kind, true, group);
    if (group->count == 0 || group->count == result->images) /* nothing to compare */
        return STATUS_OK;
    for (int with = 1; with >= 0; --with) {
        char name[64];
        ClusteredDelong test;
        gather(&experiment->control, result, patients, frames, kind, with, group);
        TRY(find_area(group, &test));
        snprintf(name, sizeof name, "%s %s", with ? "with" : "without", kinds[kind].name);
        add_row(experiment, run, name, group, &test, table);
    }
    return STATUS_OK;
}

static Status add_run(const Experiment *experiment, const Run *run, const TextMap *names,
                      ResultsTable *table)
{
    const CellResult *result = experiment_result(experiment, run);
    Group group = {0};
    Clusters patients;
    size_t *frames;
    if (!result || !result->truth || !result->predicted)
        return STATUS_OK;
    TRY(MEMORY_NEW(&frames, result->images));
    Status status = answers_patients(result, &patients);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&group.scores, result->images);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&group.patients, result->images);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&group.positive, result->images);
    bool known = true; /* images of another time's data have no overlays here */
    for (size_t i = 0; i < result->images && known; ++i)
        known = text_map_find(names, result->image_names.items[i], &frames[i]);
    for (size_t kind = 0; kind < KINDS && status == STATUS_OK && known; ++kind)
        status = add_kind(experiment, run, &patients, frames, kind, &group, table);
    free(group.scores);
    free(group.positive);
    free(group.patients);
    clusters_clear(&patients);
    free(frames);
    return status;
}

static void init_tables(ResultsTable *table)
{
    static const char *const texts[] = {"network", "test frames",    "frames",        "lesion",
                                        "AUC",     "sensitivity, %", "specificity, %"};
    static const char *const numbers[] = {"network",  "test_frames", "frames",
                                          "lesion",   "auc",         "auc_low",
                                          "auc_high", "sensitivity", "specificity"};
    table_init(&table->text, sizeof texts / sizeof *texts, texts);
    table_init(&table->numbers, sizeof numbers / sizeof *numbers, numbers);
}

Status results_overlays(const Experiment *experiment, ResultsTable *table)
{
    TextMap names = {0};
    Status status = STATUS_OK;
    init_tables(table);
    for (size_t i = 0; i < experiment->control.frame_count && status == STATUS_OK; ++i)
        status = text_map_add(&names, experiment->control.names.items[i], &(size_t){i});
    for (size_t i = 0; i < experiment->run_count && status == STATUS_OK; ++i)
        status = add_run(experiment, &experiment->runs[i], &names, table);
    text_map_clear(&names);
    if (status == STATUS_OK)
        return results_table_check(table);
    results_table_clear(table);
    return status;
}
