/* From a results folder to cells, variants and the choice among them; see experiment.h. */
#include "report/experiment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/collapse.h"
#include "report/labels.h"
#include "report/variants.h"
#include "store/files.h"

/* The last finite number of a history, NaN if there is none. */
static double last_number(const CellResult *result, const char *name)
{
    const CellHistory *history = cell_result_history(result, name);
    for (size_t i = history ? result->epochs : 0; i-- > 0;)
        if (isfinite(history->values[i]))
            return history->values[i];
    return (double)NAN;
}

static bool mentions_phantom(const char *text)
{
    return text != NULL && strcasestr(text, "phantom") != NULL;
}

/* Whether a result's images are a phantom's. Results of earlier versions do not say so, and are
 * known by the name of their data. */
static bool is_synthetic(const CellResult *result)
{
    return result->synthetic == SYNTHETIC_UNTOLD ? mentions_phantom(result->data)
                                                 : result->synthetic == SYNTHETIC_YES;
}

/* The seconds that were measured of a cell; without them, or where they cannot be read, it has
 * none.
 */
static Status read_speed(const Experiment *experiment, const char *cell, CellSpeed *speed)
{
    char *path;
    if (asprintf(&path, "%s/cells/%s/seconds.h5", experiment->folder, cell) < 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the path of a cell's seconds");
    Status status = files_exists(path) ? cell_speed_read(path, speed) : STATUS_OK;
    free(path);
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

/* Reads one finished cell; one that cannot be read counts as failed from here on. */
static Status read_result(Experiment *experiment, size_t index)
{
    CellRecord *cell = &experiment->records.cells[index];
    size_t room = strlen(experiment->folder) + strlen(cell->id) + sizeof "/cells//result.h5";
    char *path = NULL;
    TRY(MEMORY_NEW(&path, room));
    snprintf(path, room, "%s/cells/%s/result.h5", experiment->folder, cell->id);
    Status status = cell_result_read(path, &experiment->results[index]);
    free(path);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status == STATUS_OK) {
        experiment->synthetic |= is_synthetic(&experiment->results[index]);
        experiment->hard |= experiment->results[index].hard;
        experiment->on_validation |= experiment->results[index].on_validation;
        experiment->by_image |= experiment->results[index].by_image;
        TRY(read_speed(experiment, cell->id, &experiment->results[index].speed));
        return record_complete(cell, experiment->results[index].config);
    }
    cell->standing = CELL_FAILED;
    snprintf(cell->cause, sizeof cell->cause, "%s", status_message());
    if (experiment->unreadable++ == 0)
        snprintf(experiment->problem, sizeof experiment->problem, "%s", status_message());
    return STATUS_OK;
}

/* One measure for all, or the cells could not be compared. */
static const char *choose_measure(const Experiment *experiment)
{
    bool all_areas = true, masks = false, results = false;
    for (size_t i = 0; i < experiment->records.count; ++i) {
        if (experiment->records.cells[i].standing != CELL_DONE)
            continue;
        results = true;
        all_areas &= !isnan(last_number(&experiment->results[i], "validation_auc"));
        masks |= cell_result_history(&experiment->results[i], "validation_dice") != NULL;
    }
    return all_areas || !results ? "validation_auc"
           : masks               ? "validation_dice"
                                 : "validation_accuracy";
}

static void compare_by(Experiment *experiment, const char *measure)
{
    experiment->measure = measure;
    for (size_t i = 0; i < experiment->records.count; ++i)
        experiment->validation[i] = experiment->records.cells[i].standing == CELL_DONE
                                        ? last_number(&experiment->results[i], measure)
                                        : (double)NAN;
}

void experiment_choose_by(Experiment *experiment, const char *measure)
{
    compare_by(experiment, measure);
    variants_choose(experiment);
}

static Status read_results(Experiment *experiment)
{
    const size_t count = experiment->records.count;
    size_t finished = 0;
    TRY(MEMORY_NEW(&experiment->results, records_all(&experiment->records)));
    TRY(MEMORY_NEW(&experiment->validation, count));
    for (size_t i = count; i < records_all(&experiment->records); ++i)
        if (experiment->records.cells[i].standing == CELL_DONE)
            TRY(read_result(experiment, i));
    /* What cells are pretrained on says nothing of their own data. */
    experiment->synthetic = experiment->on_validation = experiment->by_image = false;
    for (size_t i = 0; i < count; ++i) {
        if (experiment->records.cells[i].standing == CELL_DONE)
            TRY(read_result(experiment, i));
        finished += experiment->records.cells[i].standing == CELL_DONE;
    }
    if (finished == 0) /* nothing else tells */
        experiment->synthetic = mentions_phantom(experiment->records.data);
    compare_by(experiment, choose_measure(experiment));
    return collapse_find(experiment);
}

static void look_for_loss(Experiment *experiment)
{
    const Records *records = &experiment->records;
    experiment->has_alpha = experiment->has_gamma = records->count == 0;
    for (size_t i = 0; i < records->count; ++i) {
        experiment->has_alpha |= !isnan(label_number(&records->cells[i], "alpha"));
        experiment->has_gamma |= !isnan(label_number(&records->cells[i], "gamma"));
    }
}

static Status read_control(const char *folder, Experiment *experiment)
{
    Status status = control_read(folder, &experiment->control);
    experiment->has_control = status == STATUS_OK;
    return status == STATUS_MISSING ? STATUS_OK : status;
}

/* Whether a class is of the published Table 4; or no cell is finished, and nobody knows. */
static bool has_published_class(const Experiment *experiment)
{
    const CsvTable *table = &experiment->published.confusion;
    bool known = false;
    for (size_t i = 0; i < experiment->records.count; ++i) {
        const Hdf5Texts *names = &experiment->results[i].class_names;
        known |= experiment->records.cells[i].standing == CELL_DONE;
        for (size_t k = 0; k < names->count; ++k)
            if (csv_find_column(table, names->items[k]) < table->columns)
                return true;
    }
    return !known;
}

static Status read_published(const char *folder, Experiment *experiment)
{
    if (folder && !*folder)
        return STATUS_OK;
    TRY(published_read(folder, &experiment->published));
    if (!folder && !has_published_class(experiment))
        published_clear(&experiment->published);
    return STATUS_OK;
}

/* The answers of a reader study are to the images of the first run that has any. */
static Status read_study(Experiment *experiment)
{
    const CsvTable *table = &experiment->readers;
    if (!reader_study_is(table))
        return STATUS_OK;
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const CellResult *result = experiment_result(experiment, &experiment->runs[i]);
        if (result && result->images > 0 && result->truth && result->class_names.count > 0)
            return reader_study_init(table, result, &experiment->study);
    }
    return STATUS_OK;
}

