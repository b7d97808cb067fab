/* See metric_table.h. */
#include "report/tables/metric_table.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/collapse.h"
#include "report/labels.h"

enum { STATE_BYTES = RECORD_CAUSE_BYTES + COLLAPSE_TEXT_BYTES + 96, GAP_BYTES = 64 };

/* What the rows are made with. */
typedef struct {
    const Experiment *experiment;
    const MetricColumn *metrics[METRIC_COLUMNS_MOST];
    size_t count;
    bool published; /* some run is published: metrics that are get a column of the paper's */
    ResultsTable *table;
} Filling;

static double published_value(const MetricColumn *metric, const PublishedRun *run)
{
    double value = (double)NAN;
    if (run != NULL && metric->published != METRIC_NOT_PUBLISHED)
        memcpy(&value, (const char *)run + metric->published, sizeof value);
    return value;
}

static bool has_published(const Filling *filling, const MetricColumn *metric)
{
    return filling->published && metric->published != METRIC_NOT_PUBLISHED;
}

static void choose_metrics(Filling *filling, const MetricColumn *metrics, size_t count)
{
    assert(count <= METRIC_COLUMNS_MOST);
    for (size_t i = 0; i < filling->experiment->run_count; ++i)
        filling->published |= filling->experiment->runs[i].published != NULL;
    for (size_t i = 0; i < count; ++i)
        if (has_published(filling, &metrics[i]) ||
            experiment_has_metric(filling->experiment, metrics[i].name))
            filling->metrics[filling->count++] = &metrics[i];
}

/* Which dataset a column is of: the metrics stand before the last one, the state. */
static void tell_sources(const Filling *filling, size_t columns)
{
    size_t column = columns - 1;
    char source[96];
    for (size_t i = filling->count; i-- > 0;) {
        if (has_published(filling, filling->metrics[i]))
            table_column_source(&filling->table->text, --column, results_published_source);
        snprintf(source, sizeof source, "/test/metrics, %s", filling->metrics[i]->name);
        table_column_source(&filling->table->text, --column, source);
    }
}

/* The headings of both forms. */
static void init_tables(const Filling *filling)
{
    static const char *const parts[] = {"", "_low", "_high", "_deviation", "_published"};
    ResultsColumns texts = {0}, numbers = {0};
    char names[METRIC_COLUMNS_MOST][5][48];
    results_columns_add_run(&texts, filling->experiment, true);
    results_columns_add_run(&numbers, filling->experiment, true);
    results_columns_add_loss(&texts, filling->experiment, false);
    results_columns_add_loss(&numbers, filling->experiment, true);
    results_columns_add(&texts, "others");
    results_columns_add(&texts, "chosen");
    results_columns_add(&numbers, "others");
    results_columns_add(&numbers, "seeds");
    results_columns_add(&numbers, "chosen");
    results_columns_add(&numbers, "validation");
    for (size_t i = 0; i < filling->count; ++i) {
        const MetricColumn *metric = filling->metrics[i];
        size_t part_count = has_published(filling, metric) ? 5 : 4;
        results_columns_add(&texts, metric->heading);
        if (part_count == 5)
            results_columns_add(&texts, "paper");
        for (size_t j = 0; j < part_count; ++j) {
            snprintf(names[i][j], sizeof names[i][j], "%s%s", metric->name, parts[j]);
            results_columns_add(&numbers, names[i][j]);
        }
    }
    results_columns_add(&texts, "state");
    results_columns_add(&numbers, "state");
    table_init(&filling->table->text, texts.count, texts.names);
    tell_sources(filling, texts.count);
    table_init(&filling->table->numbers, numbers.count, numbers.names);
}

/* One metric's cells in both forms; `gap` is shown where a variant has no number. */
static void add_metric(const Filling *filling, const MetricColumn *column, VariantMetric metric,
                       const PublishedRun *published, const char *gap)
{
    Table *text = &filling->table->text, *numbers = &filling->table->numbers;
    double scale = column->scale;
    int decimals = column->decimals;
    if (isnan(metric.value))
        table_add(text, gap);
    else if (metric.seeds > 1)
        table_addf(text, "%.*f ± %.*f", decimals, scale * metric.value, decimals,
                   scale * metric.deviation);
    else if (isnan(metric.low))
        table_addf(text, "%.*f", decimals, scale * metric.value);
    else
        table_addf(text, "%.*f (%.*f to %.*f)", decimals, scale * metric.value, decimals,
                   scale * metric.low, decimals, scale * metric.high);
    table_add_exact(numbers, scale * metric.value);
    table_add_exact(numbers, scale * metric.low);
    table_add_exact(numbers, scale * metric.high);
    table_add_exact(numbers, scale * metric.deviation);
    if (!has_published(filling, column))
        return;
    table_add_number(text, published_value(column, published), column->scale > 1 ? 2 : 3);
    table_add_number(numbers, published_value(column, published), column->scale > 1 ? 2 : 3);
}

