/* See test_file.h. The layout is that of results/result_schema.h. */
#include "train/test_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "results/result_schema.h"

/* ---- /test/metrics, /test/roc, /test/confusion ---- */

static Status write_metrics(const TestGroups *groups, Hdf5Writer *writer)
{
    const SplitMetrics *metrics = groups->metrics;
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
    TRY_GOTO(status, end, result_write_texts(writer, "test/metrics/name", count, names));
    for (size_t i = 0; i < count; ++i)
        names[i] = metrics->metrics[i].bca ? "BCa" : "percentile";
    TRY_GOTO(status, end, result_write_texts(writer, "test/metrics/interval", count, names));
    TRY_GOTO(status, end, result_write_f64(writer, "test/metrics/value", count, columns));
    TRY_GOTO(status, end, result_write_f64(writer, "test/metrics/low", count, columns + count));
    TRY_GOTO(status, end,
             result_write_f64(writer, "test/metrics/high", count, columns + 2 * count));
    status = result_write_f64(writer, "test/metrics/operating_point", 1, &groups->operating_point);
end:
    free(names);
    free(columns);
    return status;
}

static Status write_curve(Hdf5Writer *writer, const char *folder, const Roc *roc)
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
        TRY(result_write_f64(writer, name, roc->count, columns[i].values));
    }
    return STATUS_OK;
}

static Status write_curves(const TestGroups *groups, Hdf5Writer *writer)
{
    const Outcome *outcome = &groups->metrics->outcome;
    TRY(write_curve(writer, "test/roc", &outcome->roc));
    for (size_t k = 0; k < outcome->classes; ++k) {
        char folder[128];
        snprintf(folder, sizeof folder, "test/roc/classes/%s", groups->test->class_names[k]);
        TRY(write_curve(writer, folder, &outcome->class_roc[k]));
    }
    return STATUS_OK;
}

static Status write_matrix(Hdf5Writer *writer, const char *name, const Confusion *confusion)
{
    int64_t *counts;
    size_t cells = confusion->classes * confusion->classes;
    TRY(MEMORY_NEW(&counts, cells));
    for (size_t i = 0; i < cells; ++i)
        counts[i] = (int64_t)confusion->counts[i];
    Status status = result_write(writer, name, HDF5_I64, 2,
                                 (size_t[]){confusion->classes, confusion->classes}, counts);
    free(counts);
    return status;
}

static Status write_confusion(const TestGroups *groups, Hdf5Writer *writer)
{
    const Outcome *outcome = &groups->metrics->outcome;
    const char **names;
    TRY(MEMORY_NEW(&names, outcome->classes + 1));
    names[0] = "normal";
    for (size_t k = 0; k < outcome->classes; ++k)
        names[k + 1] = groups->test->class_names[k];
    Status status =
        result_write_texts(writer, "test/confusion/class_names", outcome->classes + 1, names);
    free(names);
    TRY(status);
    TRY(write_matrix(writer, "test/confusion/counts", &outcome->confusion));
    return write_matrix(writer, "test/confusion/lesion_counts", &outcome->lesion_confusion);
}

/* ---- /test/predictions, /test/overlap, /test/detections ---- */

static Status write_prediction_texts(const TestGroups *groups, Hdf5Writer *writer)
{
    const Evaluation *test = groups->test;
    const Dataset *dataset = groups->dataset;
    const char **texts;
    TRY(MEMORY_NEW(&texts, test->count));
    for (size_t i = 0; i < test->count; ++i)
        texts[i] = dataset->examples[test->indices[i]].name;
    Status status = result_write_texts(writer, "test/predictions/image", test->count, texts);
    for (size_t i = 0; i < test->count; ++i)
        texts[i] = dataset->by_patient ? dataset->patients[test->patients[i]] : "";
    if (status == STATUS_OK)
        status = result_write_texts(writer, "test/predictions/patient", test->count, texts);
    free(texts);
    return status;
}

/* The manifest's further columns, for tables of subgroups. */
static Status write_columns(const TestGroups *groups, Hdf5Writer *writer)
{
    const Evaluation *test = groups->test;
    const Dataset *dataset = groups->dataset;
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
        status = result_write_texts(writer, name, test->count, texts);
    }
    free(texts);
    return status;
}

