/* See setting_table.h. The sum of all rows is made once, at the first call. */
#include "train/setting_table.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/yaml_text.h"
#include "task/task.h"
#include "train/training_sizes.h"

/* ---- training's own rows ---- */

static const char *const tunings[] = {"local", "global", NULL};
static const char *const optimisers[] = {"sgd", "adamw", NULL};
static const char *const precisions[] = {"f32", "bf16", NULL};
static const char *const schedules[] = {"constant", "step", "cosine", NULL};

static Status read_architecture(const char *text, void *field)
{
    size_t position = *text ? architecture_find(text) : 0; /* the first is the default */
    if (position == architecture_count()) {
        char list[256] = "";
        for (size_t i = 0; i < architecture_count(); ++i) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                     architecture_at(i)->name);
        }
        FAIL(STATUS_ARGUMENT, "architecture: '%s' (expected one of %s)", text, list);
    }
    *(int *)field = (int)position;
    return STATUS_OK;
}

static void write_architecture(const void *field, char text[SETTING_TEXT_BYTES])
{
    snprintf(text, SETTING_TEXT_BYTES, "%s", architecture_at((size_t) * (const int *)field)->name);
}

static const char *const samplings[] = {"each", "balanced", NULL};

#define FIELD(name) .offset = offsetof(CellSettings, name)

static const SettingRow training_rows[] = {
    {"model", "architecture", SETTING_OWN, FIELD(model.architecture), .otherwise = "",
     .read = read_architecture, .write = write_architecture, .in_title = true},
    {"", "tuning", SETTING_CHOICE, FIELD(tuning), .otherwise = "global", .choices = tunings},
    {"training", "seed", SETTING_SEED, FIELD(seed), .otherwise = "1"},
    {"model", "size", SETTING_COUNT, FIELD(model.size), .otherwise = "300", .least = 32,
     .most = 1024},
    {"model", "initial", SETTING_PATH, FIELD(initial_checkpoint), .otherwise = ""},
    {"training", "optimiser", SETTING_CHOICE, FIELD(optimiser), .otherwise = "adamw",
     .choices = optimisers},
    {"training", "learning_rate", SETTING_NUMBER, FIELD(learning_rate), .otherwise = "0.001",
     .least = 1e-9, .most = 10},
    {"training", "momentum", SETTING_NUMBER, FIELD(momentum), .otherwise = "0.9", .most = 0.9999,
     .when = "training.optimiser", .is = "sgd"},
    {"training", "weight_decay", SETTING_NUMBER, FIELD(weight_decay), .otherwise = "0.0001",
     .most = 1},
    {"training", "clip_norm", SETTING_NUMBER, FIELD(clip_norm), .otherwise = "10", .most = 1e6},
    {"training", "schedule", SETTING_CHOICE, FIELD(schedule), .otherwise = "cosine",
     .choices = schedules},
    {"training", "warmup_epochs", SETTING_NUMBER, FIELD(warmup_epochs), .otherwise = "1",
     .most = 1e5},
    {"training", "step_epochs", SETTING_NUMBER, FIELD(step_epochs), .otherwise = "30", .most = 1e5,
     .when = "training.schedule", .is = "step"},
    {"training", "step_factor", SETTING_NUMBER, FIELD(step_factor), .otherwise = "0.1", .most = 1,
     .when = "training.schedule", .is = "step"},
    {"training", "epochs", SETTING_COUNT, FIELD(epochs), .otherwise = "40", .least = 1,
     .most = 100000},
    {"training", "batch", SETTING_COUNT, FIELD(batch), .otherwise = "16", .least = 1, .most = 4096},
    {"training", "shards", SETTING_COUNT, FIELD(shards), .otherwise = "4", .least = 1,
     .most = 4096},
    {"training", "augment", SETTING_FLAG, FIELD(augment), .otherwise = "true"},
    {"training", "precision", SETTING_CHOICE, FIELD(precision), .otherwise = "f32",
     .choices = precisions},
    {"model", "branch_scale", SETTING_NUMBER, FIELD(branch_scale), .otherwise = "0.1",
     .least = 0.001, .most = 1, .before = "1"},
    {"training", "backbone_rate", SETTING_NUMBER, FIELD(backbone_rate), .otherwise = "1",
     .least = 1e-6, .most = 100, .when = "tuning", .is = "global", .before = "1"},
    {"training", "ema", SETTING_NUMBER, FIELD(ema), .otherwise = "0.99", .most = 0.99999,
     .before = "0"},
    {"training", "sizes", SETTING_OWN, FIELD(sizes), .otherwise = "", .read = training_sizes_read,
     .write = training_sizes_write, .before = ""},
    {"training", "sampling", SETTING_CHOICE, FIELD(sampling), .otherwise = "each",
     .choices = samplings, .before = "each"},
    {"training", "colour_strength", SETTING_NUMBER, FIELD(colour_strength), .otherwise = "1",
     .most = 4, .when = "training.augment", .is = "true", .before = "1"},
    {"training", "scale", SETTING_NUMBER, FIELD(scale), .otherwise = "0", .most = 0.8,
     .when = "training.augment", .is = "true", .before = "0"},
    {"training", "rotation", SETTING_NUMBER, FIELD(rotation), .otherwise = "0", .most = 180,
     .when = "training.augment", .is = "true", .before = "0"},
    {"training", "brightness_gamma", SETTING_NUMBER, FIELD(gamma), .otherwise = "0", .most = 2,
     .when = "training.augment", .is = "true", .before = "0"},
    {"training", "blur", SETTING_NUMBER, FIELD(blur), .otherwise = "0", .most = 5,
     .when = "training.augment", .is = "true", .before = "0"},
    {"training", "flips", SETTING_FLAG, FIELD(flips), .otherwise = "true",
     .when = "training.augment", .is = "true", .before = "true"},
    {"training", "mixup", SETTING_NUMBER, FIELD(mixup), .otherwise = "0", .most = 1, .before = "0"},
    {"training", "stop_after", SETTING_COUNT, FIELD(stop_after), .otherwise = "0", .most = 100000,
     .before = "0"},
    {"data", "denoise", SETTING_CHOICE, FIELD(model.denoise), .otherwise = "none",
     .choices = denoise_choice_names, .before = "none"},
    {"training", "test_flips", SETTING_FLAG, FIELD(model.test_flips), .otherwise = "false",
     .before = "false"},
};
enum { TRAINING_ROWS = sizeof training_rows / sizeof *training_rows };

