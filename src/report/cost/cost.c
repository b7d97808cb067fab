/* See cost.h. */
#include "report/cost/cost.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "report/labels.h"

static double file_bytes(const Experiment *experiment, size_t cell)
{
    char *path;
    struct stat state;
    if (cell_file_path(experiment, cell, "checkpoint.h5", &path) != STATUS_OK)
        return 0;
    const double bytes = stat(path, &state) == 0 ? (double)state.st_size : 0;
    free(path);
    return bytes;
}

static double at_least_none(int64_t number)
{
    return number > 0 ? (double)number : 0;
}

CellCost cost_of_cell(const Experiment *experiment, size_t cell, const CellProvenance *provenance)
{
    const CellRecord *record = &experiment->records.cells[cell];
    const int64_t threads = experiment->results[cell].machine.threads;
    CellCost cost = {.wall_hours = record->seconds / 3600,
                     .rank_hours = record->rank_seconds / 3600,
                     .images_per_second = record->images_per_second,
                     .memory_bytes = at_least_none(provenance->memory_peak),
                     .parameters = at_least_none(provenance->parameters),
                     .checkpoint_bytes = file_bytes(experiment, cell)};
    if (record->seconds <= 0) /* the journal has no times, or the cell took no second */
        cost.wall_hours = (double)NAN;
    if (record->rank_seconds <= 0) /* nor ranks */
        cost.rank_hours = (double)NAN;
    cost.processor_hours = threads > 0 ? cost.rank_hours * (double)threads : (double)NAN;
    cost.measured = !isnan(provenance->joules);
    cost.in_part = cost.measured && record->attempts > 1;
    cost.watt_hours = cost.measured ? provenance->joules / 3600 : cost.processor_hours * COST_WATTS;
    return cost;
}

double cost_rank_hours(const Experiment *experiment, const Run *run)
{
    double seconds = 0;
    if (!run)
        for (size_t i = 0; i < experiment->records.count; ++i)
            seconds += experiment->records.cells[i].rank_seconds;
    for (size_t v = 0; run && v < run->variant_count; ++v) {
        const Variant *variant = &experiment->variants[run->variants[v]];
        for (size_t i = 0; i < variant->count; ++i)
            seconds += experiment->records.cells[variant->cells[i]].rank_seconds;
    }
    return seconds / 3600;
}

/* ---- the table ---- */

static const char *const texts[] = {
    "wall hours",           "rank hours",         "rank hours of all its cells",
    "energy, Wh",           "training, images/s", "memory of rank 0, GB",
    "parameters, millions", "checkpoint, MB",     "starts"};
static const char *const numbers[] = {
    "wall_hours",        "rank_hours",   "rank_hours_all", "energy_wh",        "energy_kind",
    "images_per_second", "memory_bytes", "parameters",     "checkpoint_bytes", "starts"};

/* A number of three digits, or a gap. */
static void add_shown(ResultsTable *table, double value, double unit, const char *gap)
{
    const bool known = !isnan(value) && value > 0;
    if (!known)
        table_add(&table->text, gap);
    else if (value / unit >= 100)
        table_addf(&table->text, "%.0f", value / unit);
    else
        table_addf(&table->text, "%.3g", value / unit);
    table_add_exact(&table->numbers, known ? value : (double)NAN);
}

static const char *energy_kind(const CellCost *cost)
{
    return isnan(cost->watt_hours) ? ""
           : !cost->measured       ? "estimated"
           : cost->in_part         ? "measured since its last start"
                                   : "measured";
}

static void add_energy(ResultsTable *table, const CellCost *cost)
{
    if (isnan(cost->watt_hours))
        table_add(&table->text, "not measured");
    else
        table_addf(&table->text, "%.3g (%s)", cost->watt_hours, energy_kind(cost));
    table_add_exact(&table->numbers, cost->watt_hours);
    table_add(&table->numbers, energy_kind(cost));
}

static void add_run(const Experiment *experiment, const Run *run, const CellProvenance *provenance,
                    ResultsTable *table)
{
    const size_t cell = run->chosen->best;
    const CellCost cost = cost_of_cell(experiment, cell, &provenance[cell]);
    results_add_run(&table->text, experiment, run, true, false);
    results_add_run(&table->numbers, experiment, run, true, false);
    add_shown(table, cost.wall_hours, 1, "not known");
    add_shown(table, cost.rank_hours, 1, "not known");
    add_shown(table, cost_rank_hours(experiment, run), 1, "not known");
    add_energy(table, &cost);
    add_shown(table, cost.images_per_second, 1, "not known");
    add_shown(table, cost.memory_bytes, 1e9, "not recorded");
    add_shown(table, cost.parameters, 1e6, "not recorded");
    add_shown(table, cost.checkpoint_bytes, 1e6, "not there");
    table_addf(&table->text, "%zu", experiment->records.cells[cell].attempts);
    table_addf(&table->numbers, "%zu", experiment->records.cells[cell].attempts);
}

Status cost_table(const Experiment *experiment, const CellProvenance *provenance,
                  ResultsTable *table)
{
    results_init_tables(experiment, true, texts, sizeof texts / sizeof *texts, numbers,
                        sizeof numbers / sizeof *numbers, table);
    for (int first = 1; first >= 0; --first) {
        if (!first)
            table_fold(&table->text);
        for (size_t i = 0; i < experiment->run_count; ++i)
            if (experiment->runs[i].chosen &&
                experiment_is_first_choice(experiment, &experiment->runs[i]) == first)
                add_run(experiment, &experiment->runs[i], provenance, table);
    }
    return results_table_check(table);
}
