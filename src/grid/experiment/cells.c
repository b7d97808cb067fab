/* See cells.h. */
#include "grid/experiment/cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/embedding_head.h"
#include "train/training_sizes.h"

/* ---- making cells ---- */

/* How many values a setting has in the count over all axes. */
static size_t value_count(const ExperimentFile *experiment, size_t setting)
{
    size_t count = experiment->values[setting].count;
    return count ? count : 1;
}

size_t grid_cell_digit(const ExperimentFile *experiment, size_t number, size_t setting)
{
    for (size_t i = setting_count(); --i > setting;)
        number /= value_count(experiment, i);
    return number % value_count(experiment, setting);
}

void grid_cell_text(const ExperimentFile *experiment, const GridCell *cell, size_t setting,
                    char text[SETTING_TEXT_BYTES])
{
    const SettingValues *values = &experiment->values[setting];
    if (setting_is_path(setting) && values->count && !cell->pretrains)
        snprintf(text, SETTING_TEXT_BYTES, "%s",
                 values->written[grid_cell_digit(experiment, cell->number, setting)]);
    else
        setting_write(&cell->settings, setting, text);
}

/* How many numbers the axes make; a variant's cells have as many. */
static size_t axes_size(const ExperimentFile *experiment)
{
    size_t size = 1;
    for (size_t i = 0; i < setting_count(); ++i)
        size *= value_count(experiment, i);
    return size;
}

