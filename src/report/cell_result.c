/* Reading of result files; see cell_result.h. Every size comes from the file and is checked against
 * the sizes that go with it before it is used. */
#include "report/cell_result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/checkpoint_precision.h"
#include "results/result_schema.h"
#include "store/hdf5_probe.h"

/* Allocates *values and reads all of a dataset of `expected` numbers, or of any count if that is
 * SIZE_MAX; *count tells. */
static Status read_numbers(const Hdf5Reader *reader, const char *name, size_t expected,
                           double **values, size_t *count)
{
    TRY(hdf5_count(reader, name, count));
    if (expected != SIZE_MAX && *count != expected)
        FAIL(STATUS_FORMAT, "%s: /%s: %zu numbers expected, not %zu", hdf5_reader_path(reader),
             name, expected, *count);
    TRY(MEMORY_NEW(values, *count));
    return hdf5_read_f64(reader, name, *count, *values);
}

static Status read_texts(const Hdf5Reader *reader, const char *name, size_t expected,
                         Hdf5Texts *texts)
{
    TRY(hdf5_read_texts(reader, name, texts));
    if (texts->count != expected)
        FAIL(STATUS_FORMAT, "%s: /%s: %zu texts expected, not %zu", hdf5_reader_path(reader), name,
             expected, texts->count);
    return STATUS_OK;
}

/* One of the columns value, low, high of the metrics. */
static Status read_metric_column(const Hdf5Reader *reader, const char *name, CellResult *result,
                                 size_t offset)
{
    double *values = NULL;
    size_t count = 0;
    Status status = read_numbers(reader, name, result->metric_count, &values, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; ++i)
        memcpy((char *)&result->metrics[i] + offset, &values[i], sizeof values[i]);
    free(values);
    return status;
}

static Status read_metrics(const Hdf5Reader *reader, CellResult *result)
{
    Hdf5Texts names;
    TRY(hdf5_read_texts(reader, "test/metrics/name", &names));
    Status status = MEMORY_NEW(&result->metrics, names.count);
    if (status == STATUS_OK) {
        result->metric_count = names.count;
        for (size_t i = 0; i < names.count; ++i)
            snprintf(result->metrics[i].name, CELL_RESULT_NAME_BYTES, "%s", names.items[i]);
    }
    hdf5_texts_clear(&names);
    if (status != STATUS_OK)
        return status;
    TRY(read_metric_column(reader, "test/metrics/value", result, offsetof(CellMetric, value)));
    TRY(read_metric_column(reader, "test/metrics/low", result, offsetof(CellMetric, low)));
    return read_metric_column(reader, "test/metrics/high", result, offsetof(CellMetric, high));
}

static Status read_curve(const Hdf5Reader *reader, CellResult *result)
{
    size_t same = 0;
    if (!result_has(reader, "test/roc/false_positive_rate"))
        return STATUS_OK;
    TRY(read_numbers(reader, "test/roc/false_positive_rate", SIZE_MAX, &result->false_positive_rate,
                     &result->roc_count));
    return read_numbers(reader, "test/roc/true_positive_rate", result->roc_count,
                        &result->true_positive_rate, &same);
}

/* A square matrix of counts. */
static Status read_matrix(const Hdf5Reader *reader, const char *name, size_t classes,
                          uint64_t **matrix)
{
    int64_t *counts = NULL;
    Status status = MEMORY_NEW(&counts, classes * classes);
    if (status == STATUS_OK)
        status = hdf5_read_i64(reader, name, classes * classes, counts);
    if (status == STATUS_OK)
        status = MEMORY_NEW(matrix, classes * classes);
    for (size_t i = 0; status == STATUS_OK && i < classes * classes; ++i) {
        if (counts[i] < 0)
            status = status_set(STATUS_FORMAT, "%s: /%s: a negative count",
                                hdf5_reader_path(reader), name);
        (*matrix)[i] = (uint64_t)counts[i];
    }
    free(counts);
    return status;
}

