/* What the data are, and the choice of settings; see draft.h. draft_cost.c predicts, draft_text.c
 * writes. */
#include "grid/run/draft.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/loader.h"
#include "data/manifest.h"
#include "data/pack.h"
#include "grid/run/draft_parts.h"
#include "store/files.h"
#include "store/hdf5_reader.h"
#include "task/task.h"
#include "train/setting_table.h"

/* ---- the data ---- */

enum { LOOK_SIZE = 64 }; /* at which the data are read; none of what is asked depends on it */

static Status size_of_pack(const char *path, size_t *size)
{
    Hdf5Reader *reader;
    int64_t packed = 0;
    TRY(hdf5_reader_new(path, &reader));
    Status status = hdf5_get_i64(reader, "/", "size", &packed);
    hdf5_reader_free(reader);
    *size = (size_t)packed;
    return status;
}

/* How many rows leave their split to the experiment, and whether any names a patient. */
static Status look_at_manifest(const char *path, size_t *unsplit, bool *by_patient)
{
    Manifest manifest;
    TRY(manifest_read(path, NULL, &manifest));
    *unsplit = 0;
    for (size_t i = 0; i < manifest.count; ++i)
        *unsplit += manifest.rows[i].split == SPLIT_NONE;
    *by_patient = manifest.by_patient;
    manifest_clear(&manifest);
    return STATUS_OK;
}

static bool has_images(const Draft *draft, Split split)
{
    return dataset_split_count(draft->data, split) > 0;
}

static bool trains_and_validates(const Draft *draft)
{
    return has_images(draft, SPLIT_TRAIN) && has_images(draft, SPLIT_VALIDATION);
}

static Status load(Draft *draft, const char *path, size_t size)
{
    dataset_free(draft->data);
    return dataset_load(path, size, &draft->split, &draft->data);
}

/* Without patients near-equal pictures are kept together, where they are not so many that a split
 * stays empty. */
static Status load_by_scene(Draft *draft, const char *path, size_t size)
{
    draft->split.group = SPLIT_GROUP_SCENE;
    Status status = load(draft, path, size);
    if (status == STATUS_NO_MEMORY ||
        (status == STATUS_OK && trains_and_validates(draft) && has_images(draft, SPLIT_TEST)))
        return status;
    draft->split.group = SPLIT_GROUP_PATIENT;
    return load(draft, path, size);
}

/* Splits that the manifest gives are kept if they can be trained on. */
static Status load_data(Draft *draft, const char *path)
{
    size_t size = LOOK_SIZE, unsplit = 1;
    bool by_patient = true;
    if (pack_is_one(path))
        TRY(size_of_pack(path, &draft->packed_size));
    else
        TRY(look_at_manifest(path, &unsplit, &by_patient));
    if (draft->packed_size)
        size = draft->packed_size;
    draft->given = unsplit == 0;
    draft->split = split_defaults();
    TRY(unsplit && !by_patient ? load_by_scene(draft, path, size) : load(draft, path, size));
    if (!trains_and_validates(draft)) {
        draft->given = false;
        draft->split.ignore_given = true;
        TRY(load(draft, path, size));
    }
    draft->test_on_validation = !has_images(draft, SPLIT_TEST);
    if (!trains_and_validates(draft))
        FAIL(STATUS_ARGUMENT,
             "%s: %zu images of %zu patients cannot be parted into training and validation "
             "(expected more of them)",
             path, draft->data->count, draft->data->patient_count);
    return dataset_facts_init(&draft->facts, draft->data);
}

/* ---- the choice ---- */

/* The first architecture whose task finds something to learn in the data. */
static Status choose_architecture(Draft *draft, const char *path)
{
    const SplitFacts *training = &draft->facts.splits[SPLIT_TRAIN];
    Status status = STATUS_OK;
    for (size_t i = 0; i < architecture_count(); ++i) {
        draft->cell = setting_defaults(i);
        ModelSettings *model = &draft->cell.model;
        const Task *task = task_of(model);
        model->classes = draft->data->class_count;
        model->without_masks = task_gives(model).masks && training->with_masks == 0;
        status = task->check_data ? task->check_data(training) : STATUS_OK;
        if (status == STATUS_OK)
            return STATUS_OK;
    }
    return status_prefix(status, "%s", path);
}

void draft_set(CellSettings *settings, const char *section, const char *key, const char *text)
{
    size_t setting = setting_find(section, key);
    Status status = setting < setting_count() ? setting_read(settings, setting, text) : STATUS_OK;
    (void)status; /* what an architecture does not take, it has a default for */
}

