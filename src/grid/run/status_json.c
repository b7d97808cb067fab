/* See status_json.h. */
#include "grid/run/status_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/run/relative_pace.h"
#include "grid/run/setting_json.h"
#include "store/files.h"

/* ---- the folder and its job ---- */

static void put_counts(bool *fine, cJSON *object, const CellCounts *counts)
{
    cJSON *item = json_put_object(fine, object, "totals");
    json_put_whole(fine, item, "cells",
                   counts->done + counts->running + counts->partial + counts->failed +
                       counts->dropped + counts->fresh);
    json_put_whole(fine, item, "done", counts->done);
    json_put_whole(fine, item, "running", counts->running);
    json_put_whole(fine, item, "partial", counts->partial);
    json_put_whole(fine, item, "failed", counts->failed);
    json_put_whole(fine, item, "dropped", counts->dropped);
    json_put_whole(fine, item, "new", counts->fresh);
}

/* A number that is 0 where it is not known. */
static void put_known(bool *fine, cJSON *object, const char *name, double number)
{
    json_put_number(fine, object, name, number > 0 ? number : (double)NAN);
}

static void put_job(bool *fine, cJSON *object, const Overview *overview)
{
    const Records *records = &overview->records;
    const time_t end = records->closed ? records->last : overview->sign;
    if (!records->opened) {
        json_put_text(fine, object, "job", NULL);
        return;
    }
    cJSON *job = json_put_object(fine, object, "job");
    json_put_text(fine, job, "state",
                  overview->alive   ? "running"
                  : records->closed ? "ended"
                                    : "lost");
    json_put_number(fine, job, "exit_code", records->closed ? records->code : (double)NAN);
    json_put_text(fine, job, "host", records->host);
    json_put_whole(fine, job, "pid", (size_t)records->pid);
    json_put_whole(fine, job, "ranks", records->job_ranks);
    json_put_time(fine, job, "started", records->since);
    json_put_time(fine, job, "last_sign", end);
    json_put_number(fine, job, "seconds",
                    difftime(overview->alive ? overview->now : end, records->since));
    json_put_number(fine, job, "seconds_left", overview->alive ? overview->seconds : (double)NAN);
    put_known(fine, job, "images_per_second", overview->images_per_second);
    json_put_text(fine, job, "slow", overview->alive && *records->slow ? records->slow : NULL);
}

/* ---- axes ---- */

/* Every value that a cell has, in the order of planning. */
static Status put_axis(bool *fine, cJSON *list, const Records *records, const char *key)
{
    const size_t setting = setting_find_name(key);
    TextMap seen = {0};
    Status status = STATUS_OK;
    cJSON *axis = json_list_item(fine, list, cJSON_CreateObject());
    json_put_text(fine, axis, "key", key);
    cJSON *values = json_put_list(fine, axis, "values");
    for (size_t i = 0; i < records->count && status == STATUS_OK; ++i) {
        const CellRecord *cell = &records->cells[i];
        const size_t before = seen.count;
        if (!record_setting(cell, key) && !*axes_value(cell, key))
            continue;
        status = text_map_add(&seen, axes_value(cell, key), &(size_t){0});
        if (seen.count > before)
            setting_list_json(fine, values, setting, axes_value(cell, key));
    }
    text_map_clear(&seen);
    return status;
}

static bool seeds_differ(const Records *records)
{
    for (size_t i = 1; i < records->count; ++i)
        if (strcmp(axes_value(&records->cells[i], "seed"), axes_value(records->cells, "seed")) != 0)
            return true;
    return false;
}

static Status put_axes(bool *fine, cJSON *object, const Overview *overview)
{
    const Axes *axes = &overview->axes;
    cJSON *list = json_put_list(fine, object, "axes");
    for (size_t i = 0; i < axes->naming_count; ++i)
        TRY(put_axis(fine, list, &overview->records, axes->naming[i]));
    for (size_t i = 0; i < axes->other_count; ++i)
        TRY(put_axis(fine, list, &overview->records, axes->others[i]));
    return seeds_differ(&overview->records) ? put_axis(fine, list, &overview->records, "seed")
                                            : STATUS_OK;
}