/* Adds the signs of cells that may have learnt nothing. */
static void describe_collapse(const Experiment *experiment, const Variant *variant,
                              char state[STATE_BYTES])
{
    unsigned signs;
    char why[COLLAPSE_TEXT_BYTES];
    const size_t count = collapse_count(experiment, variant, &signs), used = strlen(state);
    if (count == 0)
        return;
    collapse_describe(signs, why);
    if (variant->count == 1)
        snprintf(state + used, STATE_BYTES - used, "; %s", why);
    else
        snprintf(state + used, STATE_BYTES - used, "; %zu of %zu seeds, the worst: %s", count,
                 variant->finished, why);
}

/* How far a variant got, in words. */
static void describe_state(const Experiment *experiment, const Variant *variant,
                           char state[STATE_BYTES])
{
    const char *cause =
        variant->standing == CELL_FAILED ? experiment->records.cells[variant->failed].cause : NULL;
    if (variant->standing == CELL_DONE)
        snprintf(state, STATE_BYTES, "done");
    else if (variant->finished > 0)
        snprintf(state, STATE_BYTES, "%zu of %zu seeds done%s%s", variant->finished, variant->count,
                 cause ? "; failed: " : "", cause ? cause : "");
    else if (cause)
        snprintf(state, STATE_BYTES, "failed: %s", cause);
    else if (variant->standing == CELL_DROPPED)
        snprintf(state, STATE_BYTES, "dropped by the search");
    else
        snprintf(state, STATE_BYTES, "%s",
                 variant->standing == CELL_PARTIAL ? "missing (started, not finished)" : "missing");
    describe_collapse(experiment, variant, state);
}

/* What stands where a variant has no number of a metric. */
static void describe_gap(const Variant *variant, const VariantMetric *metric, const char *why,
                         char gap[GAP_BYTES])
{
    const char *text = variant->finished > 0 ? metric->given ? "undefined" : "not given"
                       : variant->standing == CELL_FAILED  ? "failed"
                       : variant->standing == CELL_DROPPED ? "dropped"
                                                           : "missing";
    const bool reason = variant->finished > 0 && metric->given && why;
    snprintf(gap, GAP_BYTES, "%s%s%s", text, reason ? ": " : "", reason ? why : "");
}

static void add_variant_row(const Filling *filling, const Run *run, const Variant *variant)
{
    const Experiment *experiment = filling->experiment;
    const CellRecord *cell = experiment_cell(experiment, variant);
    Table *text = &filling->table->text, *numbers = &filling->table->numbers;
    const char *chosen = variant->chosen ? "yes" : "";
    char state[STATE_BYTES], others[LABEL_OTHERS_BYTES];
    describe_state(experiment, variant, state);
    label_others(experiment, cell, others);
    results_add_run(text, experiment, run, true, label_random_backbone(cell));
    results_add_source(text, experiment, variant);
    results_add_loss(text, experiment, cell);
    table_add(text, others);
    table_add(text, chosen);
    results_add_run(numbers, experiment, run, true, false);
    results_add_loss(numbers, experiment, cell);
    table_add(numbers, others);
    table_addf(numbers, "%zu", variant->finished);
    table_add(numbers, chosen);
    table_add_exact(numbers, variant->validation);
    for (size_t i = 0; i < filling->count; ++i) {
        const MetricColumn *column = filling->metrics[i];
        VariantMetric metric = experiment_metric(experiment, variant, column->name);
        char gap[GAP_BYTES];
        describe_gap(variant, &metric, column->undefined, gap);
        add_metric(filling, column, metric, run->published, gap);
    }
    table_add(text, state);
    table_add(numbers, state);
}

/* What the paper has and the grid has not. */
static void add_unplanned_row(const Filling *filling, const Run *run)
{
    const double nan = (double)NAN;
    Table *text = &filling->table->text, *numbers = &filling->table->numbers;
    const char *const state = "missing: not in this grid";
    results_add_run(text, filling->experiment, run, true, false);
    results_add_loss(text, filling->experiment, NULL);
    results_add_run(numbers, filling->experiment, run, true, false);
    results_add_loss(numbers, filling->experiment, NULL);
    for (size_t i = 0; i < 2; ++i) /* others, chosen */
        table_add(text, "");
    for (size_t i = 0; i < 4; ++i) /* others to validation */
        table_add(numbers, "");
    for (size_t i = 0; i < filling->count; ++i)
        add_metric(filling, filling->metrics[i], (VariantMetric){false, 0, nan, nan, nan, nan},
                   run->published, "missing");
    table_add(text, state);
    table_add(numbers, state);
}

Status metric_table_fill(const Experiment *experiment, const MetricColumn *metrics, size_t count,
                         MetricRowsKind rows, ResultsTable *table)
{
    Filling filling = {.experiment = experiment, .table = table};
    choose_metrics(&filling, metrics, count);
    init_tables(&filling);
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Run *run = &experiment->runs[i];
        for (size_t k = 0; k < run->variant_count; ++k)
            if (rows == METRIC_ROWS_ALL || experiment->variants[run->variants[k]].chosen)
                add_variant_row(&filling, run, &experiment->variants[run->variants[k]]);
        if (rows == METRIC_ROWS_ALL && run->variant_count == 0 &&
            !isnan(published_value(&metrics[0], run->published)))
            add_unplanned_row(&filling, run);
    }
    return results_table_check(table);
}
