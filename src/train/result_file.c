/* Writes result.h5: everything that is kept of a finished cell. The layout is that of
 * results/result_schema.h. */
#include "train/cell_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "nn/engine.h"
#include "results/result_schema.h"
#include "revision.h"
#include "store/files.h"
#include "train/version.h"

typedef struct {
    Hdf5Writer *writer;
    const CellPlace *place;
    const Trainer *trainer;
    const History *history;
    const Evaluation *test;
    const SplitMetrics *metrics;
    double operating_point, training_seconds;
} Result;

/* ---- /provenance ---- */

/* "model name" of the first processor, or "unknown". */
static void processor_name(char *text, size_t room)
{
    char line[256];
    snprintf(text, room, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(text, room, "%s", colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

static Status write_provenance(const Result *result)
{
    const CellSettings *settings = result->trainer->settings;
    const Dataset *dataset = result->trainer->dataset;
    char host[256] = "unknown", processor[256], now[CLOCK_TEXT_BYTES];
    const Engine *engine;
    gethostname(host, sizeof host - 1);
    processor_name(processor, sizeof processor);
    clock_text(now);
    TRY(engine_find("auto", &engine));
    const struct {
        const char *name, *text;
    } texts[] = {
        {"provenance/cell", result->place->cell_id},
        {"provenance/version", GISD_VERSION},
        {"provenance/revision", GISD_REVISION},
        {"provenance/engine", engine->name},
        {"provenance/host", host},
        {"provenance/processor", processor},
        {"provenance/finished", now},
        {"provenance/data", result->place->data_name},
        {"provenance/data_fingerprint", result->trainer->dataset->fingerprint},
        {"provenance/split_by", result->trainer->dataset->by_patient ? "patient" : "image"},
    };
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"provenance/arithmetic_version", ARITHMETIC_VERSION},
        {"provenance/seed", (int64_t)settings->seed},
        {"provenance/ranks", result->trainer->ranks},
        {"provenance/parameters", (int64_t)parameters_total(&result->trainer->parameters, false)},
        {"provenance/trained_parameters",
         (int64_t)parameters_total(&result->trainer->parameters, true)},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i)
        TRY(result_write_text(result->writer, texts[i].name, texts[i].text ? texts[i].text : ""));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i)
        TRY(result_write_i64(result->writer, numbers[i].name, 1, &numbers[i].value));
    if (dataset->warning_count)
        TRY(result_write_texts(result->writer, "provenance/data_warnings", dataset->warning_count,
                               (const char **)dataset->warnings));
    if (dataset->synthetic) /* data of earlier versions cannot say that they are */
        TRY(result_write_i64(result->writer, "provenance/synthetic", 1,
                             &(int64_t){1 + dataset->hard}));
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

/* ---- /test/metrics, /test/roc, /test/confusion ---- */

static Status write_metrics(const Result *result)
{
    const SplitMetrics *metrics = result->metrics;
    size_t count = metrics->metric_count;
    const char **names;
    double *columns; /* 3 x count */
    TRY(MEMORY_NEW(&names, count));
    Status status = MEMORY_NEW(&columns, 3 * count);
    if (status != STATUS_OK) {
        free(names);
        return status;
    }
    for (size_t i = 0; i < count; ++i) {
        names[i] = metrics->metrics[i].name;
        columns[i] = metrics->metrics[i].value;
        columns[count + i] = metrics->metrics[i].low;
        columns[2 * count + i] = metrics->metrics[i].high;
    }
    Hdf5Writer *w = result->writer;
    TRY_GOTO(status, end, result_write_texts(w, "test/metrics/name", count, names));
    TRY_GOTO(status, end, result_write_f64(w, "test/metrics/value", count, columns));
    TRY_GOTO(status, end, result_write_f64(w, "test/metrics/low", count, columns + count));
    TRY_GOTO(status, end, result_write_f64(w, "test/metrics/high", count, columns + 2 * count));
    status = result_write_f64(w, "test/metrics/operating_point", 1, &result->operating_point);
end:
    free(names);
    free(columns);
    return status;
}

static Status write_curve(Hdf5Writer *w, const char *folder, const Roc *roc)
{
    const struct {
        const char *name;
        const double *values;
    } columns[] = {
        {"threshold", roc->threshold},
        {"false_positive_rate", roc->false_positive_rate},
        {"true_positive_rate", roc->true_positive_rate},
    };
    for (size_t i = 0; i < 3; ++i) {
        char name[160];
        snprintf(name, sizeof name, "%s/%s", folder, columns[i].name);
        TRY(result_write_f64(w, name, roc->count, columns[i].values));
    }
    return STATUS_OK;
}

static Status write_curves(const Result *result)
{
    const Outcome *outcome = &result->metrics->outcome;
    TRY(write_curve(result->writer, "test/roc", &outcome->roc));
    for (size_t k = 0; k < outcome->classes; ++k) {
        char folder[128];
        snprintf(folder, sizeof folder, "test/roc/classes/%s", result->test->class_names[k]);
        TRY(write_curve(result->writer, folder, &outcome->class_roc[k]));
    }
    return STATUS_OK;
}

static Status write_matrix(Hdf5Writer *w, const char *name, const Confusion *confusion)
{
    int64_t *counts;
    size_t cells = confusion->classes * confusion->classes;
    TRY(MEMORY_NEW(&counts, cells));
    for (size_t i = 0; i < cells; ++i)
        counts[i] = (int64_t)confusion->counts[i];
    Status status = result_write(w, name, HDF5_I64, 2,
                                 (size_t[]){confusion->classes, confusion->classes}, counts);
    free(counts);
    return status;
}

static Status write_confusion(const Result *result)
{
    const Outcome *outcome = &result->metrics->outcome;
    const char **names;
    TRY(MEMORY_NEW(&names, outcome->classes + 1));
    names[0] = "normal";
    for (size_t k = 0; k < outcome->classes; ++k)
        names[k + 1] = result->test->class_names[k];
    Status status = result_write_texts(result->writer, "test/confusion/class_names",
                                       outcome->classes + 1, names);
    free(names);
    TRY(status);
    TRY(write_matrix(result->writer, "test/confusion/counts", &outcome->confusion));
    return write_matrix(result->writer, "test/confusion/lesion_counts", &outcome->lesion_confusion);
}

/* ---- /test/predictions, /test/overlap, /test/detections ---- */

static Status write_prediction_texts(const Result *result)
{
    const Evaluation *test = result->test;
    const Dataset *dataset = result->trainer->dataset;
    const char **texts;
    TRY(MEMORY_NEW(&texts, test->count));
    for (size_t i = 0; i < test->count; ++i)
        texts[i] = dataset->examples[test->indices[i]].name;
    Status status =
        result_write_texts(result->writer, "test/predictions/image", test->count, texts);
    for (size_t i = 0; i < test->count; ++i)
        texts[i] = dataset->by_patient ? dataset->patients[test->patients[i]] : "";
    if (status == STATUS_OK)
        status = result_write_texts(result->writer, "test/predictions/patient", test->count, texts);
    free(texts);
    return status;
}

/* The manifest's further columns, for tables of subgroups. */
static Status write_columns(const Result *result)
{
    const Evaluation *test = result->test;
    const Dataset *dataset = result->trainer->dataset;
    const char **texts;
    TRY(MEMORY_NEW(&texts, test->count));
    Status status = STATUS_OK;
    for (size_t c = 0; c < dataset->column_count && status == STATUS_OK; ++c) {
        char name[256];
        int at = snprintf(name, sizeof name, "test/predictions/columns/");
        snprintf(name + at, sizeof name - (size_t)at, "%s", dataset->column_names[c]);
        for (char *slash = name + at; *slash; ++slash) /* a column's name is no path */
            if (*slash == '/' || (*slash == '.' && slash == name + at))
                *slash = '_';
        for (size_t i = 0; i < test->count; ++i)
            texts[i] = dataset->column_texts[test->indices[i] * dataset->column_count + c];
        status = result_write_texts(result->writer, name, test->count, texts);
    }
    free(texts);
    return status;
}

static Status write_predictions(const Result *result)
{
    const Evaluation *test = result->test;
    Hdf5Writer *w = result->writer;
    TRY(write_prediction_texts(result));
    TRY(write_columns(result));
    TRY(result_write(w, "test/predictions/scores", HDF5_F64, 2,
                     (size_t[]){test->count, test->classes}, test->scores));
    if (test->gives.masks) {
        TRY(result_write_f64(w, "test/predictions/dice", test->count, test->dice));
        TRY(result_write_f64(w, "test/predictions/mask_iou", test->count, test->mask_iou));
        TRY(result_write_f64(w, "test/predictions/mask_share", test->count, test->mask_share));
    }
    TRY(result_write_f64(w, "test/predictions/seconds", test->count, test->seconds));
    int64_t *classes;
    TRY(MEMORY_NEW(&classes, test->count));
    for (size_t i = 0; i < test->count; ++i)
        classes[i] = test->truth[i];
    Status status = result_write_i64(w, "test/predictions/truth", test->count, classes);
    for (size_t i = 0; i < test->count; ++i)
        classes[i] = result->metrics->outcome.predicted[i];
    if (status == STATUS_OK)
        status = result_write_i64(w, "test/predictions/predicted", test->count, classes);
    free(classes);
    return status;
}

/* Of the images with a lesion. */
static Status write_overlap(const Result *result)
{
    const Evaluation *test = result->test;
    size_t count = 0;
    double *box, *mask;
    int64_t *image;
    const char **form;
    TRY(MEMORY_NEW(&box, 4 * test->count));
    mask = box + test->count;
    image = (int64_t *)(void *)(mask + test->count);
    form = (const char **)(void *)(image + test->count);
    for (size_t i = 0; i < test->count; ++i) {
        if (test->truth[i] == LABEL_NORMAL)
            continue;
        image[count] = (int64_t)i;
        box[count] = result->metrics->box_overlap[i];
        mask[count] = test->mask_iou[i];
        form[count++] = result->trainer->dataset->examples[test->indices[i]].form;
    }
    Hdf5Writer *w = result->writer;
    Status status = result_write_i64(w, "test/overlap/image", count, image);
    if (status == STATUS_OK)
        status = result_write_texts(w, "test/overlap/form", count, form);
    if (status == STATUS_OK)
        status = result_write_f64(w, "test/overlap/box_iou", count, box);
    if (status == STATUS_OK && test->gives.masks)
        status = result_write_f64(w, "test/overlap/mask_iou", count, mask);
    free(box);
    return status;
}

static Status write_detections(const Result *result)
{
    const Evaluation *test = result->test;
    size_t count = test->found_count;
    int64_t *whole; /* 2 x count */
    double *real;   /* 5 x count: scores, then boxes row by row */
    TRY(MEMORY_NEW(&whole, 2 * count));
    Status status = MEMORY_NEW(&real, 5 * count);
    for (size_t i = 0; status == STATUS_OK && i < count; ++i) {
        const FoundBox *found = &test->found[i];
        const double corners[4] = {found->box.x0, found->box.y0, found->box.x1, found->box.y1};
        whole[i] = found->image;
        whole[count + i] = found->class_index;
        real[i] = found->score;
        memcpy(real + count + 4 * i, corners, sizeof corners);
    }
    Hdf5Writer *w = result->writer;
    if (status == STATUS_OK)
        status = result_write_i64(w, "test/detections/image", count, whole);
    if (status == STATUS_OK)
        status = result_write_i64(w, "test/detections/class", count, whole + count);
    if (status == STATUS_OK)
        status = result_write_f64(w, "test/detections/score", count, real);
    if (status == STATUS_OK)
        status =
            result_write(w, "test/detections/box", HDF5_F64, 2, (size_t[]){count, 4}, real + count);
    free(whole);
    free(real);
    return status;
}

/* ---- the whole ---- */

static Status write_all(const Result *result)
{
    TRY(result_write_format(result->writer));
    TRY(result_write_text(result->writer, "config", result->place->config_text));
    TRY(write_provenance(result));
    TRY(write_history(result));
    TRY(write_metrics(result));
    TRY(write_curves(result));
    TRY(write_confusion(result));
    TRY(write_predictions(result));
    if (!result->test->gives.boxes)
        return STATUS_OK;
    TRY(write_overlap(result));
    return write_detections(result);
}

Status cell_write_result(const CellPlace *place, const Trainer *trainer, const History *history,
                         const Evaluation *test, const SplitMetrics *metrics,
                         double operating_point, double training_seconds)
{
    char *path = NULL;
    Result result = {.place = place,
                     .trainer = trainer,
                     .history = history,
                     .test = test,
                     .metrics = metrics,
                     .operating_point = operating_point,
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
