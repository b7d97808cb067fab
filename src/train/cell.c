/* See cell.h. The order of a cell: build, restore, epochs of steps with a validation and a
 * checkpoint after each, operating point, test, results. */
#include "train/cell.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "eval/outcome.h"
#include "store/files.h"
#include "train/cell_files.h"
#include "train/evaluation.h"
#include "train/history.h"
#include "train/mpi_check.h"
#include "train/trainer.h"

typedef struct {
    const CellSettings *settings;
    const CellPlace *place;
    const Dataset *dataset;
    MPI_Comm group;
    const CellHooks *hooks;
    Trainer trainer;
    History history;
    CellProgress progress;
    double started;
    double saved, save_took; /* when it was saved last, and how long that took */
} Cell;

__attribute__((format(printf, 2, 3))) static void say(const Cell *cell, const char *format, ...)
{
    if (!cell->place->log || cell->trainer.rank != 0)
        return;
    char stamp[CLOCK_TEXT_BYTES];
    clock_text(stamp);
    fprintf(cell->place->log, "%s  ", stamp);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(cell->place->log, format, arguments);
    va_end(arguments);
    fputc('\n', cell->place->log);
    fflush(cell->place->log);
}

static void report(Cell *cell, const StepResult *step, size_t steps_since, double seconds)
{
    CellProgress *progress = &cell->progress;
    progress->step = cell->trainer.step;
    progress->epoch = cell->history.count;
    progress->loss = step->loss;
    if (seconds > 0)
        progress->images_per_second = (double)(steps_since * cell->settings->batch) / seconds;
    if (cell->hooks && cell->hooks->progress && cell->trainer.rank == 0)
        cell->hooks->progress(cell->hooks->context, progress);
}

/* Saving takes a twentieth of the time at most. */
static bool save_is_due(const Cell *cell)
{
    return cell->hooks->save_seconds > 0 &&
           clock_seconds() - cell->saved > fmax(cell->hooks->save_seconds, 20 * cell->save_took);
}

/* Rank 0's word counts. */
static StepWish wish(const Cell *cell)
{
    if (!cell->hooks || cell->trainer.rank != 0)
        return STEP_GO_ON;
    if (cell->hooks->should_stop && cell->hooks->should_stop(cell->hooks->context))
        return STEP_STOP;
    return save_is_due(cell) ? STEP_SAVE : STEP_GO_ON;
}

/* ---- splits ---- */

static Status split_indices(const Dataset *dataset, Split split, size_t *count, size_t **indices)
{
    *count = dataset_split_count(dataset, split);
    TRY(MEMORY_NEW(indices, *count));
    dataset_split_indices(dataset, split, *indices);
    return STATUS_OK;
}

static Status check_splits(const Cell *cell)
{
    Split test = cell->settings->test_on_validation ? SPLIT_VALIDATION : SPLIT_TEST;
    const Split needed[3] = {SPLIT_TRAIN, SPLIT_VALIDATION, test};
    for (size_t i = 0; i < 3; ++i)
        if (!dataset_split_count(cell->dataset, needed[i]))
            FAIL(STATUS_ARGUMENT, "%s: the %s split has no images", cell->place->data_name,
                 split_name(needed[i]));
    return STATUS_OK;
}

/* ---- validation and test ---- */

static Status validate(Cell *cell, double row[HISTORY_COLUMNS])
{
    size_t count, *indices = NULL;
    Evaluation evaluation = {0};
    EvaluationSummary summary;
    double point = 0;
    Status status;
    TRY_GOTO(status, end, split_indices(cell->dataset, SPLIT_VALIDATION, &count, &indices));
    TRY_GOTO(status, end,
             evaluation_init(&evaluation, cell->trainer.net, &cell->trainer.network, cell->dataset,
                             count, indices, cell->group));
    TRY_GOTO(status, end,
             outcome_operating_point(evaluation.scores, evaluation.truth, count, evaluation.classes,
                                     &point));
    TRY_GOTO(status, end, evaluation_summarise(&evaluation, point, &summary));
    row[HISTORY_VALIDATION_AUC] = summary.auc;
    row[HISTORY_VALIDATION_ACCURACY] = summary.accuracy;
    row[HISTORY_VALIDATION_DICE] = summary.dice;
    row[HISTORY_VALIDATION_MASK_IOU] = summary.mask_iou;
    row[HISTORY_VALIDATION_AP_50] = summary.ap_50;
    row[HISTORY_VALIDATION_AP_50_95] = summary.ap_50_95;
    row[HISTORY_OPERATING_POINT] = point;
end:
    evaluation_clear(&evaluation);
    free(indices);
    return status;
}

