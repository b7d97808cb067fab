/* Two experiments beside each other, run by run and metric by metric; see two_experiments.h. */
#include "report/tables/two_experiments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "eval/independent_difference.h"
#include "eval/several_seeds.h"
#include "report/metric_differences.h"

static bool is_tested(const RunPair *pair)
{
    return pair->seed_counts[0] > 0 && pair->seed_counts[1] > 0;
}

static void add_text(ResultsTable *table, const char *text)
{
    table_add(&table->text, text);
    table_add(&table->numbers, text);
}

/* ---- run by run ---- */

/* "106" where both have as many, else "106 and 90"; numbers by themselves. */
static void add_counts(const size_t counts[2], ResultsTable *table)
{
    if (counts[0] == counts[1])
        table_addf(&table->text, "%zu", counts[0]);
    else
        table_addf(&table->text, "%zu and %zu", counts[0], counts[1]);
    for (size_t side = 0; side < 2; ++side)
        table_addf(&table->numbers, "%zu", counts[side]);
}

static void add_mcnemar(const RunPair *pair, ResultsTable *table)
{
    const McnemarTest *test = &pair->mcnemar;
    if (isnan(test->p)) {
        for (size_t i = 0; i < 3; ++i)
            add_text(table, "");
    } else {
        Table *both[] = {&table->text, &table->numbers};
        for (size_t i = 0; i < 2; ++i) {
            table_addf(both[i], "%zu", test->only_first);
            table_addf(both[i], "%zu", test->only_second);
            table_add(both[i], test->exact ? "exact" : "chi-square");
        }
    }
    results_add_p(table, test->p);
    results_add_p(table, pair->mcnemar_p_holm);
}

static void add_seeds(const RunPairs *pairs, const RunPair *pair, ResultsTable *table)
{
    char seeds[2][EXPERIMENT_SEED_BYTES], both[2 * EXPERIMENT_SEED_BYTES + 16];
    for (size_t side = 0; side < 2; ++side)
        experiment_describe_seed(pairs->experiments[side], pair->runs[side], seeds[side]);
    snprintf(both, sizeof both, "%s%s%s%s%s", *seeds[0] ? "A: " : "", seeds[0],
             *seeds[0] && *seeds[1] ? "; " : "", *seeds[1] ? "B: " : "", seeds[1]);
    add_text(table, both);
}

/* The files that stand for the runs, of either experiment. */
static void tell_source(const RunPairs *pairs, const RunPair *pair, ResultsTable *table)
{
    char source[2][RESULTS_SOURCE_BYTES];
    for (size_t side = 0; side < 2; ++side)
        results_describe_source(pairs->experiments[side], pair->runs[side], source[side]);
    table_row_source(&table->text, "A: %s; B: %s", source[0], source[1]);
}

static void add_pair(const RunPairs *pairs, const RunPair *pair, ResultsTable *table)
{
    tell_source(pairs, pair, table);
    add_text(table, pair->label);
    add_text(table, pair->paired ? "paired" : "unpaired");
    add_counts(pair->images, table);
    add_counts(pair->patients, table);
    for (size_t side = 0; side < 2; ++side) {
        table_add_number(&table->text, pair->auc[side], 3);
        table_add_exact(&table->numbers, pair->auc[side]);
    }
    results_add_difference(&table->text, pair->difference, pair->interval, 1, 3);
    table_add_exact(&table->numbers, pair->difference);
    table_add_exact(&table->numbers, pair->interval.low);
    table_add_exact(&table->numbers, pair->interval.high);
    table_add_number(&table->text, pair->z, 2);
    table_add_exact(&table->numbers, pair->z);
    results_add_p(table, pair->p);
    results_add_p(table, pair->p_holm);
    add_mcnemar(pair, table);
    add_seeds(pairs, pair, table);
}

Status two_experiments_runs(const RunPairs *pairs, ResultsTable *table)
{
    static const char *const texts[] = {"run",
                                        "compared",
                                        "images",
                                        "patients",
                                        "AUC of A",
                                        "AUC of B",
                                        "B less A",
                                        "z",
                                        "p",
                                        "p (Holm)",
                                        "right only in A",
                                        "right only in B",
                                        "McNemar's test",
                                        "p",
                                        "p (Holm)",
                                        "seeds"};
    static const char *const names[] = {
        "run",        "compared",       "a_images",        "b_images",
        "a_patients", "b_patients",     "a_auc",           "b_auc",
        "difference", "difference_low", "difference_high", "z",
        "p",          "p_holm",         "only_a",          "only_b",
        "mcnemar",    "mcnemar_p",      "mcnemar_p_holm",  "seeds"};
    table_init(&table->text, sizeof texts / sizeof *texts, texts);
    table_init(&table->numbers, sizeof names / sizeof *names, names);
    for (size_t i = 0; i < pairs->count; ++i)
        add_pair(pairs, &pairs->items[i], table);
    return results_table_check(table);
}

