/* See results_folder.h. */
#include "grid/run/results_folder.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "grid/run/adoption.h"
#include "model/embedding_head.h"
#include "results/axes.h"
#include "results/control.h"
#include "store/files.h"
#include "store/hdf5_writer.h"
#include "train/version.h"

/* ---- whose folder it is ---- */

static Status fingerprints(const Job *job, char **text)
{
    TRY(MEMORY_NEW(text, job->data_count * HASH_TEXT_BYTES + 1));
    for (size_t i = 0; i < job->data_count; ++i) {
        strcat(*text, i ? " " : "");
        strcat(*text, job->datasets[i]->fingerprint);
    }
    return STATUS_OK;
}

static void list_values(const ExperimentFile *experiment, size_t setting, char *text, size_t room)
{
    const SettingValues *values = &experiment->values[setting];
    char otherwise[SETTING_TEXT_BYTES];
    experiment_file_default(experiment, setting, otherwise);
    snprintf(text, room, "%s", values->count ? "" : *otherwise ? otherwise : "none");
    for (size_t i = 0; i < values->count; ++i) {
        size_t used = strlen(text);
        snprintf(text + used, room - used, "%s%s", i ? ", " : "",
                 *values->texts[i] ? values->texts[i] : "none");
    }
}

/* Adds "key: there, here" for what differs between two experiments. */
static void describe_settings(const ExperimentFile *there, const ExperimentFile *here, char *text,
                              size_t room)
{
    for (size_t i = 0; i < setting_count(); ++i) {
        char before[160], now[160];
        list_values(there, i, before, sizeof before);
        list_values(here, i, now, sizeof now);
        size_t used = strlen(text);
        if (strcmp(before, now) != 0)
            snprintf(text + used, room - used, "%s%s is %s there and %s here", used ? "; " : "",
                     setting_name(i), before, now);
    }
    size_t used = strlen(text);
    if (there->halving != here->halving)
        snprintf(text + used, room - used, "%ssearch is %s there and %s here", used ? "; " : "",
                 there->halving ? "halving" : "grid", here->halving ? "halving" : "grid");
    used = strlen(text);
    if (!pretrain_section_same(&there->pretrain, &here->pretrain))
        snprintf(text + used, room - used, "%spretrain differs", used ? "; " : "");
    used = strlen(text);
    if (there->test_on_validation != here->test_on_validation)
        snprintf(text + used, room - used, "%sdata.test differs", used ? "; " : "");
}

static bool job_has_initial_weights(const Job *job)
{
    for (size_t i = 0; i < job->cells.count; ++i)
        if (*job->cells.cells[i].settings.initial_checkpoint)
            return true;
    return false;
}

/* Why the folder's cells are not this experiment's. */
static Status refuse(const char *path, const ExperimentFile *experiment, const Job *job,
                     const Records *records)
{
    char text[768] = "", *name = NULL, *prints = NULL;
    ExperimentFile there = {0};
    if (files_join(path, "experiment.yaml", &name) == STATUS_OK &&
        experiment_file_read(name, &there) == STATUS_OK)
        describe_settings(&there, experiment, text, sizeof text);
    size_t used = strlen(text);
    if (fingerprints(job, &prints) == STATUS_OK && records->fingerprint && !text[0] &&
        strcmp(prints, records->fingerprint) != 0) {
        snprintf(text + used, sizeof text - used,
                 "the data differ: %s there (fingerprint %.12s), %s here (%.12s)", records->data,
                 records->fingerprint, job->data_name, prints);
    } else if (!text[0] && records->arithmetic != ARITHMETIC_VERSION) {
        snprintf(text, sizeof text, "version %d of the arithmetic there, %d here",
                 records->arithmetic, ARITHMETIC_VERSION);
    }
    if (!text[0] && job->cells.cells[0].settings.model.without_masks)
        snprintf(text, sizeof text,
                 "it was trained with masks, and the data have no masks of lesions: an earlier "
                 "version learnt from them that nothing is lesion");
    if (!text[0] && job_has_initial_weights(job))
        snprintf(text, sizeof text, "the parameters in the file of model.initial are others now");
    free(name);
    free(prints);
    experiment_file_clear(&there);
    FAIL(STATUS_ARGUMENT,
         "%s: holds the results of another experiment: %s (name another folder with --out, or move "
         "this one away)",
         path, text[0] ? text : "its cells are not among these");
}

/* Scores at the rungs are only there if the search was on from the start. The other way round, what
 * a search dropped is simply trained. */
