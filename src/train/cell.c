/* See cell.h. The order of a cell: build, restore, epochs of steps with a validation and a
 * checkpoint after each, operating point, test, results. */
#include "train/cell.h"

#include <math.h>
#include <omp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "eval/interval.h"
#include "eval/outcome.h"
#include "infer/checkpoint.h"
#include "store/files.h"
#include "store/patience.h"
#include "train/cell_files.h"
#include "train/evaluation.h"
#include "train/group_state.h"
#include "train/history.h"
#include "train/mpi_check.h"
#include "train/setting_table.h"
#include "train/split_evaluation.h"
#include "train/split_metrics.h"
#include "train/trainer.h"

typedef struct {
    const CellSettings *settings;
    const CellPlace *place;
    const Dataset *dataset;
    MPI_Comm group;
    const CellHooks *hooks;
    Trainer trainer;
    History history;
    double *row; /* of the history: scratch */
    CellProgress progress;
    double started;
    double saved, save_took; /* when it was saved last, and how long that took */
    bool seen;               /* there is a checkpoint, whether it can be read or not */
} Cell;

enum { LINE_BYTES = 512 }; /* of the log */

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

/* What the progress says of the last epoch. */
static void take_history(Cell *cell)
{
    cell->progress.epoch = cell->history.count;
    cell->progress.validation_auc = history_last(&cell->history, "validation_auc");
    cell->progress.validation_dice = history_last(&cell->history, "validation_dice");
}

/* ---- splits ---- */

/* Whether its network says something of images that can be compared with what is known of them. */
static bool is_measured(const Cell *cell)
{
    return task_of(&cell->settings->model)->answers.make != NULL;
}

static Status check_splits(const Cell *cell)
{
    Split test = cell->settings->test_on_validation ? SPLIT_VALIDATION : SPLIT_TEST;
    const Split needed[3] = {SPLIT_TRAIN, SPLIT_VALIDATION, test};
    const size_t count = is_measured(cell) ? 3 : 1;
    for (size_t i = 0; i < count; ++i)
        if (!dataset_split_count(cell->dataset, needed[i]))
            FAIL(STATUS_ARGUMENT, "%s: the %s split has no images", cell->place->data_name,
                 split_name(needed[i]));
    return STATUS_OK;
}

/* ---- validation and test ---- */

/* Fills the row's validation metrics and operating point. */
static Status validate(Cell *cell, double *row)
{
    Evaluation evaluation = {0};
    SplitMetrics metrics = {0};
    double *point = history_at(&cell->history, row, "operating_point");
    Status status;
    TRY_GOTO(status, end,
             split_evaluation(&cell->trainer, SPLIT_VALIDATION, cell->trainer.shard_images,
                              &evaluation));
    TRY_GOTO(status, end,
             outcome_operating_point(evaluation.scores, evaluation.truth, evaluation.count,
                                     evaluation.classes, point));
    TRY_GOTO(status, end, split_metrics_init(&evaluation, *point, 0, 0, &metrics));
    for (size_t i = 0; i < split_metric_count(); ++i) {
        const SplitMetric *metric = split_metric_at(i);
        char name[HISTORY_NAME_BYTES];
        snprintf(name, sizeof name, "validation_%s", metric->name);
        if (metric->each_epoch && split_metric_is_given(metric, evaluation.gives))
            *history_at(&cell->history, row, name) = split_metrics_value(&metrics, metric->name);
    }
end:
    split_metrics_clear(&metrics);
    evaluation_clear(&evaluation);
    return status;
}

/* The test split, one image at a time, as gisd-detect would see it. */
static Status run_test(Cell *cell, Evaluation *evaluation)
{
    return split_evaluation(&cell->trainer,
                            cell->settings->test_on_validation ? SPLIT_VALIDATION : SPLIT_TEST, 1,
                            evaluation);
}

/* The validation images once more, with what they were last asked with: a cell may have come here
 * from a checkpoint. Nothing where they stand for the test split. */