/* ---- metric by metric ---- */

/* What the cells of one side said of their images, read anew. */
typedef struct {
    AllAnswers *items; /* count */
    size_t count;
} SideAnswers;

static void side_clear(SideAnswers *side)
{
    for (size_t i = 0; i < side->count; ++i)
        all_answers_clear(&side->items[i]);
    free(side->items);
}

static Status side_read(const Experiment *experiment, const RunPair *pair, size_t side,
                        SideAnswers *answers)
{
    TRY(MEMORY_NEW(&answers->items, pair->seed_counts[side]));
    for (size_t i = 0; i < pair->seed_counts[side]; ++i) {
        const CellResult *result = pair->seeds[side][i];
        char *path;
        if (asprintf(&path, "%s/cells/%s/result.h5", experiment->folder,
                     experiment->records.cells[result - experiment->results].id) < 0)
            FAIL(STATUS_NO_MEMORY, "no memory for the path of a result");
        Status status = all_answers_read(path, result, &answers->items[i]);
        free(path);
        TRY(status);
        ++answers->count;
    }
    return STATUS_OK;
}

static Status draw(const RunPairs *pairs, const RunPair *pair, MetricDifferences *differences)
{
    SideAnswers sides[2] = {{0}, {0}};
    Status status = STATUS_OK;
#pragma omp critical(two_experiments_files) /* HDF5 is called by one thread at a time */
    for (size_t side = 0; side < 2; ++side)
        if (status == STATUS_OK)
            status = side_read(pairs->experiments[side], pair, side, &sides[side]);
    if (status == STATUS_OK)
        status = metric_differences_draw((AnsweredSeeds){sides[0].items, sides[0].count},
                                         (AnsweredSeeds){sides[1].items, sides[1].count},
                                         pair->paired, differences);
    for (size_t side = 0; side < 2; ++side)
        side_clear(&sides[side]);
    return status;
}

/* A metric of a pair. */
typedef struct {
    VariantMetric sides[2]; /* means over the seeds, with an interval where there is one */
    double difference;
    Interval interval, with_seeds;
    const char *how;
} MetricPair;

/* The values of a metric over the seeds of one side; how many. */
static size_t seed_values(const RunPair *pair, size_t side, const char *name, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i < pair->seed_counts[side]; ++i) {
        const CellMetric *metric = cell_result_metric(pair->seeds[side][i], name);
        if (metric && !isnan(metric->value))
            values[count++] = metric->value;
    }
    return count;
}

/* The interval that other seeds, too, would give. */
static Status add_between_seeds(const RunPair *pair, const char *name, double sampling_error,
                                MetricPair *metric)
{
    double *values;
    const size_t most = pair->seed_counts[0];
    TRY(MEMORY_NEW(&values, most + pair->seed_counts[1]));
    const SeedValues first = {values, seed_values(pair, 0, name, values)};
    const SeedValues second = {values + most, seed_values(pair, 1, name, values + most)};
    const size_t patients =
        pair->patients[0] < pair->patients[1] ? pair->patients[0] : pair->patients[1];
    metric->with_seeds = several_seeds_difference(first, second, sampling_error, patients).interval;
    free(values);
    return STATUS_OK;
}

/* Of what the images' answers tell. */
static Status compare_answers(const RunPair *pair, const MetricDifference *found,
                              MetricPair *metric)
{
    for (size_t side = 0; side < 2; ++side)
        if (metric->sides[side].seeds > 1) {
            metric->sides[side].low = found->sides[side].logit.low;
            metric->sides[side].high = found->sides[side].logit.high;
        }
    double error = hypot(found->sides[0].standard_error, found->sides[1].standard_error);
    if (pair->paired) {
        metric->how = "paired";
        metric->interval = found->difference.percentile;
        error = found->difference.standard_error;
    }
    return add_between_seeds(pair, found->name, error, metric);
}

static Interval interval_of(const VariantMetric *metric)
{
    return (Interval){metric->low, metric->high};
}

/* Files of earlier versions may hold a metric by another definition than that of today. */
static bool is_same(const MetricDifference *found, const MetricPair *metric)
{
    return found && fabs(found->sides[0].value - metric->sides[0].value) < 1e-9 &&
           fabs(found->sides[1].value - metric->sides[1].value) < 1e-9;
}

