/* See calibrated.h. */
#include "train/calibrated.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset_classes.h"
#include "infer/calibration.h"
#include "infer/checkpoint.h"
#include "infer/checkpoint_precision.h"
#include "results/result_schema.h"
#include "store/files.h"
#include "train/checkpoint_evaluation.h"
#include "train/sensitivity.h"

typedef struct {
    const CalibrationTask *task;
    CheckpointModel model; /* in the end that of the file to write */
    ParameterList parameters;
    Dataset *dataset;
    size_t count, *indices; /* of the validation images */
} Work;

static Status read_model(Work *work)
{
    const char *checkpoint = work->task->checkpoint;
    TRY(checkpoint_verify(checkpoint));
    TRY(finished_model_read(checkpoint, &work->model));
    if (work->model.precision == PRECISION_INT8)
        FAIL(STATUS_ARGUMENT, "%s: computes in 8 bits already (expected what it was made of)",
             checkpoint);
    work->model.precision = checkpoint_precision(checkpoint, &work->model);
    return STATUS_OK;
}

/* ---- the validation images ---- */

/* The result of the cell beside its checkpoint; NULL if there is none; released with free(). */
static Status find_result(const char *checkpoint, char **result)
{
    char *folder;
    TRY(files_folder_of(checkpoint, &folder));
    Status status = files_join(folder, "result.h5", result);
    free(folder);
    if (status == STATUS_OK && !files_exists(*result)) {
        free(*result);
        *result = NULL;
    }
    return status;
}

/* The same images in other splits would be test images to the cell. */
static Status check_fingerprint(const Work *work, const char *result)
{
    Hdf5Reader *reader;
    char *fingerprint = NULL;
    TRY(result_open(result, &reader));
    TRY(hdf5_reader_end(reader,
                        hdf5_read_text(reader, "provenance/data_fingerprint", &fingerprint)));
    const bool same = strcmp(fingerprint, work->dataset->fingerprint) == 0;
    free(fingerprint);
    if (!same)
        FAIL(STATUS_ARGUMENT,
             "%s: the cell was trained on other data, or other splits of them (%s; expected its "
             "own manifest, with column split where the experiment says how to split)",
             work->task->manifest, result);
    return STATUS_OK;
}

static Status load(Work *work)
{
    const ModelSettings *settings = &work->model.settings;
    const DatasetForm form = network_data_form(settings);
    const SplitSettings split = split_defaults();
    char *result;
    TRY(dataset_load_form(work->task->manifest, &form, &split, &work->dataset));
    TRY(find_result(work->task->checkpoint, &result));
    Status status = result ? check_fingerprint(work, result) : STATUS_OK;
    free(result);
    TRY(status);
    TRY(dataset_take_classes(work->dataset, work->task->manifest, settings->classes,
                             (const char *const *)work->model.class_names));
    work->count = dataset_split_count(work->dataset, SPLIT_VALIDATION);
    if (!work->count)
        FAIL(STATUS_ARGUMENT, "%s: has no validation images (expected some, to calibrate with)",
             work->task->manifest);
    TRY(MEMORY_NEW(&work->indices, work->count));
    dataset_split_indices(work->dataset, SPLIT_VALIDATION, work->indices);
    return STATUS_OK;
}

/* ---- looking at them ---- */

/* The network as `model` says it computes. */
static CheckpointEvaluation looking(const Work *work)
{
    return (CheckpointEvaluation){.checkpoint = work->task->checkpoint,
                                  .model = &work->model,
                                  .precision = work->model.precision,
                                  .dataset = work->dataset,
                                  .count = work->count,
                                  .indices = work->indices};
}

static Status measure_before(Work *work, Calibration *calibration, Calibrated *calibrated)
{
    Evaluation evaluation = {0};
    CheckpointEvaluation of = looking(work);
    of.observer = calibration_observe;
    of.observer_context = calibration;
    calibrated->precision = work->model.precision;
    calibrated->point_before = work->model.operating_point;
    Status status = checkpoint_evaluate(&of, &work->parameters, &evaluation);
    if (status == STATUS_OK)
        status =
            split_metrics_init(&evaluation, calibrated->point_before, 0, 0, &calibrated->before);
    if (status == STATUS_OK)
        status = calibration_ranges(calibration, &work->model.ranges);
    evaluation_clear(&evaluation);
    return status;
}

static Status measure_after(Work *work, Calibrated *calibrated)
{
    Evaluation evaluation = {0};
    Status status;
    const CheckpointEvaluation of = looking(work);
    split_metrics_clear(&calibrated->after);
    TRY_GOTO(status, end, checkpoint_evaluate(&of, &work->parameters, &evaluation));
    TRY_GOTO(status, end,
             outcome_operating_point(evaluation.scores, evaluation.truth, evaluation.count,
                                     evaluation.classes, &work->model.operating_point));
    calibrated->point_after = work->model.operating_point;
    status = split_metrics_init(&evaluation, calibrated->point_after, 0, 0, &calibrated->after);
end:
    evaluation_clear(&evaluation);
    return status;
}

double calibrated_change(const Calibrated *calibrated)
{
    static const char *const names[] = {"auc", "dice", "ap_50"};
    double most = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        const double before = split_metrics_value(&calibrated->before, names[i]);
        const double after = split_metrics_value(&calibrated->after, names[i]);
        if (!isnan(before) && !isnan(after))
            most = fmax(most, fabs(after - before));
    }
    return most;
}

/* Leaves more and more convolutions as they were, until the answers are near. */
static Status leave_worst(Work *work, Calibrated *calibrated)
{
    static const double shares[] = {0.01, 0.03, 0.1, 0.3};
    InputRanges *ranges = &work->model.ranges;
    const CheckpointEvaluation of = looking(work);
    Sensitivity *found;
    TRY(sensitivity_measure(&of, calibrated->precision, &work->parameters, &found));
    Status status = STATUS_OK;
    for (size_t i = 0; i < sizeof shares / sizeof *shares && status == STATUS_OK &&
                       calibrated_change(calibrated) > CALIBRATED_NEAR;
         ++i) {
        calibrated->left_share = shares[i];
        calibrated->left = sensitivity_leave(ranges->count, found, shares[i], ranges);
        status = measure_after(work, calibrated);
    }
    free(found);
    return status;
}

static Status run(Work *work, Calibration *calibration, Calibrated *calibrated)
{
    TRY(read_model(work));
    TRY(load(work));
    TRY(measure_before(work, calibration, calibrated));
    work->model.precision = PRECISION_INT8;
    TRY(measure_after(work, calibrated));
    if (calibrated_change(calibrated) > CALIBRATED_NEAR)
        TRY(leave_worst(work, calibrated));
    calibrated->images = work->count;
    calibrated->convolutions = work->model.ranges.count - calibrated->left;
    return checkpoint_write(work->task->out, &work->model, &work->parameters, NULL, NULL);
}

Status calibrated_write(const CalibrationTask *task, Calibrated *calibrated)
{
    Work work = {.task = task};
    Calibration *calibration;
    *calibrated = (Calibrated){0};
    TRY(calibration_new(&calibration));
    parameters_init(&work.parameters);
    Status status = run(&work, calibration, calibrated);
    calibration_free(calibration);
    parameters_clear(&work.parameters);
    checkpoint_model_clear(&work.model);
    dataset_free(work.dataset);
    free(work.indices);
    if (status != STATUS_OK)
        calibrated_clear(calibrated);
    return status;
}

void calibrated_clear(Calibrated *calibrated)
{
    split_metrics_clear(&calibrated->before);
    split_metrics_clear(&calibrated->after);
    *calibrated = (Calibrated){0};
}
