/* See mlflow_run.h. */
#include "report/mlflow_run.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "infer/checkpoint.h"
#include "report/cell_result.h"
#include "store/files.h"
#include "store/yaml_text.h"

/* ---- files ---- */

static bool has_file(const MlflowRun *run, const char *name)
{
    for (size_t i = 0; i < run->count; ++i)
        if (strcmp(run->files[i].name, name) == 0)
            return true;
    return false;
}

/* Takes the text over, also after an error. MLflow has letters, digits and a few signs in names; of
 * two names that become one the later gets a line at its end. */
static Status add_file(MlflowRun *run, const char *folder, const char *name, char *text)
{
    enum { SPARE = 8 };
    char *path;
    Status status = MEMORY_NEW(&path, strlen(folder) + strlen(name) + SPARE + 2);
    if (status == STATUS_OK)
        status = MEMORY_GROW(&run->files, run->count + 1, &run->room);
    if (status != STATUS_OK) {
        free(text);
        return status;
    }
    char *end = path + sprintf(path, "%s%s", folder, *folder ? "/" : "");
    for (const char *at = name; *at; ++at)
        *end++ = isalnum((unsigned char)*at) || strchr("_-. ", *at) ? *at : '_';
    for (size_t i = 0; i < SPARE && has_file(run, path); ++i)
        *end++ = '_';
    run->files[run->count++] = (MlflowFile){.name = path, .text = text};
    return STATUS_OK;
}

static Status add_text(MlflowRun *run, const char *folder, const char *name, const char *text)
{
    char *copy;
    TRY(memory_copy_text(text, &copy));
    return add_file(run, folder, name, copy);
}

__attribute__((format(printf, 3, 4))) static Status add_tag(MlflowRun *run, const char *name,
                                                            const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int written = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (written < 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a tag of a run");
    return add_file(run, "tags", name, text);
}

/* ---- times ---- */

static long long milliseconds(double seconds)
{
    return llround(seconds * 1000);
}

/* When each epoch ended, in milliseconds: the cell's start and the seconds that the epochs took,
 * never after its last record. */
static void end_epochs(const CellRecord *cell, size_t epochs, const double *seconds,
                       long long *ends)
{
    double at = (double)cell->started;
    for (size_t i = 0; i < epochs; ++i) {
        at += seconds && seconds[i] > 0 ? seconds[i] : 0;
        ends[i] = milliseconds(fmin(at, (double)cell->changed));
    }
}

/* ---- metrics ---- */

static void print_value(FILE *stream, long long time, double value, size_t step)
{
    char text[TEXT_NUMBER_BYTES];
    if (isfinite(value))
        text_plain_number(value, text);
    else
        snprintf(text, sizeof text, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    fprintf(stream, "%lld %s %zu\n", time, text, step);
}

/* values: epochs, `stride` apart. */
static Status add_history(MlflowRun *run, const char *name, size_t epochs, const double *values,
                          size_t stride, const long long *ends)
{
    char *text;
    size_t bytes;
    if (!epochs || strcmp(name, "epoch") == 0) /* it is the step */
        return STATUS_OK;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a metric of a run");
    for (size_t i = 0; i < epochs; ++i)
        print_value(stream, ends[i], values[i * stride], i + 1);
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a metric of a run");
    return add_file(run, "metrics", name, text);
}

static Status add_number(MlflowRun *run, const CellRecord *cell, const char *name,
                         const char *ending, double value)
{
    char full[CELL_RESULT_NAME_BYTES + 16], *text;
    size_t bytes;
    snprintf(full, sizeof full, "test_%s%s", name, ending);
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a metric of a run");
    print_value(stream, milliseconds((double)cell->changed), value, cell->epoch);
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a metric of a run");
    return add_file(run, "metrics", full, text);
}

static Status add_result(MlflowRun *run, const CellRecord *cell, const CellResult *result)
{
    long long *ends;
    const CellHistory *seconds = cell_result_history(result, "seconds");
    TRY(MEMORY_NEW(&ends, result->epochs));
    end_epochs(cell, result->epochs, seconds ? seconds->values : NULL, ends);
    Status status = STATUS_OK;
    for (size_t i = 0; i < result->history_count && status == STATUS_OK; ++i)
        status = add_history(run, result->history[i].name, result->epochs,
                             result->history[i].values, 1, ends);
    free(ends);
    for (size_t i = 0; i < result->metric_count && status == STATUS_OK; ++i) {
        const CellMetric *metric = &result->metrics[i];
        status = add_number(run, cell, metric->name, "", metric->value);
        if (status == STATUS_OK && isfinite(metric->low))
            status = add_number(run, cell, metric->name, "_low", metric->low);
        if (status == STATUS_OK && isfinite(metric->high))
            status = add_number(run, cell, metric->name, "_high", metric->high);
    }
    return status;
}

/* ---- a cell without a result ---- */

/* The names of the checkpoint's columns as a list, whose texts lie in `names`, cut at its commas.
 */
static size_t cut_names(char *names, const char **list, size_t most)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *name = strtok_r(names, ",", &rest); name && count < most;
         name = strtok_r(NULL, ",", &rest))
        list[count++] = name;
    return count;
}

