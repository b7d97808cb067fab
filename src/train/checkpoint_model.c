/* The attributes of /model, one table for writing, reading and the checksum; see
 * checkpoint_model.h. */
#include "train/checkpoint_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/outcome.h"

enum { PATH_BYTES = 64 };

#define SSD_NAME "improved_ssd"

Status checkpoint_model_init(CheckpointModel *model, const char *architecture,
                             const ImprovedSsdSettings *settings, const char *tuning,
                             const char *const *class_names, double operating_point)
{
    *model = (CheckpointModel){.settings = *settings, .operating_point = operating_point};
    if (strlen(architecture) >= sizeof model->architecture ||
        strlen(tuning) >= sizeof model->tuning)
        FAIL(STATUS_ARGUMENT, "architecture \"%s\" or tuning \"%s\" is longer than %d characters",
             architecture, tuning, CHECKPOINT_NAME_BYTES - 1);
    snprintf(model->architecture, sizeof model->architecture, "%s", architecture);
    snprintf(model->tuning, sizeof model->tuning, "%s", tuning);
    Status status = MEMORY_NEW(&model->class_names, settings->classes);
    for (size_t i = 0; status == STATUS_OK && i < settings->classes; ++i)
        status = memory_copy_text(class_names[i], &model->class_names[i]);
    if (status != STATUS_OK)
        checkpoint_model_clear(model);
    return status;
}

void checkpoint_model_clear(CheckpointModel *model)
{
    for (size_t i = 0; model->class_names && i < model->settings.classes; ++i)
        free(model->class_names[i]);
    free(model->class_names);
    *model = (CheckpointModel){0};
}

/* The whole numbers among the attributes of /model. */
typedef struct {
    const char *name;
    size_t *value;
    bool of_ssd; /* other architectures need not have it */
    size_t otherwise;
} ModelNumber;

enum { MODEL_NUMBERS = 6 };

static void list_numbers(ImprovedSsdSettings *settings, ModelNumber numbers[MODEL_NUMBERS])
{
    const ModelNumber all[MODEL_NUMBERS] = {
        {"depth", &settings->backbone.depth, true, 0},
        {"width", &settings->backbone.width, true, 0},
        {"base", &settings->base, false, 64},
        {"classes", &settings->classes, false, 0},
        {"steps", &settings->recursion_steps, true, 0},
        {"size", &settings->size, false, 0},
    };
    memcpy(numbers, all, sizeof all);
}

Status checkpoint_model_digest(const CheckpointModel *model, CheckpointDigest *digest)
{
    ImprovedSsdSettings settings = model->settings;
    ModelNumber numbers[MODEL_NUMBERS];
    const size_t one = 1;
    char name[PATH_BYTES];
    list_numbers(&settings, numbers);
    for (size_t i = 0; i < MODEL_NUMBERS; ++i) {
        snprintf(name, sizeof name, "model/%s", numbers[i].name);
        TRY(checkpoint_digest_array(digest, name, HDF5_I64, 1, &one,
                                    &(int64_t){(int64_t)*numbers[i].value}));
    }
    for (size_t i = 0; i < settings.classes; ++i) {
        snprintf(name, sizeof name, "model/class_names/%zu", i);
        TRY(checkpoint_digest_text(digest, name, model->class_names[i]));
    }
    TRY(checkpoint_digest_text(digest, "model/architecture", model->architecture));
    TRY(checkpoint_digest_text(digest, "model/tuning", model->tuning));
    return checkpoint_digest_array(digest, "model/operating_point", HDF5_F64, 1, &one,
                                   &model->operating_point);
}

Status checkpoint_model_write(Hdf5Writer *writer, const CheckpointModel *model)
{
    ImprovedSsdSettings settings = model->settings;
    ModelNumber numbers[MODEL_NUMBERS];
    list_numbers(&settings, numbers);
    TRY(hdf5_set_text(writer, "model", "architecture", model->architecture));
    for (size_t i = 0; i < MODEL_NUMBERS; ++i)
        TRY(hdf5_set_i64(writer, "model", numbers[i].name, (int64_t)*numbers[i].value));
    TRY(hdf5_set_texts(writer, "model", "class_names", settings.classes,
                       (const char *const *)model->class_names));
    TRY(hdf5_set_text(writer, "model", "tuning", model->tuning));
    return hdf5_set_f64(writer, "model", "operating_point", model->operating_point);
}

/* Reads a text attribute of /model into a short field; `otherwise` if it is not there and not
 * NULL. */