static Status write_predictions(const TestGroups *groups, Hdf5Writer *writer)
{
    const Evaluation *test = groups->test;
    TRY(write_prediction_texts(groups, writer));
    TRY(write_columns(groups, writer));
    TRY(result_write(writer, "test/predictions/scores", HDF5_F64, 2,
                     (size_t[]){test->count, test->classes}, test->scores));
    if (test->gives.masks) {
        TRY(result_write_f64(writer, "test/predictions/dice", test->count, test->dice));
        TRY(result_write_f64(writer, "test/predictions/mask_iou", test->count, test->mask_iou));
        TRY(result_write_f64(writer, "test/predictions/mask_share", test->count, test->mask_share));
    }
    TRY(result_write_f64(writer, "test/predictions/seconds", test->count, test->seconds));
    int64_t *classes;
    TRY(MEMORY_NEW(&classes, test->count));
    for (size_t i = 0; i < test->count; ++i)
        classes[i] = test->truth[i];
    Status status = result_write_i64(writer, "test/predictions/truth", test->count, classes);
    for (size_t i = 0; i < test->count; ++i)
        classes[i] = groups->metrics->outcome.predicted[i];
    if (status == STATUS_OK)
        status = result_write_i64(writer, "test/predictions/predicted", test->count, classes);
    free(classes);
    return status;
}

/* Of the images with a lesion. */
static Status write_overlap(const TestGroups *groups, Hdf5Writer *writer)
{
    const Evaluation *test = groups->test;
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
        box[count] = groups->metrics->box_overlap[i];
        mask[count] = test->mask_iou[i];
        form[count++] = groups->dataset->examples[test->indices[i]].form;
    }
    Status status = result_write_i64(writer, "test/overlap/image", count, image);
    if (status == STATUS_OK)
        status = result_write_texts(writer, "test/overlap/form", count, form);
    if (status == STATUS_OK)
        status = result_write_f64(writer, "test/overlap/box_iou", count, box);
    if (status == STATUS_OK && test->gives.masks)
        status = result_write_f64(writer, "test/overlap/mask_iou", count, mask);
    free(box);
    return status;
}

static Status write_detections(const TestGroups *groups, Hdf5Writer *writer)
{
    const Evaluation *test = groups->test;
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
    if (status == STATUS_OK)
        status = result_write_i64(writer, "test/detections/image", count, whole);
    if (status == STATUS_OK)
        status = result_write_i64(writer, "test/detections/class", count, whole + count);
    if (status == STATUS_OK)
        status = result_write_f64(writer, "test/detections/score", count, real);
    if (status == STATUS_OK)
        status = result_write(writer, "test/detections/box", HDF5_F64, 2, (size_t[]){count, 4},
                              real + count);
    free(whole);
    free(real);
    return status;
}

/* What there was to find. */
static Status write_annotations(const TestGroups *groups, Hdf5Writer *writer)
{
    const Evaluation *test = groups->test;
    size_t count = test->annotated_count;
    int64_t *whole; /* 2 x count */
    double *real;   /* 5 x count: shares, then boxes row by row */
    TRY(MEMORY_NEW(&whole, 2 * count));
    Status status = MEMORY_NEW(&real, 5 * count);
    for (size_t i = 0; status == STATUS_OK && i < count; ++i) {
        const AnnotatedBox *lesion = &test->annotated[i];
        const Example *example = &groups->dataset->examples[test->indices[lesion->image]];
        const double corners[4] = {lesion->box.x0, lesion->box.y0, lesion->box.x1, lesion->box.y1};
        whole[i] = lesion->image;
        whole[count + i] = lesion->class_index;
        real[i] = (double)box_area(&lesion->box) / ((double)example->width * example->height);
        memcpy(real + count + 4 * i, corners, sizeof corners);
    }
    if (status == STATUS_OK)
        status = result_write_i64(writer, "test/annotations/image", count, whole);
    if (status == STATUS_OK)
        status = result_write_i64(writer, "test/annotations/class", count, whole + count);
    if (status == STATUS_OK)
        status = result_write_f64(writer, "test/annotations/share", count, real);
    if (status == STATUS_OK)
        status = result_write(writer, "test/annotations/box", HDF5_F64, 2, (size_t[]){count, 4},
                              real + count);
    free(whole);
    free(real);
    return status;
}

/* ---- the whole ---- */

Status test_groups_write(const TestGroups *groups, Hdf5Writer *writer)
{
    TRY(write_metrics(groups, writer));
    TRY(write_curves(groups, writer));
    TRY(write_confusion(groups, writer));
    TRY(write_predictions(groups, writer));
    if (!groups->test->gives.boxes)
        return STATUS_OK;
    TRY(write_overlap(groups, writer));
    TRY(write_detections(groups, writer));
    return write_annotations(groups, writer);
}
