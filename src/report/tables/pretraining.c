/* The pretrainings and their own numbers; see results_table.h. */
#include <math.h>
#include <string.h>

#include "report/tables/results_table.h"

static void init_table(Table *table)
{
    static const char *const names[] = {"pretraining", "cell",  "learns by", "data",
                                        "images",      "state", "epochs",    "AUC",
                                        "accuracy",    "Dice",  "deviation", "starts cells"};
    table_init(table, sizeof names / sizeof *names, names);
}

static double metric_value(const CellResult *result, const char *name)
{
    const CellMetric *metric = cell_result_metric(result, name);
    return metric ? metric->value : (double)NAN;
}

static double last_value(const CellResult *result, const char *name)
{
    const CellHistory *history = cell_result_history(result, name);
    return history && result->epochs ? history->values[result->epochs - 1] : (double)NAN;
}

/* How many of the grid's cells start from it. */
static size_t count_starts(const Records *records, const CellRecord *pretraining)
{
    size_t count = 0;
    for (size_t i = 0; i < records->count; ++i)
        count += strcmp(records->cells[i].source, pretraining->id) == 0;
    return count;
}

static void add_row(const Experiment *experiment, size_t index, Table *table)
{
    const CellRecord *cell = &experiment->records.cells[index];
    const CellResult *result = &experiment->results[index];
    const bool done = cell->standing == CELL_DONE;
    const char *const method = record_setting(cell, "method");
    const char *const metrics[] = {"auc", "accuracy", "dice"};
    if (done)
        table_row_source(table, "cells/%s/result.h5", cell->id);
    table_add(table, cell->name);
    table_add(table, cell->id);
    table_add(table, method ? method : "labels");
    table_add(table, done ? result->data : "");
    table_add(table, !done ? "" : result->synthetic == SYNTHETIC_YES ? "synthetic (phantom)" : "");
    table_addf(table, "%s%s%s", cell_standing_name(cell->standing), *cell->cause ? ": " : "",
               cell->cause);
    table_addf(table, "%zu", cell->epochs);
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; ++i)
        table_add_number(table, done ? metric_value(result, metrics[i]) : (double)NAN, 3);
    table_add_number(table, done ? last_value(result, "deviation") : (double)NAN, 3);
    table_addf(table, "%zu", count_starts(&experiment->records, cell));
}

Status results_pretraining(const Experiment *experiment, ResultsTable *table)
{
    Table *both[] = {&table->text, &table->numbers};
    for (size_t i = 0; i < 2; ++i) {
        init_table(both[i]);
        for (size_t k = experiment->records.count; k < records_all(&experiment->records); ++k)
            add_row(experiment, k, both[i]);
    }
    return results_table_check(table);
}
