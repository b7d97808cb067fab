/* See mlflow.h. */
#include "report/mlflow.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/mlflow_run.h"
#include "store/files.h"
#include "store/new_folder.h"
#include "store/yaml_text.h"
#include "store/yaml_tree.h"

/* ---- the experiment ---- */

/* 18 digits, as MLflow's own. */
static void name_experiment(const char *name, char id[MLFLOW_ID_BYTES])
{
    const uint64_t least = 100000000000000000u;
    snprintf(id, MLFLOW_ID_BYTES, "%" PRIu64,
             least + hash_bytes(name, strlen(name), 0) % (9 * least));
}

static Status meta_path(const char *store, const char *id, char **path)
{
    char name[NAME_MAX + 16];
    snprintf(name, sizeof name, "%s/meta.yaml", id);
    return files_join(store, name, path);
}

static Status take_name(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    const char *text;
    (void)key_node;
    if (strcmp(key, "name") != 0)
        return STATUS_OK;
    TRY(yaml_text(value, key, &text));
    return memory_copy_text(text, context);
}

/* Whether the experiment in a folder of the store has that name. */
static Status has_name(const char *meta, const char *name, bool *has)
{
    YamlTree *tree;
    char *found = NULL;
    TRY(yaml_tree_read(meta, &tree));
    Status status = yaml_read_mapping(yaml_root(tree), "", take_name, &found);
    *has = status == STATUS_OK && found && strcmp(found, name) == 0;
    free(found);
    yaml_tree_free(tree);
    return status;
}

/* Looks at a folder of the store, or a file beside them. */
static Status look_at(const char *store, const char *entry, const char *name, size_t *known,
                      char id[MLFLOW_ID_BYTES])
{
    char *meta;
    bool has = false;
    TRY(meta_path(store, entry, &meta));
    Status status = STATUS_OK;
    if (entry[0] != '.' && files_exists(meta)) {
        ++*known;
        status = has_name(meta, name, &has);
    }
    if (has && strlen(entry) < MLFLOW_ID_BYTES)
        snprintf(id, MLFLOW_ID_BYTES, "%s", entry);
    free(meta);
    return status;
}

/* The experiment of that name: one that this export made, whatever it is called by now; else one
 * that is called so; else a new one. A folder of other things is no store. */
static Status find_experiment(const char *store, const char *name, char id[MLFLOW_ID_BYTES])
{
    char own[MLFLOW_ID_BYTES], *path;
    size_t known = 0, entries = 0;
    name_experiment(name, own);
    memcpy(id, own, sizeof own);
    DIR *listing = opendir(store);
    if (!listing && errno == ENOENT)
        return STATUS_OK;
    if (!listing)
        FAIL(STATUS_IO, "%s: cannot open the folder: %s", store, strerror(errno));
    Status status = STATUS_OK;
    for (const struct dirent *entry; status == STATUS_OK && (entry = readdir(listing));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        ++entries;
        status = look_at(store, entry->d_name, name, &known, id);
    }
    closedir(listing);
    TRY(status);
    if (entries && !known)
        FAIL(STATUS_ARGUMENT,
             "%s: holds files and no experiment of MLflow (expected a new or empty folder, or a "
             "store of MLflow)",
             store);
    TRY(meta_path(store, own, &path));
    if (files_exists(path))
        memcpy(id, own, sizeof own);
    free(path);
    return STATUS_OK;
}

/* One that was deleted in MLflow does not come back by itself. */
static Status check_trash(const char *store, const char *id)
{
    char name[MLFLOW_ID_BYTES + 16], *path;
    snprintf(name, sizeof name, ".trash/%s", id);
    TRY(files_join(store, name, &path));
    bool there = files_exists(path);
    free(path);
    if (there)
        FAIL(STATUS_ARGUMENT,
             "%s: experiment %s was deleted in MLflow (restore it there with 'mlflow experiments "
             "restore', or name another folder)",
             store, id);
    return STATUS_OK;
}

