/* See cell_files.h. The parameters of a checkpoint are those to be used, averaged where the cell
 * keeps an average; what training goes on from then stands with the optimiser. Under /state a
 * checkpoint holds the cell's identity, step, epoch, seed, the schedule's name, the history so far
 * with the names of its columns, and the sums of the unfinished epoch. Columns are read by name:
 * one that the checkpoint lacks is NaN. */
#include "train/cell_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/checkpoint.h"
#include "model/embedding_head.h"
#include "store/files.h"
#include "store/patience.h"
#include "train/mpi_check.h"

static Status checkpoint_path(const CellPlace *place, char **path)
{
    return files_join(place->folder, "checkpoint.h5", path);
}

/* ---- saving ---- */

static Status name_columns(const History *history, char **names)
{
    size_t bytes = history->column_count * (HISTORY_NAME_BYTES + 1) + 1;
    TRY(MEMORY_NEW(names, bytes));
    for (size_t i = 0, used = 0; i < history->column_count; ++i)
        used += (size_t)snprintf(*names + used, bytes - used, "%s%s", i ? "," : "",
                                 history->columns[i].name);
    return STATUS_OK;
}

static Status describe_state(const CellPlace *place, const Trainer *trainer, const History *history,
                             CheckpointState *state)
{
    static const char *const schedules[] = {"constant", "step", "cosine"};
    const CellSettings *settings = trainer->settings;
    char *names;
    TRY(checkpoint_state_set_text(state, "cell", place->cell_id));
    TRY(checkpoint_state_set_integer(state, "step", (int64_t)trainer->step));
    TRY(checkpoint_state_set_integer(state, "epoch", (int64_t)history->count));
    TRY(checkpoint_state_set_integer(state, "seed", (int64_t)settings->seed));
    TRY(checkpoint_state_set_text(state, "schedule", schedules[settings->schedule]));
    TRY(checkpoint_state_set_numbers(state, "history", history->count * history->column_count,
                                     history->rows));
    TRY(checkpoint_state_set_numbers(state, "running", history->column_count, history->running));
    TRY(checkpoint_state_set_integer(state, "running_steps", (int64_t)history->running_steps));
    TRY(name_columns(history, &names));
    Status status = checkpoint_state_set_text(state, "history_columns", names);
    free(names);
    return status;
}

static Status write_checkpoint(const CellPlace *place, const Trainer *trainer,
                               const History *history, double operating_point,
                               const OptimiserState *optimiser)
{
    CheckpointModel model = {0};
    CheckpointState state;
    char *path = NULL;
    Status status;
    checkpoint_state_init(&state);
    TRY_GOTO(status, end,
             checkpoint_model_init(&model, &trainer->network->plan.model,
                                   trainer->settings->tuning == TUNING_LOCAL ? "local" : "global",
                                   (const char *const *)trainer->dataset->class_names,
                                   operating_point));
    model.precision = trainer->settings->precision;
    TRY_GOTO(status, end, describe_state(place, trainer, history, &state));
    TRY_GOTO(status, end, checkpoint_path(place, &path));
    status = checkpoint_write(path, &model, &trainer->parameters, optimiser, &state);
end:
    checkpoint_model_clear(&model);
    checkpoint_state_clear(&state);
    free(path);
    return status;
}

static Status write_at_rank_0(const CellPlace *place, Trainer *trainer, const History *history,
                              double operating_point, bool with_state)
{
    const OptimiserState whole = shared_update_state(&trainer->update);
    Status status;
    PATIENTLY(status, write_checkpoint(place, trainer, history, operating_point,
                                       with_state ? &whole : NULL));
    if (!with_state)
        return status;
    const Status released = shared_update_release(&trainer->update);
    return status == STATUS_OK ? released : status;
}

static Status save(const CellPlace *place, Trainer *trainer, const History *history,
                   double operating_point, bool with_state)
{
    Status status = STATUS_OK;
    trainer_rest(trainer);
    TRY(shared_update_swap(&trainer->update));
    if (trainer->rank == 0)
        status = write_at_rank_0(place, trainer, history, operating_point, with_state);
    else if (with_state)
        status = shared_update_serve(&trainer->update);
    TRY(mpi_agree(trainer->group, status));
    return shared_update_swap(&trainer->update);
}