static Status add_columns(MlflowRun *run, const CellRecord *cell, size_t columns,
                          const char *const *names, const StateItem *rows)
{
    const size_t epochs = rows->count / columns;
    double *seconds;
    long long *ends;
    TRY(MEMORY_NEW(&seconds, epochs));
    Status status = MEMORY_NEW(&ends, epochs);
    for (size_t k = 0; k < columns && status == STATUS_OK; ++k)
        for (size_t i = 0; i < epochs && strcmp(names[k], "seconds") == 0; ++i)
            seconds[i] = rows->numbers[i * columns + k];
    if (status == STATUS_OK)
        end_epochs(cell, epochs, seconds, ends);
    for (size_t k = 0; k < columns && status == STATUS_OK; ++k)
        status = add_history(run, names[k], epochs, rows->numbers + k, columns, ends);
    free(seconds);
    free(ends);
    return status;
}

/* What the epochs so far came to; nothing from versions that did not name the columns. */
static Status add_state(MlflowRun *run, const CellRecord *cell, const CheckpointState *state)
{
    enum { MOST = 256 };
    const StateItem *rows = checkpoint_state_find(state, "history");
    const StateItem *columns = checkpoint_state_find(state, "history_columns");
    const char *list[MOST];
    char *names;
    if (!rows || rows->kind != STATE_NUMBERS || !columns || columns->kind != STATE_TEXT)
        return STATUS_OK;
    TRY(memory_copy_text(columns->text, &names));
    const size_t count = cut_names(names, list, MOST);
    Status status = STATUS_OK;
    if (count > 0 && rows->count % count == 0)
        status = add_columns(run, cell, count, list, rows);
    free(names);
    return status;
}

static Status read_state(MlflowRun *run, const CellRecord *cell, const char *path)
{
    CheckpointState state;
    char *found;
    bool seen;
    TRY(checkpoint_find(path, &found, &seen));
    if (!found)
        return STATUS_OK;
    checkpoint_state_init(&state);
    Status status = checkpoint_read_state(found, &state);
    if (status == STATUS_OK)
        status = add_state(run, cell, &state);
    checkpoint_state_clear(&state);
    free(found);
    return status;
}

static Status read_result(MlflowRun *run, CellRecord *cell, const char *path)
{
    CellResult result;
    TRY(cell_result_read(path, &result));
    Status status = record_complete(cell, result.config);
    if (status == STATUS_OK)
        status = add_result(run, cell, &result);
    cell_result_clear(&result);
    return status;
}

/* ---- the whole ---- */

/* MLflow's numbers of them; one that was stopped, lost or dropped counts as killed. */
enum { RUN_RUNNING = 1, RUN_FINISHED = 3, RUN_FAILED = 4, RUN_KILLED = 5 };

static int run_status(const Overview *overview, const CellRecord *cell)
{
    if (overview_is_running(overview, cell))
        return RUN_RUNNING;
    return cell->standing == CELL_DONE     ? RUN_FINISHED
           : cell->standing == CELL_FAILED ? RUN_FAILED
                                           : RUN_KILLED;
}