static Status write_config(const ExperimentFile *experiment, GridCell *cell)
{
    size_t bytes = 0;
    FILE *stream = open_memstream(&cell->config, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's settings");
    for (size_t i = 0; i < setting_count(); ++i) {
        char text[SETTING_TEXT_BYTES];
        if (!setting_applies(&cell->settings, i))
            continue;
        grid_cell_text(experiment, cell, i, text);
        fprintf(stream, "%s: ", setting_name(i));
        setting_write_yaml(stream, i, text);
        fputc('\n', stream);
    }
    if (cell->pretrains)
        fputs("role: pretraining\n", stream);
    if (cell->settings.model.self_supervised) /* and nothing is tested */
        fputs("method: " EMBEDDING_METHOD "\n", stream);
    else
        fprintf(stream, "test: %s\n", cell->settings.test_on_validation ? "validation" : "test");
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's settings");
    return STATUS_OK;
}

/* Whether a pretraining has it from the cells that start from it. */
static bool is_of_network(size_t setting)
{
    const char *section = setting_section(setting);
    return strcmp(section, "model") == 0 || strcmp(section, "data") == 0;
}

/* Whether a cell's name says what it has of a setting: of an axis, or a pretraining's own. */
static bool is_in_name(const ExperimentFile *experiment, const GridCell *cell, size_t setting)
{
    const SettingValues *values = &experiment->values[setting];
    const bool axis = values->count > 1 && !values->titles;
    if (!cell->pretrains)
        return axis && setting != setting_find("", "tuning");
    return is_of_network(setting) && (axis || experiment->pretrain.texts[setting]);
}

static Status name_cell(const ExperimentFile *experiment, const char *path, GridCell *cell)
{
    setting_title(&cell->settings, cell->name);
    if (cell->pretrains)
        strcpy(strrchr(cell->name, '-'), "-pretraining");
    size_t used = strlen(cell->name);
    if (cell->variant)
        used += (size_t)snprintf(cell->name + used, sizeof cell->name - used, "-variant=%s",
                                 cell->variant);
    for (size_t i = 0; i < setting_count(); ++i) {
        char text[SETTING_TEXT_BYTES];
        if (!is_in_name(experiment, cell, i) || setting_is_in_title(&cell->settings, i) ||
            !setting_matters(&cell->settings, i))
            continue;
        grid_cell_text(experiment, cell, i, text);
        used += (size_t)snprintf(cell->name + used, sizeof cell->name - used, "-%s=%s",
                                 setting_name(i), text);
        if (used >= sizeof cell->name)
            FAIL(STATUS_ARGUMENT,
                 "%s: the name of a cell, with its value of every axis, is longer than %zu "
                 "characters (expected fewer axes in one experiment, or shorter paths)",
                 path, sizeof cell->name - 1);
    }
    return STATUS_OK;
}

/* Whether the digits of settings that are given network by network are this network's. Where it has
 * none, the first digit's cell says so. */
static Status find_titled(const ExperimentFile *experiment, const char *path, const GridCell *cell,
                          bool *own)
{
    char title[ARCHITECTURE_NAME_BYTES];
    architecture_title(&cell->settings.model, title);
    for (size_t i = 0; i < setting_count(); ++i) {
        const SettingValues *values = &experiment->values[i];
        const size_t digit = grid_cell_digit(experiment, cell->number, i);
        size_t place = 0;
        if (!values->titles)
            continue;
        while (place < values->count && strcmp(values->titles[place], title) != 0)
            ++place;
        if (place == values->count)
            FAIL(STATUS_ARGUMENT,
                 "%s:%zu: %s: there is none for %s (expected one for each network; '' starts from "
                 "random parameters)",
                 path, values->line, setting_key(i), title);
        *own &= digit == place;
    }
    return STATUS_OK;
}

/* Cell number `number` in a count whose last digit is the last setting's; *exists is false if the
 * cell is another one again, as a setting does not matter in it. */
static Status make_cell(const ExperimentFile *experiment, const char *path, size_t number,
                        GridCell *cell, bool *exists)
{
    *cell = (GridCell){.number = number, .settings = setting_defaults(0)};
    cell->settings.test_on_validation = experiment->test_on_validation;
    const ExperimentVariant *variant = NULL;
    if (experiment->variant_count) {
        variant = &experiment->variants[number / axes_size(experiment)];
        cell->variant = variant->name;
    }
    for (size_t i = 0; i < setting_count(); ++i) {
        const bool own = variant && variant->values[i].count;
        const SettingValues *values = own ? &variant->values[i] : &experiment->values[i];
        if (!values->count)
            continue;
        size_t digit = own ? 0 : grid_cell_digit(experiment, number, i);
        Status status = setting_read(&cell->settings, i, values->texts[digit]);
        if (status != STATUS_OK) /* another architecture takes it */
            return status_prefix(status, "%s:%zu", path, values->line);
    }
    *exists = true;
    for (size_t i = 0; i < setting_count(); ++i)
        *exists &=
            grid_cell_digit(experiment, number, i) == 0 || setting_matters(&cell->settings, i);
    if (*exists)
        TRY(find_titled(experiment, path, cell, exists));
    if (!*exists)
        return STATUS_OK;
    TRY(name_cell(experiment, path, cell));
    Status status = setting_check(&cell->settings);
    if (status != STATUS_OK)
        return status_prefix(status, "%s: cell %s", path, cell->name);
    status = training_sizes_check(&cell->settings);
    if (status != STATUS_OK) {
        const size_t sizes = setting_find("training", "sizes");
        const bool own = variant && variant->values[sizes].count;
        return status_prefix(status, "%s:%zu: cell %s", path,
                             (own ? &variant->values[sizes] : &experiment->values[sizes])->line,
                             cell->name);
    }
    return write_config(experiment, cell);
}

static Status make_cells(const ExperimentFile *experiment, const char *path, size_t numbers,
                         GridCells *cells)
{
    size_t room = 0;
    for (size_t number = 0; number < numbers; ++number) {
        bool exists;
        TRY(MEMORY_GROW(&cells->cells, cells->count + 1, &room));
        TRY(make_cell(experiment, path, number, &cells->cells[cells->count], &exists));
        cells->count += exists;
    }
    return STATUS_OK;
}

/* A file that no network would start from was meant for another one. */
static Status check_titles(const ExperimentFile *experiment, const char *path,
                           const GridCells *cells)
{
    for (size_t i = 0; i < setting_count(); ++i) {
        const SettingValues *values = &experiment->values[i];
        for (size_t k = 0; values->titles && k < values->count; ++k) {
            size_t cell = 0;
            while (cell < cells->count &&
                   grid_cell_digit(experiment, cells->cells[cell].number, i) != k)
                ++cell;
            if (cell == cells->count)
                FAIL(STATUS_ARGUMENT, "%s:%zu: %s: no network of this experiment is called %s",
                     path, values->line, setting_key(i), values->titles[k]);
        }
    }
    return STATUS_OK;
}

/* ---- pretrainings ---- */

/* In a shard of a self-supervised batch. */
enum { LEAST_IMAGES = 4 };

/* Without labels there is nothing but the features to train, by views of many images at once, as
 * the norms of the head see only those of one shard. The method was chosen with these values. */
static void make_self_supervised(CellSettings *settings)
{
    enum { BATCH = 64 };
    settings->model.self_supervised = true;
    settings->model.test_flips = false;
    settings->task = (TaskSettings){0};
    settings->batch = BATCH;
    settings->warmup_epochs = 0;
    settings->ema = 0;
    settings->branch_scale = 1;
}

/* What makes no sense without labels or without a validation. */
static Status check_self_supervised(const CellSettings *settings)
{
    const char *why = NULL;
    if (!architecture_of(&settings->model)->features)
        FAIL(STATUS_ARGUMENT,
             "method: " EMBEDDING_METHOD ": %s has no part that learns without labels",
             architecture_of(&settings->model)->name);
    if (!settings->augment)
        why = "augment: false (expected true: two views of an image would be the same)";
    else if (settings->sampling != SAMPLING_EACH)
        why = "sampling: balanced (expected each: there are no labels)";
    else if (settings->stop_after)
        why = "stop_after (expected 0: there is no validation)";
    else if (settings->model.test_flips)
        why = "test_flips: true (expected false: there is no validation)";
    else if (settings->batch / settings->shards < LEAST_IMAGES)
        FAIL(STATUS_ARGUMENT,
             "batch: %zu in %zu shards (expected at least %d images in each, which are compared "
             "with "
             "each other)",
             settings->batch, settings->shards, LEAST_IMAGES);
    if (why)
        FAIL(STATUS_ARGUMENT, "%s", why);
    return STATUS_OK;
}

/* The cell's network, with what the section gives, and everything else at its default. */
static Status make_pretraining(const ExperimentFile *experiment, const char *path,
                               const GridCell *cell, GridCell *made)
{
    const PretrainSection *section = &experiment->pretrain;
    *made = (GridCell){.pretrains = true, .number = cell->number};
    made->settings = setting_defaults((size_t)cell->settings.model.architecture);
    made->settings.model = cell->settings.model;
    setting_default_rate(&made->settings);
    if (section->self_supervised)
        make_self_supervised(&made->settings);
    made->settings.test_on_validation = true; /* it is measured, but not for its own sake */
    for (size_t i = 0; i < setting_count(); ++i)
        if (section->texts[i])
            TRY(setting_read(&made->settings, i, section->texts[i]));
    TRY(name_cell(experiment, path, made));
    Status status = setting_check(&made->settings);
    if (status == STATUS_OK)
        status = training_sizes_check(&made->settings);
    if (status == STATUS_OK && section->self_supervised)
        status = check_self_supervised(&made->settings);
    if (status != STATUS_OK)
        return status_prefix(status, "%s:%zu: pretrain: %s", path, section->line, made->name);
    return write_config(experiment, made);
}

/* Whether it is the pretraining of the cell's network. */
static bool is_source(const PretrainSection *section, const GridCell *pretraining,
                      const GridCell *cell)
{
    ModelSettings model = cell->settings.model;
    model.self_supervised = section->self_supervised;
    if (section->texts[setting_find("model", "size")])
        model.size = pretraining->settings.model.size;
    return architecture_same(&pretraining->settings.model, &model) &&
           pretraining->settings.model.denoise == model.denoise;
}

/* One for each network. */
static Status add_pretrainings(const ExperimentFile *experiment, const char *path, GridCells *cells)
{
    const size_t grid = cells->count;
    size_t room = grid;
    for (size_t i = 0; i < grid && experiment->pretrain.manifest; ++i) {
        size_t source = grid;
        while (source < cells->count &&
               !is_source(&experiment->pretrain, &cells->cells[source], &cells->cells[i]))
            ++source;
        cells->cells[i].source = 1 + source;
        if (source < cells->count)
            continue;
        TRY(MEMORY_GROW(&cells->cells, cells->count + 1, &room));
        ++cells->count;
        TRY(make_pretraining(experiment, path, &cells->cells[i], &cells->cells[source]));
    }
    return STATUS_OK;
}

Status grid_cells_init(const ExperimentFile *experiment, const char *path, GridCells *cells)
{
    enum { MOST = 1000000 };
    size_t numbers = 1;
    *cells = (GridCells){0};
    for (size_t i = 0; i < setting_count(); ++i) {
        numbers *= value_count(experiment, i);
        if (numbers > MOST)
            FAIL(STATUS_ARGUMENT, "%s: the axes make more than %d cells", path, MOST);
    }
    if (experiment->variant_count)
        numbers *= experiment->variant_count;
    Status status = make_cells(experiment, path, numbers, cells);
    if (status == STATUS_OK)
        status = check_titles(experiment, path, cells);
    if (status == STATUS_OK)
        status = add_pretrainings(experiment, path, cells);
    if (status != STATUS_OK)
        grid_cells_clear(cells);
    return status;
}

void grid_cells_clear(GridCells *cells)
{
    for (size_t i = 0; i < cells->count; ++i)
        free(cells->cells[i].config);
    free(cells->cells);
    *cells = (GridCells){0};
}