/* The settings of the first version, in its order. */
static const char *const former[][2] = {
    {"model", "backbone"},
    {"", "tuning"},
    {"loss", "alpha"},
    {"loss", "gamma"},
    {"training", "seed"},
    {"model", "base"},
    {"model", "size"},
    {"model", "recursion_steps"},
    {"model", "initial"},
    {"loss", "segmentation_weight"},
    {"loss", "box"},
    {"training", "optimiser"},
    {"training", "learning_rate"},
    {"training", "momentum"},
    {"training", "weight_decay"},
    {"training", "clip_norm"},
    {"training", "schedule"},
    {"training", "warmup_epochs"},
    {"training", "step_epochs"},
    {"training", "step_factor"},
    {"training", "epochs"},
    {"training", "batch"},
    {"training", "shards"},
    {"training", "augment"},
    {"training", "precision"},
};
enum { FORMER = sizeof former / sizeof *former };

/* ---- the sum of all rows ---- */

typedef enum { OWNER_TRAINING, OWNER_TASK, OWNER_ARCHITECTURE } OwnerKind;

/* A row and whose it is. */
typedef struct {
    const SettingRow *row;
    OwnerKind kind;
    size_t position; /* of the task or architecture in its table */
} Owned;

/* One setting: its rows, one for each owner, are owned[first] and on. */
typedef struct {
    size_t first, count;
    char name[64];
} Entry;

static struct {
    size_t owned_count, count;
    Owned *owned;         /* owned_count */
    Entry *entries;       /* count */
    size_t *alphabetical; /* count: settings in the order of their sections and keys */
} table;

