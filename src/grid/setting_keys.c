/* See setting_keys.h. */
#include "grid/setting_keys.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/backbone.h"

typedef enum {
    KIND_COUNT,
    KIND_SEED,
    KIND_NUMBER,
    KIND_FLAG,
    KIND_CHOICE,
    KIND_BACKBONE,
    KIND_PATH
} Kind;

typedef struct {
    const char *section, *key;
    Kind kind;
    size_t offset;
    double least, most;
    const char *const *choices; /* names of an enum's values from 0, ended by NULL */
} Setting;

static const char *const tunings[] = {"local", "global", NULL};
static const char *const box_losses[] = {"smooth_l1", "l1", NULL};
static const char *const optimisers[] = {"sgd", "adamw", NULL};
static const char *const precisions[] = {"f32", "bf16", NULL};
static const char *const schedules[] = {"constant", "step", "cosine", NULL};

#define FIELD(name) offsetof(CellSettings, name)

/* The order is that of the resolved text, and so part of a cell's identity. */
static const Setting table[] = {
    {"model", "backbone", KIND_BACKBONE, FIELD(backbone), 0, 0, NULL},
    {"", "tuning", KIND_CHOICE, FIELD(tuning), 0, 0, tunings},
    {"loss", "alpha", KIND_NUMBER, FIELD(focal_alpha), 0, 1, NULL},
    {"loss", "gamma", KIND_NUMBER, FIELD(focal_gamma), 0, 10, NULL},
    {"training", "seed", KIND_SEED, FIELD(seed), 0, 0, NULL},
    {"model", "base", KIND_COUNT, FIELD(base), 4, 256, NULL},
    {"model", "size", KIND_COUNT, FIELD(size), 64, 512, NULL},
    {"model", "recursion_steps", KIND_COUNT, FIELD(recursion_steps), 1, 4, NULL},
    {"model", "initial", KIND_PATH, FIELD(initial_checkpoint), 0, 0, NULL},
    {"loss", "segmentation_weight", KIND_NUMBER, FIELD(segmentation_weight), 0, 1000, NULL},
    {"loss", "box", KIND_CHOICE, FIELD(box_loss), 0, 0, box_losses},
    {"training", "optimiser", KIND_CHOICE, FIELD(optimiser), 0, 0, optimisers},
    {"training", "learning_rate", KIND_NUMBER, FIELD(learning_rate), 1e-9, 10, NULL},
    {"training", "momentum", KIND_NUMBER, FIELD(momentum), 0, 0.9999, NULL},
    {"training", "weight_decay", KIND_NUMBER, FIELD(weight_decay), 0, 1, NULL},
    {"training", "clip_norm", KIND_NUMBER, FIELD(clip_norm), 0, 1e6, NULL},
    {"training", "schedule", KIND_CHOICE, FIELD(schedule), 0, 0, schedules},
    {"training", "warmup_epochs", KIND_NUMBER, FIELD(warmup_epochs), 0, 1e5, NULL},
    {"training", "step_epochs", KIND_NUMBER, FIELD(step_epochs), 0, 1e5, NULL},
    {"training", "step_factor", KIND_NUMBER, FIELD(step_factor), 0, 1, NULL},
    {"training", "epochs", KIND_COUNT, FIELD(epochs), 1, 100000, NULL},
    {"training", "batch", KIND_COUNT, FIELD(batch), 1, 4096, NULL},
    {"training", "shards", KIND_COUNT, FIELD(shards), 1, 4096, NULL},
    {"training", "augment", KIND_FLAG, FIELD(augment), 0, 0, NULL},
    {"training", "precision", KIND_CHOICE, FIELD(precision), 0, 0, precisions},
};

enum { SETTING_TOTAL = sizeof table / sizeof *table };

size_t setting_count(void)
{
    return SETTING_TOTAL;
}

const char *setting_section(size_t setting)
{
    return table[setting].section;
}

const char *setting_key(size_t setting)
{
    return table[setting].key;
}

size_t setting_find(const char *section, const char *key)
{
    size_t i = setting_find_key(key);
    return i < SETTING_TOTAL && strcmp(table[i].section, section) == 0 ? i : SETTING_TOTAL;
}

size_t setting_find_key(const char *key)
{
    size_t i = 0;
    while (i < SETTING_TOTAL && strcmp(table[i].key, key) != 0)
        ++i;
    return i;
}

CellSettings setting_defaults(void)
{
    return (CellSettings){.backbone = "r50x1",
                          .base = 64,
                          .recursion_steps = 2,
                          .size = 300,
                          .tuning = TUNING_GLOBAL,
                          .focal_alpha = 0.25,
                          .focal_gamma = 2,
                          .segmentation_weight = 1,
                          .box_loss = BOX_LOSS_SMOOTH_L1,
                          .optimiser = OPTIMISER_ADAMW,
                          .learning_rate = 1e-3,
                          .momentum = 0.9,
                          .weight_decay = 1e-4,
                          .clip_norm = 10,
                          .schedule = SCHEDULE_COSINE,
                          .warmup_epochs = 0,
                          .step_epochs = 30,
                          .step_factor = 0.1,
                          .epochs = 40,
                          .batch = 16,
                          .shards = 4,
                          .augment = true,
                          .seed = 1};
}

