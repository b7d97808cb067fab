/* See job.h. The copy is one blob: texts with their lengths, the cells, the data sets. */
#include "grid/run/job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/run/readiness.h"
#include "infer/network.h"
#include "store/files.h"
#include "train/mpi_check.h"

/* ---- reading ---- */

/* As it will stand in experiment.yaml. */
static Status check_data_path(const char *given)
{
    char *name;
    TRY(files_absolute(given, &name));
    Status status = experiment_file_check_path(name);
    free(name);
    return status;
}

Status job_find_manifest(const char *given, char **found)
{
    FilesKind kind;
    TRY(files_look(given, &kind));
    if (kind == FILES_FOLDER)
        return files_join(given, "manifest.csv", found);
    return memory_copy_text(given, found);
}

static Status data_path(const ExperimentFile *experiment, const char *path, const char *data,
                        char **found)
{
    const char *given = data ? data : experiment->manifest;
    if (!given && experiment->manifest_line)
        FAIL(STATUS_ARGUMENT,
             "%s:%zu: the manifest is named by an environment variable that is not set (set it, or "
             "name the manifest with --data)",
             path, experiment->manifest_line);
    if (!given)
        FAIL(STATUS_ARGUMENT, "%s: no data (expected data: {manifest: PATH}, or --data PATH)",
             path);
    TRY(check_data_path(given));
    return job_find_manifest(given, found);
}

/* The position of the data for a cell; that of what comes next if there are none yet. */
static size_t find_data(const Job *job, const GridCell *cell)
{
    const size_t own = job->data_count - job->source_count;
    size_t i = cell->pretrains ? own : 0;
    const size_t end = cell->pretrains ? job->data_count : own;
    const DatasetForm form = network_data_form(&cell->settings.model);
    while (i < end && !dataset_has_form(job->datasets[i], &form))
        ++i;
    return i;
}

/* Pretrainings need no test of their own: what their data leave unsplit trains or validates, or,
 * where nothing is measured, trains. */
static SplitSettings source_split(bool self_supervised)
{
    SplitSettings split = split_defaults();
    split.shares[SPLIT_VALIDATION] = self_supervised ? 0 : 0.15;
    split.shares[SPLIT_TRAIN] = 1 - split.shares[SPLIT_VALIDATION];
    split.shares[SPLIT_TEST] = 0;
    return split;
}

static Status load_for(const Job *job, const ExperimentFile *experiment, const GridCell *cell,
                       Dataset **dataset)
{
    const ModelSettings *model = &cell->settings.model;
    const DatasetForm form = network_data_form(model);
    const SplitSettings split =
        cell->pretrains ? source_split(model->self_supervised) : experiment->split;
    return (model->self_supervised ? dataset_load_unlabelled : dataset_load_form)(
        job_data_name(job, cell), &form, &split, dataset);
}

/* Cells of the grid come before pretrainings, and so do their data. */
static Status load_data(Job *job, const ExperimentFile *experiment)
{
    if (experiment->pretrain.manifest)
        TRY(job_find_manifest(experiment->pretrain.manifest, &job->source_name));
    TRY(MEMORY_NEW(&job->datasets, job->cells.count));
    for (size_t i = 0; i < job->cells.count; ++i) {
        const GridCell *cell = &job->cells.cells[i];
        const size_t place = find_data(job, cell);
        if (place < job->data_count)
            continue;
        TRY(load_for(job, experiment, cell, &job->datasets[place]));
        ++job->data_count;
        job->source_count += cell->pretrains;
    }
    return STATUS_OK;
}

static Status identify(Job *job, const ExperimentFile *experiment, const char *path)
{
    const char **fingerprints;
    TRY(MEMORY_NEW(&fingerprints, job->cells.count));
    for (size_t i = 0; i < job->cells.count; ++i) {
        GridCell *cell = &job->cells.cells[i];
        const Dataset *dataset = job_dataset(job, cell);
        cell->settings.model.classes = dataset->class_count;
        fingerprints[i] = dataset->fingerprint;
    }
    Status status = grid_cells_identify(experiment, path, fingerprints, &job->cells);
    free(fingerprints);
    return status;
}

Status job_init(Job *job, const ExperimentFile *experiment, const char *path, const char *data)
{
    *job = (Job){0};
    Status status = data_path(experiment, path, data, &job->data_name);
    if (status == STATUS_OK)
        status = grid_cells_init(experiment, path, &job->cells);
    if (status == STATUS_OK)
        status = load_data(job, experiment);
    if (status == STATUS_OK)
        status = test_sets_load(experiment, path, job->data_name,
                                job->data_count - job->source_count, job->datasets, &job->tests);
    if (status == STATUS_OK)
        status = readiness_settle(job, experiment, path);
    if (status == STATUS_OK)
        status = identify(job, experiment, path);
    if (status == STATUS_OK)
        status = readiness_check_weights(job, experiment, path);
    if (status != STATUS_OK)
        job_clear(job);
    return status;
}