/* The folder's absolute name as a URI, what has a meaning there as %XX. */
static Status make_uri(const char *folder, const char *id, char **uri)
{
    char *absolute;
    TRY(files_absolute(folder, &absolute));
    Status status = MEMORY_NEW(uri, 3 * strlen(absolute) + strlen(id) + sizeof "file:///");
    if (status == STATUS_OK) {
        char *end = stpcpy(*uri, "file://");
        for (const char *at = absolute; *at; ++at)
            if (isalnum((unsigned char)*at) || strchr("/-_.~", *at))
                *end++ = *at;
            else
                end += sprintf(end, "%%%02X", (unsigned char)*at);
        while (end[-1] == '/')
            --end;
        sprintf(end, "/%s", id);
    }
    free(absolute);
    return status;
}

static Status write_experiment(const char *meta, const char *name, const Overview *overview,
                               const MlflowPlace *place)
{
    char *text;
    size_t bytes;
    const long long when = 1000ll * overview->now;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for an experiment's meta.yaml");
    fprintf(stream,
            "artifact_location: '%s'\ncreation_time: %lld\nexperiment_id: '%s'\n"
            "last_update_time: %lld\nlifecycle_stage: active\nname: ",
            place->artifacts, when, place->id, when);
    yaml_write_text(stream, name);
    fputc('\n', stream);
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for an experiment's meta.yaml");
    Status status = files_write(meta, text, bytes);
    free(text);
    return status;
}

static Status settle_experiment(const char *folder, const char *name, const Overview *overview,
                                const MlflowPlace *place)
{
    char *meta;
    TRY(files_make_folder(folder));
    TRY(files_join(folder, "meta.yaml", &meta));
    Status status = files_exists(meta) ? STATUS_OK : write_experiment(meta, name, overview, place);
    free(meta);
    return status;
}

/* ---- a run that is not there ---- */

static Status write_run(const NewFolder *folder, const MlflowRun *run)
{
    static const char *const folders[] = {"metrics", "params", "tags", "artifacts"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; ++i)
        TRY(new_folder_make(folder, folders[i]));
    for (size_t i = 0; i < run->count; ++i)
        TRY(new_folder_write(folder, run->files[i].name, run->files[i].text,
                             strlen(run->files[i].text)));
    return STATUS_OK;
}

static Status make_run(const char *path, const MlflowRun *run)
{
    NewFolder folder;
    TRY(new_folder_begin(path, &folder));
    Status status = write_run(&folder, run);
    if (status == STATUS_OK)
        status = new_folder_commit(&folder);
    new_folder_clear(&folder);
    return status;
}

/* ---- a run that is there ---- */

static bool is_ours(const char *line)
{
    static const char *const keys[] = {"end_time:", "start_time:", "status:"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i)
        if (strncmp(line, keys[i], strlen(keys[i])) == 0)
            return true;
    return false;
}