static Status check_begin(const char *path, const Records *records)
{
    for (size_t i = 0; i < records->count && !records->halving; ++i)
        if (records->cells[i].attempts)
            FAIL(STATUS_ARGUMENT,
                 "%s: was begun without 'search: halving' (name another folder with --out)", path);
    return STATUS_OK;
}

/* A group is compared at the same rungs, all cells together: who comes later, or was forgotten, can
 * have no part in it. */
static Status check_cell(const char *path, const Search *search, const Job *job,
                         const Records *records, const SearchCell *cells, size_t index)
{
    const GridCell *cell = &job->cells.cells[index];
    const CellRecord *record = records_find(records, cell->id);
    size_t decided = search_decided_epoch(search, search->groups[index], cells);
    if (record && !cell_standing_settled(record->standing) && record->kept_epoch < decided)
        FAIL(STATUS_FORMAT,
             "%s: journal.jsonl lacks what the search decided on cell %s (%s) before epoch %zu "
             "(put the file back from a copy, or name another folder with --out)",
             path, cell->id, cell->name, decided);
    for (size_t i = 0; i < search->count && !record; ++i)
        if (search->groups[i] == search->groups[index] && cells[i].epoch)
            FAIL(STATUS_ARGUMENT,
                 "%s: the search has begun without cell %s (%s), and compares all values of alpha, "
                 "gamma and seed from the start (name another folder with --out)",
                 path, cell->id, cell->name);
    return STATUS_OK;
}

static Status check_search(const char *path, const Search *search, const Job *job,
                           const Records *records)
{
    SearchCell *cells;
    if (!search->candidates)
        return STATUS_OK;
    TRY(check_begin(path, records));
    TRY(MEMORY_NEW(&cells, search->count));
    for (size_t i = 0; i < search->count; ++i) {
        const CellRecord *record = records_find(records, job->cells.cells[i].id);
        if (record)
            cells[i] = (SearchCell){.kept_epoch = record->kept_epoch, .epoch = record->epoch};
    }
    Status status = STATUS_OK;
    for (size_t i = 0; i < search->count && status == STATUS_OK; ++i)
        status = check_cell(path, search, job, records, cells, i);
    free(cells);
    return status;
}

/* The journal is the first file that a folder gets: without it the others are somebody else's. */
static Status check_free(const char *path)
{
    static const char *const names[] = {"experiment.yaml", "grid.h5", CONTROL_FILE, "cells"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        char *file;
        FilesKind there;
        TRY(files_join(path, names[i], &file));
        Status status = files_look(file, &there);
        free(file);
        TRY(status);
        if (there != FILES_NOTHING)
            FAIL(STATUS_ARGUMENT,
                 "%s: holds %s, which would be written over, and no journal of a grid (name "
                 "another folder with --out)",
                 path, names[i]);
    }
    return STATUS_OK;
}

/* Refuses a folder with a record that is none of the job's cells. */
static Status compare_cells(const char *path, const ExperimentFile *experiment, Job *job,
                            const Records *records)
{
    size_t *owners, unknown = 0;
    TRY(MEMORY_NEW(&owners, records_all(records)));
    Status status = adoption_match(records, experiment, job, owners);
    for (size_t i = 0; i < records_all(records); ++i)
        unknown += owners[i] == SIZE_MAX;
    free(owners);
    return status == STATUS_OK && unknown ? refuse(path, experiment, job, records) : status;
}

Status results_folder_compare(const char *path, const ExperimentFile *experiment,
                              const Search *search, Job *job, Records *records)
{
    char *journal;
    FilesKind there;
    *records = (Records){0};
    TRY(files_join(path, "journal.jsonl", &journal));
    Status status = files_look(journal, &there);
    if (status == STATUS_OK)
        status = there == FILES_NOTHING ? check_free(path) : records_read(journal, records);
    free(journal);
    TRY(status);
    TRY(compare_cells(path, experiment, job, records));
    return check_search(path, search, job, records);
}

/* ---- opening ---- */

/* A file in the folder from which the experiment was read stays as it is. */
static Status write_experiment(const char *folder, const ExperimentFile *experiment,
                               const char *source, const Job *job)
{
    char *text, *path;
    bool same;
    TRY(files_join(folder, "experiment.yaml", &path));
    Status status = files_are_same(path, source, &same);
    if (status == STATUS_OK && !same) {
        status = experiment_file_resolve(experiment, job->data_name, &text);
        if (status == STATUS_OK) {
            status = files_write(path, text, strlen(text));
            free(text);
        }
    }
    free(path);
    return status;
}