static bool same_setting(const SettingRow *row, const char *section, const char *key)
{
    return strcmp(row->section, section) == 0 && strcmp(row->key, key) == 0;
}

/* Every row of every owner; with `all` NULL only their number. */
static size_t list_rows(Owned *all)
{
    size_t count = 0;
    for (size_t i = 0; i < TRAINING_ROWS; ++i, ++count)
        if (all)
            all[count] = (Owned){&training_rows[i], OWNER_TRAINING, 0};
    for (size_t t = 0; t < task_count(); ++t)
        for (size_t i = 0; i < task_at(t)->row_count; ++i, ++count)
            if (all)
                all[count] = (Owned){&task_at(t)->rows[i], OWNER_TASK, t};
    for (size_t a = 0; a < architecture_count(); ++a)
        for (size_t i = 0; i < architecture_at(a)->row_count; ++i, ++count)
            if (all)
                all[count] = (Owned){&architecture_at(a)->rows[i], OWNER_ARCHITECTURE, a};
    return count;
}

/* Takes the rows of one setting out of `all` to the end of the table. */
static void take_setting(Owned *all, const char *section, const char *key)
{
    Entry *entry = &table.entries[table.count];
    *entry = (Entry){.first = table.owned_count};
    for (size_t i = 0; i < list_rows(NULL); ++i) {
        if (!all[i].row || !same_setting(all[i].row, section, key))
            continue;
        table.owned[table.owned_count++] = all[i];
        ++entry->count;
    }
    for (size_t i = 0; i < list_rows(NULL); ++i)
        if (all[i].row && same_setting(all[i].row, section, key))
            all[i].row = NULL;
    bool taken = false;
    for (size_t i = 0; i < table.count; ++i)
        taken |= strcmp(setting_key(i), key) == 0;
    snprintf(entry->name, sizeof entry->name, "%s%s%s", taken ? section : "", taken ? "." : "",
             key);
    ++table.count;
}

/* By section and key, as of "section.key". */
static int compare_settings(const void *one, const void *other)
{
    const size_t settings[] = {*(const size_t *)one, *(const size_t *)other};
    char texts[2][128];
    for (int i = 0; i < 2; ++i) {
        const SettingRow *row = table.owned[table.entries[settings[i]].first].row;
        snprintf(texts[i], sizeof texts[i], "%s%s%s", row->section, *row->section ? "." : "",
                 row->key);
    }
    return strcmp(texts[0], texts[1]);
}

static void make_table(void)
{
    size_t rows = list_rows(NULL);
    Owned *all = calloc(rows, sizeof *all);
    table.owned = calloc(rows, sizeof *table.owned);
    table.entries = calloc(rows, sizeof *table.entries);
    table.alphabetical = calloc(rows, sizeof *table.alphabetical);
    if (!all || !table.owned || !table.entries || !table.alphabetical) {
        fputs("no memory for the table of settings\n", stderr);
        abort(); /* a few kilobytes, at the start of the program */
    }
    list_rows(all);
    take_setting(all, "model", "architecture");
    for (size_t i = 0; i < FORMER; ++i)
        take_setting(all, former[i][0], former[i][1]);
    for (size_t i = 0; i < rows; ++i)
        if (all[i].row)
            take_setting(all, all[i].row->section, all[i].row->key);
    free(all);
    for (size_t i = 0; i < table.count; ++i)
        table.alphabetical[i] = i;
    qsort(table.alphabetical, table.count, sizeof *table.alphabetical, compare_settings);
}

static const Entry *entry_at(size_t setting)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
    return &table.entries[setting];
}

/* ---- looking settings up ---- */

size_t setting_count(void)
{
    entry_at(0);
    return table.count;
}

const char *setting_section(size_t setting)
{
    return table.owned[entry_at(setting)->first].row->section;
}

const char *setting_key(size_t setting)
{
    return table.owned[table.entries[setting].first].row->key;
}

const char *setting_name(size_t setting)
{
    return entry_at(setting)->name;
}

