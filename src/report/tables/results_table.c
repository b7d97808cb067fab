/* What the report's tables have in common; see results_table.h. */
#include "report/tables/results_table.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/labels.h"

void results_table_clear(ResultsTable *table)
{
    table_clear(&table->text);
    table_clear(&table->numbers);
}

Status results_table_check(ResultsTable *table)
{
    Status status = table_check(&table->text);
    if (status == STATUS_OK)
        status = table_check(&table->numbers);
    if (status != STATUS_OK)
        results_table_clear(table);
    return status;
}

void results_columns_add(ResultsColumns *columns, const char *name)
{
    assert(columns->count < RESULTS_COLUMNS_MOST);
    columns->names[columns->count++] = name;
}

/* ---- the columns that name a run ---- */

static bool is_tuning(const char *key)
{
    return strcmp(key, "tuning") == 0;
}

void results_label_pooled(const Experiment *experiment, const Run *run,
                          char text[RESULTS_LABEL_BYTES])
{
    char label[LABEL_BYTES];
    label_run(experiment, run, label);
    if (run->chosen && run->chosen->finished > 1)
        snprintf(text, RESULTS_LABEL_BYTES, "%s, %zu seeds together", label, run->chosen->finished);
    else
        snprintf(text, RESULTS_LABEL_BYTES, "%s", label);
}

void results_columns_add_run(ResultsColumns *columns, const Experiment *experiment, bool tuning)
{
    const Axes *axes = &experiment->axes;
    for (size_t i = 0; i < axes->naming_count; ++i)
        if (tuning || !is_tuning(axes->naming[i]))
            results_columns_add(columns, axes->naming[i]);
}

static const char *run_value(const Run *run, const char *key)
{
    return is_tuning(key)                 ? run->tuning
           : strcmp(key, "backbone") == 0 ? run->backbone
                                          : run->architecture;
}

void results_describe_sources(const Experiment *experiment, const Variant *variant,
                              char text[RESULTS_SOURCES_BYTES])
{
    enum { SHOWN = 4 };
    size_t shown = 0;
    *text = '\0';
    for (size_t i = 0; i < variant->count && shown < SHOWN; ++i) {
        const CellRecord *cell = &experiment->records.cells[variant->cells[i]];
        const size_t used = strlen(text);
        if (cell->standing != CELL_DONE)
            continue;
        snprintf(text + used, RESULTS_SOURCES_BYTES - used, "%scells/%s/result.h5",
                 shown ? ", " : "", cell->id);
        ++shown;
    }
    if (variant->finished > shown)
        snprintf(text + strlen(text), RESULTS_SOURCES_BYTES - strlen(text), " and others");
}

void results_add_source(Table *table, const Experiment *experiment, const Variant *variant)
{
    char text[RESULTS_SOURCES_BYTES];
    results_describe_sources(experiment, variant, text);
    if (*text)
        table_row_source(table, "%s", text);
}

const char results_published_source[] = "published, not of this program";
const char results_readers_source[] = "the file of readers";

void results_describe_source(const Experiment *experiment, const Run *run,
                             char source[RESULTS_SOURCE_BYTES])
{
    snprintf(source, RESULTS_SOURCE_BYTES, "cells/%s/result.h5",
             experiment->records.cells[run->chosen->best].id);
}

void results_add_run(Table *table, const Experiment *experiment, const Run *run, bool tuning,
                     bool random)
{
    const Axes *axes = &experiment->axes;
    if (run->chosen)
        results_add_source(table, experiment, run->chosen);
    for (size_t i = 0; i < axes->naming_count; ++i) {
        const char *key = axes->naming[i];
        if (is_tuning(key) && tuning)
            table_addf(table, "%s%s", run->tuning, random ? ", " LABEL_RANDOM_BACKBONE : "");
        else if (!is_tuning(key) && !tuning && random && i == 0)
            table_addf(table, "%s (local: " LABEL_RANDOM_BACKBONE ")", run_value(run, key));
        else if (!is_tuning(key))
            table_add(table, run_value(run, key));
    }
}

void results_init_tables(const Experiment *experiment, bool tuning, const char *const *texts,
                         size_t text_count, const char *const *names, size_t name_count,
                         ResultsTable *table)
{
    ResultsColumns columns[2] = {{0}, {0}};
    for (size_t i = 0; i < 2; ++i) {
        results_columns_add_run(&columns[i], experiment, tuning);
        for (size_t k = 0; k < (i == 0 ? text_count : name_count); ++k)
            results_columns_add(&columns[i], i == 0 ? texts[k] : names[k]);
    }
    table_init(&table->text, columns[0].count, columns[0].names);
    table_init(&table->numbers, columns[1].count, columns[1].names);
}

/* ---- numbers of tests ---- */

void results_add_difference(Table *table, double difference, Interval interval, double scale,
                            int decimals)
{
    if (isnan(difference))
        table_add(table, "undefined");
    else if (isnan(interval.low))
        table_addf(table, "%+.*f", decimals, scale * difference);
    else
        table_addf(table, "%+.*f (%+.*f to %+.*f)", decimals, scale * difference, decimals,
                   scale * interval.low, decimals, scale * interval.high);
}

void results_add_p(ResultsTable *table, double p)
{
    if (p < 0.001)
        table_add(&table->text, "< 0.001");
    else
        table_add_number(&table->text, p, 3);
    table_add_exact(&table->numbers, p);
}

/* ---- the focal loss's ---- */

void results_columns_add_loss(ResultsColumns *columns, const Experiment *experiment, bool numbers)
{
    if (experiment->has_alpha)
        results_columns_add(columns, numbers ? "focal_alpha" : "alpha");
    if (experiment->has_gamma)
        results_columns_add(columns, numbers ? "focal_gamma" : "gamma");
}

static void add_setting(Table *table, const CellRecord *cell, const char *key)
{
    double value = cell ? label_number(cell, key) : (double)NAN;
    if (isnan(value))
        table_add(table, "");
    else
        table_addf(table, "%g", value);
}

void results_add_loss(Table *table, const Experiment *experiment, const CellRecord *cell)
{
    if (experiment->has_alpha)
        add_setting(table, cell, "alpha");
    if (experiment->has_gamma)
        add_setting(table, cell, "gamma");
}
