/* Writing and reading of checkpoint.h5; see checkpoint.h. The same lines feed the checksum when an
 * item is written and when it is read back. */
#include "infer/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/checkpoint_digest.h"
#include "infer/checkpoint_names.h"
#include "store/hdf5_reader.h"
#include "store/hdf5_writer.h"

enum { PATH_BYTES = 512 }; /* of names inside the file */

/* A file being written and its checksum so far. */
typedef struct {
    Hdf5Writer *writer;
    CheckpointDigest digest;
} Output;

static Status put_array(Output *output, const char *name, Hdf5Type type, size_t rank,
                        const size_t *dims, const void *values, const char *description)
{
    TRY(checkpoint_digest_array(&output->digest, name, type, rank, dims, values));
    return hdf5_write(output->writer, name, type, rank, dims, values, description, NULL);
}

static Status put_parameters(Output *output, const ParameterList *parameters)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        const Parameter *parameter = &parameters->items[i];
        char name[PATH_BYTES];
        snprintf(name, sizeof name, "parameters/%s", parameter->name);
        TRY(put_array(output, name, HDF5_F32, parameter->rank, parameter->dims, parameter->value,
                      "parameter of the network"));
    }
    return STATUS_OK;
}

static void state_name(const OptimiserState *optimiser, size_t kind, const Parameter *parameter,
                       char name[PATH_BYTES])
{
    snprintf(name, PATH_BYTES, "optimiser/%s/%s", optimiser_kind(optimiser->optimiser, kind),
             parameter->name);
}

static Status put_kind(Output *output, const ParameterList *parameters,
                       const OptimiserState *optimiser, size_t kind)
{
    if (optimiser->bring)
        TRY(optimiser->bring(optimiser->context, kind));
    for (size_t i = 0; i < parameters->count; ++i) {
        const Parameter *parameter = &parameters->items[i];
        const float *values = optimiser->values(optimiser->context, kind, i);
        char name[PATH_BYTES];
        if (!values)
            continue;
        state_name(optimiser, kind, parameter, name);
        TRY(put_array(output, name, HDF5_F32, parameter->rank, parameter->dims, values,
                      "state of the optimiser for the parameter of this name"));
    }
    return STATUS_OK;
}

static Status put_optimiser(Output *output, const ParameterList *parameters,
                            const OptimiserState *optimiser)
{
    const size_t one = 1;
    int64_t updates = (int64_t)optimiser->updates;
    TRY(hdf5_set_i64(output->writer, "optimiser", "updates", updates));
    TRY(checkpoint_digest_array(&output->digest, "optimiser/updates", HDF5_I64, 1, &one, &updates));
    for (size_t kind = 0; kind < optimiser_kind_count(optimiser->optimiser); ++kind)
        TRY(put_kind(output, parameters, optimiser, kind));
    return STATUS_OK;
}

static Status put_state(Output *output, const CheckpointState *state)
{
    const char *description = "what the run needs to go on from here";
    for (size_t i = 0; i < state->count; ++i) {
        const StateItem *item = &state->items[i];
        char name[PATH_BYTES];
        snprintf(name, sizeof name, "state/%s", item->name);
        if (item->kind == STATE_TEXT) {
            TRY(checkpoint_digest_text(&output->digest, name, item->text));
            TRY(hdf5_write_text(output->writer, name, item->text, description));
        } else if (item->kind == STATE_INTEGERS) {
            TRY(put_array(output, name, HDF5_I64, 1, &item->count, item->integers, description));
        } else {
            TRY(put_array(output, name, HDF5_F64, 1, &item->count, item->numbers, description));
        }
    }
    return STATUS_OK;
}

static Status put_everything(Output *output, const CheckpointModel *model,
                             const ParameterList *parameters, const OptimiserState *optimiser,
                             const CheckpointState *state)
{
    char checksum[HASH_TEXT_BYTES];
    TRY(checkpoint_model_write(output->writer, model));
    TRY(checkpoint_model_digest(model, &output->digest));
    TRY(put_parameters(output, parameters));
    if (optimiser)
        TRY(put_optimiser(output, parameters, optimiser));
    if (state)
        TRY(put_state(output, state));
    TRY(checkpoint_digest_finish(&output->digest, checksum));
    TRY(hdf5_set_i64(output->writer, "", "format_version", checkpoint_model_format(model)));
    return hdf5_set_text(output->writer, "", "checksum", checksum);
}