static Status read_folder(const char *folder, const char *published, const char *readers,
                          Experiment *experiment)
{
    TRY(memory_copy_text(folder, &experiment->folder));
    char *journal = NULL;
    TRY(files_join(folder, "journal.jsonl", &journal));
    Status status = records_read(journal, &experiment->records);
    free(journal);
    if (status != STATUS_OK)
        return status;
    TRY(read_control(folder, experiment));
    if (readers != NULL) {
        size_t column = 0;
        TRY(csv_read(readers, &experiment->readers));
        TRY(csv_column(&experiment->readers, "reader", &column));
    }
    TRY(read_results(experiment));
    TRY(read_published(published, experiment));
    TRY(external_results_read(folder, &experiment->records, &experiment->externals));
    look_for_loss(experiment);
    TRY(axes_init(&experiment->records, &experiment->axes));
    TRY(variants_make(experiment));
    return read_study(experiment);
}

Status experiment_read(const char *folder, const char *published, const char *readers,
                       Experiment *experiment)
{
    *experiment = (Experiment){0};
    if (!files_is_folder(folder))
        FAIL(STATUS_MISSING, "%s: a results folder expected", folder);
    Status status = read_folder(folder, published, readers, experiment);
    if (status != STATUS_OK)
        experiment_clear(experiment);
    return status;
}

