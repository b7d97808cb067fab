/* See cell_files.h. Under /state a checkpoint holds the cell's identity, step, epoch, seed, the
 * schedule's name, the history so far and the sums of the unfinished epoch. */
#include "train/cell_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/files.h"
#include "store/hdf5_reader.h"
#include "train/checkpoint.h"

static Status checkpoint_path(const CellPlace *place, char **path)
{
    return files_join(place->folder, "checkpoint.h5", path);
}

/* ---- saving ---- */

static Status describe_state(const CellPlace *place, const Trainer *trainer, const History *history,
                             CheckpointState *state)
{
    static const char *const schedules[] = {"constant", "step", "cosine"};
    const CellSettings *settings = trainer->settings;
    TRY(checkpoint_state_set_text(state, "cell", place->cell_id));
    TRY(checkpoint_state_set_integer(state, "step", (int64_t)trainer->step));
    TRY(checkpoint_state_set_integer(state, "epoch", (int64_t)history->count));
    TRY(checkpoint_state_set_integer(state, "seed", (int64_t)settings->seed));
    TRY(checkpoint_state_set_text(state, "schedule", schedules[settings->schedule]));
    TRY(checkpoint_state_set_numbers(state, "history", history->count * HISTORY_COLUMNS,
                                     history->count ? history->rows[0] : NULL));
    TRY(checkpoint_state_set_numbers(state, "running", HISTORY_COLUMNS, history->running));
    return checkpoint_state_set_integer(state, "running_steps", (int64_t)history->running_steps);
}

Status cell_save(const CellPlace *place, Trainer *trainer, const History *history,
                 double operating_point)
{
    CheckpointModel model = {0};
    CheckpointState state;
    ImprovedSsdSettings network;
    char *path = NULL;
    Status status;
    checkpoint_state_init(&state);
    TRY_GOTO(status, end,
             trainer_network_settings(trainer->settings, trainer->dataset->class_count, &network));
    TRY_GOTO(status, end,
             checkpoint_model_init(&model, "improved_ssd", &network,
                                   trainer->settings->tuning == TUNING_LOCAL ? "local" : "global",
                                   (const char *const *)trainer->dataset->class_names,
                                   operating_point));
    TRY_GOTO(status, end, describe_state(place, trainer, history, &state));
    TRY_GOTO(status, end, checkpoint_path(place, &path));
    status = checkpoint_write(path, &model, &trainer->parameters, trainer->optimiser, &state);
end:
    checkpoint_model_clear(&model);
    checkpoint_state_clear(&state);
    free(path);
    return status;
}

/* ---- restoring ---- */

static Status read_history(const CheckpointState *state, const char *path, History *history)
{
    int64_t epochs, running_steps;
    const StateItem *rows = checkpoint_state_find(state, "history");
    const StateItem *running = checkpoint_state_find(state, "running");
    TRY(checkpoint_state_integer(state, "epoch", &epochs));
    TRY(checkpoint_state_integer(state, "running_steps", &running_steps));
    if (epochs < 0 || !rows || rows->kind != STATE_NUMBERS ||
        rows->count != (size_t)epochs * HISTORY_COLUMNS || !running ||
        running->kind != STATE_NUMBERS || running->count != HISTORY_COLUMNS)
        FAIL(STATUS_FORMAT, "%s: /state/history does not hold %lld epochs of %d numbers", path,
             (long long)epochs, HISTORY_COLUMNS);
    history_clear(history);
    for (size_t i = 0; i < (size_t)epochs; ++i)
        TRY(history_add(history, rows->numbers + i * HISTORY_COLUMNS));
    memcpy(history->running, running->numbers, sizeof history->running);
    history->running_steps = (size_t)running_steps;
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
    TRY_GOTO(status, end, checkpoint_read_parameters(path, &trainer->parameters));
    TRY_GOTO(status, end, checkpoint_read_optimiser(path, trainer->optimiser));
    TRY_GOTO(status, end, read_history(&state, path, history));
    trainer->step = (size_t)step;
end:
    checkpoint_state_clear(&state);
    return status;
}

Status cell_restore(const CellPlace *place, Trainer *trainer, History *history, bool *found)
{
    char *path, *newest = NULL;
    *found = false;
    TRY(checkpoint_path(place, &path));
    Status status = checkpoint_find(path, &newest);
    if (status == STATUS_OK && newest) {
        status = restore_from(newest, place, trainer, history);
        *found = status == STATUS_OK;
    }
    free(newest);
    free(path);
    return status;
}

/* ---- starting from elsewhere ---- */

static Status load_parameter(const Hdf5Reader *reader, Parameter *parameter)
{
    char name[256];
    size_t rank = 0, dims[HDF5_MAX_RANK] = {0};
    snprintf(name, sizeof name, "parameters/%s", parameter->name);
    if (!hdf5_has(reader, name))
        FAIL(STATUS_MISSING, "%s: no parameter %s to start from", hdf5_reader_path(reader),
             parameter->name);
    TRY(hdf5_dims(reader, name, &rank, dims));
    bool same = rank == parameter->rank;
    for (size_t i = 0; i < rank && same; ++i)
        same = dims[i] == parameter->dims[i];
    if (!same && strncmp(parameter->name, "cls.", 4) == 0)
        return STATUS_OK;
    if (!same)
        FAIL(STATUS_FORMAT, "%s: %s has another shape (another backbone or base?)",
             hdf5_reader_path(reader), name);
    TRY(hdf5_read_f32(reader, name, parameter->count, parameter->value));
    ++parameter->version;
    return STATUS_OK;
}

Status cell_load_initial(const char *path, Trainer *trainer)
{
    Hdf5Reader *reader;
    TRY(checkpoint_verify(path));
    TRY(hdf5_reader_new(path, &reader));
    Status status = STATUS_OK;
    for (size_t i = 0; i < trainer->parameters.count && status == STATUS_OK; ++i)
        status = load_parameter(reader, &trainer->parameters.items[i]);
    hdf5_reader_free(reader);
    return status;
}
