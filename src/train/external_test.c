/* See external_test.h. */
#include "train/external_test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset_classes.h"
#include "eval/interval.h"
#include "infer/checkpoint.h"
#include "infer/checkpoint_precision.h"
#include "results/result_schema.h"
#include "store/files.h"
#include "train/checkpoint_evaluation.h"
#include "train/provenance.h"
#include "train/test_file.h"
#include "train/version.h"

/* What the cell's result says of how its network was tested. */
typedef struct {
    char *config; /* owned */
    char *cell;   /* owned */
    Precision precision;
    uint64_t seed;
} CellFacts;

typedef struct {
    const ExternalTest *test;
    CheckpointModel model;
    char network[HASH_TEXT_BYTES]; /* hash of the parameters */
    CellFacts cell;
    ParameterList parameters;
    size_t count, *indices; /* all images */
} Work;

bool external_test_is_name(const char *text)
{
    const size_t length = strlen(text);
    if (!length || length >= EXTERNAL_TEST_NAME_BYTES || text[0] == '.')
        return false;
    for (size_t i = 0; i < length; ++i)
        if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
            return false;
    return true;
}

Status external_test_load(const char *manifest, const DatasetForm *form, Dataset **dataset)
{
    SplitSettings all = split_defaults();
    all.shares[SPLIT_TRAIN] = all.shares[SPLIT_VALIDATION] = 0;
    all.shares[SPLIT_TEST] = 1;
    all.ignore_given = true;
    return dataset_load_form(manifest, form, &all, dataset);
}

void external_data_clear(ExternalData *data)
{
    dataset_free(data->dataset);
    data->dataset = NULL;
}

/* ---- what the cell says ---- */

/* Whether the file that the cell's data came from is this one. */
static Status refuse_own_data(const Hdf5Reader *reader, const char *manifest)
{
    char *own;
    TRY(hdf5_read_text(reader, "provenance/data", &own));
    bool same = false;
    if (files_exists(own) && files_are_same(own, manifest, &same) != STATUS_OK)
        same = false;
    free(own);
    if (same)
        FAIL(STATUS_ARGUMENT,
             "%s: the network was trained on these data (%s; expected others: its own test split "
             "is in the cell's result)",
             manifest, hdf5_reader_path(reader));
    return STATUS_OK;
}

static Status read_cell(const char *manifest, Hdf5Reader *reader, CellFacts *cell)
{
    int64_t seed;
    TRY(refuse_own_data(reader, manifest));
    TRY(hdf5_read_text(reader, "config", &cell->config));
    TRY(hdf5_read_text(reader, "provenance/cell", &cell->cell));
    TRY(hdf5_read(reader, "provenance/seed", HDF5_I64, 1, &seed));
    cell->seed = (uint64_t)seed;
    if (config_is_half(cell->config) && cell->precision == PRECISION_F32)
        cell->precision = PRECISION_BF16;
    return STATUS_OK;
}

static Status learn_cell(const char *manifest, Work *work)
{
    work->cell = (CellFacts){.precision = work->model.precision, .seed = 1};
    if (work->test->result) {
        Hdf5Reader *reader;
        TRY(result_open(work->test->result, &reader));
        return hdf5_reader_end(reader, read_cell(manifest, reader, &work->cell));
    }
    TRY(memory_copy_text("", &work->cell.cell));
    return memory_copy_text("", &work->cell.config);
}

/* ---- network and data ---- */

static Status open_network(Work *work)
{
    TRY(finished_model_read(work->test->checkpoint, &work->model));
    return checkpoint_hash_parameters(work->test->checkpoint, work->network);
}

/* The images as the network wants them, in its classes. */
static Status take_data(const Work *work, ExternalData *data)
{
    const ModelSettings *settings = &work->model.settings;
    const DatasetForm form = network_data_form(settings);
    if (data->dataset && !dataset_has_form(data->dataset, &form))
        external_data_clear(data);
    if (!data->dataset)
        TRY(external_test_load(data->manifest, &form, &data->dataset));
    return dataset_take_classes(data->dataset, data->manifest, settings->classes,
                                (const char *const *)work->model.class_names);
}

static Status take_all_images(const Dataset *dataset, Work *work)
{
    work->count = dataset_split_count(dataset, SPLIT_TEST);
    TRY(MEMORY_NEW(&work->indices, work->count));
    dataset_split_indices(dataset, SPLIT_TEST, work->indices);
    return STATUS_OK;
}