Status cell_save(const CellPlace *place, Trainer *trainer, const History *history,
                 double operating_point)
{
    return save(place, trainer, history, operating_point, !optimiser_is_over(trainer->update.own));
}

Status cell_save_last(const CellPlace *place, Trainer *trainer, const History *history,
                      double operating_point)
{
    return save(place, trainer, history, operating_point, false);
}

/* The list without the parameters of the head; it borrows all but the array of its items. */
static Status list_features(const ParameterList *parameters, ParameterList *features)
{
    *features = (ParameterList){0};
    TRY(MEMORY_NEW(&features->items, parameters->count));
    for (size_t i = 0; i < parameters->count; ++i)
        if (!embedding_head_has(parameters->items[i].name))
            features->items[features->count++] = parameters->items[i];
    return STATUS_OK;
}

static Status write_features(const CellPlace *place, const Trainer *trainer)
{
    CheckpointModel model = {0};
    CheckpointState state;
    ParameterList features = {0};
    char *path = NULL;
    Status status;
    checkpoint_state_init(&state);
    TRY_GOTO(status, end,
             checkpoint_model_init(&model, &trainer->network->plan.model, "global",
                                   (const char *const *)trainer->dataset->class_names, NAN));
    model.some = true;
    TRY_GOTO(status, end, checkpoint_state_set_text(&state, "cell", place->cell_id));
    TRY_GOTO(status, end, list_features(&trainer->parameters, &features));
    TRY_GOTO(status, end, files_join(place->folder, CELL_FEATURES_FILE, &path));
    status = checkpoint_write(path, &model, &features, NULL, &state);
end:
    checkpoint_model_clear(&model);
    checkpoint_state_clear(&state);
    free(features.items);
    free(path);
    return status;
}

Status cell_write_features(const CellPlace *place, Trainer *trainer)
{
    Status status = STATUS_OK;
    TRY(shared_update_swap(&trainer->update));
    if (trainer->rank == 0)
        PATIENTLY(status, write_features(place, trainer));
    TRY(mpi_agree(trainer->group, status));
    return shared_update_swap(&trainer->update);
}

/* ---- restoring ---- */

/* The columns of checkpoints that do not name them. */
static const char first_columns[] =
    "epoch,loss,classification_loss,box_loss,segmentation_loss,gradient_norm,learning_rate,"
    "validation_auc,validation_accuracy,validation_dice,validation_mask_iou,validation_ap_50,"
    "validation_ap_50_95,operating_point,seconds,seconds_waited_for_data,"
    "seconds_exposed_communication";

/* Where each of the history's columns stands in the checkpoint: places[column_count], SIZE_MAX for
 * one that it lacks. Returns how many columns the checkpoint has. */
static size_t place_columns(const History *history, const char *names, size_t *places)
{
    size_t count = 0;
    for (size_t i = 0; i < history->column_count; ++i)
        places[i] = SIZE_MAX;
    for (const char *at = names; *at; ++count) {
        size_t length = strcspn(at, ",");
        for (size_t i = 0; i < history->column_count; ++i)
            if (strlen(history->columns[i].name) == length &&
                strncmp(history->columns[i].name, at, length) == 0)
                places[i] = count;
        at += length + (at[length] == ',');
    }
    return count;
}

static void take_columns(const History *history, const size_t *places, const double *from,
                         double *row)
{
    for (size_t i = 0; i < history->column_count; ++i)
        row[i] = places[i] == SIZE_MAX ? (double)NAN : from[places[i]];
}

/* Rows in the checkpoint's columns to rows in the history's. `row` and `places`: column_count. */
static Status take_history(const CheckpointState *state, const char *path, size_t *places,
                           double *row, History *history)
{
    int64_t epochs, running_steps;
    const char *names = first_columns;
    const StateItem *rows = checkpoint_state_find(state, "history");
    const StateItem *running = checkpoint_state_find(state, "running");
    TRY(checkpoint_state_integer(state, "epoch", &epochs));
    TRY(checkpoint_state_integer(state, "running_steps", &running_steps));
    if (checkpoint_state_find(state, "history_columns"))
        TRY(checkpoint_state_text(state, "history_columns", &names));
    size_t columns = place_columns(history, names, places);
    if (epochs < 0 || running_steps < 0 || !rows || rows->kind != STATE_NUMBERS ||
        rows->count != (size_t)epochs * columns || !running || running->kind != STATE_NUMBERS ||
        running->count != columns)
        FAIL(STATUS_FORMAT, "%s: /state/history does not hold %lld epochs of %zu numbers", path,
             (long long)epochs, columns);
    history_restart(history);
    for (size_t i = 0; i < (size_t)epochs; ++i) {
        take_columns(history, places, rows->numbers + i * columns, row);
        TRY(history_add(history, row));
    }
    take_columns(history, places, running->numbers, history->running);
    history->running_steps = (size_t)running_steps;
    return STATUS_OK;
}

