/* Internal against external: what is left of each metric elsewhere; see results_table.h. */
#include <math.h>

#include "eval/independent_difference.h"
#include "report/labels.h"
#include "report/tables/results_table.h"

typedef struct {
    const char *name; /* in result.h5 */
    const char *heading;
    double scale;
    int decimals;
} Shown;

static const Shown shown[] = {
    {"auc", "AUC", 1, 3},
    {"lesion_sensitivity", "lesion sensitivity, %", 100, 1},
    {"lesion_specificity", "lesion specificity, %", 100, 1},
    {"accuracy", "accuracy, %", 100, 1},
    {"f1", "F1, %", 100, 1},
    {"sensitivity", "sensitivity, %", 100, 1},
    {"specificity", "specificity, %", 100, 1},
    {"dice", "Dice", 1, 3},
    {"mask_iou", "mask IoU", 1, 3},
    {"ap_50", "AP at IoU 0.5", 1, 3},
};
enum { SHOWN = sizeof shown / sizeof *shown };

/* Of the cells that stand for their runs, which come first. */
static bool stands_for_run(const Experiment *experiment, size_t cell)
{
    for (size_t i = 0; i < experiment->run_count; ++i)
        if (experiment->runs[i].chosen && experiment->runs[i].chosen->best == cell)
            return true;
    return false;
}

/* The start of a row in both forms. */
static void begin_row(const Experiment *experiment, const ExternalResult *external,
                      const char *metric, const char *heading, ResultsTable *table)
{
    const CellRecord *cell = &experiment->records.cells[external->cell];
    Table *both[] = {&table->text, &table->numbers};
    char title[LABEL_TITLE_BYTES];
    label_cell(experiment, cell, title);
    table_row_source(&table->text, "cells/%s/result.h5, cells/%s/test_%s.h5", cell->id, cell->id,
                     external->name);
    table_add(&table->numbers, cell->id);
    for (size_t i = 0; i < 2; ++i) {
        table_add(both[i], title);
        table_add(both[i], external->name);
        table_addf(both[i], "%zu", experiment->results[external->cell].images);
        table_addf(both[i], "%zu", external->result.images);
        table_add(both[i], i ? metric : heading);
    }
}

static void add_value(const CellMetric *metric, const Shown *of, ResultsTable *table)
{
    const double nan = (double)NAN;
    const CellMetric value = metric ? *metric : (CellMetric){.value = nan, .low = nan, .high = nan};
    if (isnan(value.value))
        table_add(&table->text, metric ? "undefined" : "not given");
    else if (isnan(value.low))
        table_add_number(&table->text, of->scale * value.value, of->decimals);
    else
        table_addf(&table->text, "%.*f (%.*f to %.*f)", of->decimals, of->scale * value.value,
                   of->decimals, of->scale * value.low, of->decimals, of->scale * value.high);
    table_add_exact(&table->numbers, value.value);
    table_add_exact(&table->numbers, value.low);
    table_add_exact(&table->numbers, value.high);
}

/* Replicates that are all the same, as of a metric that is 0 on all images, say nothing. */
static Interval interval_of(const CellMetric *metric)
{
    return metric->low < metric->high ? (Interval){metric->low, metric->high}
                                      : (Interval){(double)NAN, (double)NAN};
}

static bool is_defined(const CellMetric *metric)
{
    return metric && !isnan(metric->value);
}

static void add_drop(const CellMetric *internal, const CellMetric *external, const Shown *of,
                     ResultsTable *table)
{
    Interval interval = {(double)NAN, (double)NAN};
    double drop = (double)NAN;
    if (is_defined(internal) && is_defined(external)) {
        drop = internal->value - external->value;
        interval = independent_difference(internal->value, interval_of(internal), external->value,
                                          interval_of(external));
    }
    results_add_difference(&table->text, drop, interval, of->scale, of->decimals);
    table_add_exact(&table->numbers, drop);
    table_add_exact(&table->numbers, interval.low);
    table_add_exact(&table->numbers, interval.high);
}

/* A file that cannot be read has a row that says so, or nobody would miss its set. */
static void add_problem(const Experiment *experiment, const ExternalResult *external,
                        ResultsTable *table)
{
    begin_row(experiment, external, "", "", table);
    table_add(&table->text, "");
    table_addf(&table->text, "cannot be read: %s", external->problem);
    table_add(&table->text, "");
    for (size_t i = 0; i < 9; ++i)
        table_add(&table->numbers, "");
}

static void add_rows(const Experiment *experiment, bool first, ResultsTable *table)
{
    for (size_t i = 0; i < experiment->externals.count; ++i) {
        const ExternalResult *external = &experiment->externals.items[i];
        const CellResult *internal = &experiment->results[external->cell];
        if (stands_for_run(experiment, external->cell) != first)
            continue;
        if (*external->problem)
            add_problem(experiment, external, table);
        for (size_t m = 0; m < SHOWN && !*external->problem; ++m) {
            const CellMetric *here = cell_result_metric(internal, shown[m].name);
            const CellMetric *there = cell_result_metric(&external->result, shown[m].name);
            if (!is_defined(here) && !is_defined(there))
                continue;
            begin_row(experiment, external, shown[m].name, shown[m].heading, table);
            add_value(here, &shown[m], table);
            add_value(there, &shown[m], table);
            add_drop(here, there, &shown[m], table);
        }
    }
}

bool results_has_external(const Experiment *experiment)
{
    return experiment->externals.count > 0;
}

Status results_external(const Experiment *experiment, ResultsTable *table)
{
    static const char *const texts[] = {"cell",   "test set", "images here", "images there",
                                        "metric", "internal", "external",    "drop"};
    static const char *const numbers[] = {
        "id",           "cell",          "test_set",     "internal_images", "external_images",
        "metric",       "internal",      "internal_low", "internal_high",   "external",
        "external_low", "external_high", "drop",         "drop_low",        "drop_high"};
    table_init(&table->text, sizeof texts / sizeof *texts, texts);
    table_init(&table->numbers, sizeof numbers / sizeof *numbers, numbers);
    add_rows(experiment, true, table);
    table_fold(&table->text);
    add_rows(experiment, false, table);
    return results_table_check(table);
}