size_t setting_find(const char *section, const char *key)
{
    size_t i = 0, count = setting_count();
    while (i < count && !same_setting(table.owned[table.entries[i].first].row, section, key))
        ++i;
    return i;
}

size_t setting_find_name(const char *name)
{
    size_t count = setting_count();
    for (size_t i = 0; i < count; ++i) {
        const char *section = setting_section(i), *key = setting_key(i);
        size_t length = strlen(section);
        if (strcmp(setting_name(i), name) == 0 ||
            (strncmp(name, section, length) == 0 && name[length] == '.' &&
             strcmp(name + length + 1, key) == 0))
            return i;
    }
    return count;
}

size_t setting_alphabetical(size_t place)
{
    entry_at(0);
    return table.alphabetical[place];
}

bool setting_is_former(size_t setting)
{
    return setting >= 1 && setting <= FORMER; /* the architecture stands before them */
}

/* The cell's row of the setting, and the struct that its field lies in; NULL: it does not apply. */
static const SettingRow *row_of(const CellSettings *settings, size_t setting, const void **owner)
{
    const Entry *entry = entry_at(setting);
    for (size_t i = entry->first; i < entry->first + entry->count; ++i) {
        const Owned *owned = &table.owned[i];
        switch (owned->kind) {
        case OWNER_TRAINING:
            *owner = settings;
            return owned->row;
        case OWNER_TASK:
            *owner = settings->task.own;
            if (task_of(&settings->model) == task_at(owned->position))
                return owned->row;
            break;
        case OWNER_ARCHITECTURE:
        default:
            *owner = settings->model.own;
            if ((size_t)settings->model.architecture == owned->position)
                return owned->row;
            break;
        }
    }
    return NULL;
}

bool setting_applies(const CellSettings *settings, size_t setting)
{
    const void *owner;
    return row_of(settings, setting, &owner) != NULL;
}

bool setting_matters(const CellSettings *settings, size_t setting)
{
    const void *owner;
    const SettingRow *row = row_of(settings, setting, &owner);
    if (!row)
        return false;
    if (!row->when)
        return true;
    char text[SETTING_TEXT_BYTES];
    size_t condition = setting_find_name(row->when);
    if (condition == table.count || !setting_applies(settings, condition))
        return false;
    setting_write(settings, condition, text);
    return strcmp(text, row->is) == 0;
}

bool setting_is_as_before(const CellSettings *settings, size_t setting)
{
    const void *owner;
    char text[SETTING_TEXT_BYTES], before[SETTING_TEXT_BYTES];
    const SettingRow *row = row_of(settings, setting, &owner);
    if (!row || !row->before)
        return false;
    setting_row_write(row, owner, text);
    return setting_canonical(setting, row->before, before) == STATUS_OK &&
           strcmp(text, before) == 0;
}

bool setting_is_path(size_t setting)
{
    return table.owned[entry_at(setting)->first].row->kind == SETTING_PATH;
}

SettingForm setting_form(size_t setting)
{
    switch (table.owned[entry_at(setting)->first].row->kind) {
    case SETTING_COUNT:
    case SETTING_SEED:
    case SETTING_NUMBER:
        return SETTING_AS_NUMBER;
    case SETTING_FLAG:
        return SETTING_AS_FLAG;
    default:
        return SETTING_AS_TEXT;
    }
}

bool setting_is_in_title(const CellSettings *settings, size_t setting)
{
    const void *owner;
    const SettingRow *row = row_of(settings, setting, &owner);
    return row && row->in_title;
}

/* ---- values ---- */

CellSettings setting_defaults(size_t architecture)
{
    CellSettings settings = {0};
    setting_rows_default(TRAINING_ROWS, training_rows, &settings);
    settings.model = architecture_defaults(architecture);
    const Task *task = task_of(&settings.model);
    setting_rows_default(task->row_count, task->rows, settings.task.own);
    if (!architecture_at(architecture)->scales_a_branch)
        settings.branch_scale = 1; /* it has none */
    setting_default_rate(&settings);
    return settings;
}