static void copy_lines(FILE *stream, const char *text, bool ours)
{
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        if (is_ours(line) == ours)
            fprintf(stream, "%.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

/* What MLflow's meta.yaml says, but for status and times. */
static Status merge_meta(const char *there, const char *ours, char **text)
{
    size_t bytes;
    FILE *stream = open_memstream(text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a run's meta.yaml");
    copy_lines(stream, there, false);
    copy_lines(stream, ours, true);
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a run's meta.yaml");
    return STATUS_OK;
}

/* The lines of MLflow's file are in the order of their keys, ours at its end: compared as sets. */
static bool same_lines(const char *one, const char *other)
{
    if (strlen(one) != strlen(other))
        return false;
    for (const char *line = one; *line;) {
        size_t length = strcspn(line, "\n");
        const char *at = other;
        while (at && strncmp(at, line, length + 1) != 0) {
            at = strchr(at, '\n');
            at += at != NULL;
        }
        if (!at || !*at)
            return false;
        line += length + (line[length] == '\n');
    }
    return true;
}

static Status update_meta(const char *path, const char *there, const char *ours, bool *changed)
{
    char *text;
    TRY(merge_meta(there, ours, &text));
    Status status = STATUS_OK;
    if (!same_lines(there, text)) {
        *changed = true;
        status = files_write(path, text, strlen(text));
    }
    free(text);
    return status;
}

/* The name that somebody gave the run stays. */
static Status update_file(const char *folder, const MlflowFile *file, bool *changed)
{
    char *path, *there = NULL;
    TRY(files_join(folder, file->name, &path));
    const bool exists = files_exists(path);
    Status status = exists ? files_read(path, &there, NULL) : STATUS_OK;
    if (status == STATUS_OK && exists && strcmp(file->name, "meta.yaml") == 0) {
        status = update_meta(path, there, file->text, changed);
    } else if (status == STATUS_OK &&
               (!exists || (strcmp(there, file->text) != 0 &&
                            strcmp(file->name, "tags/mlflow.runName") != 0))) {
        *changed = true;
        status = files_write(path, file->text, strlen(file->text));
    }
    free(there);
    free(path);
    return status;
}

static Status update_run(const char *path, const MlflowRun *run, bool *changed)
{
    *changed = false;
    for (size_t i = 0; i < run->count; ++i)
        TRY(update_file(path, &run->files[i], changed));
    return STATUS_OK;
}

/* ---- the whole ---- */

static Status put_run(const char *folder, const MlflowRun *run, MlflowCounts *counts)
{
    char *path;
    bool changed = false;
    TRY(files_join(folder, run->id, &path));
    const bool there = files_exists(path);
    Status status = there ? update_run(path, run, &changed) : make_run(path, run);
    free(path);
    counts->made += !there;
    counts->updated += there && changed;
    counts->unchanged += there && !changed;
    return status;
}

static Status export_cells(Overview *overview, const char *folder, const MlflowPlace *place,
                           MlflowCounts *counts)
{
    size_t unreadable = 0;
    char problem[RECORD_CAUSE_BYTES] = "";
    for (size_t i = 0; i < overview->records.count; ++i) {
        CellRecord *cell = &overview->records.cells[i];
        MlflowRun run;
        if (!cell->started) {
            ++counts->fresh;
            continue;
        }
        Status status = mlflow_run_init(overview, cell, place, &run);
        if (status == STATUS_NO_MEMORY)
            return status;
        if (status != STATUS_OK) {
            if (unreadable++ == 0)
                snprintf(problem, sizeof problem, "%s", status_message());
            continue;
        }
        status = put_run(folder, &run, counts);
        mlflow_run_clear(&run);
        TRY(status);
    }
    if (unreadable)
        FAIL(STATUS_FORMAT,
             "%zu cell(s) were left out, for their files cannot be read; the first: %s", unreadable,
             problem);
    return STATUS_OK;
}

static Status export_all(Overview *overview, const char *store, MlflowCounts *counts)
{
    const char *name = overview->records.experiment;
    char *folder, *uri;
    if (!name)
        FAIL(STATUS_FORMAT, "%s: its journal names no experiment", overview->folder);
    TRY(find_experiment(store, name, counts->experiment));
    TRY(check_trash(store, counts->experiment));
    TRY(make_uri(store, counts->experiment, &uri));
    const MlflowPlace place = {.id = counts->experiment, .artifacts = uri};
    Status status = files_join(store, counts->experiment, &folder);
    if (status == STATUS_OK) {
        status = settle_experiment(folder, name, overview, &place);
        if (status == STATUS_OK)
            status = export_cells(overview, folder, &place, counts);
        free(folder);
    }
    free(uri);
    return status;
}

Status mlflow_export(const char *results, const char *out, MlflowCounts *counts)
{
    Overview overview;
    *counts = (MlflowCounts){0};
    TRY(overview_read(results, &overview));
    Status status = export_all(&overview, out, counts);
    overview_clear(&overview);
    return status;
}