Status checkpoint_write(const char *path, const CheckpointModel *model,
                        const ParameterList *parameters, const OptimiserState *optimiser,
                        const CheckpointState *state)
{
    char *next;
    Output output = {0};
    TRY(checkpoint_sibling(path, ".next", &next));
    Status status = hdf5_writer_new(next, &output.writer);
    if (status == STATUS_OK) {
        status = put_everything(&output, model, parameters, optimiser, state);
        if (status == STATUS_OK)
            status = hdf5_writer_commit(output.writer);
        else
            hdf5_writer_abandon(output.writer);
    }
    checkpoint_digest_clear(&output.digest);
    if (status == STATUS_OK)
        status = checkpoint_rotate(path, next);
    free(next);
    return status;
}

static Status open_checkpoint(const char *path, Hdf5Reader **reader)
{
    TRY(hdf5_reader_new(path, reader));
    Status status = hdf5_check_format(*reader, "checkpoint", CHECKPOINT_FORMAT);
    return status == STATUS_OK ? STATUS_OK : hdf5_reader_end(*reader, status);
}

Status checkpoint_read_model(const char *path, CheckpointModel *model)
{
    Hdf5Reader *reader;
    *model = (CheckpointModel){0};
    TRY(open_checkpoint(path, &reader));
    Status status = checkpoint_model_read(reader, model);
    return hdf5_reader_end(reader, status);
}

/* Adds one dataset, as it is in the file, to the checksum. */
static Status digest_dataset(const Hdf5Reader *reader, const char *name, Hdf5Type number_type,
                             CheckpointDigest *digest)
{
    Hdf5Kind kind = HDF5_OTHER;
    size_t rank = 0, dims[HDF5_MAX_RANK] = {0}, count = 1;
    TRY(hdf5_kind(reader, name, &kind));
    if (kind == HDF5_TEXTS) {
        char *text;
        TRY(hdf5_read_text(reader, name, &text));
        Status status = checkpoint_digest_text(digest, name, text);
        free(text);
        return status;
    }
    Hdf5Type type = kind == HDF5_INTEGERS ? HDF5_I64 : number_type;
    TRY(hdf5_dims(reader, name, &rank, dims));
    for (size_t i = 0; i < rank; ++i)
        count *= dims[i];
    void *values;
    TRY(memory_new(&values, count, hdf5_type_bytes(type)));
    Status status = hdf5_read(reader, name, type, count, values);
    if (status == STATUS_OK)
        status = checkpoint_digest_array(digest, name, type, rank, dims, values);
    free(values);
    return status;
}

static Status digest_group(const Hdf5Reader *reader, const char *group, Hdf5Type number_type,
                           CheckpointDigest *digest)
{
    Hdf5Texts names;
    TRY(hdf5_list(reader, group, &names));
    Status status = STATUS_OK;
    for (size_t i = 0; i < names.count && status == STATUS_OK; ++i) {
        char name[PATH_BYTES];
        snprintf(name, sizeof name, "%s/%s", group, names.items[i]);
        status = digest_dataset(reader, name, number_type, digest);
    }
    hdf5_texts_clear(&names);
    return status;
}

static Status digest_file(const Hdf5Reader *reader, const CheckpointModel *model,
                          CheckpointDigest *digest, char checksum[HASH_TEXT_BYTES])
{
    TRY(checkpoint_model_digest(model, digest));
    TRY(digest_group(reader, "parameters", HDF5_F32, digest));
    if (hdf5_has_attribute(reader, "optimiser", "updates")) {
        const size_t one = 1;
        int64_t updates = 0;
        TRY(hdf5_get_i64(reader, "optimiser", "updates", &updates));
        TRY(checkpoint_digest_array(digest, "optimiser/updates", HDF5_I64, 1, &one, &updates));
    }
    TRY(digest_group(reader, "optimiser", HDF5_F32, digest));
    TRY(digest_group(reader, "state", HDF5_F64, digest));
    return checkpoint_digest_finish(digest, checksum);
}