static Status read_history(const CheckpointState *state, const char *path, History *history)
{
    size_t *places;
    double *row;
    TRY(MEMORY_NEW(&places, history->column_count));
    Status status = MEMORY_NEW(&row, history->column_count);
    if (status == STATUS_OK) {
        status = take_history(state, path, places, row, history);
        free(row);
    }
    free(places);
    return status;
}

/* What is seen is not what was saved: no reason to go on from something else. */
static Status refuse_older(const CellPlace *place, const char *what)
{
    FAIL(STATUS_STORAGE,
         "%s/checkpoint.h5: %s, but by the journal step %zu was saved (does the file system lag? "
         "else put the file back, or, to train the cell anew without a search, delete this folder "
         "and every line of the cell in journal.jsonl)",
         place->folder, what, place->saved_step);
}

/* An older checkpoint is only right where a newer one is damaged. */
static Status check_age(const CellPlace *place, int64_t step)
{
    char *path, what[64];
    bool damaged;
    if (step >= (int64_t)place->saved_step)
        return STATUS_OK;
    TRY(checkpoint_path(place, &path));
    Status status = checkpoint_find_damage(path, &damaged);
    free(path);
    TRY(status);
    snprintf(what, sizeof what, "only step %lld is seen", (long long)step);
    return damaged ? STATUS_OK : refuse_older(place, what);
}

/* The optimiser's state, unless the run is over and has none any more. */
static Status restore_optimiser(const char *path, Trainer *trainer, const History *history)
{
    const CellSettings *settings = trainer->settings;
    OptimiserState whole = shared_update_state(&trainer->update);
    bool has;
    TRY(checkpoint_has_optimiser(path, &has));
    if (!has && (history->count >= settings->epochs ||
                 history_is_out_of_patience(history, settings->stop_after))) {
        optimiser_end(trainer->update.own, trainer->step);
        return STATUS_OK;
    }
    TRY(checkpoint_read_optimiser(path, &trainer->parameters, &whole));
    optimiser_set_updates(trainer->update.own, whole.updates);
    return STATUS_OK;
}

static Status restore_from(const char *path, const CellPlace *place, Trainer *trainer,
                           History *history)
{
    CheckpointState state;
    const char *cell;
    int64_t step;
    Status status;
    checkpoint_state_init(&state);
    TRY_GOTO(status, end, checkpoint_read_state(path, &state));
    TRY_GOTO(status, end, checkpoint_state_text(&state, "cell", &cell));
    TRY_GOTO(status, end, checkpoint_state_integer(&state, "step", &step));
    if (strcmp(cell, place->cell_id) != 0 || step < 0 || (size_t)step > trainer->steps) {
        status = status_set(STATUS_FORMAT, "%s: holds step %lld of cell %s (expected cell %s)",
                            path, (long long)step, cell, place->cell_id);
        goto end;
    }
    TRY_GOTO(status, end, check_age(place, step));
    TRY_GOTO(status, end, checkpoint_read_parameters(path, &trainer->parameters));
    TRY_GOTO(status, end, read_history(&state, path, history));
    trainer->step = (size_t)step;
    status = restore_optimiser(path, trainer, history);
end:
    checkpoint_state_clear(&state);
    return status;
}

Status cell_restore(const CellPlace *place, Trainer *trainer, History *history, bool *found)
{
    char *path, *newest = NULL;
    *found = false;
    TRY(checkpoint_path(place, &path));
    Status status = checkpoint_find(path, &newest, found);
    if (newest)
        status = restore_from(newest, place, trainer, history);
    else if (status == STATUS_OK && place->saved_step)
        status = refuse_older(place, "no checkpoint is seen");
    free(newest);
    free(path);
    return status;
}
