/* The attributes of /model, one table for writing, reading and the checksum; see
 * checkpoint_model.h. */
#include "infer/checkpoint_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/outcome.h"

enum { PATH_BYTES = 256 };

Status checkpoint_model_init(CheckpointModel *model, const ModelSettings *settings,
                             const char *tuning, const char *const *class_names,
                             double operating_point)
{
    *model = (CheckpointModel){.settings = *settings, .operating_point = operating_point};
    if (strlen(tuning) >= sizeof model->tuning)
        FAIL(STATUS_ARGUMENT, "tuning \"%s\" is longer than %d characters", tuning,
             CHECKPOINT_NAME_BYTES - 1);
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
    input_ranges_clear(&model->ranges);
    *model = (CheckpointModel){0};
}

/* A number among the attributes of /model; otherwise and flag as ModelAttribute's. */
typedef struct {
    const char *name;
    size_t value, otherwise;
    bool flag;
} ModelNumber;

/* The architecture's, then those that every network has. */
enum { COMMON_NUMBERS = 4 };

static size_t count_numbers(const ModelSettings *settings)
{
    return COMMON_NUMBERS + architecture_of(settings)->attribute_count;
}

static ModelNumber get_number(const ModelSettings *settings, size_t index)
{
    const Architecture *architecture = architecture_of(settings);
    if (index == architecture->attribute_count)
        return (ModelNumber){"classes", settings->classes, 0, false};
    if (index == architecture->attribute_count + 1)
        return (ModelNumber){"size", settings->size, 0, false};
    if (index == architecture->attribute_count + 2)
        return (ModelNumber){"masks", !settings->without_masks, 1, true};
    if (index > architecture->attribute_count)
        return (ModelNumber){"test_flips", settings->test_flips, 0, true};
    const ModelAttribute *attribute = &architecture->attributes[index];
    const unsigned char *field = settings->own + attribute->offset;
    ModelNumber number = {attribute->name, 0, attribute->otherwise, attribute->flag};
    if (attribute->flag)
        number.value = *(const bool *)field;
    else
        memcpy(&number.value, field, sizeof number.value);
    return number;
}

static void set_number(ModelSettings *settings, size_t index, size_t value)
{
    const Architecture *architecture = architecture_of(settings);
    if (index < architecture->attribute_count) {
        const ModelAttribute *attribute = &architecture->attributes[index];
        unsigned char *field = settings->own + attribute->offset;
        if (attribute->flag)
            *(bool *)field = value != 0;
        else
            memcpy(field, &value, sizeof value);
    } else if (index == architecture->attribute_count)
        settings->classes = value;
    else if (index == architecture->attribute_count + 1)
        settings->size = value;
    else if (index == architecture->attribute_count + 2)
        settings->without_masks = !value;
    else
        settings->test_flips = value != 0;
}

/* As the file has it: a convolution that is not computed in 8 bits has no limit, which a program of
 * before refuses. */
#define NO_LIMIT (-1.0F)

static float stored_limit(const InputRange *range)
{
    return range->left ? NO_LIMIT : range->limit;
}

static void range_name(const char *weight, char name[PATH_BYTES])
{
    snprintf(name, PATH_BYTES, "calibration/%s", weight);
}