static void put_runs(bool *fine, cJSON *object, const Overview *overview)
{
    const Axes *axes = &overview->axes;
    cJSON *list = json_put_list(fine, object, "runs");
    for (size_t run = 0; run < axes->run_count; ++run) {
        const CellRecord *cell = &overview->records.cells[axes->firsts[run]];
        cJSON *item = json_list_item(fine, list, cJSON_CreateObject());
        cJSON *settings = json_put_object(fine, item, "settings");
        for (size_t i = 0; i < axes->naming_count; ++i)
            setting_put_json(fine, settings, setting_find_name(axes->naming[i]), axes->naming[i],
                             axes_value(cell, axes->naming[i]));
        put_counts(fine, item, &overview->runs[run]);
    }
}

/* ---- cells ---- */

/* Looking a key up among all settings takes longer than all else: `keys` remembers them. */
static Status put_settings(bool *fine, cJSON *object, const CellRecord *cell, TextMap *keys)
{
    cJSON *settings = json_put_object(fine, object, "settings");
    for (size_t i = 0; i < cell->setting_count; ++i) {
        const EventSetting *given = &cell->settings[i];
        size_t setting;
        if (!text_map_find(keys, given->key, &setting)) {
            setting = setting_find_name(given->key);
            TRY(text_map_add(keys, given->key, &setting));
        }
        setting_put_json(fine, settings, setting, given->key, given->text);
    }
    return STATUS_OK;
}

static void put_progress(bool *fine, cJSON *item, const Overview *overview, size_t index)
{
    const CellRecord *cell = &overview->records.cells[index];
    const bool running = overview_is_running(overview, cell);
    json_put_whole(fine, item, "attempts", cell->attempts);
    json_put_whole(fine, item, "losses", cell->losses);
    json_put_whole(fine, item, "epoch", cell->epoch);
    json_put_whole(fine, item, "epochs", cell->epochs);
    json_put_whole(fine, item, "step", cell->step);
    json_put_whole(fine, item, "steps", cell->steps);
    json_put_time(fine, item, "started", cell->started);
    json_put_time(fine, item, "changed", cell->changed);
    json_put_number(fine, item, "seconds", cell->seconds);
    json_put_whole(fine, item, "ranks", cell->ranks);
    json_put_text(fine, item, "hosts", *cell->hosts ? cell->hosts : NULL);
    put_known(fine, item, "images_per_second", cell->images_per_second);
    put_known(fine, item, "step_seconds", cell->step_seconds);
    json_put_number(fine, item, "relative_pace",
                    running ? relative_pace(&overview->records, &overview->axes, index)
                            : (double)NAN);
    json_put_number(fine, item, "validation_auc", cell->validation_auc);
    json_put_number(fine, item, "validation_dice", cell->validation_dice);
}

/* Why the last attempt ended, of a cell that failed or was left in the middle by dead ranks. */
static void put_failure(bool *fine, cJSON *item, const Overview *overview, const CellRecord *cell)
{
    const bool rests = cell->standing == CELL_PARTIAL && !overview_is_running(overview, cell);
    if (cell->standing != CELL_FAILED && !(rests && *cell->kind)) {
        json_put_text(fine, item, "failure", NULL);
        return;
    }
    cJSON *failure = json_put_object(fine, item, "failure");
    json_put_text(fine, failure, "kind", cell->kind);
    json_put_text(fine, failure, "reason", cell->cause);
}