static Status read_name(const Hdf5Reader *reader, const char *attribute, const char *otherwise,
                        char name[CHECKPOINT_NAME_BYTES])
{
    snprintf(name, CHECKPOINT_NAME_BYTES, "%s", otherwise ? otherwise : "");
    if (otherwise && !hdf5_has_attribute(reader, "model", attribute))
        return STATUS_OK;
    char *text;
    TRY(hdf5_get_text(reader, "model", attribute, &text));
    Status status = STATUS_OK;
    if (strlen(text) >= CHECKPOINT_NAME_BYTES)
        status = status_set(STATUS_FORMAT, "%s: /model: %s is longer than %d characters",
                            hdf5_reader_path(reader), attribute, CHECKPOINT_NAME_BYTES - 1);
    else
        snprintf(name, CHECKPOINT_NAME_BYTES, "%s", text);
    free(text);
    return status;
}

static Status read_model_numbers(const Hdf5Reader *reader, CheckpointModel *model)
{
    ModelNumber numbers[MODEL_NUMBERS];
    bool is_ssd = strcmp(model->architecture, SSD_NAME) == 0;
    list_numbers(&model->settings, numbers);
    for (size_t i = 0; i < MODEL_NUMBERS; ++i) {
        bool optional = numbers[i].otherwise != 0 || (numbers[i].of_ssd && !is_ssd);
        int64_t value = (int64_t)numbers[i].otherwise;
        if (!optional || hdf5_has_attribute(reader, "model", numbers[i].name))
            TRY(hdf5_get_i64(reader, "model", numbers[i].name, &value));
        if (value < (optional ? 0 : 1) || value > 1000000)
            FAIL(STATUS_FORMAT, "%s: /model: %s is %lld, expected a positive number",
                 hdf5_reader_path(reader), numbers[i].name, (long long)value);
        *numbers[i].value = (size_t)value;
    }
    return STATUS_OK;
}

/* Names of the classes from a list of texts, from one text with commas, or made up. */
static Status read_class_names(const Hdf5Reader *reader, size_t classes, char **names)
{
    Hdf5Texts texts = {0};
    if (hdf5_has_attribute(reader, "model", "class_names"))
        TRY(hdf5_get_texts(reader, "model", "class_names", &texts));
    Status status = STATUS_OK;
    size_t found = 0;
    if (texts.count == 1 && classes > 1) {
        char *rest = texts.items[0], *part;
        while ((part = strsep(&rest, ",")) && status == STATUS_OK)
            if (found++ < classes)
                status = memory_copy_text(part + strspn(part, " "), &names[found - 1]);
    } else if (texts.count > 0) {
        for (; found < texts.count && status == STATUS_OK; ++found)
            if (found < classes)
                status = memory_copy_text(texts.items[found], &names[found]);
    } else {
        for (; found < classes && status == STATUS_OK; ++found) {
            char name[CHECKPOINT_NAME_BYTES];
            snprintf(name, sizeof name, "class_%zu", found + 1);
            status = memory_copy_text(name, &names[found]);
        }
    }
    hdf5_texts_clear(&texts);
    if (status == STATUS_OK && found != classes)
        FAIL(STATUS_FORMAT, "%s: /model: class_names has %zu names, expected %zu as in classes",
             hdf5_reader_path(reader), found, classes);
    return status;
}

static Status read_model(const Hdf5Reader *reader, CheckpointModel *model)
{
    if (!hdf5_has(reader, "model") || !hdf5_has(reader, "parameters"))
        FAIL(STATUS_FORMAT, "%s: has no group /model or /parameters, expected a checkpoint",
             hdf5_reader_path(reader));
    TRY(read_name(reader, "architecture", NULL, model->architecture));
    TRY(read_name(reader, "tuning", "global", model->tuning));
    model->operating_point = OUTCOME_POINT_DEFAULT;
    if (hdf5_has_attribute(reader, "model", "operating_point"))
        TRY(hdf5_get_f64(reader, "model", "operating_point", &model->operating_point));
    TRY(read_model_numbers(reader, model));
    TRY(MEMORY_NEW(&model->class_names, model->settings.classes));
    return read_class_names(reader, model->settings.classes, model->class_names);
}

Status checkpoint_model_read(const Hdf5Reader *reader, CheckpointModel *model)
{
    *model = (CheckpointModel){0};
    Status status = read_model(reader, model);
    if (status != STATUS_OK)
        checkpoint_model_clear(model);
    return status;
}
