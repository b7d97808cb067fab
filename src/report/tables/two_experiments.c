/* Two experiments beside each other, run by run and metric by metric; see two_experiments.h. */
#include "report/tables/two_experiments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/independent_difference.h"
#include "eval/several_seeds.h"

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

static void add_pair(const RunPairs *pairs, const RunPair *pair, ResultsTable *table)
{
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

/* Of a pair: each one's mean over its seeds and the difference, of what the images' answers tell.
 */
typedef struct {
    BootstrapIntervals a[IMAGE_METRICS], b[IMAGE_METRICS], difference[IMAGE_METRICS];
} PairIntervals;

static AnswerSet set_of(const RunPair *pair, size_t side)
{
    return (AnswerSet){pair->seeds[side], pair->seed_counts[side]};
}

/* The mean over seeds of one run by itself. */
static Status draw_alone(AnswerSet set, BootstrapIntervals *mean)
{
    BootstrapIntervals *all;
    TRY(MEMORY_NEW(&all, (set.count + 1) * IMAGE_METRICS));
    Status status = answers_bootstrap(set.results, set.count, all);
    if (status == STATUS_OK)
        memcpy(mean, all + set.count * IMAGE_METRICS, IMAGE_METRICS * sizeof *mean);
    free(all);
    return status;
}

static Status draw(const RunPair *pair, PairIntervals *found)
{
    if (pair->paired) {
        BootstrapIntervals all[3 * IMAGE_METRICS];
        TRY(answers_difference(set_of(pair, 0), set_of(pair, 1), all));
        memcpy(found->a, all, sizeof found->a);
        memcpy(found->b, all + IMAGE_METRICS, sizeof found->b);
        memcpy(found->difference, all + 2 * IMAGE_METRICS, sizeof found->difference);
        return STATUS_OK;
    }
    TRY(draw_alone(set_of(pair, 0), found->a));
    return draw_alone(set_of(pair, 1), found->b);
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
static Status compare_answers(const RunPair *pair, const PairIntervals *found, size_t m,
                              MetricPair *metric)
{
    const BootstrapIntervals *const sides[2] = {&found->a[m], &found->b[m]};
    for (size_t side = 0; side < 2; ++side)
        if (metric->sides[side].seeds > 1) {
            metric->sides[side].low = sides[side]->logit.low;
            metric->sides[side].high = sides[side]->logit.high;
        }
    double error = hypot(sides[0]->standard_error, sides[1]->standard_error);
    if (pair->paired) {
        metric->how = "paired";
        metric->interval = found->difference[m].percentile;
        error = found->difference[m].standard_error;
    }
    return add_between_seeds(pair, image_metric_names[m], error, metric);
}

static Interval interval_of(const VariantMetric *metric)
{
    return (Interval){metric->low, metric->high};
}

static Status compare_metric(const RunPairs *pairs, const RunPair *pair, const PairIntervals *found,
                             const char *name, MetricPair *metric)
{
    const double nan = (double)NAN;
    size_t m = 0;
    for (size_t side = 0; side < 2; ++side)
        metric->sides[side] =
            experiment_metric(pairs->experiments[side], pair->runs[side]->chosen, name);
    const VariantMetric *a = &metric->sides[0], *b = &metric->sides[1];
    metric->difference = b->value - a->value;
    metric->with_seeds = (Interval){nan, nan};
    metric->how = pair->paired ? "as if of other images" : "other images";
    metric->interval = (Interval){nan, nan};
    while (m < IMAGE_METRICS && strcmp(image_metric_names[m], name) != 0)
        ++m;
    if (found && m < IMAGE_METRICS)
        TRY(compare_answers(pair, found, m, metric));
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

static void add_metric(const RunPair *pair, const char *name, const MetricPair *metric,
                       ResultsTable *table)
{
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

static Status add_metrics(const RunPairs *pairs, const RunPair *pair, ResultsTable *table)
{
    const CellResult *first = experiment_result(pairs->experiments[0], pair->runs[0]);
    const CellResult *second = experiment_result(pairs->experiments[1], pair->runs[1]);
    PairIntervals *found = NULL;
    Status status = STATUS_OK;
    if (is_tested(pair)) {
        TRY(MEMORY_NEW(&found, 1));
        status = draw(pair, found);
    }
    for (size_t i = 0; i < first->metric_count && status == STATUS_OK; ++i) {
        const char *name = first->metrics[i].name;
        MetricPair metric;
        if (!cell_result_metric(second, name))
            continue;
        status = compare_metric(pairs, pair, found, name, &metric);
        if (status == STATUS_OK)
            add_metric(pair, name, &metric, table);
    }
    free(found);
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
    for (size_t i = 0; i < pairs->count; ++i) {
        Status status = add_metrics(pairs, &pairs->items[i], table);
        if (status != STATUS_OK) {
            results_table_clear(table);
            return status;
        }
    }
    return results_table_check(table);
}
