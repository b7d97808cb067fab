/* From a results folder to cells, variants and the choice among them; see experiment.h. */
#include "report/experiment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/files.h"

/* Equal, or both not given. */
static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same_variant(const Variant *variant, const ReportCell *cell)
{
    return strcmp(variant->backbone, cell->backbone) == 0 &&
           strcmp(variant->tuning, cell->tuning) == 0 &&
           same_number(variant->focal_alpha, cell->focal_alpha) &&
           same_number(variant->focal_gamma, cell->focal_gamma) &&
           strcmp(variant->others, cell->others) == 0;
}

/* The last finite number of a history, NaN if there is none. */
static double last_number(const CellResult *result, const char *name)
{
    const CellHistory *history = cell_result_history(result, name);
    for (size_t i = history ? result->epochs : 0; i-- > 0;)
        if (isfinite(history->values[i]))
            return history->values[i];
    return (double)NAN;
}

static bool mentions_phantom(const char *text)
{
    return text != NULL && strcasestr(text, "phantom") != NULL;
}

/* Reads one finished cell; one that cannot be read counts as failed from here on. */
static Status read_result(Experiment *experiment, size_t index)
{
    ReportCell *cell = &experiment->cells.cells[index];
    size_t room = strlen(experiment->folder) + strlen(cell->id) + sizeof "/cells//result.h5";
    char *path = NULL;
    TRY(MEMORY_NEW(&path, room));
    snprintf(path, room, "%s/cells/%s/result.h5", experiment->folder, cell->id);
    Status status = cell_result_read(path, &experiment->results[index]);
    free(path);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK) {
        cell->state = CELL_STATE_FAILED;
        snprintf(cell->cause, sizeof cell->cause, "%s", status_message());
        if (experiment->unreadable++ == 0)
            snprintf(experiment->problem, sizeof experiment->problem, "%s", status_message());
    } else {
        report_cell_complete(cell, experiment->results[index].config);
        experiment->phantom |= mentions_phantom(experiment->results[index].config);
    }
    return STATUS_OK;
}

static Status read_results(Experiment *experiment)
{
    const size_t count = experiment->cells.count;
    TRY(MEMORY_NEW(&experiment->results, count));
    TRY(MEMORY_NEW(&experiment->validation, count));
    bool all_areas = true;
    for (size_t i = 0; i < count; ++i) {
        if (experiment->cells.cells[i].state == CELL_STATE_DONE)
            TRY(read_result(experiment, i));
        if (experiment->cells.cells[i].state == CELL_STATE_DONE &&
            isnan(last_number(&experiment->results[i], "validation_auc")))
            all_areas = false;
    }
    /* One measure for all, or the cells could not be compared. */
    const char *measure = all_areas ? "validation_auc" : "validation_dice";
    for (size_t i = 0; i < count; ++i)
        experiment->validation[i] = experiment->cells.cells[i].state == CELL_STATE_DONE
                                        ? last_number(&experiment->results[i], measure)
                                        : (double)NAN;
    return STATUS_OK;
}

static Status add_to_variant(Experiment *experiment, size_t index)
{
    const ReportCell *cell = &experiment->cells.cells[index];
    Variant *variant = experiment->variants;
    Variant *end = experiment->variants + experiment->variant_count;
    while (variant < end && !same_variant(variant, cell))
        ++variant;
    if (variant == end) {
        *variant = (Variant){.backbone = cell->backbone,
                             .tuning = cell->tuning,
                             .others = cell->others,
                             .focal_alpha = cell->focal_alpha,
                             .focal_gamma = cell->focal_gamma};
        ++experiment->variant_count;
        TRY(MEMORY_NEW(&variant->cells, experiment->cells.count));
    }
    variant->cells[variant->count++] = index;
    return STATUS_OK;
}

/* Whether one validation is better than another; any number is better than none. */
static bool better(double one, double other)
{
    return one > other || (isnan(other) && !isnan(one));
}

/* Counts the finished seeds of a variant, averages their validation and finds the best. */
static void summarise_variant(const Experiment *experiment, Variant *variant)
{
    double sum = 0;
    for (size_t i = 0; i < variant->count; ++i) {
        size_t cell = variant->cells[i];
        if (experiment->cells.cells[cell].state != CELL_STATE_DONE)
            continue;
        sum += experiment->validation[cell];
        if (variant->finished++ == 0 ||
            better(experiment->validation[cell], experiment->validation[variant->best]))
            variant->best = cell;
    }
    variant->validation = variant->finished ? sum / (double)variant->finished : (double)NAN;
}

static void choose_variants(Experiment *experiment)
{
    for (size_t i = 0; i < experiment->variant_count; ++i) {
        Variant *variant = &experiment->variants[i];
        variant->chosen = variant->finished > 0;
        for (size_t j = 0; j < experiment->variant_count && variant->chosen; ++j) {
            const Variant *other = &experiment->variants[j];
            if (j == i || other->finished == 0 || strcmp(other->backbone, variant->backbone) != 0 ||
                strcmp(other->tuning, variant->tuning) != 0)
                continue;
            bool equal = same_number(other->validation, variant->validation);
            if (better(other->validation, variant->validation) || (equal && j < i))
                variant->chosen = false;
        }
    }
}

static Status make_variants(Experiment *experiment)
{
    TRY(MEMORY_NEW(&experiment->variants, experiment->cells.count));
    for (size_t i = 0; i < experiment->cells.count; ++i)
        TRY(add_to_variant(experiment, i));
    for (size_t i = 0; i < experiment->variant_count; ++i)
        summarise_variant(experiment, &experiment->variants[i]);
    choose_variants(experiment);
    return STATUS_OK;
}