static Status look_again(Cell *cell, Evaluation *evaluation)
{
    return cell->settings->test_on_validation
               ? STATUS_OK
               : split_evaluation(&cell->trainer, SPLIT_VALIDATION, cell->trainer.shard_images,
                                  evaluation);
}

/* ---- training ---- */

static void add_step(Cell *cell, const StepResult *step)
{
    History *history = &cell->history;
    const Task *task = cell->trainer.network->task;
    double *row = cell->row;
    *history_at(history, row, "loss") = step->loss;
    for (size_t k = 0; k < task->loss_count; ++k) {
        char name[TASK_COLUMN_BYTES];
        task_loss_column(&task->losses[k], name);
        if (task_has_loss(&cell->trainer.network->plan.model, k))
            *history_at(history, row, name) = step->losses[k];
    }
    *history_at(history, row, "gradient_norm") = step->gradient_norm;
    *history_at(history, row, "learning_rate") = step->learning_rate;
    history_add_step(history, row);
}

/* `last`: nothing is trained any more. */
static Status save(Cell *cell, double operating_point, bool last)
{
    const double started = clock_seconds();
    TRY(group_state_check(&cell->trainer));
    TRY((last && !cell->place->keep_state ? cell_save_last : cell_save)(
        cell->place, &cell->trainer, &cell->history, operating_point));
    cell->saved = clock_seconds();
    cell->save_took = cell->saved - started;
    return STATUS_OK;
}

static void report_saved(Cell *cell)
{
    StepResult none = {.loss = cell->progress.loss};
    cell->progress.saved = true;
    report(cell, &none, 0, 0);
}

/* "class 0.1 box 0.2 mask 0.3": the mean losses of the epoch. */
static void describe_losses(Cell *cell, char *text, size_t room)
{
    const Task *task = cell->trainer.network->task;
    size_t used = 0;
    text[0] = '\0';
    for (size_t k = 0; k < task->loss_count && used < room; ++k) {
        char name[TASK_COLUMN_BYTES];
        task_loss_column(&task->losses[k], name);
        if (task_has_loss(&cell->trainer.network->plan.model, k))
            used += (size_t)snprintf(text + used, room - used, "%s%s %.4f", used ? " " : "",
                                     task->losses[k].label, history_last(&cell->history, name));
    }
}

/* "AUC 0.9 accuracy 0.8 ...": the validation metrics that have a label. */
static void describe_validation(Cell *cell, char *text, size_t room)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < split_metric_count() && used < room; ++i) {
        const SplitMetric *metric = split_metric_at(i);
        char name[HISTORY_NAME_BYTES];
        snprintf(name, sizeof name, "validation_%s", metric->name);
        if (metric->label && history_find(&cell->history, name) < cell->history.column_count)
            used += (size_t)snprintf(text + used, room - used, "%s%s %.4f", used ? " " : "",
                                     metric->label, history_last(&cell->history, name));
    }
}

static void log_epoch(Cell *cell)
{
    const History *history = &cell->history;
    char losses[LINE_BYTES], validation[LINE_BYTES];
    describe_losses(cell, losses, sizeof losses);
    describe_validation(cell, validation, sizeof validation);
    say(cell, "epoch %zu/%zu  loss %.4f (%s)  rate %.2e  %s%s%s%.1f s (%.2f s waiting for data)",
        history->count, cell->settings->epochs, history_last(history, "loss"), losses,
        history_last(history, "learning_rate"), *validation ? "validation: " : "", validation,
        *validation ? "  " : "", history_last(history, "seconds"),
        history_last(history, "seconds_waited_for_data"));
}

/* The same on every rank, as the losses are. */
static Status check_epoch(const Cell *cell)
{
    const Task *task = cell->trainer.network->task;
    double losses[TASK_LOSSES_MOST];
    if (!task->check_epoch)
        return STATUS_OK;
    for (size_t k = 0; k < task->loss_count; ++k) {
        char name[TASK_COLUMN_BYTES];
        task_loss_column(&task->losses[k], name);
        losses[k] = history_last(&cell->history, name);
    }
    return task->check_epoch(losses);
}

