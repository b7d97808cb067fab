/* Seconds an image, measured alone; see results_table.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/quantile.h"
#include "report/labels.h"
#include "report/tables/results_table.h"
#include "train/speed_test.h"

/* Median, 5th and 95th percentile, mean. */
typedef struct {
    double median, low, high, mean;
} Spread;

static Status spread_of(const double *seconds, size_t count, Spread *spread)
{
    double *sorted, sum = 0;
    TRY(MEMORY_NEW(&sorted, count));
    memcpy(sorted, seconds, count * sizeof *sorted);
    quantile_sort(sorted, count);
    for (size_t i = 0; i < count; ++i)
        sum += sorted[i];
    *spread = (Spread){.median = quantile(sorted, count, 0.5),
                       .low = quantile(sorted, count, 0.05),
                       .high = quantile(sorted, count, 0.95),
                       .mean = sum / (double)count};
    free(sorted);
    return STATUS_OK;
}

static void add_spread(ResultsTable *table, const Spread *spread)
{
    table_addf(&table->text, "%.4f (%.4f to %.4f)", spread->median, spread->low, spread->high);
    table_add_number(&table->text, spread->mean, 4);
    table_add_exact(&table->numbers, spread->median);
    table_add_exact(&table->numbers, spread->low);
    table_add_exact(&table->numbers, spread->high);
    table_add_exact(&table->numbers, spread->mean);
}

static Status add_run(const Experiment *experiment, const Run *run, ResultsTable *table)
{
    const CellSpeed *speed = &experiment_result(experiment, run)->speed;
    Table *both[] = {&table->text, &table->numbers};
    Spread spread;
    if (speed->count == 0)
        return STATUS_OK;
    for (size_t i = 0; i < 2; ++i) {
        results_add_run(both[i], experiment, run, true, false);
        table_addf(both[i], "%zu", speed->count);
    }
    TRY(spread_of(speed->end_to_end, speed->count, &spread));
    add_spread(table, &spread);
    TRY(spread_of(speed->network, speed->count, &spread));
    add_spread(table, &spread);
    for (size_t i = 0; i < 2; ++i) {
        table_addf(both[i], "%lld", (long long)speed->threads);
        table_add(both[i], speed->half ? "bf16" : "f32");
        table_add(both[i], speed->processor);
    }
    if (speed->others_busy >= SPEED_TEST_DISTURBED)
        table_addf(&table->text, "NO: %.1f processors were busy with other work",
                   speed->others_busy);
    else
        table_add(&table->text, isnan(speed->others_busy) ? "not known" : "yes");
    table_add_exact(&table->numbers, speed->others_busy);
    return STATUS_OK;
}

static void init_tables(const Experiment *experiment, ResultsTable *table)
{
    static const char *const texts[] = {"images",     "end to end, s", "mean",
                                        "network, s", "mean",          "threads",
                                        "precision",  "processor",     "alone"};
    static const char *const numbers[] = {"images",          "end_to_end_median", "end_to_end_low",
                                          "end_to_end_high", "end_to_end_mean",   "network_median",
                                          "network_low",     "network_high",      "network_mean",
                                          "threads",         "precision",         "processor",
                                          "others_busy"};
    ResultsColumns columns = {0};
    results_columns_add_run(&columns, experiment, true);
    ResultsColumns of_numbers = columns;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i)
        results_columns_add(&columns, texts[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i)
        results_columns_add(&of_numbers, numbers[i]);
    table_init(&table->text, columns.count, columns.names);
    table_init(&table->numbers, of_numbers.count, of_numbers.names);
}

bool results_has_speed(const Experiment *experiment)
{
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const CellResult *result = experiment_result(experiment, &experiment->runs[i]);
        if (result && result->speed.count)
            return true;
    }
    return false;
}

Status results_speed(const Experiment *experiment, ResultsTable *table)
{
    Status status = STATUS_OK;
    init_tables(experiment, table);
    for (size_t i = 0; i < experiment->run_count && status == STATUS_OK; ++i)
        if (experiment->runs[i].chosen)
            status = add_run(experiment, &experiment->runs[i], table);
    if (status == STATUS_OK)
        return results_table_check(table);
    results_table_clear(table);
    return status;
}