static Status record_job(Journal *journal, const ExperimentFile *experiment, const Job *job,
                         size_t ranks)
{
    char host[HOST_NAME_MAX + 1] = "", *prints;
    char tests[TEST_SETS_MOST * EXTERNAL_TEST_NAME_BYTES] = "";
    for (size_t i = 0; i < job->tests.count; ++i) {
        strcat(tests, i ? " " : "");
        strcat(tests, job->tests.sets[i].name);
    }
    gethostname(host, sizeof host - 1);
    TRY(fingerprints(job, &prints));
    Status status =
        event_append(journal, &(Event){.kind = EVENT_OPENED,
                                       .experiment = experiment->name,
                                       .data = job->data_name,
                                       .fingerprint = prints,
                                       .arithmetic = ARITHMETIC_VERSION,
                                       .search = experiment->halving ? "halving" : "grid",
                                       .test_sets = *tests ? tests : NULL,
                                       .version = GISD_VERSION,
                                       .host = host,
                                       .pid = (size_t)getpid(),
                                       .ranks = ranks});
    free(prints);
    return status;
}

/* The record that plans a cell; NULL: no memory. */
static cJSON *planned_record(const ExperimentFile *experiment, const Job *job, const GridCell *cell)
{
    EventSetting *settings;
    char(*texts)[SETTING_TEXT_BYTES];
    cJSON *record = NULL;
    size_t count = 0;
    if (MEMORY_NEW(&settings, setting_count() + 2) != STATUS_OK)
        return NULL;
    if (MEMORY_NEW(&texts, setting_count()) == STATUS_OK) {
        if (cell->variant) /* no setting, but what the report names and compares the cells by */
            settings[count++] = (EventSetting){"variant", cell->variant};
        if (cell->settings.model
                .self_supervised) /* no setting either: what kind of pretraining it is */
            settings[count++] = (EventSetting){"method", EMBEDDING_METHOD};
        for (size_t i = 0; i < setting_count(); ++i) {
            grid_cell_text(experiment, cell, i, texts[i]);
            if (setting_applies(&cell->settings, i))
                settings[count++] = (EventSetting){setting_name(i), texts[i]};
        }
        record = event_write(
            &(Event){.kind = EVENT_PLANNED,
                     .cell = cell->id,
                     .cell_name = cell->name,
                     .role = cell->pretrains ? "pretraining" : NULL,
                     .source = cell->source ? job->cells.cells[cell->source - 1].id : NULL,
                     .setting_count = count,
                     .settings = settings});
        free(texts);
    }
    free(settings);
    return record;
}

static Status plan_cells(ResultsFolder *folder, const ExperimentFile *experiment, const Job *job)
{
    size_t count = 0;
    cJSON **records;
    TRY(MEMORY_NEW(&records, job->cells.count));
    Status status = STATUS_OK;
    for (size_t i = 0; i < job->cells.count && status == STATUS_OK; ++i) {
        if (records_find(&folder->records, job->cells.cells[i].id))
            continue;
        records[count] = planned_record(experiment, job, &job->cells.cells[i]);
        if (!records[count])
            status = status_set(STATUS_NO_MEMORY, "no memory for the plan of the cells");
        else
            ++count;
    }
    if (status == STATUS_OK)
        status = journal_append_all(folder->journal, count, records);
    for (size_t i = 0; i < count; ++i)
        cJSON_Delete(records[i]);
    free(records);
    return status;
}

/* Cells that an earlier version planned get their present identity. */
static Status adopt_cells(const ResultsFolder *folder, const ExperimentFile *experiment, Job *job)
{
    size_t *owners;
    TRY(MEMORY_NEW(&owners, records_all(&folder->records)));
    Status status = adoption_match(&folder->records, experiment, job, owners);
    if (status == STATUS_OK)
        status = adoption_record(&folder->records, job, owners, folder->journal);
    free(owners);
    return status;
}

static Status take_folder(ResultsFolder *folder, const char *journal,
                          const ExperimentFile *experiment, const char *source,
                          const Search *search, Job *job, size_t ranks)
{
    TRY(files_make_folder(job->folder));
    TRY(journal_new(journal, &folder->journal));
    /* Read under the lock: what was compared before it may have changed. */
    TRY(results_folder_compare(job->folder, experiment, search, job, &folder->records));
    TRY(write_experiment(job->folder, experiment, source, job));
    TRY(record_job(folder->journal, experiment, job, ranks));
    TRY(adopt_cells(folder, experiment, job));
    TRY(plan_cells(folder, experiment, job));
    records_clear(&folder->records);
    return records_read(journal, &folder->records);
}