static Status read_confusion(const Hdf5Reader *reader, CellResult *result)
{
    if (!result_has(reader, "test/confusion/counts"))
        return STATUS_OK;
    TRY(hdf5_read_texts(reader, "test/confusion/class_names", &result->class_names));
    const size_t classes = result->class_names.count;
    TRY(read_matrix(reader, "test/confusion/counts", classes, &result->confusion));
    if (classes < 2 || !result_has(reader, "test/confusion/lesion_counts"))
        return STATUS_OK;
    return read_matrix(reader, "test/confusion/lesion_counts", classes - 1,
                       &result->lesion_confusion);
}

static Status read_history(const Hdf5Reader *reader, CellResult *result)
{
    Hdf5Texts names;
    TRY(hdf5_list(reader, "history", &names));
    Status status = MEMORY_NEW(&result->history, names.count);
    for (size_t i = 0; status == STATUS_OK && i < names.count; ++i) {
        char path[CELL_RESULT_NAME_BYTES + 16];
        CellHistory *history = &result->history[i];
        snprintf(history->name, sizeof history->name, "%s", names.items[i]);
        snprintf(path, sizeof path, "history/%s", names.items[i]);
        size_t expected = i == 0 ? SIZE_MAX : result->epochs;
        ++result->history_count;
        status = read_numbers(reader, path, expected, &history->values, &result->epochs);
    }
    hdf5_texts_clear(&names);
    return status;
}

/* The largest of each image's scores. */
static Status read_scores(const Hdf5Reader *reader, CellResult *result)
{
    const char *const name = "test/predictions/scores";
    const size_t images = result->images;
    size_t count = 0;
    double *scores = NULL;
    TRY(MEMORY_NEW(&result->lesion_score, images));
    TRY(MEMORY_NEW(&result->best_class, images));
    Status status = read_numbers(reader, name, SIZE_MAX, &scores, &count);
    if (status == STATUS_OK && images > 0 && count % images != 0)
        status = status_set(STATUS_FORMAT, "%s: /%s: a row an image expected",
                            hdf5_reader_path(reader), name);
    size_t classes = status == STATUS_OK && images > 0 ? count / images : 0;
    for (size_t i = 0; status == STATUS_OK && i < images; ++i) {
        result->lesion_score[i] = -(double)INFINITY;
        for (size_t c = 0; c < classes; ++c)
            if (scores[i * classes + c] > result->lesion_score[i]) {
                result->lesion_score[i] = scores[i * classes + c];
                result->best_class[i] = (int64_t)c;
            }
    }
    free(scores);
    return status;
}

/* Whether classes of images are those of the matrix, where there is one. */
static Status check_classes(const Hdf5Reader *reader, const char *name, const CellResult *result,
                            const int64_t *classes)
{
    const int64_t count = (int64_t)result->class_names.count; /* with normal, which is -1 here */
    for (size_t i = 0; count > 0 && i < result->images; ++i)
        if (classes[i] < -1 || classes[i] > count - 2)
            FAIL(STATUS_FORMAT, "%s: /%s: classes from -1 to %lld expected, not %lld",
                 hdf5_reader_path(reader), name, (long long)count - 2, (long long)classes[i]);
    return STATUS_OK;
}

static Status read_predictions(const Hdf5Reader *reader, CellResult *result)
{
    size_t same = 0;
    TRY(hdf5_read_texts(reader, "test/predictions/image", &result->image_names));
    result->images = result->image_names.count;
    TRY(read_numbers(reader, "test/predictions/seconds", result->images, &result->seconds, &same));
    if (hdf5_has(reader, "test/predictions/patient"))
        TRY(read_texts(reader, "test/predictions/patient", result->images, &result->patients));
    if (hdf5_has(reader, "test/predictions/columns/scene"))
        TRY(read_texts(reader, "test/predictions/columns/scene", result->images, &result->scenes));
    if (result_has(reader, "test/predictions/dice"))
        TRY(read_numbers(reader, "test/predictions/dice", result->images, &result->dice, &same));
    if (!result_has(reader, "test/predictions/scores"))
        return STATUS_OK;
    TRY(MEMORY_NEW(&result->truth, result->images));
    TRY(hdf5_read_i64(reader, "test/predictions/truth", result->images, result->truth));
    TRY(check_classes(reader, "test/predictions/truth", result, result->truth));
    if (result_has(reader, "test/predictions/predicted")) {
        TRY(MEMORY_NEW(&result->predicted, result->images));
        TRY(hdf5_read_i64(reader, "test/predictions/predicted", result->images, result->predicted));
        TRY(check_classes(reader, "test/predictions/predicted", result, result->predicted));
    }
    return read_scores(reader, result);
}