/* ---- reading ---- */

static Status read_number(const Setting *setting, const char *text, double *value)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    if (end == text || *end || errno || !(*value >= setting->least && *value <= setting->most))
        FAIL(STATUS_ARGUMENT, "%s: '%s' (expected a number from %g to %g)", setting->key, text,
             setting->least, setting->most);
    return STATUS_OK;
}

static Status read_count(const Setting *setting, const char *text, size_t *value)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    bool digits = text[0] >= '0' && text[0] <= '9';
    bool inside = setting->kind == KIND_SEED ||
                  ((double)number >= setting->least && (double)number <= setting->most);
    if (!digits || *end || errno || !inside) {
        if (setting->kind == KIND_SEED)
            FAIL(STATUS_ARGUMENT, "%s: '%s' (expected a whole number that is not negative)",
                 setting->key, text);
        FAIL(STATUS_ARGUMENT, "%s: '%s' (expected a whole number from %g to %g)", setting->key,
             text, setting->least, setting->most);
    }
    *value = number;
    return STATUS_OK;
}

static Status read_choice(const Setting *setting, const char *text, int *value)
{
    char list[128] = "";
    for (int i = 0; setting->choices[i]; ++i) {
        if (strcmp(text, setting->choices[i]) == 0) {
            *value = i;
            return STATUS_OK;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", setting->choices[i]);
    }
    FAIL(STATUS_ARGUMENT, "%s: '%s' (expected one of %s)", setting->key, text, list);
}

static Status read_flag(const Setting *setting, const char *text, bool *value)
{
    *value = strcmp(text, "true") == 0;
    if (!*value && strcmp(text, "false") != 0)
        FAIL(STATUS_ARGUMENT, "%s: '%s' (expected true or false)", setting->key, text);
    return STATUS_OK;
}

static Status read_backbone(const char *text, char *value)
{
    Backbone backbone;
    TRY(backbone_parse(text, &backbone));
    snprintf(value, SETTINGS_BACKBONE_BYTES, "%s", text);
    return STATUS_OK;
}

static Status read_path(const Setting *setting, const char *text, char *value)
{
    if (strlen(text) >= SETTINGS_PATH_BYTES)
        FAIL(STATUS_ARGUMENT, "%s: a path of %zu bytes (expected less than %d)", setting->key,
             strlen(text), SETTINGS_PATH_BYTES);
    snprintf(value, SETTINGS_PATH_BYTES, "%s", text);
    return STATUS_OK;
}

Status setting_read(CellSettings *settings, size_t setting, const char *text)
{
    const Setting *entry = &table[setting];
    void *field = (char *)settings + entry->offset;
    switch (entry->kind) {
    case KIND_COUNT:
    case KIND_SEED:
        return read_count(entry, text, field);
    case KIND_NUMBER:
        return read_number(entry, text, field);
    case KIND_FLAG:
        return read_flag(entry, text, field);
    case KIND_CHOICE:
        return read_choice(entry, text, field);
    case KIND_BACKBONE:
        return read_backbone(text, field);
    case KIND_PATH:
    default:
        return read_path(entry, text, field);
    }
}

/* ---- writing ---- */

static void write_number(double value, char text[SETTING_TEXT_BYTES])
{
    for (int digits = 1; digits <= 17; ++digits) {
        snprintf(text, SETTING_TEXT_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

void setting_write(const CellSettings *settings, size_t setting, char text[SETTING_TEXT_BYTES])
{
    const Setting *entry = &table[setting];
    const void *field = (const char *)settings + entry->offset;
    switch (entry->kind) {
    case KIND_COUNT:
    case KIND_SEED:
        snprintf(text, SETTING_TEXT_BYTES, "%zu", *(const size_t *)field);
        break;
    case KIND_NUMBER:
        write_number(*(const double *)field, text);
        break;
    case KIND_FLAG:
        snprintf(text, SETTING_TEXT_BYTES, "%s", *(const bool *)field ? "true" : "false");
        break;
    case KIND_CHOICE:
        snprintf(text, SETTING_TEXT_BYTES, "%s", entry->choices[*(const int *)field]);
        break;
    case KIND_BACKBONE:
    case KIND_PATH:
    default:
        snprintf(text, SETTING_TEXT_BYTES, "%s", (const char *)field);
        break;
    }
}

Status setting_check(const CellSettings *settings)
{
    if (settings->shards & (settings->shards - 1) || settings->batch % settings->shards)
        FAIL(STATUS_ARGUMENT,
             "shards: %zu with a batch of %zu (expected a power of two that divides the batch)",
             settings->shards, settings->batch);
    if (settings->size != 300 && settings->size % 32)
        FAIL(STATUS_ARGUMENT, "size: %zu (expected 300 or a multiple of 32 from 64 to 512)",
             settings->size);
    if (settings->base % 4)
        FAIL(STATUS_ARGUMENT, "base: %zu (expected a multiple of 4)", settings->base);
    return STATUS_OK;
}