static Status compare_checksum(const Hdf5Reader *reader, const CheckpointModel *model)
{
    CheckpointDigest digest;
    char computed[HASH_TEXT_BYTES], *stored;
    TRY(hdf5_get_text(reader, "", "checksum", &stored));
    checkpoint_digest_init(&digest);
    Status status = digest_file(reader, model, &digest, computed);
    checkpoint_digest_clear(&digest);
    if (status == STATUS_OK && strcmp(stored, computed) != 0)
        status = status_set(STATUS_FORMAT,
                            "%s: the checkpoint is damaged: its content has checksum %s, expected "
                            "%.40s",
                            hdf5_reader_path(reader), computed, stored);
    free(stored);
    return status;
}

Status checkpoint_verify(const char *path)
{
    CheckpointModel model;
    Hdf5Reader *reader;
    TRY(checkpoint_read_model(path, &model));
    Status status = open_checkpoint(path, &reader);
    if (status == STATUS_OK) {
        status = hdf5_has_attribute(reader, "", "checksum") ? compare_checksum(reader, &model)
                                                            : hdf5_verify(path);
        status = hdf5_reader_end(reader, status);
    }
    checkpoint_model_clear(&model);
    return status;
}

Status checkpoint_hash_parameters(const char *path, char text[HASH_TEXT_BYTES])
{
    Hdf5Reader *reader;
    CheckpointDigest digest;
    TRY(open_checkpoint(path, &reader));
    checkpoint_digest_init(&digest);
    Status status = digest_group(reader, "parameters", HDF5_F32, &digest);
    if (status == STATUS_OK && !digest.count)
        status = status_set(STATUS_FORMAT, "%s: has no parameters, expected a checkpoint", path);
    if (status == STATUS_OK)
        status = checkpoint_digest_finish(&digest, text);
    checkpoint_digest_clear(&digest);
    return hdf5_reader_end(reader, status);
}

/* Whether there is a dataset of a parameter's shape. */
static Status check_shape(const Hdf5Reader *reader, const char *name, const Parameter *parameter)
{
    size_t rank = 0, dims[HDF5_MAX_RANK] = {0};
    char expected[CHECKPOINT_SHAPE_BYTES], found[CHECKPOINT_SHAPE_BYTES];
    checkpoint_shape_text(parameter->rank, parameter->dims, expected);
    if (!hdf5_has(reader, name))
        FAIL(STATUS_MISSING, "%s: there is no /%s, expected one of shape %s",
             hdf5_reader_path(reader), name, expected);
    TRY(hdf5_dims(reader, name, &rank, dims));
    checkpoint_shape_text(rank, dims, found);
    if (strcmp(expected, found) != 0)
        FAIL(STATUS_FORMAT, "%s: /%s has shape %s, expected %s", hdf5_reader_path(reader), name,
             found, expected);
    return STATUS_OK;
}

static Status read_shaped(const Hdf5Reader *reader, const char *name, const Parameter *parameter,
                          float *values)
{
    TRY(check_shape(reader, name, parameter));
    return hdf5_read_f32(reader, name, parameter->count, values);
}

/* Which parameters need not be taken; for a file that must be the list's own, all zero. */
typedef struct {
    bool (*depends_on_classes)(const char *parameter); /* NULL: no other shapes */
    bool other_classes;                                /* those are not taken even if they fit */
    bool (*depends_on_size)(const char *parameter);    /* NULL: the size is the same */
    bool lacks_some;                                   /* the file may lack others too */
    bool has_more; /* the file may have what the network lacks */
} Leave;

static bool follows(bool (*depends)(const char *parameter), const char *parameter)
{
    return depends && depends(parameter);
}

static Status refuse_unknown(const Hdf5Reader *reader, const ParameterList *parameters,
                             const Leave *leave)
{
    Hdf5Texts names;
    TRY(hdf5_list(reader, "parameters", &names));
    Status status = STATUS_OK;
    for (size_t i = 0; i < names.count && status == STATUS_OK; ++i) {
        if (parameters_find(parameters, names.items[i]) ||
            follows(leave->depends_on_classes, names.items[i]) ||
            follows(leave->depends_on_size, names.items[i]))
            continue;
        char name[PATH_BYTES], found[CHECKPOINT_SHAPE_BYTES];
        size_t rank = 0, dims[HDF5_MAX_RANK] = {0};
        snprintf(name, sizeof name, "parameters/%s", names.items[i]);
        status = hdf5_dims(reader, name, &rank, dims);
        checkpoint_shape_text(rank, dims, found);
        if (status == STATUS_OK)
            status =
                status_set(STATUS_FORMAT, "%s: /%s of shape %s is not a parameter of this network",
                           hdf5_reader_path(reader), name, found);
    }
    hdf5_texts_clear(&names);
    return status;
}