void experiment_clear(Experiment *experiment)
{
    free(experiment->folder);
    for (size_t i = 0; experiment->results != NULL && i < records_all(&experiment->records); ++i)
        cell_result_clear(&experiment->results[i]);
    free(experiment->results);
    external_results_clear(&experiment->externals);
    free(experiment->validation);
    free(experiment->collapse);
    free(experiment->variants);
    free(experiment->variant_cells);
    free(experiment->runs);
    free(experiment->run_variants);
    free(experiment->tunings);
    axes_clear(&experiment->axes);
    records_clear(&experiment->records);
    published_clear(&experiment->published);
    control_clear(&experiment->control);
    reader_study_clear(&experiment->study);
    csv_clear(&experiment->readers);
    *experiment = (Experiment){0};
}

const CellRecord *experiment_cell(const Experiment *experiment, const Variant *variant)
{
    return &experiment->records.cells[variant->cells[0]];
}

const CellResult *experiment_result(const Experiment *experiment, const Run *run)
{
    return run->chosen ? &experiment->results[run->chosen->best] : NULL;
}

const CellResult *experiment_next_seed(const Experiment *experiment, const Run *run, size_t *at)
{
    while (run->chosen && *at < run->chosen->count) {
        const size_t cell = run->chosen->cells[(*at)++];
        if (experiment->records.cells[cell].standing == CELL_DONE)
            return &experiment->results[cell];
    }
    return NULL;
}

void experiment_describe_seed(const Experiment *experiment, const Run *run,
                              char text[EXPERIMENT_SEED_BYTES])
{
    text[0] = '\0';
    if (run->chosen && run->chosen->finished > 1)
        snprintf(text, EXPERIMENT_SEED_BYTES, "seed %.16s, one of %zu",
                 axes_value(&experiment->records.cells[run->chosen->best], "seed"),
                 run->chosen->finished);
}

bool experiment_is_first_choice(const Experiment *experiment, const Run *run)
{
    const Run *best = NULL;
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Run *other = &experiment->runs[i];
        if (other->chosen && strcmp(other->architecture, run->architecture) == 0 &&
            (!best || variants_better(other->chosen->validation, best->chosen->validation)))
            best = other;
    }
    return best == run;
}

/* Of a cell; NULL if it is not finished or its result does not name the metric. */
static const CellMetric *metric_of(const Experiment *experiment, size_t cell, const char *name)
{
    return experiment->records.cells[cell].standing == CELL_DONE
               ? cell_result_metric(&experiment->results[cell], name)
               : NULL;
}

VariantMetric experiment_metric(const Experiment *experiment, const Variant *variant,
                                const char *name)
{
    double nan = (double)NAN, sum = 0, squares = 0;
    VariantMetric metric = {false, 0, nan, nan, nan, nan};
    for (size_t i = 0; i < variant->count; ++i) {
        const CellMetric *found = metric_of(experiment, variant->cells[i], name);
        metric.given |= found != NULL;
        if (found == NULL || isnan(found->value))
            continue;
        ++metric.seeds;
        sum += found->value;
        metric.low = found->low;
        metric.high = found->high;
    }
    if (metric.seeds == 0)
        return metric;
    metric.value = sum / (double)metric.seeds;
    if (metric.seeds == 1)
        return metric;
    metric.low = metric.high = nan;
    for (size_t i = 0; i < variant->count; ++i) {
        const CellMetric *found = metric_of(experiment, variant->cells[i], name);
        if (found != NULL && !isnan(found->value))
            squares += (found->value - metric.value) * (found->value - metric.value);
    }
    metric.deviation = sqrt(squares / (double)(metric.seeds - 1));
    return metric;
}

bool experiment_has_metric(const Experiment *experiment, const char *name)
{
    bool results = false;
    for (size_t i = 0; i < experiment->records.count; ++i) {
        results |= experiment->records.cells[i].standing == CELL_DONE;
        if (metric_of(experiment, i, name) != NULL)
            return true;
    }
    return !results;
}