static void set_count(CellSettings *settings, const char *key, size_t count)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", count);
    draft_set(settings, "training", key, text);
}

/* Batches of at least eight steps an epoch; epochs for a few thousand steps. */
static void choose_training(Draft *draft)
{
    enum { STEPS = 4000, EPOCHS_LEAST = 30, EPOCHS_MOST = 100 };
    const size_t images = draft->facts.splits[SPLIT_TRAIN].images;
    size_t batch = images >= 128 ? 16 : images >= 64 ? 8 : images >= 4 ? 4 : 1;
    size_t steps = loader_steps_per_epoch(draft->data, batch);
    size_t epochs = (STEPS / steps + 9) / 10 * 10;
    if (epochs < EPOCHS_LEAST)
        epochs = EPOCHS_LEAST;
    if (epochs > EPOCHS_MOST)
        epochs = EPOCHS_MOST;
    set_count(&draft->cell, "shards", batch < 8 ? 1 : batch / 4);
    set_count(&draft->cell, "batch", batch);
    set_count(&draft->cell, "epochs", epochs);
    draft_set(&draft->cell, "training", "warmup_epochs", "1");
}

static int compare_sides(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The median of the images' shorter sides, in pixels. */
static Status shorter_side(const Dataset *data, size_t *side)
{
    size_t *sides;
    TRY(MEMORY_NEW(&sides, data->count));
    for (size_t i = 0; i < data->count; ++i) {
        const Example *example = &data->examples[i];
        sides[i] = example->width < example->height ? example->width : example->height;
    }
    qsort(sides, data->count, sizeof *sides, compare_sides);
    *side = sides[data->count / 2];
    free(sides);
    return STATUS_OK;
}

/* The largest network that the images can feed and that trains in time; else the smallest. */
static Status choose_network(Draft *draft)
{
    enum { MANY_IMAGES = 2000, SECONDS_MOST = 1800, FOR_FEW = 2 /* row */ };
    size_t side;
    TRY(shorter_side(draft->data, &side));
    const bool many = draft->facts.splits[SPLIT_TRAIN].images >= MANY_IMAGES;
    for (size_t i = draft->row_count; i-- > 0;) {
        const DraftRow *row = &draft->rows[i];
        draft->chosen = i;
        if ((many || i <= FOR_FEW) && row->seconds <= SECONDS_MOST &&
            row->settings.model.size <= side + side / 4)
            break;
    }
    draft->cell = draft->rows[draft->chosen].settings;
    /* Of residual networks from random weights: what narrow ones want is too much for wide ones. */
    if (draft->chosen <= FOR_FEW && architecture_of(&draft->cell.model)->scales_a_branch)
        draft_set(&draft->cell, "training", "learning_rate", "0.002");
    return STATUS_OK;
}

static Status take_concerns(Draft *draft, const char *path)
{
    const Split test = draft->test_on_validation ? SPLIT_VALIDATION : SPLIT_TEST;
    TRY(dataset_concerns_init(&draft->concerns, draft->data, draft->cell.batch, test));
    const Concerns *concerns = &draft->concerns;
    if (concerns->count && concerns->concerns[0].refuse)
        FAIL(STATUS_ARGUMENT, "%s: %s", path, concerns->concerns[0].text);
    return STATUS_OK;
}

static Status choose(Draft *draft, const char *data)
{
    char *path;
    TRY(files_is_folder(data) ? files_join(data, "manifest.csv", &path)
                              : memory_copy_text(data, &path));
    Status status = load_data(draft, path);
    if (status == STATUS_OK)
        status = choose_architecture(draft, path);
    if (status == STATUS_OK) {
        choose_training(draft);
        status = take_concerns(draft, path);
    }
    free(path);
    TRY(status);
    TRY(draft_list_networks(draft));
    TRY(draft_predict(draft, 0));
    TRY(choose_network(draft));
    draft_list_backbones(draft);
    return draft_predict(draft, 0);
}

Status draft_init(Draft *draft, const char *data, size_t threads)
{
    *draft = (Draft){.threads = threads};
    Status status = choose(draft, data);
    if (status != STATUS_OK)
        draft_clear(draft);
    return status;
}

void draft_clear(Draft *draft)
{
    dataset_concerns_clear(&draft->concerns);
    dataset_facts_clear(&draft->facts);
    dataset_free(draft->data);
    *draft = (Draft){0};
}