/* From the trainer's step to the end of its epoch, or until somebody asks to stop. */
static Status run_epoch(Cell *cell, bool *stopped)
{
    Trainer *trainer = &cell->trainer;
    History *history = &cell->history;
    double *row = cell->row, started = clock_seconds();
    double waited = loader_seconds_waited(trainer->loader);
    double exposed = gradient_sum_seconds_exposed(trainer->sum);
    size_t first = trainer->step, end = (history->count + 1) * trainer->steps_per_epoch;
    while (trainer->step < end && !*stopped) {
        StepResult step;
        double computed = trainer->compute_seconds;
        TRY(trainer_step(trainer, wish(cell), &step));
        if (cell->hooks && cell->hooks->pace) {
            cell->hooks->pace->seconds += trainer->compute_seconds - computed;
            cell->hooks->pace->images += trainer->local_shards * trainer->shard_images;
        }
        add_step(cell, &step);
        cell->progress.saved = false;
        report(cell, &step, trainer->step - first, clock_seconds() - started);
        *stopped = step.wish == STEP_STOP;
        if (step.wish == STEP_SAVE && trainer->step < end) {
            TRY(save(cell, NAN, false));
            report_saved(cell);
        }
    }
    if (trainer->step < end)
        return STATUS_OK;
    history_take_running(history, row);
    *history_at(history, row, "seconds_waited_for_data") =
        loader_seconds_waited(trainer->loader) - waited;
    *history_at(history, row, "seconds_exposed_communication") =
        gradient_sum_seconds_exposed(trainer->sum) - exposed;
    if (is_measured(cell))
        TRY(validate(cell, row));
    *history_at(history, row, "seconds") = clock_seconds() - started;
    TRY(history_add(history, row));
    take_history(cell);
    log_epoch(cell);
    return check_epoch(cell);
}

static bool is_out_of_patience(const Cell *cell)
{
    return history_is_out_of_patience(&cell->history, cell->settings->stop_after);
}

