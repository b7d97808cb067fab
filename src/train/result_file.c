/* Writes result.h5: everything that is kept of a finished cell. The layout is that of
 * results/result_schema.h. */
#include "train/cell_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/process_memory.h"
#include "results/result_schema.h"
#include "store/files.h"
#include "train/provenance.h"
#include "train/split_counts.h"
#include "train/test_file.h"
#include "train/validation_scores.h"

typedef struct {
    Hdf5Writer *writer;
    const CellPlace *place;
    const Trainer *trainer;
    const History *history;
    TestGroups groups;
    const Evaluation *validation; /* NULL, or without images: nothing to say */
    double training_seconds;
} Result;

/* ---- /provenance ---- */

/* What it took, as far as the system tells. */
static Status write_cost(const Result *result)
{
    EnergyMeter energy = result->trainer->energy;
    const double joules = energy_meter_joules(&energy);
    const double bytes = process_memory_most();
    if (!isnan(bytes))
        TRY(result_write_i64(result->writer, "provenance/memory_peak", 1,
                             &(int64_t){(int64_t)bytes}));
    return isnan(joules) ? STATUS_OK
                         : result_write_f64(result->writer, "provenance/energy", 1, &joules);
}

static Status write_provenance(const Result *result)
{
    const CellSettings *settings = result->trainer->settings;
    TRY(result_write_text(result->writer, "provenance/cell", result->place->cell_id));
    TRY(provenance_write_program(result->writer, settings->precision));
    TRY(provenance_write_data(result->writer, result->place->data_name, result->trainer->dataset));
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"provenance/seed", (int64_t)settings->seed},
        {"provenance/ranks", result->trainer->ranks},
        {"provenance/parameters", (int64_t)parameters_total(&result->trainer->parameters, false)},
        {"provenance/trained_parameters",
         (int64_t)parameters_total(&result->trainer->parameters, true)},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i)
        TRY(result_write_i64(result->writer, numbers[i].name, 1, &numbers[i].value));
    return result_write_f64(result->writer, "provenance/seconds", 1, &result->training_seconds);
}

/* ---- /history ---- */

static Status write_history(const Result *result)
{
    const History *history = result->history;
    double *numbers;
    TRY(MEMORY_NEW(&numbers, history->count));
    Status status = STATUS_OK;
    for (size_t c = 0; c < history->column_count && status == STATUS_OK; ++c) {
        const HistoryColumn *column = &history->columns[c];
        char name[HISTORY_NAME_BYTES + 16];
        snprintf(name, sizeof name, "history/%s", column->name);
        for (size_t e = 0; e < history->count; ++e)
            numbers[e] = history->rows[e * history->column_count + c];
        status = result_write_quantity(result->writer, name, history->count, numbers,
                                       column->description, *column->unit ? column->unit : NULL);
    }
    free(numbers);
    return status;
}

/* ---- the whole ---- */

static Status write_all(const Result *result)
{
    TRY(result_write_format(result->writer));
    TRY(result_write_text(result->writer, "config", result->place->config_text));
    TRY(write_provenance(result));
    TRY(write_cost(result));
    TRY(split_counts_write(result->writer, result->trainer->dataset));
    TRY(write_history(result));
    if (result->validation && result->validation->count > 0)
        TRY(validation_scores_write(result->writer, result->trainer->dataset, result->validation));
    return result->groups.test ? test_groups_write(&result->groups, result->writer) : STATUS_OK;
}

Status cell_write_result(const CellPlace *place, const Trainer *trainer, const History *history,
                         const Evaluation *test, const SplitMetrics *metrics,
                         const Evaluation *validation, double operating_point,
                         double training_seconds)
{
    char *path = NULL;
    Result result = {.place = place,
                     .trainer = trainer,
                     .history = history,
                     .groups = {.dataset = trainer->dataset,
                                .test = test,
                                .metrics = metrics,
                                .operating_point = operating_point},
                     .validation = validation,
                     .training_seconds = training_seconds};
    TRY(files_join(place->folder, "result.h5", &path));
    Status status = hdf5_writer_new(path, &result.writer);
    if (status == STATUS_OK) {
        status = write_all(&result);
        if (status == STATUS_OK)
            status = hdf5_writer_commit(result.writer);
        else
            hdf5_writer_abandon(result.writer);
    }
    free(path);
    return status;
}