/* What the grid's cells of a network wait for; no member where there are none. */
static void put_pretrainings(bool *fine, cJSON *object, const Overview *overview)
{
    const Records *records = &overview->records;
    if (!records->pretraining_count)
        return;
    cJSON *list = json_put_list(fine, object, "pretrainings");
    for (size_t i = records->count; i < records_all(records); ++i) {
        const CellRecord *cell = &records->cells[i];
        cJSON *item = json_list_item(fine, list, cJSON_CreateObject());
        json_put_text(fine, item, "id", cell->id);
        json_put_text(fine, item, "name", cell->name);
        json_put_text(fine, item, "state",
                      overview_is_running(overview, cell) ? "running"
                                                          : cell_standing_name(cell->standing));
        json_put_whole(fine, item, "epoch", cell->epoch);
        json_put_whole(fine, item, "epochs", cell->epochs);
        json_put_number(fine, item, "validation_auc", cell->validation_auc);
        put_failure(fine, item, overview, cell);
    }
}

/* No member where there are none. */
static void put_tests(bool *fine, cJSON *object, const Overview *overview)
{
    if (!overview->test_count)
        return;
    cJSON *list = json_put_list(fine, object, "test_sets");
    for (size_t i = 0; i < overview->test_count; ++i) {
        const TestCounts *counts = &overview->tests[i];
        cJSON *item = json_list_item(fine, list, cJSON_CreateObject());
        json_put_text(fine, item, "name", counts->name);
        json_put_whole(fine, item, "tested", counts->tested);
        json_put_whole(fine, item, "failed", counts->failed);
        json_put_whole(fine, item, "left", counts->left);
    }
}

static Status put_cells(bool *fine, cJSON *object, const Overview *overview)
{
    const Records *records = &overview->records;
    TextMap keys = {0};
    Status status = STATUS_OK;
    cJSON *list = json_put_list(fine, object, "cells");
    for (size_t i = 0; i < records->count && status == STATUS_OK; ++i) {
        const CellRecord *cell = &records->cells[i];
        cJSON *item = json_list_item(fine, list, cJSON_CreateObject());
        json_put_text(fine, item, "id", cell->id);
        json_put_text(fine, item, "identity", cell->identity);
        json_put_text(fine, item, "name", cell->name);
        json_put_whole(fine, item, "run", overview->axes.runs[i]);
        if (*cell->source)
            json_put_text(fine, item, "source", cell->source);
        json_put_text(fine, item, "state",
                      overview_is_running(overview, cell) ? "running"
                                                          : cell_standing_name(cell->standing));
        put_progress(fine, item, overview, i);
        put_failure(fine, item, overview, cell);
        status = put_settings(fine, item, cell, &keys);
    }
    text_map_clear(&keys);
    return status;
}

/* ---- the whole ---- */

static Status fill(bool *fine, cJSON *object, const Overview *overview)
{
    const Records *records = &overview->records;
    char *folder;
    TRY(files_absolute(overview->folder, &folder));
    json_put_whole(fine, object, "schema", STATUS_SCHEMA);
    json_put_text(fine, object, "view", "status");
    json_put_text(fine, object, "gisd", GISD_VERSION);
    json_put_time(fine, object, "time", overview->now);
    *fine = *fine && cJSON_AddStringToObject(object, "folder", folder);
    free(folder);
    json_put_text(fine, object, "experiment", records->experiment);
    json_put_text(fine, object, "data", records->data);
    json_put_text(fine, object, "search", records->halving ? "halving" : "grid");
    json_put_flag(fine, object, "journal_torn", records->torn);
    put_job(fine, object, overview);
    put_counts(fine, object, &overview->all);
    TRY(put_axes(fine, object, overview));
    put_runs(fine, object, overview);
    put_pretrainings(fine, object, overview);
    put_tests(fine, object, overview);
    return put_cells(fine, object, overview);
}

Status status_json(const Overview *overview, FILE *stream)
{
    cJSON *object = cJSON_CreateObject();
    bool fine = object != NULL;
    char *text;
    Status status = fill(&fine, object, overview);
    if (status == STATUS_OK && !fine)
        status = status_set(STATUS_NO_MEMORY, "no memory for the status as JSON");
    if (status == STATUS_OK)
        status = json_print(object, &text);
    cJSON_Delete(object);
    TRY(status);
    fprintf(stream, "%s\n", text);
    free(text);
    return STATUS_OK;
}