/* The mean over lesion images of one dataset of predictions, as the metric's value. */
static Status mend_metric(const Hdf5Reader *reader, const char *name, CellResult *result)
{
    char path[CELL_RESULT_NAME_BYTES + 24];
    double *values = NULL, sum = 0;
    size_t same = 0, numbers = 0;
    CellMetric *metric = (CellMetric *)(uintptr_t)cell_result_metric(result, name);
    snprintf(path, sizeof path, "test/predictions/%s", name);
    if (!metric || !result_has(reader, path))
        return STATUS_OK;
    TRY(read_numbers(reader, path, result->images, &values, &same));
    for (size_t i = 0; i < result->images; ++i)
        if (result->truth[i] >= 0 && !isnan(values[i])) {
            sum += values[i];
            ++numbers;
        }
    free(values);
    metric->value = numbers ? sum / (double)numbers : (double)NAN;
    metric->low = metric->high = (double)NAN;
    return STATUS_OK;
}

/* Earlier versions, which had no specificity of the mask, counted normal images in the Dice and the
 * IoU of masks, as 1 or 0. What those images were is in the file, so the means can be made right;
 * their intervals cannot. */
static Status mend_masks(const Hdf5Reader *reader, CellResult *result)
{
    if (cell_result_metric(result, "mask_specificity") || !result->truth)
        return STATUS_OK;
    for (size_t i = 0; result->dice && i < result->images; ++i)
        if (result->truth[i] < 0)
            result->dice[i] = (double)NAN;
    TRY(mend_metric(reader, "dice", result));
    return mend_metric(reader, "mask_iou", result);
}

/* Which of the images the lesions are on. */
static Status read_positions(const Hdf5Reader *reader, CellResult *result)
{
    const char *const name = "test/overlap/image";
    TRY(MEMORY_NEW(&result->overlap_image, result->overlap_count));
    TRY(hdf5_read_i64(reader, name, result->overlap_count, result->overlap_image));
    for (size_t i = 0; i < result->overlap_count; ++i)
        if (result->overlap_image[i] < 0 || (size_t)result->overlap_image[i] >= result->images)
            FAIL(STATUS_FORMAT, "%s: /%s: positions below %zu expected, not %lld",
                 hdf5_reader_path(reader), name, result->images,
                 (long long)result->overlap_image[i]);
    return STATUS_OK;
}

static Status read_overlap(const Hdf5Reader *reader, CellResult *result)
{
    size_t same = 0;
    if (!result_has(reader, "test/overlap/image"))
        return STATUS_OK;
    TRY(hdf5_count(reader, "test/overlap/image", &result->overlap_count));
    TRY(read_positions(reader, result));
    if (result_has(reader, "test/overlap/box_iou"))
        TRY(read_numbers(reader, "test/overlap/box_iou", result->overlap_count,
                         &result->box_overlap, &same));
    if (result_has(reader, "test/overlap/mask_iou"))
        TRY(read_numbers(reader, "test/overlap/mask_iou", result->overlap_count,
                         &result->mask_overlap, &same));
    if (result_has(reader, "test/overlap/form"))
        TRY(read_texts(reader, "test/overlap/form", result->overlap_count, &result->forms));
    return STATUS_OK;
}

/* A text that files of earlier versions may lack. */
static Status read_optional(const Hdf5Reader *reader, const char *name, char **text)
{
    return hdf5_has(reader, name) ? hdf5_read_text(reader, name, text) : STATUS_OK;
}

static Status read_count(const Hdf5Reader *reader, const char *name, int64_t *count)
{
    return hdf5_has(reader, name) ? hdf5_read_i64(reader, name, 1, count) : STATUS_OK;
}

static Status read_machine(const Hdf5Reader *reader, CellMachine *machine)
{
    TRY(read_optional(reader, "provenance/engine", &machine->engine));
    TRY(read_optional(reader, "provenance/engine_version", &machine->engine_version));
    TRY(read_optional(reader, "provenance/processor", &machine->processor));
    TRY(read_count(reader, "provenance/threads", &machine->threads));
    return read_count(reader, "provenance/ranks", &machine->ranks);
}

