/* Chosen runs with several seeds: between seeds, between patients, both; see results_table.h. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/several_seeds.h"
#include "report/answers.h"
#include "report/labels.h"
#include "report/tables/results_table.h"

bool results_has_seeds(const Experiment *experiment)
{
    for (size_t i = 0; i < experiment->run_count; ++i)
        if (experiment->runs[i].chosen && experiment->runs[i].chosen->finished > 1)
            return true;
    return false;
}

static void add_row(const Experiment *experiment, const Run *run, const char *metric, size_t seeds,
                    const SeveralSeeds *result, ResultsTable *table)
{
    Table *both[] = {&table->text, &table->numbers};
    const double numbers[] = {result->mean, result->deviation, result->sampling_error,
                              result->error};
    for (size_t i = 0; i < 2; ++i) {
        results_add_run(both[i], experiment, run, true,
                        i == 0 && label_run_is_random(experiment, run));
        table_add(both[i], metric);
        table_addf(both[i], "%zu", seeds);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
        table_add_number(&table->text, numbers[i], 3);
        table_add_exact(&table->numbers, numbers[i]);
    }
    table_addf(&table->text, "%.3f to %.3f", result->interval.low, result->interval.high);
    table_add_exact(&table->numbers, result->interval.low);
    table_add_exact(&table->numbers, result->interval.high);
}

/* `results`: of the run's finished seeds, all of the same images. */
static Status add_run(const Experiment *experiment, const Run *run,
                      const CellResult *const *results, size_t seeds, ResultsTable *table)
{
    BootstrapIntervals *intervals = NULL;
    double *values = NULL;
    Clusters patients = {0};
    Status status = STATUS_OK;
    TRY_GOTO(status, end, MEMORY_NEW(&intervals, (seeds + 1) * IMAGE_METRICS));
    TRY_GOTO(status, end, MEMORY_NEW(&values, seeds));
    TRY_GOTO(status, end, answers_patients(results[0], &patients));
    TRY_GOTO(status, end, answers_bootstrap(results, seeds, intervals));
    for (size_t m = 0; m < IMAGE_METRICS; ++m) {
        const BootstrapIntervals *mean = &intervals[seeds * IMAGE_METRICS + m];
        if (isnan(mean->value) || isnan(mean->standard_error))
            continue;
        for (size_t r = 0; r < seeds; ++r)
            values[r] = intervals[r * IMAGE_METRICS + m].value;
        SeveralSeeds result = several_seeds(values, seeds, mean->standard_error, patients.count);
        add_row(experiment, run, image_metric_names[m], seeds, &result, table);
    }
end:
    free(intervals);
    free(values);
    clusters_clear(&patients);
    return status;
}

static Status add_runs(const Experiment *experiment, ResultsTable *table)
{
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Run *run = &experiment->runs[i];
        const CellResult **results;
        if (!run->chosen)
            continue;
        TRY(MEMORY_NEW(&results, run->chosen->count));
        size_t seeds = answers_collect(experiment, run, results);
        Status status = seeds > 1 ? add_run(experiment, run, results, seeds, table) : STATUS_OK;
        free(results);
        TRY(status);
    }
    return STATUS_OK;
}

Status results_seeds(const Experiment *experiment, ResultsTable *table)
{
    static const char *const texts[] = {
        "metric", "seeds", "mean", "between seeds", "between patients", "both", "95 % interval"};
    static const char *const names[] = {"metric",         "seeds", "mean", "deviation",
                                        "sampling_error", "error", "low",  "high"};
    results_init_tables(experiment, true, texts, sizeof texts / sizeof *texts, names,
                        sizeof names / sizeof *names, table);
    Status status = add_runs(experiment, table);
    if (status != STATUS_OK) {
        results_table_clear(table);
        return status;
    }
    return results_table_check(table);
}