static Status compare_metric(const RunPairs *pairs, const RunPair *pair,
                             const MetricDifferences *differences, const char *name,
                             MetricPair *metric)
{
    const double nan = (double)NAN;
    for (size_t side = 0; side < 2; ++side)
        metric->sides[side] =
            experiment_metric(pairs->experiments[side], pair->runs[side]->chosen, name);
    const VariantMetric *a = &metric->sides[0], *b = &metric->sides[1];
    const MetricDifference *found = metric_differences_find(differences, name);
    metric->difference = b->value - a->value;
    metric->with_seeds = metric->interval = (Interval){nan, nan};
    metric->how = pair->paired ? "as if of other images" : "other images";
    if (is_same(found, metric))
        TRY(compare_answers(pair, found, metric));
    if (isnan(metric->interval.low))
        metric->interval =
            independent_difference(b->value, interval_of(b), a->value, interval_of(a));
    return STATUS_OK;
}

static void add_side(Table *table, const VariantMetric *metric, bool numbers)
{
    if (numbers) {
        table_add_exact(table, metric->value);
        table_add_exact(table, metric->low);
        table_add_exact(table, metric->high);
        table_addf(table, "%zu", metric->seeds);
    } else if (isnan(metric->value)) {
        table_add(table, "undefined");
    } else if (isnan(metric->low)) {
        table_add_number(table, metric->value, 3);
    } else {
        table_addf(table, "%.3f (%.3f to %.3f)", metric->value, metric->low, metric->high);
    }
}

static void add_metric(const RunPairs *pairs, const RunPair *pair, const char *name,
                       const MetricPair *metric, ResultsTable *table)
{
    char sources[2][RESULTS_SOURCES_BYTES];
    for (size_t side = 0; side < 2; ++side)
        results_describe_sources(pairs->experiments[side], pair->runs[side]->chosen, sources[side]);
    table_row_source(&table->text, "A: %s; B: %s", sources[0], sources[1]);
    add_text(table, pair->label);
    add_text(table, name);
    for (size_t side = 0; side < 2; ++side) {
        add_side(&table->text, &metric->sides[side], false);
        add_side(&table->numbers, &metric->sides[side], true);
    }
    results_add_difference(&table->text, metric->difference, metric->interval, 1, 3);
    if (isnan(metric->with_seeds.low))
        table_add(&table->text, "");
    else
        table_addf(&table->text, "%+.3f to %+.3f", metric->with_seeds.low, metric->with_seeds.high);
    const double numbers[] = {metric->difference, metric->interval.low, metric->interval.high,
                              metric->with_seeds.low, metric->with_seeds.high};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i)
        table_add_exact(&table->numbers, numbers[i]);
    add_text(table, metric->how);
}

static Status add_metrics(const RunPairs *pairs, const RunPair *pair,
                          const MetricDifferences *differences, ResultsTable *table)
{
    const CellResult *first = experiment_result(pairs->experiments[0], pair->runs[0]);
    const CellResult *second = experiment_result(pairs->experiments[1], pair->runs[1]);
    for (size_t i = 0; i < first->metric_count; ++i) {
        const char *name = first->metrics[i].name;
        MetricPair metric;
        if (!cell_result_metric(second, name))
            continue;
        TRY(compare_metric(pairs, pair, differences, name, &metric));
        add_metric(pairs, pair, name, &metric, table);
    }
    return STATUS_OK;
}

/* Pairs are drawn by threads of their own, and added in their order. */
static Status draw_all(const RunPairs *pairs, MetricDifferences *differences)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < pairs->count; ++i)
        if (is_tested(&pairs->items[i]) && !first_error_before(&first, i))
            first_error_note(&first, i, draw(pairs, &pairs->items[i], &differences[i]));
    return first_error_status(&first);
}

static Status fill(const RunPairs *pairs, ResultsTable *table)
{
    MetricDifferences *differences;
    TRY(MEMORY_NEW(&differences, pairs->count));
    Status status = draw_all(pairs, differences);
    for (size_t i = 0; i < pairs->count && status == STATUS_OK; ++i)
        status = add_metrics(pairs, &pairs->items[i], &differences[i], table);
    for (size_t i = 0; i < pairs->count; ++i)
        metric_differences_clear(&differences[i]);
    free(differences);
    return status;
}

Status two_experiments_metrics(const RunPairs *pairs, ResultsTable *table)
{
    static const char *const texts[] = {
        "run", "metric", "A", "B", "B less A", "with other seeds, too", "interval"};
    static const char *const names[] = {"run",
                                        "metric",
                                        "a",
                                        "a_low",
                                        "a_high",
                                        "a_seeds",
                                        "b",
                                        "b_low",
                                        "b_high",
                                        "b_seeds",
                                        "difference",
                                        "difference_low",
                                        "difference_high",
                                        "seeds_low",
                                        "seeds_high",
                                        "interval"};
    table_init(&table->text, sizeof texts / sizeof *texts, texts);
    table_init(&table->numbers, sizeof names / sizeof *names, names);
    Status status = fill(pairs, table);
    if (status != STATUS_OK) {
        results_table_clear(table);
        return status;
    }
    return results_table_check(table);
}
