/* See tidy_tables.h. */
#include "report/tidy_tables.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/table.h"
#include "report/tables/results_table.h"

/* What a row is of. */
typedef struct {
    const Experiment *experiment;
    const CellRecord *cell;
    const CellResult *result;
    const char *images;
    bool chosen;
} Subject;

/* A table: its file, its own columns, and how a subject's rows are added. */
enum { OWN_MOST = 7 };
typedef struct {
    const char *name;
    const char *columns[OWN_MOST]; /* NULL behind the last */
    void (*add)(const Subject *subject, Table *table);
    bool own_images; /* of the cell's own images alone */
} TidyTable;

/* ---- what names a row ---- */

static const char *const first[] = {"cell", "architecture", "backbone", "tuning"};
static const char *const last[] = {"seed", "chosen", "images"};
enum { FIRST = sizeof first / sizeof *first, LAST = sizeof last / sizeof *last };

static void init_table(const Experiment *experiment, const TidyTable *tidy, Table *table)
{
    const Axes *axes = &experiment->axes;
    ResultsColumns columns = {0};
    for (size_t i = 0; i < FIRST; ++i)
        results_columns_add(&columns, first[i]);
    for (size_t i = 0; i < axes->other_count; ++i)
        results_columns_add(&columns, axes->others[i]);
    for (size_t i = 0; i < LAST; ++i)
        results_columns_add(&columns, last[i]);
    for (size_t i = 0; i < OWN_MOST && tidy->columns[i]; ++i)
        results_columns_add(&columns, tidy->columns[i]);
    table_init(table, columns.count, columns.names);
}

static void add_names(const Subject *subject, Table *table)
{
    const Axes *axes = &subject->experiment->axes;
    table_add(table, subject->cell->id);
    for (size_t i = 1; i < FIRST; ++i)
        table_add(table, axes_value(subject->cell, first[i]));
    for (size_t i = 0; i < axes->other_count; ++i)
        table_add(table, axes_value(subject->cell, axes->others[i]));
    table_add(table, axes_value(subject->cell, "seed"));
    table_add(table, subject->chosen ? "yes" : "no");
    table_add(table, subject->images);
}

/* ---- the kinds ---- */

static void add_metrics(const Subject *subject, Table *table)
{
    for (size_t i = 0; i < subject->result->metric_count; ++i) {
        const CellMetric *metric = &subject->result->metrics[i];
        add_names(subject, table);
        table_add(table, metric->name);
        table_add_exact(table, metric->value);
        table_add_exact(table, metric->low);
        table_add_exact(table, metric->high);
    }
}

static void add_confusion(const Subject *subject, Table *table)
{
    const Hdf5Texts *names = &subject->result->class_names;
    for (size_t i = 0; i < names->count * names->count; ++i) {
        add_names(subject, table);
        table_add(table, names->items[i / names->count]);
        table_add(table, names->items[i % names->count]);
        table_addf(table, "%llu", (unsigned long long)subject->result->confusion[i]);
    }
}

static void add_roc(const Subject *subject, Table *table)
{
    for (size_t i = 0; i < subject->result->roc_count; ++i) {
        add_names(subject, table);
        table_add_exact(table, subject->result->false_positive_rate[i]);
        table_add_exact(table, subject->result->true_positive_rate[i]);
    }
}

/* "normal" or a lesion class, which -1 or its number stands for. */
static void add_class(const CellResult *result, const int64_t *classes, size_t image, Table *table)
{
    const bool known = classes && (size_t)(classes[image] + 1) < result->class_names.count;
    table_add(table, known ? result->class_names.items[classes[image] + 1] : "");
}

static void add_predictions(const Subject *subject, Table *table)
{
    const CellResult *result = subject->result;
    for (size_t i = 0; i < result->images; ++i) {
        add_names(subject, table);
        table_add(table, result->image_names.items[i]);
        table_add(table, result->patients.count ? result->patients.items[i] : "");
        add_class(result, result->truth, i, table);
        add_class(result, result->predicted, i, table);
        table_add_exact(table, result->lesion_score ? result->lesion_score[i] : (double)NAN);
        table_add_exact(table, result->dice ? result->dice[i] : (double)NAN);
        table_add_exact(table, result->seconds[i]);
    }
}

static void add_history(const Subject *subject, Table *table)
{
    const CellResult *result = subject->result;
    const CellHistory *epoch = cell_result_history(result, "epoch");
    for (size_t i = 0; i < result->history_count; ++i)
        for (size_t k = 0; k < result->epochs && &result->history[i] != epoch; ++k) {
            add_names(subject, table);
            table_add_exact(table, epoch ? epoch->values[k] : (double)(k + 1));
            table_add(table, result->history[i].name);
            table_add_exact(table, result->history[i].values[k]);
        }
}

static const TidyTable kinds[] = {
    {"metrics", {"metric", "value", "low", "high"}, add_metrics, false},
    {"confusion", {"annotated", "predicted", "count"}, add_confusion, false},
    {"roc", {"false_positive_rate", "true_positive_rate"}, add_roc, false},
    {"predictions",
     {"image", "patient", "annotated", "predicted", "lesion_score", "dice", "seconds"},
     add_predictions,
     false},
    {"history", {"epoch", "quantity", "value"}, add_history, true},
};

/* ---- all cells ---- */

/* chosen[i]: whether cell i has the chosen settings of its run. Owned by the caller. */
static Status find_chosen(const Experiment *experiment, bool **chosen)
{
    TRY(MEMORY_NEW(chosen, experiment->records.count));
    for (size_t i = 0; i < experiment->variant_count; ++i)
        for (size_t k = 0; k < experiment->variants[i].count; ++k)
            (*chosen)[experiment->variants[i].cells[k]] = experiment->variants[i].chosen;
    return STATUS_OK;
}

static void add_rows(const Experiment *experiment, const TidyTable *tidy, const bool *chosen,
                     Table *table)
{
    const ExternalResults *externals = &experiment->externals;
    for (size_t i = 0; i < experiment->records.count; ++i) {
        const CellRecord *cell = &experiment->records.cells[i];
        const CellResult *result = &experiment->results[i];
        Subject subject = {experiment, cell, result, result->on_validation ? "validation" : "test",
                           chosen[i]};
        if (cell->standing != CELL_DONE)
            continue;
        tidy->add(&subject, table);
        for (size_t k = 0; !tidy->own_images && k < externals->count; ++k) {
            if (externals->items[k].cell != i || *externals->items[k].problem)
                continue;
            subject.result = &externals->items[k].result;
            subject.images = externals->items[k].name;
            tidy->add(&subject, table);
        }
    }
}

static Status save(const Experiment *experiment, const TidyTable *tidy, const bool *chosen,
                   const char *folder)
{
    char path[PATH_MAX];
    Table table;
    snprintf(path, sizeof path, "%s/%s.csv", folder, tidy->name);
    init_table(experiment, tidy, &table);
    add_rows(experiment, tidy, chosen, &table);
    Status status = table_check(&table);
    if (status == STATUS_OK)
        status = table_save_csv(&table, path);
    table_clear(&table);
    return status;
}

Status tidy_tables_save(const Experiment *experiment, const char *folder)
{
    bool *chosen;
    TRY(find_chosen(experiment, &chosen));
    Status status = STATUS_OK;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && status == STATUS_OK; ++i)
        status = save(experiment, &kinds[i], chosen, folder);
    free(chosen);
    return status;
}