Status results_folder_open(ResultsFolder *folder, const ExperimentFile *experiment,
                           const char *source, const Search *search, Job *job, size_t ranks)
{
    char *journal;
    *folder = (ResultsFolder){0};
    Status status = results_folder_compare(job->folder, experiment, search, job, &folder->records);
    records_clear(&folder->records);
    TRY(status);
    TRY(files_join(job->folder, "journal.jsonl", &journal));
    status = take_folder(folder, journal, experiment, source, search, job, ranks);
    free(journal);
    if (status != STATUS_OK)
        results_folder_close(folder);
    return status;
}

void results_folder_close(ResultsFolder *folder)
{
    journal_free(folder->journal);
    records_clear(&folder->records);
    *folder = (ResultsFolder){0};
}

void results_folder_show_life(const char *path)
{
    char journal[PATH_MAX];
    snprintf(journal, sizeof journal, "%s/journal.jsonl", path);
    utimensat(AT_FDCWD, journal, NULL, 0);
}

/* ---- the index ---- */

static const char *text_of_id(const CellRecord *cell, const char *key)
{
    (void)key;
    return cell->id;
}

static const char *text_of_name(const CellRecord *cell, const char *key)
{
    (void)key;
    return cell->name;
}

static const char *text_of_state(const CellRecord *cell, const char *key)
{
    (void)key;
    return cell_standing_name(cell->standing);
}

/* A column of the table of cells. */
typedef struct {
    const char *key, *description;
    const char *(*text)(const CellRecord *cell, const char *key);
} Column;

/* Those that name a run are there as far as the cells have them; see results/axes.h. */
static const Column columns[] = {
    {"id", "identity of each cell: its folder below cells/", text_of_id},
    {"name", "name of each cell: backbone, tuning and the axes of its grid", text_of_name},
    {"architecture", "architecture of each cell's network", axes_value},
    {"backbone", "backbone of each cell", axes_value},
    {"tuning", "fine-tuning of each cell: local or global", axes_value},
    {"state", "state of each cell: new, partial, done, failed or dropped", text_of_state},
};

static Status write_columns(Hdf5Writer *writer, const Records *records, const Axes *axes,
                            const char **texts)
{
    for (size_t c = 0; c < sizeof columns / sizeof *columns; ++c) {
        char name[64];
        if (columns[c].text == axes_value && !axes_names(axes, columns[c].key))
            continue;
        for (size_t i = 0; i < records->count; ++i)
            texts[i] = columns[c].text(&records->cells[i], columns[c].key);
        snprintf(name, sizeof name, "cells/%s", columns[c].key);
        TRY(hdf5_write_texts(writer, name, records->count, texts, columns[c].description));
    }
    return STATUS_OK;
}

static Status write_links(Hdf5Writer *writer, const Records *records)
{
    for (size_t i = 0; i < records->count; ++i) {
        char name[RECORD_ID_BYTES + 16], target[RECORD_ID_BYTES + 32];
        if (records->cells[i].standing != CELL_DONE)
            continue;
        snprintf(name, sizeof name, "results/%s", records->cells[i].id);
        snprintf(target, sizeof target, "cells/%s/result.h5", records->cells[i].id);
        TRY(hdf5_link_external(writer, name, target, "/"));
    }
    return STATUS_OK;
}

static Status write_index(Hdf5Writer *writer, const Records *records)
{
    Axes axes;
    const char **texts;
    TRY(MEMORY_NEW(&texts, records->count));
    Status status = axes_init(records, &axes);
    if (status == STATUS_OK)
        status = write_columns(writer, records, &axes, texts);
    axes_clear(&axes);
    free(texts);
    return status == STATUS_OK ? write_links(writer, records) : status;
}

Status results_folder_index(const char *path, const Records *records)
{
    char *name;
    Hdf5Writer *writer = NULL;
    TRY(files_join(path, "grid.h5", &name));
    Status status = hdf5_writer_new(name, &writer);
    if (status == STATUS_OK)
        status = write_index(writer, records);
    if (status == STATUS_OK)
        status = hdf5_writer_commit(writer);
    else
        hdf5_writer_abandon(writer);
    free(name);
    return status;
}