/* The resolved experiment tells the data set; it may be missing. */
static void look_for_phantom(Experiment *experiment)
{
    char *path = NULL, *text = NULL;
    if (files_join(experiment->folder, "experiment.yaml", &path) == STATUS_OK &&
        files_read(path, &text, NULL) == STATUS_OK && mentions_phantom(text))
        experiment->phantom = true;
    free(path);
    free(text);
}

static Status read_folder(const char *folder, const char *published, const char *readers,
                          Experiment *experiment)
{
    TRY(memory_copy_text(folder, &experiment->folder));
    char *journal = NULL;
    TRY(files_join(folder, "journal.jsonl", &journal));
    Status status = report_cells_read(journal, &experiment->cells);
    free(journal);
    if (status != STATUS_OK)
        return status;
    TRY(published_read(published, &experiment->published));
    if (readers != NULL) {
        size_t column = 0;
        TRY(csv_read(readers, &experiment->readers));
        TRY(csv_column(&experiment->readers, "reader", &column));
    }
    TRY(read_results(experiment));
    look_for_phantom(experiment);
    return make_variants(experiment);
}

Status experiment_read(const char *folder, const char *published, const char *readers,
                       Experiment *experiment)
{
    *experiment = (Experiment){0};
    if (!files_is_folder(folder))
        FAIL(STATUS_MISSING, "%s: a results folder expected", folder);
    Status status = read_folder(folder, published, readers, experiment);
    if (status != STATUS_OK)
        experiment_clear(experiment);
    return status;
}

void experiment_clear(Experiment *experiment)
{
    free(experiment->folder);
    for (size_t i = 0; experiment->results != NULL && i < experiment->cells.count; ++i)
        cell_result_clear(&experiment->results[i]);
    free(experiment->results);
    free(experiment->validation);
    for (size_t i = 0; i < experiment->variant_count; ++i)
        free(experiment->variants[i].cells);
    free(experiment->variants);
    report_cells_clear(&experiment->cells);
    published_clear(&experiment->published);
    csv_clear(&experiment->readers);
    *experiment = (Experiment){0};
}

VariantMetric experiment_metric(const Experiment *experiment, const Variant *variant,
                                const char *name)
{
    double nan = (double)NAN, sum = 0, squares = 0;
    VariantMetric metric = {0, nan, nan, nan, nan};
    for (size_t i = 0; i < variant->count; ++i) {
        size_t cell = variant->cells[i];
        const CellMetric *found = NULL;
        if (experiment->cells.cells[cell].state == CELL_STATE_DONE)
            found = cell_result_metric(&experiment->results[cell], name);
        if (found == NULL || isnan(found->value))
            continue;
        ++metric.seeds;
        sum += found->value;
        metric.low = found->low;
        metric.high = found->high;
    }
    if (metric.seeds == 0)
        return metric;
    metric.value = sum / (double)metric.seeds;
    if (metric.seeds == 1)
        return metric;
    metric.low = metric.high = nan;
    for (size_t i = 0; i < variant->count; ++i) {
        size_t cell = variant->cells[i];
        const CellMetric *found = NULL;
        if (experiment->cells.cells[cell].state == CELL_STATE_DONE)
            found = cell_result_metric(&experiment->results[cell], name);
        if (found != NULL && !isnan(found->value))
            squares += (found->value - metric.value) * (found->value - metric.value);
    }
    metric.deviation = sqrt(squares / (double)(metric.seeds - 1));
    return metric;
}

const Variant *experiment_chosen(const Experiment *experiment, const char *backbone,
                                 const char *tuning)
{
    for (size_t i = 0; i < experiment->variant_count; ++i) {
        const Variant *variant = &experiment->variants[i];
        if (variant->chosen && strcmp(variant->backbone, backbone) == 0 &&
            strcmp(variant->tuning, tuning) == 0)
            return variant;
    }
    return NULL;
}

void experiment_describe_state(const Experiment *experiment, const Variant *variant, char *text,
                               size_t room)
{
    const ReportCell *failed = NULL;
    bool running = false, dropped = false;
    for (size_t i = 0; i < variant->count; ++i) {
        const ReportCell *cell = &experiment->cells.cells[variant->cells[i]];
        running |= cell->state == CELL_STATE_STARTED;
        dropped |= cell->state == CELL_STATE_DROPPED;
        if (cell->state == CELL_STATE_FAILED && failed == NULL)
            failed = cell;
    }
    if (variant->finished == variant->count)
        snprintf(text, room, "done");
    else if (variant->finished > 0)
        snprintf(text, room, "%zu of %zu seeds done%s%s", variant->finished, variant->count,
                 failed ? "; failed: " : "", failed ? failed->cause : "");
    else if (failed != NULL)
        snprintf(text, room, "failed: %s", failed->cause);
    else if (dropped)
        snprintf(text, room, "dropped by the search");
    else
        snprintf(text, room, "%s", running ? "missing (started, not finished)" : "missing");
}

static size_t add_name(const char **names, size_t count, size_t room, const char *name)
{
    for (size_t i = 0; i < count; ++i)
        if (strcmp(names[i], name) == 0)
            return count;
    if (count == room)
        return count;
    names[count] = name;
    return count + 1;
}

size_t experiment_backbones(const Experiment *experiment, const char **names, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < experiment->published.count; ++i)
        count = add_name(names, count, room, experiment->published.runs[i].backbone);
    for (size_t i = 0; i < experiment->variant_count; ++i)
        count = add_name(names, count, room, experiment->variants[i].backbone);
    return count;
}