void setting_default_rate(CellSettings *settings)
{
    const Architecture *architecture = architecture_of(&settings->model);
    if (architecture->learning_rate)
        settings->learning_rate = architecture->learning_rate(&settings->model);
}

void setting_take_back(CellSettings *settings)
{
    for (size_t i = 0; i < setting_count(); ++i) {
        const void *owner;
        const SettingRow *row = row_of(settings, i, &owner);
        if (!row || !row->before)
            continue;
        Status status = setting_row_read(row, (void *)(uintptr_t)owner, row->before);
        assert(status == STATUS_OK);
        (void)status;
    }
}

Status setting_read(CellSettings *settings, size_t setting, const char *text)
{
    const void *owner;
    const SettingRow *row = row_of(settings, setting, &owner);
    if (!row)
        return STATUS_OK;
    int before = settings->model.architecture;
    TRY(setting_row_read(row, (void *)(uintptr_t)owner, text));
    if (settings->model.architecture != before) {
        const CellSettings defaults = setting_defaults((size_t)settings->model.architecture);
        settings->model = defaults.model;
        settings->task = defaults.task;
        settings->branch_scale = defaults.branch_scale;
        settings->learning_rate = defaults.learning_rate;
    }
    if (setting == setting_find("model", "base"))
        setting_default_rate(settings);
    return STATUS_OK;
}

void setting_write(const CellSettings *settings, size_t setting, char text[SETTING_TEXT_BYTES])
{
    const void *owner;
    const SettingRow *row = row_of(settings, setting, &owner);
    text[0] = '\0';
    if (row)
        setting_row_write(row, owner, text);
}

void setting_write_yaml(FILE *stream, size_t setting, const char *canonical)
{
    char number[TEXT_NUMBER_BYTES];
    const SettingForm form = setting_form(setting);
    if (form == SETTING_AS_NUMBER)
        fputs(text_number_in_plain(canonical, number), stream);
    else if (form == SETTING_AS_FLAG)
        fputs(canonical, stream);
    else
        yaml_write_text(stream, canonical);
}

Status setting_canonical(size_t setting, const char *text, char canonical[SETTING_TEXT_BYTES])
{
    const Entry *entry = entry_at(setting);
    Status status = STATUS_OK;
    for (size_t i = entry->first; i < entry->first + entry->count; ++i) {
        CellSettings scratch = {0}; /* as large as any owner */
        status = setting_row_read(table.owned[i].row, &scratch, text);
        if (status != STATUS_OK)
            continue;
        setting_row_write(table.owned[i].row, &scratch, canonical);
        return STATUS_OK;
    }
    return status;
}

Status setting_check(const CellSettings *settings)
{
    ModelSettings model = settings->model;
    if (settings->shards & (settings->shards - 1) || settings->batch % settings->shards)
        FAIL(STATUS_ARGUMENT,
             "shards: %zu with a batch of %zu (expected a power of two that divides the batch)",
             settings->shards, settings->batch);
    if (settings->branch_scale != 1 && !architecture_of(&model)->scales_a_branch)
        FAIL(STATUS_ARGUMENT, "branch_scale: %g (expected 1: %s has no residual branches)",
             settings->branch_scale, architecture_of(&model)->name);
    if (settings->mixup > 0 && !task_of(&model)->mixes)
        FAIL(
            STATUS_ARGUMENT,
            "mixup: %g (expected 0 with %s for %s: only a classifier can learn that an image shows "
            "a share of two labels)",
            settings->mixup, architecture_of(&model)->name, task_of(&model)->name);
    model.classes = model.classes ? model.classes : 1; /* the data's, which may not be known yet */
    return architecture_of(&model)->check(&model);
}

void setting_title(const CellSettings *settings, char title[SETTING_TITLE_BYTES])
{
    char model[ARCHITECTURE_NAME_BYTES];
    architecture_title(&settings->model, model);
    snprintf(title, SETTING_TITLE_BYTES, "%s-%s", model, tunings[settings->tuning]);
}
