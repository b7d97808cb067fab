/* See best_cell.h. */
#include "report/best_cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "report/experiment.h"
#include "report/intervals.h"
#include "report/variants.h"
#include "store/files.h"

#define VALIDATION "validation_"

/* ---- what to choose by ---- */

/* "auc, dice": the metrics of validation that finished cells have. Cut to the room. */
static void list_metrics(const Experiment *experiment, char *text, size_t room)
{
    text[0] = '\0';
    for (size_t i = 0; i < experiment->records.count; ++i) {
        const CellResult *result = &experiment->results[i];
        for (size_t k = 0; k < result->history_count; ++k) {
            const char *name = result->history[k].name + strlen(VALIDATION);
            if (strncmp(result->history[k].name, VALIDATION, strlen(VALIDATION)) != 0 ||
                strstr(text, name))
                continue;
            const size_t used = strlen(text);
            snprintf(text + used, room - used, "%s%s", *text ? ", " : "", name);
        }
    }
}

static Status choose_by(const char *metric, char measure[CELL_RESULT_NAME_BYTES],
                        Experiment *experiment)
{
    char known[512];
    snprintf(measure, CELL_RESULT_NAME_BYTES, VALIDATION "%s", metric);
    for (size_t i = 0; i < experiment->records.count; ++i)
        if (cell_result_history(&experiment->results[i], measure)) {
            experiment_choose_by(experiment, measure);
            return STATUS_OK;
        }
    list_metrics(experiment, known, sizeof known);
    FAIL(STATUS_ARGUMENT,
         "%s: a metric of the validation images expected (%s), not '%s': no cell is ever chosen by "
         "its test images",
         experiment->folder, known, metric);
}

/* ---- the choice ---- */

/* The best of the runs' chosen variants but for `not`. */
static const Variant *best_variant(const Experiment *experiment, const Variant * not )
{
    const Variant *best = NULL;
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Variant *chosen = experiment->runs[i].chosen;
        if (chosen &&
            chosen != not &&(!best || variants_better(chosen->validation, best->validation)))
            best = chosen;
    }
    return best;
}

static void describe(const Experiment *experiment, const Variant *variant, BestCell *best)
{
    const Records *records = &experiment->records;
    const CellRecord *cell = &records->cells[variant->best];
    const CellResult *result = &experiment->results[variant->best];
    const char *metric = strchr(experiment->measure, '_') + 1;
    const CellMetric *test = cell_result_metric(result, metric);
    const Variant *second = best_variant(experiment, variant);
    const double nan = (double)NAN;
    snprintf(best->id, sizeof best->id, "%s", cell->id);
    snprintf(best->name, sizeof best->name, "%s", cell->name);
    label_cell(experiment, cell, best->label);
    snprintf(best->measure, sizeof best->measure, "%s", experiment->measure);
    best->validation = experiment->validation[variant->best];
    best->mean = variant->validation;
    best->seeds = variant->finished;
    if (second)
        label_cell(experiment, &records->cells[second->best], best->second);
    best->second_mean = second ? second->validation : nan;
    best->on_validation = result->on_validation;
    best->test = test ? test->value : nan;
    best->test_low = test ? test->low : nan;
    best->test_high = test ? test->high : nan;
    best->cells = records->count;
    for (size_t i = 0; i < records->count; ++i)
        best->finished += records->cells[i].standing == CELL_DONE;
}

static Status take(Experiment *experiment, const char *metric, BestCell *best)
{
    const Variant *variant = best_variant(experiment, NULL);
    if (!variant && experiment->unreadable)
        FAIL(STATUS_FORMAT, "%s", experiment->problem);
    if (!variant)
        FAIL(STATUS_MISSING,
             "%s: no cell is finished (expected one; of a cell that still trains "
             "%s/cells/ID/checkpoint.h5 can be given)",
             experiment->folder, experiment->folder);
    char measure[CELL_RESULT_NAME_BYTES];
    if (metric) {
        TRY(choose_by(metric, measure, experiment));
        variant = best_variant(experiment, NULL);
    }
    describe(experiment, variant, best);
    if (asprintf(&best->checkpoint, "%s/cells/%s/checkpoint.h5", experiment->folder, best->id) <
        0) {
        best->checkpoint = NULL;
        FAIL(STATUS_NO_MEMORY, "no memory for the path of a checkpoint");
    }
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

Status best_cell_find(const char *folder, const char *metric, BestCell *best)
{
    Experiment experiment;
    *best = (BestCell){0};
    if (!is_results(folder))
        FAIL(STATUS_MISSING,
             "%s: no results in this folder (expected one of gisd-grid's, with a "
             "journal.jsonl)",
             folder);
    TRY(experiment_read(folder, NULL, NULL, &experiment));
    Status status = metric ? intervals_renew(&experiment) : STATUS_OK; /* as the report has them */
    if (status == STATUS_OK)
        status = take(&experiment, metric, best);
    experiment_clear(&experiment);
    return status;
}

void best_cell_clear(BestCell *best)
{
    free(best->checkpoint);
    *best = (BestCell){0};
}

/* "validation auc 0.9512 at its last epoch (mean of 3 seeds 0.9498)". */
static void print_validation(const BestCell *best, const char *metric)
{
    if (isnan(best->validation))
        printf("no validation tells the cells apart; the first of them");
    else
        printf("validation %s %.4f at its last epoch", metric, best->validation);
    if (best->seeds > 1 && !isnan(best->mean))
        printf(", the best of %zu seeds, whose mean is %.4f", best->seeds, best->mean);
}

void best_cell_print(const BestCell *best)
{
    const char *metric = strchr(best->measure, '_') + 1;
    utf8_print(stdout, "cell: %s (%s)\ncheckpoint: %s\nwhy: ", best->id, best->label,
               best->checkpoint);
    print_validation(best, metric);
    printf("; of the settings of %zu finished cells no others are higher", best->finished);
    if (best->finished < best->cells)
        printf(" (%zu are not finished)", best->cells - best->finished);
    if (*best->second && !isnan(best->second_mean))
        utf8_print(stdout, "; next: %s, %.4f", best->second, best->second_mean);
    fputs(best->on_validation ? "\n" : "; the test images took no part\n", stdout);
    if (best->on_validation)
        printf("test: there are no test images, the validation images stand for them\n");
    else if (!isnan(best->test) && !isnan(best->test_low))
        printf("test: %s %.4f (95 %% interval %.4f to %.4f)\n", metric, best->test, best->test_low,
               best->test_high);
    else if (!isnan(best->test))
        printf("test: %s %.4f\n", metric, best->test);
}