static Status train(Cell *cell, CellEnd *end)
{
    const size_t epochs = cell->settings->epochs;
    const size_t pause = cell->hooks && cell->hooks->stop_epoch && cell->hooks->stop_epoch < epochs
                             ? cell->hooks->stop_epoch
                             : epochs;
    bool stopped = false, patient = !is_out_of_patience(cell);
    *end = CELL_FINISHED;
    if (cell->history.count < pause && patient)
        TRY(trainer_start(&cell->trainer));
    else if (pause < epochs)
        report_saved(cell); /* who asked to stop here may not know yet that it has been reached */
    while (cell->history.count < pause && patient && !stopped) {
        TRY(run_epoch(cell, &stopped));
        TRY(save(cell, NAN, false));
        report_saved(cell);
        patient = !is_out_of_patience(cell);
    }
    if (!patient) {
        say(cell, "ends after epoch %zu of %zu: no better validation since epoch %zu",
            cell->history.count, epochs, history_best_epoch(&cell->history));
        return STATUS_OK;
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

/* The cell's identity holds that of its pretraining, which decides its parameters. */
static Status check_pretraining(const Cell *cell)
{
    const char *initial = cell->settings->initial_checkpoint, *owner = "";
    CheckpointState state;
    TRY(checkpoint_verify(initial));
    TRY(checkpoint_read_state(initial, &state));
    Status status = checkpoint_state_text(&state, "cell", &owner);
    if (status == STATUS_OK && strcmp(owner, cell->place->pretraining) != 0)
        status = status_set(STATUS_FORMAT, "%s: holds cell %s (expected the pretraining %s)",
                            initial, owner, cell->place->pretraining);
    checkpoint_state_clear(&state);
    return status;
}

/* The cell's identity holds the content of the file as it was when the job began. */
static Status check_weights(const Cell *cell)
{
    const char *initial = cell->settings->initial_checkpoint;
    char hash[HASH_TEXT_BYTES];
    if (cell->place->pretraining)
        return check_pretraining(cell);
    TRY(checkpoint_hash_parameters(initial, hash));
    if (strcmp(hash, cell->place->weights) != 0)
        FAIL(STATUS_FORMAT,
             "%s: holds other parameters than when the job began (expected those until its cells "
             "have started; with others it makes another cell)",
             initial);
    return STATUS_OK;
}

/* On rank 0, from the cell's checkpoint, else from the parameters that it is to start from. */
static Status read_start(Cell *cell, bool *resumed)
{
    const Network *network = cell->trainer.network;
    const char *initial = cell->settings->initial_checkpoint;
    Status status = cell_restore(cell->place, &cell->trainer, &cell->history, resumed);
    cell->seen |= *resumed;
    TRY(status);
    if (cell->seen && !*resumed)
        FAIL(STATUS_STORAGE, "%s: its checkpoint is no longer seen", cell->place->folder);
    if (*resumed || !*initial)
        return STATUS_OK;
    TRY(check_weights(cell));
    const InitialStart start = {.depends_on_classes = network->architecture->depends_on_classes,
                                .class_count = cell->dataset->class_count,
                                .class_names = (const char *const *)cell->dataset->class_names,
                                .depends_on_size = network->architecture->depends_on_size,
                                .size = cell->settings->model.size,
                                .shared = cell->place->pretraining};
    char *kept;
    TRY(checkpoint_read_initial(initial, &cell->trainer.parameters, &start, &kept));
    say(cell, "starts from the parameters of %s; at random begin:%s", initial,
        *kept ? kept : " none");
    free(kept);
    return STATUS_OK;
}

static Status start_parameters(Cell *cell, bool *resumed)
{
    Status status = STATUS_OK;
    SharedUpdate *update = &cell->trainer.update;
    if (cell->trainer.rank == 0) {
        PATIENTLY(status, read_start(cell, resumed));
        const Status released = shared_update_release(update);
        status = status == STATUS_OK ? released : status;
    } else {
        status = shared_update_serve(update);
    }
    TRY(mpi_agree(cell->group, status));
    TRY(group_state_send(&cell->trainer, &cell->history, resumed));
    if (*resumed && !optimiser_is_over(update->own))
        TRY(shared_update_swap(update)); /* to the values that are trained */
    return group_state_check(&cell->trainer);
}

static Status build_cell(Cell *cell)
{
    TRY(trainer_init(&cell->trainer, cell->settings, cell->dataset, cell->group));
    TRY(history_init(&cell->history, &cell->trainer.network->plan.model));
    return MEMORY_NEW(&cell->row, cell->history.column_count);
}

static void say_who_is_idle(const Cell *cell)
{
    const Trainer *trainer = &cell->trainer;
    const size_t threads = (size_t)omp_get_max_threads();
    if (trainer->workers < threads)
        say(cell, "%zu of %zu threads train: a thread takes whole shards, of which a rank has %zu",
            trainer->workers, threads, trainer->local_shards);
}

static Status open_cell(Cell *cell)
{
    Status status = STATUS_OK;
    int rank;
    bool resumed = false;
    char title[SETTING_TITLE_BYTES];
    TRY_MPI(MPI_Comm_rank(cell->group, &rank));
    TRY(check_splits(cell));
    if (rank == 0)
        PATIENTLY(status, files_make_folder(cell->place->folder));
    TRY(mpi_agree(cell->group, status));
    status = build_cell(cell);
    TRY(mpi_agree(cell->group, status));
    TRY(start_parameters(cell, &resumed));
    cell->progress = (CellProgress){
        .epochs = cell->settings->epochs,
        .step = cell->trainer.step,
        .steps = cell->trainer.steps,
        .loss = NAN,
    };
    take_history(cell);
    setting_title(cell->settings, title);
    *strrchr(title, '-') = ' ';
    say(cell, "%s: %zu parameters, %zu of them trained; %zu steps of %zu images; %s", title,
        parameters_total(&cell->trainer.parameters, false),
        parameters_total(&cell->trainer.parameters, true), cell->trainer.steps,
        cell->settings->batch, resumed ? "resumed from a checkpoint" : "from the start");
    say_who_is_idle(cell);
    return STATUS_OK;
}

/* The metrics of the test that have a label; on rank 0. */
static void log_test(const Cell *cell, const SplitMetrics *metrics, double point)
{
    char scores[LINE_BYTES] = "", others[LINE_BYTES] = "";
    size_t used = 0, used_others = 0;
    for (size_t i = 0; i < split_metric_count(); ++i) {
        const SplitMetric *metric = split_metric_at(i);
        double value = split_metrics_value(metrics, metric->name);
        if (!metric->label ||
            !split_metric_is_given(metric, task_gives(&cell->trainer.network->plan.model)))
            continue;
        if (!metric->compute && used < sizeof scores)
            used += (size_t)snprintf(scores + used, sizeof scores - used, " %s %.4f", metric->label,
                                     value);
        else if (used_others < sizeof others)
            used_others += (size_t)snprintf(others + used_others, sizeof others - used_others,
                                            ", %s %.4f", metric->label, value);
    }
    double overlap = split_metrics_value(metrics, "overlap_60");
    char boxes[LINE_BYTES] = "";
    if (!isnan(overlap))
        snprintf(boxes, sizeof boxes, ", top box overlaps by 0.6 in %.1f %%", 100 * overlap);
    say(cell, "test:%s at operating point %.4f%s%s, %.4f s an image", scores, point, others, boxes,
        split_metrics_value(metrics, "median_seconds"));
}

static Status write_results(Cell *cell, const Evaluation *test, const Evaluation *validation,
                            double point)
{
    SplitMetrics metrics;
    TRY(split_metrics_init(test, point, INTERVAL_REPLICATES, cell->settings->seed, &metrics));
    double seconds = clock_seconds() - cell->started;
    Status status;
    PATIENTLY(status, cell_write_result(cell->place, &cell->trainer, &cell->history, test, &metrics,
                                        validation, point, seconds));
    if (status == STATUS_OK)
        log_test(cell, &metrics, point);
    split_metrics_clear(&metrics);
    return status;
}

/* What there is to keep of a network that is not measured: its features, and how it came to them.
 */
static Status write_features(Cell *cell)
{
    const double seconds = clock_seconds() - cell->started;
    Status status = STATUS_OK;
    TRY(cell_write_features(cell->place, &cell->trainer));
    if (cell->trainer.rank == 0)
        PATIENTLY(status, cell_write_result(cell->place, &cell->trainer, &cell->history, NULL, NULL,
                                            NULL, NAN, seconds));
    TRY(mpi_agree(cell->group, status));
    say(cell, "its features are in features.h5");
    return STATUS_OK;
}

static Status finish_unmeasured(Cell *cell)
{
    TRY(save(cell, NAN, true));
    return write_features(cell);
}

static Status finish(Cell *cell)
{
    if (!is_measured(cell))
        return finish_unmeasured(cell);
    Evaluation test = {0}, validation = {0};
    double point = history_last(&cell->history, "operating_point");
    Status status;
    TRY_GOTO(status, end, save(cell, point, true));
    TRY_GOTO(status, end, run_test(cell, &test));
    TRY_GOTO(status, end, look_again(cell, &validation));
    if (cell->trainer.rank == 0)
        status = write_results(cell, &test, &validation, point);
    TRY_GOTO(status, end, mpi_agree(cell->group, status));
end:
    evaluation_clear(&test);
    evaluation_clear(&validation);
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
    free(cell.row);
    trainer_clear(&cell.trainer);
    return status;
}
