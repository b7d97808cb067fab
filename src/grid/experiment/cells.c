/* See cells.h. */
#include "grid/experiment/cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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
    if (setting_is_path(setting) && values->count)
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
    fprintf(stream, "test: %s\n", cell->settings.test_on_validation ? "validation" : "test");
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's settings");
    return STATUS_OK;
}

static Status name_cell(const ExperimentFile *experiment, const char *path, GridCell *cell)
{
    const size_t tuning = setting_find("", "tuning");
    setting_title(&cell->settings, cell->name);
    size_t used = strlen(cell->name);
    if (cell->variant)
        used += (size_t)snprintf(cell->name + used, sizeof cell->name - used, "-variant=%s",
                                 cell->variant);
    for (size_t i = 0; i < setting_count(); ++i) {
        char text[SETTING_TEXT_BYTES];
        if (experiment->values[i].count < 2 || i == tuning ||
            setting_is_in_title(&cell->settings, i) || !setting_matters(&cell->settings, i))
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
    if (!*exists)
        return STATUS_OK;
    TRY(name_cell(experiment, path, cell));
    Status status = setting_check(&cell->settings);
    if (status != STATUS_OK)
        return status_prefix(status, "%s: cell %s", path, cell->name);
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