/* Whether /NAME is in the file with the parameter's shape. */
static bool fits(const Hdf5Reader *reader, const char *name, const Parameter *parameter)
{
    size_t rank = 0, dims[HDF5_MAX_RANK] = {0};
    if (!hdf5_has(reader, name) || hdf5_dims(reader, name, &rank, dims) != STATUS_OK)
        return false;
    return rank == parameter->rank && memcmp(dims, parameter->dims, rank * sizeof *dims) == 0;
}

static bool is_left(const Hdf5Reader *reader, const char *name, const Parameter *parameter,
                    const Leave *leave)
{
    if (follows(leave->depends_on_classes, parameter->name))
        return leave->other_classes || !fits(reader, name, parameter);
    if (follows(leave->depends_on_size, parameter->name))
        return !fits(reader, name, parameter);
    return leave->lacks_some && !hdf5_has(reader, name);
}

static Status read_parameter(const Hdf5Reader *reader, const char *name, Parameter *parameter)
{
    ++parameter->version;
    TRY(read_shaped(reader, name, parameter, parameter->value));
    for (size_t k = 0; k < parameter->count; ++k)
        if (!isfinite(parameter->value[k]))
            FAIL(STATUS_FORMAT, "%s: /%s: number %zu is not finite", hdf5_reader_path(reader), name,
                 k);
    return STATUS_OK;
}

/* `kept`: gets the names of what was left; may be NULL. */
static Status read_parameters(const Hdf5Reader *reader, ParameterList *parameters,
                              const Leave *leave, FILE *kept)
{
    size_t taken = 0;
    for (size_t i = 0; i < parameters->count; ++i) {
        Parameter *parameter = &parameters->items[i];
        char name[PATH_BYTES];
        snprintf(name, sizeof name, "parameters/%s", parameter->name);
        if (is_left(reader, name, parameter, leave)) {
            if (kept)
                fprintf(kept, " %s", parameter->name);
            continue;
        }
        ++taken;
        if (parameters->only_shapes)
            TRY(check_shape(reader, name, parameter));
        else
            TRY(read_parameter(reader, name, parameter));
    }
    if (!taken && parameters->count)
        FAIL(STATUS_FORMAT,
             "%s: holds no parameter that this network could start from (expected some of its own "
             "names and shapes)",
             hdf5_reader_path(reader));
    return leave->has_more ? STATUS_OK : refuse_unknown(reader, parameters, leave);
}

Status checkpoint_read_parameters(const char *path, ParameterList *parameters)
{
    Hdf5Reader *reader;
    TRY(open_checkpoint(path, &reader));
    Status status = read_parameters(reader, parameters, &(Leave){0}, NULL);
    return hdf5_reader_end(reader, status);
}

static bool same_classes(const CheckpointModel *model, const InitialStart *start)
{
    bool same = model->settings.classes == start->class_count;
    for (size_t i = 0; same && i < start->class_count; ++i)
        same = strcmp(model->class_names[i], start->class_names[i]) == 0;
    return same;
}

static Status read_initial(const char *path, ParameterList *parameters, const Leave *leave,
                           FILE *kept)
{
    Hdf5Reader *reader;
    TRY(open_checkpoint(path, &reader));
    Status status = read_parameters(reader, parameters, leave, kept);
    return hdf5_reader_end(reader, status);
}