static Status evaluate(Work *work, const Dataset *dataset, Evaluation *evaluation)
{
    const CheckpointEvaluation of = {.checkpoint = work->test->checkpoint,
                                     .model = &work->model,
                                     .precision = work->cell.precision,
                                     .dataset = dataset,
                                     .count = work->count,
                                     .indices = work->indices};
    return checkpoint_evaluate(&of, &work->parameters, evaluation);
}

/* ---- the file ---- */

static Status same_text(const Hdf5Reader *reader, const char *name, const char *text, bool *same)
{
    char *found;
    TRY(hdf5_read_text(reader, name, &found));
    *same = *same && strcmp(found, text) == 0;
    free(found);
    return STATUS_OK;
}

static Status compare(const Hdf5Reader *reader, const Work *work, const Dataset *dataset,
                      bool *same)
{
    double point;
    int64_t arithmetic;
    *same = true;
    TRY(same_text(reader, "provenance/network", work->network, same));
    TRY(same_text(reader, "provenance/data_fingerprint", dataset->fingerprint, same));
    TRY(same_text(reader, "config", work->cell.config, same));
    if (hdf5_has(reader, "provenance/precision"))
        TRY(same_text(reader, "provenance/precision", precision_name(work->cell.precision), same));
    TRY(hdf5_read_f64(reader, "test/metrics/operating_point", 1, &point));
    TRY(hdf5_read(reader, "provenance/arithmetic_version", HDF5_I64, 1, &arithmetic));
    *same = *same && point == work->model.operating_point && arithmetic == ARITHMETIC_VERSION;
    return STATUS_OK;
}

/* A file that is damaged is not what was asked for, and is replaced. */
static bool is_done(const Work *work, const Dataset *dataset)
{
    Hdf5Reader *reader;
    bool same = false;
    if (!hdf5_is_kind(work->test->out, EXTERNAL_TEST_KIND) ||
        result_open(work->test->out, &reader) != STATUS_OK)
        return false;
    return hdf5_reader_end(reader, compare(reader, work, dataset, &same)) == STATUS_OK && same;
}

static Status write_groups(const Work *work, const ExternalData *data, const Evaluation *evaluation,
                           const SplitMetrics *metrics, Hdf5Writer *writer)
{
    const TestGroups groups = {.dataset = data->dataset,
                               .test = evaluation,
                               .metrics = metrics,
                               .operating_point = work->model.operating_point};
    TRY(result_write_format(writer));
    TRY(hdf5_set_text(writer, "/", "kind", EXTERNAL_TEST_KIND));
    TRY(hdf5_set_text(writer, "/", "test_set", work->test->name));
    TRY(result_write_text(writer, "config", work->cell.config));
    TRY(result_write_text(writer, "provenance/cell", work->cell.cell));
    TRY(result_write_text(writer, "provenance/network", work->network));
    TRY(provenance_write_program(writer, work->cell.precision));
    TRY(provenance_write_data(writer, data->manifest, data->dataset));
    return test_groups_write(&groups, writer);
}

static Status write_file(const Work *work, const ExternalData *data, const Evaluation *evaluation,
                         const SplitMetrics *metrics)
{
    Hdf5Writer *writer;
    TRY(hdf5_writer_new(work->test->out, &writer));
    Status status = write_groups(work, data, evaluation, metrics, writer);
    if (status == STATUS_OK)
        return hdf5_writer_commit(writer);
    hdf5_writer_abandon(writer);
    return status;
}

/* ---- the whole ---- */

static Status run(Work *work, ExternalData *data, SplitMetrics *metrics, bool *done)
{
    Evaluation evaluation = {0};
    Status status;
    TRY(open_network(work));
    TRY(learn_cell(data->manifest, work));
    TRY(take_data(work, data));
    *done = is_done(work, data->dataset);
    if (*done)
        return STATUS_OK;
    TRY(take_all_images(data->dataset, work));
    TRY(evaluate(work, data->dataset, &evaluation));
    TRY_GOTO(status, end,
             split_metrics_init(&evaluation, work->model.operating_point, INTERVAL_REPLICATES,
                                work->cell.seed, metrics));
    status = write_file(work, data, &evaluation, metrics);
    if (status != STATUS_OK)
        split_metrics_clear(metrics);
end:
    evaluation_clear(&evaluation);
    return status;
}

Status external_test_run(const ExternalTest *test, ExternalData *data, SplitMetrics *metrics,
                         bool *done)
{
    Work work = {.test = test};
    *done = false;
    parameters_init(&work.parameters);
    Status status = run(&work, data, metrics, done);
    parameters_clear(&work.parameters);
    checkpoint_model_clear(&work.model);
    free(work.cell.config);
    free(work.cell.cell);
    free(work.indices);
    return status;
}