void job_clear(Job *job)
{
    for (size_t i = 0; i < job->data_count; ++i)
        dataset_free(job->datasets[i]);
    test_sets_clear(&job->tests);
    free(job->datasets);
    shared_memory_clear(&job->shared);
    free(job->storage);
    for (size_t i = 0; i < job->warning_count; ++i)
        free(job->warnings[i]);
    free(job->warnings);
    free(job->folder);
    free(job->data_name);
    free(job->source_name);
    grid_cells_clear(&job->cells);
    *job = (Job){0};
}

const Dataset *job_dataset(const Job *job, const GridCell *cell)
{
    return job->datasets[find_data(job, cell)];
}

const char *job_data_name(const Job *job, const GridCell *cell)
{
    return cell->pretrains ? job->source_name : job->data_name;
}

TestSetMask job_tests_missing(const Job *job, const GridCell *cell, const CellRecord *record)
{
    return test_sets_missing(&job->tests, job->folder, cell, find_data(job, cell), record);
}

Dataset *job_test_dataset(const Job *job, const GridCell *cell, size_t set)
{
    return job->tests.sets[set].datasets[find_data(job, cell)];
}

Dataset *job_any_dataset(const Job *job, size_t place)
{
    if (place < job->data_count)
        return job->datasets[place];
    place -= job->data_count;
    const size_t forms = job->tests.form_count;
    return place < job->tests.count * forms ? job->tests.sets[place / forms].datasets[place % forms]
                                            : NULL;
}

/* ---- sharing ---- */

typedef struct {
    FILE *stream;      /* when writing */
    const uint8_t *at; /* when reading */
    size_t left;
} Blob;

static void put(Blob *blob, const void *data, size_t bytes)
{
    fwrite(data, 1, bytes, blob->stream);
}

static void put_text(Blob *blob, const char *text)
{
    size_t bytes = strlen(text) + 1;
    put(blob, &bytes, sizeof bytes);
    put(blob, text, bytes);
}

static Status take(Blob *blob, void *data, size_t bytes)
{
    if (bytes > blob->left)
        FAIL(STATUS_FORMAT, "the copy of the job is cut short (do all ranks run the same build?)");
    memcpy(data, blob->at, bytes);
    blob->at += bytes;
    blob->left -= bytes;
    return STATUS_OK;
}

static Status take_text(Blob *blob, char **text)
{
    size_t bytes = 0;
    TRY(take(blob, &bytes, sizeof bytes));
    if (bytes > blob->left)
        FAIL(STATUS_FORMAT, "the copy of the job is cut short (do all ranks run the same build?)");
    TRY(MEMORY_NEW(text, bytes));
    return take(blob, *text, bytes);
}

static Status put_dataset(Blob *blob, const Dataset *dataset)
{
    uint8_t *bytes;
    size_t count = 0;
    TRY(dataset_to_bytes(dataset, &bytes, &count));
    put(blob, &count, sizeof count);
    put(blob, bytes, count);
    free(bytes);
    return STATUS_OK;
}

static Status take_dataset(Blob *blob, Dataset **dataset)
{
    size_t count = 0;
    TRY(take(blob, &count, sizeof count));
    if (count > blob->left)
        FAIL(STATUS_FORMAT, "the copy of the data is cut short (do all ranks run the same build?)");
    TRY(dataset_from_bytes(blob->at, count, dataset));
    blob->at += count;
    blob->left -= count;
    return STATUS_OK;
}

static Status put_tests(Blob *blob, const TestSets *tests)
{
    put(blob, &tests->count, sizeof tests->count);
    put(blob, &tests->form_count, sizeof tests->form_count);
    for (size_t i = 0; i < tests->count; ++i) {
        put(blob, tests->sets[i].name, sizeof tests->sets[i].name);
        put_text(blob, tests->sets[i].manifest);
        for (size_t k = 0; k < tests->form_count; ++k)
            TRY(put_dataset(blob, tests->sets[i].datasets[k]));
    }
    return STATUS_OK;
}

static Status take_tests(Blob *blob, TestSets *tests)
{
    size_t count = 0;
    TRY(take(blob, &count, sizeof count));
    TRY(take(blob, &tests->form_count, sizeof tests->form_count));
    TRY(MEMORY_NEW(&tests->sets, count));
    while (tests->count < count) {
        TestSet *set = &tests->sets[tests->count++];
        TRY(take(blob, set->name, sizeof set->name));
        TRY(take_text(blob, &set->manifest));
        TRY(MEMORY_NEW(&set->datasets, tests->form_count));
        for (size_t k = 0; k < tests->form_count; ++k)
            TRY(take_dataset(blob, &set->datasets[k]));
    }
    return STATUS_OK;
}

