/* What needs no network, beside the chosen runs; see results_table.h. */
#include <math.h>

#include "report/labels.h"
#include "report/tables/results_table.h"

static void init_tables(ResultsTable *table)
{
    static const char *const texts[] = {"network", "AUC", "macro F1, %"};
    static const char *const numbers[] = {"name",     "auc",    "auc_low", "auc_high",
                                          "macro_f1", "f1_low", "f1_high"};
    table_init(&table->text, sizeof texts / sizeof *texts, texts);
    table_init(&table->numbers, sizeof numbers / sizeof *numbers, numbers);
}

/* An empty cell where there is no such figure (NULL). */
static void add_figure(ResultsTable *table, const BaselineFigure *given, double scale, int decimals)
{
    const BaselineFigure none = {(double)NAN, (double)NAN, (double)NAN},
                         figure = given ? *given : none;
    const double values[] = {scale * figure.value, scale * figure.low, scale * figure.high};
    if (isnan(figure.value))
        table_add(&table->text, given ? "undefined" : "");
    else if (isnan(figure.low))
        table_addf(&table->text, "%.*f", decimals, values[0]);
    else
        table_addf(&table->text, "%.*f (%.*f to %.*f)", decimals, values[0], decimals, values[1],
                   decimals, values[2]);
    for (size_t i = 0; i < 3; ++i)
        table_add_exact(&table->numbers, values[i]);
}

static void add_row(ResultsTable *table, const char *name, const BaselineFigure *auc,
                    const BaselineFigure *f1)
{
    table_add(&table->text, name);
    table_add(&table->numbers, name);
    add_figure(table, auc, 1, 3);
    add_figure(table, f1, 100, 2);
}

static void add_result(ResultsTable *table, const char *label, const CellResult *result)
{
    static const char *const names[] = {"auc", "f1"};
    BaselineFigure figures[2];
    const CellMetric *found[2];
    for (size_t i = 0; i < 2; ++i) {
        found[i] = cell_result_metric(result, names[i]);
        if (found[i])
            figures[i] = (BaselineFigure){found[i]->value, found[i]->low, found[i]->high};
    }
    add_row(table, label, found[0] ? &figures[0] : NULL, found[1] ? &figures[1] : NULL);
}

Status results_baselines(const Experiment *experiment, ResultsTable *table)
{
    const Control *control = &experiment->control;
    init_tables(table);
    table_row_source(&table->text, "%s", CONTROL_FILE);
    add_row(table, "colour histogram + logistic regression", &control->colours.auc,
            &control->colours.f1);
    table_row_source(&table->text, "%s", CONTROL_FILE);
    if (control->has_overlays)
        add_row(table, "overlays alone + logistic regression", &control->overlays.auc, NULL);
    table_row_source(&table->text, "%s", CONTROL_FILE);
    if (control->has_denoised)
        add_row(table, "overlays alone, denoised + logistic regression", &control->denoised.auc,
                NULL);
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const CellResult *result = experiment_result(experiment, &experiment->runs[i]);
        char label[LABEL_BYTES], source[RESULTS_SOURCE_BYTES];
        if (!result)
            continue;
        label_run(experiment, &experiment->runs[i], label);
        results_describe_source(experiment, &experiment->runs[i], source);
        table_row_source(&table->text, "%s", source);
        add_result(table, label, result);
    }
    return results_table_check(table);
}