/* The test split, one image at a time in a network for inference, as gisd-detect would see it. */
static Status run_test(Cell *cell, Evaluation *evaluation)
{
    Split split = cell->settings->test_on_validation ? SPLIT_VALIDATION : SPLIT_TEST;
    size_t count, *indices = NULL;
    ImprovedSsdSettings settings;
    ImprovedSsd network;
    const Engine *engine;
    Net *net = NULL;
    Status status;
    TRY_GOTO(status, end, split_indices(cell->dataset, split, &count, &indices));
    TRY_GOTO(status, end,
             trainer_network_settings(cell->settings, cell->dataset->class_count, &settings));
    TRY_GOTO(status, end, engine_find("auto", &engine));
    TRY_GOTO(status, end, net_new(&cell->trainer.parameters, engine, false, &net));
    TRY_GOTO(status, end, net_set_precision(net, cell->settings->precision));
    TRY_GOTO(status, end, improved_ssd_build(net, &settings, 1, &network));
    TRY_GOTO(status, end, net_plan(net));
    TRY_GOTO(
        status, end,
        evaluation_init(evaluation, net, &network, cell->dataset, count, indices, cell->group));
end:
    net_free(net);
    free(indices);
    return status;
}

/* ---- training ---- */

static void add_step(History *history, const StepResult *step)
{
    double row[HISTORY_COLUMNS] = {
        [HISTORY_LOSS] = step->loss,
        [HISTORY_CLASSIFICATION_LOSS] = step->classification,
        [HISTORY_BOX_LOSS] = step->box,
        [HISTORY_SEGMENTATION_LOSS] = step->segmentation,
        [HISTORY_GRADIENT_NORM] = step->gradient_norm,
        [HISTORY_LEARNING_RATE] = step->learning_rate,
    };
    history_add_step(history, row);
}

static Status save(Cell *cell, double operating_point)
{
    Status status = STATUS_OK;
    double started = clock_seconds();
    if (cell->trainer.rank == 0)
        status = cell_save(cell->place, &cell->trainer, &cell->history, operating_point);
    cell->saved = clock_seconds();
    cell->save_took = cell->saved - started;
    return mpi_agree(cell->group, status);
}

static void report_saved(Cell *cell)
{
    StepResult none = {.loss = cell->progress.loss};
    cell->progress.saved = true;
    report(cell, &none, 0, 0);
}

static void log_epoch(const Cell *cell, const double row[HISTORY_COLUMNS])
{
    say(cell,
        "epoch %.0f/%zu  loss %.4f (class %.4f box %.4f mask %.4f)  rate %.2e  validation: AUC "
        "%.4f accuracy %.4f Dice %.4f AP50 %.4f  %.1f s (%.2f s waiting for data)",
        row[HISTORY_EPOCH], cell->settings->epochs, row[HISTORY_LOSS],
        row[HISTORY_CLASSIFICATION_LOSS], row[HISTORY_BOX_LOSS], row[HISTORY_SEGMENTATION_LOSS],
        row[HISTORY_LEARNING_RATE], row[HISTORY_VALIDATION_AUC], row[HISTORY_VALIDATION_ACCURACY],
        row[HISTORY_VALIDATION_DICE], row[HISTORY_VALIDATION_AP_50], row[HISTORY_SECONDS],
        row[HISTORY_SECONDS_WAITED]);
}

/* From the trainer's step to the end of its epoch, or until somebody asks to stop. */
static Status run_epoch(Cell *cell, bool *stopped)
{
    Trainer *trainer = &cell->trainer;
    double row[HISTORY_COLUMNS], started = clock_seconds();
    double waited = loader_seconds_waited(trainer->loader);
    double exposed = gradient_sum_seconds_exposed(trainer->sum);
    size_t first = trainer->step, end = (cell->history.count + 1) * trainer->steps_per_epoch;
    while (trainer->step < end && !*stopped) {
        StepResult step;
        double computed = trainer->compute_seconds;
        TRY(trainer_step(trainer, wish(cell), &step));
        if (cell->hooks && cell->hooks->pace) {
            cell->hooks->pace->seconds += trainer->compute_seconds - computed;
            cell->hooks->pace->images += trainer->local_shards * trainer->shard_images;
        }
        add_step(&cell->history, &step);
        cell->progress.saved = false;
        report(cell, &step, trainer->step - first, clock_seconds() - started);
        *stopped = step.wish == STEP_STOP;
        if (step.wish == STEP_SAVE && trainer->step < end) {
            TRY(save(cell, NAN));
            report_saved(cell);
        }
    }
    if (trainer->step < end)
        return STATUS_OK;
    history_take_running(&cell->history, row);
    row[HISTORY_SECONDS_WAITED] = loader_seconds_waited(trainer->loader) - waited;
    row[HISTORY_SECONDS_EXPOSED] = gradient_sum_seconds_exposed(trainer->sum) - exposed;
    TRY(validate(cell, row));
    row[HISTORY_SECONDS] = clock_seconds() - started;
    TRY(history_add(&cell->history, row));
    cell->progress.epoch = cell->history.count;
    cell->progress.validation_auc = row[HISTORY_VALIDATION_AUC];
    cell->progress.validation_dice = row[HISTORY_VALIDATION_DICE];
    log_epoch(cell, row);
    return STATUS_OK;
}