Status checkpoint_read_initial(const char *path, ParameterList *parameters,
                               const InitialStart *start, char **kept)
{
    CheckpointModel model;
    FILE *stream = NULL;
    size_t bytes;
    TRY(checkpoint_read_model(path, &model));
    const bool some = model.some || start->shared;
    const Leave leave = {.depends_on_classes = start->depends_on_classes,
                         .other_classes = some && !same_classes(&model, start),
                         .depends_on_size =
                             model.settings.size == start->size ? NULL : start->depends_on_size,
                         .lacks_some = some,
                         .has_more = start->shared};
    checkpoint_model_clear(&model);
    if (kept) {
        stream = open_memstream(kept, &bytes);
        if (!stream)
            FAIL(STATUS_NO_MEMORY, "%s: no memory for the names of its parameters", path);
    }
    Status status = read_initial(path, parameters, &leave, stream);
    if (stream && fclose(stream) != 0 && status == STATUS_OK)
        status =
            status_set(STATUS_NO_MEMORY, "%s: no memory for the names of its parameters", path);
    if (kept && status != STATUS_OK) {
        free(*kept);
        *kept = NULL;
    }
    return status;
}

static Status read_kind(const Hdf5Reader *reader, const ParameterList *parameters,
                        const OptimiserState *optimiser, size_t kind)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        float *values = optimiser->values(optimiser->context, kind, i);
        char name[PATH_BYTES];
        if (!values)
            continue;
        state_name(optimiser, kind, &parameters->items[i], name);
        TRY(read_shaped(reader, name, &parameters->items[i], values));
    }
    return optimiser->take ? optimiser->take(optimiser->context, kind) : STATUS_OK;
}

static Status read_optimiser(const Hdf5Reader *reader, const ParameterList *parameters,
                             OptimiserState *optimiser)
{
    int64_t updates = 0;
    if (!hdf5_has(reader, "optimiser"))
        FAIL(STATUS_MISSING, "%s: has no group /optimiser, expected the checkpoint of a run",
             hdf5_reader_path(reader));
    TRY(hdf5_get_i64(reader, "optimiser", "updates", &updates));
    if (updates < 0)
        FAIL(STATUS_FORMAT, "%s: /optimiser: updates is negative", hdf5_reader_path(reader));
    for (size_t kind = 0; kind < optimiser_kind_count(optimiser->optimiser); ++kind)
        TRY(read_kind(reader, parameters, optimiser, kind));
    optimiser->updates = (size_t)updates;
    return STATUS_OK;
}

Status checkpoint_has_optimiser(const char *path, bool *has)
{
    Hdf5Reader *reader;
    TRY(open_checkpoint(path, &reader));
    *has = hdf5_has(reader, "optimiser");
    return hdf5_reader_end(reader, STATUS_OK);
}

Status checkpoint_read_optimiser(const char *path, const ParameterList *parameters,
                                 OptimiserState *optimiser)
{
    Hdf5Reader *reader;
    TRY(open_checkpoint(path, &reader));
    Status status = read_optimiser(reader, parameters, optimiser);
    return hdf5_reader_end(reader, status);
}

/* Reads /state/NAME into the state. */
static Status read_item(const Hdf5Reader *reader, const char *name, CheckpointState *state)
{
    char path[PATH_BYTES];
    size_t count = 0;
    Hdf5Kind kind = HDF5_OTHER;
    snprintf(path, sizeof path, "state/%s", name);
    TRY(hdf5_kind(reader, path, &kind));
    if (kind == HDF5_TEXTS) {
        char *text;
        TRY(hdf5_read_text(reader, path, &text));
        Status status = checkpoint_state_set_text(state, name, text);
        free(text);
        return status;
    }
    bool whole = kind == HDF5_INTEGERS;
    void *values;
    TRY(hdf5_count(reader, path, &count));
    TRY(memory_new(&values, count, sizeof(int64_t)));
    Status status = hdf5_read(reader, path, whole ? HDF5_I64 : HDF5_F64, count, values);
    if (status == STATUS_OK)
        status = whole ? checkpoint_state_set_integers(state, name, count, values)
                       : checkpoint_state_set_numbers(state, name, count, values);
    free(values);
    return status;
}

Status checkpoint_read_state(const char *path, CheckpointState *state)
{
    Hdf5Reader *reader;
    Hdf5Texts names;
    checkpoint_state_init(state);
    TRY(open_checkpoint(path, &reader));
    Status status = hdf5_list(reader, "state", &names);
    for (size_t i = 0; status == STATUS_OK && i < names.count; ++i)
        status = read_item(reader, names.items[i], state);
    hdf5_texts_clear(&names);
    status = hdf5_reader_end(reader, status);
    if (status != STATUS_OK)
        checkpoint_state_clear(state);
    return status;
}