Status checkpoint_model_digest(const CheckpointModel *model, CheckpointDigest *digest)
{
    const ModelSettings *settings = &model->settings;
    const size_t one = 1;
    char name[PATH_BYTES];
    for (size_t i = 0; i < count_numbers(settings); ++i) {
        const ModelNumber number = get_number(settings, i);
        if (number.flag && number.value == number.otherwise)
            continue;
        snprintf(name, sizeof name, "model/%s", number.name);
        TRY(checkpoint_digest_array(digest, name, HDF5_I64, 1, &one,
                                    &(int64_t){(int64_t)number.value}));
    }
    for (size_t i = 0; i < settings->classes; ++i) {
        snprintf(name, sizeof name, "model/class_names/%zu", i);
        TRY(checkpoint_digest_text(digest, name, model->class_names[i]));
    }
    TRY(checkpoint_digest_text(digest, "model/architecture", architecture_of(settings)->name));
    TRY(checkpoint_digest_text(digest, "model/tuning", model->tuning));
    if (model->some)
        TRY(checkpoint_digest_text(digest, "model/parameters", "some"));
    if (model->precision != PRECISION_F32)
        TRY(checkpoint_digest_text(digest, "model/precision", precision_name(model->precision)));
    if (settings->denoise != DENOISE_NONE)
        TRY(checkpoint_digest_text(digest, "model/denoise",
                                   denoise_choice_names[settings->denoise]));
    for (size_t i = 0; i < model->ranges.count; ++i) {
        range_name(model->ranges.items[i].weight, name);
        TRY(checkpoint_digest_array(digest, name, HDF5_F32, 1, &one,
                                    &(float){stored_limit(&model->ranges.items[i])}));
    }
    return checkpoint_digest_array(digest, "model/operating_point", HDF5_F64, 1, &one,
                                   &model->operating_point);
}

Status checkpoint_model_write(Hdf5Writer *writer, const CheckpointModel *model)
{
    const ModelSettings *settings = &model->settings;
    TRY(hdf5_set_text(writer, "model", "architecture", architecture_of(settings)->name));
    for (size_t i = 0; i < count_numbers(settings); ++i) {
        const ModelNumber number = get_number(settings, i);
        if (!number.flag || number.value != number.otherwise)
            TRY(hdf5_set_i64(writer, "model", number.name, (int64_t)number.value));
    }
    TRY(hdf5_set_texts(writer, "model", "class_names", settings->classes,
                       (const char *const *)model->class_names));
    TRY(hdf5_set_text(writer, "model", "tuning", model->tuning));
    if (model->some)
        TRY(hdf5_set_text(writer, "model", "parameters", "some"));
    if (model->precision != PRECISION_F32)
        TRY(hdf5_set_text(writer, "model", "precision", precision_name(model->precision)));
    if (settings->denoise != DENOISE_NONE)
        TRY(hdf5_set_text(writer, "model", "denoise", denoise_choice_names[settings->denoise]));
    TRY(hdf5_set_f64(writer, "model", "operating_point", model->operating_point));
    for (size_t i = 0; i < model->ranges.count; ++i) {
        char name[PATH_BYTES];
        range_name(model->ranges.items[i].weight, name);
        TRY(hdf5_write(writer, name, HDF5_F32, 1, &(size_t){1},
                       &(float){stored_limit(&model->ranges.items[i])},
                       "how far the input of the convolution with these weights reaches; -1: it is "
                       "not computed in 8 bits",
                       NULL));
    }
    return STATUS_OK;
}