static Status train(Cell *cell, CellEnd *end)
{
    const size_t epochs = cell->settings->epochs;
    const size_t pause = cell->hooks && cell->hooks->stop_epoch && cell->hooks->stop_epoch < epochs
                             ? cell->hooks->stop_epoch
                             : epochs;
    bool stopped = false;
    *end = CELL_FINISHED;
    if (cell->history.count < pause)
        TRY(trainer_start(&cell->trainer));
    else if (pause < epochs)
        report_saved(cell); /* who asked to stop here may not know yet that it has been reached */
    while (cell->history.count < pause && !stopped) {
        TRY(run_epoch(cell, &stopped));
        TRY(save(cell, NAN));
        report_saved(cell);
    }
    if (cell->history.count >= pause && pause < epochs) {
        say(cell, "paused after epoch %zu of %zu", cell->history.count, epochs);
        *end = CELL_STOPPED;
        return STATUS_OK;
    }
    /* Asked to stop in the very last step: only the test is left, and that is short. */
    if (stopped && cell->history.count < epochs) {
        say(cell, "stopped after step %zu of %zu; the checkpoint holds it", cell->trainer.step,
            cell->trainer.steps);
        *end = CELL_STOPPED;
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

static Status open_cell(Cell *cell)
{
    Status status = STATUS_OK;
    int rank;
    TRY_MPI(MPI_Comm_rank(cell->group, &rank));
    TRY(check_splits(cell));
    if (rank == 0)
        status = files_make_folder(cell->place->folder);
    TRY(mpi_agree(cell->group, status));
    status = trainer_init(&cell->trainer, cell->settings, cell->dataset, cell->group);
    TRY(mpi_agree(cell->group, status));
    bool found = false;
    status = cell_restore(cell->place, &cell->trainer, &cell->history, &found);
    if (status == STATUS_OK && !found && cell->settings->initial_checkpoint[0])
        status = cell_load_initial(cell->settings->initial_checkpoint, &cell->trainer);
    TRY(mpi_agree(cell->group, status));
    const double *last = cell->history.count ? cell->history.rows[cell->history.count - 1] : NULL;
    cell->progress = (CellProgress){
        .epoch = cell->history.count,
        .epochs = cell->settings->epochs,
        .step = cell->trainer.step,
        .steps = cell->trainer.steps,
        .validation_auc = last ? last[HISTORY_VALIDATION_AUC] : (double)NAN,
        .validation_dice = last ? last[HISTORY_VALIDATION_DICE] : (double)NAN,
        .loss = NAN,
    };
    say(cell, "%s %s: %zu parameters, %zu of them trained; %zu steps of %zu images; %s",
        cell->settings->backbone, cell->settings->tuning == TUNING_LOCAL ? "local" : "global",
        parameters_total(&cell->trainer.parameters, false),
        parameters_total(&cell->trainer.parameters, true), cell->trainer.steps,
        cell->settings->batch, found ? "resumed from a checkpoint" : "from the start");
    return STATUS_OK;
}

static Status finish(Cell *cell)
{
    Evaluation test = {0};
    EvaluationSummary summary;
    double point = cell->history.rows[cell->history.count - 1][HISTORY_OPERATING_POINT];
    Status status;
    TRY_GOTO(status, end, save(cell, point));
    TRY_GOTO(status, end, run_test(cell, &test));
    TRY_GOTO(status, end, evaluation_summarise(&test, point, &summary));
    if (cell->trainer.rank == 0)
        status = cell_write_result(cell->place, &cell->trainer, &cell->history, &test, point,
                                   clock_seconds() - cell->started);
    TRY_GOTO(status, end, mpi_agree(cell->group, status));
    say(cell,
        "test: AUC %.4f accuracy %.4f at operating point %.4f, Dice %.4f, AP50 %.4f, top box "
        "overlaps by 0.6 in %.1f %%, %.4f s an image",
        summary.auc, summary.accuracy, point, summary.dice, summary.ap_50,
        100 * summary.top_overlap_60, summary.median_seconds);
end:
    evaluation_clear(&test);
    return status;
}

Status cell_run(const CellSettings *settings, const CellPlace *place, const Dataset *dataset,
                MPI_Comm group, const CellHooks *hooks, CellEnd *end)
{
    Cell cell = {.settings = settings,
                 .place = place,
                 .dataset = dataset,
                 .group = group,
                 .hooks = hooks,
                 .started = clock_seconds(),
                 .saved = clock_seconds()};
    Status status = open_cell(&cell);
    if (status == STATUS_OK)
        status = train(&cell, end);
    if (status == STATUS_OK && *end == CELL_FINISHED)
        status = finish(&cell);
    if (status != STATUS_OK)
        say(&cell, "failed: %s: %s", status_name(status), status_message());
    history_clear(&cell.history);
    trainer_clear(&cell.trainer);
    return status;
}