static Status read_split_by(const Hdf5Reader *reader, CellResult *result)
{
    char *kept = NULL;
    TRY(read_optional(reader, "provenance/split_by", &kept));
    result->by_image = kept && strcmp(kept, "patient") != 0;
    free(kept);
    return STATUS_OK;
}

/* Whether the settings have this line. */
static bool config_says(const char *config, const char *line)
{
    const size_t length = strlen(line);
    for (const char *at = config; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, line, length) == 0 && (at[length] == '\n' || at[length] == '\0'))
            return true;
    }
    return false;
}

static Status read_provenance(const Hdf5Reader *reader, CellResult *result)
{
    int64_t synthetic;
    TRY(hdf5_read_text(reader, "provenance/data", &result->data));
    if (result_has(reader, "provenance/data_warnings"))
        TRY(hdf5_read_texts(reader, "provenance/data_warnings", &result->data_warnings));
    if (!result_has(reader, "provenance/synthetic"))
        return STATUS_OK;
    TRY(hdf5_read_i64(reader, "provenance/synthetic", 1, &synthetic));
    result->synthetic = synthetic ? SYNTHETIC_YES : SYNTHETIC_NO;
    result->hard = synthetic == 2;
    return STATUS_OK;
}

static Status read_all(const Hdf5Reader *reader, CellResult *result)
{
    TRY(hdf5_read_text(reader, "config", &result->config));
    result->on_validation = config_says(result->config, "test: validation");
    result->half = config_is_half(result->config);
    TRY(read_machine(reader, &result->machine));
    TRY(read_split_by(reader, result));
    TRY(read_provenance(reader, result));
    TRY(read_history(reader, result));
    if (strstr(result->config, "\nmethod: ")) /* self-supervised: nothing was tested */
        return STATUS_OK;
    TRY(read_metrics(reader, result));
    TRY(read_curve(reader, result));
    TRY(read_confusion(reader, result));
    TRY(read_predictions(reader, result));
    TRY(mend_masks(reader, result));
    return read_overlap(reader, result);
}

Status cell_result_read(const char *path, CellResult *result)
{
    *result = (CellResult){0};
    Hdf5Reader *reader = NULL;
    TRY(hdf5_probe(path));
    TRY(result_open(path, &reader));
    Status status = read_all(reader, result);
    hdf5_reader_free(reader);
    if (status != STATUS_OK)
        cell_result_clear(result);
    return status;
}

void cell_result_clear(CellResult *result)
{
    free(result->config);
    hdf5_texts_clear(&result->data_warnings);
    free(result->data);
    free(result->machine.engine);
    free(result->machine.engine_version);
    free(result->machine.processor);
    free(result->metrics);
    free(result->false_positive_rate);
    free(result->true_positive_rate);
    hdf5_texts_clear(&result->class_names);
    free(result->confusion);
    free(result->lesion_confusion);
    for (size_t i = 0; i < result->history_count; ++i)
        free(result->history[i].values);
    free(result->history);
    hdf5_texts_clear(&result->image_names);
    hdf5_texts_clear(&result->patients);
    hdf5_texts_clear(&result->scenes);
    free(result->dice);
    free(result->lesion_score);
    free(result->best_class);
    free(result->truth);
    free(result->predicted);
    free(result->seconds);
    cell_speed_clear(&result->speed);
    free(result->overlap_image);
    free(result->box_overlap);
    free(result->mask_overlap);
    hdf5_texts_clear(&result->forms);
    *result = (CellResult){0};
}

const CellMetric *cell_result_metric(const CellResult *result, const char *name)
{
    for (size_t i = 0; i < result->metric_count; ++i)
        if (strcmp(result->metrics[i].name, name) == 0)
            return &result->metrics[i];
    return NULL;
}

const CellHistory *cell_result_history(const CellResult *result, const char *name)
{
    for (size_t i = 0; i < result->history_count; ++i)
        if (strcmp(result->history[i].name, name) == 0)
            return &result->history[i];
    return NULL;
}