static Status pack(const Job *job, char **bytes, size_t *count)
{
    Blob blob = {.stream = open_memstream(bytes, count)};
    if (!blob.stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a copy of the job");
    Status status = STATUS_OK;
    put_text(&blob, job->folder);
    put_text(&blob, job->data_name);
    put_text(&blob, job->source_name ? job->source_name : "");
    put(&blob, &job->source_count, sizeof job->source_count);
    put(&blob, &job->checkpoint_seconds, sizeof job->checkpoint_seconds);
    put(&blob, &job->silence, sizeof job->silence);
    put(&blob, &job->patience, sizeof job->patience);
    put(&blob, &job->keep_state, sizeof job->keep_state);
    put(&blob, &job->cells.count, sizeof job->cells.count);
    for (size_t i = 0; i < job->cells.count; ++i) {
        put(&blob, &job->cells.cells[i], sizeof(GridCell));
        put_text(&blob, job->cells.cells[i].config);
    }
    put(&blob, &job->data_count, sizeof job->data_count);
    for (size_t i = 0; i < job->data_count && status == STATUS_OK; ++i)
        status = put_dataset(&blob, job->datasets[i]);
    if (status == STATUS_OK)
        status = put_tests(&blob, &job->tests);
    if (fclose(blob.stream) != 0 && status == STATUS_OK)
        status = status_set(STATUS_NO_MEMORY, "no memory for a copy of the job");
    if (status != STATUS_OK)
        free(*bytes);
    return status;
}

static Status unpack(Job *job, const void *bytes, size_t count)
{
    Blob blob = {.at = bytes, .left = count};
    size_t cells = 0, data_count = 0;
    TRY(take_text(&blob, &job->folder));
    TRY(take_text(&blob, &job->data_name));
    TRY(take_text(&blob, &job->source_name));
    TRY(take(&blob, &job->source_count, sizeof job->source_count));
    TRY(take(&blob, &job->checkpoint_seconds, sizeof job->checkpoint_seconds));
    TRY(take(&blob, &job->silence, sizeof job->silence));
    TRY(take(&blob, &job->patience, sizeof job->patience));
    TRY(take(&blob, &job->keep_state, sizeof job->keep_state));
    TRY(take(&blob, &cells, sizeof cells));
    TRY(MEMORY_NEW(&job->cells.cells, cells));
    for (size_t i = 0; i < cells; ++i) {
        GridCell *cell = &job->cells.cells[i];
        TRY(take(&blob, cell, sizeof *cell));
        cell->config = NULL;
        ++job->cells.count;
        TRY(take_text(&blob, &cell->config));
    }
    TRY(take(&blob, &data_count, sizeof data_count));
    TRY(MEMORY_NEW(&job->datasets, data_count));
    for (size_t i = 0; i < data_count; ++i) {
        TRY(take_dataset(&blob, &job->datasets[i]));
        ++job->data_count;
    }
    return take_tests(&blob, &job->tests);
}

/* While rank 0 decodes a large data set it says nothing. Once it has, all are there but those that
 * have died or whose link is cut: nobody waits for longer than for a silent rank, for each part of
 * mpi_broadcast(). */
enum { LOADING_SECONDS = 3600, TAKING_SECONDS = 600, LEAST_SECONDS = 60 };

Status job_share(Job *job, Status own, MPI_Comm comm)
{
    int rank, ranks;
    char *bytes = NULL;
    size_t count = 0;
    TRY_MPI(MPI_Comm_rank(comm, &rank));
    TRY_MPI(MPI_Comm_size(comm, &ranks));
    if (ranks == 1)
        return own;
    if (rank == 0 && own == STATUS_OK)
        own = pack(job, &bytes, &count);
    const double sending = fmax(job->silence, LEAST_SECONDS);
    int64_t head[2] = {(int64_t)own, (int64_t)count};
    Status status = mpi_broadcast(comm, sizeof head, head, rank == 0 ? sending : LOADING_SECONDS);
    if (status == STATUS_OK && head[0] != STATUS_OK)
        status = rank == 0 ? own : status_set((Status)head[0], "rank 0 could not start");
    count = (size_t)head[1];
    if (status == STATUS_OK && rank != 0)
        status = MEMORY_NEW(&bytes, count);
    if (status == STATUS_OK)
        status = mpi_broadcast(comm, count, bytes, rank == 0 ? sending : TAKING_SECONDS);
    if (status == STATUS_OK && rank != 0)
        status = unpack(job, bytes, count);
    free(bytes);
    return status;
}