int64_t checkpoint_model_format(const CheckpointModel *model)
{
    if (model->precision == PRECISION_INT8)
        return CHECKPOINT_FORMAT;
    return model->settings.denoise == DENOISE_NONE ? CHECKPOINT_FORMAT_PLAIN
                                                   : CHECKPOINT_FORMAT_DENOISED;
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

static Status read_architecture(const Hdf5Reader *reader, ModelSettings *settings)
{
    char name[CHECKPOINT_NAME_BYTES];
    TRY(read_name(reader, "architecture", NULL, name));
    size_t position = architecture_find(name);
    if (position == architecture_count())
        FAIL(STATUS_FORMAT,
             "%s: /model: architecture is \"%s\", which this version of gisd does not have",
             hdf5_reader_path(reader), name);
    *settings = architecture_defaults(position);
    return STATUS_OK;
}

static Status read_numbers(const Hdf5Reader *reader, ModelSettings *settings)
{
    for (size_t i = 0; i < count_numbers(settings); ++i) {
        const ModelNumber number = get_number(settings, i);
        int64_t value = (int64_t)number.otherwise;
        if ((!number.otherwise && !number.flag) || hdf5_has_attribute(reader, "model", number.name))
            TRY(hdf5_get_i64(reader, "model", number.name, &value));
        if (value < (number.flag ? 0 : 1) || value > (number.flag ? 1 : 1000000))
            FAIL(STATUS_FORMAT, "%s: /model: %s is %lld, expected %s", hdf5_reader_path(reader),
                 number.name, (long long)value, number.flag ? "0 or 1" : "a positive number");
        set_number(settings, i, (size_t)value);
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

/* Whether an attribute of /model says the first of two words; the second where it is not there. */
static Status read_word(const Hdf5Reader *reader, const char *attribute, const char *const words[2],
                        bool *first)
{
    char text[CHECKPOINT_NAME_BYTES];
    TRY(read_name(reader, attribute, words[1], text));
    *first = strcmp(text, words[0]) == 0;
    if (!*first && strcmp(text, words[1]) != 0)
        FAIL(STATUS_FORMAT, "%s: /model: %s is \"%s\", expected %s or %s", hdf5_reader_path(reader),
             attribute, text, words[1], words[0]);
    return STATUS_OK;
}

static Status read_precision(const Hdf5Reader *reader, Precision *precision)
{
    char text[CHECKPOINT_NAME_BYTES];
    TRY(read_name(reader, "precision", precision_name(PRECISION_F32), text));
    for (*precision = PRECISION_F32; *precision <= PRECISION_INT8; ++*precision)
        if (strcmp(text, precision_name(*precision)) == 0)
            return STATUS_OK;
    FAIL(STATUS_FORMAT, "%s: /model: precision is \"%s\", expected f32, bf16 or int8",
         hdf5_reader_path(reader), text);
}

static Status read_range(const Hdf5Reader *reader, const char *weight, InputRanges *ranges)
{
    char name[PATH_BYTES];
    float limit;
    range_name(weight, name);
    TRY(hdf5_read_f32(reader, name, 1, &limit));
    if (!isfinite(limit) || (limit < 0 && limit != NO_LIMIT))
        FAIL(STATUS_FORMAT, "%s: /%s is %g, expected a finite number of at least 0, or -1",
             hdf5_reader_path(reader), name, (double)limit);
    TRY(input_ranges_add(ranges, weight, limit));
    ranges->items[ranges->count - 1].left = limit == NO_LIMIT;
    return STATUS_OK;
}

static Status read_ranges(const Hdf5Reader *reader, InputRanges *ranges)
{
    Hdf5Texts names;
    TRY(hdf5_list(reader, "calibration", &names));
    Status status = STATUS_OK;
    for (size_t i = 0; i < names.count && status == STATUS_OK; ++i)
        status = read_range(reader, names.items[i], ranges);
    hdf5_texts_clear(&names);
    return status;
}

static Status read_denoise(const Hdf5Reader *reader, DenoiseChoice *choice)
{
    char text[CHECKPOINT_NAME_BYTES];
    TRY(read_name(reader, "denoise", denoise_choice_names[DENOISE_NONE], text));
    if (denoise_choice_parse(text, choice))
        return STATUS_OK;
    FAIL(STATUS_FORMAT, "%s: /model: denoise is \"%s\", expected none, crop or crop+filter",
         hdf5_reader_path(reader), text);
}

static Status read_model(const Hdf5Reader *reader, CheckpointModel *model)
{
    if (!hdf5_has(reader, "model") || !hdf5_has(reader, "parameters"))
        FAIL(STATUS_FORMAT, "%s: has no group /model or /parameters, expected a checkpoint",
             hdf5_reader_path(reader));
    TRY(read_architecture(reader, &model->settings));
    TRY(read_name(reader, "tuning", "global", model->tuning));
    model->operating_point = OUTCOME_POINT_DEFAULT;
    if (hdf5_has_attribute(reader, "model", "operating_point"))
        TRY(hdf5_get_f64(reader, "model", "operating_point", &model->operating_point));
    TRY(read_word(reader, "parameters", (const char *const[]){"some", "all"}, &model->some));
    TRY(read_precision(reader, &model->precision));
    if (model->precision == PRECISION_INT8)
        TRY(read_ranges(reader, &model->ranges));
    TRY(read_numbers(reader, &model->settings));
    TRY(read_denoise(reader, &model->settings.denoise));
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