static Status add_meta(MlflowRun *run, const Overview *overview, const CellRecord *cell,
                       const MlflowPlace *place)
{
    const int status = run_status(overview, cell);
    char *text;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a run's meta.yaml");
    fputs("artifact_uri: ", stream);
    fprintf(stream, "'%s/%s/artifacts'\n", place->artifacts, run->id);
    if (status == RUN_RUNNING)
        fputs("end_time: null\n", stream);
    else
        fprintf(stream, "end_time: %lld\n", milliseconds((double)cell->changed));
    fprintf(stream, "entry_point_name: ''\nexperiment_id: '%s'\nlifecycle_stage: active\n",
            place->id);
    fprintf(stream, "run_id: '%s'\nrun_name: ", run->id);
    yaml_write_text(stream, cell->name);
    fprintf(stream, "\nrun_uuid: '%s'\nsource_name: ''\nsource_type: 4\nsource_version: ''\n",
            run->id);
    fprintf(stream, "start_time: %lld\nstatus: %d\ntags: []\nuser_id: ''\n",
            milliseconds((double)cell->started), status);
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a run's meta.yaml");
    return add_file(run, "", "meta.yaml", text);
}

static Status add_tags(MlflowRun *run, const Overview *overview, const CellRecord *cell,
                       const char *folder)
{
    const Records *records = &overview->records;
    TRY(add_tag(run, "mlflow.runName", "%s", cell->name));
    TRY(add_tag(run, "mlflow.source.name", "gisd-grid"));
    TRY(add_tag(run, "mlflow.source.type", "LOCAL"));
    TRY(add_tag(run, "gisd.version", "%s", GISD_VERSION));
    TRY(add_tag(run, "gisd.cell", "%s", cell->id));
    TRY(add_tag(run, "gisd.identity", "%s", cell->identity));
    TRY(add_tag(run, "gisd.state", "%s",
                overview_is_running(overview, cell) ? "running"
                                                    : cell_standing_name(cell->standing)));
    TRY(add_tag(run, "gisd.experiment", "%s", records->experiment ? records->experiment : ""));
    TRY(add_tag(run, "gisd.data", "%s", records->data ? records->data : ""));
    TRY(add_tag(run, "gisd.fingerprint", "%s", records->fingerprint ? records->fingerprint : ""));
    TRY(add_tag(run, "gisd.folder", "%s", folder));
    return add_tag(run, "gisd.failure", "%s%s%s", cell->standing == CELL_FAILED ? cell->kind : "",
                   cell->standing == CELL_FAILED ? ": " : "",
                   cell->standing == CELL_FAILED ? cell->cause : "");
}

static Status fill(MlflowRun *run, const Overview *overview, CellRecord *cell,
                   const MlflowPlace *place, const char *folder)
{
    char *path;
    const bool done = cell->standing == CELL_DONE;
    TRY(add_meta(run, overview, cell, place));
    TRY(add_tags(run, overview, cell, folder));
    TRY(files_join(folder, done ? "result.h5" : "checkpoint.h5", &path));
    Status status = done ? read_result(run, cell, path) : read_state(run, cell, path);
    free(path);
    for (size_t i = 0; i < cell->setting_count && status == STATUS_OK; ++i)
        status = add_text(run, "params", cell->settings[i].key, cell->settings[i].text);
    return status;
}

Status mlflow_run_init(const Overview *overview, CellRecord *cell, const MlflowPlace *place,
                       MlflowRun *run)
{
    char name[RECORD_ID_BYTES + 16], known[2 * RECORD_ID_BYTES + 1024], *relative, *folder;
    const char *experiment = overview->records.experiment;
    *run = (MlflowRun){0};
    snprintf(known, sizeof known, "gisd %s %s", experiment ? experiment : "", cell->identity);
    hash_text(known, strlen(known), run->id);
    snprintf(name, sizeof name, "cells/%s", cell->id);
    TRY(files_join(overview->folder, name, &relative));
    Status status = files_absolute(relative, &folder);
    free(relative);
    TRY(status);
    status = fill(run, overview, cell, place, folder);
    free(folder);
    if (status != STATUS_OK)
        mlflow_run_clear(run);
    return status;
}

void mlflow_run_clear(MlflowRun *run)
{
    for (size_t i = 0; i < run->count; ++i) {
        free(run->files[i].name);
        free(run->files[i].text);
    }
    free(run->files);
    *run = (MlflowRun){0};
}
